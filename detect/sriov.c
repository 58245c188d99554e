/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SR-IOV: functions that a device makes of itself, to be given away one by one. */

#include <errno.h>

#include "common/fs.h"
#include "common/text.h"
#include "detect/attribute.h"
#include "detect/sriov.h"

int sriov_read(int fd, struct device *d)
{
	char *address;
	int r;

	/* A VF makes none itself: it must not have the capability (PCIe 9.3.3). */
	if (d->physical_function)
		return 0;
	d->max_vfs = (unsigned)attribute_int(fd, "sriov_totalvfs", 0);
	if (!d->max_vfs)
		return 0;
	for (unsigned i = 0; i < d->max_vfs; i++) {
		if (fs_read_link_base(fd, &address, "virtfn%u", i) < 0)
			break; /* VFs are numbered without gaps */
		r = strv_consume(&d->virtual_functions, address);
		if (r < 0)
			return r;
	}
	return 0;
}
