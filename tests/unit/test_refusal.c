/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The safety rules: closure and refusals. Each test tries to get a device past the rule. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/assess.h"
#include "passthrough/refusal.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define B "0000:00:07.0/0000:06:00.0"
#define A_ADDRESS "0000:05:00.0"
#define B_ADDRESS "0000:06:00.0"
#define EVERY_KIND "mount", "swap", "esp", "boot", "holder", "open", "dump", "resume", "configured", "data", "remote", "session", "network", \
		   "display", "input", "console", "board", "vfio", "guest", "unknown"

/* Two drives in groups of their own, nothing on them; "/" on a RAM disk. */
static void two_drives(struct tree *t)
{
	static const char *const mounts[] = { "1:0 /dev/ram0 / ext4", NULL };

	tree_new(t);
	tree_pci(t, "0000:00:06.0", "060400", "1b36:000c", 10);
	tree_pci(t, "0000:00:07.0", "060400", "1b36:000c", 11);
	tree_nvme(t, A, 0, 1);
	tree_nvme(t, B, 1, 2);
	tree_put(t, "sys/devices/virtual/block/ram0/dev", "1:0\n");
	tree_link(t, "sys/block/ram0", "../devices/virtual/block/ram0");
	tree_mounts(t, mounts);
}

/* Asks for the devices (addresses separated by blanks) with these overrides; -errno, or how many refusals there are. */
static int ask(struct tree *t, const char *addresses, const char *const *overrides, enum request_when when, struct refusals *ret)
{
	_cleanup_(allowances_done) struct allowances allowed = {};
	_cleanup_(strv_freep) char **list = NULL;
	struct device *requested[16];
	size_t n = 0;
	int r;

	if (strv_split(addresses, " ", &list) < 0)
		abort();
	for (char **a = list; *a; a++)
		requested[n++] = tree_device(t, *a);
	for (; overrides && *overrides; overrides++) {
		r = allowances_add(&allowed, *overrides);
		if (r < 0)
			return r;
	}
	refusals_done(ret);
	r = request_check(&t->host, &t->uses, requested, n, &allowed, when, ret);
	return r < 0 ? r : (int)ret->n;
}

#define ALLOW(...) ((const char *const[]){ __VA_ARGS__, NULL })

static bool refused(const struct refusals *r, const char *address, const char *rule, const char *kind)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->list[i].address, address) && str_eq(r->list[i].rule, rule) && str_eq(r->list[i].kind, kind))
			return true;
	return false;
}

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

/* Closure */

TEST(a_group_mate_that_was_not_asked_for_is_refused)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_pci(&t, "0000:00:1f.0", "0c0330", "8086:a36d", 1);
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NEXT_BOOT, &r) == 1);
	CHECK(refused(&r, "0000:00:1f.0", "closure", ""));
	CHECK_HAS(r.list[0].text, "same IOMMU group");
	/* No override says "closure"; asking for both is the way. */
	CHECK(ask(&t, A_ADDRESS " 0000:00:1f.0", NULL, REQUEST_NEXT_BOOT, &r) == 0);
	CHECK(ask(&t, A_ADDRESS, ALLOW("0000:00:1f.0=unknown", "0000:00:1f.0=data"), REQUEST_NEXT_BOOT, &r) == 1);
}

TEST(a_group_mate_in_use_blocks_the_request)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_nvme(&t, "0000:00:08.0/0000:07:00.0", 2, 1);
	tree_mounts(&t, (const char *const[]){ "259:20 /dev/nvme2n1 / ext4", NULL });
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, A_ADDRESS, ALLOW("0000:07:00.0=mount"), REQUEST_NEXT_BOOT, &r) >= 2);
	CHECK(refused(&r, "0000:07:00.0", "in-use", "mount"));
	CHECK(refused(&r, "0000:07:00.0", "closure", ""));
}

