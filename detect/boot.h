/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the firmware started this host: its boot entries, the one that was used, and the disk that it lies on. */
#pragma once

#include "detect/block.h"
#include "detect/device.h"
#include "detect/load_option.h"

struct boot_entry {
	unsigned number;          /* Boot0003 is 3 */
	struct load_option option;
};

struct boot {
	bool is_known;            /* the variables of the firmware could be read; else `reason` says why not */
	char *reason;
	struct boot_entry *list;  /* in BootOrder, then BootCurrent and BootNext where that lacks them */
	size_t n;
	int current;              /* number of the entry that started this system (BootCurrent), or -1 */
	int next;                 /* BootNext, or -1 */
	char *loader;             /* LoaderInfo: "systemd-boot 252.38-1", or NULL */
	char *stub;               /* StubInfo: a unified kernel image was started, or NULL */
	char *loader_partition_uuid; /* LoaderDevicePartUUID, or NULL */
	/* Filled in by boot_resolve(). */
	char **partitions;        /* block devices that hold the partition booted from: "nvme0n1p1"; several when a disk was cloned */
	char **functions;         /* addresses of the PCI functions that the firmware's path names, where no such partition is found */
};

/* Reads below sys/firmware/efi/efivars; -ENOMEM is the only failure. */
int boot_read(int root_fd, struct boot *ret);
/* Finds the partitions and functions that the entry in use names; -ENOMEM. */
int boot_resolve(int root_fd, const struct blocks *blocks, const struct devices *devices, struct boot *boot);
/* The entry that started this system, or NULL. */
const struct boot_entry *boot_current(const struct boot *boot);
void boot_done(struct boot *boot);
