/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections that bring along the software of a virtualization host, each as section.h says. */
#pragma once

#include "installer/sections/section.h"

void packages_read(struct settings *s, yaml_node_t *value, void *context);
bool packages_are_wished(const struct wishes *wishes);
int packages_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);
int packages_propose(const struct host *host, struct text *t);

void services_read(struct settings *s, yaml_node_t *value, void *context);
bool services_are_wished(const struct wishes *wishes);
int services_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);

void users_read(struct settings *s, yaml_node_t *value, void *context);
bool users_are_wished(const struct wishes *wishes);
int users_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);

/* Has each of libvirt's parts a daemon of its own on this host? */
bool libvirt_is_modular(int root_fd);

/* A list of words of which each is one of `known`, kept once in *list. `what` stands in messages: "packages". */
void settings_words(struct settings *s, yaml_node_t *value, const char *what, const char *const *known, char ***list);
