/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses: how PCI functions are called, domain:bus:device.function. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* "0000:05:00.0" or "05:00.0" as numbers; the domain may have up to eight digits (10000:01:00.0 behind Intel VMD). -EINVAL. */
int address_parse(const char *text, unsigned *domain, unsigned *bus, unsigned *device, unsigned *function);
/* The n bytes at s are a whole address with its domain. */
bool address_is(const char *s, size_t n);
/* The last address in a sysfs path such as ../../devices/pci0000:00/0000:00:06.0/0000:05:00.0/nvme/nvme0, or NULL (new string). */
char *address_in_path(const char *path);
