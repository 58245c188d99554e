/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EFI system partitions that Proxmox keeps in step (/etc/kernel/proxmox-boot-uuids). They are mounted nowhere, and are
 * opened here without being mounted anywhere either: fsmount(2) gives a tree that goes when its descriptor is closed.
 */
#pragma once

#include <stdbool.h>

/* Their UUIDs, as the file names them; one that cannot be one is left out. -ENOENT: there is no such file. -ENOMEM. */
int esp_list(int root_fd, char ***ret);
/*
 * The root of its file system, to be closed before anybody else is to mount it. The running host's only. -ENOENT: no such
 * partition (a mirror's disk that was taken out), -EOPNOTSUPP: this kernel cannot (before 5.2), else as the kernel says.
 */
int esp_open(const char *uuid, bool is_writable);
