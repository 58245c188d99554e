/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage in use: from a mount, swap, holder or signature down to the PCI function, on pretended hosts. */

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define B "0000:00:07.0/0000:06:00.0"
#define A_ADDRESS "0000:05:00.0"
#define B_ADDRESS "0000:06:00.0"

#define MOUNTS(...) tree_mounts(&t, (const char *const[]){ __VA_ARGS__, NULL })
#define MAPPED(name, number, dm_name, ...) tree_mapped(&t, name, number, dm_name, (const char *const[]){ __VA_ARGS__, NULL })
#define USE(address, kind, what) tree_use(&t, address, kind, what)

/* Drives nvme0n1 and nvme1n1, each empty and looked at; "/" is elsewhere and known not to be on a disk. */
static void two_drives(struct tree *t)
{
	tree_new(t);
	tree_pci(t, "0000:00:06.0", "060400", "1b36:000c", -1);
	tree_pci(t, "0000:00:07.0", "060400", "1b36:000c", -1);
	tree_nvme(t, A, 0, 1);
	tree_nvme(t, B, 1, 2);
	tree_put(t, "sys/devices/virtual/block/ram0/dev", "1:0\n");
	tree_link(t, "sys/block/ram0", "../devices/virtual/block/ram0");
}

#define ROOT_ELSEWHERE "1:0 /dev/ram0 / ext4"

TEST(drives_that_nobody_uses_have_no_uses)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0);
	CHECK(t.host.devices.n == 4);
	CHECK(t.uses.n == 0);
}

TEST(a_mounted_partition_names_the_chain)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_partition(&t, A, 0, 2, "ext4");
	MOUNTS(ROOT_ELSEWHERE, "259:2 /dev/nvme0n1p2 /srv ext4");
	CHECK(tree_read(&t) == 0);
	use = USE(A_ADDRESS, USE_MOUNT, "ext4 on /srv");
	CHECK(use);
	CHECK_STR(use->via, "nvme0n1 → nvme0n1p2");
	CHECK(!use->is_vital);
	CHECK(!USE(B_ADDRESS, USE_MOUNT, ""));
}

TEST(what_the_host_lives_on_is_vital)
{
	static const struct {
		const char *line;
		bool is_vital;
	} rows[] = {
		{ "259:2 /dev/nvme0n1p2 / ext4", true },
		{ "259:2 /dev/nvme0n1p2 /boot ext4", true },
		{ "259:2 /dev/nvme0n1p2 /boot/efi vfat", true },
		{ "259:2 /dev/nvme0n1p2 /efi vfat", true },
		{ "259:2 /dev/nvme0n1p2 /bootleg ext4", false },
		{ "259:2 /dev/nvme0n1p2 /home ext4", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *use;

		two_drives(&t);
		tree_partition(&t, A, 0, 2, "ext4");
		MOUNTS(ROOT_ELSEWHERE, rows[i].line);
		CHECK_ROW(rows[i].line, tree_read(&t) == 0);
		use = USE(A_ADDRESS, USE_MOUNT, " on /");
		CHECK_ROW(rows[i].line, use && use->is_vital == rows[i].is_vital);
	}
}

TEST(a_mount_is_on_the_device_of_its_number_whatever_its_name_was)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS("1:0 /dev/root / ext4", "259:10 /dev/nvme0n1 /srv xfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_MOUNT, "xfs on /srv"));
	CHECK(t.uses.n == 1);
}

TEST(a_partition_is_found_beside_a_disk_with_a_longer_name)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_partition(&t, A, 0, 1, NULL);
	MAPPED("nvme0n10", "259:99", NULL, NULL);
	MOUNTS(ROOT_ELSEWHERE, "0:44 /dev/nvme0n1p1 /srv btrfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "btrfs on /srv") && t.uses.n == 1);
}

TEST(a_mapped_device_is_found_by_its_name)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MAPPED("dm-0", "253:0", "vg-old", "nvme0n1");
	MAPPED("dm-1", "253:1", "vg-data", "nvme1n1");
	MOUNTS(ROOT_ELSEWHERE, "0:55 /dev/mapper/vg-data /srv btrfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_MOUNT, "btrfs on /srv") && !USE(A_ADDRESS, USE_MOUNT, ""));
}

TEST(lvm_over_crypt_over_a_partition_is_followed)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_partition(&t, A, 0, 3, "crypto_LUKS");
	MAPPED("dm-0", "253:0", "crypt", "nvme0n1p3");
	MAPPED("dm-1", "253:1", "vg-root", "dm-0");
	MOUNTS("253:1 /dev/mapper/vg-root / xfs");
	CHECK(tree_read(&t) == 0);
	use = USE(A_ADDRESS, USE_MOUNT, "xfs on /");
	CHECK(use && use->is_vital);
	CHECK_STR(use->via, "nvme0n1 → nvme0n1p3 → dm-0 (crypt) → dm-1 (vg-root)");
	CHECK(USE(A_ADDRESS, USE_HOLDER, "held by dm-0 (crypt)"));
	CHECK(USE(A_ADDRESS, USE_HOLDER, "held by dm-1 (vg-root)"));
	CHECK(!tree_use(&t, B_ADDRESS, USE_HOLDER, ""));
}

