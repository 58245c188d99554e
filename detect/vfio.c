/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a vfio group open: the guests that run with a device, whoever started them. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/vfio.h"

#define GROUP_NODE "/dev/vfio/"

void vfio_users_done(struct vfio_users *u)
{
	for (size_t i = 0; i < u->n; i++)
		free(u->list[i].command);
	free(u->list);
	*u = (struct vfio_users){};
}

static int add(int root_fd, const char *pid, int group, struct vfio_users *u)
{
	struct vfio_user *grown = realloc(u->list, (u->n + 1) * sizeof(*grown));
	struct vfio_user user = { .group = group };

	if (!grown)
		return -ENOMEM;
	u->list = grown;
	if (parse_unsigned(pid, &user.pid) < 0)
		return 0;
	if (fs_read_line(root_fd, &user.command, "proc/%s/comm", pid) < 0)
		user.command = strdup("a process that has ended");
	if (!user.command)
		return -ENOMEM;
	u->list[u->n++] = user;
	return 0;
}

static int process_read(int root_fd, const char *pid, struct vfio_users *u)
{
	_cleanup_(strv_freep) char **files = NULL;
	int group, r;

	r = dir_list(root_fd, &files, "proc/%s/fd", pid);
	if (r < 0) {
		if (r == -EACCES || r == -EPERM)
			u->is_complete = false;
		return 0;
	}
	for (char **file = files; file && *file; file++) {
		_cleanup_free_ char *target = NULL;

		if (fs_read_link(root_fd, &target, "proc/%s/fd/%s", pid, *file) < 0 || !str_starts(target, GROUP_NODE) ||
		    parse_int(target + strlen(GROUP_NODE), &group) < 0)
			continue;
		r = add(root_fd, pid, group, u);
		if (r < 0)
			return r;
	}
	return 0;
}

int vfio_users_read(int root_fd, struct vfio_users *ret)
{
	_cleanup_(vfio_users_done) struct vfio_users users = { .is_complete = true };
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(root_fd, &names, "proc") < 0)
		return *ret = TAKE(users), 0;
	for (char **name = names; name && *name; name++)
		if (strspn(*name, "0123456789") == strlen(*name) && process_read(root_fd, *name, &users) < 0)
			return log_oom();
	*ret = TAKE(users);
	return 0;
}
