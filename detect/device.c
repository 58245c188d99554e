/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions: what they are, where they sit, which driver has them. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/record.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/attribute.h"
#include "detect/bars.h"
#include "detect/capabilities.h"
#include "detect/device.h"
#include "detect/framebuffer.h"
#include "detect/numa.h"
#include "detect/place.h"
#include "detect/reset.h"
#include "detect/slot.h"
#include "detect/sriov.h"

#define BASE "sys/bus/pci"
#define CLASS_NVME 0x010802
#define CLASS_BASE_DISPLAY 0x03
#define CLASS_OLD_VGA 0x0001
#define CLASS_BASE_BRIDGE 0x06
#define CLASS_BRIDGE_PCI 0x0604
#define CLASS_BRIDGE_CARDBUS 0x0607

static void device_done(struct device *d)
{
	char *strings[] = { d->address, d->sysfs, d->path, d->parent, d->slot, d->driver, d->driver_override, d->modalias,
			    d->physical_function, d->link_speed, d->link_speed_max, d->link_width, d->link_width_max,
			    d->numa_cpus, d->vfio_driver, d->serial, d->model, d->firmware };

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(strings[i]);
	strv_free(d->virtual_functions);
	strv_free(d->reset_methods);
	nvme_namespaces_done(d);
	*d = (struct device){};
}

void devices_done(struct devices *d)
{
	for (size_t i = 0; i < d->n; i++)
		device_done(&d->list[i]);
	free(d->list);
	*d = (struct devices){};
}

bool device_is_nvme(const struct device *d)
{
	return d->class == CLASS_NVME;
}

bool device_is_display(const struct device *d)
{
	return d->class >> 16 == CLASS_BASE_DISPLAY;
}

bool device_is_infrastructure(const struct device *d)
{
	return d->is_bridge || d->class >> 16 == CLASS_BASE_BRIDGE;
}

bool device_is_on_vfio(const struct device *d)
{
	/* Variants are named after their device (mlx5_vfio_pci, nvgrace-gpu-vfio-pci). */
	return d->driver && (str_ends(d->driver, "vfio-pci") || str_ends(d->driver, "vfio_pci"));
}

bool devices_share_slot(const struct device *a, const struct device *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->device == b->device;
}

const struct device *devices_parent(const struct devices *devices, const struct device *d)
{
	return devices_find(devices, d->parent);
}

const struct device *devices_controller(const struct devices *devices, const struct device *d)
{
	for (d = devices_parent(devices, d); d; d = devices_parent(devices, d))
		if (!d->is_bridge)
			return d;
	return NULL;
}

static int read_group(int fd)
{
	_cleanup_free_ char *name = NULL;
	int group;

	if (fs_read_link_base(fd, &name, "iommu_group") < 0 || parse_int(name, &group) < 0)
		return -1;
	return group;
}

static char *read_override(int fd)
{
	char *line = attribute_text(fd, "driver_override");

	if (line && (!*line || str_eq(line, "(null)"))) {
		free(line);
		return NULL;
	}
	return line;
}

static int read_ids(int fd, struct device *d)
{
	int r;

	r = attribute_hex(fd, "vendor", &d->vendor);
	if (r >= 0)
		r = attribute_hex(fd, "device", &d->product);
	if (r >= 0)
		r = attribute_hex(fd, "class", &d->class);
	if (r < 0)
		return r;
	if (attribute_hex(fd, "subsystem_vendor", &d->subsystem_vendor) < 0)
		d->subsystem_vendor = 0;
	if (attribute_hex(fd, "subsystem_device", &d->subsystem_product) < 0)
		d->subsystem_product = 0;
	if (attribute_hex(fd, "revision", &d->revision) < 0)
		d->revision = 0;
	return 0;
}

/* PCI Express has all four, conventional PCI none of them (pcie_dev_attrs_are_visible(), drivers/pci/pci-sysfs.c). */
static void read_link(int fd, struct device *d)
{
	d->link_speed = attribute_text(fd, "current_link_speed");
	d->link_width = attribute_text(fd, "current_link_width");
	if (!d->link_speed && !d->link_width)
		return;
	d->link_speed_max = attribute_text(fd, "max_link_speed");
	d->link_width_max = attribute_text(fd, "max_link_width");
}

/*
 * Each function of s390x stands alone below a root bus whose domain is another one at the next boot where UIDs are not unique
 * (arch/s390/pci/pci_bus.c): the function id, which the machine's I/O definition gives, is the place that stays.
 */
