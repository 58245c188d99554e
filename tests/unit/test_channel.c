/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CCW devices and crypto queues of s390x: what they are, who uses them, what may go to guests, and what the audit says. On trees made by hand:
 * emulation has neither vfio-ap nor vfio-ccw.
 */

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/ccw_id.h"
#include "passthrough/channel.h"
#include "tests/unit/check.h"
#include "tests/unit/mainframe.h"

#define ONE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define NO_CARD_5 "0xfbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const struct ccw_device *ccw(const struct tree *t, const char *id)
{
	return ccws_find(&t->host.ccws, id);
}

static enum assessment ccw_verdict(const struct tree *t, const char *id, char **ret)
{
	_cleanup_(appraisal_done) struct appraisal a = {};

	free(*ret);
	*ret = NULL;
	if (!ccw(t, id) || ccw_appraise(&t->host, &t->uses, ccw(t, id), &a) < 0 || !(*ret = a.reasons ? strv_join(a.reasons, "\n") : strdup("")))
		abort();
	return a.assessment;
}

static enum assessment ap_verdict(const struct tree *t, const char *name, char **ret)
{
	_cleanup_(appraisal_done) struct appraisal a = {};

	free(*ret);
	*ret = NULL;
	if (ap_appraise(&t->host, &t->uses, ap_find(&t->host.ap, name), &a) < 0 || !(*ret = a.reasons ? strv_join(a.reasons, "\n") : strdup("")))
		abort();
	return a.assessment;
}

static enum verdict judged(const struct tree *t, const char *id, char **ret)
{
	_cleanup_(report_done) struct report report = {};
	const struct finding *f;
	struct text said = {};

	if (audit_run(&t->host, NULL, &report) < 0)
		abort();
	f = report_find(&report, id);
	text_printf(&said, "%s | %s", f->summary, f->remedy ? f->remedy : "");
	for (size_t i = 0; i < f->n_evidence; i++)
		text_printf(&said, " | %s: %s", f->evidence[i].path, f->evidence[i].value);
	free(*ret);
	*ret = text_take(&said);
	return f->verdict;
}

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

TEST(masks_are_read_from_left_to_right)
{
	struct ap_mask m;
	_cleanup_free_ char *text = NULL;

	CHECK(ap_mask_parse("0x41", &m) == 0);
	for (unsigned id = 0; id < AP_IDS; id++)
		CHECK(ap_mask_has(&m, id) == (id == 1 || id == 7));
	CHECK(!ap_mask_has(&m, AP_IDS));
	ap_mask_set(&m, 255, true);
	ap_mask_set(&m, 1, false);
	text = ap_mask_format(&m);
	CHECK_STR(text, "0x0100000000000000000000000000000000000000000000000000000000000001");
	CHECK(ap_mask_parse(text, &m) == 0 && ap_mask_has(&m, 255) && !ap_mask_has(&m, 1));
	CHECK(ap_mask_parse("0x4", &m) == 0 && ap_mask_has(&m, 1));
	CHECK(ap_mask_parse("", &m) < 0 && ap_mask_parse("0x", &m) < 0 && ap_mask_parse("41", &m) < 0 && ap_mask_parse("0x4g", &m) < 0);
	CHECK(ap_mask_parse(ALL_IDS "0", &m) < 0);
}

