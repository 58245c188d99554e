/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which names of slots (sys/bus/pci/slots) say where a device is: asked when it is recorded, and by the early binder. */
#pragma once

#include <stdbool.h>
#include <string.h>

/* "0-2": the kernel made a name unique that the firmware gave twice, so it changes with the number of cards. */
static inline bool slot_name_is_stable(const char *name)
{
	const char *dash = strrchr(name, '-');

	return !dash || dash[1 + strspn(dash + 1, "0123456789")];
}
