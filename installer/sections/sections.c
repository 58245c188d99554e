/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the spec's sections beyond kernel and passthrough. */

#include "installer/sections/bridges.h"
#include "installer/sections/guests.h"
#include "installer/sections/host_sections.h"
#include "installer/sections/libvirt_sections.h"
#include "installer/sections/pool_access.h"
#include "installer/sections/section.h"
#include "installer/sections/software_sections.h"

const struct section sections[] = {
	/* First of all, while the network is as it was. */
	{ "packages", packages_read, packages_are_wished, packages_plan, .propose = packages_propose },
	{ "services", services_read, services_are_wished, services_plan },
	{ "remote", remote_access_read, remote_access_is_wished, remote_access_plan, .propose = remote_access_propose },
	{ "users", users_read, users_are_wished, users_plan },
	{ "bridge_filter", bridge_filter_read, bridge_filter_is_wished, bridge_filter_plan, NULL },
	{ "bonds", bonds_read, bonds_are_wished, NULL, NULL },
	{ "bridges", bridges_read, bridges_are_wished, bridges_plan, .propose = bridges_propose },
	{ "forwarding", forwarding_read, forwarding_is_wished, forwarding_plan, NULL },
	{ "memory", memory_read, memory_is_wished, memory_plan, memory_arguments, memory_propose },
	{ "cpu", cpu_section_read, cpu_section_is_wished, cpu_section_plan, cpu_section_arguments },
	{ "disks", disks_read, disks_is_wished, disks_plan, NULL },
	/* Themselves planned when all the rest is, with libvirt: objects.h, guests.h. */
	{ "pools", pools_read, pools_are_wished, pools_plan, .propose = pools_propose },
	{ "networks", networks_read, networks_are_wished, NULL, .propose = networks_propose },
	{ "guests", guests_read, guests_are_wished, NULL, .propose = guests_propose },
	{},
};

bool sections_wished(const struct wishes *wishes)
{
	for (const struct section *s = sections; s->key; s++)
		if (s->is_wished(wishes))
			return true;
	return false;
}

int sections_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	int r = 0;

	for (const struct section *s = sections; s->key && r >= 0; s++)
		if (s->plan)
			r = s->plan(host, wishes, plan, refusals);
	return r;
}

int sections_arguments(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, struct argument_wish *wish)
{
	int r = 0;

	for (const struct section *s = sections; s->key && r >= 0; s++)
		if (s->arguments)
			r = s->arguments(host, wishes, foreign, wish);
	return r;
}
