/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a storage pool is over: a folder, an LVM volume group, an export of NFS; and what must be so before libvirt can start it. */
#pragma once

#include "detect/host.h"
#include "installer/object_wish.h"
#include "installer/plan.h"

/*
 * Adds the changes that come before the pool's own: a folder that is missing is made, and nothing else: no group, no file system.
 * `is_new`: the pool is defined, too. -EINVAL after it was said what is not there; -ENOMEM.
 */
int pool_source_plan(const struct host *host, const struct pool_wish *pool, bool is_new, struct plan *plan);
/* Is this name that of an LVM volume group of this host? By its active volumes, or the copy of its metadata that LVM keeps in /etc/lvm. */
bool lvm_group_exists(int root_fd, const char *group);
