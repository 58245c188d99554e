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
