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
	bool is_own;    /* in the mount namespace that we are in */
	bool is_swap;
	char **blocks;  /* names of the block devices below: one, or all members of a btrfs; of an overlay those of its layers */
	bool lacks_blocks; /* it names a further device that was not found */
	char *peer;     /* address of the server of a network file system, or NULL */
	char *options;  /* of an overlay: where its layers are */
};

struct mounts {
	struct mount *list;     /* all of our own namespace; of the others those on block devices and on the network */
	size_t n;
	bool namespaces_known;  /* every process's mounts could be read */
	bool is_contained;      /* we are in a container, and do not see the host's own processes */
	char *unknown_reason;   /* why not; NULL where known */
	bool root_traced;       /* it is known what is below "/": block devices, a server, or memory */
};

/* Needs the block devices, to resolve sources. `live`: also ask whether our own view of the processes is the whole host's. */
int mounts_read(int root_fd, bool live, const struct blocks *blocks, struct mounts *ret);
/* Adds the lines of one table, /proc/swaps or one of our own mounts; `path` is what the evidence names. -EIO, -ENOMEM. */
int mounts_parse(int root_fd, FILE *file, const char *path, bool is_swap, const struct blocks *blocks, struct mounts *mounts);
void mounts_done(struct mounts *m);
/* The mount that a path lies on: the longest mount point that leads to it, in our own namespace, then elsewhere; NULL: none. */
const struct mount *mounts_below(const struct mounts *m, const char *path);
/* A source that must be a block device, although none was found. */
bool mount_is_lost(const struct mount *m);
