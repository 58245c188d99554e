/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section of the guests, as section.h says; what becomes of them is in installer/guests.h. */
#pragma once

#include "installer/sections/section.h"

void guests_read(struct settings *s, yaml_node_t *value, void *context);
bool guests_are_wished(const struct wishes *wishes);
int guests_propose(const struct host *host, struct text *t);
