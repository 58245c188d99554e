/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sharing: why devices are in one IOMMU group, as far as the bridges tell. */
#pragma once

#include "detect/iommu.h"

enum sharing {
	SHARING_NONE,         /* one endpoint, or none */
	SHARING_FUNCTIONS,    /* functions of one card or chip, which may talk to each other inside it */
	SHARING_CONVENTIONAL, /* a conventional bus: its devices cannot be told apart */
	SHARING_PORT,         /* a port without ACS, or with some of it off */
	SHARING_UNKNOWN,      /* the bridges' extended configuration space was not read: root can */
	SHARING_OTHER,        /* no bridge is to blame: the kernel knows of a quirk, or the IOMMU sees them as one */
};

/* "none", "functions", "conventional-bus", "port", "unknown", "other" */
const char *sharing_name(enum sharing sharing);
/* Of a whole group. Linear in its members. */
enum sharing sharing_of_group(const struct iommu_group *group);
/* Of one device: *cause is the nearest bridge above it that joins the group, or NULL. */
enum sharing sharing_of(const struct devices *devices, const struct iommu_group *group, const struct device *d,
			const struct device **cause);
