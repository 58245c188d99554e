/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the audit says of devices that are bound at boot and are not where they were. test_binder_moved.c has where they are found. */

#include "audit/audit.h"
#include "cli/stale_guests.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/guest_holders.h"
#include "tests/unit/check.h"
#include "tests/unit/ready_host.h"

#define LINE(at, place, more) at " bind=address id=144d:a80a subsystem=0000:0000 class=010802 path=0000:00/" place " " more "\n"
#define EARLY "0000:05:00.0 result=left reason=in%20use%20by%20the%20host:%20nvme0n1%1b%20is%20swap\n"

/* Beside 0000:05:00.0, which is on vfio-pci: a drive on nvme behind 00:07.0, with serial data1. */
static void two_drives(struct tree *t)
{
	ready_host(t);
	tree_pci(t, "0000:00:07.0", "060400", "1b36:000c", -1);
	tree_nvme(t, "0000:00:07.0/0000:07:00.0", 1, 2);
}

/* All evidence of a finding, a line each; NULL: out of memory. */
static char *evidence_of(const struct finding *f)
{
	struct text t = {};

	for (size_t i = 0; i < f->n_evidence; i++)
		text_printf(&t, "%s: %s\n", f->evidence[i].path, f->evidence[i].value);
	text_append(&t, "");
	return text_take(&t);
}

static const struct row {
	const char *name, *conf, *early;
	enum verdict identity, set_aside;
	const char *evidence;      /* what that of devices.identity holds */
	const char *more;          /* what that of devices.set-aside holds */
} rows[] = {
	{ "where it was", ID "\n", NULL, VERDICT_PASS, VERDICT_PASS, "", "" },
	{ "another bus number", LINE("0000:04:00.0", "06.0/00.0", ""), NULL, VERDICT_WARN, VERDICT_PASS,
	  "/etc/slipway/devices.conf: 0000:04:00.0 was found again at 0000:05:00.0, behind the same bridges\n", "" },
	{ "another bus number, where another drive has taken its own", LINE("0000:07:00.0", "06.0/00.0", ""), NULL, VERDICT_WARN, VERDICT_PASS,
	  "0000:07:00.0 was found again at 0000:05:00.0", "" },
	{ "found again, but left to the host", LINE("0000:06:00.0", "07.0/00.0", "serial=data1"),
	  "0000:06:00.0 result=left reason=found%20again%20at%200000:07:00.0:%20in%20use\n", VERDICT_WARN, VERDICT_FAIL,
	  "0000:06:00.0 was found again at 0000:07:00.0",
	  "/etc/slipway/devices.conf: 0000:06:00.0 is on nvme\n"
	  "/run/slipway/early: 0000:06:00.0 was left to the host: found again at 0000:07:00.0: in use\n" },
	{ "in another slot", LINE("0000:06:00.0", "08.0/00.0", "serial=data1"), NULL, VERDICT_FAIL, VERDICT_FAIL,
	  "0000:06:00.0: differs in the address: no device is there\n"
	  "0000:07:00.0: is the device that was meant by 0000:06:00.0, behind other bridges now\n", "0000:06:00.0 is on no bus" },
	{ "a twin's serial in its place, and its own elsewhere",
	  LINE("0000:05:00.0", "06.0/00.0", "serial=data1") "0000:07:00.0 bind=address id=144d:a80a subsystem=0000:0000 class=010802 "
	  "path=0000:00/07.0/00.0 serial=data0\n", NULL, VERDICT_FAIL, VERDICT_FAIL,
	  "0000:07:00.0: serial data0 was meant, and data1 is there\n", "0000:07:00.0 is on nvme" },
	{ "another bus number, and another drive", LINE("0000:05:00.0", "07.0/00.0", "serial=mine"), NULL, VERDICT_FAIL, VERDICT_PASS,
	  "0000:05:00.0: serial mine was meant, and data1 is there, now at 0000:07:00.0\n", "" },
	{ "another bus number, and another kind", LINE("0000:06:00.0", "06.0", ""), NULL, VERDICT_FAIL, VERDICT_FAIL,
	  "0000:06:00.0: differs in vendor and device id, now at 0000:00:06.0\n", "0000:06:00.0 is on no bus" },
	{ "nowhere", LINE("0000:06:00.0", "08.0/00.0", "serial=gone"), NULL, VERDICT_FAIL, VERDICT_FAIL,
	  "0000:06:00.0: differs in the address: no device is there\n", "is on no bus" },
	{ "two lines for one device", LINE("0000:04:00.0", "06.0/00.0", "") LINE("0000:03:00.0", "06.0/00.0", ""), NULL, VERDICT_FAIL,
	  VERDICT_FAIL, "0000:04:00.0: differs in the address", "" },
	{ "one was found again, and one was not", LINE("0000:04:00.0", "06.0/00.0", "") LINE("0000:06:00.0", "08.0/00.0", ""), NULL,
	  VERDICT_FAIL, VERDICT_FAIL, "0000:04:00.0 was found again at 0000:05:00.0, behind the same bridges\n", "0000:06:00.0 is on no bus" },
	{ "reasons of lines that are no longer there", ID "\n", EARLY "nonsense\n=\nline:7 result=left reason=x\n", VERDICT_PASS, VERDICT_PASS, "",
	  "" },
};

