/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Agreement: is what sits at an address what was asked for? The questions of identity_agrees() in detect, in the same order. */
#pragma once

#include <stdbool.h>

#include "early/seen.h"
#include "early/wanted.h"

struct difference {
	const char *what;
	char wanted[256], found[256];
};

/* Do both, as far as both are known, agree? If not, *ret is the first thing that differs. */
bool wanted_agrees(const struct wanted *w, const struct seen *s, struct difference *ret);

/*
 * Looks at an address: 1 where what is there agrees; 0 where it does not, and then it is known no further than to the
 * difference, since the serials are most of the work; -ENOENT where nothing is there, or another errno.
 */
int wanted_look(int root_fd, const struct slots *slots, const char *address, const struct wanted *w, struct seen *ret, struct difference *d);

/* A PCIe serial number that agreed vouches for the NVMe serial that was once read from the same device. */
bool wanted_is_vouched_for(const struct wanted *w, const struct seen *s);
/* Is the serial the only thing that could tell this device from a twin, and not known yet? */
bool wanted_is_unsettled(const struct wanted *w, const struct seen *s);
/* The same, and the nvme driver can change that. */
bool wanted_will_settle(const struct wanted *w, const struct seen *s);
