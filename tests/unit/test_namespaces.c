/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mount namespaces: what another one has mounted counts, and what ours has, too, is told once. */

#include <string.h>

#include "common/cleanup.h"
#include "detect/mount.h"
#include "tests/unit/check.h"
#include "tests/unit/two_drives.h"

#define ELSEWHERE "in another mount namespace"

/* A process with a namespace of its own, whose table is this. */
static void service(struct tree *t, unsigned pid, const char *table)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "proc/%u/ns/mnt", pid);
	snprintf(text, sizeof(text), "mnt:[%u]", 4026532000U + pid);
	tree_link(t, path, text);
	snprintf(path, sizeof(path), "proc/%u/mountinfo", pid);
	tree_put(t, path, "%s", table);
}

TEST(a_mount_in_another_namespace_counts)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_partition(&t, B, 1, 1, "ext4");
	MOUNTS(ROOT_ELSEWHERE);
	tree_link(&t, "proc/1/ns/mnt", "mnt:[4026531840]");
	tree_put(&t, "proc/1/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n");
	tree_link(&t, "proc/77/ns/mnt", "mnt:[4026532999]");
	tree_put(&t, "proc/77/mountinfo", "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n22 1 259:11 / /container rw - ext4 /dev/nvme1n1p1 rw\n");
	CHECK(tree_read(&t) == 0);
	CHECK(t.host.mounts.namespaces_known);
	use = USE(B_ADDRESS, USE_MOUNT, "ext4 on /container in another mount namespace");
	CHECK(use);
	CHECK_STR(use->via, "nvme1n1 → nvme1n1p1");
}

/* A service may have another disk at the same place; the path of a swap file is one of ours. */
TEST(a_swap_file_is_where_our_own_namespace_has_it)
{
	static const struct {
		const char *own, *other, *address;
	} cases[] = {
		{ "259:10 /dev/nvme1n1 /data xfs", "259:1 / /data rw - ext4 /dev/nvme0n1p1", B_ADDRESS },
		{ "259:10 /dev/nvme1n1 /data xfs", "259:1 / /data/deep rw - ext4 /dev/nvme0n1p1", B_ADDRESS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *use;
		char table[256];

		two_drives(&t);
		MOUNTS(ROOT_ELSEWHERE, cases[i].own);
		snprintf(table, sizeof(table), "22 21 %s rw\n", cases[i].other);
		service(&t, 100, table);
		tree_put(&t, "proc/swaps", "Filename Type Size Used Priority\n/data/deep/swap file 9 0 -2\n");
		CHECK_ROW(cases[i].other, tree_read(&t) == 0);
		use = USE(cases[i].address, USE_SWAP, "swap on /data/deep/swap");
		CHECK_ROW(cases[i].other, use && use->is_vital && !USE(A_ADDRESS, USE_SWAP, ""));
	}
}

/* What a container has on a loop device lies below its own mounts. */
TEST(a_file_that_ours_does_not_show_is_looked_for_elsewhere)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS("259:1 /dev/nvme0n1p1 /srv ext4");
	service(&t, 100, "22 21 259:10 / /x rw - xfs /dev/nvme1n1 rw\n");
	tree_put(&t, "proc/swaps", "Filename Type Size Used Priority\n/x/swap file 9 0 -2\n");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_SWAP, "swap on /x/swap"));
}

