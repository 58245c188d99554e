/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot entries without slipway's kernel arguments: the host as it was, in the same menu. */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"

/*
 * `prepare` is shell that gives GRUB_CMDLINE_LINUX and GRUB_CMDLINE_LINUX_DEFAULT the administrator's own values; NULL
 * takes the entries away. 1: something was added to the plan, 0: nothing to do; negative after it was said.
 */
int grub_plan_entries(const struct host *host, const char *prepare, struct plan *plan);
