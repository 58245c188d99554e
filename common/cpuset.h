/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU sets, as the kernel and libvirt write them: "0-7,16-23". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CPUSET_MAX 8192 /* the most that CONFIG_NR_CPUS allows on x86 */

struct cpuset {
	uint64_t words[CPUSET_MAX / 64];
};

/* -EINVAL: no such list, or a CPU beyond CPUSET_MAX. The empty text is the empty set. */
int cpuset_parse(const char *text, struct cpuset *ret);
/* A new string, or NULL when memory runs out. */
char *cpuset_format(const struct cpuset *s);
bool cpuset_has(const struct cpuset *s, unsigned cpu);
unsigned cpuset_count(const struct cpuset *s);
/* The lowest, or -1 of the empty set. */
int cpuset_first(const struct cpuset *s);
void cpuset_keep(struct cpuset *s, const struct cpuset *only);
void cpuset_remove(struct cpuset *s, const struct cpuset *others);
