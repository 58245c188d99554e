/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements: a device of the host as it stands in a guest's definition, read and written.
 *
 * Two definitions of one guest may write the same device differently (the running one has addresses and aliases that the saved one
 * has not), so what is looked for is what it is of the host: a PCI function, a block device, a USB device.
 */
#pragma once

#include "passthrough/hostdev.h"

/* Where a device sits in the guest. */
struct guest_address {
	unsigned domain, bus, slot, function;
};

struct element {
	enum hostdev_kind kind;
	char *source;        /* PCI: 0000:05:00.0; block: /dev/disk/by-id/...; USB: bus and device as "1.5", NULL where it is named by ids;
			      * mediated: its UUID */
	char *ids;           /* USB: 046d:c52b; NULL where it is named by its place alone */
	char *target;        /* of a disk, its name in the guest: vda; else NULL */
	bool managed;
	bool has_address;    /* in the guest, and it is a PCI one */
	bool is_multifunction;
	struct guest_address address;
	char *xml;           /* as it stands there */
};

struct elements {
	struct element *list; /* in the order of the document */
	size_t n;
};

/* Of a domain; and one by itself. -EINVAL: not understood; -ELIBACC; -ENOMEM. Silent. */
int elements_parse(const char *domain_xml, struct elements *ret);
int element_parse(const char *xml, struct element *ret);
void elements_done(struct elements *e);
void element_done(struct element *e);
/* Are both the same device of the host? The ways of having it may differ. */
bool element_is_same(const struct element *a, const struct element *b);
const struct element *elements_find(const struct elements *all, const struct element *like);

/*
 * What is to be written.
 *
 * managed=false is for a device that slipway binds at boot: libvirt leaves the driver alone, and refuses to start the
 * guest where vfio-pci does not have the device; so a host that was booted without slipway's argument keeps it.
 * managed=true is for all others: libvirt binds at start and gives back to the driver of before at the end. Where that
 * was vfio-pci, libvirt leaves it there (virPCIDeviceBindToStub() notes nothing to undo), so it is never wrong, only less strict.
 */
struct element_wish {
	enum hostdev_kind kind;          /* not HOSTDEV_INTERFACE */
	const char *source;              /* the PCI address, or the path of the block device; the UUID of a mediated device */
	const char *model;               /* HOSTDEV_MEDIATED: vfio-ap, vfio-ccw */
	bool managed;                    /* not of a block device */
	unsigned namespace;              /* HOSTDEV_DISK */
	const char *target, *serial;     /* of a disk: vdb; what the guest sees as its serial, where that can be written, or NULL */
	unsigned vendor, product;        /* USB */
	unsigned bus, device;            /* USB; bus 0: named by its ids alone */
	const struct guest_address *at;  /* NULL: libvirt chooses */
	bool is_multifunction;           /* function 0 of several */
};

/* -EINVAL: no address. */
int element_format(const struct element_wish *wish, char **ret);
/* The same element without the alias that libvirt gave it; it keeps its place. */
int element_strip_alias(const char *xml, char **ret);
/* The first of vda, vdb ... that none of these disks has (each list may be NULL): a new string. */
int elements_free_target(const char *live_xml, const char *saved_xml, char *const *taken, char **ret);
