/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of CPUs as the kernel writes them: "0-3,8". */
#pragma once

#include <stdbool.h>

#define CPUS_MAX 8192

struct cpulist {
	bool has[CPUS_MAX];
	unsigned n; /* how many it has */
};

/* -EINVAL: it is none, or is empty. */
int cpulist_parse(const char *text, struct cpulist *ret);
/* New string; NULL when memory runs out. */
char *cpulist_format(const struct cpulist *list);
/* The first CPU of a that b has not; -1: there is none. */
int cpulist_missing(const struct cpulist *a, const struct cpulist *b);
/* All of a that is not in b. */
struct cpulist cpulist_without(const struct cpulist *a, const struct cpulist *b);
