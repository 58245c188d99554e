/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of CPUs as the kernel writes them (Documentation/admin-guide/cputopology.rst). */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/sections/cpulist.h"

static int range_parse(char *text, unsigned *ret_first, unsigned *ret_last)
{
	char *dash = strchr(text, '-');

	if (dash)
		*dash = '\0';
	if (parse_unsigned(text, ret_first) < 0 || parse_unsigned(dash ? dash + 1 : text, ret_last) < 0)
		return -EINVAL;
	return *ret_first <= *ret_last && *ret_last < CPUS_MAX ? 0 : -EINVAL;
}

int cpulist_parse(const char *text, struct cpulist *ret)
{
	_cleanup_(strv_freep) char **ranges = NULL;

	memset(ret, 0, sizeof(*ret));
	if (strv_split(text, ",", &ranges) < 0)
		return -ENOMEM;
	for (char **range = ranges; range && *range; range++) {
		unsigned first, last;

		if (range_parse(*range, &first, &last) < 0)
			return -EINVAL;
		for (unsigned cpu = first; cpu <= last; cpu++) {
			ret->n += !ret->has[cpu];
			ret->has[cpu] = true;
		}
	}
	return ret->n ? 0 : -EINVAL;
}

char *cpulist_format(const struct cpulist *list)
{
	struct text t = {};

	text_append(&t, "");
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		unsigned last = cpu;

		if (!list->has[cpu])
			continue;
		while (last + 1 < CPUS_MAX && list->has[last + 1])
			last++;
		text_printf(&t, last > cpu ? "%s%u-%u" : "%s%u", t.size ? "," : "", cpu, last);
		cpu = last;
	}
	return text_take(&t);
}

int cpulist_missing(const struct cpulist *a, const struct cpulist *b)
{
	for (int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (a->has[cpu] && !b->has[cpu])
			return cpu;
	return -1;
}

struct cpulist cpulist_without(const struct cpulist *a, const struct cpulist *b)
{
	struct cpulist rest = {};

	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (a->has[cpu] && !b->has[cpu]) {
			rest.has[cpu] = true;
			rest.n++;
		}
	return rest;
}
