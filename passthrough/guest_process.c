/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of a running guest. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "passthrough/guest_process.h"

int guest_process(int root_fd, const char *guest, char **ret_pid)
{
	return strchr(guest, '/') ? -ENOENT : fs_read_line(root_fd, ret_pid, "run/libvirt/qemu/%s.pid", guest);
}

bool process_has_open(int root_fd, const char *pid, const char *node)
{
	_cleanup_(strv_freep) char **names = NULL;
	bool found = false;

	if (dir_list(root_fd, &names, "proc/%s/fd", pid) < 0)
		return false;
	for (char **name = names; name && *name && !found; name++) {
		_cleanup_free_ char *target = NULL;

		found = fs_read_link(root_fd, &target, "proc/%s/fd/%s", pid, *name) >= 0 && str_eq(target, node);
	}
	return found;
}
