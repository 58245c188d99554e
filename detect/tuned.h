/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tuned: which profile is active, and what it sets (tuned.conf(5)). */
#pragma once

#include <stdbool.h>

struct tuned_value {
	char *profile;   /* the active one: "virtual-host" */
	char *value;
	char *file;      /* where it stands, of this profile or of one that it includes */
};

/* Is tuned enabled, with a profile whose name begins so ("cpu-partitioning")? */
bool tuned_is(int root_fd, const char *profile);
/*
 * What the active profile, with all that it includes, sets for this key in this section. All NULL where tuned is not
 * enabled, or its profile says nothing of it. -ENOMEM is the only failure.
 */
int tuned_find(int root_fd, const char *section, const char *key, struct tuned_value *ret);
void tuned_value_done(struct tuned_value *v);
/* "performance", and "powersave|conservative" where the first that the kernel offers counts: may it come to this? */
bool tuned_may_be(const struct tuned_value *v, const char *value);
