/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space: read as far as the capabilities lie, since each four bytes cost the hardware a cycle of its bus. */
#pragma once

#include <stddef.h>

#define CONFIG_HEADER_SIZE 64 /* what a user gets */
#define CONFIG_PCI_SIZE 256   /* conventional PCI */
#define CONFIG_SIZE 4096      /* PCI Express */
/* Of an extended capability, no more than this is read; those that are looked into are shorter. */
#define CONFIG_CAPABILITY_SIZE 64

/*
 * Fills `ret` from the file "config" of a device's sysfs folder: the first 256 bytes, then each extended capability of
 * the chain (PCIe 7.6.3), and zeros between them. The size of the space, as far as it may be read: 4096, 256, 64 or
 * less; 0 where it may not.
 */
size_t config_read(int device_fd, unsigned char ret[CONFIG_SIZE]);
