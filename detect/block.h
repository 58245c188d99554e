/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices and what they are made of: partitions, dm and md over their slaves, down to the PCI function. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct block {
	char *name;        /* nvme0n1p2 */
	char *number;      /* major:minor, "259:2" */
	char *disk;        /* for a partition: the name of its disk; else NULL */
	char **slaves;     /* names of the block devices below a dm or md */
	char **functions;  /* addresses of the PCI functions that it is on (several for NVMe multipath); partitions and virtual devices: none */
	char *dm_name;     /* /dev/mapper/NAME, or NULL */
	char *backing;     /* file behind a loop device, or NULL */
	char *signature;   /* what is written on it: ext4, LVM2_member, zfs_member, ceph_bluestore, crypto_LUKS, gpt ...; NULL: nothing known */
	bool is_looked_at; /* signature and part_type were looked for; else their absence says nothing */
	char *part_type;   /* GPT type GUID or MBR type, lower case; NULL: none known */
	char *part_uuid;   /* of a partition: its GUID, or for MBR "4ac3e1f0-01"; lower case; NULL: none known */
};

struct blocks {
	struct block *list; /* sorted by name */
	size_t n;
};

#define PART_TYPE_ESP "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

/* Everything in sys/block. Signatures come from udev's database (run/udev/data); `probe` reads the devices instead (libblkid, root only). */
int blocks_read(int root_fd, bool probe, struct blocks *ret);
void blocks_done(struct blocks *b);
const struct block *blocks_find(const struct blocks *b, const char *name);
/* By major:minor. */
const struct block *blocks_find_number(const struct blocks *b, const char *number);
/* By what a mount or swap names as its source: /dev/NAME or /dev/mapper/NAME. */
const struct block *blocks_find_source(const struct blocks *b, const char *source);
