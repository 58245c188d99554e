/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Beneath: opening a path inside a folder, which no link and no ".." leads out of. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/beneath.h"
#include "common/cleanup.h"
#include "common/text.h"

#define LINKS_MAX 40  /* as the kernel, path_resolution(7) */
#define DEPTH_MAX 128 /* folders on the way, each of them open */
#define PROC_SUPER_MAGIC 0x9fa0

/* Where a walk stands: the folders from the root down, and what is left of the path. */
struct walk {
	int root_fd; /* borrowed */
	int folders[DEPTH_MAX];
	size_t depth;
	unsigned links;
	bool wants_folder; /* a '/' stands at the end */
	char rest[PATH_MAX];
};

static void walk_done(struct walk *w)
{
	while (w->depth)
		close(w->folders[--w->depth]);
}

static int walk_folder(const struct walk *w)
{
	return w->depth ? w->folders[w->depth - 1] : w->root_fd;
}

/* Cuts the first part off the rest. 1: here it is; 0: there is none. */
static int walk_next(struct walk *w, char part[NAME_MAX + 1], bool *ret_last)
{
	char *at = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(at, "/");

	if (!n)
		return 0;
	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(part, at, n);
	part[n] = '\0';
	*ret_last = !at[n];
	w->wants_folder = at[n] && !at[n + strspn(at + n, "/")];
	memmove(w->rest, at + n, strlen(at + n) + 1);
	return 1;
}

/* proc's links into other processes lead wherever they like; its ordinary ones (self, mounts) are relative names. */
static bool link_is_magic(int fd, const char *target)
{
	struct statfs fs;

	return (target[0] == '/' || strchr(target, ':')) && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* 1: it was a link, and its text now stands before the rest; 0: it is none. */
static int walk_link(struct walk *w, int fd)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
	size_t length = strlen(w->rest);

	if (n < 0)
		return 0;
	target[n] = '\0';
	if (++w->links > LINKS_MAX || link_is_magic(fd, target))
		return -ELOOP;
	if ((size_t)n + length + 1 > sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + n, w->rest, length + 1);
	memcpy(w->rest, target, (size_t)n);
	if (*target == '/')
		walk_done(w);
	return 1;
}

/* Goes into one part of the path, whatever it is. */
static int walk_into(struct walk *w, const char *part)
{
	_cleanup_close_ int fd = openat(walk_folder(w), part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = walk_link(w, fd);
	if (r)
		return r < 0 ? r : 0;
	if (w->depth == DEPTH_MAX)
		return -ENAMETOOLONG;
	w->folders[w->depth++] = TAKE_FD(fd);
	return 0;
}

/* The place where the path ended at a folder, or at a file that only its name is wanted of. */
static int walk_end(const struct walk *w, int flags)
{
	int fd;

	if (w->depth && (flags & O_PATH) && !(flags & O_DIRECTORY) && !w->wants_folder)
		fd = fcntl(walk_folder(w), F_DUPFD_CLOEXEC, 0);
	else
		fd = openat(walk_folder(w), ".", flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The last part of the path. 1: it is a link to follow, or a folder to end in. */
static int walk_last(const struct walk *w, const char *part, int flags, int *ret_fd)
{
	/* With O_PATH a link would be opened itself, which is right only where it was asked for. */
	if ((flags & O_PATH) && !(flags & O_NOFOLLOW))
		return 1;
	*ret_fd = openat(walk_folder(w), part, flags | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd >= 0)
		return 0;
	return !(flags & O_NOFOLLOW) && (errno == ELOOP || errno == ENOTDIR) ? 1 : -errno;
}

int beneath_walk(int root_fd, const char *path, int flags)
{
	__attribute__((cleanup(walk_done))) struct walk w;
	char part[NAME_MAX + 1];
	bool last;
	int fd, r;

	w.root_fd = root_fd;
	w.depth = 0;
	w.links = 0;
	w.wants_folder = false;
	if (strlen(path) >= sizeof(w.rest))
		return -ENAMETOOLONG;
	memcpy(w.rest, path, strlen(path) + 1);
	while ((r = walk_next(&w, part, &last)) > 0) {
		bool is_up = str_eq(part, "..");

		if (str_eq(part, ".") || (is_up && !w.depth))
			continue;
		if (is_up) {
			close(w.folders[--w.depth]);
			continue;
		}
		r = last ? walk_last(&w, part, flags, &fd) : 1;
		if (r == 0)
			return fd;
		if (r > 0)
			r = walk_into(&w, part);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : walk_end(&w, flags);
}

static int open_in_root(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd < 0 ? -errno : (int)fd;
}

/* A name in this very folder: nothing to resolve, unless it is a link. */
static int open_name(int folder_fd, const char *name, int flags)
{
	int fd;

	/* With O_PATH alone the link itself would be opened. */
	if (strchr(name, '/') || str_eq(name, "..") || ((flags & O_PATH) && !(flags & (O_NOFOLLOW | O_DIRECTORY))))
		return -ELOOP;
	do
		fd = openat(folder_fd, name, flags | O_NOFOLLOW | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int beneath_open(int root_fd, const char *path, int flags)
{
	int fd;

	if (!*path)
		path = ".";
	fd = open_name(root_fd, path, flags);
	/* A link is ENOTDIR where a folder is wanted. */
	if (fd != -ELOOP && fd != -ENOTDIR)
		return fd;
	fd = open_in_root(root_fd, path, flags);
	return fd == -ENOSYS ? beneath_walk(root_fd, path, flags) : fd; /* before Linux 5.6 */
}
