/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a DASD, and a drive of a mainframe: what it boots from, what is mounted, what its files name. */

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/channel.h"
#include "passthrough/guest_holders.h"
#include "tests/unit/channel_verdicts.h"
#include "tests/unit/check.h"
#include "tests/unit/mainframe.h"

TEST(the_disk_of_the_root_is_nobody_elses)
{
	static const char *const tries[] = { "0.0.0100=mount", "0.0.0100=data", "0.0.0100=boot", "0.0.0100=configured" };
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_put(&t, "etc/udev/rules.d/41-dasd-eckd-0.0.0100.rules", "%s", "");
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0100", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "0.0.0100 → dasda → dasda1 → ext4 on /; the host lives on it, and nothing overrides that");
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++)
		CHECK(allowances_add(&all, tries[i]) == 0);
	CHECK(ccw_check(&t.host, &t.uses, ccw(&t, "0.0.0100"), &all, &refusals) == 0 && refusals.n == 3);
	CHECK_STR(refusals.list[0].rule, "in-use");
	CHECK(str_eq(refusals.list[1].kind, "configured") && str_eq(refusals.list[2].kind, "data"));
}

/* What a guest has as a disk is its own, running or not. */
TEST(the_disk_of_a_guest_is_not_taken_by_anybody_s_leave)
{
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_dasd(&t, "0.0.0002", "0.0.0200", "dasdb", 4, NULL);
	tree_put(&t, GUEST_DEFINITIONS "/a.xml", "<domain><devices><disk type='block'><source dev='/dev/dasdb'/></disk></devices></domain>\n");
	CHECK(tree_read(&t) == 0 && guest_holders_add(&t.host, &t.uses) == 0 && allowances_add(&all, "0.0.0200=guest") == 0);
	CHECK(ccw_check(&t.host, &t.uses, ccw(&t, "0.0.0200"), &all, &refusals) == 0 && refusals.n == 1);
	CHECK_HAS(refusals.list[0].text, "0.0.0200 → dasdb → guest a has it in its saved definition; take it from there first");
}

TEST(below_lvm_and_swap_the_dasd_is_found)
{
	static const char *const slaves[] = { "dasdb1", NULL };
	static const char *const mounts[] = { "94:1 /dev/dasda1 / ext4", "253:0 /dev/mapper/vg-srv /srv xfs", NULL };
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_dasd(&t, "0.0.0002", "0.0.0200", "dasdb", 4, "LVM2_member");
	tree_dasd(&t, "0.0.0003", "0.0.0300", "dasdc", 8, "swap");
	tree_dasd(&t, "0.0.0004", "0.0.0400", "dasdd", 12, "xfs");
	tree_dasd(&t, "0.0.0005", "0.0.0500", "dasde", 16, NULL);
	tree_mapped(&t, "dm-0", "253:0", "vg-srv", slaves);
	tree_mounts(&t, mounts);
	tree_put(&t, "proc/swaps", "Filename Type Size Used Priority\n/dev/dasdc1 partition 1 0 -2\n");
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "0.0.0200 → dasdb → dasdb1 → dm-0 (vg-srv) → xfs on /srv");
	CHECK(ccw_verdict(&t, "0.0.0300", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "dasdc → dasdc1 → swap on /dev/dasdc1; the host lives on it");
	/* Data that nobody has mounted: one reason of one device can be taken on oneself, and no other. */
	CHECK(ccw_verdict(&t, "0.0.0400", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "xfs signature; free it first, or take it all the same with --allow 0.0.0400=data");
	CHECK(allowances_add(&all, "0.0.0400=mount") == 0 && allowances_add(&all, "0.0.0200=data") == 0);
	CHECK(ccw_check(&t.host, &t.uses, ccw(&t, "0.0.0400"), &all, &refusals) == 0 && refusals.n == 1);
	CHECK(allowances_add(&all, "0.0.0400=data") == 0);
	refusals_done(&refusals);
	CHECK(ccw_check(&t.host, &t.uses, ccw(&t, "0.0.0400"), &all, &refusals) == 0 && refusals.n == 0);
	CHECK(ccw_verdict(&t, "0.0.0500", &why) == ASSESS_ASSIGNABLE);
	CHECK_STR(why, "");
}

TEST(a_dasd_that_may_be_the_one_in_use_is_not_given)
{
	static const char *const found[] = { "94:1 /dev/dasda1 / ext4", NULL }, *const lost[] = { "94:1 /dev/dasda1 / ext4", "0:55 /dev/gone /srv btrfs", NULL };
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_dasd(&t, "0.0.0002", "0.0.0200", "dasdb", 4, NULL);
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_ASSIGNABLE);
	tree_mounts(&t, lost);
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_UNKNOWN);
	CHECK_HAS(why, "0.0.0200 → dasdb → the disk below btrfs on /srv could not be traced, and may be this one");
	tree_mounts(&t, found);
	tree_put_bytes(&t, "proc/10/ns/mnt", "", 0); /* could not be read */
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_UNKNOWN);
	CHECK_HAS(why, "the mounts of other users' processes could not be read");
}

