/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors: each key, words, globs, and what is no selector. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/selector.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define B "0000:00:07.0/0000:06:00.0"

/* Two drives, a network port without driver, a display and a USB controller. */
static void some_devices(struct tree *t)
{
	tree_new(t);
	tree_nvme(t, A, 0, 1);
	tree_nvme(t, B, 1, 2);
	tree_pci(t, "0000:00:03.0", "020000", "8086:1533", 3);
	tree_pci(t, "0000:00:02.0", "030000", "8086:3e92", 4);
	tree_pci(t, "0000:00:14.0", "0c0330", "8086:a36d", 5);
	tree_put(t, "sys/devices/pci0000:00/0000:00:03.0/numa_node", "1\n");
	tree_put(t, "sys/devices/pci0000:00/0000:00:03.0/subsystem_vendor", "0x15d9\n");
	tree_put(t, "sys/devices/pci0000:00/0000:00:03.0/subsystem_device", "0x1533\n");
	tree_put(t, "sys/bus/pci/slots/4/address", "0000:05:00\n");
	if (tree_read(t) < 0)
		abort();
}

TEST(an_address_is_that_of_one_function)
{
	static const char *const addresses[] = { "0000:05:00.0", "0000:05:00.1", "0000:05:01.0", "0000:06:00.0", "10000:05:00.0" };
	static const struct {
		const char *text, *found;
	} rows[] = {
		{ "0000:05:00.0", "0000:05:00.0" }, { "05:00.0", "0000:05:00.0" },   { "05:00.1", "0000:05:00.1" },
		{ "05:01.0", "0000:05:01.0" },      { "06:00.0", "0000:06:00.0" },   { "10000:05:00.0", "10000:05:00.0" },
		{ "05:01.1", NULL },                { "10000:05:00.1", NULL },       { "0001:05:00.0", NULL },
	};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		tree_pci(&t, addresses[i], "010802", "144d:a80a", -1);
	CHECK(tree_read(&t) == 0 && t.host.devices.n == ARRAY_SIZE(addresses));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ struct device **found = NULL;
		size_t n = 0;
		int r = selector_find(rows[i].text, &t.host.devices, &found, &n);

		if (!rows[i].found)
			free(stderr_caught());
		CHECK_ROW(rows[i].text, rows[i].found ? r == 0 && n == 1 && str_eq(found[0]->address, rows[i].found) : r == -ENOENT);
	}
}

TEST(each_key_finds_its_devices)
{
	static const struct {
		const char *text, *found;
	} rows[] = {
		{ "0000:05:00.0", "0000:05:00.0" },
		{ "05:00.0", "0000:05:00.0" },
		{ "address=05:00.0", "0000:05:00.0" },
		{ "address=0000:0?:00.0", "0000:05:00.0 0000:06:00.0" },
		{ "id=144d:a80a", "0000:05:00.0 0000:06:00.0" },
		{ "id=144D:A80A", "0000:05:00.0 0000:06:00.0" },
		{ "id=8086:*", "0000:00:02.0 0000:00:03.0 0000:00:14.0" },
		{ "subsystem=15d9:1533", "0000:00:03.0" },
		{ "class=nvme", "0000:05:00.0 0000:06:00.0" },
		{ "class=storage", "0000:05:00.0 0000:06:00.0" },
		{ "class=net", "0000:00:03.0" },
		{ "class=gpu", "0000:00:02.0" },
		{ "class=usb", "0000:00:14.0" },
		{ "class=02", "0000:00:03.0" },
		{ "class=0x0200", "0000:00:03.0" },
		{ "class=010802", "0000:05:00.0 0000:06:00.0" },
		{ "class=0108*", "0000:05:00.0 0000:06:00.0" },
		{ "serial=data1", "0000:06:00.0" },
		{ "serial=DATA*", "0000:05:00.0 0000:06:00.0" },
		{ "model=Test*", "0000:05:00.0 0000:06:00.0" },
		{ "slot=4", "0000:05:00.0" },
		{ "path=0000:00/07.0/00.0", "0000:06:00.0" },
		{ "path=*/06.0/*", "0000:05:00.0" },
		{ "driver=nvme", "0000:05:00.0 0000:06:00.0" },
		{ "driver=none", "0000:00:02.0 0000:00:03.0 0000:00:14.0" },
		{ "numa=1", "0000:00:03.0" },
		{ "class=nvme,serial=data0", "0000:05:00.0" },
		{ "class=nvme,path=*/07.0/*,driver=nvme", "0000:06:00.0" },
	};
	_cleanup_tree_ struct tree t;

	some_devices(&t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ struct device **found = NULL;
		_cleanup_free_ char *joined = NULL;
		struct text text = {};
		size_t n = 0;

		CHECK_ROW(rows[i].text, selector_find(rows[i].text, &t.host.devices, &found, &n) == 0);
		for (size_t j = 0; j < n; j++)
			text_printf(&text, "%s%s", j ? " " : "", found[j]->address);
		joined = text_take(&text);
		if (!str_eq(joined, rows[i].found))
			printf("# %s\n", rows[i].text);
		CHECK_STR(joined, rows[i].found);
	}
}

TEST(what_matches_nothing_or_is_no_selector_is_an_error)
{
	static const struct {
		const char *text;
		int r;
		const char *said;
	} rows[] = {
		{ "", -EINVAL, "empty selector" },
		{ ",,", -EINVAL, "empty selector" },
		{ "nvme", -EINVAL, "neither a PCI address nor key=value" },
		{ "ccw=0.0.1234", -EINVAL, "by 'slipway attach GUEST ccw=0.0.1234', and nothing sets them aside before" },
		{ "colour=red", -EINVAL, "unknown key 'colour'" },
		{ "Serial=x", -EINVAL, "unknown key 'Serial'" },
		{ "=x", -EINVAL, "unknown key ''" },
		{ "serial=", -EINVAL, "has no value" },
		{ "class=nvme,model", -EINVAL, "neither" },
		{ "05:00.0,class=nvme", -EINVAL, "neither" },
		{ "serial=nobody", -ENOENT, "no device matches" },
		{ "slot=000000a1", -ENOENT, "and 'slipway audit' the functions that stand by" },
		{ "class=NVMe", -ENOENT, "no device matches" },
		{ "serial=data", -ENOENT, "no device matches" },
		{ "model=\033[2J", -ENOENT, "\\x1b" },
		{ "class=nvme,class=net", -ENOENT, "no device matches" },
		{ "0000:77:00.0", -ENOENT, "no device matches" },
		{ "slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1,slot=1",
		  -EINVAL, "more than" },
	};
	_cleanup_tree_ struct tree t;

	some_devices(&t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct device **found = NULL;
		_cleanup_free_ char *said = NULL;
		size_t n = 0;

		CHECK_ROW(rows[i].text, selector_find(rows[i].text, &t.host.devices, &found, &n) == rows[i].r && !found);
		said = stderr_caught();
		CHECK_HAS(said, rows[i].said);
		CHECK(!strchr(said, '\033'));
	}
}

TEST(a_device_without_serial_matches_no_serial)
{
	_cleanup_(selector_done) struct selector s = {};
	_cleanup_tree_ struct tree t;

	some_devices(&t);
	CHECK(selector_parse("serial=*", &s) == 0);
	CHECK(selector_has_serial(&s));
	CHECK(selector_matches(&s, tree_device(&t, "05:00.0")) && !selector_matches(&s, tree_device(&t, "00:03.0")));
}

TEST_MAIN()
