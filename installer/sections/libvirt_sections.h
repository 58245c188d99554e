/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of what libvirt keeps beside guests, each as section.h says; what becomes of them is in installer/objects.h. */
#pragma once

#include "installer/sections/section.h"

void pools_read(struct settings *s, yaml_node_t *value, void *context);
bool pools_are_wished(const struct wishes *wishes);
int pools_propose(const struct host *host, struct text *t);

void networks_read(struct settings *s, yaml_node_t *value, void *context);
bool networks_are_wished(const struct wishes *wishes);
int networks_propose(const struct host *host, struct text *t);

void remote_access_read(struct settings *s, yaml_node_t *value, void *context);
bool remote_access_is_wished(const struct wishes *wishes);
int remote_access_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);
int remote_access_propose(const struct host *host, struct text *t);
/* The configuration without plain TCP: "listen_tcp = 1" says 0. A new string; NULL when memory runs out. */
char *listener_edit(const char *text);

/* A name that every tool takes as it is: up to 64 of A-Za-z0-9_.- that does not begin with a dash or a dot. */
bool object_name_is_plain(const char *name);
/* "on", "off"; complains of all else. */
void settings_switch(struct settings *s, yaml_node_t *value, bool *ret);