TEST(a_mounted_md_is_on_both_drives)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_partition(&t, A, 0, 1, "linux_raid_member");
	MAPPED("md0", "9:0", NULL, "nvme0n1p1", "nvme1n1");
	MOUNTS("9:0 /dev/md0 / ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "ext4 on /") && USE(A_ADDRESS, USE_MOUNT, "")->is_vital);
	CHECK(USE(B_ADDRESS, USE_MOUNT, "ext4 on /") && USE(B_ADDRESS, USE_MOUNT, "")->is_vital);
	CHECK(USE(B_ADDRESS, USE_HOLDER, "held by md0"));
}

TEST(an_array_that_is_not_mounted_holds_its_drives)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MAPPED("md127", "9:127", NULL, "nvme1n1");
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_HOLDER, "held by md127"));
	CHECK(!USE(A_ADDRESS, USE_HOLDER, ""));
}

TEST(a_multipath_namespace_is_on_every_controller)
{
	_cleanup_tree_ struct tree t;
	const char *head = "sys/devices/virtual/nvme-subsystem/nvme-subsys0";
	_cleanup_free_ char *dev = text_format("%s/nvme0n1/nvme0n1p1/dev", head);
	_cleanup_free_ char *disk = text_format("%s/nvme0n1/dev", head);
	_cleanup_free_ char *first = text_format("%s/nvme0", head);
	_cleanup_free_ char *second = text_format("%s/nvme1", head);

	tree_new(&t);
	tree_pci(&t, A, "010802", "144d:a80a", 1);
	tree_pci(&t, B, "010802", "144d:a80a", 2);
	tree_put(&t, disk, "259:0\n");
	tree_put(&t, dev, "259:1\n");
	tree_link(&t, first, "../../../pci0000:00/" A "/nvme/nvme0");
	tree_link(&t, second, "../../../pci0000:00/" B "/nvme/nvme1");
	tree_link(&t, "sys/block/nvme0n1", "../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1");
	MOUNTS("259:1 /dev/nvme0n1p1 / ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "ext4 on /"));
	CHECK(USE(B_ADDRESS, USE_MOUNT, "ext4 on /"));
}

TEST(a_btrfs_is_on_all_its_members)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_link(&t, "sys/fs/btrfs/1234-abcd/devices/nvme0n1", "../../../../block/nvme0n1");
	tree_link(&t, "sys/fs/btrfs/1234-abcd/devices/nvme1n1", "../../../../block/nvme1n1");
	MOUNTS("0:44 /dev/nvme0n1 / btrfs");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "btrfs on /"));
	CHECK(USE(B_ADDRESS, USE_MOUNT, "btrfs on /") && USE(B_ADDRESS, USE_MOUNT, "")->is_vital);
}

TEST(each_of_two_btrfs_is_on_its_own_members)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_link(&t, "sys/fs/btrfs/1234-abcd/devices/nvme0n1", "../../../../block/nvme0n1");
	tree_link(&t, "sys/fs/btrfs/5678-abcd/devices/nvme1n1", "../../../../block/nvme1n1");
	MOUNTS("0:44 /dev/nvme1n1 / btrfs", "0:45 /dev/nvme0n1 /srv btrfs");
	CHECK(tree_read(&t) == 0 && t.uses.n == 2);
	use = USE(B_ADDRESS, USE_MOUNT, "btrfs on /");
	CHECK(use && use->is_vital);
	use = USE(A_ADDRESS, USE_MOUNT, "btrfs on /srv");
	CHECK(use && !use->is_vital);
}

