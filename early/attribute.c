/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one way in which the early binder acts on a device: a write(2) to an attribute. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "early/sysfs.h"

int attribute_write(int root_fd, const char *path, const char *value)
{
	_cleanup_close_ int fd = -1;

	fd = openat(root_fd, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}
