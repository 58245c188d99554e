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
#include "detect/mount.h"

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

/* bcachefs names all its disks: /dev/sda:/dev/sdb. */
static int resolve_list(int root_fd, const struct blocks *blocks, struct mount *m)
{
	_cleanup_(strv_freep) char **sources = NULL;
	int r;

	r = strv_split(m->source, ":", &sources);
	for (char **source = sources; source && *source && r >= 0; source++) {
		const struct block *b = blocks_find_source(root_fd, blocks, *source);

		if (b)
			r = strv_add(&m->blocks, b->name);
	}
	return r;
}

static int resolve(int root_fd, const struct blocks *blocks, struct mount *m)
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
	return r;
}

static bool is_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(s, *list))
			return true;
	return false;
}

static bool is_overlay(const struct mount *m)
{
	static const char *const types[] = { "overlay", "overlayfs", "aufs", "unionfs", NULL };

	return is_one_of(m->fs_type, types);
}

bool mount_is_lost(const struct mount *m)
{
	/* /dev/fuse is the source of a file system in a process. */
	return !m->blocks && !m->is_swap && str_starts(m->source, "/dev/") && !str_eq(m->source, "/dev/fuse") &&
	       !(str_starts(m->fs_type, "fuse") && !str_eq(m->fs_type, "fuseblk"));
}

