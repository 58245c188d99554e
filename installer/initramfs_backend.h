/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What slipway must know of a tool that makes initramfs images: one row, and one file, for each of them. */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"

struct initramfs_backend {
	enum initramfs_generator generator;
	char *const *rebuild;        /* the command that makes the image of every installed kernel anew */
	char *const *lister;         /* the command that lists an image, up to the image's path */
	const char *const *contents; /* what its images hold with binding at boot: paths, or their ends, as the lister prints them */
	/* Can devices be bound at boot with what is installed? 0, or a negative errno after it has been said why not. */
	int (*check)(const struct host *host);
	/* Plans its files: as they are with binding at boot, or without. 1: something was added, 0: not; a negative errno, said. */
	int (*plan_files)(const struct host *host, bool wanted, struct plan *plan);
};

extern const struct initramfs_backend initramfs_tools_backend, dracut_backend, mkinitcpio_backend;

/* NULL: none of ours. */
const struct initramfs_backend *initramfs_backend(enum initramfs_generator generator);

/* The text with this block of slipway's own at its end (NULL: without any) and nothing else changed; NULL when memory runs out. */
char *edit_owned_block(const char *old, const char *block);
