/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bus ids of s390x's channel subsystem, 0.0.1234. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The n bytes at s are one. */
bool ccw_id_is_at(const char *s, size_t n);
/* Is the device (0.0.1234) in the list "0.0.1000-0.0.1fff,0.0.2000(ro),12ab", which the line ends? A number alone belongs to 0.0. */
bool ccw_list_names(const char *list, const char *id);
/* The same of cio_ignore=, which goes from left to right: "all,!condev,!0.0.1234". `ipl`: the device of this boot, or NULL. */
bool ccw_list_hides(const char *list, const char *id, const char *ipl);
/* The last one in a sysfs path such as ../devices/css0/0.0.0003/0.0.1234/block/dasda, or NULL (new string). */
char *ccw_id_in_path(const char *path);
