/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel files below a root, read into the caller's buffers. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "common/cleanup.h"
#include "early/sysfs.h"

static int format_path(char path[PATH_MAX], const char *format, va_list ap)
{
	int n = vsnprintf(path, PATH_MAX, format, ap);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

#define FORMAT_PATH(path, format)                          \
	do {                                               \
		va_list ap_;                               \
		int r_;                                    \
		va_start(ap_, format);                     \
		r_ = format_path(path, format, ap_);       \
		va_end(ap_);                               \
		if (r_ < 0)                                \
			return r_;                         \
	} while (0)

static int open_path(int root_fd, const char *path, int flags)
{
	int fd = openat(root_fd, path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int node_open(int root_fd, int flags, const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format);
	return open_path(root_fd, path, flags);
}

/* The kernel gives an attribute in one piece, and a table in pieces of its own choice. */
enum pieces { ONE, MANY };

static int read_path(int root_fd, const char *path, enum pieces pieces, char *to, size_t size)
{
	_cleanup_close_ int fd = -1;
	size_t got = 0;
	ssize_t n;

	fd = open_path(root_fd, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	for (;;) {
		n = read(fd, to + got, size - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
		if (got == size)
			return -E2BIG;
		if (pieces == ONE)
			break;
	}
	to[got] = '\0';
	return (int)got;
}

int table_read(int root_fd, char *to, size_t size, const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format);
	return read_path(root_fd, path, MANY, to, size);
}

int attribute_read(int root_fd, char *to, size_t size, const char *format, ...)
{
	char path[PATH_MAX], *start = to, *end;
	int r;

	FORMAT_PATH(path, format);
	r = read_path(root_fd, path, ONE, to, size);
	if (r < 0)
		return r;
	end = to + strlen(to);
	while (end > start && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*start))
		start++;
	memmove(to, start, (size_t)(end - start) + 1);
	return 0;
}

static int read_link(int root_fd, const char *path, char *to, size_t size)
{
	ssize_t n = readlinkat(root_fd, path, to, size);

	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -E2BIG;
	to[n] = '\0';
	return 0;
}

int link_read(int root_fd, char *to, size_t size, const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format);
	return read_link(root_fd, path, to, size);
}

int link_read_base(int root_fd, char *to, size_t size, const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX], *slash, *base;
	int r;

	FORMAT_PATH(path, format);
	r = read_link(root_fd, path, target, sizeof(target));
	if (r < 0)
		return r;
	slash = strrchr(target, '/');
	base = slash ? slash + 1 : target;
	if (strlen(base) >= size)
		return -E2BIG;
	strcpy(to, base);
	return 0;
}

int folder_open(int root_fd, DIR **ret, const char *format, ...)
{
	char path[PATH_MAX];
	DIR *folder;
	int fd, r;

	FORMAT_PATH(path, format);
	fd = open_path(root_fd, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	folder = fdopendir(fd);
	if (!folder) {
		r = -errno;
		close(fd);
		return r;
	}
	*ret = folder;
	return 0;
}

const char *folder_next(DIR *folder)
{
	struct dirent *entry;

	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			return entry->d_name;
	return NULL;
}
