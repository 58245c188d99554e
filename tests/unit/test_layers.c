/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images, and layers laid over each other: which disk a root lives on that is a file, or many. */

#include "common/cleanup.h"
#include "tests/unit/check.h"
#include "tests/unit/two_drives.h"

TEST(a_loop_device_is_on_the_disk_of_its_file)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	virtual_block(&t, "loop3", "7:3");
	tree_put(&t, "sys/devices/virtual/block/loop3/loop/backing_file", "/srv/images/disk.img\n");
	MOUNTS(ROOT_ELSEWHERE, "259:1 /dev/nvme0n1p1 /srv ext4", "7:3 /dev/loop3 /mnt ext4");
	CHECK(tree_read(&t) == 0);
	use = USE(A_ADDRESS, USE_MOUNT, "ext4 on /mnt");
	CHECK(use);
	CHECK_STR(use->via, "nvme0n1 → nvme0n1p1 → /srv/images/disk.img → loop3");
	CHECK(!USE(B_ADDRESS, USE_MOUNT, "") && !USE(B_ADDRESS, USE_UNKNOWN, ""));
}

TEST(a_loop_device_whose_file_is_on_itself_comes_to_an_end)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	virtual_block(&t, "loop3", "7:3");
	tree_put(&t, "sys/devices/virtual/block/loop3/loop/backing_file", "/mnt/disk.img\n");
	MOUNTS(ROOT_ELSEWHERE, "7:3 /dev/loop3 /mnt ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(!USE(A_ADDRESS, USE_MOUNT, ""));
	CHECK(USE(A_ADDRESS, USE_UNKNOWN, "the disk below ext4 on /mnt could not be traced") && USE(B_ADDRESS, USE_UNKNOWN, "/mnt"));
}

TEST(a_root_whose_image_lies_on_a_mount_left_behind_may_be_on_any_disk)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	virtual_block(&t, "loop0", "7:0");
	tree_put(&t, "sys/devices/virtual/block/loop0/loop/backing_file", "/LiveOS/rootfs.img\n");
	MAPPED("dm-0", "253:0", "live-rw", "loop0");
	MOUNTS("253:0 /dev/mapper/live-rw / ext4");
	CHECK(tree_read(&t) == 0);
	CHECK(USE(A_ADDRESS, USE_UNKNOWN, "the disk below ext4 on / could not be traced") && USE(A_ADDRESS, USE_UNKNOWN, "")->is_vital);
	CHECK(USE(B_ADDRESS, USE_UNKNOWN, "")->is_vital);
}

TEST(a_loop_device_whose_file_is_out_of_sight_may_be_on_any_disk)
{
	/* No mount leads to the file, or one whose own disk is not found. */
	static const char *const mounts[] = { "7:3 /dev/loop3 /mnt ext4", "0:55 /dev/gone /srv btrfs" };

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		virtual_block(&t, "loop3", "7:3");
		tree_put(&t, "sys/devices/virtual/block/loop3/loop/backing_file", "/srv/disk.img\n");
		MOUNTS(mounts[i]);
		tree_put(&t, "proc/swaps", SWAPS "/dev/loop3 partition\t9\t0\t-2\n");
		CHECK_ROW(mounts[i], tree_read(&t) == 0);
		CHECK_ROW(mounts[i], USE(A_ADDRESS, USE_UNKNOWN, "swap on /dev/loop3") && USE(B_ADDRESS, USE_UNKNOWN, "swap on /dev/loop3")->is_vital);
	}
}

TEST(composefs_lives_on_the_disk_of_its_data)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	tree_put(&t, "proc/self/mountinfo",
		 "21 1 0:40 / / ro - overlay composefs ro,lowerdir+=/run/ostree/.private/cfsroot-lower,datadir+=/sysroot/ostree/repo/objects,redirect_dir=on\n"
		 "22 21 0:41 / /run rw - tmpfs tmpfs rw\n"
		 "23 21 259:1 / /sysroot ro - xfs /dev/nvme0n1p1 ro\n");
	CHECK(tree_read(&t) == 0);
	use = USE(A_ADDRESS, USE_MOUNT, "overlay on /");
	CHECK(use && use->is_vital);
	CHECK(t.host.mounts.root_traced && !USE(B_ADDRESS, USE_UNKNOWN, ""));
}

