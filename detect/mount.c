/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts in every mount namespace that can be read, and swap. */

#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <search.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/mount_parts.h"

static void mount_done(struct mount *m)
{
	free(m->source);
	free(m->target);
	free(m->fs_type);
	free(m->number);
	free(m->evidence);
	free(m->peer);
	free(m->options);
	strv_free(m->blocks);
	*m = (struct mount){};
}

void mounts_done(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++)
		mount_done(&m->list[i]);
	free(m->list);
	free(m->unknown_reason);
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
	if ((m->n & (m->n - 1)) == 0) {
		struct mount *grown = realloc(m->list, (m->n ? 2 * m->n : 1) * sizeof(*grown));

		if (!grown)
			return NULL;
		m->list = grown;
	}
	m->list[m->n] = (struct mount){};
	return &m->list[m->n++];
}

static int mount_fill(int root_fd, struct libmnt_fs *fs, const char *evidence, const struct blocks *blocks, struct mount *m)
{
	const char *source = mnt_fs_get_source(fs), *target = mnt_fs_get_target(fs), *fs_type = mnt_fs_get_fstype(fs);
	dev_t device = mnt_fs_get_devno(fs);

	m->number = text_format("%u:%u", major(device), minor(device));
	m->source = strdup(source ? source : "none");
	m->target = strdup(m->is_swap ? "swap" : target ? target : "none");
	m->fs_type = strdup(m->is_swap ? "swap" : fs_type ? fs_type : "unknown");
	m->evidence = strdup(evidence);
	if (!m->number || !m->source || !m->target || !m->fs_type || !m->evidence)
		return -ENOMEM;
	if (!m->is_swap)
		m->peer = mount_find_peer(m->fs_type, m->source, mnt_fs_get_fs_options(fs));
	if (mount_is_overlay(m) && mnt_fs_get_fs_options(fs))
		m->options = strdup(mnt_fs_get_fs_options(fs));
	return mount_resolve(root_fd, blocks, mnt_fs_get_fs_options(fs), m);
}

static bool is_kept(const struct mount *m)
{
	return m->is_own || m->blocks || m->peer || mount_is_lost(m) || mount_is_share(m) || str_eq(m->fs_type, "zfs");
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void reading_done(struct reading *r)
{
	tdestroy(r->seen, free);
}

/* 1: it is new. In a table without numbers the sources tell two file systems at one mount point apart. */
static int note_seen(struct reading *reading, const struct mount *m)
{
	const char *source = str_eq(m->number, "0:0") ? m->source : "";
	char *key = text_format("%s %s %s", m->number, source, m->target), **found;

	found = key ? tsearch(key, &reading->seen, compare_text) : NULL;
	if (found && *found == key)
		return 1;
	free(key);
	return found ? 0 : -ENOMEM;
}

static int mount_add(struct reading *reading, struct libmnt_fs *fs, const char *evidence, bool is_own, bool is_swap)
{
	struct mounts *mounts = reading->mounts;
	struct mount *m = mounts_add(mounts);
	int r;

	if (!m)
		return -ENOMEM;
	m->is_own = is_own;
	m->is_swap = is_swap;
	r = mount_fill(reading->root_fd, fs, evidence, reading->blocks, m);
	if (r < 0)
		return r;
	r = is_swap ? 1 : is_kept(m) ? note_seen(reading, m) : 0;
	if (r == 0)
		mount_done(&mounts->list[--mounts->n]);
	return r < 0 ? r : 0;
}

static int stream_read(struct reading *reading, FILE *file, const char *path, bool is_own, bool is_swap)
{
	_cleanup_(unref_tablep) struct libmnt_table *table = NULL;
	_cleanup_(free_iterp) struct libmnt_iter *iter = NULL;
	struct libmnt_fs *fs;
	int r;

	table = mnt_new_table();
	iter = mnt_new_iter(MNT_ITER_FORWARD);
	if (!table || !iter)
		return -ENOMEM;
	/* A process may end while its table is read: the next one of its namespace follows. */
	if (mnt_table_parse_stream(table, file, path) < 0)
		return -EIO;
	while (mnt_table_next_fs(table, iter, &fs) == 0) {
		r = mount_add(reading, fs, path, is_own, is_swap);
		if (r < 0)
			return r;
	}
	return 0;
}

int mounts_parse(int root_fd, FILE *file, const char *path, bool is_swap, const struct blocks *blocks, struct mounts *mounts)
{
	_cleanup_(reading_done) struct reading reading = { .root_fd = root_fd, .blocks = blocks, .mounts = mounts };

	return stream_read(&reading, file, path, !is_swap, is_swap);
}

int mount_table_read(struct reading *reading, const char *path, bool is_own, bool is_swap)
{
	_cleanup_fclose_ FILE *file = NULL;
	int fd;

	fd = fs_open(reading->root_fd, O_RDONLY | O_NONBLOCK, "%s", path);
	if (fd < 0)
		return fd;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	return stream_read(reading, file, path, is_own, is_swap);
}

static int tables_read(struct reading *reading, bool live)
{
	static const char *const tables[] = { "proc/self/mountinfo", "proc/self/mounts", "proc/mounts" };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(tables) && r < 0 && r != -ENOMEM; i++)
		r = mount_table_read(reading, tables[i], true, false);
	if (r < 0 && r != -ENOENT && r != -ENOMEM)
		return log_errno(r, "cannot read /proc/self/mountinfo");
	if (r >= 0)
		r = mounts_trace_root(reading->mounts);
	if (r >= 0 || r == -ENOENT)
		r = mounts_read_namespaces(reading);
	if (r >= 0 && live)
		r = mounts_check_view(reading->root_fd, reading->mounts);
	if (r < 0)
		return log_oom();
	r = mount_table_read(reading, "proc/swaps", false, true);
	if (r == -ENOMEM)
		return log_oom();
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot read /proc/swaps");
	return mounts_resolve_swap_files(reading->mounts) < 0 ? log_oom() : 0;
}

int mounts_read(int root_fd, bool live, const struct blocks *blocks, struct mounts *ret)
{
	_cleanup_(mounts_done) struct mounts mounts = {};
	_cleanup_(reading_done) struct reading reading = { .root_fd = root_fd, .blocks = blocks, .mounts = &mounts };
	int r;

	r = tables_read(&reading, live);
	if (r < 0)
		return r;
	*ret = TAKE(mounts);
	return 0;
}
