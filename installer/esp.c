/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The EFI system partitions that Proxmox keeps in step, opened without being mounted anywhere. */

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/esp.h"

#define LIST "etc/kernel/proxmox-boot-uuids"
#define TRIES 4

/* A name below /dev/disk/by-uuid, and nothing else. */
static bool is_uuid(const char *s)
{
	return *s && !s[strspn(s, "0123456789abcdefABCDEF-")];
}

int esp_list(int root_fd, char ***ret)
{
	_cleanup_(strv_freep) char **lines = NULL, **uuids = NULL;
	_cleanup_free_ char *text = NULL;
	int r;

	r = fs_read(root_fd, &text, NULL, LIST);
	if (r >= 0)
		r = strv_split(text, " \t\r\n", &lines);
	for (char **line = lines; line && *line && r >= 0; line++)
		r = is_uuid(*line) ? strv_add_new(&uuids, *line) : 0;
	if (r >= 0)
		*ret = TAKE(uuids);
	return r < 0 ? r : 0;
}

static void free_probep(blkid_probe *p)
{
	if (*p)
		blkid_free_probe(*p);
}

/* "vfat", for the kernel to be told. A new string, or NULL. */
static char *find_type(const char *device)
{
	_cleanup_close_ int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_(free_probep) blkid_probe probe = fd >= 0 ? blkid_new_probe() : NULL;
	const char *type;

	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0)
		return NULL;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
	if (blkid_do_safeprobe(probe) != 0 || blkid_probe_lookup_value(probe, "TYPE", &type, NULL) < 0)
		return NULL;
	return strdup(type);
}

/* A file system that is mounted for writing somewhere cannot be opened for reading alone; its tree here still can be. */
static int open_tree_of(const char *device, const char *type, bool is_writable, bool is_shared)
{
	_cleanup_close_ int context = fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (context < 0)
		return errno == ENOSYS ? -EOPNOTSUPP : -errno;
	if (fsconfig(context, FSCONFIG_SET_STRING, "source", device, 0) < 0 ||
	    (!is_writable && !is_shared && fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0) ||
	    fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | (is_writable ? 0 : MOUNT_ATTR_RDONLY));
	return fd < 0 ? -errno : fd;
}

int esp_open(const char *uuid, bool is_writable)
{
	_cleanup_free_ char *device = text_format("/dev/disk/by-uuid/%s", uuid), *type = NULL;
	int tries = 0, r;

	if (!device)
		return -ENOMEM;
	if (access(device, F_OK) < 0)
		return -errno;
	type = find_type(device);
	if (!type)
		return -EIO;
	/* Held by another mount, or by one that is just going. */
	while ((r = open_tree_of(device, type, is_writable, false)) == -EBUSY && ++tries < TRIES)
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	return r == -EBUSY && !is_writable ? open_tree_of(device, type, false, true) : r;
}
