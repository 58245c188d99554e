/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest disks: what kind of file holds the guest's system, and in which format. */
#pragma once

#include <stdbool.h>

#include "profiles/options.h"

struct guest_disk {
	bool is_block;        /* a block device, not an image file */
	bool is_volume;       /* of a libvirt pool */
	const char *format;   /* static: "raw", "qcow2" */
};

/*
 * Looks at the disk below the root. DISK_AUTO reads the image, so it must exist then; a block device is raw unless the
 * user says otherwise. -EINVAL, after saying so: neither file nor block device, or a qcow2 image that refers to another
 * file: a guest that had the image as raw could have written that, so the user must name the format. Other errors as
 * open(2), said as well.
 */
int guest_disk_look(int root_fd, const char *path, enum disk_format format, struct guest_disk *ret);
