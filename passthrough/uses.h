/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses: who on this host needs a device, with the chain of evidence from the device to the mount point. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/host.h"

/* The worst first: it is the order of the answers, too. */
enum use_kind {
	USE_MOUNT,
	USE_SWAP,
	USE_ESP,        /* what firmware and boot loader read: the ESP, a BIOS boot partition */
	USE_BOOT,       /* the disk that this boot came from */
	USE_HOLDER,     /* dm, md, bcache, loop, an exported disk */
	USE_OPEN,       /* a process has its device node open */
	USE_DUMP,       /* where a crash dump goes */
	USE_RESUME,     /* where hibernation writes */
	USE_CONFIGURED, /* the host's own configuration names it for the next boot: fstab, crypttab */
	USE_DATA,
	USE_REMOTE,     /* the way to a disk or file system on the network */
	USE_SESSION,    /* the ssh session that runs us comes in there */
	USE_NETWORK,
	USE_CRYPTO,     /* the host's own cryptography goes through it */
	USE_DISPLAY,
	USE_INPUT,      /* the only keyboard */
	USE_CONSOLE,
	USE_BOARD,      /* part of the board itself: IOMMU, memory controller, SMBus */
	USE_VFIO,
	USE_GUEST,
	USE_UNKNOWN,
	USE_KINDS,
};

struct use {
	const struct device *device; /* borrowed from the host; NULL: it is no PCI function, but what `name` says */
	const char *name;            /* of s390x: a CCW device (or group of them) or an AP queue, borrowed from the host; NULL: a PCI function */
	enum use_kind kind;
	char *what;     /* "ext4 on /", "address 192.0.2.7/24" */
	char *via;      /* "nvme0n1 → nvme0n1p2", without the device itself; may be empty */
	bool is_vital;  /* the host cannot live without it, such as the disk of /, /boot, the ESP or swap: no option overrides it */
};

struct uses {
	struct use *list; /* after uses_sort() by device, vital ones first, then kind, then text; each but once */
	size_t n;
};

/* Every use of every device. Pure but for memory: all it says comes from `host`. */
int uses_find(const struct host *host, struct uses *ret);
void uses_done(struct uses *u);
const char *use_kind_name(enum use_kind kind);
/* Every kind's name, separated by ", ": for messages. NULL when memory runs out. */
char *use_kind_names(void);
/* For guests that hold a device (libvirt knows them, detection does not): adds a use. uses_sort() must follow. */
int uses_add(struct uses *u, const struct device *device, enum use_kind kind, const char *what, const char *via, bool is_vital);
/* The same for what is no PCI function, by the name that the host borrows it. */
int uses_add_named(struct uses *u, const char *name, enum use_kind kind, const char *what, const char *via, bool is_vital);
void uses_sort(struct uses *u);
/* The first use of the device, and how many there are; NULL where there is none. The list must be sorted. */
const struct use *uses_of(const struct uses *u, const struct device *device, size_t *ret_n);
const struct use *uses_of_named(const struct uses *u, const char *name, size_t *ret_n);
