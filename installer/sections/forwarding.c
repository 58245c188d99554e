/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forwarding: the host routes between its networks, as guests behind a routed or a NAT network need it. */

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/host_sections.h"
#include "installer/sections/kernel_settings.h"

/* IPv4 alone: a host that routes IPv6 hears no router advertisements any more, and may lose its own default route. */
void forwarding_read(struct settings *s, yaml_node_t *value, void *context)
{
	struct wishes *wishes = s->target;

	(void)context;
	if (str_eq(settings_text(value), "on"))
		wishes->forwarding = true;
	else
		settings_complain(s, value, "forwarding must be 'on' (of IPv4); leave the key out for none of slipway's doing");
}

bool forwarding_is_wished(const struct wishes *wishes)
{
	return wishes->forwarding;
}

int forwarding_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(kernel_settings_done) struct kernel_settings settings = {};

	(void)refusals;
	if (wishes->forwarding && kernel_settings_add(&settings, "1", "proc/sys/net/ipv4/ip_forward") < 0)
		return log_oom();
	return kernel_settings_plan(host, &settings, "forwarding", "the host routes IPv4 between its networks", plan);
}
