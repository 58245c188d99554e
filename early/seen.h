/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sits at an address now, as far as the kernel tells without anybody's help. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "early/wanted.h"

#define SLOTS_MAX 512

struct slots {
	size_t n;
	struct {
		char name[64];
		char address[24]; /* 0000:05:00, without a function */
	} list[SLOTS_MAX];
};

struct seen {
	char address[24];
	struct traits traits;
	bool has_config;   /* the PCIe serial number could be looked for (capabilities.is_complete in detect) */
	char driver[64];   /* empty: none */
	uint64_t inode;    /* of its folder in sysfs */
};

/* sys/bus/pci/slots, once; most desktops have none. */
void slots_read(int root_fd, struct slots *ret);
/*
 * The chain of bridges down to the device, free of bus numbers below the root: 0000:00/06.0/00.0; zpci/00000021 of a function of
 * s390x. A machine has only the one or only the other: where `may_be_zpci` has become false, the next is not asked.
 */
int chain_read(int root_fd, const char *address, bool *may_be_zpci, char *to, size_t size);
/* All but its serials. -ENOENT: nothing is there. */
int seen_read_place(int root_fd, const struct slots *slots, const char *address, struct seen *ret);
/* The NVMe serial and model are filled in only while the nvme driver has the device and has brought it up. */
void seen_read_serials(int root_fd, struct seen *s);
