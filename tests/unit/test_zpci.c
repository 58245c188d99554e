/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions of s390x: what they are known by, and when an address is something to rely on. */

#include <stdio.h>

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/identity.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define S390 "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch stfle vx sie\n"

static void put(struct tree *t, const char *address, const char *name, const char *value)
{
	_cleanup_free_ char *path = text_format("sys/devices/pci%.7s/%s/%s", address, address, name);

	tree_put(t, path, "%s\n", value);
}

/* An NVMe as Linux shows it there: alone on its bus, in a slot that has its function id for a name. `unique` NULL: a kernel before 5.12. */
static void put_function(struct tree *t, const char *address, const char *fid, const char *unique)
{
	static const char *const attributes[][2] = { { "vendor", "0x1b36" }, { "device", "0x0010" }, { "class", "0x010802" }, { "pchid", "0x0100" },
						     { "pfgid", "0x0a" }, { "vfn", "0x0000" }, { "port", "1" }, { "uid", "0x12" } };
	_cleanup_free_ char *link = text_format("sys/bus/pci/devices/%s", address), *function_id = text_format("0x%s", fid),
			    *target = text_format("../../../devices/pci%.7s/%s", address, address),
			    *slot = text_format("sys/bus/pci/slots/%s/address", fid), *power = text_format("sys/bus/pci/slots/%s/power", fid);

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		put(t, address, attributes[i][0], attributes[i][1]);
	put(t, address, "function_id", function_id);
	if (unique)
		put(t, address, "uid_is_unique", unique);
	tree_link(t, link, target);
	tree_put(t, slot, "%.10s\n", address);
	tree_put(t, power, "1\n");
}

TEST(a_function_has_its_ids)
{
	_cleanup_tree_ struct tree t;
	const struct zpci *z;

	tree_new(&t);
	put_function(&t, "0012:00:00.0", "00000021", "1");
	CHECK(tree_read(&t) == 0);
	z = &tree_device(&t, "0012:00:00.0")->zpci;
	CHECK(z->is_there && z->fid == 0x21 && z->uid == 0x12 && z->uid_is_unique == TRUTH_YES);
	CHECK(z->pchid == 0x100 && z->pfgid == 0xa && z->vfn == 0 && z->port == 1 && z->is_on == TRUTH_YES);
	CHECK_STR(tree_device(&t, "0012:00:00.0")->slot, "00000021");
	CHECK_STR(tree_device(&t, "0012:00:00.0")->path, "zpci/00000021");
}

TEST(what_is_no_function_of_s390x_has_none_of_them)
{
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_pci(&t, "0000:00:06.0", "010802", "1b36:0010", 1);
	CHECK(tree_read(&t) == 0);
	CHECK(!tree_device(&t, "0000:00:06.0")->zpci.is_there);
}

TEST(what_is_missing_is_not_known)
{
	_cleanup_tree_ struct tree t;
	const struct zpci *z;

	tree_new(&t);
	put_function(&t, "0012:00:00.0", "00000021", NULL);
	tree_remove(&t, "sys/bus/pci/slots");
	tree_remove(&t, "sys/devices/pci0012:00/0012:00:00.0/pchid");
	tree_remove(&t, "sys/devices/pci0012:00/0012:00:00.0/port");
	put(&t, "0012:00:00.0", "pfgid", "zz");
	CHECK(tree_read(&t) == 0);
	z = &tree_device(&t, "0012:00:00.0")->zpci;
	CHECK(z->is_there && z->uid_is_unique == TRUTH_UNKNOWN && z->is_on == TRUTH_UNKNOWN);
	CHECK(z->pchid == -1 && z->pfgid == -1 && z->port == -1);
}

TEST(an_address_is_to_be_relied_on_where_the_uids_are_unique)
{
	static const struct {
		const char *first, *second; /* uid_is_unique; "-": there is no such function */
		enum verdict verdict;
	} rows[] = {
		{ "1", "1", VERDICT_PASS },       { "1", "0", VERDICT_WARN },  { "0", "0", VERDICT_WARN }, { "0", NULL, VERDICT_WARN },
		{ "1", NULL, VERDICT_UNKNOWN }, { "-", "-", VERDICT_SKIP }, { "1", "-", VERDICT_PASS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *row = text_format("%zu", i);
		_cleanup_(report_done) struct report report = {};
		_cleanup_tree_ struct tree t;
		const struct finding *f;

		tree_new(&t);
		tree_put(&t, "proc/cpuinfo", S390);
		if (!str_eq(rows[i].first, "-"))
			put_function(&t, "0001:00:00.0", "00000021", rows[i].first);
		if (!str_eq(rows[i].second, "-"))
			put_function(&t, "0002:00:00.0", "00000022", rows[i].second);
		CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
		f = report_find(&report, "devices.zpci");
		CHECK_ROW(row, f->verdict == rows[i].verdict);
		CHECK_ROW(row, (f->verdict == VERDICT_WARN) == !!f->remedy);
	}
}

TEST(what_stands_by_is_named)
{
	_cleanup_(report_done) struct report report = {};
	_cleanup_tree_ struct tree t;
	const struct finding *f;

	tree_new(&t);
	tree_put(&t, "proc/cpuinfo", S390);
	put_function(&t, "0001:00:00.0", "00000021", "1");
	tree_put(&t, "sys/bus/pci/slots/000000aa/power", "0\n");
	tree_put(&t, "sys/bus/pci/slots/4/power", "0\n"); /* no function id */
	CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
	CHECK(strv_length(t.host.zpci_standby) == 1);
	f = report_find(&report, "devices.zpci");
	CHECK(f->verdict == VERDICT_PASS && f->n_evidence == 1);
	CHECK_HAS(f->evidence[0].value, "000000aa");
}

/* Two drives alike, whose domains were given out in another order: what was asked for must not be mistaken for its twin. */
TEST(twins_that_changed_addresses_are_told_apart_by_their_function_ids)
{
	_cleanup_(identity_done) struct identity id = {};
	_cleanup_tree_ struct tree t;
	const char *why = NULL;

	tree_new(&t);
	tree_put(&t, "proc/cpuinfo", S390);
	put_function(&t, "0001:00:00.0", "00000021", "0");
	put_function(&t, "0002:00:00.0", "00000022", "0");
	CHECK(tree_read(&t) == 0);
	CHECK(identity_of(tree_device(&t, "0001:00:00.0"), BIND_ADDRESS, &id) == 0);
	CHECK(identity_agrees(&id, tree_device(&t, "0001:00:00.0"), &why));

	tree_remove(&t, "sys/bus/pci/slots");
	put_function(&t, "0001:00:00.0", "00000022", "0");
	put_function(&t, "0002:00:00.0", "00000021", "0");
	CHECK(tree_read(&t) == 0);
	CHECK(!identity_agrees(&id, tree_device(&t, "0001:00:00.0"), &why));
	CHECK_STR(why, "function id");
	CHECK(identity_agrees(&id, tree_device(&t, "0002:00:00.0"), &why));
}

TEST_MAIN()
