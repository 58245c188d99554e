/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes: the small files of a sysfs folder, of which any may be missing. */
#pragma once

/* `fd` is the folder. NULL where this kernel or this device has none (new string). */
char *attribute_text(int fd, const char *name);
/* Hexadecimal, with or without 0x; a negative errno where there is none. */
int attribute_hex(int fd, const char *name, unsigned *ret);
/* Decimal; `otherwise` where there is none. */
int attribute_int(int fd, const char *name, int otherwise);
