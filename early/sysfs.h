/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel files below a root, read into the caller's buffers: the early binder allocates nothing that it would have to find room for. */
#pragma once

#include <dirent.h>
#include <stddef.h>

/* Paths are printf formats, relative to root_fd. All return a negative errno on failure, -E2BIG where the buffer is too small. */

/* A whole file, with a NUL behind it: its size. */
int table_read(int root_fd, char *to, size_t size, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* An attribute, white space cut off both ends: 0. */
int attribute_read(int root_fd, char *to, size_t size, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The text of a link, and the last part of it: 0. */
int link_read(int root_fd, char *to, size_t size, const char *format, ...) __attribute__((format(printf, 4, 5)));
int link_read_base(int root_fd, char *to, size_t size, const char *format, ...) __attribute__((format(printf, 4, 5)));
int node_open(int root_fd, int flags, const char *format, ...) __attribute__((format(printf, 3, 4)));
int folder_open(int root_fd, DIR **ret, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The next name without a dot in front, or NULL. */
const char *folder_next(DIR *folder);

/*
 * One write(2) to an existing attribute. It stands alone in attribute.c, since it is all that the binder does to a
 * device: a test that brings its own is the kernel.
 */
int attribute_write(int root_fd, const char *path, const char *value);
