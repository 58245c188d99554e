/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of s390x's channel devices slipway has set aside for guests, kept over reboots by rules of udev: crypto cards and domains that the masks let
 * go of, and DASDs whose subchannels vfio_ccw gets. The files are also slipway's memory of what it may give back to the host.
 */
#pragma once

#include "detect/ap.h"
#include "installer/plan.h"

#define AP_RULES "etc/udev/rules.d/41-slipway-ap.rules"
#define CCW_RULES "etc/udev/rules.d/41-slipway-ccw.rules"
#define CHANNEL_MODULES "etc/modules-load.d/slipway-channel.conf"

struct channel_boot {
	struct ap_mask cards, domains; /* a bit for each that was the host's */
	char **ccws;                   /* 0.0.1234, sorted */
	char **online;                 /* those of them that the host had online */
};

/* Files that are not there set nothing aside, and of others' lines in them nothing is known. -ENOMEM, or why one could not be read, said. */
int channel_boot_read(int root_fd, struct channel_boot *ret);
void channel_boot_done(struct channel_boot *b);
/* Plans that the files say this. Negative errnos have been said. */
int channel_boot_plan(int root_fd, const struct channel_boot *b, struct plan *plan);
