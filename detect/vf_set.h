/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VF set: how many virtual functions a device has, and what each of them is to be. Written as records (common/record.h):
 *
 *     vfs count=4 autoprobe=0
 *     vf number=0 mac=52:54:00:12:34:56 vlan=100
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_BYTES 6

/* What the device's own port sets for a VF, whoever has it. */
struct vf {
	unsigned number;       /* from 0 */
	bool has_mac;          /* else the driver chooses */
	uint8_t mac[MAC_BYTES];
	unsigned vlan;         /* 1 to 4094; 0: none */
};

struct vf_set {
	unsigned count;
	int autoprobe;         /* does the host's driver get new VFs? -1: the kernel does not say (before 4.12) */
	int primary_queues;    /* of NVMe: flexible queues and interrupts that the PF has itself; -1: none, or not known */
	int primary_interrupts;
	struct vf *list;       /* those that have a MAC or a VLAN, by number */
	size_t n;
};

/* For initialisation: nothing known. */
#define VF_SET_EMPTY { .autoprobe = -1, .primary_queues = -1, .primary_interrupts = -1 }

void vf_set_done(struct vf_set *s);
/* The entry of a VF, made where there is none; NULL: out of memory. It stays where it is until the next one is made. */
struct vf *vf_set_own(struct vf_set *s, unsigned number);
/* Is all that is wished for so? A VF without a wish may have any MAC, but no VLAN. */
bool vf_set_satisfies(const struct vf_set *now, const struct vf_set *wish);

/* Lines of text and back; -EINVAL where a line is none of the two, -ENOMEM. NULL when memory runs out. */
int vf_set_parse(const char *text, struct vf_set *ret);
char *vf_set_format(const struct vf_set *s);

/* "VF=MAC"; "VF=ID", or "ID" for every VF, of which the count must be known: -EINVAL after the error has been said. */
int vf_set_add_mac(struct vf_set *s, const char *text);
int vf_set_add_vlan(struct vf_set *s, const char *text);
