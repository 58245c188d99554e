/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against changing the VFs of a device: it cannot have them, or somebody needs the ones that are there, or the port. */
#pragma once

#include "passthrough/refusal.h"
#include "detect/vf_set.h"

/*
 * Refusals, and cautions that refuse nothing (a new list of texts, NULL: none). REQUEST_NEXT_BOOT: they are only made at the next
 * boot, before the network is set up. -ENOMEM, or -EINVAL for an allowance that names no device.
 *
 * Where the PF is in use: making VFs leaves a network port its addresses, but many drivers take the link down for some seconds
 * on the way. So a port that merely has addresses gets a caution (and its link is waited for); where the session that runs us, or
 * a disk on the network, goes through it, only a driver that is known to keep the link up is let do it. Any other use of the PF
 * (a mounted NVMe drive: a VF is a second controller of the same drive) is a refusal as for every request.
 */
int vf_request_check(const struct host *host, const struct uses *uses, const struct device *pf, const struct vf_set *now,
		     const struct vf_set *wish, const struct allowances *allowed, enum request_when when, struct refusals *ret,
		     char ***ret_cautions);
/* Only what speaks against taking its VFs away: adds a refusal for each use of one. -ENOMEM. */
int vf_removal_check(const struct host *host, const struct uses *uses, const struct device *pf, const struct allowances *allowed,
		     struct refusals *refusals);