#define SWAPS "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

TEST(a_swap_partition_is_vital)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_partition(&t, B, 1, 1, "swap");
	MOUNTS(ROOT_ELSEWHERE);
	tree_put(&t, "proc/swaps", SWAPS "/dev/nvme1n1p1 partition\t976892\t0\t-2\n");
	CHECK(tree_read(&t) == 0);
	use = USE(B_ADDRESS, USE_SWAP, "swap on /dev/nvme1n1p1");
	CHECK(use && use->is_vital);
	CHECK_STR(use->via, "nvme1n1 → nvme1n1p1");
	CHECK(!USE(A_ADDRESS, USE_SWAP, ""));
}

TEST(a_swap_file_is_on_the_disk_of_its_mount)
{
	static const struct {
		const char *file, *address, *other;
	} rows[] = {
		{ "/data/swapfile", B_ADDRESS, A_ADDRESS },
		{ "/data/deep/er/swap", B_ADDRESS, A_ADDRESS },
		/* A mount point is a folder, not a prefix. */
		{ "/database/swapfile", A_ADDRESS, B_ADDRESS },
		{ "/dataswap", A_ADDRESS, B_ADDRESS },
		{ "/swapfile", A_ADDRESS, B_ADDRESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_partition(&t, A, 0, 2, "ext4");
		tree_partition(&t, B, 1, 1, "ext4");
		MOUNTS("259:2 /dev/nvme0n1p2 / ext4", "259:11 /dev/nvme1n1p1 /data ext4");
		tree_put(&t, "proc/swaps", SWAPS "%s file\t976892\t0\t-2\n", rows[i].file);
		CHECK_ROW(rows[i].file, tree_read(&t) == 0);
		CHECK_ROW(rows[i].file, tree_use(&t, rows[i].address, USE_SWAP, rows[i].file));
		CHECK_ROW(rows[i].file, tree_use(&t, rows[i].address, USE_SWAP, rows[i].file)->is_vital);
		CHECK_ROW(rows[i].file, !tree_use(&t, rows[i].other, USE_SWAP, ""));
	}
}

TEST(a_later_mount_hides_an_earlier_one_from_a_swap_file_but_frees_neither)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_partition(&t, A, 0, 2, "ext4");
	tree_partition(&t, B, 1, 1, "ext4");
	MOUNTS(ROOT_ELSEWHERE, "259:2 /dev/nvme0n1p2 /data ext4", "259:11 /dev/nvme1n1p1 /data ext4");
	tree_put(&t, "proc/swaps", SWAPS "/data/swapfile file\t976892\t0\t-2\n");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "ext4 on /data"));
	CHECK(USE(B_ADDRESS, USE_MOUNT, "ext4 on /data"));
	CHECK(USE(B_ADDRESS, USE_SWAP, "/data/swapfile"));
}

/* The longest mount point, wherever in the table it stands. */
TEST(a_swap_file_is_below_the_mount_that_is_nearest)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS("259:10 /dev/nvme1n1 /data ext4", "259:0 /dev/nvme0n1 / ext4");
	tree_put(&t, "proc/swaps", SWAPS "/data/swapfile file\t9\t0\t-2\n");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_SWAP, "swap on /data/swapfile") && !USE(A_ADDRESS, USE_SWAP, ""));
}

TEST(an_efi_system_partition_counts_unmounted)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_partition(&t, B, 1, 1, "vfat");
	tree_put(&t, "run/udev/data/b259:11", "E:ID_FS_TYPE=vfat\nE:ID_PART_ENTRY_TYPE=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n");
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0);
	use = USE(B_ADDRESS, USE_ESP, "EFI system partition");
	CHECK(use && use->is_vital);
}

