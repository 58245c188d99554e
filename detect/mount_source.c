/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a mount is mounted from: block devices, all members of a btrfs, or a server. */

#include <errno.h>
#include <libmount/libmount.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/mount_parts.h"

/* The table hides the other members of a btrfs: sys/fs/btrfs/UUID/devices has them all. */
static int btrfs_members(int root_fd, const char *member, char ***ret)
{
	_cleanup_(strv_freep) char **filesystems = NULL;

	if (dir_list(root_fd, &filesystems, "sys/fs/btrfs") < 0)
		return 0;
	for (char **fs = filesystems; fs && *fs; fs++) {
		char **devices = NULL;

		if (dir_list(root_fd, &devices, "sys/fs/btrfs/%s/devices", *fs) < 0)
			continue;
		if (strv_contains(devices, member)) {
			strv_free(*ret);
			*ret = devices;
			return 0;
		}
		strv_free(devices);
	}
	return 0;
}

static int add_source(int root_fd, const struct blocks *blocks, const char *source, struct mount *m)
{
	const struct block *b = blocks_find_source(root_fd, blocks, source);

	if (b)
		return strv_add_new(&m->blocks, b->name);
	m->lacks_blocks = true;
	return 0;
}

/* bcachefs names all its disks: /dev/sda:/dev/sdb. */
static int resolve_list(int root_fd, const struct blocks *blocks, struct mount *m)
{
	_cleanup_(strv_freep) char **sources = NULL;
	int r;

	r = strv_split(m->source, ":", &sources);
	for (char **source = sources; source && *source && r >= 0; source++)
		r = add_source(root_fd, blocks, *source, m);
	return r;
}

/* The log and the real-time section of an xfs may lie on devices of their own, and nothing that is written there says so (xfs(5)). */
static int resolve_sections(int root_fd, const struct blocks *blocks, const char *options, struct mount *m)
{
	static const char *const names[] = { "logdev", "rtdev" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names) && r >= 0; i++) {
		_cleanup_free_ char *source = NULL;
		char *value = NULL;
		size_t size = 0;

		if (mnt_optstr_get_option(options, names[i], &value, &size) != 0 || !value)
			continue;
		source = strndup(value, size);
		r = source ? add_source(root_fd, blocks, source, m) : -ENOMEM;
	}
	return r;
}

int mount_resolve(int root_fd, const struct blocks *blocks, const char *options, struct mount *m)
{
	const struct block *b = blocks_find_number(blocks, m->number);
	int r;

	if (str_eq(m->fs_type, "bcachefs"))
		return resolve_list(root_fd, blocks, m);
	/* btrfs and overlayfs have anonymous numbers (0:N): the source says more there. */
	if (!b)
		b = blocks_find_source(root_fd, blocks, m->source);
	if (!b)
		return 0;
	r = strv_add(&m->blocks, b->name);
	if (r >= 0 && str_eq(m->fs_type, "btrfs"))
		r = btrfs_members(root_fd, b->name, &m->blocks);
	if (r >= 0 && options && str_eq(m->fs_type, "xfs"))
		r = resolve_sections(root_fd, blocks, options, m);
	return r;
}

bool mount_is_overlay(const struct mount *m)
{
	static const char *const types[] = { "overlay", "overlayfs", "aufs", "unionfs", NULL };

	return str_is_one_of(m->fs_type, types);
}

bool mount_is_share(const struct mount *m)
{
	static const char *const types[] = { "virtiofs", "9p", NULL };

	return str_is_one_of(m->fs_type, types);
}

bool mount_is_lost(const struct mount *m)
{
	/* A file system in a process has /dev/fuse as its source, or what that process likes; with fuseblk it is a disk. */
	return !m->blocks && !m->is_swap && str_starts(m->source, "/dev/") && !(str_starts(m->fs_type, "fuse") && !str_eq(m->fs_type, "fuseblk"));
}

/* NFS and CIFS say whom they talk to in addr=; CephFS in mon_addr=, or before 5.17 in its source: 192.0.2.1:6789,...:/path; GlusterFS there, too. */
char *mount_find_peer(const char *fs_type, const char *source, const char *options)
{
	static const char *const network[] = { "nfs", "nfs4", "cifs", "smb3", "ceph", "fuse.glusterfs", "lustre", "afs", NULL };
	static const char *const names[] = { "addr", "mon_addr" };
	char *value = NULL;
	size_t size = 0;

	if (str_eq(fs_type, "9p") && options && mnt_optstr_get_option(options, "trans", &value, &size) == 0 && value && size >= 3 &&
	    strncmp(value, "tcp", 3) == 0)
		return strdup(source);
	if (!str_is_one_of(fs_type, network))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (options && mnt_optstr_get_option(options, names[i], &value, &size) == 0 && value)
			return strndup(value, size);
	return strndup(source, strcspn(source, ",/"));
}
