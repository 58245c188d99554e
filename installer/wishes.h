/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes: what the host shall be, from the spec and the command line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "installer/network_wish.h"
#include "installer/object_wish.h"
#include "profiles/settings_guest.h"

enum bind_wish { BIND_WISH_AUTO, BIND_WISH_IDS, BIND_WISH_ADDRESS };

struct passthrough_wish {
	char *selector;
	unsigned count;        /* how many devices it must match; 0: any number but none */
	enum bind_wish bind;
};

/* Huge pages of one size, of the host or of one NUMA node. */
struct hugepages_wish {
	unsigned size;         /* in KiB */
	int node;              /* -1: wherever the kernel takes them */
	unsigned count;
	bool at_boot;          /* by kernel arguments; else now, and early in each boot */
};

enum switch_wish { SWITCH_LEFT, SWITCH_OFF, SWITCH_ON };

struct memory_wish {
	struct hugepages_wish *hugepages;
	size_t n_hugepages;
	const char *transparent; /* static: always, madvise, never; NULL: as it is */
	enum switch_wish ksm;
	unsigned ksm_pages, ksm_sleep; /* how many in one go, and the pause between two in ms; 0: as it is */
	bool has_swappiness;
	unsigned swappiness;   /* 0 to 200 */
	char *memlock_group;   /* whose QEMUs, started without libvirt, may lock memory; NULL: nobody's */
	unsigned memlock;      /* in KiB; 0: without limit */
};

struct cpu_wish {
	char *isolated;        /* "2-7,10": CPUs that the scheduler leaves alone; NULL: none */
	char *housekeeping;    /* the other way round: all but these */
	char *governor;        /* NULL: as it is */
};

struct disks_wish {
	const char *nvme, *ssd, *hdd; /* static: I/O schedulers; NULL: as it is */
};

/* How libvirt is reached from other hosts; ssh needs nothing here. */
struct remote_wish {
	enum switch_wish tls;  /* by TLS, with certificates that are there */
	bool tcp_off;          /* not in the clear */
};

/* Guests that are to be there: each with a name and a profile. */
struct guest_wishes {
	struct guest_settings *list; /* in the order of the spec */
	size_t n;
};

struct wishes {
	bool iommu_on;         /* whatever this CPU and kernel need for it */
	bool nested;           /* guests may run guests */
	bool nested_off;       /* or may not */
	char **arguments;      /* further kernel arguments, owned by slipway */
	struct passthrough_wish *passthrough;
	size_t n_passthrough;
	bool bridge_filter_off; /* what passes a bridge is none of the host's firewall */
	bool forwarding;       /* of IPv4 */
	struct network_wishes network;
	struct memory_wish memory;
	struct cpu_wish cpu;
	struct disks_wish disks;
	char **packages;       /* sets of them: "virtualization", "tools", "cockpit" */
	char **services;       /* "libvirt", "cockpit" */
	char **users;          /* who may use libvirt */
	struct remote_wish remote;
	struct object_wishes objects; /* of libvirt's: pools and networks */
	struct guest_wishes guests;
	char *spec, *spec_file; /* the text of the spec that this comes from, and its name; or NULL */
	char *pending;         /* of a trial: what goes into the file that its boot finds; NULL: no trial */
};

void wishes_done(struct wishes *w);
int wishes_add_passthrough(struct wishes *w, const char *selector, unsigned count, enum bind_wish bind); /* -ENOMEM */
/* "auto", "ids", "address"; -EINVAL */
int bind_wish_parse(const char *text, enum bind_wish *ret);