TEST(data_that_nobody_mounted_counts)
{
	static const char *const signatures[] = { "ext4", "LVM2_member", "zfs_member", "ceph_bluestore", "crypto_LUKS", "bcache" };

	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *use;

		two_drives(&t);
		tree_partition(&t, A, 0, 1, signatures[i]);
		tree_put(&t, "run/udev/data/b259:10", "E:ID_FS_TYPE=%s\n", signatures[i]);
		MOUNTS(ROOT_ELSEWHERE);
		CHECK_ROW(signatures[i], tree_read(&t) == 0);
		use = USE(A_ADDRESS, USE_DATA, signatures[i]);
		CHECK_ROW(signatures[i], use && !use->is_vital);
		CHECK_ROW(signatures[i], USE(B_ADDRESS, USE_DATA, signatures[i]));
	}
}

/* blkid(8) names none where it finds two. */
TEST(two_signatures_at_once_are_data)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_put(&t, "run/udev/data/b259:10", "E:ID_FS_AMBIVALENT=filesystem:ext4:1.0 filesystem:xfs:\n");
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_DATA, "several signatures") && t.uses.n == 1);
}

TEST(a_partition_table_is_data)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_put(&t, "run/udev/data/b259:10", "E:ID_PART_TABLE_TYPE=gpt\n");
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_DATA, "gpt"));
}

TEST(a_disk_that_was_not_looked_at_is_unknown)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_remove(&t, "run/udev/data/b259:10");
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0);
	use = USE(B_ADDRESS, USE_UNKNOWN, "what is written on nvme1n1 could not be read");
	CHECK(use && !use->is_vital);
	CHECK(!USE(A_ADDRESS, USE_UNKNOWN, ""));
}

TEST(a_zfs_member_is_in_use_while_zfs_is_mounted)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_put(&t, "run/udev/data/b259:10", "E:ID_FS_TYPE=zfs_member\n");
	MOUNTS("0:30 rpool/root / zfs");
	CHECK(tree_read(&t) == 0);
	use = USE(B_ADDRESS, USE_MOUNT, "zfs_member, while ZFS is mounted");
	CHECK(use && use->is_vital);
}

TEST(an_untraced_root_disk_may_be_any)
{
	static const char *const roots[] = { "8:1 /dev/sda1 / ext4", "0:99 /dev/disk/by-uuid/12 / ext4" };

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		MOUNTS(roots[i]);
		CHECK_ROW(roots[i], tree_read(&t) == 0);
		CHECK_ROW(roots[i], USE(A_ADDRESS, USE_UNKNOWN, "could not be traced") && USE(A_ADDRESS, USE_UNKNOWN, "")->is_vital);
		CHECK_ROW(roots[i], USE(B_ADDRESS, USE_UNKNOWN, "could not be traced"));
	}
}

/* As in a chroot. */
TEST(a_table_without_a_root_blocks_every_disk)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS("259:0 /dev/nvme0n1 /srv ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_UNKNOWN, "the disk below / could not be traced") && USE(B_ADDRESS, USE_UNKNOWN, "")->is_vital);
}

TEST(no_mount_table_at_all_blocks_every_disk)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_UNKNOWN, "could not be traced"));
	CHECK(USE(B_ADDRESS, USE_UNKNOWN, "could not be traced"));
}

TEST(slaves_in_a_ring_come_to_an_end)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MAPPED("dm-0", "253:0", "a", "dm-1", "nvme0n1");
	MAPPED("dm-1", "253:1", "b", "dm-0");
	MOUNTS(ROOT_ELSEWHERE, "253:0 /dev/mapper/a /srv ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "ext4 on /srv"));
}

TEST(a_device_below_two_bridges_is_found_by_its_last_address)
{
	_cleanup_free_ char *nvme = address_in_path("../devices/pci0000:00/0000:00:06.0/0000:05:00.0/nvme/nvme0/nvme0n1");
	_cleanup_free_ char *vmd = address_in_path("../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0");
	_cleanup_free_ char *virtio = address_in_path("../../devices/pci0000:00/0000:00:03.0/virtio0/net/eth0");
	_cleanup_free_ char *none = address_in_path("../devices/virtual/block/dm-0");

	CHECK_STR(nvme, "0000:05:00.0");
	CHECK_STR(vmd, "10000:e1:00.0");
	CHECK_STR(virtio, "0000:00:03.0");
	CHECK_STR(none, NULL);
}

TEST_MAIN()
