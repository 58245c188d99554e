/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host devices: how libvirt's domain XML names the PCI functions that a guest has
 * (https://libvirt.org/formatdomain.html#host-device-assignment).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A PCI function can be a guest's in three ways; slipway makes the first, and must see the others. */
enum hostdev_kind {
	HOSTDEV_PLAIN,       /* <hostdev mode='subsystem' type='pci'> */
	HOSTDEV_INTERFACE,   /* <interface type='hostdev'>, a network port with a MAC set by the host */
	HOSTDEV_DISK,        /* <disk type='nvme'>, driven by QEMU */
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
/* By address, "0000:05:00.0" or "05:00.0". */
const struct hostdev *hostdevs_find(const struct hostdevs *h, const char *address);
/* "a host device", ... */
const char *hostdev_kind_name(enum hostdev_kind kind);

/*
 * The <hostdev> element for a function. -EINVAL: no address.
 *
 * managed=false is for a device that slipway binds at boot: libvirt leaves the driver alone, and refuses to start the
 * guest where vfio-pci does not have the device; so a host that was booted without slipway's argument keeps it.
 * managed=true is for all others: libvirt binds at start and gives back to the driver of before at the end. Where that
 * was vfio-pci, libvirt leaves it there (virPCIDeviceBindToStub() notes nothing to undo), so it is never wrong, only less strict.
 */
int hostdev_format(const char *address, bool managed, char **ret);
/* The <hostdev> element as it stands in the domain, with the address in the guest and all options. -ENOENT, -EINVAL. */
int hostdev_extract(const char *domain_xml, const char *address, char **ret);
