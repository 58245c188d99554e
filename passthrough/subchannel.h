/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subchannels of s390x change their driver: io_subchannel is the host's, vfio_ccw is for guests (sys/bus/css, driver_override). */
#pragma once

#include <stdbool.h>

#define SUBCHANNEL_VFIO "vfio_ccw"

/* Loads a module of vfio's where it is not there yet. Says what failed. */
int channel_load(int root_fd, const char *module);
/*
 * Binds the subchannel to `driver` with driver_override set to it; NULL: clears the override, and lets the host's own driver have it. Waits
 * some seconds for the result: the driver, and of the host's also the device below it. Silent; -EBUSY: another driver has it, or none.
 */
int subchannel_set_driver(int root_fd, const char *subchannel, const char *driver);
/* The driver that has it now; NULL in *ret: none. -ENODEV: there is no such subchannel. */
int subchannel_get_driver(int root_fd, const char *subchannel, char **ret);
/* The device below it, which must have a driver to be online: waits some seconds for that. Silent; offline is also what is not there. */
int subchannel_set_online(int root_fd, const char *subchannel, bool online);
