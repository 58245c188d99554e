/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of libvirt can be seen without asking it. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/libvirt_files.h"

void libvirt_files_done(struct libvirt_files *l)
{
	confinement_done(&l->confinement);
	listeners_done(&l->listeners);
	definitions_done(&l->definitions);
	*l = (struct libvirt_files){};
}

int libvirt_files_read(int root_fd, bool is_live, struct libvirt_files *ret)
{
	_cleanup_(libvirt_files_done) struct libvirt_files l = { .is_there = fs_exists(root_fd, "etc/libvirt") };

	if (l.is_there && (confinement_read(root_fd, is_live, &l.confinement) < 0 || listeners_read(root_fd, &l.listeners) < 0 ||
			   definitions_read(root_fd, &l.definitions) < 0))
		return -ENOMEM;
	*ret = TAKE(l);
	return 0;
}
