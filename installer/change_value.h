/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the kernel: what a file below /proc/sys or /sys says now. */
#pragma once

#include <stdbool.h>

#include "installer/plan.h"

/*
 * The value of a path below proc/sys or sys (new string): of a choice such as "always [madvise] never" the chosen word, and
 * blanks are one. -ENOENT: this kernel has none, or what it belongs to is not there.
 */
int kernel_value_read(int root_fd, const char *path, char **ret);
/*
 * Plans that the value is this, now; a reboot takes that away. Nothing where it is so, or where there is no such file. 1:
 * something was added, 0: not; -errno after it has been said why the value cannot be read.
 */
int plan_want_value(struct plan *p, int root_fd, const char *path, const char *value, const char *summary);
