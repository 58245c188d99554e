/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest options: what the user says of a guest; the profile and the host say the rest. */
#pragma once

#include <stddef.h>

enum guest_type { GUEST_KVM, GUEST_QEMU };
enum disk_format { DISK_AUTO, DISK_RAW, DISK_QCOW2 };

/* All strings are borrowed. Start from a profile's `defaults`, and set at least the name. */
struct guest_options {
	const char *name;
	unsigned memory;         /* MiB */
	unsigned vcpus;
	const char *disk;        /* absolute path of an image or a block device; NULL: no disk */
	enum disk_format format; /* DISK_AUTO: by the magic of the image, which must exist then */
	const char *bridge;      /* a bridge of the host; NULL: use the network */
	const char *network;     /* a libvirt network; NULL: no network */
	enum guest_type type;
	const char *emulator;    /* absolute path; NULL: the QEMU that the host has */
	unsigned spare_ports;    /* free PCIe root ports, for devices that are plugged into the running guest */
	const char *console_log; /* absolute path of a file that gets all the serial console prints; NULL: none */
};

/* One row for an option: its long name on the command line, which is its key in the spec, too. */
struct guest_option {
	const char *name;        /* "memory" */
	const char *value;       /* "SIZE" */
	const char *help;
	int (*set)(struct guest_options *options, const char *value); /* 0 or -EINVAL; silent */
};

/* The table ends with a row without a name. */
extern const struct guest_option guest_options[];

/* Sets the option of this name. -ENOENT: there is none; -EINVAL: not such a value, after saying what it should be. */
int guest_option_set(struct guest_options *options, const char *name, const char *value);

/* Is every option within bounds, and the whole without contradiction? -EINVAL, after saying which is not. */
int guest_options_check(const struct guest_options *options);
