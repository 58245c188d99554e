/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closure: a request for a device is a request for all that moves with it. */
#pragma once

#include <stddef.h>

#include "detect/host.h"

struct member {
	const struct device *device; /* borrowed from the host */
	const struct device *with;   /* the requested device that it moves with; NULL: it was requested itself */
	const char *why;             /* static: "same IOMMU group", "function of the same slot", "VF of it" */
};

struct closure {
	struct member *list; /* the requested ones first, in their order */
	size_t n, allocated;
};

/*
 * Everything that moves with the devices: the other endpoints of their IOMMU groups (bridges stay with the host), the
 * functions of their slots that a reset would hit, the VFs of a PF. -ENOMEM.
 */
int closure_find(const struct host *host, struct device *const *requested, size_t n, struct closure *ret);
/* The devices alone. */
int closure_of(struct device *const *requested, size_t n, struct closure *ret);
void closure_done(struct closure *c);
/* Can this function be reset without its neighbours? Unknown counts as no. */
bool device_resets_alone(const struct device *d);
