/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Openers: the processes that have a device's node open, guests with a vfio group among them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/block.h"

struct opener {
	unsigned pid;
	char *command;  /* the process's name, as the kernel has it */
	char *guest;    /* the name that a QEMU process has for its guest (-name); NULL: none */
	char *node;     /* "/dev/vfio/12", "/dev/nvme0n1" */
	/* One of these says whose it is. */
	int group;      /* IOMMU group of a vfio node; -1: none */
	char *function; /* address, or NULL */
	char *block;    /* name of the block device, or NULL */
	bool is_crypto; /* the way to all crypto cards of s390x that the host has (/dev/z90crypt) */
};

struct openers {
	struct opener *list; /* by process, in the order of proc */
	size_t n;
	char **claimed;      /* names of the disks that the kernel itself has claimed; only of a live host, and for root */
	bool is_read;        /* they were looked for: it is a look into every process, so only where the answer matters */
	bool is_complete;    /* every process could be looked into */
};

/* proc/PID/fd of all processes; `live`: without our own. 0 or -ENOMEM, after it was said. */
int openers_read(int root_fd, bool live, const struct blocks *blocks, struct openers *ret);
void openers_done(struct openers *o);
/* Nodes that openers_read() knows what to make of, for a capture. */
bool opener_node_counts(const char *node);
