/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Definitions: what libvirt's own files say of guests and storage pools, without asking libvirt. It writes them itself, in one form
 * (virXMLSaveFile, below /etc/libvirt); they are root's to read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct defined_guest {
	char *name;
	uint64_t memory;     /* in KiB, the most that it can have */
	unsigned vcpus;      /* the most */
	bool hugepages;
	char **pools;        /* whose volumes its disks name */
};

struct defined_pool {
	char *name, *type;   /* "dir", "logical", "netfs" */
	char *path;
	bool guests_may;     /* a line for AppArmor lets all guests at what is in the folder */
	char *label;         /* SELinux' of the folder, "system_u:object_r:virt_image_t:s0"; NULL: none can be read */
};

struct definitions {
	bool guests_known, pools_known;      /* false: they cannot be read */
	struct defined_guest *guests;        /* both sorted by name */
	size_t n_guests;
	struct defined_pool *pools;
	size_t n_pools;
	uint64_t memory, huge_memory;        /* of the host, in KiB; 0: not known, or no huge pages */
};

/* -ENOMEM. */
int definitions_read(int root_fd, struct definitions *ret);
void definitions_done(struct definitions *d);
/* One file's text. -EINVAL: it is none of libvirt's; -ENOMEM. */
int defined_guest_parse(const char *text, struct defined_guest *ret);
int defined_pool_parse(const char *text, struct defined_pool *ret);
void defined_guest_done(struct defined_guest *g);
void defined_pool_done(struct defined_pool *p);
