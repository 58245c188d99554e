/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making VFs now: sriov_numvfs and its company (Documentation/PCI/pci-iov-howto.rst, ABI/testing/sysfs-bus-pci). */
#pragma once

#include "detect/vf_set.h"

/* How many VFs the device has now. -ENOENT: it is gone, or it can have none. Silent. */
int vf_count_read(int root_fd, const char *address, unsigned *ret);
/* All that is so now; `live`: what its port sets for each VF, and an NVMe drive's resources, too. Negative after it was said. */
int vf_set_read(int root_fd, bool live, const char *address, struct vf_set *ret);
/*
 * Makes it so. VFs that are there go where the number changes: the caller knows that nobody uses them. A network port whose
 * link was up must have it up again within LINK_WAIT_SECONDS. Negative after it was said; what was begun is the caller's to undo.
 */
#define LINK_WAIT_SECONDS 30
int vf_set_make(int root_fd, const char *address, const struct vf_set *wish);
/* The device's network port, not one that stands for a VF; NULL in *ret: none. -ENOMEM. */
int vf_port(int root_fd, const char *address, char **ret);
