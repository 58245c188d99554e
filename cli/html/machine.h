/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine as boxes: NUMA nodes, root complexes, bridges, IOMMU groups, devices. */
#pragma once

#include "cli/html/box.h"
#include "detect/host.h"

/*
 * Every device of the host is in it once, as BOX_DEVICE or BOX_BRIDGE. A BOX_GROUP is around those that stand under one bridge
 * and whose whole subtree is of one group; a group that is spread over the machine has several. -ENOMEM.
 */
int machine_new(const struct host *host, struct box **ret);
