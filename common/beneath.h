/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Beneath: opening a path inside a folder, which no link and no ".." leads out of. */
#pragma once

/*
 * Opens path as if root_fd were "/": absolute links and ".." end there. Links of procfs that lead anywhere are -ELOOP.
 * O_CLOEXEC is added. A descriptor, or a negative errno.
 */
int beneath_open(int root_fd, const char *path, int flags);
/* The same step by step, for a kernel without openat2(2); here for its test. */
int beneath_walk(int root_fd, const char *path, int flags);
