/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory: huge pages, transparent ones, KSM, swapping, and what QEMUs without libvirt may lock. */

#include <errno.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/port_source.h"
#include "detect/tuned.h"
#include "installer/sections/host_sections.h"
#include "installer/sections/hugepages.h"

#define LIMITS "etc/security/limits.d/zz-slipway-memlock.conf"
#define THP "sys/kernel/mm/transparent_hugepage/enabled"
#define KSM "sys/kernel/mm/ksm/"

static int add_number(struct kernel_settings *s, unsigned number, const char *path)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	return kernel_settings_add(s, text, "%s", path);
}

/* tuned writes it at its start, behind everybody: two who set it would fight, and it is tuned's where they agree. */
static int add_transparent(const struct host *host, const struct memory_wish *m, struct kernel_settings *s, struct refusals *refusals)
{
	static const char *const keys[] = { "transparent_hugepages", "transparent_hugepage" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_(tuned_value_done) struct tuned_value v = {};

		if (tuned_find(host->root_fd, "vm", keys[i], &v) < 0)
			return -ENOMEM;
		if (!v.value)
			continue;
		if (tuned_may_be(&v, m->transparent))
			return 0;
		return refusals_add(refusals, "", "tuned", "", "transparent_hugepages: %s: tuned's profile %s sets '%s' (/%s) at each start of tuned; take the key out of "
				    "the spec, or make a profile of your own that includes this one (tuned-adm profile)", m->transparent, v.profile, v.value, v.file);
	}
	return kernel_settings_add(s, m->transparent, THP);
}

/* ksmtuned starts and stops KSM, and says how fast it goes; ksm.service starts it. */
static int add_ksm(const struct host *host, const struct memory_wish *m, struct kernel_settings *s, struct refusals *refusals)
{
	bool tuned = unit_is_enabled(host->root_fd, "ksmtuned.service");
	const char *unit = tuned ? "ksmtuned.service" : "ksm.service";
	int r = 0;

	if ((tuned || unit_is_enabled(host->root_fd, unit)) && (m->ksm == SWITCH_OFF || (tuned && (m->ksm_pages || m->ksm_sleep))))
		return refusals_add(refusals, "", "ksm", "", "KSM is %s's on this host, and the two would fight; take ksm out of the spec (%s), or: systemctl disable "
				    "--now %s", unit, tuned ? "/etc/ksmtuned.conf says how fast it goes" : "it runs at each boot", unit);
	if (tuned)
		return 0;
	if (m->ksm != SWITCH_LEFT)
		r = kernel_settings_add(s, m->ksm == SWITCH_ON ? "1" : "0", KSM "run");
	if (r >= 0 && m->ksm_pages)
		r = add_number(s, m->ksm_pages, KSM "pages_to_scan");
	if (r >= 0 && m->ksm_sleep)
		r = add_number(s, m->ksm_sleep, KSM "sleep_millisecs");
	return r;
}

/* pam_limits(8) of a login. libvirt gives its own guests what they need. */
static char *limits_text(const struct memory_wish *m)
{
	char limit[16] = "unlimited";

	if (m->memlock)
		snprintf(limit, sizeof(limit), "%u", m->memlock);
	return text_format("# Written by slipway; 'slipway rollback' takes it away.\n@%s - memlock %s\n", m->memlock_group, limit);
}

int memory_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(kernel_settings_done) struct kernel_settings settings = {};
	const struct memory_wish *m = &wishes->memory;
	_cleanup_free_ char *limits = NULL;
	int r;

	r = hugepages_check(host, m, refusals);
	if (r >= 0)
		r = hugepages_report(host, m);
	if (r >= 0)
		r = hugepages_settings(m, &settings);
	if (r >= 0 && m->transparent)
		r = add_transparent(host, m, &settings, refusals);
	if (r >= 0)
		r = add_ksm(host, m, &settings, refusals);
	if (r >= 0 && m->has_swappiness)
		r = add_number(&settings, m->swappiness, "proc/sys/vm/swappiness");
	if (r >= 0 && m->memlock_group && !(limits = limits_text(m)))
		r = -ENOMEM;
	if (r < 0)
		return log_oom();
	r = plan_want_file(plan, host->root_fd, LIMITS, limits, 0644, "what a group's own QEMUs may lock, as passthrough needs all of a guest's memory locked");
	return r < 0 ? r : kernel_settings_plan(host, &settings, "memory", "the host's memory, as the spec has it", plan);
}

int memory_arguments(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, struct argument_wish *wish)
{
	(void)host;
	return hugepages_arguments(&wishes->memory, foreign, wish);
}
