/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of libvirt can be seen without asking it: what confines its guests, who may reach it, and what is defined. */
#pragma once

#include "detect/confinement.h"
#include "detect/definition.h"
#include "detect/listener.h"

struct libvirt_files {
	bool is_there;       /* /etc/libvirt is; else nothing of the rest was read */
	struct confinement confinement;
	struct listeners listeners;
	struct definitions definitions;
};

/* -ENOMEM. */
int libvirt_files_read(int root_fd, bool is_live, struct libvirt_files *ret);
void libvirt_files_done(struct libvirt_files *l);
