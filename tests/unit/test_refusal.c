/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in use is refused, and what an override frees: each test tries to get a device past the rule. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/request.h"

#define EVERY_KIND "mount", "swap", "esp", "boot", "holder", "open", "dump", "resume", "configured", "data", "remote", "session", "network", "crypto", \
		   "display", "input", "console", "board", "vfio", "guest", "unknown"

TEST(a_free_device_is_given)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NOW, &r) == 0);
	CHECK(ask(&t, A_ADDRESS " " B_ADDRESS, NULL, REQUEST_NEXT_BOOT, &r) == 0);
}

TEST(no_override_frees_a_disk_that_the_host_lives_on)
{
	static const char *const kinds[] = { EVERY_KIND };
	static const char *const lives[] = { "259:1 /dev/nvme0n1p1 / ext4", "259:1 /dev/nvme0n1p1 /boot ext4",
					     "259:1 /dev/nvme0n1p1 /boot/efi vfat", "swap", "esp" };

	for (size_t i = 0; i < ARRAY_SIZE(lives); i++) {
		_cleanup_(refusals_done) struct refusals r = {};
		_cleanup_tree_ struct tree t;
		const char *all[ARRAY_SIZE(kinds) + 1] = {};
		char text[ARRAY_SIZE(kinds)][64];

		two_drives(&t);
		tree_partition(&t, A, 0, 1, "ext4");
		if (str_eq(lives[i], "swap"))
			tree_put(&t, "proc/swaps", "Filename Type Size Used Priority\n/dev/nvme0n1p1 partition 100 0 -2\n");
		else if (str_eq(lives[i], "esp"))
			tree_put(&t, "run/udev/data/b259:1", "E:ID_PART_ENTRY_TYPE=" PART_TYPE_ESP "\n");
		else
			tree_mounts(&t, (const char *const[]){ "1:0 /dev/ram0 / ext4", lives[i], NULL });
		CHECK(tree_read(&t) == 0);
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			snprintf(text[k], sizeof(text[k]), A_ADDRESS "=%s", kinds[k]);
			all[k] = text[k];
			CHECK_ROW(lives[i], ask(&t, A_ADDRESS, ALLOW(text[k]), REQUEST_NEXT_BOOT, &r) > 0);
			CHECK_ROW(lives[i], refused(&r, A_ADDRESS, "override", kinds[k]));
		}
		CHECK_ROW(lives[i], ask(&t, A_ADDRESS, all, REQUEST_NEXT_BOOT, &r) > 0);
		CHECK_ROW(lives[i], ask(&t, A_ADDRESS, all, REQUEST_NOW, &r) > 0);
		/* The other drive is free all the same. */
		CHECK_ROW(lives[i], ask(&t, B_ADDRESS, NULL, REQUEST_NOW, &r) == 0);
	}
}

TEST(uses_are_sorted_the_worst_first_and_each_is_told_once)
{
	_cleanup_(uses_done) struct uses u = {};
	struct device d[3] = {};
	const struct use *use;
	size_t n;

	CHECK(!uses_of(&u, &d[0], &n) && n == 0);
	uses_sort(&u);
	for (int i = 0; i < 5; i++) {
		CHECK(uses_add(&u, &d[2], USE_DATA, "ext4 signature", "sdb", false) == 0);
		CHECK(uses_add(&u, &d[0], USE_UNKNOWN, "a", "", true) == 0);
		CHECK(uses_add(&u, &d[2], USE_MOUNT, "ext4 on /srv", "sdb", false) == 0);
		CHECK(uses_add(&u, &d[2], USE_ESP, "EFI system partition", "sdb", true) == 0);
	}
	uses_sort(&u);
	CHECK(u.n == 4);
	CHECK(!uses_of(&u, &d[1], &n) && n == 0);
	CHECK(uses_of(&u, &d[0], &n) == &u.list[0] && n == 1);
	use = uses_of(&u, &d[2], &n);
	CHECK(use && n == 3);
	CHECK(use[0].kind == USE_ESP && use[1].kind == USE_MOUNT && use[2].kind == USE_DATA);
	/* More may come, as from libvirt. */
	CHECK(uses_add(&u, &d[1], USE_GUEST, "guest a has it", "", false) == 0);
	uses_sort(&u);
	CHECK(uses_of(&u, &d[1], &n) && n == 1);
}

