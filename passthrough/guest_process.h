/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of a running guest, as libvirt notes it (src/util/virpidfile.c). */
#pragma once

#include <stdbool.h>

/* Its number as text (new string). -ENOENT where it does not run, or is of another libvirt than the system's. */
int guest_process(int root_fd, const char *guest, char **ret_pid);
/* Has the process this node open, such as /dev/vfio/12? */
bool process_has_open(int root_fd, const char *pid, const char *node);
