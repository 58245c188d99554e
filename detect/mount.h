/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts in every mount namespace that can be read, and swap (proc_pid_mountinfo(5), proc_swaps(5)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "detect/block.h"

struct mount {
	char *source;   /* /dev/nvme0n1p2, or the pool, or "none" */
	char *target;
	char *fs_type;
	char *number;   /* major:minor; "0:0" where the table gives none */
	char *evidence; /* the file it was read from, "proc/self/mountinfo" */
	bool is_swap;
	char **blocks;  /* names of the block devices below: one, or all members of a btrfs; none for a file system without */
};

struct mounts {
	struct mount *list;
	size_t n;
	bool namespaces_known;  /* every process's mounts could be read */
	bool root_traced;       /* the block device below "/" is known, or "/" has none (tmpfs, nfs, overlay) */
};

/* Needs the block devices, to resolve sources. Only mounts that stand on a block device, or may (ZFS), are kept. */
int mounts_read(int root_fd, const struct blocks *blocks, struct mounts *ret);
/* Adds the lines of one table, /proc/swaps or one of mounts; `path` is what the evidence names. -EIO, -ENOMEM. */
int mounts_parse(int root_fd, FILE *file, const char *path, bool is_swap, const struct blocks *blocks, struct mounts *mounts);
void mounts_done(struct mounts *m);
