/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that the firmware reserved for devices (RMRR of DMAR, IVMD of IVRS), and which devices that concerns. */
#pragma once

#include "detect/device.h"
#include "detect/dmar.h"
#include "detect/ivrs.h"

struct firmware_region {
	const char *table;     /* static: "DMAR" or "IVRS" */
	const char *kind;      /* static: "RMRR" or "IVMD" */
	size_t offset;         /* of its structure in the table */
	uint64_t start, end;   /* inclusive */
};

struct reservation {
	const struct device *device; /* borrowed */
	size_t region;               /* index into the regions */
	bool is_relaxable;           /* the kernel lets go of it: RMRRs of USB controllers and of graphics are for the boot alone */
};

struct reserved {
	struct firmware_region *regions; /* in the order of the tables */
	size_t n_regions;
	struct reservation *list;        /* sorted by device, then region */
	size_t n;
	size_t n_absent;                 /* scopes that lead to no device: a slot that is empty, a function that is hidden */
};

/* Looks up every scope and device id among the devices, whose list must outlive this. -ENOMEM. */
int reserved_find(const struct dmar *dmar, const struct ivrs *ivrs, const struct devices *devices, struct reserved *ret);
void reserved_done(struct reserved *r);
/* What concerns this device: *ret_n of them, NULL where there is none. */
const struct reservation *reserved_of(const struct reserved *r, const struct device *d, size_t *ret_n);
/* The first that the kernel does not let go of, or NULL. */
const struct firmware_region *reserved_locking(const struct reserved *r, const struct device *d);
