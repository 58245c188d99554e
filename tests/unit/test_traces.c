/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways down from a mount to the disk that are long, hidden, lost, or made to lead astray. */

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/two_drives.h"

TEST(a_root_that_is_on_none_of_our_disks_is_traced)
{
	static const struct {
		const char *name, *table;
	} rows[] = {
		{ "the hypervisor's", "21 1 0:60 / / rw - virtiofs root rw\n" },
		{ "the hypervisor's, by 9p", "21 1 0:60 / / rw - 9p root rw,trans=virtio\n" },
		{ "a card on the board", "21 1 179:0 / / rw - ext4 /dev/mmcblk0 rw\n" },
		{ "memory", "21 1 0:2 / / rw - rootfs rootfs rw\n" },
		{ "memory, by another name", "21 1 0:2 / / rw - ramfs ramfs rw\n" },
		{ "an image in memory", "21 1 7:3 / / ro - squashfs /dev/loop3 ro\n22 21 0:41 / /run rw - tmpfs tmpfs rw\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_link(&t, "sys/block/mmcblk0", "../devices/platform/soc/mmc0/mmc0:0001/block/mmcblk0");
		tree_put(&t, "sys/devices/platform/soc/mmc0/mmc0:0001/block/mmcblk0/dev", "179:0\n");
		virtual_block(&t, "loop3", "7:3");
		tree_put(&t, "sys/devices/virtual/block/loop3/loop/backing_file", "/run/root.img\n");
		tree_put(&t, "proc/self/mountinfo", "%s", rows[i].table);
		CHECK_ROW(rows[i].name, tree_read(&t) == 0);
		CHECK_ROW(rows[i].name, t.host.mounts.root_traced && t.uses.n == 0);
	}
}

TEST(what_is_mounted_from_a_device_that_is_not_there_may_be_on_any_disk)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	MOUNTS(ROOT_ELSEWHERE, "0:55 /dev/disk/by-uuid/12-34 /srv btrfs", "0:56 /dev/fuse /run/portal fuse.portal");
	CHECK(tree_read(&t) == 0);
	use = USE(B_ADDRESS, USE_UNKNOWN, "the disk below btrfs on /srv could not be traced");
	CHECK(use && !use->is_vital);
	CHECK(USE(A_ADDRESS, USE_UNKNOWN, "/srv"));
	CHECK(!USE(A_ADDRESS, USE_UNKNOWN, "portal"));
}

TEST(a_part_of_a_file_system_that_is_not_found_may_be_on_any_disk)
{
	static const char *const mounts[] = { "0:55 / /srv rw - bcachefs /dev/nvme0n1:/dev/gone rw", "259:1 / /srv rw - xfs /dev/nvme0n1p1 rw,rtdev=/dev/gone" };

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_put(&t, "proc/self/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n22 21 %s\n", mounts[i]);
		CHECK_ROW(mounts[i], tree_read(&t) == 0);
		CHECK_ROW(mounts[i], USE(A_ADDRESS, USE_MOUNT, " on /srv"));
		CHECK_ROW(mounts[i], USE(B_ADDRESS, USE_UNKNOWN, " on /srv could not be traced"));
	}
}

TEST(a_link_below_dev_is_followed)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_link(&t, "dev/disk/by-uuid/12-34", "../../nvme1n1");
	MOUNTS(ROOT_ELSEWHERE, "0:55 /dev/disk/by-uuid/12-34 /srv btrfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_MOUNT, "btrfs on /srv"));
	CHECK(!USE(A_ADDRESS, USE_UNKNOWN, ""));
}

TEST(swap_that_cannot_be_found_may_be_on_any_disk)
{
	static const char *const swaps[] = { "/dev/sdz1", "/dev/zd0", "/dev/vendor0" };

	for (size_t i = 0; i < ARRAY_SIZE(swaps); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		virtual_block(&t, "zd0", "230:0");
		virtual_block(&t, "vendor0", "240:0");
		MOUNTS(ROOT_ELSEWHERE);
		tree_put(&t, "proc/swaps", SWAPS "%s partition\t9\t0\t-2\n", swaps[i]);
		CHECK_ROW(swaps[i], tree_read(&t) == 0);
		CHECK_ROW(swaps[i], USE(A_ADDRESS, USE_UNKNOWN, swaps[i]) && USE(A_ADDRESS, USE_UNKNOWN, swaps[i])->is_vital);
	}
}

/* In memory, or at a server that its own port is told for. */
TEST(swap_on_none_of_our_disks_is_no_use)
{
	static const char *const names[] = { "ram1", "zram0", "nbd0", "rbd0", "ublkb0", "dm-0", "md0", "nullb0", "pmem0", "fd0" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		virtual_block(&t, names[i], "251:0");
		MOUNTS(ROOT_ELSEWHERE);
		tree_put(&t, "proc/swaps", SWAPS "/dev/%s partition\t9\t0\t100\n", names[i]);
		CHECK_ROW(names[i], tree_read(&t) == 0);
		CHECK_ROW(names[i], t.uses.n == 0);
	}
}

