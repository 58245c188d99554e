/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolving: where a file really is, whose name is a link. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"

#define LINKS_MAX 40 /* as the kernel, path_resolution(7) */

/* Where the link at `path` leads, as a path below the root. NULL when memory runs out. */
static char *follow(const char *path, const char *target)
{
	if (*target == '/')
		return strdup(target + strspn(target, "/"));
	return text_format("%.*s%s", (int)(str_base(path) - path), path, target);
}

/* "a/b/../c" as "a/c": what a person would write. Right only where a/b is no link, so the caller compares the two. */
static char *shorten(const char *path)
{
	_cleanup_(strv_freep) char **parts = NULL;
	size_t kept = 0;

	if (strv_split(path, "/", &parts) < 0)
		return NULL;
	for (size_t i = 0; parts && parts[i]; i++) {
		char *part = parts[i];

		parts[i] = NULL;
		if (str_eq(part, ".."))
			free(kept ? parts[--kept] : NULL);
		if (str_eq(part, ".") || str_eq(part, ".."))
			free(part);
		else
			parts[kept++] = part;
	}
	if (parts)
		parts[kept] = NULL;
	return strv_join(parts, "/");
}

static int settle_on(int root_fd, char *path, char **ret)
{
	_cleanup_free_ char *longer = path, *shorter = shorten(path);
	struct stat a, b;

	if (!shorter)
		return -ENOMEM;
	if (fs_stat(root_fd, &a, "%s", longer) < 0 || !S_ISREG(a.st_mode))
		return -ELOOP;
	*ret = fs_stat(root_fd, &b, "%s", shorter) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev ? TAKE(shorter) : TAKE(longer);
	return 0;
}

int fs_resolve(int root_fd, const char *path, char **ret)
{
	_cleanup_free_ char *at = strdup(path);

	for (int links = 0; at; links++) {
		_cleanup_free_ char *target = NULL, *here = NULL;
		int r = fs_read_link(root_fd, &target, "%s", at);

		if (links && r == -EINVAL)
			return settle_on(root_fd, TAKE(at), ret);
		if (!links && (r == -EINVAL || r == -ENOENT))
			return *ret = TAKE(at), 0;
		if (r < 0 || links == LINKS_MAX)
			return r == -ENOENT || r >= 0 ? -ELOOP : r;
		here = TAKE(at);
		at = follow(here, target);
	}
	return -ENOMEM;
}
