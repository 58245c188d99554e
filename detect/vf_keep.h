/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VF sets that are kept: /etc/slipway/vfs/ADDRESS says which device it is (detect/identity.h) and what VFs it has.
 *
 * slipway-vfs.service makes them at each boot: when udev is done, before the network is set up and before libvirt starts. Why a
 * service of our own: sriov_numvfs in a udev rule would need no more, but a rule knows a device by its address alone, cannot give
 * NVMe VFs their queues, is copied into initramfs images that outlive a rollback, and nobody waits for it; [SR-IOV] in systemd's
 * .link files is there from systemd 251 on, for network ports only, and a file of ours would take the place of the one that names the port.
 */
#pragma once

#include "detect/identity.h"
#include "detect/sighting.h"
#include "detect/vf_set.h"

#define VF_FOLDER "etc/slipway/vfs"

struct vf_keeps {
	struct identities ids;   /* sorted by file, whose name is each one's address */
	struct vf_set *sets;     /* as many */
	struct sightings sightings; /* where they are now; borrows from the devices */
};

/* The text of the file; NULL when memory runs out. */
char *vf_keep_format(const struct device *d, const struct vf_set *set);
/* -EINVAL: not one device and one set. */
int vf_keep_parse(const char *text, struct identity *ret_id, struct vf_set *ret_set);
/* All files; one that cannot be understood is named in a warning and left out. -ENOMEM, or why the folder cannot be listed, said. */
int vf_keeps_read(int root_fd, const struct devices *devices, struct vf_keeps *ret);
void vf_keeps_done(struct vf_keeps *k);
