/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below a root: every path is resolved inside the directory of root_fd, links included, and never leaves it. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"

#define READ_MAX (64u << 20)

int root_open(const char *directory)
{
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

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

int fs_open(int root_fd, int flags, const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format);
	return beneath_open(root_fd, path, flags);
}

static int read_all(int fd, char **ret, size_t *ret_size)
{
	_cleanup_free_ char *data = NULL;
	size_t size = 0, allocated = 0;

	for (;;) {
		ssize_t n;

		if (size + 1 >= allocated) {
			char *grown;

			allocated = allocated ? allocated * 2 : 4096;
			if (allocated > READ_MAX)
				return -EFBIG;
			grown = realloc(data, allocated);
			if (!grown)
				return -ENOMEM;
			data = grown;
		}
		n = read(fd, data + size, allocated - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	data[size] = '\0';
	*ret = TAKE(data);
	if (ret_size)
		*ret_size = size;
	return 0;
}

int fs_read(int root_fd, char **ret, size_t *ret_size, const char *format, ...)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	FORMAT_PATH(path, format);
	fd = beneath_open(root_fd, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	return read_all(fd, ret, ret_size);
}

int file_read(const char *path, char **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_all(fd, ret, NULL);
}

int file_map(const char *path, const char **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t size;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > READ_MAX)
		return -EFBIG;
	/* An empty page may stand behind the file: that is where the NUL comes from when the file fills its own to the end. */
	size = (size_t)st.st_size;
	text = mmap(NULL, size + 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (text == MAP_FAILED)
		return -errno;
	if (size && mmap(text, size, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0) == MAP_FAILED) {
		int r = -errno;

		munmap(text, size + 1);
		return r;
	}
	*ret = text;
	return 0;
}

int fs_read_into(int root_fd, const char *path, char *buffer, size_t size, char **ret)
{
	_cleanup_close_ int fd = beneath_open(root_fd, path, O_RDONLY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = read(fd, buffer, size - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	buffer[n] = '\0';
	*ret = str_trim(buffer);
	return 0;
}

int fs_read_line(int root_fd, char **ret, const char *format, ...)
{
	char path[PATH_MAX], buffer[4096], *line = NULL;
	int r;

	FORMAT_PATH(path, format);
	r = fs_read_into(root_fd, path, buffer, sizeof(buffer), &line);
	if (r < 0)
		return r;
	line = line ? strdup(line) : NULL;
	if (!line)
		return -ENOMEM;
	*ret = line;
	return 0;
}

/* The text of the link, or the part of it behind the last '/'. */
static int read_link(int root_fd, const char *path, bool only_base, char **ret)
{
	_cleanup_close_ int fd = -1;
	char target[PATH_MAX], *copy;
	ssize_t n;

	if (*path && !strchr(path, '/')) {
		n = readlinkat(root_fd, path, target, sizeof(target) - 1);
		if (n < 0)
			return -errno;
	} else {
		fd = beneath_open(root_fd, path, O_PATH | O_NOFOLLOW);
		if (fd < 0)
			return fd;
		n = readlinkat(fd, "", target, sizeof(target) - 1);
		if (n < 0)
			return errno == ENOENT ? -EINVAL : -errno; /* readlinkat("") says ENOENT for what is no link */
	}
	target[n] = '\0';
	copy = strdup(only_base ? str_base(target) : target);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int fs_read_link(int root_fd, char **ret, const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format);
	return read_link(root_fd, path, false, ret);
}

int fs_read_link_base(int root_fd, char **ret, const char *format, ...)
{
	char path[PATH_MAX];

	FORMAT_PATH(path, format);
	return read_link(root_fd, path, true, ret);
}

int fs_stat(int root_fd, struct stat *ret, const char *format, ...)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	struct stat st;

	FORMAT_PATH(path, format);
	fd = beneath_open(root_fd, path, O_PATH);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = st;
	return 0;
}

bool fs_exists(int root_fd, const char *format, ...)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	struct stat st;

	FORMAT_PATH(path, format);
	/* In this very folder; only a link must be followed, and that inside the root. */
	if (*path && !strchr(path, '/') && !str_eq(path, "..")) {
		if (fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return false;
		if (!S_ISLNK(st.st_mode))
			return true;
	}
	fd = beneath_open(root_fd, path, O_PATH);
	return fd >= 0;
}

int fs_attributes(int root_fd, const char *path, struct attributes *ret)
{
	_cleanup_close_ int fd = beneath_open(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);

	return fd < 0 ? fd : attributes_read(fd, ret);
}

static int strv_grow(char ***v, size_t n, size_t *allocated)
{
	char **grown;

	if (n + 2 <= *allocated)
		return 0;
	grown = realloc(*v, (*allocated ? *allocated * 2 : 8) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*v = grown;
	*allocated = *allocated ? *allocated * 2 : 8;
	return 0;
}

int dir_list(int root_fd, char ***ret, const char *format, ...)
{
	_cleanup_(strv_freep) char **names = NULL;
	_Alignas(struct dirent64) char buffer[8192]; /* readdir(3) would take 32 KiB from the heap for each folder */
	_cleanup_close_ int fd = -1;
	size_t n = 0, allocated = 0;
	char path[PATH_MAX];
	ssize_t got;

	FORMAT_PATH(path, format);
	fd = beneath_open(root_fd, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	while ((got = getdents64(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t at = 0; at < got;) {
			const struct dirent64 *entry = (const void *)(buffer + at);

			at += entry->d_reclen;
			if (entry->d_name[0] == '.')
				continue;
			if (strv_grow(&names, n, &allocated) < 0)
				return -ENOMEM;
			names[n] = strdup(entry->d_name);
			if (!names[n])
				return -ENOMEM;
			names[++n] = NULL;
		}
	if (got < 0)
		return -errno;
	strv_sort(names);
	*ret = TAKE(names);
	return 0;
}

int fs_poke(int root_fd, const char *value, const char *format, ...)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	ssize_t n;

	FORMAT_PATH(path, format);
	fd = beneath_open(root_fd, path, O_WRONLY);
	if (fd < 0)
		return fd;
	do
		n = write(fd, value, strlen(value));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == strlen(value) ? 0 : -EIO;
}
