/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing below a root: a crash leaves the old file or the new one, never half of either. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>

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

/* Extended attributes, the SELinux label among them. A file system without them has nothing to copy. */
static int copy_xattrs(int from, int to)
{
	char names[8192], value[65536];
	ssize_t n, size;

	n = flistxattr(from, names, sizeof(names));
	if (n < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (char *name = names; name < names + n; name += strlen(name) + 1) {
		size = fgetxattr(from, name, value, sizeof(value));
		if (size < 0)
			return -errno;
		if (fsetxattr(to, name, value, (size_t)size, 0) < 0)
			return -errno;
	}
	return 0;
}

static int keep_attributes(int dir_fd, const char *name, int to, mode_t mode, bool force_mode)
{
	_cleanup_close_ int old = -1;
	struct stat st;

	old = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (old < 0 && errno != ENOENT)
		return -errno;
	if (old < 0)
		return fchmod(to, mode) < 0 ? -errno : 0;
	if (fstat(old, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (fchown(to, st.st_uid, st.st_gid) < 0)
		return -errno;
	if (fchmod(to, force_mode ? mode : st.st_mode & 07777) < 0)
		return -errno;
	return copy_xattrs(old, to);
}

static int write_temporary(int dir_fd, const char *temporary, const char *name, const void *data, size_t size, mode_t mode,
			   bool force_mode)
{
	_cleanup_close_ int fd = -1;
	int r;

	fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, data, size);
	if (r < 0)
		return r;
	r = keep_attributes(dir_fd, name, fd, mode, force_mode);
	if (r < 0)
		return r;
	if (fsync(fd) < 0)
		return -errno;
	return 0;
}

int fs_write(int root_fd, const char *path, const void *data, size_t size, mode_t mode, bool force_mode)
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
	r = write_temporary(dir_fd, temporary, name, data, size, mode, force_mode);
	if (r >= 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir_fd, temporary, 0);
		return r;
	}
	return fsync(dir_fd) < 0 ? -errno : 0;
}

int file_write(const char *path, const void *data, size_t size, mode_t mode)
{
	_cleanup_free_ char *folder = NULL;
	_cleanup_close_ int dir_fd = -1;
	const char *name = str_base(path);

	/* The folder is opened as the user named it; below it there is only the file. */
	folder = name == path ? strdup(".") : strndup(path, (size_t)(name - path));
	if (!folder)
		return -ENOMEM;
	dir_fd = root_open(folder);
	if (dir_fd < 0)
		return dir_fd;
	return fs_write(dir_fd, name, data, size, mode, false);
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
	return fsync(dir_fd) < 0 ? -errno : 0;
}

void fs_remove_leftover(int root_fd, const char *path)
{
	_cleanup_close_ int dir_fd = -1;
	char temporary[NAME_MAX + 1];
	const char *name;

	dir_fd = open_parent(root_fd, path, &name);
	if (dir_fd >= 0 && temporary_name(name, temporary) >= 0)
		unlinkat(dir_fd, temporary, 0);
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
	return fsync(dir_fd) < 0 ? -errno : 0;
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
	return fsync(dir_fd) < 0 ? -errno : 0;
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
