/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs-tools: the early binder and the vfio modules in every installed kernel's initramfs. */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"

/*
 * Plans the hook, the boot script and the list of devices (the text of IDENTITY_FILE; NULL: none of the three), and the
 * rebuild of all images where one of them changes. -EOPNOTSUPP where another tool makes the images, after saying so.
 */
int initramfs_plan(const struct host *host, const char *devices, struct plan *plan);
/* 1 if every image in /boot holds all of these files (names as lsinitramfs prints them), else 0, after saying which lacks what. */
int initramfs_has_files(int root_fd, char *const *files);
