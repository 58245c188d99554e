/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Place: the chain of bridges from the root bus down to a function. */
#pragma once

#include "detect/device.h"

/* Fills sysfs, path and parent from the link in sys/bus/pci/devices, ../../../devices/pci0000:00/... -ENOMEM. */
int place_parse(const char *link, struct device *d);
