/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions: what they are, where they sit, which driver has them. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/capabilities.h"
#include "detect/device.h"

#define BASE "sys/bus/pci"
#define CLASS_NVME 0x010802
#define CLASS_BASE_DISPLAY 0x03
#define CLASS_BRIDGE_PCI 0x0604
#define CLASS_BRIDGE_CARDBUS 0x0607

static void device_done(struct device *d)
{
	char *strings[] = { d->address, d->sysfs, d->path, d->parent, d->slot, d->driver, d->driver_override, d->modalias,
			    d->physical_function, d->link_speed, d->link_speed_max, d->link_width, d->link_width_max,
			    d->serial, d->model, d->firmware };

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		free(strings[i]);
	strv_free(d->virtual_functions);
	strv_free(d->reset_methods);
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

bool device_is_on_vfio(const struct device *d)
{
	/* Variants are named after their device (mlx5_vfio_pci, nvgrace-gpu-vfio-pci). */
	return d->driver && (str_ends(d->driver, "vfio-pci") || str_ends(d->driver, "vfio_pci"));
}

int address_parse(const char *text, unsigned *domain, unsigned *bus, unsigned *device, unsigned *function)
{
	unsigned part[4] = {};
	int n = 0;

	/* %n proves that nothing stands behind, and the digits are counted because %x takes signs and blanks. */
	if (strspn(text, "0123456789abcdefABCDEF:.") != strlen(text))
		return -EINVAL;
	if (sscanf(text, "%8x:%2x:%2x.%1x%n", &part[0], &part[1], &part[2], &part[3], &n) != 4 || text[n]) {
		part[0] = 0;
		n = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", &part[1], &part[2], &part[3], &n) != 3 || text[n])
			return -EINVAL;
	}
	if (part[2] > 31 || part[3] > 7)
		return -EINVAL;
	*domain = part[0];
	*bus = part[1];
	*device = part[2];
	*function = part[3];
	return 0;
}

static bool is_address(const char *s, size_t n)
{
	unsigned a, b, c, d;
	char text[32];

	if (n < 12 || n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	return address_parse(text, &a, &b, &c, &d) == 0;
}

char *address_in_path(const char *path)
{
	const char *end = path + strlen(path), *start;

	while (end > path) {
		for (start = end; start > path && start[-1] != '/'; start--)
			;
		if (is_address(start, (size_t)(end - start)))
			return strndup(start, (size_t)(end - start));
		end = start > path ? start - 1 : path;
	}
	return NULL;
}

static int read_number(int fd, const char *name, unsigned *ret)
{
	_cleanup_free_ char *line = NULL;
	uint64_t value;
	int r;

	r = fs_read_line(fd, &line, "%s", name);
	if (r < 0)
		return r;
	r = parse_hex(line, &value);
	if (r < 0)
		return r;
	*ret = (unsigned)value;
	return 0;
}

/* An attribute that this kernel or this device may not have: NULL then. */
static char *read_optional(int fd, const char *name)
{
	char *line = NULL;

	if (fs_read_line(fd, &line, "%s", name) < 0)
		return NULL;
	return line;
}

static int read_optional_int(int fd, const char *name, int otherwise)
{
	_cleanup_free_ char *line = read_optional(fd, name);
	int value;

	return line && parse_int(line, &value) == 0 ? value : otherwise;
}

static int read_group(int fd)
{
	_cleanup_free_ char *name = NULL;
	int group;

	if (fs_read_link_base(fd, &name, "iommu_group") < 0 || parse_int(name, &group) < 0)
		return -1;
	return group;
}

/* The flags are IORESOURCE_* of include/linux/ioport.h. */
void bars_parse(char *text, struct bar bars[6])
{
	char *save = NULL, *line;
	size_t i = 0;

	for (line = strtok_r(text, "\n", &save); line && i < 6; line = strtok_r(NULL, "\n", &save), i++) {
		unsigned long long start, end, flags;

		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3 || end <= start)
			continue;
		bars[i] = (struct bar){
			.start = start,
			.size = end - start + 1,
			.is_io = flags & 0x100,
			.is_prefetchable = flags & 0x2000,
			.is_64bit = flags & 0x100000,
		};
	}
}

static void read_bars(int fd, struct bar bars[6])
{
	_cleanup_free_ char *text = NULL;

	if (fs_read(fd, &text, NULL, "resource") >= 0)
		bars_parse(text, bars);
}

static int read_virtual_functions(int fd, struct device *d)
{
	char *address;
	int r;

	d->max_vfs = (unsigned)read_optional_int(fd, "sriov_totalvfs", 0);
	if (!d->max_vfs)
		return 0;
	for (unsigned i = 0; i < d->max_vfs; i++) {
		if (fs_read_link_base(fd, &address, "virtfn%u", i) < 0)
			break; /* VFs are numbered without gaps */
		r = strv_consume(&d->virtual_functions, address);
		if (r < 0)
			return r;
	}
	return 0;
}

/* devices/pci0000:00/0000:00:06.0/0000:05:00.0 → path 0000:00/06.0/00.0, parent 0000:00:06.0. */
static int set_place(struct device *d, const char *link)
{
	_cleanup_(strv_freep) char **parts = NULL;
	const char *sysfs = strstr(link, "devices/");
	struct text path = {};
	size_t n;
	int r;

	d->sysfs = strdup(sysfs ? sysfs : link);
	r = strv_split(d->sysfs ? d->sysfs : "", "/", &parts);
	if (r < 0 || !d->sysfs)
		return -ENOMEM;
	n = strv_length(parts);
	for (size_t i = 0; i < n; i++) {
		if (str_starts(parts[i], "pci") && strchr(parts[i], ':') && !path.size) {
			text_append(&path, parts[i] + 3);
		} else if (is_address(parts[i], strlen(parts[i]))) {
			/* A root bus may hang below another device (Intel VMD): its own chain is part of the place. */
			text_printf(&path, "%s%s", path.size ? "/" : "", strrchr(parts[i], ':') + 1);
			if (i + 1 < n) {
				free(d->parent);
				d->parent = strdup(parts[i]);
				if (!d->parent)
					path.failed = true;
			}
		}
	}
	d->path = text_take(&path);
	return d->path ? 0 : -ENOMEM;
}

static int read_reset_methods(int fd, struct device *d)
{
	_cleanup_free_ char *line = read_optional(fd, "reset_method");

	/* Before Linux 5.15 there is only "reset", and an empty reset_method means that none works. */
	d->reset_methods_known = line != NULL;
	return line ? strv_split(line, " ", &d->reset_methods) : 0;
}

static char *read_override(int fd)
{
	char *line = read_optional(fd, "driver_override");

	if (line && (!*line || str_eq(line, "(null)"))) {
		free(line);
		return NULL;
	}
	return line;
}

static int read_ids(int fd, struct device *d)
{
	int r;

	r = read_number(fd, "vendor", &d->vendor);
	if (r >= 0)
		r = read_number(fd, "device", &d->product);
	if (r >= 0)
		r = read_number(fd, "class", &d->class);
	if (r < 0)
		return r;
	if (read_number(fd, "subsystem_vendor", &d->subsystem_vendor) < 0)
		d->subsystem_vendor = 0;
	if (read_number(fd, "subsystem_device", &d->subsystem_product) < 0)
		d->subsystem_product = 0;
	if (read_number(fd, "revision", &d->revision) < 0)
		d->revision = 0;
	return 0;
}

static int device_read(int root_fd, const char *address, struct device *ret)
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
	r = fs_read_link(root_fd, &link, BASE "/devices/%s", address);
	if (r < 0)
		return r;
	r = set_place(&d, link);
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
	d.modalias = read_optional(fd, "modalias");
	d.numa_node = read_optional_int(fd, "numa_node", -1);
	d.iommu_group = read_group(fd);
	d.is_boot_vga = read_optional_int(fd, "boot_vga", 0) == 1;
	d.link_speed = read_optional(fd, "current_link_speed");
	d.link_speed_max = read_optional(fd, "max_link_speed");
	d.link_width = read_optional(fd, "current_link_width");
	d.link_width_max = read_optional(fd, "max_link_width");
	read_bars(fd, d.bars);
	r = read_virtual_functions(fd, &d);
	if (r >= 0)
		r = read_reset_methods(fd, &d);
	if (r < 0)
		return r;
	capabilities_read(fd, d.domain, d.bus, d.device, d.function, &d.capabilities);
	/* PCI-to-PCI and CardBus bridges have header type 1 and 2; a host bridge is an endpoint to the bus. */
	d.is_bridge = d.class >> 8 == CLASS_BRIDGE_PCI || d.class >> 8 == CLASS_BRIDGE_CARDBUS;
	*ret = TAKE(d);
	return 0;
}

