/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layout: functions of one slot of the host sit in one slot of the guest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/device.h"

struct layout {
	const struct device *device; /* borrowed */
	size_t slot;            /* devices with the same number share a slot of the guest; counted from 0 */
	unsigned function;      /* there */
	bool is_multifunction;  /* function 0 of several: it says of the others that they are there */
	bool is_shared;         /* there are others in the slot */
};

/*
 * The layout of these devices, in the order of their addresses: ret has room for n. A function keeps its number; where
 * function 0 was not asked for they are counted anew from 0, without which a guest does not look for the others (PCI Local Bus
 * Specification 3.0, 3.2.2.3.4). VFs are made to be given away one by one, and stand alone, as all do with `apart`.
 * Returns the number of slots.
 */
size_t layout_make(struct device *const *devices, size_t n, bool apart, struct layout *ret);