/* A container may have what our own table lacks altogether, and what no block device shows. */
TEST(what_another_namespace_has_mounted_without_a_block_device_counts)
{
	static const struct {
		const char *name, *line;
		enum use_kind kind;
		const char *what;
		bool is_vital; /* of drive B */
	} cases[] = {
		{ "a disk that is not found", "0:55 / /x rw - btrfs /dev/disk/by-uuid/12-34 rw", USE_UNKNOWN, "the disk below btrfs on /x " ELSEWHERE, false },
		{ "a disk that is not found, below /boot", "0:55 / /boot rw - btrfs /dev/gone rw", USE_UNKNOWN, "btrfs on /boot " ELSEWHERE, true },
		{ "its own \"/\" on a disk that is not found", "0:55 / / rw - btrfs /dev/gone rw", USE_UNKNOWN, "btrfs on / " ELSEWHERE, true },
		{ "NTFS by a process", "0:56 / /x rw - fuseblk /dev/gone rw", USE_UNKNOWN, "fuseblk on /x", false },
		{ "ZFS", "0:57 / /x rw - zfs tank/x rw", USE_MOUNT, "zfs_member of pool tank, while ZFS is mounted", false },
		{ "\"/\" of a container on ZFS", "0:57 / / rw - zfs tank/x rw", USE_MOUNT, "zfs_member of pool tank, while ZFS is mounted", false },
		{ "a share of the hypervisor", "0:58 / /x rw - virtiofs data rw", USE_MOUNT, "virtiofs on /x", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *use;
		char table[256];

		two_drives(&t);
		MOUNTS(ROOT_ELSEWHERE);
		if (strstr(cases[i].line, "zfs"))
			tree_put(&t, "run/udev/data/b259:10", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n");
		tree_link(&t, "sys/bus/virtio/drivers/virtiofs/virtio5", "../../../../devices/pci0000:00/" B "/virtio5");
		CHECK_ROW(cases[i].name, tree_read(&t) == 0 && !USE(B_ADDRESS, cases[i].kind, ""));
		snprintf(table, sizeof(table), "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n22 21 %s\n23 21 0:59 / /y rw - fuse.sshfs /dev/x rw\n", cases[i].line);
		service(&t, 100, table);
		CHECK_ROW(cases[i].name, tree_read(&t) == 0);
		use = USE(B_ADDRESS, cases[i].kind, cases[i].what);
		CHECK_ROW(cases[i].name, use && use->is_vital == cases[i].is_vital);
		CHECK_ROW(cases[i].name, !USE(B_ADDRESS, USE_UNKNOWN, "sshfs"));
	}
}

TEST(in_a_container_any_disk_may_be_the_hosts)
{
	static const struct {
		const char *namespace;
		bool is_contained;
	} cases[] = { { "pid:[4026531836]", false }, { "pid:[4026532270]", true } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		MOUNTS(ROOT_ELSEWHERE);
		tree_link(&t, "proc/self/ns/pid", cases[i].namespace);
		tree_put(&t, "proc/1/comm", "init\n");
		CHECK(tree_read(&t) == 0);
		mounts_done(&t.host.mounts);
		CHECK(mounts_read(t.fd, true, &t.host.blocks, &t.host.mounts) == 0);
		uses_done(&t.uses);
		CHECK(uses_find(&t.host, &t.uses) == 0);
		CHECK_ROW(cases[i].namespace, t.host.mounts.namespaces_known == !cases[i].is_contained);
		CHECK_ROW(cases[i].namespace, !USE(B_ADDRESS, USE_UNKNOWN, "outside this container") == !cases[i].is_contained);
	}
}

/* hidepid= */
TEST(processes_that_are_hidden_make_the_answer_unknown)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0 && t.host.mounts.namespaces_known);
	mounts_done(&t.host.mounts);
	CHECK(mounts_read(t.fd, true, &t.host.blocks, &t.host.mounts) == 0);
	CHECK(!t.host.mounts.namespaces_known && !t.host.mounts.is_contained);
	CHECK_HAS(t.host.mounts.unknown_reason, "root can");
}

TEST(a_process_in_a_chroot_does_not_stand_for_its_namespace)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS(ROOT_ELSEWHERE);
	tree_link(&t, "proc/10/ns/mnt", "mnt:[4026532999]");
	tree_link(&t, "proc/10/root", "/var/empty");
	tree_put_bytes(&t, "proc/10/mountinfo", "", 0);
	tree_link(&t, "proc/11/ns/mnt", "mnt:[4026532999]");
	tree_link(&t, "proc/11/root", "/");
	tree_put(&t, "proc/11/mountinfo", "22 1 259:10 / /data rw - xfs /dev/nvme1n1 rw\n");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_MOUNT, "xfs on /data in another mount namespace"));
}

TEST(a_process_that_ends_while_it_is_read_leaves_its_namespace_to_the_next)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS(ROOT_ELSEWHERE);
	tree_link(&t, "proc/10/ns/mnt", "mnt:[4026532999]");
	tree_folder(&t, "proc/10/mountinfo"); /* cannot be read */
	tree_link(&t, "proc/11/ns/mnt", "mnt:[4026532999]");
	tree_put(&t, "proc/11/mountinfo", "22 1 259:10 / /data rw - xfs /dev/nvme1n1 rw\n");
	tree_folder(&t, "proc/12/ns"); /* has ended */
	CHECK(tree_read(&t) == 0);
	CHECK(USE(B_ADDRESS, USE_MOUNT, "xfs on /data"));
	/* Its link is still there, so its mounts were not seen. */
	CHECK(!t.host.mounts.namespaces_known && t.host.mounts.unknown_reason);
}

