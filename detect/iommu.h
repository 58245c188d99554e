/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU: its units, and the groups, which are the smallest sets of devices that a guest can be given. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/device.h"

struct reserved_region {
	uint64_t start, end;  /* inclusive */
	char *type;           /* "direct": the device cannot be assigned; direct-relaxable, msi, reserved: it can */
};

struct iommu_group {
	int id;
	char *type;           /* default domain: DMA, DMA-FQ, identity; NULL where the kernel does not say */
	struct reserved_region *regions;
	size_t n_regions;
	char **devices;       /* addresses, sorted */
	const struct device **members; /* the same that are known, borrowed from the devices, in their order */
	size_t n_members;
	size_t n_endpoints;   /* members that are no bridges and no part of the board's infrastructure: 1 is isolated */
};

struct iommu {
	struct iommu_group *groups; /* sorted by id */
	size_t n_groups;
	char **units;         /* names in sys/class/iommu: dmar0, ivhd0 */
};

/* sys/kernel/iommu_groups and sys/class/iommu; the folders exist on a host whose IOMMU is off. */
int iommu_read(int root_fd, const struct devices *devices, struct iommu *ret);
void iommu_done(struct iommu *iommu);
/* Adds what the text of a group's reserved_regions says, which it overwrites: "0xstart 0xend type" a line. -ENOMEM. */
int reserved_regions_parse(char *text, struct iommu_group *group);
const struct iommu_group *iommu_find(const struct iommu *iommu, int id);
/* On = there are groups, or units at work. */
bool iommu_is_on(const struct iommu *iommu);
/* A region of type "direct" locks the group to the host; NULL where there is none. */
const struct reserved_region *iommu_group_locked(const struct iommu_group *group);