TEST(every_kind_has_a_name)
{
	_cleanup_free_ char *names = use_kind_names();
	static const char *const kinds[] = { EVERY_KIND };

	CHECK(ARRAY_SIZE(kinds) == USE_KINDS);
	for (size_t i = 0; i < USE_KINDS; i++) {
		CHECK_STR(use_kind_name(i), kinds[i]);
		CHECK_HAS(names, kinds[i]);
	}
}

TEST(an_override_is_for_one_device_and_one_reason)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_put(&t, "run/udev/data/b259:0", "E:ID_FS_TYPE=ceph_bluestore\n");
	tree_put(&t, "run/udev/data/b259:10", "E:ID_FS_TYPE=ceph_bluestore\n");
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NOW, &r) == 1);
	CHECK(refused(&r, A_ADDRESS, "in-use", "data"));
	CHECK_HAS(r.list[0].text, A_ADDRESS " → nvme0n1 → ceph_bluestore signature");
	CHECK_HAS(r.list[0].text, "--allow " A_ADDRESS "=data");
	CHECK(ask(&t, A_ADDRESS, ALLOW(A_ADDRESS "=data"), REQUEST_NOW, &r) == 0);
	CHECK(ask(&t, A_ADDRESS, ALLOW("05:00.0=data"), REQUEST_NOW, &r) == 0);
	CHECK(ask(&t, A_ADDRESS, ALLOW(A_ADDRESS "=mount"), REQUEST_NOW, &r) == 1);
	CHECK(ask(&t, A_ADDRESS, ALLOW(B_ADDRESS "=data"), REQUEST_NOW, &r) == 1);
	CHECK(ask(&t, A_ADDRESS " " B_ADDRESS, ALLOW(A_ADDRESS "=data"), REQUEST_NOW, &r) == 1);
	CHECK(refused(&r, B_ADDRESS, "in-use", "data"));
	CHECK(ask(&t, A_ADDRESS " " B_ADDRESS, ALLOW(A_ADDRESS "=data", B_ADDRESS "=data"), REQUEST_NOW, &r) == 0);
}

TEST(one_reason_allowed_leaves_the_others)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_put(&t, "run/udev/data/b259:0", "E:ID_FS_TYPE=LVM2_member\n");
	tree_mapped(&t, "dm-0", "253:0", "vg-lv", (const char *const[]){ "nvme0n1", NULL });
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NOW, &r) == 2);
	CHECK(ask(&t, A_ADDRESS, ALLOW(A_ADDRESS "=data"), REQUEST_NOW, &r) == 1);
	CHECK(refused(&r, A_ADDRESS, "in-use", "holder"));
	CHECK(ask(&t, A_ADDRESS, ALLOW(A_ADDRESS "=data", A_ADDRESS "=holder"), REQUEST_NOW, &r) == 0);
}

TEST(overrides_for_what_is_no_pci_function_are_looked_at_elsewhere)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, A_ADDRESS, ALLOW("1-2=mount", "0.0.0100=data", "05.0004=crypto"), REQUEST_NOW, &r) == 0);
}

TEST(overrides_that_name_nothing_are_errors)
{
	static const char *const bad[] = { "data", "0000:05:00.0", "0000:05:00.0=", "0000:05:00.0=all", "0000:05:00.0=*", "*=data", "=data",
					   "class=nvme=data", "0000:05:00.0=data,mount", "0000:05:00.0=Data" };
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	CHECK(tree_read(&t) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *said = NULL;

		CHECK_ROW(bad[i], ask(&t, A_ADDRESS, ALLOW(bad[i]), REQUEST_NOW, &r) == -EINVAL);
		said = stderr_caught();
		CHECK_HAS(said, bad[i]);
	}
	CHECK(ask(&t, A_ADDRESS, ALLOW("0000:77:00.0=data"), REQUEST_NOW, &r) == -EINVAL);
	free(stderr_caught());
}

TEST(an_unknown_root_disk_blocks_every_disk)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_remove(&t, "proc/self/mountinfo");
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, A_ADDRESS, ALLOW(A_ADDRESS "=unknown"), REQUEST_NOW, &r) > 0);
	CHECK(refused(&r, A_ADDRESS, "in-use", "unknown"));
	CHECK(refused(&r, A_ADDRESS, "override", "unknown"));
}

TEST(a_disk_that_could_not_be_looked_at_is_refused_until_allowed)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_remove(&t, "run/udev/data/b259:0");
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NEXT_BOOT, &r) == 1);
	CHECK(refused(&r, A_ADDRESS, "in-use", "unknown"));
	CHECK(ask(&t, A_ADDRESS, ALLOW(A_ADDRESS "=unknown"), REQUEST_NEXT_BOOT, &r) == 0);
}

TEST_MAIN()
