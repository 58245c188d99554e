/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CCW devices of s390x: what they are, who uses them, what may go to guests, and what the audit says. On trees made by hand: emulation has no
 * vfio-ccw.
 */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/ccw_id.h"
#include "passthrough/channel.h"
#include "tests/unit/channel_verdicts.h"
#include "tests/unit/check.h"
#include "tests/unit/mainframe.h"

#define ONE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

TEST(a_bus_id_is_told_from_what_looks_like_one)
{
	static const struct {
		const char *path, *id;
	} rows[] = {
		{ "../devices/css0/0.0.0003/0.0.1234/block/dasda", "0.0.1234" }, { "../../devices/qeth/0.0.f500/net/encf500", "0.0.f500" },
		{ "../devices/css0/fe.3.0001/fe.3.abcd/host0/rport-0:0-0/target0:0:0/0:0:0:0/block/sda", "fe.3.abcd" },
		{ "../devices/pci0000:00/0000:00:01.0/nvme/nvme0", NULL }, { "0.4.1234", NULL }, { "0.0.123", NULL }, { "0.0.12345", NULL }, { ".0.1234", NULL },
		{ "", NULL }, { "///", NULL }, { "100.0.1234", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *id = ccw_id_in_path(rows[i].path);

		CHECK_ROW(rows[i].path, str_eq(id, rows[i].id));
	}
}

TEST(a_dasd_is_known_with_what_is_on_it)
{
	const struct ccw_device *d;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_ccw(&t, "0.0.0002", "0.0.0200", "3990/e9", "dasd-eckd", false);
	CHECK(tree_read(&t) == 0 && t.host.ccws.n == 2);
	d = ccw(&t, "0.0.0100");
	CHECK(d && d->kind == CCW_DASD && d->is_online == TRUTH_YES && !d->override && !d->group && !ccw_is_on_vfio(d));
	CHECK_STR(d->subchannel, "0.0.0001");
	CHECK_STR(d->cutype, "3990/e9");
	CHECK_STR(d->driver, "dasd-eckd");
	CHECK(strv_length(d->blocks) == 1 && str_eq(d->blocks[0], "dasda"));
	CHECK(ccw(&t, "0.0.0200")->is_online == TRUTH_NO && !ccw(&t, "0.0.0200")->blocks);
	CHECK(!ccw(&t, "0.0.0300") && ccws_find_subchannel(&t.host.ccws, "0.0.0002") == ccw(&t, "0.0.0200"));
	CHECK(t.host.mediated.dasds == 2);
}

TEST(lists_of_devices_have_ranges_options_and_short_numbers)
{
	static const struct {
		const char *list, *id;
		bool names;
	} rows[] = {
		{ "0.0.1234", "0.0.1234", true },
		{ "0.0.1234", "0.0.1235", false },
		{ "0.0.1000-0.0.1fff,0.0.3000(ro)", "0.0.1800", true },
		{ "0.0.1000-0.0.1fff,0.0.3000(ro)", "0.0.3000", true },
		{ "0.0.1000-0.0.1fff,0.0.3000(ro)", "0.0.2000", false },
		{ "0.0.1000-0.0.1fff,0.0.3000(ro)", "0.1.1800", false },
		{ "0.1.1000-0.1.1fff", "0.1.1800", true },
		{ "1b0-1bf,0xabc", "0.0.01b7", true },
		{ "1b0-1bf,0xabc", "0.0.0abc", true },
		{ "autodetect,eer,ABCD(diag)", "0.0.abcd", true },
		{ "qeth,0.0.f500,0.0.f501,0.0.f502,layer2=1", "0.0.f501", true },
		{ "0.0.1900,0x500507630300c562,0x4010403100000000", "0.0.1900", true },
		{ "0.0.1900,0x500507630300c562,0x0000000000000000", "0.0.0000", false },
		{ "0.0.12345", "0.0.1234", false },
		{ "0.0.1234 use_diag=0\n0.0.1300,0.0.1400\n", "0.0.1400", false },
		{ "0.0.1234x,-,0.0.,0.0.1234-", "0.0.1234", false },
		{ "", "0.0.1234", false },
	};
	static const struct {
		const char *list;
		bool hides;
	} ignored[] = {
		{ "all", true }, { "all,!condev", true }, { "all,!condev,!0.0.1234", false }, { "all,!0.0.1000-0.0.1fff,0.0.1234", true }, { "", false },
		{ "0.0.1200-0.0.12ff", true }, { "0.0.1200-0.0.12ff,!1234", false }, { "!0.0.1234,all", true }, { "all,!ipldev", true }, { "allx", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(rows[i].list, ccw_list_names(rows[i].list, rows[i].id) == rows[i].names);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		CHECK_ROW(ignored[i].list, ccw_list_hides(ignored[i].list, "0.0.1234", "0.0.0100") == ignored[i].hides);
	CHECK(!ccw_list_hides("all,!ipldev", "0.0.0100", "0.0.0100"));
}

TEST(a_dasd_that_cio_ignore_hides_is_not_there_after_a_boot)
{
	_cleanup_(channel_selection_done) struct channel_selection s = {};
	_cleanup_(appraisal_done) struct appraisal a = {};
	_cleanup_free_ char *said = NULL, *told = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_put(&t, "proc/cmdline", "root=/dev/dasda1 cio_ignore=all,!condev,!0.0.0100 rd.dasd=0.0.0100 cio_ignore=!0.0.0400\n");
	tree_ccw(&t, "0.0.0002", "0.0.0200", "3990/e9", "dasd-eckd", false);
	tree_ccw(&t, "0.0.0004", "0.0.0400", "3990/e9", "dasd-eckd", false);
	CHECK(tree_read(&t) == 0 && ccw(&t, "0.0.0200")->is_hidden && !ccw(&t, "0.0.0100")->is_hidden && !ccw(&t, "0.0.0400")->is_hidden);
	CHECK(ccw_appraise(&t.host, &t.uses, ccw(&t, "0.0.0200"), &a) == 0 && a.assessment == ASSESS_ASSIGNABLE && strv_length(a.cautions) == 1);
	CHECK_HAS(a.cautions[0], "needs !0.0.0200 there");
	CHECK(judged(&t, "devices.ccw", &said) == VERDICT_PASS);
	tree_ccw_aside(&t, "0.0.0003", "0.0.0300");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.ccw", &said) == VERDICT_WARN);
	CHECK_HAS(said, "1 of 1 CCW devices set aside for guests is not there after a boot | put !0.0.0300 behind what cio_ignore= has");
	CHECK(channel_select(&t.host, "ccw=0.0.0999", &s) == -ENOENT);
	told = stderr_caught();
	CHECK_HAS(told, "and not what cio_ignore= hides: 'cio_ignore -r ID' shows that");
}

TEST(what_works_by_qdio_is_no_guests)
{
	static const struct {
		const char *cutype, *driver, *why;
	} rows[] = {
		{ "1731/03", "zfcp", "works by QDIO, which vfio_ccw cannot pass on; give a guest the disks" },
		{ "3832/01", "virtio_ccw", "made by the hypervisor for this system alone" },
		{ "0000/00", "3215", "a terminal of this system" },
		{ "0000/00", "3270", "a console of the host" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *why = NULL;
		_cleanup_tree_ struct tree t;

		mainframe_new(&t);
		tree_ccw(&t, "0.0.0002", "0.0.0200", rows[i].cutype, rows[i].driver, true);
		CHECK_ROW(rows[i].driver, tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_BLOCKED);
		CHECK_HAS(why, rows[i].why);
	}
}

TEST(an_alias_of_a_dasd_is_no_disk)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_ccw(&t, "0.0.0002", "0.0.0200", "3990/e9", "dasd-eckd", true);
	tree_put(&t, "sys/devices/css0/0.0.0002/0.0.0200/alias", "1\n");
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "0.0.0200 is an alias (PAV)");
}

TEST(an_fcp_adapter_has_luns_and_the_disks_on_them)
{
	static const char *const mounts[] = { "94:1 /dev/dasda1 / ext4", "8:1 /dev/sda1 /data ext4", NULL };
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_ccw(&t, "0.0.0002", "0.0.1900", "1731/03", "zfcp", true);
	tree_put(&t, "sys/devices/css0/0.0.0002/0.0.1900/0x500507630300c562/0x4010403100000000/failed", "0\n");
	tree_put(&t, "sys/devices/css0/0.0.0002/0.0.1900/host0/rport-0:0-0/target0:0:0/0:0:0:1/block/sda/dev", "8:0\n");
	tree_put(&t, "sys/devices/css0/0.0.0002/0.0.1900/host0/rport-0:0-0/target0:0:0/0:0:0:1/block/sda/sda1/dev", "8:1\n");
	tree_link(&t, "sys/block/sda", "../devices/css0/0.0.0002/0.0.1900/host0/rport-0:0-0/target0:0:0/0:0:0:1/block/sda");
	tree_mounts(&t, mounts);
	CHECK(tree_read(&t) == 0);
	CHECK(strv_length(ccw(&t, "0.0.1900")->luns) == 1 && str_eq(ccw(&t, "0.0.1900")->luns[0], "0x500507630300c562/0x4010403100000000"));
	CHECK(ccw_verdict(&t, "0.0.1900", &why) == ASSESS_BLOCKED);
	/* No leave of anybody's makes it pass. */
	CHECK_HAS(why, "0.0.1900 → sda → sda1 → ext4 on /data");
	CHECK(!strstr(why, "--allow"));
}

TEST(the_three_devices_of_a_port_are_used_together)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_qeth(&t, "0.0.f500", "encf500", "1");
	tree_put(&t, "proc/net/route", "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\nencf500\t00000000\tC0000201\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
	CHECK(tree_read(&t) == 0);
	for (unsigned i = 0; i < 3; i++) {
		_cleanup_free_ char *id = text_format("0.0.f50%u", i);

		CHECK_ROW(id, ccw(&t, id)->kind == CCW_QETH && str_eq(ccw(&t, id)->group, "0.0.f500") && strv_length(ccw(&t, id)->netifs) == 1);
		CHECK_ROW(id, ccw_verdict(&t, id, &why) == ASSESS_BLOCKED);
		CHECK_HAS(why, "put a guest on the port by macvtap");
		CHECK_HAS(why, "→ encf500 → route default via 192.0.2.1");
	}
}

TEST(a_dasd_on_vfio_ccw_is_bound_and_with_a_guest_attached)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_ccw_aside(&t, "0.0.0003", "0.0.0300");
	CHECK(tree_read(&t) == 0 && ccw_is_on_vfio(ccw(&t, "0.0.0300")) && str_eq(ccw(&t, "0.0.0300")->override, "vfio_ccw"));
	CHECK(ccw_verdict(&t, "0.0.0300", &why) == ASSESS_BOUND);
	tree_made(&t, "0.0.0003", ONE, 9, NULL);
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0300", &why) == ASSESS_ATTACHED);
	CHECK_HAS(why, "0.0.0300 → mediated device " ONE " → made for a guest, and active; take it from there first");
	tree_put(&t, "proc/4711/comm", "qemu-system-s39\n");
	tree_link(&t, "proc/4711/fd/31", "/dev/vfio/9");
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0300", &why) == ASSESS_ATTACHED);
	CHECK_HAS(why, "process 4711 (qemu-system-s39) has /dev/vfio/9 open");
}

TEST(without_its_driver_or_mdevctl_or_sie_nothing_goes)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_ccw(&t, "0.0.0002", "0.0.0200", "3990/e9", "dasd-eckd", false);
	tree_masks(&t, ALL_IDS, ALL_IDS, -1);
	tree_queue(&t, "05.0004", "CEX8C", "cex4queue");
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_ASSIGNABLE && ap_verdict(&t, "05.0004", &why) == ASSESS_ASSIGNABLE);
	tree_put(&t, "lib/modules/6.1.0/modules.dep", "%s", "");
	tree_remove(&t, "sys/module/vfio_ccw");
	tree_remove(&t, "sys/module/vfio_ap");
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "this kernel has no vfio_ccw");
	CHECK(ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "this kernel has no vfio_ap");
	tree_remove(&t, "usr/sbin/mdevctl");
	tree_put(&t, "proc/cpuinfo", "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch stfle msa ldisp eimm dfp edat etf3eh highgprs te vx\n");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "mdevctl is not installed");
	CHECK_HAS(why, "cannot run guests in hardware (SIE)");
}