TEST(bridges_in_a_group_stay_and_do_not_count)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_(closure_done) struct closure c = {};
	_cleanup_tree_ struct tree t;
	struct device *requested[1];

	two_drives(&t);
	tree_pci(&t, "0000:00:1c.0", "060400", "8086:a338", 1);
	tree_pci(&t, "0000:00:1f.0", "060100", "8086:a309", 1);
	CHECK(tree_read(&t) == 0);
	requested[0] = tree_device(&t, A_ADDRESS);
	CHECK(closure_find(&t.host, requested, 1, &c) == 0);
	CHECK(c.n == 1);
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NOW, &r) == 0);
	CHECK(ask(&t, "0000:00:1c.0", NULL, REQUEST_NEXT_BOOT, &r) > 0);
	CHECK(refused(&r, "0000:00:1c.0", "bridge", ""));
	CHECK(ask(&t, "0000:00:1f.0", ALLOW("0000:00:1f.0=data"), REQUEST_NEXT_BOOT, &r) > 0);
	CHECK(refused(&r, "0000:00:1f.0", "bridge", ""));
}

TEST(functions_of_a_slot_move_together_unless_each_resets_alone)
{
	static const struct {
		const char *methods; /* of function 0; NULL: the kernel does not say */
		size_t members;
	} rows[] = {
		{ "flr bus", 1 }, { "af_flr", 1 },  { "pm bus", 1 }, { "device_specific bus", 1 },
		{ "bus", 2 },     { "cxl_bus", 2 }, { "", 2 },       { NULL, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(closure_done) struct closure c = {};
		const char *label = rows[i].methods ? rows[i].methods : "(unknown)";
		_cleanup_tree_ struct tree t;
		struct device *requested[1];

		tree_new(&t);
		tree_pci(&t, "0000:03:00.0", "030000", "10de:1b80", -1);
		tree_pci(&t, "0000:03:00.1", "040300", "10de:10f0", -1);
		if (rows[i].methods)
			tree_put(&t, "sys/devices/pci0000:00/0000:03:00.0/reset_method", "%s\n", rows[i].methods);
		else
			tree_remove(&t, "sys/devices/pci0000:00/0000:03:00.0/reset_method");
		CHECK_ROW(label, tree_read(&t) == 0);
		requested[0] = tree_device(&t, "0000:03:00.0");
		CHECK_ROW(label, closure_find(&t.host, requested, 1, &c) == 0);
		CHECK_ROW(label, c.n == rows[i].members);
		if (c.n == 2)
			CHECK_STR(c.list[1].why, "function of the same slot");
	}
}

/* A PF with two VFs, each in a group of its own. */
static void add_sriov(struct tree *t)
{
	tree_pci(t, "0000:03:00.0", "020000", "8086:1572", 20);
	tree_pci(t, "0000:03:02.0", "020000", "8086:154c", 21);
	tree_pci(t, "0000:03:02.1", "020000", "8086:154c", 22);
	tree_put(t, "sys/devices/pci0000:00/0000:03:00.0/sriov_totalvfs", "4\n");
	tree_link(t, "sys/devices/pci0000:00/0000:03:00.0/virtfn0", "../0000:03:02.0");
	tree_link(t, "sys/devices/pci0000:00/0000:03:00.0/virtfn1", "../0000:03:02.1");
	tree_link(t, "sys/devices/pci0000:00/0000:03:02.0/physfn", "../0000:03:00.0");
	tree_link(t, "sys/devices/pci0000:00/0000:03:02.1/physfn", "../0000:03:00.0");
}

TEST(a_physical_function_takes_its_virtual_functions_along)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	add_sriov(&t);
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, "0000:03:00.0", NULL, REQUEST_NEXT_BOOT, &r) == 2);
	CHECK(refused(&r, "0000:03:02.0", "closure", "") && refused(&r, "0000:03:02.1", "closure", ""));
	CHECK_HAS(r.list[0].text, "VF of it");
	/* A VF alone is what VFs are for. */
	CHECK(ask(&t, "0000:03:02.1", NULL, REQUEST_NEXT_BOOT, &r) == 0);
}

