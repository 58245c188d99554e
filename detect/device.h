/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions: what they are, where they sit, which driver has them (Documentation/ABI/testing/sysfs-bus-pci). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "detect/truth.h"

struct bar {
	uint64_t start, size;  /* bytes; size 0: not implemented */
	bool is_io, is_64bit, is_prefetchable;
};

/* Access Control Services of a bridge, as bits of the ACS control register (PCIe 7.7.11). */
#define ACS_SV 0x01
#define ACS_RR 0x04
#define ACS_CR 0x08
#define ACS_UF 0x10
#define ACS_NEEDED (ACS_SV | ACS_RR | ACS_CR | ACS_UF)

struct capabilities {
	bool is_complete;       /* the extended space was read (root only); else what follows may be missing */
	bool is_pcie;
	uint8_t pcie_type;      /* PCI_EXP_TYPE_*: 0 endpoint, 4 root port, 5 upstream, 6 downstream, ... */
	bool has_flr;
	bool has_acs;
	uint16_t acs_supported, acs_enabled;
	bool has_serial;        /* Device Serial Number capability, neither all zeros nor all ones */
	uint64_t serial;
};

struct device {
	char *address;          /* 0000:05:00.0; the domain may have more than four digits */
	unsigned domain, bus, device, function;
	unsigned vendor, product, subsystem_vendor, subsystem_product, class, revision;
	char *sysfs;            /* devices/pci0000:00/0000:00:06.0/0000:05:00.0 */
	char *path;             /* the chain of bridges, free of bus numbers below the root: 0000:00/06.0/00.0 */
	char *parent;           /* address of the bridge above, or NULL at a root bus */
	char *slot;             /* name of the physical slot, or NULL */
	char *driver;           /* NULL: none */
	char *driver_override;  /* NULL: unset */
	char *modalias;
	int numa_node;          /* -1: none */
	int iommu_group;        /* -1: none */
	char *physical_function;/* a VF's PF, or NULL */
	char **virtual_functions;
	unsigned max_vfs;
	char **reset_methods;
	bool reset_methods_known;
	bool is_bridge;         /* header type 1: it cannot be given away */
	bool is_boot_vga;
	char *link_speed, *link_speed_max, *link_width, *link_width_max; /* as sysfs writes them, or NULL */
	struct bar bars[6];
	struct capabilities capabilities;
	ino_t inode;            /* of its folder in sysfs: another one after the device was removed and came back */

	char *serial, *model, *firmware; /* of an NVMe controller; NULL when not known */
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
/* Bound to vfio-pci or one of its variants. */
bool device_is_on_vfio(const struct device *d);
/* The text of sysfs' "resource", which it overwrites: a line "start end flags" for each BAR. */
void bars_parse(char *text, struct bar bars[6]);
/* "0000:05:00.0" or "05:00.0" as numbers; -EINVAL. */
int address_parse(const char *text, unsigned *domain, unsigned *bus, unsigned *device, unsigned *function);
/* The last address in a sysfs path such as ../../devices/pci0000:00/0000:00:06.0/0000:05:00.0/nvme/nvme0, or NULL (new string). */
char *address_in_path(const char *path);
