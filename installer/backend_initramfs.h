/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The early binder in the initramfs of every installed kernel, by the tool that makes this host's images. */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"

/*
 * Plans the list of devices (the text of IDENTITY_FILE; NULL: none), the files by which the host's tool puts it and the
 * early binder into its images, and the rebuild of all images where one of them changes. Files that slipway has for
 * another tool go. A kernel with vfio-pci built in that gets all devices by vfio-pci.ids= needs no image.
 * -EOPNOTSUPP where no tool of ours makes the images, after saying so.
 */
int initramfs_plan(const struct host *host, const char *devices, struct plan *plan);
/*
 * The same for a trial boot of a host that binds devices already: `plan` gets a list for that boot beside the other, of
 * PHASE_TRIAL, and files of the tool's that are not as they should be; what is planned above goes to `commit`. Both stay empty
 * where the list is as wanted. `devices` may be NULL: then nothing is left to try, and all is for the commit.
 */
int initramfs_plan_trial(const struct host *host, const char *devices, struct plan *plan, struct plan *commit);
