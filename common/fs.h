/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below a root: every path is resolved inside the directory of root_fd, links included, and never leaves it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "common/attributes.h"

/* An O_PATH descriptor of the root directory, or a negative errno. */
int root_open(const char *directory);

/* Paths are printf formats, relative to root_fd (a leading '/' means the same). All return a negative errno on failure. */
int fs_open(int root_fd, int flags, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The whole file (at most 64 MiB, else -EFBIG), with a NUL behind it that *ret_size does not count. ret_size may be NULL. */
int fs_read(int root_fd, char **ret, size_t *ret_size, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* A file that the user named on the command line: below no root. */
int file_read(const char *path, char **ret);
/*
 * The same for a large list of which little is wanted: mapped for good, with a NUL behind it. Only for what is replaced by
 * rename: a file that is cut short meanwhile would end the program.
 */
int file_map(const char *path, const char **ret);
/* A file that the user names, for writing, as fs_write() does it; a new file has this mode. */
int file_write(const char *path, const void *data, size_t size, mode_t mode);
/* The same for a file that must be new: -EEXIST where anything has the name. */
int file_create(const char *path, const void *data, size_t size, mode_t mode);
/* A small attribute (at most 4095 bytes), white space cut off both ends. */
int fs_read_line(int root_fd, char **ret, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same into a buffer, cut off where that ends; *ret points into it. For the many: neither format nor heap. */
int fs_read_into(int root_fd, const char *path, char *buffer, size_t size, char **ret);
/* The text of a link, and the last part of it. */
int fs_read_link(int root_fd, char **ret, const char *format, ...) __attribute__((format(printf, 3, 4)));
int fs_read_link_base(int root_fd, char **ret, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool fs_exists(int root_fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
int fs_stat(int root_fd, struct stat *ret, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The names in a directory, sorted, without those that begin with a dot. */
int dir_list(int root_fd, char ***ret, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*
 * Replaces or makes a file so that a crash leaves the old content or the new: temporary file, fsync, rename, fsync of
 * the folder. Owner, mode, xattrs and the SELinux label of an existing file are kept (`mode` is used for a new one, and
 * wherever `force_mode` says so). The folder must exist. A link at the path is refused with -ELOOP.
 */
int fs_write(int root_fd, const char *path, const void *data, size_t size, mode_t mode, bool force_mode);
/* The same for a file that was there once: mode, owner and xattrs are these, unless there is a file again. */
int fs_restore(int root_fd, const char *path, const void *data, size_t size, const struct attributes *attributes);
/* Makes sure that what stands at the path now, or that nothing does, is on the disk. */
int fs_sync(int root_fd, const char *path);
/* Mode, owner and xattrs of a regular file; a link at the path is -ELOOP. */
int fs_attributes(int root_fd, const char *path, struct attributes *ret);
/*
 * Where the file really is: follows the links that the last part of the path is, inside the root. A new string, the path
 * itself where it is no link or nothing is there; -ELOOP: the link leads to no regular file.
 */
int fs_resolve(int root_fd, const char *path, char **ret);
/* Removes a file, and a temporary that a crash left beside it; the folder is synced. -ENOENT is passed on. */
int fs_remove(int root_fd, const char *path);
/* Removes what a crash inside fs_write() leaves; that there is nothing is fine. */
int fs_remove_leftover(int root_fd, const char *path);
/* Makes one directory (0755), or removes it when empty; the parent is synced. */
int fs_mkdir(int root_fd, const char *path);
int fs_rmdir(int root_fd, const char *path);
/* Makes a directory and its parents; existing ones are fine. */
int fs_mkdir_all(int root_fd, const char *path);
/* Writes to an existing kernel attribute in one write(2). */
int fs_poke(int root_fd, const char *value, const char *format, ...) __attribute__((format(printf, 3, 4)));
