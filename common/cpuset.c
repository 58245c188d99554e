/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU sets, as the kernel and libvirt write them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/cpuset.h"
#include "common/text.h"

static int range_parse(const char *text, unsigned *ret_first, unsigned *ret_last)
{
	const char *dash = strchr(text, '-');
	_cleanup_free_ char *first = dash ? strndup(text, (size_t)(dash - text)) : strdup(text);

	if (!first)
		return -ENOMEM;
	if (parse_unsigned(first, ret_first) < 0 || parse_unsigned(dash ? dash + 1 : first, ret_last) < 0)
		return -EINVAL;
	return *ret_first <= *ret_last && *ret_last < CPUSET_MAX ? 0 : -EINVAL;
}

int cpuset_parse(const char *text, struct cpuset *ret)
{
	_cleanup_(strv_freep) char **ranges = NULL;
	struct cpuset s = {};
	int r;

	r = strv_split(text, ",", &ranges);
	for (char **range = ranges; r >= 0 && range && *range; range++) {
		unsigned first = 0, last = 0;

		r = range_parse(*range, &first, &last);
		for (unsigned i = first; r >= 0 && i <= last; i++)
			s.words[i / 64] |= UINT64_C(1) << (i % 64);
	}
	if (r < 0)
		return r;
	*ret = s;
	return 0;
}

bool cpuset_has(const struct cpuset *s, unsigned cpu)
{
	return cpu < CPUSET_MAX && s->words[cpu / 64] >> (cpu % 64) & 1;
}

char *cpuset_format(const struct cpuset *s)
{
	struct text t = {};

	text_append(&t, "");
	for (unsigned first = 0; first < CPUSET_MAX; first++) {
		unsigned last = first;

		if (!cpuset_has(s, first))
			continue;
		while (cpuset_has(s, last + 1))
			last++;
		text_printf(&t, "%s%u", t.size ? "," : "", first);
		if (last > first)
			text_printf(&t, "-%u", last);
		first = last;
	}
	return text_take(&t);
}

unsigned cpuset_count(const struct cpuset *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < CPUSET_MAX / 64; i++)
		n += (unsigned)__builtin_popcountll(s->words[i]);
	return n;
}

int cpuset_first(const struct cpuset *s)
{
	for (unsigned i = 0; i < CPUSET_MAX; i++)
		if (cpuset_has(s, i))
			return (int)i;
	return -1;
}

void cpuset_keep(struct cpuset *s, const struct cpuset *only)
{
	for (unsigned i = 0; i < CPUSET_MAX / 64; i++)
		s->words[i] &= only->words[i];
}

void cpuset_remove(struct cpuset *s, const struct cpuset *others)
{
	for (unsigned i = 0; i < CPUSET_MAX / 64; i++)
		s->words[i] &= ~others->words[i];
}
