/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses: who on this host needs a device, with the chain of evidence from the device to the mount point. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/host.h"

enum use_kind { USE_MOUNT, USE_SWAP, USE_ESP, USE_HOLDER, USE_DATA, USE_NETWORK, USE_DISPLAY, USE_VFIO, USE_GUEST, USE_UNKNOWN };

struct use {
	const struct device *device; /* borrowed from the host */
	enum use_kind kind;
	char *what;     /* "ext4 on /", "address 192.0.2.7/24" */
	char *via;      /* "nvme0n1 → nvme0n1p2", without the device itself; may be empty */
	bool is_vital;  /* the disk of /, /boot, the ESP or swap: no option overrides it */
};

struct uses {
	struct use *list; /* sorted by device, then kind, then text */
	size_t n;
};

/* Every use of every device. Pure but for memory: all it says comes from `host`. */
int uses_find(const struct host *host, struct uses *ret);
void uses_done(struct uses *u);
const char *use_kind_name(enum use_kind kind);
/* For guests that hold a device (libvirt knows them, detection does not): adds a use. */
int uses_add(struct uses *u, const struct device *device, enum use_kind kind, const char *what, const char *via, bool is_vital);
/* The first use of the device, and how many there are; NULL where there is none. */
const struct use *uses_of(const struct uses *u, const struct device *device, size_t *ret_n);
