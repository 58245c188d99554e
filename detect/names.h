/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of vendors and products, from pci.ids, which is opened when the first one is asked for. */
#pragma once

#include <stddef.h>

#include "detect/device.h"

/* Each writes at most `size` bytes with the NUL and returns `out`; "" where pci.ids knows none. */
char *vendor_name(const struct device *d, char *out, size_t size);
char *device_name(const struct device *d, char *out, size_t size);
/* Never empty: the class in words, or "class 0x......". */
char *class_name(const struct device *d, char *out, size_t size);
/* What it is, in one line: model and serial, or vendor and product, or class and ids. */
void device_describe(const struct device *d, char *out, size_t size);
