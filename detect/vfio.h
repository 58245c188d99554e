/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a vfio group open: the guests that run with a device, whoever started them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct vfio_user {
	int group;     /* IOMMU group */
	unsigned pid;
	char *command; /* the process's name, as the kernel has it */
};

struct vfio_users {
	struct vfio_user *list;
	size_t n;
	bool is_complete; /* every process could be looked into */
};

/* Looks for /dev/vfio/N among the open files of all processes (proc/PID/fd). */
int vfio_users_read(int root_fd, struct vfio_users *ret);
void vfio_users_done(struct vfio_users *u);