TEST(a_dasd_that_the_kernel_holds_is_in_use_whatever_for)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_dasd(&t, "0.0.0002", "0.0.0200", "dasdb", 4, NULL);
	CHECK(tree_read(&t) == 0);
	CHECK(strv_add(&t.host.openers.claimed, "dasda") == 0 && strv_add(&t.host.openers.claimed, "dasdb") == 0);
	uses_done(&t.uses);
	CHECK(uses_find(&t.host, &t.uses) == 0);
	CHECK(ccw_verdict(&t, "0.0.0200", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "0.0.0200 → dasdb → the kernel holds /dev/dasdb for itself");
	/* Of this one a mount says more. */
	CHECK(ccw_verdict(&t, "0.0.0100", &why) == ASSESS_BLOCKED && !strstr(why, "for itself"));
}

TEST(data_on_a_whole_dasd_counts)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_dasd(&t, "0.0.0002", "0.0.0200", "dasdb", 4, NULL);
	tree_put(&t, "run/udev/data/b94:4", "E:ID_FS_TYPE=LVM2_member\n");
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "0.0.0200 → dasdb → LVM2_member signature");
}

TEST(what_the_machine_boots_from_and_what_its_files_name_is_in_use)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	for (unsigned i = 2; i < 10; i++) {
		_cleanup_free_ char *subchannel = text_format("0.0.000%u", i), *id = text_format("0.0.0%u00", i);

		tree_ccw(&t, subchannel, id, "3990/e9", "dasd-eckd", false);
	}
	tree_put(&t, "sys/firmware/ipl/ipl_type", "ccw\n");
	tree_put(&t, "sys/firmware/ipl/device", "0.0.0200\n");
	tree_put(&t, "sys/firmware/reipl/reipl_type", "ccw\n");
	tree_put(&t, "sys/firmware/reipl/ccw/device", "0.0.0300\n");
	tree_put(&t, "sys/firmware/dump/dump_type", "ccw\n");
	tree_put(&t, "sys/firmware/dump/ccw/device", "0.0.0900\n");
	tree_put(&t, "etc/udev/rules.d/41-dasd-eckd-0.0.0400.rules", "%s", "");
	tree_put(&t, "etc/dasd.conf", "# disks\n0.0.0500 use_diag=0\n0.0.06000\n");
	tree_put(&t, "proc/cmdline", "root=/dev/dasda1 rd.dasd=0.0.0700,0.0.0800\n");
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "the device that this boot came from (/sys/firmware/ipl); the host lives on it");
	CHECK(ccw_verdict(&t, "0.0.0300", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "the next boot comes from (/sys/firmware/reipl); the host lives on it");
	CHECK(ccw_verdict(&t, "0.0.0900", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "dumps of the whole machine go there (/sys/firmware/dump); free it first");
	CHECK(ccw_verdict(&t, "0.0.0400", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "/etc/udev/rules.d/41-dasd-eckd-0.0.0400.rules has the host use it at each boot; free it first");
	CHECK(ccw_verdict(&t, "0.0.0500", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "/etc/dasd.conf");
	CHECK(ccw_verdict(&t, "0.0.0700", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "/proc/cmdline");
	/* A number that goes on is another device's. */
	CHECK(ccw_verdict(&t, "0.0.0600", &why) == ASSESS_ASSIGNABLE);
}

static void put_drive(struct tree *t, unsigned number)
{
	_cleanup_free_ char *fid = text_format("0x%08x", 0x100 + number), *base = text_format("sys/devices/pci%04x:00/%04x:00:00.0", number, number);
	_cleanup_free_ char *link = text_format("sys/bus/pci/devices/%04x:00:00.0", number), *target = text_format("../../../%s", base + strlen("sys/"));
	const struct {
		const char *name, *value;
	} attributes[] = { { "vendor", "0x144d" }, { "device", "0xa80a" }, { "class", "0x010802" }, { "function_id", fid } };

	tree_link(t, link, target);
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		_cleanup_free_ char *path = text_format("%s/%s", base, attributes[i].name);

		tree_put(t, path, "%s\n", attributes[i].value);
	}
}

TEST(a_drive_that_the_machine_boots_from_or_dumps_to_is_in_use)
{
	static const struct {
		const char *address, *said;
		enum use_kind kind;
		bool is_vital;
	} rows[] = {
		{ "0001:00:00.0", "this boot came from", USE_BOOT, true },
		{ "0002:00:00.0", "the next boot comes from", USE_BOOT, true },
		{ "0003:00:00.0", "dumps of the whole machine", USE_DUMP, false },
	};
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	for (unsigned i = 1; i < 5; i++)
		put_drive(&t, i);
	tree_put(&t, "sys/firmware/ipl/ipl_type", "nvme\n");
	tree_put(&t, "sys/firmware/ipl/fid", "0x00000101\n");
	tree_put(&t, "sys/firmware/reipl/reipl_type", "nvme\n");
	tree_put(&t, "sys/firmware/reipl/nvme/fid", "0x00000102\n");
	tree_put(&t, "sys/firmware/dump/dump_type", "nvme\n");
	tree_put(&t, "sys/firmware/dump/nvme/fid", "0x00000103\n");
	CHECK(tree_read(&t) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct use *use = tree_use(&t, rows[i].address, rows[i].kind, rows[i].said);

		CHECK_ROW(rows[i].address, use && use->is_vital == rows[i].is_vital);
	}
	CHECK(!tree_use(&t, "0004:00:00.0", USE_BOOT, "") && !tree_use(&t, "0004:00:00.0", USE_DUMP, ""));
	/* What is not the type that counts is not looked at. */
	tree_put(&t, "sys/firmware/reipl/reipl_type", "ccw\n");
	CHECK(tree_read(&t) == 0 && !tree_use(&t, "0002:00:00.0", USE_BOOT, ""));
}

TEST_MAIN()
