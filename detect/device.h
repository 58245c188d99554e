/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions: what they are, where they sit, which driver has them (Documentation/ABI/testing/sysfs-bus-pci). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "detect/address.h"
#include "detect/capabilities.h"
#include "detect/nvme.h"
#include "detect/truth.h"
#include "detect/zpci.h"

struct bar {
	uint64_t start, size;  /* bytes; size 0: not implemented */
	bool is_io, is_64bit, is_prefetchable;
	bool is_unassigned;    /* the kernel found no room for it */
};

struct device {
	char *address;          /* 0000:05:00.0; the domain may have more than four digits */
	unsigned domain, bus, device, function;
	unsigned vendor, product, subsystem_vendor, subsystem_product, class, revision;
	char *sysfs;            /* devices/pci0000:00/0000:00:06.0/0000:05:00.0 */
	char *path;             /* the chain of bridges, free of bus numbers below the root: 0000:00/06.0/00.0; on s390x zpci/00000021 */
	char *parent;           /* address of the bridge above, or NULL at a root bus */
	char *slot;             /* name of the physical slot, or NULL */
	char *driver;           /* NULL: none */
	char *driver_override;  /* NULL: unset */
	char *modalias;
	int numa_node;          /* -1: none */
	char *numa_cpus;        /* of that node, as a list: 0-7,16-23; NULL: no node, or not known */
	int iommu_group;        /* -1: none */
	char *physical_function;/* a VF's PF, or NULL */
	char **virtual_functions;
	unsigned max_vfs;
	enum truth resets;      /* the kernel has a way to reset it */
	char **reset_methods;   /* in the order in which they are tried; may be empty although it resets (before Linux 5.15) */
	bool reset_methods_known;
	bool is_bridge;         /* header type 1: it cannot be given away */
	struct zpci zpci;
	bool is_boot_vga;
	enum truth boot_framebuffer; /* the picture of the boot loader and the early console lies in its memory */
	char *vfio_driver;      /* the module for it: vfio-pci, or its variant (mlx5_vfio_pci); NULL: none found */
	char *link_speed, *link_speed_max, *link_width, *link_width_max; /* as sysfs writes them, or NULL */
	struct bar bars[6];
	bool bars_known;        /* else that there are none says nothing */
	struct bar rom;         /* expansion ROM; size 0: none */
	struct capabilities capabilities;
	ino_t inode;            /* of its folder in sysfs: another one after the device was removed and came back */

	char *serial, *model, *firmware; /* of an NVMe controller; NULL when not known */
	struct nvme_namespace *namespaces; /* sorted by number; none where the nvme driver has not got the controller */
	size_t n_namespaces;
	bool serial_remembered; /* serial and model come from slipway's memory, and nobody has seen them in this boot */
};

struct devices {
	struct device *list;    /* sorted by domain, bus, device, function */
	size_t n;
};

/* All functions below sys/bus/pci/devices. A host without PCI has none: no error. A function that cannot be read is left out and named in a warning. */
int devices_read(int root_fd, struct devices *ret);
void devices_done(struct devices *d);
struct device *devices_find(const struct devices *d, const char *address);

bool device_is_nvme(const struct device *d);
bool device_is_display(const struct device *d);
/* A host bridge, an ISA bridge, a PCI bridge: it carries others and never goes to a guest. */
bool device_is_infrastructure(const struct device *d);
/* Bound to vfio-pci or one of its variants. */
bool device_is_on_vfio(const struct device *d);
/* Functions of one card or chip: same domain, bus and device. */
bool devices_share_slot(const struct device *a, const struct device *b);
/* The bridge above, or NULL at a root bus. What makes a root bus of its own (Intel VMD) stands above it, too. */
const struct device *devices_parent(const struct devices *devices, const struct device *d);
/* The controller (Intel VMD) whose driver makes the bus that the device sits on, or NULL: the firmware's own bus. */
const struct device *devices_controller(const struct devices *devices, const struct device *d);
