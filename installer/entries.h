/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot loader entries as places of kernel arguments, those of kernels that are still to come among them. */
#pragma once

#include "detect/loader_entries.h"
#include "installer/place.h"

/*
 * A trial's own entry: the last of the menu by its name, and so never a default by itself. systemd-boot has '-' in front of every
 * letter and digit (UAPI.1, "Sorting"); GRUB's blscfg looks past it, and compares as rpm does, where '~' is older than nothing.
 */
#define TRIAL_ENTRY "-slipway-trial.conf"
#define TRIAL_ENTRY_GRUB "~slipway-trial.conf"
/* What kernel-install and proxmox-boot-tool make new entries with. */
#define KERNEL_CMDLINE "etc/kernel/cmdline"

/* Does this system's kernel command line belong into it? Not with another system, in the rescue entry, or in a trial's. */
bool entry_is_edited(const struct loader_entry *e);
/* Are its arguments those of GRUB's environment block (RHEL 8)? */
bool entry_takes_kernelopts(const struct loader_entry *e);

/*
 * The entries, that which boots next first, and the file that new ones are made with: where that is missing and
 * `make_cmdline`, it is made of the entry that boots next. `env`: path of GRUB's environment block with kernelopts in it, or
 * NULL. 0, or negative after it was said.
 */
int entries_add_places(const struct host *host, const struct loader_entries *entries, const char *env, bool make_cmdline,
		       struct places *places);
/* Plans what places_plan() does, and that every entry in their folders, new ones too, holds the arguments. Result as there. */
int entries_plan(const struct host *host, const struct loader_entries *entries, const struct places *places,
		 const struct argument_wish *wish, struct plan *plan);
