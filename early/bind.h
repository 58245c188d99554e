/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding: a device changes its driver, or keeps the one that it had. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "early/seen.h"

#define VFIO_DRIVER "vfio-pci"

/* Loaded as a module, or built in. */
bool vfio_is_there(int root_fd);
/* Without an IOMMU group vfio-pci takes no device: there is no reason to disturb its driver then. */
bool device_has_group(int root_fd, const char *address);
/*
 * Gives the device to vfio-pci, from the driver that s names or from none, and makes sure by the driver link: 0. On a
 * failure the host's driver has been offered the device again, and `reason` says what failed.
 */
int device_bind(int root_fd, const struct seen *s, char *reason, size_t size);
