/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding now: a device changes its driver through driver_override (Documentation/ABI/testing/sysfs-bus-pci). */
#pragma once

#include <stdbool.h>

#include "detect/device.h"

#define VFIO_DRIVER "vfio-pci"

/*
 * Binds the device to `driver` with driver_override set to it; NULL: clears the override, and lets the host's own driver
 * have the device, also where vfio-pci would have it by its ids. Verified by the driver link. On failure the device gets
 * back the driver and the override that it had, what went wrong is said, and the result is negative: -EIO where the way
 * back failed, too.
 */
int device_set_driver(int root_fd, const char *address, const char *driver);
/*
 * Puts a device back to a driver (NULL: none) and a driver_override (NULL: unset) that it had, whatever it has now. Says what went
 * wrong.
 */
int device_restore_driver(int root_fd, const char *address, const char *driver, const char *override);
/* Would a driver of the host take the device when vfio-pci lets go of it? */
bool device_has_host_driver(int root_fd, const char *address);
/* The driver that has the device now; NULL in *ret: none. */
int device_get_driver(int root_fd, const char *address, char **ret);
/*
 * libvirt gives a managed device back a moment after the guest has lost it: waits a few seconds for vfio-pci to let
 * go. 1: it has, or the device has left the host; 0: it has not.
 */
int device_wait_for_return(int root_fd, const char *address);
/* Is it in the host at all? Hot-plugged ones come and go. */
bool device_is_there(int root_fd, const char *address);
/* Notes in /run what is known of the device, so that its serial is known while vfio-pci has it. */
int device_note_seen(int root_fd, const struct device *d);