/* "0-2": the kernel made a name unique that the firmware gave twice, so it changes with the number of cards. */
static bool slot_name_is_stable(const char *name)
{
	const char *dash = strrchr(name, '-');

	return !dash || dash[1 + strspn(dash + 1, "0123456789")];
}

/* sys/bus/pci/slots/NAME/address is 0000:05:00: every function of that device sits in the slot. */
static int slots_read(int root_fd, struct devices *devices)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(root_fd, &names, BASE "/slots");
	if (r < 0)
		return 0; /* most desktops have no slots */
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *address = NULL;

		if (!slot_name_is_stable(*name) || fs_read_line(root_fd, &address, BASE "/slots/%s/address", *name) < 0 || !*address)
			continue;
		for (size_t i = 0; i < devices->n; i++) {
			struct device *d = &devices->list[i];

			if (d->slot || !str_starts(d->address, address) || d->address[strlen(address)] != '.')
				continue;
			d->slot = strdup(*name);
			if (!d->slot)
				return -ENOMEM;
		}
	}
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
	int r;

	r = dir_list(root_fd, &names, BASE "/devices");
	if (r == -ENOENT) /* no PCI at all, as on many an s390x host */
		return *ret = (struct devices){}, 0;
	if (r < 0)
		return log_errno(r, "cannot list the PCI devices in /" BASE "/devices");
	devices.list = calloc(strv_length(names) + 1, sizeof(*devices.list));
	if (!devices.list)
		return log_oom();
	for (char **name = names; name && *name; name++) {
		r = device_read(root_fd, *name, &devices.list[devices.n]);
		if (r == -ENOMEM)
			return log_oom();
		if (r < 0)
			log_warning("PCI device %s is left out: its attributes in /" BASE "/devices/%s cannot be read (%s)", *name,
				    *name, strerror(-r));
		else
			devices.n++;
	}
	qsort(devices.list, devices.n, sizeof(*devices.list), compare);
	r = slots_read(root_fd, &devices);
	if (r < 0)
		return log_oom();
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
