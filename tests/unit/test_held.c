/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that the kernel holds for somebody, where nothing may show for whom. */

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/claimed_node.h"
#include "tests/unit/two_drives.h"

TEST(a_disk_that_the_kernel_holds_is_in_use_whatever_for)
{
	_cleanup_tree_ struct tree t;
	_cleanup_close_ int fd = -1;
	const struct use *use;

	two_drives(&t);
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0 && t.uses.n == 0);
	tree_folder(&t, "dev");
	fd = claimed_node_make(t.fd, "dev/nvme1n1");
	if (fd < 0)
		CHECK_SKIP("needs root, and a loop device");
	openers_done(&t.host.openers);
	CHECK(openers_read(t.fd, true, &t.host.blocks, &t.host.openers) == 0);
	CHECK(strv_length(t.host.openers.claimed) == 1);
	uses_done(&t.uses);
	CHECK(uses_find(&t.host, &t.uses) == 0);
	use = USE(B_ADDRESS, USE_HOLDER, "the kernel holds /dev/nvme1n1 for itself");
	CHECK(use);
	CHECK_STR(use->via, "nvme1n1");
	CHECK(t.uses.n == 1);
}

TEST(a_claim_that_a_mount_explains_needs_no_second_word)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS(ROOT_ELSEWHERE, "259:1 /dev/nvme0n1p1 /srv ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(strv_add(&t.host.openers.claimed, "nvme0n1") == 0);
	uses_done(&t.uses);
	CHECK(uses_find(&t.host, &t.uses) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "ext4 on /srv") && t.uses.n == 1);
}

TEST(a_claim_is_explained_by_what_claims_and_on_its_own_disk)
{
	static const struct {
		const char *path, *text;
		bool is_explained; /* the claim on drive A */
	} rows[] = {
		{ "run/udev/data/b259:0", "E:ID_FS_TYPE=ext4\n", false },
		{ "etc/fstab", "/dev/nvme0n1 /srv ext4 noauto\n", false },
		{ "proc/swaps", SWAPS "/dev/nvme1n1 partition\t9\t0\t-2\n", false },
		{ "proc/swaps", SWAPS "/dev/nvme0n1p1 partition\t9\t0\t-2\n", true },
		{ "sys/module/pstore_blk/parameters/blkdev", "/dev/nvme0n1p1\n", false },
		{ "sys/kernel/config/nvmet/subsystems/x/namespaces/1/device_path", "/dev/nvme0n1\n", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		MOUNTS(ROOT_ELSEWHERE);
		tree_put(&t, rows[i].path, "%s", rows[i].text);
		CHECK_ROW(rows[i].text, tree_read(&t) == 0 && t.uses.n > 0);
		CHECK_ROW(rows[i].text, strv_add(&t.host.openers.claimed, "nvme0n1") == 0);
		uses_done(&t.uses);
		CHECK_ROW(rows[i].text, uses_find(&t.host, &t.uses) == 0);
		CHECK_ROW(rows[i].text, !USE(A_ADDRESS, USE_HOLDER, "for itself") == rows[i].is_explained);
	}
}

/* What the mount of one disk says is nothing of the other on the same controller. */
TEST(a_claim_beside_a_mounted_disk_is_told)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	for (int disk = 'a'; disk <= 'c'; disk++) {
		_cleanup_free_ char *link = text_format("sys/block/sd%c", disk);
		_cleanup_free_ char *target = text_format("../devices/pci0000:00/" B "/ata1/host0/target0:0:0/0:0:0:0/block/sd%c", disk);
		_cleanup_free_ char *dev = text_format("sys/devices/pci0000:00/" B "/ata1/host0/target0:0:0/0:0:0:0/block/sd%c/dev", disk);
		_cleanup_free_ char *udev = text_format("run/udev/data/b8:%d", 16 * (disk - 'a'));

		tree_link(&t, link, target);
		tree_put(&t, dev, "8:%d\n", 16 * (disk - 'a'));
		tree_put(&t, udev, "E:DEVTYPE=disk\n");
	}
	MOUNTS(ROOT_ELSEWHERE, "8:0 /dev/sda /srv f2fs");
	CHECK(tree_read(&t) == 0 && t.uses.n == 1);
	CHECK(strv_add(&t.host.openers.claimed, "sda") == 0 && strv_add(&t.host.openers.claimed, "sdb") == 0);
	uses_done(&t.uses);
	CHECK(uses_find(&t.host, &t.uses) == 0);
	use = USE(B_ADDRESS, USE_HOLDER, "the kernel holds /dev/sdb for itself");
	CHECK(use);
	CHECK_STR(use->via, "sdb");
	CHECK(t.uses.n == 2);
}

TEST_MAIN()
