/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding: a device changes its driver, or keeps the one that it had. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "early/bind.h"
#include "early/sysfs.h"

bool vfio_is_there(int root_fd)
{
	struct stat st;

	return fstatat(root_fd, "sys/bus/pci/drivers/" VFIO_DRIVER, &st, 0) == 0;
}

bool device_has_group(int root_fd, const char *address)
{
	char group[32];

	return link_read_base(root_fd, group, sizeof(group), "sys/bus/pci/devices/%s/iommu_group", address) == 0;
}

static int write_to_device(int root_fd, const char *address, const char *name, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", address, name);
	return attribute_write(root_fd, path, value);
}

/* Succeeds even when no driver took the device: look at the link. */
static int probe(int root_fd, const char *address)
{
	return attribute_write(root_fd, "sys/bus/pci/drivers_probe", address);
}

static bool has_driver(int root_fd, const char *address, const char *driver)
{
	char name[64];

	return link_read_base(root_fd, name, sizeof(name), "sys/bus/pci/devices/%s/driver", address) == 0 && strcmp(name, driver) == 0;
}

/* Returns the first error; later ones would only say the same again. */
static int move_to_vfio(int root_fd, const struct seen *s, const char **step)
{
	int r;

	*step = "driver_override";
	r = write_to_device(root_fd, s->address, "driver_override", VFIO_DRIVER);
	if (r < 0)
		return r;
	*step = "unbind";
	if (*s->driver)
		r = write_to_device(root_fd, s->address, "driver/unbind", s->address);
	if (r < 0)
		return r;
	*step = "drivers_probe";
	r = probe(root_fd, s->address);
	if (has_driver(root_fd, s->address, VFIO_DRIVER))
		return 0;
	/* Many kernels do not pass on why a driver refused. */
	return r < 0 ? r : -ENODEV;
}

int device_bind(int root_fd, const struct seen *s, char *reason, size_t size)
{
	const char *step;
	bool is_lost;
	int r;

	r = move_to_vfio(root_fd, s, &step);
	if (r == 0)
		return 0;
	/* Only a newline clears the override. The host's module may not be loaded yet: it finds the device when it is. */
	write_to_device(root_fd, s->address, "driver_override", "\n");
	probe(root_fd, s->address);
	is_lost = *s->driver && !has_driver(root_fd, s->address, s->driver);
	snprintf(reason, size, VFIO_DRIVER " did not take it (%s: %s)%s%s", step, strerror(-r),
		 is_lost ? ", and it did not go back to " : "", is_lost ? s->driver : "");
	return r;
}
