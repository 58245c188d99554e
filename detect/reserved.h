/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that the firmware reserved for devices (RMRR of DMAR, IVMD of IVRS), and which devices that concerns. */
#pragma once

#include "detect/device.h"
#include "detect/dmar.h"
#include "detect/iommu.h"
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

/* Memory that must stay mapped 1:1, for which the kernel refuses to assign a device. */
struct lock {
	uint64_t start, end;     /* inclusive */
	bool by_kernel;          /* it stands in the group's reserved_regions; else only the firmware's table says so */
	const char *table, *kind;/* static: "DMAR" and "RMRR", "IVRS" and "IVMD"; NULL where no table could be read that explains it */
};

/* The kernel's reserved_regions are the truth; the tables explain them, and speak where it is silent (group NULL: none). */
bool reserved_lock(const struct reserved *r, const struct iommu_group *group, const struct device *d, struct lock *ret);