TEST(a_live_system_lives_on_the_disk_of_its_image)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_drives(&t);
	virtual_block(&t, "loop0", "7:0");
	tree_put(&t, "sys/devices/virtual/block/loop0/loop/backing_file", "/run/medium/live/root.squashfs\n");
	tree_put(&t, "proc/self/mountinfo",
		 "21 1 0:40 / / rw - overlay overlay rw,lowerdir=/run/rootfs:/run/more,upperdir=/run/cow/rw,workdir=/run/cow/work\n"
		 "22 21 0:41 / /run rw - tmpfs tmpfs rw\n"
		 "23 22 7:0 / /run/rootfs ro - squashfs /dev/loop0 ro\n"
		 "24 22 259:1 / /run/medium ro - vfat /dev/nvme0n1p1 ro\n");
	CHECK(tree_read(&t) == 0);
	use = USE(A_ADDRESS, USE_MOUNT, "overlay on /");
	CHECK(use && use->is_vital);
	CHECK_STR(use->via, "nvme0n1 → nvme0n1p1 → /run/medium/live/root.squashfs → loop0");
	CHECK(t.host.mounts.root_traced);
	CHECK(!USE(B_ADDRESS, USE_UNKNOWN, ""));
}

TEST(an_overlay_whose_layers_are_out_of_sight_may_be_on_any_disk)
{
	static const char *const options[] = { "rw,lowerdir=/var/lib/docker/overlay2/l/A,upperdir=/var/lib/x", "rw", "rw,lowerdir=relative" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_put(&t, "proc/self/mountinfo", "21 1 0:40 / / rw - overlay overlay %s\n", options[i]);
		CHECK_ROW(options[i], tree_read(&t) == 0);
		CHECK_ROW(options[i], USE(A_ADDRESS, USE_UNKNOWN, "could not be traced") && USE(A_ADDRESS, USE_UNKNOWN, "")->is_vital);
		CHECK_ROW(options[i], USE(B_ADDRESS, USE_UNKNOWN, "could not be traced"));
	}
}

TEST(every_layer_of_the_root_is_followed)
{
	static const struct {
		const char *layers;
		bool is_traced, is_on_disk;
	} rows[] = {
		{ "lowerdir=/run/x,upperdir=/run/y", true, false },
		{ "lowerdir=/run/x:/run/medium/a,upperdir=/run/y", true, true },
		{ "lowerdir=/run/x,upperdir=/run/medium/b", true, true },
		{ "lowerdir+=/run/medium/a,datadir+=/run/x", true, true },
		{ "lowerdir+=/run/x,datadir+=/run/medium/a", true, true },
		{ "lowerdir=/nowhere:/run/x,upperdir=/run/y", false, false },
		{ "lowerdir=/run/x:/nowhere,upperdir=/run/y", false, false },
		{ "lowerdir=/run/x,upperdir=/nowhere", false, false },
		{ "lowerdir=/run/gone/x,upperdir=/run/y", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *use;

		two_drives(&t);
		tree_put(&t, "proc/self/mountinfo",
			 "21 1 0:40 / / rw - overlay overlay rw,%s\n22 21 0:41 / /run rw - tmpfs tmpfs rw\n"
			 "23 22 259:1 / /run/medium ro - vfat /dev/nvme0n1p1 ro\n24 22 0:42 / /run/gone ro - btrfs /dev/gone ro\n", rows[i].layers);
		CHECK_ROW(rows[i].layers, tree_read(&t) == 0 && t.host.mounts.root_traced == rows[i].is_traced);
		use = USE(A_ADDRESS, USE_MOUNT, "overlay on /");
		CHECK_ROW(rows[i].layers, rows[i].is_on_disk ? use && use->is_vital : !use);
		use = USE(B_ADDRESS, USE_UNKNOWN, "the disk below / could not be traced");
		CHECK_ROW(rows[i].layers, rows[i].is_traced ? !use : use && use->is_vital);
	}
}

TEST(each_type_of_layers_may_hide_the_disk_of_the_root)
{
	static const char *const types[] = { "overlay", "overlayfs", "aufs", "unionfs" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_put(&t, "proc/self/mountinfo",
			 "21 1 0:40 / / rw - overlay x rw,lowerdir=/run/x/y,upperdir=/run/z\n22 21 0:41 / /run rw - tmpfs tmpfs rw\n"
			 "23 22 0:42 / /run/x rw - %s none rw\n", types[i]);
		CHECK_ROW(types[i], tree_read(&t) == 0 && !t.host.mounts.root_traced);
		CHECK_ROW(types[i], USE(A_ADDRESS, USE_UNKNOWN, "the disk below / could not be traced"));
	}
}

TEST_MAIN()
