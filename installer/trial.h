/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial boot's part of a plan: what is there for one boot alone, and what comes when that went well. */
#pragma once

#include "installer/bootloader.h"

/*
 * Adds to the plan, whose changes so far (the initramfs) do nothing without the kernel argument: the boot entry that
 * counts once, the file that its boot finds, and, for the commit, the bootloader's own change. Nothing is added where the
 * arguments are as wished. -EOPNOTSUPP after it was said why this host cannot try it.
 */
int trial_plan(const struct host *host, const struct bootloader *bootloader, const struct argument_wish *wish, const char *pending,
	       struct plan *plan);
