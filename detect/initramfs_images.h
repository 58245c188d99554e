/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where each generator of initramfs images puts the image of a kernel. */
#pragma once

#include "detect/initramfs.h"

/*
 * Each adds the images that are there, for the releases whose kernel is installed, too; 0 or -ENOMEM.
 *
 * initramfs-tools: boot/initrd.img-RELEASE, with boot/vmlinuz-RELEASE beside it (linux-version(1) looks for that).
 */
int images_of_initramfs_tools(int root_fd, char *const *releases, struct initramfs *to);
/* dracut(8), "--regenerate-all", in all the places and under all the names that its distributions give. */
int images_of_dracut(int root_fd, char *const *releases, struct initramfs *to);
/* mkinitcpio(8), "PRESETS": each preset in etc/mkinitcpio.d is of the package in lib/modules/RELEASE/pkgbase. */
int images_of_mkinitcpio(int root_fd, char *const *releases, struct initramfs *to);

/* The value that a preset gives NAME ("default_image"), where it is one plain word, else NULL; new string. */
char *preset_value(const char *text, const char *name);
