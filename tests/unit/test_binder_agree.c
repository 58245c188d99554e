/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is what sits at an address what was recorded? The early binder and the rest of slipway must give one answer. */

#include "common/cleanup.h"
#include "detect/identity.h"
#include "early/agree.h"
#include "early/seen.h"
#include "early/wanted.h"
#include "tests/unit/binder_cases.h"
#include "tests/unit/check.h"

static void no_change(struct binder_device *d) { (void)d; }
static void change_vendor(struct binder_device *d) { d->vendor++; }
static void change_product(struct binder_device *d) { d->product++; }
static void change_subsystem_vendor(struct binder_device *d) { d->subsystem_vendor++; }
static void change_subsystem(struct binder_device *d) { d->subsystem_product++; }
static void change_class(struct binder_device *d) { d->class = 0x010801; }
static void change_bridge(struct binder_device *d) { d->bridges = "pci0000:00/0000:00:06.1"; }
static void add_bridge(struct binder_device *d) { d->bridges = "pci0000:00/0000:00:06.0/0000:04:00.0"; }
static void renumber_bridge(struct binder_device *d) { d->bridges = "pci0000:00/0000:00:1c.0/0000:03:06.0"; }
static void behind_vmd(struct binder_device *d) { d->bridges = "pci0000:00/0000:00:0e.0/pci10000:00/10000:00:01.0"; }
static void change_slot(struct binder_device *d) { d->slot = "40"; }
static void made_unique(struct binder_device *d) { d->slot = "0-1"; }
static void no_slot(struct binder_device *d) { d->slot = NULL; }
static void change_pcie_serial(struct binder_device *d) { d->pcie_serial ^= 1ull << 63; }
static void no_pcie_serial(struct binder_device *d) { d->pcie_serial = 0; }
static void blank_pcie_serial(struct binder_device *d) { d->pcie_serial = UINT64_MAX; }
static void short_config(struct binder_device *d) { d->is_short = true; }

static void on_nvme(struct binder_device *d)
{
	d->driver = "nvme";
	d->serial = "  S4EVNX0R1 ";
	d->model = "anything";
}

static void other_on_nvme(struct binder_device *d)
{
	on_nvme(d);
	d->serial = "S4EVNX0R10";
}

