/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of each system that manages network ports; the first byte chooses. */

#include "common/text.h"
#include "detect/port_source.h"
#include "tests/fuzz/fuzz.h"

static const struct {
	const char *file, *program; /* the program that must be there for the file to count */
	int (*add)(int root_fd, const struct port_traits *port, struct port_sources *s);
} systems[] = {
	{ "etc/netplan/fuzz.yaml", "usr/sbin/netplan", netplan_sources_add },
	{ "etc/NetworkManager/system-connections/fuzz.nmconnection", NULL, networkmanager_sources_add },
	{ "etc/systemd/network/fuzz.network", NULL, networkd_sources_add },
	{ "etc/network/interfaces", "usr/sbin/ifup", ifupdown_sources_add },
	{ "etc/sysconfig/network-scripts/ifcfg-eno1", NULL, ifcfg_sources_add },
	{ "etc/sysconfig/network/ifcfg-eno1", NULL, ifcfg_sources_add },
};

FUZZ(data, size)
{
	struct port_traits port = { .name = "eno1", .mac = (char *)"52:54:00:12:34:56", .driver = (char *)"igb", .is_port = true };
	_cleanup_(port_sources_done) struct port_sources found = {};
	size_t which = size ? data[0] % ARRAY_SIZE(systems) : 0;
	int root_fd = fuzz_root(), r;

	if (systems[which].program)
		fuzz_file(systems[which].program, "", 0);
	fuzz_file(systems[which].file, data + (size > 0), size - (size > 0));
	r = systems[which].add(root_fd, &port, &found);
	CHECK(r <= 0);
	for (size_t i = 0; i < found.n; i++)
		CHECK(found.list[i].evidence && (!found.list[i].file || fuzz_is_printable(found.list[i].file, false)));
	return 0;
}
