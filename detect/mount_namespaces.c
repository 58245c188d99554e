/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounts of other processes: one table for each mount namespace, and for each chroot in it. */

#include <errno.h>
#include <search.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/mount_parts.h"

static int compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
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
	r = mount_table_read(reading, path, false, false);
	if (r >= 0 || r == -ENOMEM)
		return r;
	/* Another process of the same namespace may still be there to be asked. */
	tdelete(key, namespaces, compare_text);
	free(key);
	r = process_key(reading->root_fd, pid, &again);
	return r < 0 ? (r == -ENOMEM ? r : 0) : lack(reading->mounts, "the mounts of a process could not be read");
}

int mounts_read_namespaces(struct reading *reading)
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
int mounts_check_view(int root_fd, struct mounts *mounts)
{
	_cleanup_free_ char *namespace = NULL;

	if (fs_read_link(root_fd, &namespace, "proc/self/ns/pid") >= 0 && !str_eq(namespace, "pid:[4026531836]")) {
		mounts->is_contained = true;
		return lack(mounts, "slipway runs in a container, and does not see the host's processes");
	}
	return fs_exists(root_fd, "proc/1") ? 0 : lack(mounts, LACK_ROOT);
}
