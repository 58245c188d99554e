/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims by the firmware: the partition that BootCurrent names, or the disk that a BIOS calls 80h. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/claim.h"
#include "detect/device.h"

#define BOOT_TEXT "this boot came from it (EFI BootCurrent is Boot%04X)"

/* A partition of this number on several disks (one was cloned) may be the one on each. */
static int read_boot_current(const struct boot *boot, const struct blocks *blocks, struct claims *c)
{
	unsigned number = (unsigned)boot->current;
	int r = 0;

	for (char **name = boot->partitions; name && *name && r >= 0; name++)
		r = claims_add(c, CLAIM_BOOT, blocks_find(blocks, *name), true, BOOT_TEXT, number);
	for (char **address = boot->functions; address && *address && r >= 0; address++) {
		r = claims_add(c, CLAIM_BOOT, NULL, true, BOOT_TEXT, number);
		if (r >= 0)
			r = claims_name_function(c, *address);
	}
	return r;
}

/* Enhanced Disk Drive services: the BIOS counts its disks from 80h, and boots from the first, unless it booted from elsewhere. */
static int read_edd(int root_fd, struct claims *c)
{
	_cleanup_free_ char *link = NULL, *address = NULL;
	int r;

	if (fs_read_link(root_fd, &link, "sys/firmware/edd/int13_dev80/pci_dev") < 0)
		return 0;
	address = address_in_path(link);
	if (!address)
		return 0;
	r = claims_add(c, CLAIM_BOOT, NULL, false, "the BIOS boots from its disk 80h there (/sys/firmware/edd/int13_dev80)");
	return r < 0 ? r : claims_name_function(c, address);
}

int claims_read_boot(int root_fd, const struct boot *boot, const struct blocks *blocks, struct claims *c)
{
	int r = read_boot_current(boot, blocks, c);

	return r < 0 ? r : read_edd(root_fd, c);
}
