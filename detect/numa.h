/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NUMA: the CPUs that are near a device. */
#pragma once

#include "detect/device.h"

/* Fills numa_cpus of the (sorted) devices; each node is read once. -ENOMEM. */
int numa_fill(int root_fd, struct devices *devices);
