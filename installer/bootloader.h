/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bootloaders: where a host keeps its kernel command line. One row and one file (backend_*.c) for each way. */
#pragma once

#include "detect/host.h"
#include "installer/kernel_arguments.h"
#include "installer/plan.h"

struct bootloader {
	const char *name;    /* as a sentence has it: "GRUB with drop-ins (Debian, Ubuntu)" */
	/* Is this host set up this way? Looks at files and facts; decides nothing between two that fit. */
	bool (*fits)(const struct host *host);
	/* The arguments of the next boot that are not slipway's own: what the administrator has set. */
	int (*foreign)(const struct host *host, struct cmdline *ret);
	/*
	 * Plans that the next boot is as wished, and holds nothing else of slipway's; an empty wish takes all of it away.
	 * Nothing is added where all is as wanted.
	 */
	int (*plan)(const struct host *host, const struct argument_wish *wish, struct plan *plan);
	/*
	 * Plans that the next boot alone is as wished, with TRIAL_ARGUMENT and TRIAL_PANIC besides. NULL: this bootloader has
	 * no boot entry that counts once, and `no_trial` says why, and how the host as it was is had back without one.
	 */
	int (*plan_trial)(const struct host *host, const struct argument_wish *wish, struct plan *plan);
	const char *no_trial;
};

/* How a trial boot knows itself, and what makes the kernel end one that crashes: seconds, then the old entry's turn. */
#define TRIAL_ARGUMENT "slipway.trial=1"
#define TRIAL_PANIC "panic=30"

/* The only row that fits; NULL where none does, or several do. */
const struct bootloader *bootloader_find(const struct host *host);
/* Says why there is none, and returns -EOPNOTSUPP. */
int bootloader_refuse(const struct host *host);

extern const struct bootloader bootloader_grub_dropin, bootloader_grub_file, bootloader_grub_bls, bootloader_systemd_boot,
	bootloader_proxmox, bootloader_zipl, bootloader_ostree, bootloader_bootc;
