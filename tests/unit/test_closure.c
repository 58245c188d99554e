/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that moves with a device is asked for with it, or the request is refused; and what no request gets. */

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/assess.h"
#include "tests/unit/check.h"
#include "tests/unit/request.h"

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

TEST(all_functions_of_the_slot_move_but_a_bridge)
{
	_cleanup_(closure_done) struct closure c = {};
	_cleanup_tree_ struct tree t;
	struct device *requested[1];

	tree_new(&t);
	tree_pci(&t, "0000:00:1e.7", "0c0330", "8086:a36d", -1);
	tree_pci(&t, "0000:00:1f.0", "060100", "8086:a309", -1);
	tree_pci(&t, "0000:00:1f.2", "010601", "8086:a352", -1);
	tree_pci(&t, "0000:00:1f.3", "040300", "8086:a348", -1);
	tree_pci(&t, "0000:00:1f.6", "020000", "8086:15bb", -1);
	tree_put(&t, "sys/devices/pci0000:00/0000:00:1f.3/reset_method", "bus\n");
	CHECK(tree_read(&t) == 0);
	requested[0] = tree_device(&t, "0000:00:1f.3");
	CHECK(closure_find(&t.host, requested, 1, &c) == 0);
	CHECK(c.n == 3);
	CHECK_STR(c.list[1].device->address, "0000:00:1f.2");
	CHECK_STR(c.list[2].device->address, "0000:00:1f.6");
}

/* Kernels before 5.15 name no methods. */
TEST(a_function_level_reset_counts_where_the_kernel_does_not_say)
{
	struct device d = { .capabilities.has_flr = true };

	CHECK(device_resets_alone(&d));
	d.reset_methods_known = true;
	CHECK(!device_resets_alone(&d));
	d.reset_methods_known = d.capabilities.has_flr = false;
	CHECK(!device_resets_alone(&d));
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
	/* That group alone is open. */
	tree_driver(&t, B, "vfio-pci");
	CHECK(tree_read(&t) == 0 && ask(&t, B_ADDRESS, NULL, REQUEST_NOW, &r) == 0);
}

TEST(what_a_guest_has_is_for_the_next_boot_alone)
{
	static const enum use_kind kinds[] = { USE_GUEST, USE_VFIO };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(refusals_done) struct refusals r = {};
		_cleanup_(strv_freep) char **reasons = NULL;
		const char *kind = use_kind_name(kinds[i]);
		enum assessment assessment;
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		CHECK_ROW(kind, tree_read(&t) == 0);
		CHECK_ROW(kind, uses_add(&t.uses, tree_device(&t, A_ADDRESS), kinds[i], "guest a has it", "", false) == 0);
		uses_sort(&t.uses);
		CHECK_ROW(kind, ask(&t, A_ADDRESS, NULL, REQUEST_NOW, &r) == 1 && refused(&r, A_ADDRESS, "in-use", kind));
		CHECK_ROW(kind, ask(&t, A_ADDRESS, NULL, REQUEST_NEXT_BOOT, &r) == 0);
		CHECK_ROW(kind, device_assess(&t.host, &t.uses, tree_device(&t, A_ADDRESS), &assessment, &reasons) == 0);
		CHECK_ROW(kind, assessment == ASSESS_ATTACHED);
	}
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
