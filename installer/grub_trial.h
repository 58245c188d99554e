/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot entry of GRUB's that counts once: in custom.cfg, which the menu reads at boot, chosen by next_entry. */
#pragma once

#include "detect/host.h"
#include "installer/kernel_arguments.h"
#include "installer/plan.h"

/*
 * Plans the entry, and that it is chosen for the next boot. -EOPNOTSUPP after it was said why GRUB cannot do so here:
 * nothing is armed that would not disarm itself.
 */
int grub_plan_trial(const struct host *host, const struct argument_wish *wish, struct plan *plan);
