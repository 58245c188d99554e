/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of systemd-boot's that counts once, on every EFI system partition that proxmox-boot-tool keeps in step. */
#pragma once

#include "detect/host.h"
#include "installer/kernel_arguments.h"
#include "installer/plan.h"

/* Plans the entries, and that they are chosen. -EOPNOTSUPP after it was said why it cannot be tried here. */
int proxmox_plan_trial(const struct host *host, const struct argument_wish *wish, struct plan *plan);