TEST(swap_in_memory_that_overflows_to_a_disk_is_on_it)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	virtual_block(&t, "zram0", "251:0");
	MOUNTS(ROOT_ELSEWHERE);
	tree_put(&t, "proc/swaps", SWAPS "/dev/zram0 partition\t9\t0\t100\n");
	tree_put(&t, "sys/devices/virtual/block/zram0/backing_dev", "none\n");
	CHECK(tree_read(&t) == 0 && t.uses.n == 0);
	tree_put(&t, "sys/devices/virtual/block/zram0/backing_dev", "/dev/nvme0n1p1\n");
	CHECK(tree_read(&t) == 0);
	use = USE(A_ADDRESS, USE_SWAP, "swap on /dev/zram0");
	CHECK(use && use->is_vital);
	CHECK_STR(use->via, "nvme0n1 → nvme0n1p1 → zram0");
	CHECK(USE(A_ADDRESS, USE_HOLDER, "held by zram0 (/dev/nvme0n1p1)") && !USE(B_ADDRESS, USE_SWAP, ""));
}

TEST(swap_on_what_hides_its_disks_is_on_those_that_say_so)
{
	static const struct {
		const char *name, *signature;
	} rows[] = { { "zd0", "zfs_member" }, { "drbd0", "drbd" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *use;

		two_drives(&t);
		virtual_block(&t, rows[i].name, "230:0");
		tree_put(&t, "run/udev/data/b259:10", "E:ID_FS_TYPE=%s\n", rows[i].signature);
		MOUNTS(ROOT_ELSEWHERE);
		tree_put(&t, "proc/swaps", SWAPS "/dev/%s partition\t9\t0\t-2\n", rows[i].name);
		CHECK_ROW(rows[i].name, tree_read(&t) == 0);
		use = USE(B_ADDRESS, USE_SWAP, "swap on /dev/");
		CHECK_ROW(rows[i].name, use && use->is_vital);
		CHECK_ROW(rows[i].name, !USE(A_ADDRESS, USE_UNKNOWN, ""));
	}
}

TEST(only_the_pool_of_root_is_vital)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_put(&t, "run/udev/data/b259:0", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=rpool\n");
	tree_put(&t, "run/udev/data/b259:10", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=rpool2\n");
	MOUNTS("0:30 rpool/ROOT/debian / zfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "zfs_member of pool rpool,")->is_vital);
	CHECK(!USE(B_ADDRESS, USE_MOUNT, "zfs_member of pool rpool2,")->is_vital);
	CHECK(!USE(B_ADDRESS, USE_UNKNOWN, ""));
	/* "/" on the pool itself. */
	MOUNTS("0:30 rpool / zfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "zfs_member of pool rpool,")->is_vital);
	CHECK(!USE(B_ADDRESS, USE_MOUNT, "zfs_member of pool rpool2,")->is_vital);
	/* Debian's and Ubuntu's /boot has a pool of its own. */
	MOUNTS("0:30 rpool/ROOT / zfs", "0:31 rpool2/BOOT /boot zfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "zfs_member of pool rpool,")->is_vital && USE(B_ADDRESS, USE_MOUNT, "zfs_member of pool rpool2,")->is_vital);
	/* Another pool of ours holds data alone. */
	MOUNTS("0:31 rpool2/srv /srv zfs", "0:30 rpool / zfs");
	CHECK(tree_read(&t) == 0);
	CHECK(!USE(B_ADDRESS, USE_MOUNT, "zfs_member of pool rpool2,")->is_vital);
	MOUNTS("0:31 rpool2/ROOT / zfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_MOUNT, "zfs_member of pool rpool2,")->is_vital);
	CHECK(!USE(A_ADDRESS, USE_MOUNT, "zfs_member of pool rpool,")->is_vital);
	MOUNTS("0:30 rpool / zfs");
	/* A root pool none of whose members shows itself may be on any disk. */
	tree_put(&t, "run/udev/data/b259:0", "E:ID_MODEL=x\n");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_UNKNOWN, "could not be traced")->is_vital);
}

/* A hidden path of an NVMe multipath: data is seen at the head. */
static void multipath(struct tree *t)
{
	tree_new(t);
	tree_pci(t, A, "010802", "144d:a80a", 1);
	tree_link(t, "sys/block/nvme3c7n1", "../devices/pci0000:00/" A "/nvme/nvme7/nvme3c7n1");
	tree_put(t, "sys/devices/pci0000:00/" A "/nvme/nvme7/nvme3c7n1/size", "9\n");
	virtual_block(t, "ram0", "1:0");
}

TEST(a_hidden_disk_is_known_by_its_head)
{
	_cleanup_tree_ struct tree t;

	multipath(&t);
	tree_put(&t, "sys/devices/virtual/nvme-subsystem/nvme-subsys3/nvme3n1/dev", "259:4\n");
	tree_link(&t, "sys/devices/virtual/nvme-subsystem/nvme-subsys3/nvme7", "../../../pci0000:00/" A "/nvme/nvme7");
	tree_link(&t, "sys/block/nvme3n1", "../devices/virtual/nvme-subsystem/nvme-subsys3/nvme3n1");
	tree_put(&t, "run/udev/data/b259:4", "E:DEVTYPE=disk\n");
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0);
	CHECK(t.uses.n == 0);
	MOUNTS("259:4 /dev/nvme3n1 / ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "ext4 on /"));
}

TEST(a_hidden_disk_without_a_head_is_unknown)
{
	_cleanup_tree_ struct tree t;

	multipath(&t);
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_UNKNOWN, "what is written on nvme3c7n1 could not be read"));
}

TEST(a_name_with_a_slash_is_found)
{
	_cleanup_tree_ struct tree t;
	const char *disk = "sys/devices/pci0000:00/" A "/host0/cciss!c0d0";
	_cleanup_free_ char *number = text_format("%s/cciss!c0d0p1/dev", disk), *own = text_format("%s/dev", disk), *node = NULL;

	tree_new(&t);
	tree_pci(&t, A, "010400", "103c:323a", 1);
	tree_put(&t, own, "104:0\n");
	tree_put(&t, number, "104:1\n");
	tree_link(&t, "sys/block/cciss!c0d0", "../devices/pci0000:00/" A "/host0/cciss!c0d0");
	MOUNTS("0:44 /dev/cciss/c0d0p1 / btrfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "btrfs on /")->is_vital);
	node = block_node("cciss!c0d0p1");
	CHECK_STR(node, "cciss/c0d0p1");
}

/* Each of 40 devices stands on all the others: without a memory of what was passed this would not end in this life. */
TEST(slaves_in_a_lattice_come_to_an_end)
{
	_cleanup_tree_ struct tree t;
	const char *slaves[42] = {};
	char names[40][16], number[16];

	two_drives(&t);
	for (int i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "dm-%d", i);
		slaves[i] = names[i];
	}
	slaves[40] = "nvme1n1";
	for (int i = 0; i < 40; i++) {
		snprintf(number, sizeof(number), "253:%d", i);
		tree_mapped(&t, names[i], number, "x", slaves);
	}
	MOUNTS(ROOT_ELSEWHERE, "253:7 /dev/dm-7 /srv ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_MOUNT, "ext4 on /srv"));
	CHECK(!USE(A_ADDRESS, USE_MOUNT, ""));
}

#define VMD "0000:00:0e.0"
#define BEHIND VMD "/pci10000:e0/10000:e0:06.0/10000:e1:00.0"

TEST(who_takes_the_vmd_takes_the_drives_behind_it)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_pci(&t, VMD, "010400", "8086:9a0b", 5);
	tree_pci(&t, VMD "/pci10000:e0/10000:e0:06.0", "060400", "8086:1901", -1);
	tree_nvme(&t, BEHIND, 2, -1);
	MOUNTS("259:20 /dev/nvme2n1 / ext4");
	CHECK(tree_read(&t) == 0);
	use = USE(VMD, USE_MOUNT, "ext4 on /");
	CHECK(use && use->is_vital);
	CHECK_STR(use->via, "10000:e1:00.0 → nvme2n1");
}

TEST(functions_below_each_other_come_to_an_end)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_link(&t, "sys/bus/pci/devices/0000:07:00.0", "../../../devices/pci0000:00/0000:08:00.0/0000:07:00.0");
	tree_link(&t, "sys/bus/pci/devices/0000:08:00.0", "../../../devices/pci0000:00/0000:07:00.0/0000:08:00.0");
	tree_pci(&t, "0000:07:00.0/0000:08:00.0", "010802", "144d:a80a", -1);
	tree_pci(&t, "0000:08:00.0/0000:07:00.0", "010802", "144d:a80a", -1);
	tree_link(&t, "sys/block/nvme9n1", "../devices/pci0000:00/0000:08:00.0/0000:07:00.0/nvme9n1");
	tree_put(&t, "sys/devices/pci0000:00/0000:08:00.0/0000:07:00.0/nvme9n1/dev", "259:90\n");
	MOUNTS("259:90 /dev/nvme9n1 / ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(USE("0000:07:00.0", USE_MOUNT, "ext4 on /"));
}

TEST(names_made_to_harm_are_data)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_put(&t, "sys/devices/virtual/block/dm-0/dm/name", "x\n0000:06:00.0 free\033[2J\n");
	MAPPED("dm-0", "253:0", NULL, "nvme0n1");
	tree_put(&t, "proc/self/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n22 1 253:0 / /a\\012b\\033[2J rw - ext4 /dev/dm-0 rw\n");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "ext4 on /a"));
	CHECK(!USE(B_ADDRESS, USE_MOUNT, ""));
}

TEST_MAIN()
