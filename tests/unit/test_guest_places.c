/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in a guest a device goes: ports, places, and the layout of functions. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/guest_layout.h"
#include "passthrough/guest_ports.h"
#include "tests/unit/check.h"

#define DOMAIN(devices) "<domain><devices>" devices "</devices></domain>"
#define BUS(index, model) "<controller type='pci' index='" index "' model='" model "'/>"
#define AT(bus, slot) "<address type='pci' domain='0x0000' bus='" bus "' slot='" slot "' function='0x0'/>"
#define PORT(index) "<controller type='pci' index='" index "' model='pcie-root-port'>" AT("0x00", "0x02") "</controller>"
#define DEVICE(bus) "<interface type='network'>" AT(bus, "0x00") "</interface>"
#define Q35 BUS("0", "pcie-root")
#define STIFF "<controller type='pci' index='1' model='pcie-root-port'><target hotplug='off'/></controller>"

#define NOWHERE { .bus = 0xff }

/* "07:00"; "": left to libvirt; NULL: that definition is not changed. */
static const struct {
	const char *name, *live, *saved, *wanted;
	bool is_multi;
	const char *at_live, *at_saved, *why;
} rows[] = {
	{ "the first free port, in both", DOMAIN(Q35 PORT("1") DEVICE("0x01") PORT("2") PORT("3")),
	  DOMAIN(Q35 PORT("1") DEVICE("0x01") PORT("2") PORT("3")), NULL, false, "02:00", "02:00", NULL },
	{ "a port that is free in both comes first", DOMAIN(Q35 PORT("1") PORT("2") PORT("3")), DOMAIN(Q35 PORT("1") DEVICE("0x01") PORT("2") PORT("3")), NULL,
	  false, "02:00", "02:00", NULL },
	{ "none is free in both", DOMAIN(Q35 PORT("1")), DOMAIN(Q35 PORT("1") DEVICE("0x01")), NULL, false, "01:00", "", NULL },
	{ "the running one is full", DOMAIN(Q35 PORT("1") DEVICE("1")), DOMAIN(Q35 PORT("1")), NULL, false, NULL, NULL,
	  "no free PCIe root port: all 1 are taken (bus 1: interface); detach something" },
	{ "no port at all", DOMAIN(Q35), NULL, NULL, false, NULL, NULL, "no PCIe root port that a device could be plugged into" },
	{ "a port that cannot hotplug", DOMAIN(Q35 STIFF), NULL, NULL, false, NULL, NULL, "no PCIe root port that" },
	{ "saved alone is libvirt's to place", NULL, DOMAIN(Q35 PORT("1")), NULL, false, NULL, "", NULL },
	{ "several functions need a slot", NULL, DOMAIN(Q35 PORT("1") DEVICE("0x01") PORT("2")), NULL, true, NULL, "02:00", NULL },
	{ "several functions, and full: libvirt makes a port", NULL, DOMAIN(Q35 PORT("1") DEVICE("0x01") PORT("4") DEVICE("4")), NULL, true, NULL, "05:00", NULL },
	{ "conventional PCI", DOMAIN(BUS("0", "pci-root") "<video>" AT("0x00", "0x01") "</video>"), NULL, NULL, false, "00:02", NULL, NULL },
	{ "behind a conventional bridge", DOMAIN(Q35 BUS("1", "pcie-to-pci-bridge")), NULL, NULL, false, "01:01", NULL, NULL },
	{ "wanted, and free", DOMAIN(Q35 PORT("1") PORT("2")), DOMAIN(Q35 PORT("1") PORT("2")), "02:00", false, "02:00", "02:00", NULL },
	{ "wanted, and taken", DOMAIN(Q35 PORT("1") DEVICE("0x01")), NULL, "01:00", false, NULL, NULL, "in the running guest that slot is taken (interface)" },
	{ "wanted, and taken in the saved one", DOMAIN(Q35 PORT("1")), DOMAIN(Q35 PORT("1") DEVICE("0x01")), "01:00", false, NULL, NULL,
	  "in the guest's saved definition that slot is taken" },
	{ "wanted, no such bus", DOMAIN(Q35 PORT("1")), NULL, "09:00", false, NULL, NULL, "has no bus 09 that takes devices" },
	{ "wanted, no such slot", DOMAIN(Q35 PORT("1")), NULL, "01:01", false, NULL, NULL, "is a pcie-root-port, with slots 00 to 00" },
	{ "wanted on the root bus, running", DOMAIN(Q35), NULL, "00:05", false, NULL, NULL, "bus 00 (pcie-root) takes nothing while the guest runs" },
	{ "wanted on the root bus, saved", NULL, DOMAIN(Q35), "00:05", false, NULL, "00:05", NULL },
	{ "no PCI that is known", DOMAIN(""), DOMAIN(""), NULL, false, "", "", NULL },
	{ "only an expander", DOMAIN(Q35 BUS("1", "pcie-expander-bus")), NULL, NULL, false, NULL, NULL, "no PCIe root port that" },
};

static bool is_at(const char *wanted, bool has, const struct guest_address *at)
{
	_cleanup_free_ char *text = text_format("%02x:%02x", at->bus, at->slot);

	return wanted && *wanted ? has && str_eq(text, wanted) : !has;
}

