/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index over pci.ids finds what is there, and nothing in what only looks like it. */

#include <string.h>

#include "common/cleanup.h"
#include "detect/id_names.h"
#include "tests/unit/check.h"

static const char LIST[] = "# a comment\n"
			   "8086  Intel Corporation\n"
			   "\t1572  Ethernet Controller X710 \t\r\n"
			   "\t\t8086 0001  Ethernet Converged Network Adapter\n"
			   "\t0A54  NVMe Datacenter SSD\n"
			   "# out of order\n"
			   "144d  Samsung Electronics Co Ltd\n"
			   "\ta80a  NVMe SSD Controller\n"
			   "zzzz  No number\n"
			   "\t0001  Below it\n"
			   "12  Too short\n"
			   "1af4\n"
			   "C 02  Network controller\n"
			   "\t00  Ethernet controller\n"
			   "\t\t01  Interface of it\n"
			   "C 01  Mass storage controller\n"
			   "ffff  Illegal Vendor ID";

static const struct {
	enum id_kind kind;
	unsigned id;
	int below;
	const char *name;
} cases[] = {
	{ ID_VENDOR, 0x8086, -1, "Intel Corporation" },
	{ ID_VENDOR, 0x8086, 0x1572, "Ethernet Controller X710" },
	{ ID_VENDOR, 0x8086, 0x0a54, "NVMe Datacenter SSD" },
	{ ID_VENDOR, 0x144d, 0xa80a, "NVMe SSD Controller" },
	{ ID_VENDOR, 0xffff, -1, "Illegal Vendor ID" },
	{ ID_CLASS, 0x02, 0x00, "Ethernet controller" },
	{ ID_CLASS, 0x01, -1, "Mass storage controller" },
	{ ID_CLASS, 0x01, 0x08, NULL },
	{ ID_VENDOR, 0x8086, 0xa80a, NULL },
	{ ID_VENDOR, 0x8086, 0x8086, NULL },
	{ ID_VENDOR, 0x1af4, -1, NULL },
	{ ID_VENDOR, 0x0002, -1, NULL },
	{ ID_VENDOR, 0x0012, -1, NULL },
	{ ID_VENDOR, 0xffff, 0x0001, NULL },
	{ ID_CLASS, 0x8086, -1, NULL },
};

TEST(names_are_found_in_any_order_of_the_list)
{
	_cleanup_(id_names_done) struct id_names names = {};

	CHECK(id_names_index(LIST, &names) == 0);
	CHECK(names.n == 5);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = 0;
		const char *name = id_names_find(&names, cases[i].kind, cases[i].id, cases[i].below, &length);

		CHECK(!name == !cases[i].name);
		if (name)
			CHECK(length == strlen(cases[i].name) && strncmp(name, cases[i].name, length) == 0);
	}
}

TEST(an_empty_list_has_no_names)
{
	_cleanup_(id_names_done) struct id_names names = {};
	size_t length;

	CHECK(id_names_index("", &names) == 0);
	CHECK(!id_names_find(&names, ID_VENDOR, 0x8086, -1, &length));
	CHECK(id_names_index("# only a comment", &names) == 0);
	CHECK(!id_names_find(&names, ID_VENDOR, 0x8086, 0x1572, &length));
}

TEST_MAIN()
