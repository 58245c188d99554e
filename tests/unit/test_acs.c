/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACS as the kernel judges it, links, and why devices share an IOMMU group. */

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/acs.h"
#include "detect/link.h"
#include "detect/sharing.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

enum { ENDPOINT = 0, ROOT_PORT = 4, UPSTREAM = 5, DOWNSTREAM = 6, TO_PCI = 7, FROM_PCI = 8, INTEGRATED = 9, COLLECTOR = 10 };

static const struct capabilities whole = { .is_known = true, .is_complete = true, .is_pcie = true };

TEST(acs_is_judged_as_the_kernel_does)
{
	static const struct {
		const char *name;
		unsigned type, function;
		bool multi, vf, has;
		unsigned supported, enabled;
		enum acs wanted;
		unsigned missing;
	} rows[] = {
		{ "root port, all on", ROOT_PORT, 0, false, false, true, 0x1f, 0x1d, ACS_FULL, 0 },
		{ "root port, nothing on", ROOT_PORT, 0, false, false, true, 0x1f, 0, ACS_MISSING, ACS_NEEDED },
		{ "root port, redirection off", ROOT_PORT, 0, false, false, true, 0x1f, 0x11, ACS_MISSING, ACS_RR | ACS_CR },
		{ "what it cannot switch is on", ROOT_PORT, 0, false, false, true, 0x11, 0x11, ACS_FULL, 0 },
		{ "it cannot switch anything", DOWNSTREAM, 0, false, false, true, 0, 0, ACS_FULL, 0 },
		{ "root port without", ROOT_PORT, 0, false, false, false, 0, 0, ACS_NONE, 0 },
		{ "downstream port without", DOWNSTREAM, 3, true, false, false, 0, 0, ACS_NONE, 0 },
		{ "upstream port alone", UPSTREAM, 0, false, false, false, 0, 0, ACS_NOT_NEEDED, 0 },
		{ "upstream port with others", UPSTREAM, 0, true, false, false, 0, 0, ACS_NONE, 0 },
		{ "bridge to PCI", TO_PCI, 0, false, false, true, 0x1f, 0x1f, ACS_NONE, 0 },
		{ "bridge from PCI", FROM_PCI, 0, false, false, true, 0x1f, 0x1f, ACS_NONE, 0 },
		{ "event collector", COLLECTOR, 0, false, false, false, 0, 0, ACS_NONE, 0 },
		{ "single function", ENDPOINT, 0, false, false, false, 0, 0, ACS_NOT_NEEDED, 0 },
		{ "first of several", ENDPOINT, 0, true, false, false, 0, 0, ACS_NONE, 0 },
		{ "second function", ENDPOINT, 1, false, false, false, 0, 0, ACS_NONE, 0 },
		{ "several, with ACS", ENDPOINT, 0, true, false, true, 0x0c, 0x0c, ACS_FULL, 0 },
		{ "VF", ENDPOINT, 2, true, true, false, 0, 0, ACS_NOT_NEEDED, 0 },
		{ "integrated", INTEGRATED, 0, true, false, false, 0, 0, ACS_NONE, 0 },
		{ "a type that is none", 14, 0, false, false, true, 0x1f, 0x1f, ACS_NONE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct device d = { .function = rows[i].function, .physical_function = rows[i].vf ? (char *)"0000:05:00.0" : NULL };
		unsigned missing = 0xff;

		d.capabilities = whole;
		d.capabilities.pcie_type = (uint8_t)rows[i].type;
		d.capabilities.is_multifunction = rows[i].multi;
		d.capabilities.has_acs = rows[i].has;
		d.capabilities.acs_supported = (uint16_t)rows[i].supported;
		d.capabilities.acs_enabled = (uint16_t)rows[i].enabled;
		CHECK_ROW(rows[i].name, acs_of(&d, &missing) == rows[i].wanted);
		CHECK_ROW(rows[i].name, missing == rows[i].missing);
		CHECK_ROW(rows[i].name, *device_type_name(&d));
	}
}

TEST(what_a_user_cannot_read_is_unknown_and_not_none)
{
	struct device d = { .is_bridge = true };
	unsigned missing;

	CHECK(acs_of(&d, &missing) == ACS_UNKNOWN && !acs_joins(&d) && !device_is_conventional_bridge(&d));
	CHECK_STR(device_type_name(&d), "bridge");
	/* 256 bytes are enough to know the type, and not for ACS. */
	d.capabilities = (struct capabilities){ .is_known = true, .is_pcie = true, .pcie_type = ROOT_PORT };
	CHECK(acs_of(&d, &missing) == ACS_UNKNOWN);
	CHECK_STR(device_type_name(&d), "root port");
	d.capabilities.pcie_type = TO_PCI;
	CHECK(acs_of(&d, &missing) == ACS_NONE && acs_joins(&d) && device_is_conventional_bridge(&d));
	d.capabilities.is_pcie = false;
	CHECK(acs_of(&d, &missing) == ACS_NONE && device_is_conventional_bridge(&d));
	CHECK_STR(device_type_name(&d), "conventional PCI bridge");
}

TEST(missing_bits_have_their_names)
{
	const char *names[5];

	acs_bits(ACS_RR | ACS_UF, names);
	CHECK_STR(names[0], "RR");
	CHECK_STR(names[1], "UF");
	CHECK(!names[2]);
	acs_bits(ACS_NEEDED, names);
	CHECK_STR(names[3], "UF");
	CHECK(!names[4]);
	acs_bits(0, names);
	CHECK(!names[0]);
}

TEST(link_speeds_and_widths_are_parsed)
{
	static const struct {
		const char *text;
		unsigned speed;
	} speeds[] = { { "2.5 GT/s PCIe", 25 }, { "8 GT/s", 80 },  { "16.0 GT/s PCIe", 160 }, { "64.0 GT/s PCIe", 640 }, { "Unknown", 0 },
		       { "Unknown speed", 0 },  { "", 0 },         { "-8 GT/s", 0 },          { "8.0 MT/s", 0 },         { NULL, 0 } };
	static const struct {
		const char *text;
		unsigned width;
	} widths[] = { { "1", 1 }, { "16", 16 }, { "32", 32 }, { "0", 0 }, { "255", 0 }, { "x4", 0 }, { "", 0 }, { NULL, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		CHECK_ROW(speeds[i].text ? speeds[i].text : "(none)", link_speed_parse(speeds[i].text) == speeds[i].speed);
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++)
		CHECK_ROW(widths[i].text ? widths[i].text : "(none)", link_width_parse(widths[i].text) == widths[i].width);
}

TEST(a_link_is_judged_by_what_both_ends_can)
{
	struct device port = { .link_speed_max = (char *)"16.0 GT/s PCIe", .link_width_max = (char *)"8" };
	struct device d = { .link_speed = (char *)"16.0 GT/s PCIe", .link_speed_max = (char *)"32.0 GT/s PCIe", .link_width = (char *)"8",
			    .link_width_max = (char *)"16", .class = 0x020000 };
	struct link link = link_of(&d, &port);

	CHECK(link.state == LINK_FULL && !link_is_degraded(&d, &link) && link.width_both == 8 && link.speed_both == 160);
	CHECK(link_of(&d, NULL).state == LINK_UNKNOWN);
	d.link_width = (char *)"4";
	link = link_of(&d, &port);
	CHECK(link.state == LINK_NARROW && link_is_degraded(&d, &link));
	d.physical_function = (char *)"0000:05:00.0";
	CHECK(link_of(&d, &port).state == LINK_UNKNOWN);
	d.physical_function = NULL;
	port.link_width_max = NULL;
	CHECK(link_of(&d, &port).state == LINK_UNKNOWN);
}

/* Two cards below a bridge of this type, all in group 1. */
static void make_group(struct device list[3], unsigned type, bool acs)
{
	static const struct device model[3] = {
		{ .bus = 0, .device = 6, .class = 0x060400, .is_bridge = true, .address = (char *)"0000:00:06.0" },
		{ .bus = 5, .device = 0, .class = 0x020000, .address = (char *)"0000:05:00.0", .parent = (char *)"0000:00:06.0" },
		{ .bus = 5, .device = 1, .class = 0x020000, .address = (char *)"0000:05:01.0", .parent = (char *)"0000:00:06.0" },
	};

	for (size_t i = 0; i < 3; i++) {
		list[i] = model[i];
		list[i].iommu_group = 1;
		list[i].capabilities = whole;
	}
	list[0].capabilities.pcie_type = (uint8_t)type;
	list[0].capabilities.has_acs = acs;
}

TEST(the_bridge_that_joins_a_group_is_found)
{
	const struct device *members[3], *cause;
	struct device list[3];
	struct devices devices = { .list = list, .n = 3 };
	struct iommu_group group = { .id = 1, .members = members, .n_members = 3, .n_endpoints = 2 };

	for (size_t i = 0; i < 3; i++)
		members[i] = &list[i];
	make_group(list, ROOT_PORT, false);
	CHECK(sharing_of_group(&group) == SHARING_PORT);
	CHECK(sharing_of(&devices, &group, &list[1], &cause) == SHARING_PORT && cause == &list[0]);
	make_group(list, TO_PCI, false);
	CHECK(sharing_of_group(&group) == SHARING_CONVENTIONAL);
	CHECK(sharing_of(&devices, &group, &list[2], &cause) == SHARING_CONVENTIONAL && cause == &list[0]);
	make_group(list, ROOT_PORT, true);
	CHECK(sharing_of_group(&group) == SHARING_OTHER);
	CHECK(sharing_of(&devices, &group, &list[2], &cause) == SHARING_OTHER && !cause);
	list[0].capabilities = (struct capabilities){};
	CHECK(sharing_of_group(&group) == SHARING_UNKNOWN);
	CHECK(sharing_of(&devices, &group, &list[2], &cause) == SHARING_UNKNOWN && !cause);
	/* Two functions of one card need no bridge to be together. */
	make_group(list, ROOT_PORT, false);
	list[2].device = 0;
	list[2].function = 1;
	CHECK(sharing_of_group(&group) == SHARING_FUNCTIONS);
	group.n_endpoints = 1;
	CHECK(sharing_of_group(&group) == SHARING_NONE);
}

TEST(a_group_knows_its_members_also_where_the_folder_is_missing)
{
	for (int folder = 0; folder < 2; folder++) {
		const struct iommu_group *group;
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_pci(&t, "0000:00:06.0", "060400", "1b36:000c", 3);
		tree_pci(&t, "0000:00:06.0/0000:05:00.0", "020000", "8086:10d3", 3);
		tree_pci(&t, "0000:00:07.0", "020000", "8086:10d3", 1);
		tree_pci(&t, "0000:00:08.0", "020000", "8086:10d3", -1);
		if (!folder)
			tree_remove(&t, "sys/kernel/iommu_groups");
		CHECK(tree_read(&t) == 0);
		CHECK(t.host.iommu.n_groups == 2);
		group = iommu_find(&t.host.iommu, 3);
		CHECK(group && group->n_members == 2 && group->n_endpoints == 1 && strv_length(group->devices) == 2);
		CHECK(group->members[1] == tree_device(&t, "0000:05:00.0"));
		CHECK(!iommu_find(&t.host.iommu, -1) && !iommu_find(&t.host.iommu, 2));
	}
}

TEST_MAIN()
