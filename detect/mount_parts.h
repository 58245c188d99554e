/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mounts_read() is put together from. 0 or a negative errno each, unless it says otherwise. */
#pragma once

#include "detect/mount.h"

/* What has been read so far, as "NUMBER SOURCE TARGET": the same file systems come back in every namespace. */
struct reading {
	int root_fd;
	const struct blocks *blocks;
	struct mounts *mounts;
	void *seen;
};

/* mount.c: the lines of one table; -ENOENT where there is none. */
int mount_table_read(struct reading *reading, const char *path, bool is_own, bool is_swap);

/* mount_source.c: the block devices below a mount, by its number or source, and for a network file system the server. */
int mount_resolve(int root_fd, const struct blocks *blocks, const char *options, struct mount *m);
char *mount_find_peer(const char *fs_type, const char *source, const char *options);
bool mount_is_overlay(const struct mount *m);
/* It comes from the hypervisor below: claim_share.c. */
bool mount_is_share(const struct mount *m);

/* mount_layers.c: what lies on another mount: swap files, the layers of an overlay, and whether all of that is known for "/". */
int mounts_resolve_swap_files(struct mounts *mounts);
int mounts_trace_root(struct mounts *mounts);

/* mount_namespaces.c: the tables of all other processes, and whether we see all of them. */
int mounts_read_namespaces(struct reading *reading);
int mounts_check_view(int root_fd, struct mounts *mounts);
