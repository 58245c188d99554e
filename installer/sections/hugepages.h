/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Huge pages: how many, of which size and on which NUMA node, at boot or at run time. */
#pragma once

#include "installer/sections/kernel_settings.h"
#include "installer/sections/section.h"

/* Refuses what this host cannot have, or would starve of. -ENOMEM. */
int hugepages_check(const struct host *host, const struct memory_wish *memory, struct refusals *refusals);
/* The settings of those that are made at run time; -ENOMEM. */
int hugepages_settings(const struct memory_wish *memory, struct kernel_settings *settings);
/* Names what of others' sets the same pools. */
int hugepages_report(const struct host *host, const struct memory_wish *memory);
/* The kernel arguments of those that are made at boot, as section.h says. */
int hugepages_arguments(const struct memory_wish *memory, const struct cmdline *foreign, struct argument_wish *wish);
/* All memory, or that of a node (-1: of the host), in KiB; 0: it cannot be read. */
unsigned long long hugepages_memory_total(int root_fd, int node);
/* "2M", "1G"; `size` 16 is enough. */
void hugepages_format_size(unsigned kib, char *out, size_t size);
