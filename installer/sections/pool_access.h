/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What SELinux and AppArmor need to let guests at the images of storage pools. Both stay on: what the host's own rules for
 * /var/lib/libvirt/images say is said of other folders, in the way that each of the two has for its administrators.
 */
#pragma once

#include "installer/sections/section.h"

/*
 * For the pools that are wished for, before they are defined: with libvirt there, since its package brings the files that lines are
 * added to. 0, or a negative errno after it was said: -EINVAL, where a tool is missing.
 */
int pool_access_plan(const struct host *host, const struct wishes *wishes, struct plan *plan);
/* The section's plan (section.h): where no pool is wished for any more, slipway's lines for AppArmor go. */
int pools_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);

/* For CHANGE_COMMAND: are these booleans of SELinux on, or do these folders have their rules? 1 or 0, said. */
int selinux_has_booleans(int root_fd, char *const *expects);
int selinux_has_rules(int root_fd, char *const *expects);
