/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot entry of GRUB's that counts once: in custom.cfg, which the menu reads at boot, chosen by next_entry. */
#pragma once

#include "detect/host.h"
#include "installer/kernel_arguments.h"
#include "installer/plan.h"

/*
 * The entry that boots next, under another name and with its arguments as wished: text for custom.cfg. -EINVAL with
 * *ret_why for a block that is no entry with a linux line; -ENOMEM.
 */
int grub_trial_entry(const char *block, const struct argument_wish *wish, char **ret, char **ret_why);
/*
 * Plans the entry, and that it is chosen for the next boot. -EOPNOTSUPP after it was said why GRUB cannot do so here:
 * nothing is armed that would not disarm itself.
 */
int grub_plan_trial(const struct host *host, const struct argument_wish *wish, struct plan *plan);
