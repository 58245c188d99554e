/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts in every mount namespace that can be read, and swap. */

#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/mount.h"

static void mount_done(struct mount *m)
{
	free(m->source);
	free(m->target);
	free(m->fs_type);
	free(m->number);
	free(m->evidence);
	strv_free(m->blocks);
	*m = (struct mount){};
}

void mounts_done(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		mount_done(&m->list[i]);
	free(m->list);
	*m = (struct mounts){};
}

static void unref_tablep(struct libmnt_table **t)
{
	if (*t)
		mnt_unref_table(*t);
}

static void free_iterp(struct libmnt_iter **i)
{
	if (*i)
		mnt_free_iter(*i);
}

static struct mount *mounts_add(struct mounts *m)
{
	struct mount *grown = realloc(m->list, (m->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	m->list = grown;
	m->list[m->n] = (struct mount){};
	return &m->list[m->n++];
}

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

static int resolve(int root_fd, const struct blocks *blocks, struct mount *m)
{
	const struct block *b = blocks_find_number(blocks, m->number);
	int r;

	/* btrfs and overlayfs have anonymous numbers (0:N): the source says more there. */
	if (!b)
		b = blocks_find_source(blocks, m->source);
	if (!b)
		return 0;
	r = strv_add(&m->blocks, b->name);
	if (r >= 0 && str_eq(m->fs_type, "btrfs"))
		r = btrfs_members(root_fd, b->name, &m->blocks);
	return r;
}

static bool seen(const struct mounts *mounts, const char *number, const char *target)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (str_eq(mounts->list[i].number, number) && str_eq(mounts->list[i].target, target))
			return true;
	return false;
}

static bool may_hold_blocks(const char *source, const char *fs_type)
{
	return str_starts(source, "/dev/") || str_eq(fs_type, "zfs") || str_eq(fs_type, "bcachefs");
}

static int mount_add(int root_fd, struct libmnt_fs *fs, const char *evidence, bool is_swap, const struct blocks *blocks,
		     struct mounts *mounts)
{
	const char *source = mnt_fs_get_source(fs), *target = mnt_fs_get_target(fs), *fs_type = mnt_fs_get_fstype(fs);
	_cleanup_free_ char *number = NULL;
	dev_t device = mnt_fs_get_devno(fs);
	struct mount *m;

	if (!source)
		source = "none";
	if (is_swap || !target)
		target = is_swap ? "swap" : "none";
	number = text_format("%u:%u", major(device), minor(device));
	if (!number)
		return -ENOMEM;
	if (!is_swap && !may_hold_blocks(source, fs_type ? fs_type : "") && !blocks_find_number(blocks, number))
		return 0;
	if (!is_swap && seen(mounts, number, target))
		return 0;
	m = mounts_add(mounts);
	if (!m)
		return -ENOMEM;
	m->number = TAKE(number);
	m->source = strdup(source);
	m->target = strdup(target);
	m->fs_type = strdup(is_swap ? "swap" : fs_type ? fs_type : "unknown");
	m->evidence = strdup(evidence);
	m->is_swap = is_swap;
	if (!m->source || !m->target || !m->fs_type || !m->evidence)
		return -ENOMEM;
	return resolve(root_fd, blocks, m);
}

int mounts_parse(int root_fd, FILE *file, const char *path, bool is_swap, const struct blocks *blocks, struct mounts *mounts)
{
	_cleanup_(unref_tablep) struct libmnt_table *table = NULL;
	_cleanup_(free_iterp) struct libmnt_iter *iter = NULL;
	struct libmnt_fs *fs;
	int r;

	table = mnt_new_table();
	iter = mnt_new_iter(MNT_ITER_FORWARD);
	if (!table || !iter)
		return -ENOMEM;
	/* A process may end while its table is read: what came before that counts, and the next one follows. */
	if (mnt_table_parse_stream(table, file, path) < 0)
		return -EIO;
	while (mnt_table_next_fs(table, iter, &fs) == 0) {
		r = mount_add(root_fd, fs, path, is_swap, blocks, mounts);
		if (r < 0)
			return r;
	}
	return 0;
}

static int table_read(int root_fd, const char *path, bool is_swap, const struct blocks *blocks, struct mounts *mounts)
{
	_cleanup_fclose_ FILE *file = NULL;
	int fd;

	fd = fs_open(root_fd, O_RDONLY | O_NONBLOCK, "%s", path);
	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	return mounts_parse(root_fd, file, path, is_swap, blocks, mounts);
}

static bool is_below(const char *path, const char *mount_point)
{
	size_t n = strlen(mount_point);

	return str_starts(path, mount_point) && (path[n] == '/' || str_ends(mount_point, "/"));
}

/* Swap in a file lies on the file system that the longest mount point leads to; its disk cannot be let go either. */
static int resolve_swap_file(struct mounts *mounts, struct mount *swap)
{
	const struct mount *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < mounts->n; i++) {
		const struct mount *m = &mounts->list[i];
		size_t n = strlen(m->target);

		if (m->is_swap || n < longest || !is_below(swap->source, m->target))
			continue;
		best = m;
		longest = n;
	}
	return best ? strv_copy(best->blocks, &swap->blocks) : 0;
}

static int namespaces_read(int root_fd, const struct blocks *blocks, struct mounts *mounts)
{
	_cleanup_(strv_freep) char **names = NULL, **namespaces = NULL;
	int r;

	mounts->namespaces_known = true;
	if (dir_list(root_fd, &names, "proc") < 0)
		return 0;
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *namespace = NULL, *path = NULL;

		if (strspn(*name, "0123456789") != strlen(*name))
			continue;
		r = fs_read_link(root_fd, &namespace, "proc/%s/ns/mnt", *name);
		if (r < 0) {
			/* A process that has ended takes nothing with it; one we may not look into does. */
			if (r == -EACCES || r == -EPERM)
				mounts->namespaces_known = false;
			continue;
		}
		if (strv_contains(namespaces, namespace))
			continue;
		path = text_format("proc/%s/mountinfo", *name);
		if (!path)
			return -ENOMEM;
		r = table_read(root_fd, path, false, blocks, mounts);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			continue; /* another process of the same namespace may still be there */
		r = strv_consume(&namespaces, TAKE(namespace));
		if (r < 0)
			return r;
	}
	return 0;
}

static bool root_is_traced(const struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (str_eq(mounts->list[i].target, "/") && !mounts->list[i].blocks)
			return false;
	return true;
}

int mounts_read(int root_fd, const struct blocks *blocks, struct mounts *ret)
{
	static const char *const tables[] = { "proc/self/mountinfo", "proc/self/mounts", "proc/mounts" };
	_cleanup_(mounts_done) struct mounts mounts = {};
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(tables) && r < 0; i++) {
		r = table_read(root_fd, tables[i], false, blocks, &mounts);
		if (r == -ENOMEM)
			return log_oom();
	}
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot read /proc/self/mountinfo");
	mounts.root_traced = r >= 0 && root_is_traced(&mounts);
	r = namespaces_read(root_fd, blocks, &mounts);
	if (r < 0)
		return log_oom();
	r = table_read(root_fd, "proc/swaps", true, blocks, &mounts);
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot read /proc/swaps");
	for (size_t i = 0; i < mounts.n; i++)
		if (mounts.list[i].is_swap && !mounts.list[i].blocks) {
			r = resolve_swap_file(&mounts, &mounts.list[i]);
			if (r < 0)
				return log_oom();
		}
	*ret = TAKE(mounts);
	return 0;
}
