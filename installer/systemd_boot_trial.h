/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of systemd-boot's that counts once: a file of its own, chosen by the EFI variable LoaderEntryOneShot. */
#pragma once

#include "detect/host.h"
#include "installer/kernel_arguments.h"
#include "installer/plan.h"

/* Plans the entry, and that it is chosen. -EOPNOTSUPP after it was said why it cannot be tried here. */
int systemd_boot_plan_trial(const struct host *host, const struct argument_wish *wish, struct plan *plan);
/* The two halves of it: can the entry that boots next of these be tried, and the choice of the trial's. Failures as above. */
int systemd_boot_check(int root_fd, const struct loader_entries *e);
int systemd_boot_plan_choice(int root_fd, struct plan *plan);
