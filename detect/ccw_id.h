/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bus ids of s390x's channel subsystem, 0.0.1234. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The n bytes at s are one. */
bool ccw_id_is_at(const char *s, size_t n);
/* The last one in a sysfs path such as ../devices/css0/0.0.0003/0.0.1234/block/dasda, or NULL (new string). */
char *ccw_id_in_path(const char *path);
