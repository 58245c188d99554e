/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bridge_filter: what passes a bridge is none of the host's firewall. The values exist while br_netfilter is loaded only,
 * which may be at any time (by a firewall's rule): so there is a rule for udev, too, in the form of sysctl.d(5).
 */

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/host_sections.h"
#include "installer/sections/kernel_settings.h"

#define RULES "etc/udev/rules.d/99-slipway-bridge-filter.rules"
#define NAME "bridge-filter"

void bridge_filter_read(struct settings *s, yaml_node_t *value, void *context)
{
	struct wishes *wishes = s->target;

	(void)context;
	if (str_eq(settings_text(value), "off"))
		wishes->bridge_filter_off = true;
	else
		settings_complain(s, value, "bridge_filter must be 'off'; leave the key out for none of slipway's doing");
}

bool bridge_filter_is_wished(const struct wishes *wishes)
{
	return wishes->bridge_filter_off;
}

/* Without systemd it is the sysctl of procps that reads the file. */
static char *rules_text(int root_fd)
{
	static const char *const programs[][2] = {
		{ "usr/lib/systemd/systemd-sysctl", "--prefix=/net/bridge" },
		{ "lib/systemd/systemd-sysctl", "--prefix=/net/bridge" },
		{ "usr/sbin/sysctl", "-q -p /etc/sysctl.d/zz-slipway-" NAME ".conf" },
		{ "sbin/sysctl", "-q -p /etc/sysctl.d/zz-slipway-" NAME ".conf" },
	};
	size_t i = 0;

	while (i < ARRAY_SIZE(programs) && !fs_exists(root_fd, "%s", programs[i][0]))
		i++;
	if (i == ARRAY_SIZE(programs))
		i = 0;
	return text_format("# Written by slipway; 'slipway rollback' takes it away.\n"
			   "ACTION==\"add\", SUBSYSTEM==\"module\", KERNEL==\"br_netfilter\", RUN+=\"/%s %s\"\n", programs[i][0], programs[i][1]);
}

int bridge_filter_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	static const char *const families[] = { "iptables", "ip6tables", "arptables" };
	_cleanup_(kernel_settings_done) struct kernel_settings settings = {};
	_cleanup_free_ char *rules = NULL;
	int r;

	(void)refusals;
	for (size_t i = 0; wishes->bridge_filter_off && i < ARRAY_SIZE(families); i++)
		if (kernel_settings_add(&settings, "0", "proc/sys/net/bridge/bridge-nf-call-%s", families[i]) < 0)
			return log_oom();
	if (wishes->bridge_filter_off && !(rules = rules_text(host->root_fd)))
		return log_oom();
	r = plan_want_file(plan, host->root_fd, RULES, rules, 0644, "the same when br_netfilter is loaded later");
	return r < 0 ? r : kernel_settings_plan(host, &settings, NAME, "what passes a bridge does not go through the host's firewall", plan);
}