TEST(the_audit_says_where_a_device_is)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *evidence = NULL, *more = NULL;
		_cleanup_(report_done) struct report report = {};
		const struct finding *identity, *set_aside;
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_put(&t, IDENTITY_FILE, "%s", rows[i].conf);
		if (rows[i].early)
			tree_put(&t, SIGHTING_LEFT, "%s", rows[i].early);
		CHECK_ROW(rows[i].name, tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		identity = report_find(&report, "devices.identity");
		set_aside = report_find(&report, "devices.set-aside");
		evidence = evidence_of(identity);
		more = evidence_of(set_aside);
		CHECK_ROW(rows[i].name, identity->verdict == rows[i].identity && set_aside->verdict == rows[i].set_aside);
		CHECK_HAS(evidence ? evidence : "", rows[i].evidence);
		CHECK_HAS(more ? more : "", rows[i].more);
		CHECK_ROW(rows[i].name, (audit_readiness(&report) == READINESS_READY) ==
						(rows[i].identity != VERDICT_FAIL && rows[i].set_aside != VERDICT_FAIL));
	}
}

TEST(a_serial_that_was_remembered_goes_with_the_device)
{
	_cleanup_tree_ struct tree t;
	struct device *d;

	two_drives(&t);
	tree_put(&t, IDENTITY_FILE, LINE("0000:07:00.0", "06.0/00.0", "serial=mine model=M"));
	CHECK(tree_read(&t) == 0);
	d = tree_device(&t, "0000:05:00.0");
	CHECK_STR(d->serial, "mine");
	CHECK(d->serial_remembered);
	CHECK(sightings_identity(&t.host.sightings, &t.host.identities, d) == t.host.identities.list);
	d = tree_device(&t, "0000:07:00.0");
	CHECK_STR(d->serial, "data1");
	CHECK(!d->serial_remembered && !sightings_identity(&t.host.sightings, &t.host.identities, d));
}

TEST(a_serial_that_two_devices_show_says_not_which)
{
	_cleanup_tree_ struct tree t;

	two_drives(&t);
	tree_pci(&t, "0000:00:08.0", "060400", "1b36:000c", -1);
	tree_nvme(&t, "0000:00:08.0/0000:08:00.0", 2, 3);
	tree_put(&t, "sys/devices/pci0000:00/0000:00:08.0/0000:08:00.0/nvme/nvme2/serial", "data1\n");
	tree_put(&t, IDENTITY_FILE, LINE("0000:06:00.0", "09.0/00.0", "serial=data1"));
	CHECK(tree_read(&t) == 0);
	CHECK(t.host.sightings.n == 1 && t.host.sightings.list[0].kind == SIGHTING_NONE && !t.host.sightings.list[0].device);
}

