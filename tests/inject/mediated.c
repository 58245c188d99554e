/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pretended mediated devices: what the kernel would do when `create` and `remove` are written (Documentation/driver-api/vfio-mediated-device.rst). */

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/inject/inject.h"

#define TYPES "/mdev_supported_types/"
#define DEVICES "sys/bus/mdev/devices"

/* Documentation/arch/s390/vfio-ap.rst */
static const char *const of_queues[] = { "assign_adapter", "assign_domain", "unassign_adapter", "unassign_domain", NULL };

static void link_to(const char *target, const char *path)
{
	if (symlink(target, path) < 0)
		perror(path);
}

static void touch(const char *folder, const char *name)
{
	char path[PATH_MAX + 64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	if (f)
		fclose(f);
	else
		perror(path);
}

/* .../matrix/mdev_supported_types/vfio_ap-passthrough/create */
static int make(const char *root, const char *path, const char *uuid)
{
	const char *types = strstr(path, TYPES), *type = types + strlen(TYPES), *devices = strstr(path, "/sys/devices/") + 1;
	char folder[PATH_MAX], link[PATH_MAX + 64], target[PATH_MAX + 64];

	snprintf(folder, sizeof(folder), "%.*s/%.64s", (int)(types - path), path, uuid);
	if (mkdir(folder, 0755) < 0)
		return -errno;
	snprintf(link, sizeof(link), "%s/mdev_type", folder);
	snprintf(target, sizeof(target), "..%.*s", (int)(strrchr(type, '/') - types), types);
	link_to(target, link);
	touch(folder, "remove");
	for (const char *const *name = of_queues; *name && strncmp(type, "vfio_ap-", strlen("vfio_ap-")) == 0; name++)
		touch(folder, *name);
	snprintf(link, sizeof(link), "%.3000s/" DEVICES "/%.64s", root, uuid);
	snprintf(target, sizeof(target), "../../../%.*s/%.64s", (int)(types - devices) - (int)strlen("sys/"), devices + strlen("sys/"), uuid);
	link_to(target, link);
	return 1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int unmake(const char *root, const char *path)
{
	char folder[PATH_MAX], link[PATH_MAX + 64];

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	snprintf(link, sizeof(link), "%.3000s/" DEVICES "/%.64s", root, strrchr(folder, '/') + 1);
	if (unlink(link) < 0)
		return -1; /* another device's */
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) < 0 ? -EIO : 1;
}

int mediated_pretend(const char *root, const char *path, const char *value)
{
	const char *name = strrchr(path, '/') + 1;

	if (!strstr(path, "/sys/devices/"))
		return -1;
	if (strcmp(name, "create") == 0 && strstr(path, TYPES))
		return make(root, path, value);
	return strcmp(name, "remove") == 0 ? unmake(root, path) : -1;
}
