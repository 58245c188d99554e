/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vfio driver of a device: vfio-pci, or a variant of it that knows the device (live migration, coherent memory). */
#pragma once

#include "detect/device.h"

/*
 * Fills vfio_driver of all but bridges: the modalias with its leading "pci:" replaced by "vfio_pci:" is looked up in the
 * aliases of the modules in lib/modules/RELEASE. NULL stays where there are none to look in, or no release. -ENOMEM.
 */
int vfio_drivers_fill(int root_fd, const char *release, struct devices *devices);

/*
 * Adds the modules of this kernel, each once, that would drive a device of this modalias for the host (built-in drivers
 * are none); none without modules.alias.bin, or for a NULL modalias. -ENOMEM.
 */
int host_modules_add(int root_fd, const char *release, const char *modalias, char ***names);
