/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots: the names of the places on the board, as firmware or hotplug controllers give them. */
#pragma once

#include "detect/device.h"

/* sys/bus/pci/slots; the devices are sorted. -ENOMEM. */
int slots_fill(int root_fd, struct devices *devices);
