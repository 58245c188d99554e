/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PCI itself knows of a device, as JSON: its way to the root, link, interrupts, memory, resets. */
#pragma once

#include "common/json_writer.h"
#include "detect/device.h"

/* Writes the members into the device's object. What is not known is null, and not false or 0. */
void pci_to_json(struct json_writer *o, const struct devices *devices, const struct device *d);
