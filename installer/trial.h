/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial boot's part of a plan: what is there for one boot alone, and what comes when that went well. */
#pragma once

#include "installer/bootloader.h"

/*
 * Does the old boot entry bind devices? The initramfs is one for all entries, and that one must go on doing what it did: the
 * trial boot then has a list of its own beside the other, and the binder chooses by the kernel argument (early/switch.c).
 */
bool trial_needs_list(const struct host *host);
/*
 * Plans that list, and for the commit, that it becomes the only one. The plan holds the changes so far; -EOPNOTSUPP after it was
 * said that one of them would not leave the old entry alone.
 */
int trial_plan_devices(const struct host *host, const char *devices, struct plan *plan, struct plan *commit);
/*
 * Adds to the plan, whose changes so far (the initramfs) do nothing without the kernel argument: the boot entry that
 * counts once, the file that its boot finds, and, for the commit, what is in `commit` and the bootloader's own change. Nothing is
 * added where the arguments are as wished, and `commit` is empty. -EOPNOTSUPP after it was said why this host cannot try it.
 */
int trial_plan(const struct host *host, const struct bootloader *bootloader, const struct argument_wish *wish, const char *pending,
	       struct plan *commit, struct plan *plan);
