/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU: its units, and the groups, which are the smallest sets of devices that a guest can be given. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/device.h"
#include "detect/interrupts.h"

struct reserved_region {
	uint64_t start, end;  /* inclusive */
	char *type;           /* "direct": the device cannot be assigned; direct-relaxable, msi, reserved: it can */
};

struct iommu_group {
	int id;
	char *type;           /* default domain: DMA, DMA-FQ, identity; NULL where the kernel does not say */
	bool regions_known;   /* the kernel said which: since Linux 4.11 */
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
	struct interrupts interrupts;
	bool has_iommufd;     /* dev/iommu */
	char **vfio_groups;   /* names in dev/vfio that are groups: "12", "noiommu-0" */
	char **vfio_devices;  /* names in dev/vfio/devices, which come with iommufd: "vfio0" */
};

/* sys/kernel/iommu_groups and sys/class/iommu; the folders exist on a host whose IOMMU is off. */
int iommu_read(int root_fd, const struct devices *devices, struct iommu *ret);
void iommu_done(struct iommu *iommu);
/* Adds what the text of a group's reserved_regions says, which it overwrites: "0xstart 0xend type" a line. -ENOMEM. */
int reserved_regions_parse(char *text, struct iommu_group *group);
const struct iommu_group *iommu_find(const struct iommu *iommu, int id);
/* On = there are groups, or units at work. */
bool iommu_is_on(const struct iommu *iommu);
/* Is DMA of the host's own drivers translated (default domain DMA, DMA-FQ), or 1:1 (identity)? Unknown for other types. */
enum truth iommu_group_translates(const struct iommu_group *group);
/* A region of type "direct" locks the group to the host; NULL where there is none. */
const struct reserved_region *iommu_group_locked(const struct iommu_group *group);