/* What else is in use */

TEST(the_boot_display_and_another_guests_device_are_refused)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_pci(&t, "0000:00:02.0", "030000", "8086:3e92", 30);
	tree_put(&t, "sys/devices/pci0000:00/0000:00:02.0/boot_vga", "1\n");
	tree_driver(&t, A, "vfio-pci");
	tree_put(&t, "proc/4711/comm", "qemu-system-x86\n");
	tree_link(&t, "proc/4711/fd/31", "/dev/vfio/1");
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, "0000:00:02.0", NULL, REQUEST_NOW, &r) == 1);
	CHECK(refused(&r, "0000:00:02.0", "in-use", "display"));
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NOW, &r) == 1);
	CHECK(refused(&r, A_ADDRESS, "in-use", "vfio"));
	CHECK_HAS(r.list[0].text, "process 4711 (qemu-system-x86) has /dev/vfio/1 open");
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NEXT_BOOT, &r) == 0);
}

TEST(a_locked_region_refuses_and_no_override_helps)
{
	static const struct {
		const char *type;
		int refusals;
	} rows[] = { { "direct", 1 }, { "direct-relaxable", 0 }, { "msi", 0 }, { "reserved", 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(refusals_done) struct refusals r = {};
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_put(&t, "sys/kernel/iommu_groups/1/reserved_regions",
			 "0x00000000000e8000 0x00000000000e8fff %s\n0x00000000fee00000 0x00000000feefffff msi\n", rows[i].type);
		CHECK_ROW(rows[i].type, tree_read(&t) == 0);
		CHECK_ROW(rows[i].type, ask(&t, A_ADDRESS, ALLOW(A_ADDRESS "=unknown"), REQUEST_NEXT_BOOT, &r) == rows[i].refusals);
		if (rows[i].refusals)
			CHECK(refused(&r, A_ADDRESS, "reserved-region", ""));
	}
}

TEST(without_an_iommu_group_a_device_is_not_bound_now)
{
	_cleanup_(refusals_done) struct refusals r = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_nvme(&t, A, 0, -1);
	tree_mounts(&t, (const char *const[]){ "1:0 none / tmpfs", NULL });
	CHECK(tree_read(&t) == 0);
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NOW, &r) == 1);
	CHECK(refused(&r, A_ADDRESS, "iommu", ""));
	/* For the next boot it is what the plan switches on. */
	CHECK(ask(&t, A_ADDRESS, NULL, REQUEST_NEXT_BOOT, &r) == 0);
}

TEST(the_verdict_of_a_device_follows_from_its_refusals)
{
	static const struct {
		const char *driver, *signature;
		bool looked_at;
		enum assessment wanted;
	} rows[] = {
		{ "nvme", NULL, true, ASSESS_ASSIGNABLE },
		{ "nvme", "ext4", true, ASSESS_BLOCKED },
		{ "nvme", NULL, false, ASSESS_UNKNOWN },
		{ "vfio-pci", NULL, true, ASSESS_BOUND },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(strv_freep) char **reasons = NULL;
		enum assessment assessment;
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_driver(&t, A, rows[i].driver);
		if (rows[i].signature)
			tree_put(&t, "run/udev/data/b259:0", "E:ID_FS_TYPE=%s\n", rows[i].signature);
		if (!rows[i].looked_at)
			tree_remove(&t, "run/udev/data/b259:0");
		CHECK(tree_read(&t) == 0);
		CHECK(device_assess(&t.host, &t.uses, tree_device(&t, A_ADDRESS), &assessment, &reasons) == 0);
		CHECK_ROW(assessment_name(rows[i].wanted), assessment == rows[i].wanted);
	}
}

TEST_MAIN()
