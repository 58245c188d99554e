/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest settings: options of a guest in YAML, by the names of guest_options[] and two more: `profile`, which they are on top
 * of, and `devices`, a list of selectors. A file of the user's and an entry of the spec's section `guests` look alike:
 *
 *     profile: ceph-osd
 *     memory: 16G
 *     bridge: br0
 *     devices: ["serial=S4EVNX0R1", "serial=S4EVNX0R2"]
 */
#pragma once

#include "common/settings.h"
#include "profiles/options.h"

struct guest_setting {
	const struct guest_option *option;
	char *value;
};

struct guest_settings {
	char *profile;              /* NULL: not named */
	char **devices;             /* selectors */
	struct guest_setting *list; /* in the order of the file */
	size_t n;
};

/* Reads a mapping; every error is complained of with its place, bounds of values included. */
void guest_settings_read(struct settings *s, yaml_node_t *node, const char *where, struct guest_settings *ret);
/* A whole file of them. -EINVAL after every error was said with file, line and column; -ENOMEM. */
int guest_settings_parse(const char *text, const char *file, struct guest_settings *ret);
void guest_settings_done(struct guest_settings *g);
/* The value of an option; NULL where it is not named. */
const char *guest_settings_find(const struct guest_settings *g, const char *option);
/* Lays them over the options, which borrow the values. */
int guest_settings_apply(const struct guest_settings *g, struct guest_options *options);
