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
