/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot entries that proxmox-boot-tool makes, on EFI system partitions that are not mounted. */
#pragma once

#include <stdbool.h>

/*
 * 1 if on every partition that is there each of systemd-boot's entries, or the entry that GRUB's menu starts, has all of
 * these; else 0 after it was said where which one is missing. The running host's only.
 */
int proxmox_has_arguments(int root_fd, char *const *arguments);
/* Does proxmox-boot-tool keep any partitions in step here? Then GRUB, too, reads its menu from those. */
bool proxmox_keeps_partitions(int root_fd);
