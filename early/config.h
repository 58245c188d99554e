/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space: where a device keeps its PCIe Device Serial Number (PCIe 7.9.3). */
#pragma once

#include <stdint.h>

/* 0 with the number, or with 0 where the device has none; -ENODATA where the extended space cannot be read. */
int config_read_serial(int fd, uint64_t *ret);