TEST(a_namespace_that_could_not_be_read_makes_the_answer_unknown)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS(ROOT_ELSEWHERE);
	CHECK(tree_read(&t) == 0 && t.host.mounts.namespaces_known);
	tree_put_bytes(&t, "proc/10/ns/mnt", "", 0); /* a capture's way to say that it could not be read */
	CHECK(tree_read(&t) == 0 && !t.host.mounts.namespaces_known);
}

/* systemd's ProtectSystem= and PrivateMounts=: hundreds of services with the same file systems. */
TEST(a_file_system_of_ours_is_not_told_again_for_each_service)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	MOUNTS("259:1 /dev/nvme0n1p1 / ext4", "0:50 192.0.2.9:/x /srv nfs4");
	for (unsigned pid = 100; pid < 110; pid++)
		service(&t, pid, "21 1 259:1 / / ro - ext4 /dev/nvme0n1p1 rw\n22 21 259:1 /etc /etc ro - ext4 /dev/nvme0n1p1 rw\n"
				 "23 21 259:1 /usr /boot/usr ro - ext4 /dev/nvme0n1p1 rw\n24 21 0:50 / /home rw - nfs4 192.0.2.9:/x rw\n");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_MOUNT, "ext4 on /")->is_vital);
	CHECK(!USE(A_ADDRESS, USE_MOUNT, ELSEWHERE));
}

static const struct row {
	const char *name, *own, *other;
	bool is_told, is_vital; /* of drive B, by the other namespace */
} rows[] = {
	{ "ours, too", "259:10 /dev/nvme1n1 /data xfs", "259:10 / /etc rw - xfs /dev/nvme1n1", false, false },
	{ "another file system", "259:1 /dev/nvme0n1p1 /data xfs", "259:10 / /etc rw - xfs /dev/nvme1n1", true, false },
	/* Ours is data; somebody else's is what that somebody boots from. */
	{ "vital there alone", "259:10 /dev/nvme1n1 /data xfs", "259:10 / /boot rw - xfs /dev/nvme1n1", true, true },
	{ "vital here, too", "259:10 /dev/nvme1n1 /boot xfs", "259:10 / /boot/x rw - xfs /dev/nvme1n1", false, false },
	/* A table without numbers says of no two that they are the same. */
	{ "no numbers", "0:0 /dev/nvme0n1p1 /data xfs", "0:0 / /etc rw - xfs /dev/nvme1n1", true, false },
	/* Ours has a number, and nobody knows which disk it is on. */
	{ "ours is lost", "0:77 /dev/gone /data btrfs", "0:77 / /etc rw - btrfs /dev/nvme1n1", true, false },
	{ "a number that begins alike", "259:1 /dev/nvme0n1p1 /data xfs", "259:10 / /data rw - xfs /dev/nvme1n1", true, false },
};

TEST(the_only_mount_of_a_disk_is_never_lost)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *use;
		char table[256];

		two_drives(&t);
		MOUNTS(ROOT_ELSEWHERE, rows[i].own);
		snprintf(table, sizeof(table), "21 1 1:0 / / rw - ext4 /dev/ram0 rw\n22 21 %s rw\n", rows[i].other);
		service(&t, 100, table);
		CHECK_ROW(rows[i].name, tree_read(&t) == 0);
		use = USE(B_ADDRESS, USE_MOUNT, ELSEWHERE);
		CHECK_ROW(rows[i].name, rows[i].is_told == (use != NULL));
		CHECK_ROW(rows[i].name, !use || use->is_vital == rows[i].is_vital);
		CHECK_ROW(rows[i].name, use || USE(B_ADDRESS, USE_MOUNT, "xfs on "));
	}
}

TEST(two_file_systems_at_one_mount_point_both_count_without_numbers)
{
	static const char *const tables[] = { "proc/self/mounts", "proc/mounts" };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_put(&t, tables[i], "/dev/ram0 / ext4 rw 0 0\n/dev/nvme0n1p1 /mnt ext4 rw 0 0\n/dev/nvme1n1 /mnt xfs rw 0 0\n");
		CHECK_ROW(tables[i], tree_read(&t) == 0);
		CHECK_ROW(tables[i], USE(A_ADDRESS, USE_MOUNT, "ext4 on /mnt") && USE(B_ADDRESS, USE_MOUNT, "xfs on /mnt"));
	}
}

TEST_MAIN()
