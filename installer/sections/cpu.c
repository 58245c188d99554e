/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu: guests in guests, CPUs that the scheduler leaves to guests, and how fast they run. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/cpuset.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/port_source.h"
#include "detect/tuned.h"
#include "installer/sections/host_sections.h"
#include "installer/sections/kernel_settings.h"

#define POLICIES "sys/devices/system/cpu/cpufreq"

static void read_nested(struct settings *s, yaml_node_t *value, void *context)
{
	struct wishes *wishes = s->target;
	const char *text = settings_text(value);

	(void)context;
	if (str_eq(text, "on"))
		wishes->nested = true;
	else if (str_eq(text, "off"))
		wishes->nested_off = true;
	else
		settings_complain(s, value, "nested must be on or off");
	if (wishes->nested && wishes->nested_off)
		settings_complain(s, value, "nested is on in kernel, and off here; take one of them out");
}

/* One that names a CPU at least. */
static int list_parse(const char *text, struct cpuset *ret)
{
	int r = cpuset_parse(text, ret);

	return r >= 0 && cpuset_first(ret) < 0 ? -EINVAL : r;
}

static void read_list(struct settings *s, yaml_node_t *value, char **ret)
{
	const char *text = settings_text(value);
	struct cpuset list;

	if (!text || list_parse(text, &list) < 0)
		settings_complain(s, value, "%s must be a list of CPUs, such as \"2-7,10\"", s->key);
	else if (!(*ret = strdup(text)))
		settings_complain(s, value, "out of memory");
}

static void read_isolated(struct settings *s, yaml_node_t *value, void *context)
{
	struct cpu_wish *cpu = context;
	struct cpuset list;

	read_list(s, value, &cpu->isolated);
	if (cpu->isolated && list_parse(cpu->isolated, &list) >= 0 && cpuset_has(&list, 0))
		settings_complain(s, value, "CPU 0 cannot be isolated: it has to do what no other can");
}

static void read_housekeeping(struct settings *s, yaml_node_t *value, void *context)
{
	struct cpu_wish *cpu = context;
	struct cpuset list;

	read_list(s, value, &cpu->housekeeping);
	if (cpu->housekeeping && list_parse(cpu->housekeeping, &list) >= 0 && !cpuset_has(&list, 0))
		settings_complain(s, value, "CPU 0 must be among those that keep house: it has to do what no other can");
}

static void read_governor(struct settings *s, yaml_node_t *value, void *context)
{
	struct cpu_wish *cpu = context;
	const char *text = settings_text(value);

	if (!text || !*text || strlen(text) > 15 || strspn(text, "abcdefghijklmnopqrstuvwxyz_") != strlen(text))
		settings_complain(s, value, "governor must be one of the kernel's, such as performance or schedutil");
	else if (!(cpu->governor = strdup(text)))
		settings_complain(s, value, "out of memory");
}

void cpu_section_read(struct settings *s, yaml_node_t *value, void *context)
{
	static const struct setting keys[] = { { "nested", read_nested }, { "isolated", read_isolated }, { "housekeeping", read_housekeeping },
					       { "governor", read_governor }, {} };
	struct cpu_wish *cpu = &((struct wishes *)s->target)->cpu;

	(void)context;
	settings_mapping(s, value, keys, "cpu", cpu);
	if (cpu->isolated && cpu->housekeeping)
		settings_complain(s, value, "isolated and housekeeping are two ways to say one thing; take one of them out");
}

bool cpu_section_is_wished(const struct wishes *wishes)
{
	return wishes->nested_off || wishes->cpu.isolated || wishes->cpu.housekeeping || wishes->cpu.governor;
}

static int online_read(const struct host *host, struct cpuset *ret)
{
	_cleanup_free_ char *text = NULL;

	if (fs_read_line(host->root_fd, &text, "sys/devices/system/cpu/online") < 0)
		return -ENOENT;
	return list_parse(text, ret);
}

/* 1: there are such CPUs, in *ret; 0: none are wished, or it was refused (`refusals` may be NULL: then nothing is said). -ENOMEM. */
static int find_isolated(const struct host *host, const struct cpu_wish *cpu, struct cpuset *ret, struct refusals *refusals)
{
	const char *wish = cpu->isolated ? cpu->isolated : cpu->housekeeping, *why = NULL;
	struct cpuset online = {}, named, absent, rest;
	bool is_known;

	if (!wish || list_parse(wish, &named) < 0)
		return 0;
	is_known = online_read(host, &online) >= 0;
	*ret = named;
	if (!is_known && cpu->isolated)
		return 1;
	absent = named;
	cpuset_remove(&absent, &online);
	rest = online;
	cpuset_remove(&rest, &named);
	if (cpu->housekeeping)
		*ret = rest;
	if (!is_known)
		why = "which CPUs there are is not known here, and so not which are left; name the isolated ones";
	else if (cpuset_first(&absent) < 0 && cpuset_first(&rest) < 0)
		why = cpu->housekeeping ? "no CPU is left to be isolated" : "no CPU is left to the host itself";
	else if (cpuset_first(&absent) < 0)
		return 1;
	if (!refusals)
		return 0;
	if (!why)
		return refusals_add(refusals, "", "cpu", "", "CPU %d of '%s' is not online on this host (/sys/devices/system/cpu/online)",
				    cpuset_first(&absent), wish);
	return refusals_add(refusals, "", "cpu", "", "%s: %s", wish, why);
}

