/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest options: what the user says of a guest; the profile and the host say the rest.
 *
 * One vocabulary, in one table: it serves the command line, a file of the user's and the section `guests` of the spec.
 * The names are virt-install's and libvirt's where those have one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum guest_type { GUEST_KVM, GUEST_QEMU };
enum disk_format { DISK_AUTO, DISK_RAW, DISK_QCOW2 };
enum disk_io { DISK_IO_NATIVE, DISK_IO_URING };
enum hugepages { HUGEPAGES_OFF, HUGEPAGES_AUTO, HUGEPAGES_1M, HUGEPAGES_2M, HUGEPAGES_1G };
enum graphics { GRAPHICS_NONE, GRAPHICS_VNC };

#define NODE_AUTO (-1)   /* the node of the devices */
#define NODE_ANY (-2)    /* no node: the kernel places the guest */
#define AS_MANY_AS_VCPUS 0u

/* All strings are borrowed. Start from a profile's `defaults`, and set at least the name. */
struct guest_options {
	const char *name;
	unsigned memory, max_memory;    /* MiB; max 0: as the profile's headroom says */
	unsigned vcpus, max_vcpus;
	enum hugepages hugepages;
	int numa_node;                  /* a node, or NODE_AUTO, NODE_ANY */
	const char *disk;               /* absolute path of an image or a block device, or POOL/VOLUME of libvirt; NULL: no disk */
	enum disk_format format;        /* DISK_AUTO: by the magic of the image, which must exist then */
	enum disk_io disk_io;
	unsigned iothreads;             /* 0: the disk is served by QEMU's main thread */
	const char *bridge;             /* a bridge of the host, or "auto": the only one with a port of the host; NULL: see below */
	const char *macvtap;            /* a network port of the host, shared with it; NULL: use the network */
	const char *network;            /* a libvirt network; NULL: no network */
	unsigned n_networks;            /* how many of the three this layer of settings has named */
	unsigned queues;                /* of the network port, or AS_MANY_AS_VCPUS */
	enum guest_type type;
	const char *emulator;           /* absolute path; NULL: the QEMU that the host has */
	const char *machine;            /* NULL: the newest of its kind */
	bool secure_boot, tpm, kvm_hidden, usb, autostart;
	bool secure_execution;          /* s390x: memory that the host cannot read */
	enum graphics graphics;
	unsigned spare_ports;           /* free PCIe root ports, for devices that are plugged into the running guest */
	const char *console_log;        /* absolute path of a file that gets all the serial console prints; NULL: none */
};

/* One row for an option: its long name on the command line, which is its key in files, too. */
struct guest_option {
	const char *name;        /* "memory" */
	const char *value;       /* "SIZE" */
	const char *help;
	int (*set)(struct guest_options *options, const char *value); /* 0 or -EINVAL; silent */
	/* Is its value out of bounds? A new sentence that says why, or NULL; NULL instead of a function: nothing to ask. */
	char *(*misfit)(const struct guest_options *options);
};

/* The table ends with a row without a name. */
extern const struct guest_option guest_options[];

const struct guest_option *guest_option_find(const char *name);
/* Sets the option of this name. -ENOENT: there is none; -EINVAL: not such a value, after saying what it should be. */
int guest_option_set(struct guest_options *options, const char *name, const char *value);
/* From here on, bridge, macvtap and network replace what was set before; within one layer they exclude each other. */
void guest_options_layer(struct guest_options *options);

/* Is every option within bounds, and the whole without contradiction? -EINVAL, after saying which is not. */
int guest_options_check(const struct guest_options *options);

/* "auto", "off", "2M" */
const char *hugepages_name(enum hugepages h);
/* Is the disk a volume of a libvirt pool ("default/guest1.qcow2")? */
bool guest_disk_is_volume(const char *disk);
