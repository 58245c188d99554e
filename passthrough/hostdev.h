/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host devices: how libvirt's domain XML names the PCI functions that a guest has
 * (https://libvirt.org/formatdomain.html#host-device-assignment).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct _xmlNode; /* libxml2's xmlNode */

/* The ways in which a guest can have a device of the host: first those that take the whole PCI function. */
enum hostdev_kind {
	HOSTDEV_PLAIN,       /* <hostdev mode='subsystem' type='pci'> */
	HOSTDEV_INTERFACE,   /* <interface type='hostdev'>, a network port with a MAC set by the host */
	HOSTDEV_DISK,        /* <disk type='nvme'>, driven by QEMU */
	HOSTDEV_PCI_KINDS,
	HOSTDEV_BLOCK = HOSTDEV_PCI_KINDS, /* <disk type='block'>, through the host's driver */
	HOSTDEV_USB,         /* <hostdev mode='subsystem' type='usb'> */
	HOSTDEV_MEDIATED,    /* <hostdev mode='subsystem' type='mdev'> */
};

struct hostdev {
	char *address;       /* 0000:05:00.0 */
	enum hostdev_kind kind;
	bool managed;        /* libvirt binds it to vfio-pci when the guest starts, and back when it ends */
};

struct hostdevs {
	struct hostdev *list; /* in the order of the document */
	size_t n;
};

/*
 * All PCI functions of a domain. -EINVAL: no domain XML, or an address in it that is none; -ELIBACC: no libxml2; silent. A function that libvirt
 * takes from a pool (<interface type='network'>) is seen in the XML of the running guest only: the saved one does not name it.
 */
int hostdevs_parse(const char *domain_xml, struct hostdevs *ret);
void hostdevs_done(struct hostdevs *h);
/* One child of <devices>: 1, or 0 where it is no PCI function of the host. -EINVAL, -ENOMEM. */
int hostdev_read(const struct _xmlNode *node, struct hostdev *ret);
/* By address, "0000:05:00.0" or "05:00.0". */
const struct hostdev *hostdevs_find(const struct hostdevs *h, const char *address);
/* "a host device", ... */
const char *hostdev_kind_name(enum hostdev_kind kind);