TEST(the_audit_sees_a_dasd_that_two_want)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.ccw", &said) == VERDICT_PASS);
	tree_ccw_aside(&t, "0.0.0003", "0.0.0300");
	tree_put(&t, "etc/mdevctl.d/0.0.0003/" ONE, "{\"mdev_type\": \"vfio_ccw-io\"}\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.ccw", &said) == VERDICT_PASS);
	CHECK_HAS(said, "2 DASDs, 1 of them set aside");
	CHECK_HAS(said, "is defined for its subchannel 0.0.0003");
	tree_put(&t, "etc/udev/rules.d/41-dasd-eckd-0.0.0300.rules", "%s", "");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.ccw", &said) == VERDICT_WARN);
	CHECK_HAS(said, "1 of 1 CCW devices set aside for guests is the host's own at the next boot | chzdev --disable --persistent 0.0.0300,");
}

TEST(the_audit_knows_what_a_qeth_port_carries)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_SKIP);
	tree_qeth(&t, "0.0.f500", "encf500", "1");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_PASS);
	CHECK_HAS(said, "encf500: layer 2; macvtap works");
	tree_put(&t, "sys/devices/qeth/0.0.f500/isolation", "drop\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_PASS);
	CHECK_HAS(said, "isolation is 'drop'");
	/* A port of a bridge, and the card knows nothing of it. */
	tree_link(&t, "sys/devices/qeth/0.0.f500/net/encf500/master", "../../../../virtual/net/br0");
	tree_put(&t, "sys/class/net/br0/bridge/bridge_id", "x\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_WARN);
	CHECK_HAS(said, "guests cannot be reached | chzdev qeth 0.0.f500 vnicc/flooding=1");
	tree_put(&t, "sys/devices/qeth/0.0.f500/vnicc/learning", "1\n");
	tree_put(&t, "sys/devices/qeth/0.0.f500/vnicc/flooding", "0\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_WARN);
	tree_put(&t, "sys/devices/qeth/0.0.f500/vnicc/flooding", "1\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_PASS);
	CHECK_HAS(said, "port of br0, and the card takes in what is for guests (VNIC characteristics)");
	tree_put(&t, "sys/devices/qeth/0.0.f500/vnicc/flooding", "n/a (BridgePort)\n");
	tree_put(&t, "sys/devices/qeth/0.0.f500/bridge_state", "active\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_PASS);
	tree_put(&t, "sys/devices/qeth/0.0.f500/layer2", "0\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_WARN);
	CHECK_HAS(said, "1 of 1 qeth ports work on layer 3, and carry no guests | chzdev qeth 0.0.f500 layer2=1");
	tree_put(&t, "sys/devices/qeth/0.0.f500/layer2", "-1\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_UNKNOWN);
}

TEST_MAIN()
