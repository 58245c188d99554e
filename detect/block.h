/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices and what they are made of: partitions, dm and md over their slaves, down to the PCI function. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct block {
	char *name;        /* nvme0n1p2; in names such as cciss!c0d0 '!' stands for the '/' of the node */
	char *number;      /* major:minor, "259:2"; NULL for a hidden one, a path of an NVMe multipath */
	bool is_virtual;   /* below sys/devices/virtual: made by software, and standing on who knows what */
	char *link;        /* of a disk: where sys/block/NAME leads; NULL for a partition */
	char *disk;        /* for a partition: the name of its disk; else NULL */
	char **slaves;     /* names of the block devices below a dm or md */
	char **functions;  /* addresses of the PCI functions that it is on (several for NVMe multipath); partitions and virtual devices: none */
	char *ccw;         /* id of the CCW device of s390x that a disk is on, a DASD or an FCP adapter; or NULL */
	bool is_remote;    /* it comes over the network: iSCSI, NVMe-oF */
	char **peers;      /* addresses of those that serve it */
	char **locals;     /* addresses or interfaces of ours that it comes through, where the kernel says so */
	char *dm_name;     /* /dev/mapper/NAME, or NULL */
	char *backing;     /* file behind a loop device, or device behind zram, or NULL */
	char *signature;   /* what is written on it: ext4, LVM2_member, zfs_member, ceph_bluestore, crypto_LUKS, gpt ...; NULL: nothing known */
	bool is_looked_at; /* signature and part_type were looked for; else their absence says nothing */
	char *part_type;   /* GPT type GUID or MBR type, lower case; NULL: none known */
	char *uuid, *label;           /* of what is written on it; the label of a zfs_member is its pool; NULL: none known */
	char *part_uuid, *part_label; /* of the partition's entry: its GUID, or for MBR "4ac3e1f0-01", lower case; or NULL */
};

struct blocks {
	struct block *list; /* sorted by name */
	size_t n;
	const struct block **by_number; /* those that have a number, sorted by it */
	size_t n_numbers;
};

/* UEFI 5.3.3, and the boot partitions of GRUB on BIOS, of PowerPC and of the Boot Loader Specification. */
#define PART_TYPE_ESP "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
#define PART_TYPE_ESP_MBR "0xef"
#define PART_TYPE_BIOS_BOOT "21686148-6449-6e6f-744e-656564454649"
#define PART_TYPE_PREP "9e1a2d38-c612-4316-aa26-8b49521e5a8b"
#define PART_TYPE_XBOOTLDR "bc13c2ff-59e6-4262-a352-b275fd6f7172"

/* Everything in sys/block. Signatures come from udev's database (run/udev/data); `probe` reads the devices instead (libblkid, root only). */
int blocks_read(int root_fd, bool probe, struct blocks *ret);
void blocks_done(struct blocks *b);
const struct block *blocks_find(const struct blocks *b, const char *name);
/* By major:minor. */
const struct block *blocks_find_number(const struct blocks *b, const char *number);
/*
 * By what a mount, a swap or a configuration file names: /dev/NAME, /dev/mapper/NAME, a link below /dev, or a tag
 * (UUID=, LABEL=, PARTUUID=, PARTLABEL=, as in fstab(5)).
 */
const struct block *blocks_find_source(int root_fd, const struct blocks *b, const char *source);
/* The path below dev/ of a block device's node (new string, NULL when memory runs out). */
char *block_node(const char *name);