TEST(a_queue_has_a_card_and_a_domain)
{
	static const char *const wrong[] = { "", "5", "5.", ".4", "05.00044", "105.0004", "0x5.4", "5.0x4", "05.0100", "0.0.1234", "g5.0004", "05,0004", "0000:05:00.0" };
	unsigned card, domain;

	CHECK(ap_queue_parse("05.0004", &card, &domain) == 0 && card == 5 && domain == 4);
	CHECK(ap_queue_parse("a.ff", &card, &domain) == 0 && card == 10 && domain == 255);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK_ROW(wrong[i], ap_queue_parse(wrong[i], &card, &domain) < 0);
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

TEST(the_disk_of_the_root_is_nobody_elses)
{
	static const char *const tries[] = { "0.0.0100=mount", "0.0.0100=data", "0.0.0100=boot" };
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0100", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "0.0.0100 → dasda → dasda1 → ext4 on /; the host lives on it, and nothing overrides that");
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++)
		CHECK(allowances_add(&all, tries[i]) == 0);
	CHECK(ccw_check(&t.host, &t.uses, ccw(&t, "0.0.0100"), &all, &refusals) == 0 && refusals.n > 0);
	CHECK_STR(refusals.list[0].rule, "in-use");
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

TEST(what_the_machine_boots_from_and_what_its_files_name_is_in_use)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	for (unsigned i = 2; i < 8; i++) {
		_cleanup_free_ char *subchannel = text_format("0.0.000%u", i), *id = text_format("0.0.0%u00", i);

		tree_ccw(&t, subchannel, id, "3990/e9", "dasd-eckd", false);
	}
	tree_put(&t, "sys/firmware/ipl/ipl_type", "ccw\n");
	tree_put(&t, "sys/firmware/ipl/device", "0.0.0200\n");
	tree_put(&t, "sys/firmware/reipl/reipl_type", "ccw\n");
	tree_put(&t, "sys/firmware/reipl/ccw/device", "0.0.0300\n");
	tree_put(&t, "etc/udev/rules.d/41-dasd-eckd-0.0.0400.rules", "%s", "");
	tree_put(&t, "etc/dasd.conf", "# disks\n0.0.0500 use_diag=0\n0.0.06000\n");
	tree_put(&t, "proc/cmdline", "root=/dev/dasda1 rd.dasd=0.0.0700,0.0.0800\n");
	CHECK(tree_read(&t) == 0 && ccw_verdict(&t, "0.0.0200", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "the device that this boot came from (/sys/firmware/ipl); the host lives on it");
	CHECK(ccw_verdict(&t, "0.0.0300", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "the next boot comes from");
	CHECK(ccw_verdict(&t, "0.0.0400", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "/etc/udev/rules.d/41-dasd-eckd-0.0.0400.rules has the host use it at each boot; free it first");
	CHECK(ccw_verdict(&t, "0.0.0500", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "/etc/dasd.conf");
	CHECK(ccw_verdict(&t, "0.0.0700", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "/proc/cmdline");
	/* A number that goes on is another device's. */
	CHECK(ccw_verdict(&t, "0.0.0600", &why) == ASSESS_ASSIGNABLE);
}

TEST(what_works_by_qdio_is_no_guests)
{
	static const struct {
		const char *cutype, *driver, *why;
	} rows[] = {
		{ "1731/03", "zfcp", "works by QDIO, which vfio_ccw cannot pass on; give a guest the disks" },
		{ "3832/01", "virtio_ccw", "made by the hypervisor for this system alone" },
		{ "0000/00", "3215", "a terminal of this system" },
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
	CHECK_HAS(why, "0.0.1900 → sda → sda1 → ext4 on /data");
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

static void four_queues(struct tree *t)
{
	mainframe_new(t);
	tree_masks(t, ALL_IDS, ALL_IDS, -1);
	tree_queue(t, "05.0004", "CEX8C", "cex4queue");
	tree_queue(t, "05.0005", "CEX8C", "cex4queue");
	tree_queue(t, "06.0004", "CEX8A", "cex4queue");
	tree_queue(t, "06.0005", "CEX8A", "cex4queue");
}

TEST(a_queue_is_known_with_its_card)
{
	const struct ap_queue *q;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	CHECK(tree_read(&t) == 0 && t.host.ap.n == 4 && t.host.ap.masks_known && t.host.ap.default_domain == -1);
	q = ap_find(&t.host.ap, "06.0005");
	CHECK(q && q->card == 6 && q->domain == 5 && q->hwtype == 14 && q->is_online == TRUTH_YES && q->is_hosts == TRUTH_YES && !q->is_busy);
	CHECK_STR(ap_queue_mode(q), "accelerator");
	CHECK_STR(ap_queue_mode(ap_find(&t.host.ap, "05.0004")), "CCA coprocessor");
	tree_masks(&t, NO_CARD_5, ALL_IDS, 4);
	CHECK(tree_read(&t) == 0 && ap_find(&t.host.ap, "05.0004")->is_hosts == TRUTH_NO && ap_find(&t.host.ap, "06.0004")->is_hosts == TRUTH_YES);
	tree_put(&t, "sys/bus/ap/apmask", "nonsense\n");
	CHECK(tree_read(&t) == 0 && !t.host.ap.masks_known && ap_find(&t.host.ap, "05.0004")->is_hosts == TRUTH_UNKNOWN);
}

TEST(the_hosts_own_use_of_a_queue_is_not_taken)
{
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	tree_put(&t, "sys/devices/ap/card05/05.0004/load", "2\n");
	tree_masks(&t, ALL_IDS, ALL_IDS, 5);
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "requests of the host are on their way through it; free it first, or take it all the same with --allow 05.0004=crypto");
	CHECK(ap_verdict(&t, "05.0005", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "its domain is the host's default (/sys/bus/ap/ap_domain)");
	CHECK(ap_verdict(&t, "06.0004", &why) == ASSESS_ASSIGNABLE);
	/* A program that has the way to all of them open may use any. */
	tree_put(&t, "proc/12/comm", "pkcsslotd\n");
	tree_link(&t, "proc/12/fd/3", "/dev/z90crypt");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "06.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "process 12 (pkcsslotd) has /dev/z90crypt open; free it first, or take it all the same with --allow 06.0004=open");
}

/* Without the card whose master key wraps them the host's own disks cannot be opened any more. */
TEST(the_last_queue_that_the_hosts_keys_need_cannot_be_had)
{
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *why = NULL;
	const struct ap_queue *q;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	tree_put(&t, "proc/crypto", "name         : xts(aes)\ndriver       : xts-aes-s390\nrefcnt       : 9\n\nname         : xts(paes)\nrefcnt       : 3\n");
	CHECK(tree_read(&t) == 0 && str_eq(t.host.ap.keys, "xts(paes)"));
	q = ap_find(&t.host.ap, "05.0004");
	CHECK(ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "keys that such a card has wrapped (xts(paes) in /proc/crypto), and the host has no other one in its domain; the host lives on it");
	CHECK(allowances_add(&all, "05.0004=crypto") == 0);
	CHECK(ap_check(&t.host, &t.uses, &q, 1, &all, &refusals) == 0 && str_eq(refusals.list[0].kind, "crypto"));
	/* An accelerator holds no keys; and with a second card the user may decide. */
	CHECK(ap_verdict(&t, "06.0004", &why) == ASSESS_ASSIGNABLE);
	tree_queue(&t, "07.0004", "CEX8C", "cex4queue");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BLOCKED);
	CHECK_HAS(why, "--allow 05.0004=crypto");
	tree_put(&t, "proc/crypto", "name         : xts(paes)\nrefcnt       : 1\n");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_ASSIGNABLE);
}

/* The rule and what is said of it, for these queues. */
static const char *refused(const struct tree *t, const char *const *names, char **ret_text)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	const struct ap_queue *queues[8];
	const char *rule;
	size_t n = 0;

	for (; names[n]; n++)
		queues[n] = ap_find(&t->host.ap, names[n]);
	free(*ret_text);
	*ret_text = NULL;
	if (ap_check(&t->host, &t->uses, queues, n, NULL, &refusals) < 0)
		abort();
	rule = refusals.n ? refusals.list[0].rule : "none";
	*ret_text = strdup(refusals.n ? refusals.list[0].text : "");
	return rule;
}

TEST(queues_go_by_whole_cards_or_domains)
{
	static const char *const one[] = { "05.0004", NULL }, *const card[] = { "05.0004", "05.0005", NULL }, *const domain[] = { "05.0004", "06.0004", NULL },
			  *const cross[] = { "05.0004", "06.0005", NULL }, *const all[] = { "05.0004", "05.0005", "06.0004", "06.0005", NULL };
	const struct ap_queue *queues[2], *first;
	struct ap_mask cards, domains;
	_cleanup_free_ char *why = NULL, *text = NULL;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	CHECK(tree_read(&t) == 0);
	CHECK_STR(refused(&t, one, &why), "closure");
	CHECK_HAS(why, "05.0004 leaves the host with the rest of its card (05.0005) or with the rest of its domain (06.0004), which were not asked for");
	CHECK_STR(refused(&t, cross, &why), "closure");
	CHECK_STR(refused(&t, card, &why), "none");
	CHECK_STR(refused(&t, domain, &why), "none");
	CHECK_STR(refused(&t, all, &why), "none");
	queues[0] = ap_find(&t.host.ap, "05.0004");
	queues[1] = ap_find(&t.host.ap, "05.0005");
	CHECK(ap_masks_without(&t.host.ap, queues, 2, &cards, &domains, &first) && !first);
	text = ap_mask_format(&cards);
	CHECK_STR(text, NO_CARD_5);
	CHECK(memcmp(&domains, &t.host.ap.domains, sizeof(domains)) == 0);
	queues[1] = ap_find(&t.host.ap, "06.0004");
	CHECK(ap_masks_without(&t.host.ap, queues, 2, &cards, &domains, &first));
	CHECK(memcmp(&cards, &t.host.ap.cards, sizeof(cards)) == 0 && !ap_mask_has(&domains, 4) && ap_mask_has(&domains, 5));
	queues[1] = ap_find(&t.host.ap, "06.0005");
	CHECK(!ap_masks_without(&t.host.ap, queues, 2, &cards, &domains, &first) && first == queues[0]);
}

TEST(a_guest_gets_each_card_with_each_domain)
{
	static const char *const cross[] = { "05.0004", "06.0005", NULL }, *const gap[] = { "05.0004", "05.0005", "06.0004", NULL };
	_cleanup_free_ char *why = NULL;
	_cleanup_tree_ struct tree t;

	/* The masks let go of all of them, so only the product speaks. */
	four_queues(&t);
	tree_masks(&t, "0x00", ALL_IDS, -1);
	CHECK(tree_read(&t) == 0);
	CHECK_STR(refused(&t, cross, &why), "closure");
	CHECK_HAS(why, "05.0004: a guest gets each of its cards with each of its domains, and so 05.0005, which was not asked for");
	tree_remove(&t, "sys/bus/ap/devices/06.0005");
	CHECK(tree_read(&t) == 0);
	CHECK_STR(refused(&t, gap, &why), "closure");
	CHECK_HAS(why, "there is no 06.0005, so it would not get card 06 at all");
}

TEST(what_another_guests_device_is_made_of_is_not_taken)
{
	_cleanup_(allowances_done) struct allowances all = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *why = NULL;
	const struct ap_queue *queues[2];
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	tree_masks(&t, NO_CARD_5, ALL_IDS, -1);
	tree_queue(&t, "05.0004", "CEX8C", "vfio_ap");
	tree_queue(&t, "05.0005", "CEX8C", "vfio_ap");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_BOUND);
	tree_made(&t, "matrix", ONE, 7, "05.0004\n05.0005");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0004", &why) == ASSESS_ATTACHED);
	CHECK_HAS(why, "05.0004 → mediated device " ONE " → made for a guest, and active; take it from there first");
	queues[0] = ap_find(&t.host.ap, "05.0004");
	queues[1] = ap_find(&t.host.ap, "05.0005");
	CHECK(allowances_add(&all, "05.0004=vfio") == 0 && allowances_add(&all, "05.0005=vfio") == 0 && allowances_add(&all, "5.4=guest") == 0);
	CHECK(ap_check(&t.host, &t.uses, queues, 2, &all, &refusals) == 0 && refusals.n == 2);
	/* One that is only defined counts as well: it comes back with the next boot. */
	tree_remove(&t, "sys/bus/mdev");
	tree_put(&t, "etc/mdevctl.d/matrix/" ONE, "{\"mdev_type\": \"vfio_ap-passthrough\", \"start\": \"auto\", \"attrs\": [{\"assign_adapter\": \"5\"}, "
		 "{\"assign_domain\": \"0x4\"}, {\"assign_domain\": \"0005\"}, {\"assign_control_domain\": \"4\"}, 7, {\"assign_domain\": \"x\"}]}\n");
	CHECK(tree_read(&t) == 0 && ap_verdict(&t, "05.0005", &why) == ASSESS_ATTACHED);
	CHECK_HAS(why, "defined for a guest, and not active");
}

TEST(selectors_name_them_and_say_what_is_wrong)
{
	_cleanup_(channel_selection_done) struct channel_selection s = {};
	_cleanup_free_ char *said = NULL, *again = NULL;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	tree_ccw(&t, "0.0.0002", "0.0.abcd", "3990/e9", "dasd-eckd", false);
	CHECK(tree_read(&t) == 0);
	CHECK(channel_selector_is("ccw=0.0.0100") && channel_selector_is("ap=05.0004") && !channel_selector_is("usb=1-4") && !channel_selector_is("apx=1"));
	CHECK(channel_select(&t.host, "ccw=ABCD", &s) == 0 && s.n_ccws == 1 && str_eq(s.ccws[0]->id, "0.0.abcd"));
	CHECK(channel_select(&t.host, "ccw=0.0.*", &s) == 0 && s.n_ccws == 2);
	CHECK(channel_select(&t.host, "ap=5.4", &s) == 0 && s.n_queues == 1);
	CHECK(channel_select(&t.host, "ap=05.*", &s) == 0 && s.n_queues == 2);
	CHECK(channel_select(&t.host, "ap=", &s) < 0 && channel_select(&t.host, "ccw=0.0.0100,x=1", &s) < 0);
	said = stderr_caught();
	CHECK_HAS(said, "'ap=': wanted is one crypto queue, such as ap=05.0004");
	CHECK(channel_select(&t.host, "ccw=0.0.ffff", &s) < 0);
	again = stderr_caught();
	CHECK_HAS(again, "no CCW device matches 'ccw=0.0.ffff'");
}

TEST(the_audit_sees_queues_that_are_nobodys_or_of_no_use)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	four_queues(&t);
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_PASS);
	CHECK_HAS(said, "4 crypto queues: 4 the host's, 0 for guests");
	tree_masks(&t, NO_CARD_5, ALL_IDS, -1);
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_WARN);
	CHECK_HAS(said, "2 crypto queues are neither the host's nor for guests");
	tree_queue(&t, "05.0004", "CEX8C", "vfio_ap");
	tree_queue(&t, "05.0005", "CEX8C", "vfio_ap");
	tree_made(&t, "matrix", ONE, 7, "05.0004\n05.0005");
	tree_put(&t, "sys/devices/vfio_ap/matrix/" ONE "/guest_matrix", "05.0004\n05.0005\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_PASS);
	tree_put(&t, "sys/devices/vfio_ap/matrix/" ONE "/guest_matrix", "\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_WARN);
	CHECK_HAS(said, "05.0004 is assigned, and its guest does not get it");
	tree_remove(&t, "sys/bus/ap/apmask");
	tree_remove(&t, "sys/bus/mdev");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_UNKNOWN);
	tree_remove(&t, "sys/bus/ap");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.crypto", &said) == VERDICT_SKIP);
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
	CHECK_HAS(said, "1 of 1 CCW devices set aside for guests is the host's own at the next boot | chzdev");
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
	CHECK_HAS(said, "guests cannot be reached");
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
	CHECK_HAS(said, "1 of 1 qeth ports work on layer 3, and carry no guests | chzdev qeth ID layer2=1");
	tree_put(&t, "sys/devices/qeth/0.0.f500/layer2", "-1\n");
	CHECK(tree_read(&t) == 0 && judged(&t, "devices.qeth", &said) == VERDICT_UNKNOWN);
}

TEST_MAIN()
