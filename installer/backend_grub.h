/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB on Debian and Ubuntu: kernel arguments through a drop-in in /etc/default/grub.d, and update-grub. */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"

/*
 * Plans that the next boot has these arguments from slipway, and no others from it; an empty list takes the drop-in away.
 * Nothing is added where all is as wanted. -EOPNOTSUPP for a host that is not set up this way, -EINVAL for an argument
 * that cannot be written; said in either case.
 */
int grub_plan(const struct host *host, char *const *arguments, struct plan *plan);
/* The arguments of the next boot that are not slipway's own: what the administrator has set. -ENOMEM. */
int grub_foreign_arguments(const struct host *host, struct cmdline *ret);
/* 1 if the entry that boots next carries all of these, else 0. */
int grub_has_arguments(int root_fd, char *const *arguments);
