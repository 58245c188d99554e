/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of groups, as /etc/group names them (group(5)). */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/text.h"
#include "installer/group_member.h"

/* The line of this name, as a new string; NULL: none. */
static int find_line(int root_fd, const char *path, const char *name, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t n = strlen(name);
	int r;

	*ret = NULL;
	r = fs_read(root_fd, &text, NULL, "%s", path);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, name, n) == 0 && line[n] == ':') {
			*ret = strndup(line, strcspn(line, "\n"));
			return *ret ? 1 : -ENOMEM;
		}
	return 0;
}

int group_exists(int root_fd, const char *group)
{
	_cleanup_free_ char *line = NULL;

	return find_line(root_fd, "etc/group", group, &line);
}

int user_exists(int root_fd, const char *user)
{
	_cleanup_free_ char *line = NULL;

	return find_line(root_fd, "etc/passwd", user, &line);
}

int group_has_member(int root_fd, const char *group, const char *user)
{
	_cleanup_(strv_freep) char **members = NULL;
	_cleanup_free_ char *line = NULL;
	int r;

	r = find_line(root_fd, "etc/group", group, &line);
	if (r <= 0 || strv_split(strrchr(line, ':') + 1, ",", &members) < 0)
		return r > 0 ? -ENOMEM : r;
	return strv_contains(members, user);
}

/* "GROUP:USER" */
static int holds(int root_fd, const char *pair)
{
	_cleanup_free_ char *group = strndup(pair, strcspn(pair, ":"));
	int r = group ? group_has_member(root_fd, group, pair + strcspn(pair, ":") + 1) : -ENOMEM;

	return r < 0 ? log_errno(r, "cannot read /etc/group") : r;
}

int group_has_members(int root_fd, char *const *expects)
{
	int r = 1;

	for (; expects && *expects && r > 0; expects++) {
		r = holds(root_fd, *expects);
		if (r == 0)
			log_error("%s: the group has no such member", *expects);
	}
	return r;
}

int group_has_any_member(int root_fd, char *const *expects)
{
	int r = 0;

	for (; expects && *expects && r == 0; expects++)
		r = holds(root_fd, *expects);
	return r;
}