static int set_zpci_path(struct device *d)
{
	char *path;

	if (!d->zpci.is_there || d->parent)
		return 0;
	path = text_format(ZPCI_PATH, d->zpci.fid);
	if (!path)
		return -ENOMEM;
	free(d->path);
	d->path = path;
	return 0;
}

/* `all` is the folder of the links to them. */
static int device_read(int root_fd, int all, const char *address, struct device *ret)
{
	_cleanup_(device_done) struct device d = {};
	_cleanup_free_ char *link = NULL;
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	d.address = strdup(address);
	if (!d.address)
		return -ENOMEM;
	r = address_parse(address, &d.domain, &d.bus, &d.device, &d.function);
	if (r < 0)
		return r;
	r = fs_read_link(all, &link, "%s", address);
	if (r < 0)
		return r;
	r = place_parse(link, &d);
	if (r < 0)
		return r;
	fd = fs_open(root_fd, O_PATH | O_DIRECTORY, BASE "/devices/%s", address);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0)
		d.inode = st.st_ino;
	r = read_ids(fd, &d);
	if (r < 0)
		return r;
	if (fs_read_link_base(fd, &d.driver, "driver") < 0)
		d.driver = NULL;
	if (fs_read_link_base(fd, &d.physical_function, "physfn") < 0)
		d.physical_function = NULL;
	d.driver_override = read_override(fd);
	d.modalias = attribute_text(fd, "modalias");
	d.numa_node = attribute_int(fd, "numa_node", -1);
	d.iommu_group = read_group(fd);
	/* The kernel asks VGA devices alone, those of before PCI 2.0 among them. */
	d.is_boot_vga = (device_is_display(&d) || d.class >> 8 == CLASS_OLD_VGA) && attribute_int(fd, "boot_vga", 0) == 1;
	read_link(fd, &d);
	bars_read(fd, &d);
	zpci_read(root_fd, fd, &d.zpci);
	r = set_zpci_path(&d);
	if (r >= 0)
		r = sriov_read(fd, &d);
	if (r >= 0)
		r = reset_read(fd, &d);
	if (r < 0)
		return r;
	capabilities_read(fd, d.domain, d.bus, d.device, d.function, &d.capabilities);
	/* PCI-to-PCI and CardBus bridges have header type 1 and 2; a host bridge is an endpoint to the bus. */
	d.is_bridge = d.class >> 8 == CLASS_BRIDGE_PCI || d.class >> 8 == CLASS_BRIDGE_CARDBUS;
	*ret = TAKE(d);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	if (x->domain != y->domain)
		return x->domain < y->domain ? -1 : 1;
	if (x->bus != y->bus)
		return x->bus < y->bus ? -1 : 1;
	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return (int)x->function - (int)y->function;
}

int devices_read(int root_fd, struct devices *ret)
{
	_cleanup_(devices_done) struct devices devices = {};
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_close_ int all = fs_open(root_fd, O_RDONLY | O_DIRECTORY, BASE "/devices");
	int r;

	if (all == -ENOENT) /* no PCI at all, as on many an s390x host */
		return *ret = (struct devices){}, 0;
	r = all < 0 ? all : dir_list(all, &names, ".");
	if (r < 0)
		return log_errno(r, "cannot list the PCI devices in /" BASE "/devices");
	devices.list = calloc(strv_length(names) + 1, sizeof(*devices.list));
	if (!devices.list)
		return log_oom();
	for (char **name = names; name && *name; name++) {
		r = device_read(root_fd, all, *name, &devices.list[devices.n]);
		if (r == -ENOMEM)
			return log_oom();
		if (r < 0)
			log_warning("PCI device %s is left out: its attributes in /" BASE "/devices/%s cannot be read (%s)", *name,
				    *name, strerror(-r));
		else
			devices.n++;
	}
	qsort(devices.list, devices.n, sizeof(*devices.list), compare);
	if (slots_fill(root_fd, &devices) < 0 || numa_fill(root_fd, &devices) < 0)
		return log_oom();
	framebuffer_fill(root_fd, &devices);
	*ret = TAKE(devices);
	return 0;
}

struct device *devices_find(const struct devices *d, const char *address)
{
	struct device key = {};

	if (!address || address_parse(address, &key.domain, &key.bus, &key.device, &key.function) < 0)
		return NULL;
	return d->n ? bsearch(&key, d->list, d->n, sizeof(*d->list), compare) : NULL;
}