TEST(a_device_goes_where_there_is_room)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(guest_ports_done) struct guest_ports live = {}, saved = {};
		struct guest_places places = { .live = NOWHERE };
		struct guest_address wanted = {};
		_cleanup_free_ char *why = NULL;
		int r;

		CHECK_ROW(rows[i].name, !rows[i].live || guest_ports_parse(rows[i].live, &live) == 0);
		CHECK_ROW(rows[i].name, !rows[i].saved || guest_ports_parse(rows[i].saved, &saved) == 0);
		CHECK_ROW(rows[i].name, !rows[i].wanted || guest_slot_parse(rows[i].wanted, &wanted) == 0);
		r = guest_places_choose(rows[i].live ? &live : NULL, rows[i].saved ? &saved : NULL, rows[i].wanted ? &wanted : NULL, rows[i].is_multi,
					&places, &why);
		CHECK_ROW(rows[i].name, r == (rows[i].why ? -ENOSPC : 0));
		if (rows[i].why) {
			CHECK_HAS(why, rows[i].why);
			CHECK_ROW(rows[i].name, places.live.bus == 0xff);
			continue;
		}
		CHECK_ROW(rows[i].name, is_at(rows[i].at_live, places.has_live, &places.live));
		CHECK_ROW(rows[i].name, is_at(rows[i].at_saved, places.has_saved, &places.saved));
	}
}

TEST(what_one_device_has_taken_is_not_there_for_the_next)
{
	_cleanup_(guest_ports_done) struct guest_ports live = {};
	struct guest_places first = {}, second = {};
	_cleanup_free_ char *why = NULL;

	CHECK(guest_ports_parse(DOMAIN(Q35 PORT("1") PORT("2")), &live) == 0);
	CHECK(guest_places_choose(&live, NULL, NULL, false, &first, &why) == 0 && guest_ports_take(&live, &first.live, "a") == 0);
	CHECK(guest_places_choose(&live, NULL, NULL, false, &second, &why) == 0 && guest_ports_take(&live, &second.live, "b") == 0);
	CHECK(first.live.bus == 1 && second.live.bus == 2);
	CHECK(guest_places_choose(&live, NULL, NULL, false, &second, &why) == -ENOSPC);
	CHECK_HAS(why, "all 2 are taken (bus 1: a, bus 2: b)");
}

TEST(a_slot_is_bus_and_slot)
{
	static const char *const bad[] = { "", "7", "07:20", "07:00.1", "07:00.8", "x", "07:00 " };
	struct guest_address at = {};

	CHECK(guest_slot_parse("07:1f", &at) == 0 && at.bus == 7 && at.slot == 0x1f && !at.function);
	CHECK(guest_slot_parse("0000:08:00.0", &at) == 0 && at.bus == 8);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_ROW(bad[i], guest_slot_parse(bad[i], &at) == -EINVAL);
}

TEST(a_malformed_definition_is_an_error)
{
	static const char *const bad[] = { "", "<network/>", DOMAIN("<controller type='pci' index='x' model='pcie-root'/>"), DOMAIN(Q35 DEVICE("0x100")) };
	struct guest_ports p = {};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_ROW(bad[i], guest_ports_parse(bad[i], &p) == -EINVAL && !p.list);
}

/* Devices as "device.function", a VF with 'v' behind it; the layout as "slot:function", '+' for the first of several. */
static const struct {
	const char *devices, *layout;
	bool apart;
} layouts[] = {
	{ "0.0", "0:0", false },
	{ "0.0 0.1", "0:0+ 0:1", false },
	{ "0.1 0.0", "0:0+ 0:1", false },
	{ "0.0 0.2 0.3", "0:0+ 0:2 0:3", false },
	{ "0.1 0.3", "0:0+ 0:1", false },
	{ "0.3", "0:0", false },
	{ "0.0 0.1 1.0", "0:0+ 0:1 1:0", false },
	{ "0.0 0.1", "0:0 1:0", true },
	{ "0.0 0.1v 0.2v", "0:0 1:0 2:0", false },
	{ "", "", false },
};

TEST(functions_of_one_slot_stay_together)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		_cleanup_(strv_freep) char **words = NULL;
		struct device all[8] = {}, *devices[8];
		struct layout layout[8];
		struct text got = {};
		_cleanup_free_ char *text = NULL;
		size_t n;

		CHECK(strv_split(layouts[i].devices, " ", &words) == 0);
		n = strv_length(words);
		for (size_t j = 0; j < n; j++) {
			unsigned place = (unsigned)(words[j][0] - '0') * 4 + (unsigned)(words[j][2] - '0');

			all[place] = (struct device){ .device = (unsigned)(words[j][0] - '0'), .function = (unsigned)(words[j][2] - '0'),
						      .physical_function = words[j][3] ? (char *)"0000:00:00.0" : NULL };
			devices[j] = &all[place];
		}
		layout_make(devices, n, layouts[i].apart, layout);
		text_append(&got, "");
		for (size_t j = 0; j < n; j++)
			text_printf(&got, "%s%zu:%u%s", j ? " " : "", layout[j].slot, layout[j].function, layout[j].is_multifunction ? "+" : "");
		text = text_take(&got);
		CHECK_STR(text, layouts[i].layout);
	}
}

TEST_MAIN()
