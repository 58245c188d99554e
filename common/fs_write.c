/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing below a root: a crash leaves the old file or the new one, never half of either. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "common/attributes.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"

/* The folder of a path, opened for *at() calls, and the last part of the path. */
static int open_parent(int root_fd, const char *path, const char **ret_name)
{
	const char *name = str_base(path);

	if (!*name || str_eq(name, ".") || str_eq(name, ".."))
		return -EINVAL;
	*ret_name = name;
	return fs_open(root_fd, O_RDONLY | O_DIRECTORY, "%.*s", (int)(name - path), path);
}

/* Begins with a dot, so no *.cfg or *.conf glob and no run-parts picks it up. */
static int temporary_name(const char *name, char ret[NAME_MAX + 1])
{
	int n = snprintf(ret, NAME_MAX + 1, ".%s.slipway-new", name);

	return n < 0 || n > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* A network file system may be interrupted where a local one is not. */
static int open_retry(int dir_fd, const char *name, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(dir_fd, name, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static int sync_fd(int fd)
{
	int r;

	do
		r = fsync(fd);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A file that is there keeps what it has beside its content, and so does its replacement. */
static int keep_attributes(int dir_fd, const char *name, int to, const struct attributes *fresh, bool force_mode)
{
	_cleanup_(attributes_done) struct attributes kept = {};
	_cleanup_close_ int old = -1;
	int r;

	old = open_retry(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (old == -ENOENT)
		return attributes_set(to, fresh);
	if (old < 0)
		return old;
	r = attributes_read(old, &kept);
	if (r < 0)
		return r;
	if (force_mode)
		kept.mode = fresh->mode;
	return attributes_set(to, &kept);
}

static int write_temporary(int dir_fd, const char *temporary, const char *name, const void *data, size_t size,
			   const struct attributes *fresh, bool force_mode)
{
	_cleanup_close_ int fd = -1;
	int r;

	fd = open_retry(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fd;
	r = write_all(fd, data, size);
	if (r >= 0)
		r = keep_attributes(dir_fd, name, fd, fresh, force_mode);
	return r < 0 ? r : sync_fd(fd);
}

static int replace(int root_fd, const char *path, const void *data, size_t size, const struct attributes *fresh, bool force_mode)
{
	_cleanup_close_ int dir_fd = -1;
	char temporary[NAME_MAX + 1];
	const char *name;
	int r;

	dir_fd = open_parent(root_fd, path, &name);
	if (dir_fd < 0)
		return dir_fd;
	r = temporary_name(name, temporary);
	if (r < 0)
		return r;
	if (unlinkat(dir_fd, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	r = write_temporary(dir_fd, temporary, name, data, size, fresh, force_mode);
	if (r >= 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir_fd, temporary, 0);
		return r;
	}
	return sync_fd(dir_fd);
}

int fs_write(int root_fd, const char *path, const void *data, size_t size, mode_t mode, bool force_mode)
{
	const struct attributes fresh = { .mode = mode, .uid = (uid_t)-1, .gid = (gid_t)-1 };

	return replace(root_fd, path, data, size, &fresh, force_mode);
}

int fs_restore(int root_fd, const char *path, const void *data, size_t size, const struct attributes *attributes)
{
	return replace(root_fd, path, data, size, attributes, false);
}

int fs_sync(int root_fd, const char *path)
{
	_cleanup_close_ int dir_fd = -1, fd = -1;
	const char *name;
	int r;

	dir_fd = open_parent(root_fd, path, &name);
	if (dir_fd < 0)
		return dir_fd == -ENOENT ? 0 : dir_fd;
	fd = open_retry(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (fd < 0 && fd != -ENOENT)
		return fd;
	r = fd < 0 ? 0 : sync_fd(fd);
	return r < 0 ? r : sync_fd(dir_fd);
}

/* The folder is opened as the user named it; below it there is only the file. */
static int open_named_parent(const char *path)
{
	const char *name = str_base(path);
	_cleanup_free_ char *folder = name == path ? strdup(".") : strndup(path, (size_t)(name - path));

	return folder ? root_open(folder) : -ENOMEM;
}

int file_write(const char *path, const void *data, size_t size, mode_t mode)
{
	_cleanup_close_ int dir_fd = open_named_parent(path);

	return dir_fd < 0 ? dir_fd : fs_write(dir_fd, str_base(path), data, size, mode, false);
}

int file_create(const char *path, const void *data, size_t size, mode_t mode)
{
	const struct attributes fresh = { .mode = mode, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	_cleanup_close_ int above_fd = open_named_parent(path), dir_fd = -1;
	char temporary[NAME_MAX + 1];
	const char *name;
	int r;

	if (above_fd < 0)
		return above_fd;
	dir_fd = open_parent(above_fd, str_base(path), &name);
	if (dir_fd < 0)
		return dir_fd;
	r = temporary_name(name, temporary);
	if (r < 0)
		return r;
	if (unlinkat(dir_fd, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	r = write_temporary(dir_fd, temporary, temporary, data, size, &fresh, true);
	/* A link takes no name that is taken. */
	if (r >= 0 && linkat(dir_fd, temporary, dir_fd, name, 0) < 0)
		r = -errno;
	unlinkat(dir_fd, temporary, 0);
	return r < 0 ? r : sync_fd(dir_fd);
}

int fs_remove(int root_fd, const char *path)
{
	_cleanup_close_ int dir_fd = -1;
	const char *name;

	dir_fd = open_parent(root_fd, path, &name);
	if (dir_fd < 0)
		return dir_fd;
	if (unlinkat(dir_fd, name, 0) < 0)
		return -errno;
	return sync_fd(dir_fd);
}

int fs_remove_leftover(int root_fd, const char *path)
{
	_cleanup_close_ int dir_fd = -1;
	char temporary[NAME_MAX + 1];
	const char *name;

	dir_fd = open_parent(root_fd, path, &name);
	if (dir_fd < 0)
		return dir_fd == -ENOENT ? 0 : dir_fd;
	/* A name too long for a temporary beside it was never written. */
	if (temporary_name(name, temporary) < 0)
		return 0;
	return unlinkat(dir_fd, temporary, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int fs_mkdir(int root_fd, const char *path)
{
	_cleanup_close_ int dir_fd = -1;
	const char *name;

	dir_fd = open_parent(root_fd, path, &name);
	if (dir_fd < 0)
		return dir_fd;
	if (mkdirat(dir_fd, name, 0755) < 0)
		return -errno;
	/* Whatever the umask is: a program that is not root's may have to look into it. */
	if (fchmodat(dir_fd, name, 0755, 0) < 0)
		return -errno;
	return sync_fd(dir_fd);
}

int fs_rmdir(int root_fd, const char *path)
{
	_cleanup_close_ int dir_fd = -1;
	const char *name;

	dir_fd = open_parent(root_fd, path, &name);
	if (dir_fd < 0)
		return dir_fd;
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0)
		return -errno;
	return sync_fd(dir_fd);
}

int fs_mkdir_all(int root_fd, const char *path)
{
	char prefix[PATH_MAX];
	size_t n = strlen(path);
	int r;

	if (n >= sizeof(prefix))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(prefix, path, i);
		prefix[i] = '\0';
		if (fs_exists(root_fd, "%s", prefix))
			continue;
		r = fs_mkdir(root_fd, prefix);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}