TEST(a_twin_that_the_ids_took_along_is_told)
{
	static const char ids[] = "0000:05:00.0 bind=ids id=144d:a80a subsystem=0000:0000 class=010802 path=0000:00/06.0/00.0\n";
	static const struct {
		const char *conf, *driver, *override;
		enum verdict verdict;
	} twins[] = {
		{ ids, "vfio-pci", "(null)", VERDICT_WARN },
		{ ids, "vfio-pci", "vfio-pci", VERDICT_PASS }, /* by hand, or by libvirt */
		{ ids, "nvme", "(null)", VERDICT_PASS },
		{ ID "\n", "vfio-pci", "(null)", VERDICT_PASS },
		{ LINE("0000:05:00.0", "06.0/00.0", "") LINE("0000:07:00.0", "07.0/00.0", ""), "vfio-pci", "(null)", VERDICT_PASS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(twins); i++) {
		_cleanup_(report_done) struct report report = {};
		_cleanup_free_ char *evidence = NULL;
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_put(&t, IDENTITY_FILE, "%s", twins[i].conf);
		tree_driver(&t, "0000:00:07.0/0000:07:00.0", twins[i].driver);
		tree_put(&t, "sys/devices/pci0000:00/0000:00:07.0/0000:07:00.0/driver_override", "%s\n", twins[i].override);
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		CHECK_ROW(twins[i].conf, report_find(&report, "devices.identity")->verdict == twins[i].verdict);
		evidence = evidence_of(report_find(&report, "devices.identity"));
		if (twins[i].verdict == VERDICT_WARN)
			CHECK_HAS(evidence ? evidence : "", "0000:07:00.0: has an id that vfio-pci.ids= takes");
	}
}

/* Two lines: 0000:04:00.0 is at 0000:05:00.0 now, and 0000:07:00.0 where it was. */
#define MOVED LINE("0000:04:00.0", "06.0/00.0", "") LINE("0000:07:00.0", "07.0/00.0", "")
#define GUEST(more) "<domain><name>g</name><devices>" more "</devices></domain>"
#define FUNCTION(bus) \
	"<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='" bus "' slot='0' function='0'/></source></hostdev>"

TEST(guests_that_name_an_old_address_are_told)
{
	static const struct {
		const char *conf, *file, *xml, *evidence; /* evidence NULL: none of this guest's */
	} guests[] = {
		{ MOVED, "g.xml", GUEST(FUNCTION("4")), "/etc/libvirt/qemu/g.xml: names 0000:04:00.0, and that device is at 0000:05:00.0 now\n" },
		{ MOVED, "g.xml", GUEST(FUNCTION("7") FUNCTION("0x04")), "g.xml: names 0000:04:00.0" },
		{ MOVED, "g.xml", GUEST(FUNCTION("5")), NULL },
		{ MOVED, "g.xml", GUEST(FUNCTION("7")), NULL },
		{ MOVED, "g.xml", GUEST(""), NULL },
		{ MOVED, "g.xml", "<domain><devices>" FUNCTION("4"), NULL },
		{ MOVED, "g.txt", GUEST(FUNCTION("4")), NULL },
		{ MOVED, "autostart/g.xml", GUEST(FUNCTION("4")), NULL },
		{ LINE("0000:05:00.0", "06.0/00.0", ""), "g.xml", GUEST(FUNCTION("4")), NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(guests); i++) {
		_cleanup_(report_done) struct report report = {};
		_cleanup_free_ char *path = text_format(GUEST_DEFINITIONS "/%s", guests[i].file), *evidence = NULL;
		_cleanup_tree_ struct tree t;

		two_drives(&t);
		tree_put(&t, IDENTITY_FILE, "%s", guests[i].conf);
		tree_put(&t, path, "%s", guests[i].xml);
		CHECK_ROW(guests[i].xml, tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		CHECK_ROW(guests[i].xml, stale_guests_tell(&t.host, &report) == 0);
		evidence = evidence_of(report_find(&report, "devices.identity"));
		if (guests[i].evidence)
			CHECK_HAS(evidence ? evidence : "", guests[i].evidence);
		else
			CHECK_ROW(guests[i].xml, evidence && !strstr(evidence, GUEST_DEFINITIONS));
	}
}

TEST_MAIN()
