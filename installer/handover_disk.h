/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks of a handover: NVMe namespaces that a guest gets as disks, through QEMU's own driver or through the host's. */
#pragma once

#include "passthrough/element.h"
#include "passthrough/refusal.h"

struct disk {
	char *path;    /* /dev/disk/by-id/nvme-..., which is the same drive after a reboot */
	char *serial;  /* as the guest shall see it; NULL: not known */
	char *target;  /* its name in the guest, vdb; NULL: none given out yet */
};

struct disks {
	struct disk *list; /* by namespace */
	size_t n;
};

void disks_done(struct disks *d);
/* The namespaces of an NVMe that the host's driver has. What speaks against it goes to the refusals, and the list is empty. -ENOMEM, said. */
int disks_of(const struct host *host, const struct device *d, struct disks *ret, struct refusals *refusals);
/* A free name for a disk of the guest, noted in `taken`, too. */
int disk_target(const char *live_xml, const char *saved_xml, char ***taken, char **ret);
/*
 * Completes the wish for QEMU's own driver; its target is borrowed from `taken`, its serial from the device. QEMU opens the whole controller
 * for one namespace (docs/system/images.rst, "NVMe userspace driver"), so a drive with several is refused.
 */
int disk_wish_nvme(const struct device *d, const char *live_xml, const char *saved_xml, char ***taken, struct element_wish *wish,
		   struct refusals *refusals);
