/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections that set what the host's own kernel does, each as section.h says. */
#pragma once

#include "installer/sections/section.h"

void bridge_filter_read(struct settings *s, yaml_node_t *value, void *context);
bool bridge_filter_is_wished(const struct wishes *wishes);
int bridge_filter_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);

void forwarding_read(struct settings *s, yaml_node_t *value, void *context);
bool forwarding_is_wished(const struct wishes *wishes);
int forwarding_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);

void memory_read(struct settings *s, yaml_node_t *value, void *context);
bool memory_is_wished(const struct wishes *wishes);
int memory_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);
int memory_arguments(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, struct argument_wish *wish);
int memory_propose(const struct host *host, struct text *t);

void cpu_section_read(struct settings *s, yaml_node_t *value, void *context);
bool cpu_section_is_wished(const struct wishes *wishes);
int cpu_section_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);
int cpu_section_arguments(const struct host *host, const struct wishes *wishes, const struct cmdline *foreign, struct argument_wish *wish);

void disks_read(struct settings *s, yaml_node_t *value, void *context);
bool disks_is_wished(const struct wishes *wishes);
int disks_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);