/* These profiles of tuned isolate CPUs by arguments of their own. */
static int check_partitioning(const struct host *host, struct refusals *refusals)
{
	static const char *const profiles[] = { "cpu-partitioning", "realtime" };

	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		if (tuned_is(host->root_fd, profiles[i]))
			return refusals_add(refusals, "", "tuned", "", "tuned's profile %s isolates CPUs itself (/etc/tuned/%s-variables.conf); name them there, "
					    "or take another profile (tuned-adm profile virtual-host)", profiles[i], profiles[i]);
	return 0;
}

static int refuse_governor(struct refusals *refusals, const char *governor, const char *unit)
{
	return refusals_add(refusals, "", "governor", "", "governor %s: %s sets it on this host, and the two would fight; take the key out of the spec, or: "
			    "systemctl disable --now %s", governor, unit, unit);
}

/* 1: it is for the kernel alone to hear of it; 0: somebody sees to it, or is in the way. -ENOMEM. */
static int governor_is_free(const struct host *host, const char *governor, struct refusals *refusals)
{
	static const char *const units[] = { "power-profiles-daemon.service", "cpupower.service", "cpufrequtils.service", "tlp.service" };
	_cleanup_(tuned_value_done) struct tuned_value v = {};

	if (tuned_find(host->root_fd, "cpu", "governor", &v) < 0)
		return -ENOMEM;
	if (tuned_may_be(&v, governor))
		return 0;
	if (v.value)
		return refusals_add(refusals, "", "tuned", "", "governor %s: tuned's profile %s sets '%s' (/%s); take the key out of the spec, or choose a profile "
				    "that sets yours (tuned-adm profile)", governor, v.profile, v.value, v.file);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (unit_is_enabled(host->root_fd, units[i]))
			return refuse_governor(refusals, governor, units[i]);
	return 1;
}

static int check_offered(const struct host *host, const char *governor, struct refusals *refusals)
{
	_cleanup_(strv_freep) char **policies = NULL, **offered = NULL;
	_cleanup_free_ char *line = NULL;

	if (!host->is_live)
		return 0;
	if (dir_list(host->root_fd, &policies, POLICIES) < 0 || !policies ||
	    fs_read_line(host->root_fd, &line, POLICIES "/%s/scaling_available_governors", policies[0]) < 0)
		return log_warning("this host's CPUs have no governors (/" POLICIES " has none); '%s' waits for ones that have", governor), 0;
	if (strv_split(line, " ", &offered) < 0)
		return -ENOMEM;
	return strv_contains(offered, governor) ? 0 : refusals_add(refusals, "", "governor", "", "this host's CPUs have no governor '%s', but: %s", governor, line);
}

int cpu_section_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(kernel_settings_done) struct kernel_settings settings = {};
	const struct cpu_wish *cpu = &wishes->cpu;
	struct cpuset isolated;
	int r, is_free = 0;

	r = find_isolated(host, cpu, &isolated, refusals);
	if (r > 0)
		r = check_partitioning(host, refusals);
	if (r >= 0 && cpu->governor)
		r = is_free = governor_is_free(host, cpu->governor, refusals);
	if (r >= 0 && is_free > 0)
		r = check_offered(host, cpu->governor, refusals);
	if (r >= 0 && is_free > 0)
		r = kernel_settings_add(&settings, cpu->governor, POLICIES "/policy*/scaling_governor");
	if (r < 0)
		return log_oom();
	return kernel_settings_plan(host, &settings, "cpu", "the governor of the CPUs", plan);
}

/* The administrator's own of these names: they would add to ours, or be added to. */
static int add_foreign(const struct cmdline *foreign, const char *name, const char *own, struct argument_wish *wish)
{
	size_t n = strlen(name);
	int r = 0;

	for (char **a = foreign->arguments; a && *a && r >= 0; a++) {
		if (!str_starts(*a, name) || (*a)[n] != '=' || str_eq(*a, own))
			continue;
		log_warning("the kernel argument %s is not slipway's; it makes way for %s, and comes back when that is taken back", *a, own);
		r = strv_add_new(&wish->unwanted, *a);
	}
	return r;
}

/* No scheduling, no managed interrupts, no tick and no callbacks there (Documentation/admin-guide/kernel-parameters.txt). */
int cpu_section_arguments(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, struct argument_wish *wish)
{
	static const char *const names[][2] = { { "isolcpus", "managed_irq,domain," }, { "nohz_full", "" }, { "rcu_nocbs", "" } };
	_cleanup_free_ char *list = NULL;
	struct cpuset isolated;

	if (find_isolated(host, &wishes->cpu, &isolated, NULL) <= 0)
		return 0;
	list = cpuset_format(&isolated);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *own = list ? text_format("%s=%s%s", names[i][0], names[i][1], list) : NULL;

		if (!own || add_foreign(foreign, names[i][0], own, wish) < 0)
			return -ENOMEM;
		if (!cmdline_has(foreign, own) && strv_add_new(&wish->wanted, own) < 0)
			return -ENOMEM;
	}
	return 0;
}