TEST(what_differs_is_left_to_the_host_and_said_twice)
{
	static const struct {
		const char *line;
		void (*change)(struct binder_device *d);
		const char *why;
	} rows[] = {
		{ WITH_PCIE_SERIAL, change_product, "vendor and device id: recorded 144d:a80a, found 144d:a80b" },
		{ WITH_PCIE_SERIAL, change_subsystem, "subsystem id: recorded 144d:a801, found 144d:a802" },
		{ WITH_PCIE_SERIAL, change_bridge, "chain of bridges: recorded 0000:00/06.0/00.0, found 0000:00/06.1/00.0" },
		{ WITH_PCIE_SERIAL, change_slot, "slot: recorded 4, found 40" },
		{ WITH_PCIE_SERIAL, change_pcie_serial, "PCIe serial number: recorded 0025385b81b0aa01, found 8025385b81b0aa01" },
		{ WITH_SERIAL, other_on_nvme, "serial: recorded S4EVNX0R1, found S4EVNX0R10" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		struct binder_device d = good_drive();

		rows[i].change(&d);
		run(&h, rows[i].line, &d);
		CHECK_LEFT(&h, rows[i].why);
	}
}

/* The binder and the rest of slipway must never disagree on whether a device is the one that was recorded. */
static const struct {
	const char *line;
	void (*change)(struct binder_device *d);
	const char *why; /* NULL: agrees */
} agreements[] = {
	{ WITH_PCIE_SERIAL, no_change, NULL },
	{ WITH_PCIE_SERIAL, change_vendor, "vendor and device id" },
	{ WITH_PCIE_SERIAL, change_product, "vendor and device id" },
	{ WITH_PCIE_SERIAL, change_subsystem_vendor, "subsystem id" },
	{ WITH_PCIE_SERIAL, change_subsystem, "subsystem id" },
	{ WITH_PCIE_SERIAL, change_class, "class" },
	{ WITH_PCIE_SERIAL, change_bridge, "chain of bridges" },
	{ WITH_PCIE_SERIAL, add_bridge, "chain of bridges" },
	{ WITH_PCIE_SERIAL, behind_vmd, "chain of bridges" },
	{ ADDRESS " bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/0e.0/01.0/00.0 "
	  "pcie-serial=0025385b81b0aa01", behind_vmd, NULL },
	{ ADDRESS " bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/1c.0/06.0/00.0 "
	  "pcie-serial=0025385b81b0aa01", renumber_bridge, NULL },
	{ WITH_PCIE_SERIAL, change_slot, "slot" },
	{ WITH_PCIE_SERIAL, no_slot, NULL },
	{ WITH_PCIE_SERIAL, made_unique, NULL }, /* the firmware gave 4 to another slot, too */
	{ COMMON " pcie-serial=0025385b81b0aa01", change_slot, NULL },
	{ WITH_PCIE_SERIAL, change_pcie_serial, "PCIe serial number" },
	{ WITH_PCIE_SERIAL, no_pcie_serial, "PCIe serial number" },
	{ WITH_PCIE_SERIAL, blank_pcie_serial, "PCIe serial number" },
	{ WITH_SERIAL, no_change, NULL }, /* recorded by a user who could not read the PCIe serial number */
	{ WITH_SERIAL, no_pcie_serial, NULL },
	{ WITH_SERIAL, blank_pcie_serial, NULL },
	{ WITH_PCIE_SERIAL, short_config, NULL },
	{ WITH_SERIAL, short_config, NULL },
	{ WITH_PCIE_SERIAL, on_nvme, NULL },
	{ COMMON " pcie-serial=0025385b81b0aa01", on_nvme, NULL },
	{ WITH_PCIE_SERIAL, other_on_nvme, "serial" },
	{ COMMON " pcie-serial=0025385b81b0aa01", other_on_nvme, NULL },
};

static bool ask_detect(struct binder_host *h, const char *text, const char **why)
{
	_cleanup_(devices_done) struct devices devices = {};
	_cleanup_(identity_done) struct identity id = {};
	_cleanup_free_ char *line = strdup(text);
	struct identities none = {};

	if (identity_parse(line, &id) != 1 || devices_read(h->root_fd, &devices) < 0 || identities_fill(h->root_fd, &none, &devices) < 0)
		return *why = "nothing to ask", false;
	return identity_agrees(&id, devices_find(&devices, ADDRESS), why);
}

static bool ask_binder(struct binder_host *h, const char *text, const char **why)
{
	_cleanup_free_ char *line = strdup(text);
	static struct slots slots;
	struct difference d = {};
	struct wanted wanted;
	struct seen seen;
	int agrees;

	slots_read(h->root_fd, &slots);
	if (wanted_parse(line, &wanted) != 1 || (agrees = wanted_look(h->root_fd, &slots, ADDRESS, &wanted, &seen, &d)) < 0)
		return *why = "nothing to ask", false;
	*why = d.what;
	return agrees;
}

TEST(the_binder_and_detect_give_the_same_answers)
{
	for (size_t i = 0; i < ARRAY_SIZE(agreements); i++) {
		_cleanup_(binder_host_close) struct binder_host h;
		const char *detect_why = NULL, *binder_why = NULL;
		struct binder_device d = good_drive();

		agreements[i].change(&d);
		binder_host_open(&h);
		binder_host_add(&h, &d);
		if (ask_detect(&h, agreements[i].line, &detect_why))
			detect_why = NULL;
		if (ask_binder(&h, agreements[i].line, &binder_why))
			binder_why = NULL;
		CHECK_STR(detect_why, agreements[i].why);
		CHECK_STR(binder_why, agreements[i].why);
	}
}

TEST(of_several_names_of_a_slot_both_take_the_first)
{
	static const char *const names[] = { "7", "10", "5", "0-1" };
	_cleanup_(binder_host_close) struct binder_host h;
	struct binder_device d = good_drive();
	const char *why;

	binder_host_open(&h);
	binder_host_add(&h, &d);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "sys/bus/pci/slots/%s/address", names[i]);
		binder_host_write(&h, path, "0000:05:00\n");
	}
	CHECK(ask_detect(&h, COMMON " slot=10\n", &why) && ask_binder(&h, COMMON " slot=10\n", &why));
	CHECK(!ask_detect(&h, COMMON " slot=4\n", &why) && !ask_binder(&h, COMMON " slot=4\n", &why));
}

TEST(the_binder_and_detect_read_the_same_lines)
{
#define REST " subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0"
	static const struct {
		const char *line;
		bool is_good;
	} lines[] = {
		{ WITH_PCIE_SERIAL, true },
		{ "05:00.0 bind=ids id=144d:a80a" REST, true },
		{ "10000:05:1f.7 bind=none id=144D:A80A" REST, true },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " unknown=word", true },
		{ "0000:05:20.0 bind=address id=144d:a80a" REST, false },
		{ "0000:05:00.8 bind=address id=144d:a80a" REST, false },
		{ "../0000:05:00.0 bind=address id=144d:a80a" REST, false },
		{ "0000:05:00.0x bind=address id=144d:a80a" REST, false },
		{ "0000:05:00 bind=address id=144d:a80a" REST, false },
		{ "0000:05:00.0 bind=maybe id=144d:a80a" REST, false },
		{ "0000:05:00.0 id=144d:a80a" REST, false },
		{ "0000:05:00.0 bind=address" REST, false },
		{ "0000:05:00.0 bind=address id=144d:a80" REST, false },
		{ "0000:05:00.0 bind=address id=144d:a80ag" REST, false },
		{ "0000:05:00.0 bind=address id=144da80a:" REST, false },
		{ "0000:05:00.0 bind=address id=144d:+80a" REST, false },
		{ "0000:05:00.0 bind=address id=-44d:0x0a" REST, false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " pcie-serial=00253x", false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " pcie-serial=10025385b81b0aa01", false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " serial=%4", false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " serial=%00", false },
		{ "0000:05:00.0 bind=address id=144d:a80a" REST " serial", false },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=1010802 path=x", false },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802", false },
		{ "0000:05:00.0 bind=address id=144d:a80a class=010802 path=x", false },
		{ "0000:05:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_(identity_done) struct identity id = {};
		_cleanup_free_ char *a = strdup(lines[i].line), *b = strdup(lines[i].line);
		struct wanted wanted;

		CHECK((identity_parse(a, &id) == 1) == lines[i].is_good);
		CHECK((wanted_parse(b, &wanted) == 1) == lines[i].is_good);
	}
}

TEST_MAIN()
