/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI capabilities, found in configuration space with libpci. */
#pragma once

#include "detect/device.h"

/*
 * Reads the file "config" in the device's sysfs folder (64 bytes for a user, 256 or 4096 for root) once, and looks the
 * capabilities up in it. Never fails: what cannot be read leaves is_complete false.
 */
void capabilities_read(int device_fd, unsigned domain, unsigned bus, unsigned device, unsigned function, struct capabilities *ret);
/* The same from the bytes. */
void capabilities_parse(unsigned char *config, size_t size, unsigned domain, unsigned bus, unsigned device, unsigned function,
			struct capabilities *ret);