/* NFS and CIFS say whom they talk to in addr=; CephFS in mon_addr=, or before 5.17 in its source: 192.0.2.1:6789,...:/path. */
static char *find_peer(const char *fs_type, const char *source, const char *options)
{
	static const char *const network[] = { "nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "lustre", "afs", NULL };
	static const char *const names[] = { "addr", "mon_addr" };
	char *value = NULL;
	size_t size = 0;

	if (!is_one_of(fs_type, network))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (options && mnt_optstr_get_option(options, names[i], &value, &size) == 0 && value)
			return strndup(value, size);
	return strndup(source, strcspn(source, ",/"));
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
		m->peer = find_peer(m->fs_type, m->source, mnt_fs_get_fs_options(fs));
	if (is_overlay(m) && mnt_fs_get_fs_options(fs))
		m->options = strdup(mnt_fs_get_fs_options(fs));
	return resolve(root_fd, blocks, m);
}

static bool is_kept(const struct mount *m)
{
	return m->is_own || m->is_swap || m->blocks || m->peer || mount_is_lost(m) || str_eq(m->fs_type, "zfs") ||
	       str_eq(m->fs_type, "bcachefs");
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* What has been read so far, as "NUMBER TARGET": the same file systems come back in every namespace. */
struct reading {
	int root_fd;
	const struct blocks *blocks;
	struct mounts *mounts;
	void *seen;
};

static void reading_done(struct reading *r)
{
	tdestroy(r->seen, free);
}

/* 1: it is new. */
static int note_seen(struct reading *reading, const struct mount *m)
{
	char *key = text_format("%s %s", m->number, m->target), **found;

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

static int table_read(struct reading *reading, const char *path, bool is_own, bool is_swap)
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

static bool is_below(const char *path, const char *mount_point)
{
	size_t n = strlen(mount_point);

	return str_starts(path, mount_point) && (path[n] == '/' || !path[n] || str_ends(mount_point, "/"));
}

static const struct mount *longest_below(const struct mounts *m, const char *path, bool is_own)
{
	const struct mount *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct mount *candidate = &m->list[i];
		size_t n = strlen(candidate->target);

		if (candidate->is_swap || candidate->is_own != is_own || n < longest || !is_below(path, candidate->target))
			continue;
		best = candidate;
		longest = n;
	}
	return best;
}

const struct mount *mounts_below(const struct mounts *m, const char *path)
{
	const struct mount *own = longest_below(m, path, true);

	return own ? own : longest_below(m, path, false);
}

/* Swap in a file lies on the file system that its mount point leads to; its disk cannot be let go either. */
static int resolve_swap_files(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		struct mount *swap = &mounts->list[i];
		const struct mount *below;

		if (!swap->is_swap || swap->blocks || str_starts(swap->source, "/dev/"))
			continue;
		below = mounts_below(mounts, swap->source);
		if (below && strv_copy(below->blocks, &swap->blocks) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* 1: the layer is known to be on nothing, or on blocks that are now the overlay's, too. */
static int resolve_layer(const struct mounts *mounts, struct mount *overlay, const char *path)
{
	const struct mount *below = mounts_below(mounts, path);

	if (!below || is_overlay(below) || mount_is_lost(below))
		return 0;
	for (char **block = below->blocks; block && *block; block++)
		if (strv_add_new(&overlay->blocks, *block) < 0)
			return -ENOMEM;
	return 1;
}

/* A live system or an image-based one has "/" on layers: overlay's lowerdir=A:B,upperdir=C. 1: each could be followed. */
static int resolve_overlay(const struct mounts *mounts, struct mount *overlay)
{
	static const char *const names[] = { "lowerdir", "upperdir" };
	int followed = 0, r;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(strv_freep) char **layers = NULL;
		_cleanup_free_ char *copy = NULL;
		char *value = NULL;
		size_t size = 0;

		if (!overlay->options || mnt_optstr_get_option(overlay->options, names[i], &value, &size) != 0 || !value)
			continue;
		copy = strndup(value, size);
		if (!copy || strv_split(copy, ":", &layers) < 0)
			return -ENOMEM;
		for (char **layer = layers; layer && *layer; layer++) {
			r = resolve_layer(mounts, overlay, *layer);
			if (r <= 0)
				return r;
			followed = 1;
		}
	}
	return followed;
}

/* "mnt:[4026531841] /": a process in a chroot sees a part of its namespace only, so it does not stand for the whole. */
static int process_key(int root_fd, const char *pid, char **ret)
{
	_cleanup_free_ char *namespace = NULL, *root = NULL;
	int r;

	r = fs_read_link(root_fd, &namespace, "proc/%s/ns/mnt", pid);
	if (r < 0)
		return r;
	if (fs_read_link(root_fd, &root, "proc/%s/root", pid) < 0)
		root = NULL;
	*ret = text_format("%s %s", namespace, root ? root : "/");
	return *ret ? 0 : -ENOMEM;
}

static int lack(struct mounts *mounts, const char *reason)
{
	mounts->namespaces_known = false;
	if (mounts->unknown_reason)
		return 0;
	mounts->unknown_reason = strdup(reason);
	return mounts->unknown_reason ? 0 : -ENOMEM;
}

#define LACK_ROOT "the mounts of other users' processes could not be read; root can"

static int process_read(struct reading *reading, const char *pid, void **namespaces)
{
	char *key = NULL, **found;
	_cleanup_free_ char *path = NULL, *again = NULL;
	int r;

	r = process_key(reading->root_fd, pid, &key);
	/* A process that has ended takes nothing with it; one we may not look into (in a capture: an empty file) does. */
	if (r == -EACCES || r == -EPERM || r == -EINVAL)
		return lack(reading->mounts, LACK_ROOT);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	found = tsearch(key, namespaces, compare_text);
	if (!found || *found != key) {
		free(key);
		return found ? 0 : -ENOMEM;
	}
	path = text_format("proc/%s/mountinfo", pid);
	if (!path)
		return -ENOMEM;
	r = table_read(reading, path, false, false);
	if (r >= 0 || r == -ENOMEM)
		return r;
	/* Another process of the same namespace may still be there to be asked. */
	tdelete(key, namespaces, compare_text);
	free(key);
	r = process_key(reading->root_fd, pid, &again);
	return r < 0 ? (r == -ENOMEM ? r : 0) : lack(reading->mounts, "the mounts of a process could not be read");
}

static int namespaces_read(struct reading *reading)
{
	_cleanup_(strv_freep) char **names = NULL;
	void *namespaces = NULL;
	int r = 0;

	reading->mounts->namespaces_known = true;
	if (dir_list(reading->root_fd, &names, "proc") < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++)
		if (strspn(*name, "0123456789") == strlen(*name))
			r = process_read(reading, *name, &namespaces);
	tdestroy(namespaces, free);
	return r;
}

/*
 * In a container we see its processes only. The first PID namespace has a fixed number (PROC_PID_INIT_INO in
 * include/linux/proc_ns.h), and hidepid= hides even process 1.
 */
static int check_view(int root_fd, struct mounts *mounts)
{
	_cleanup_free_ char *namespace = NULL;

	if (fs_read_link(root_fd, &namespace, "proc/self/ns/pid") >= 0 && !str_eq(namespace, "pid:[4026531836]")) {
		mounts->is_contained = true;
		return lack(mounts, "slipway runs in a container, and does not see the host's processes");
	}
	return fs_exists(root_fd, "proc/1") ? 0 : lack(mounts, LACK_ROOT);
}

static bool is_in_memory(const struct mount *m)
{
	static const char *const types[] = { "tmpfs", "ramfs", "rootfs", NULL };

	return is_one_of(m->fs_type, types);
}

static int trace_root(struct mounts *mounts)
{
	bool found = false;
	int r;

	mounts->root_traced = true;
	for (size_t i = 0; i < mounts->n; i++) {
		struct mount *m = &mounts->list[i];

		if (!m->is_own || !str_eq(m->target, "/"))
			continue;
		found = true;
		r = is_overlay(m) ? resolve_overlay(mounts, m) : m->blocks || m->peer || is_in_memory(m);
		if (r < 0)
			return r;
		if (r == 0)
			mounts->root_traced = false;
	}
	mounts->root_traced = mounts->root_traced && found;
	return 0;
}

static int tables_read(struct reading *reading, bool live)
{
	static const char *const tables[] = { "proc/self/mountinfo", "proc/self/mounts", "proc/mounts" };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(tables) && r < 0 && r != -ENOMEM; i++)
		r = table_read(reading, tables[i], true, false);
	if (r < 0 && r != -ENOENT && r != -ENOMEM)
		return log_errno(r, "cannot read /proc/self/mountinfo");
	if (r >= 0)
		r = trace_root(reading->mounts);
	if (r >= 0 || r == -ENOENT)
		r = namespaces_read(reading);
	if (r >= 0 && live)
		r = check_view(reading->root_fd, reading->mounts);
	if (r < 0)
		return log_oom();
	r = table_read(reading, "proc/swaps", false, true);
	if (r == -ENOMEM)
		return log_oom();
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot read /proc/swaps");
	return resolve_swap_files(reading->mounts) < 0 ? log_oom() : 0;
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
