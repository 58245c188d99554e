/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host for the binder: a tree of kernel files in a temporary folder, and the kernel that answers what is written there. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/sysfs.h"
#include "tests/unit/binder_host.h"

#define DEVICES "sys/bus/pci/devices"

bool kernel_refuses_vfio;
char kernel_log[8192];

static void die(const char *what)
{
	perror(what);
	abort();
}

static void make_parents(int root_fd, const char *path)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(root_fd, part, 0755) < 0 && errno != EEXIST)
			die(part);
	}
}

static void write_bytes(int root_fd, const char *path, const void *data, size_t size)
{
	int fd;

	make_parents(root_fd, path);
	fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		die(path);
	close(fd);
}

void binder_host_write(struct binder_host *h, const char *path, const char *text)
{
	write_bytes(h->root_fd, path, text, strlen(text));
}

void binder_host_link(struct binder_host *h, const char *path, const char *target)
{
	make_parents(h->root_fd, path);
	if (symlinkat(target, h->root_fd, path) < 0)
		die(path);
}

const char *binder_host_read(struct binder_host *h, const char *path)
{
	static char text[16384];

	return table_read(h->root_fd, text, sizeof(text), "%s", path) < 0 ? "" : text;
}

static const char *driver_of(int root_fd, const char *address)
{
	static char name[64];

	return link_read_base(root_fd, name, sizeof(name), DEVICES "/%s/driver", address) < 0 ? "" : name;
}

const char *binder_host_driver(struct binder_host *h, const char *address)
{
	return driver_of(h->root_fd, address);
}

void binder_host_open(struct binder_host *h)
{
	snprintf(h->folder, sizeof(h->folder), "/tmp/slipway-binder-XXXXXX");
	if (!mkdtemp(h->folder))
		die("mkdtemp");
	h->root_fd = open(h->folder, O_PATH | O_DIRECTORY);
	kernel_refuses_vfio = false;
	kernel_log[0] = '\0';
	binder_host_write(h, "proc/cmdline", "root=/dev/sda1 ro slipway.bind=1 quiet\n");
	binder_host_write(h, "proc/self/mountinfo", "21 1 0:19 / /sys rw,nosuid - sysfs sysfs rw\n");
	binder_host_write(h, "proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	binder_host_write(h, "dev/kmsg", "");
	binder_host_write(h, "run/empty", "");
	binder_host_write(h, "sys/bus/pci/drivers/vfio-pci/bind", "");
	binder_host_write(h, "sys/bus/pci/drivers_probe", "");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void binder_host_close(struct binder_host *h)
{
	close(h->root_fd);
	nftw(h->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

__attribute__((format(printf, 4, 5)))
static void add_attribute(struct binder_host *h, const char *folder, const char *name, const char *format, ...)
{
	char path[PATH_MAX], text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	binder_host_write(h, path, text);
}

static void put(unsigned char *config, unsigned at, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		config[at + i] = (unsigned char)(value >> 8 * i);
}

/* Power management, then PCI Express; behind 0x100 advanced error reporting, then the serial number. */
static void add_config(struct binder_host *h, const char *folder, const struct binder_device *d)
{
	unsigned char config[4096] = {};
	char path[PATH_MAX];

	put(config, 0x00, 2, d->vendor);
	put(config, 0x02, 2, d->product);
	put(config, 0x06, 2, 0x10);
	put(config, 0x34, 1, 0x40);
	put(config, 0x40, 2, 0x6001);
	put(config, 0x60, 2, 0x0010);
	put(config, 0x62, 2, 0x0002);
	put(config, 0x100, 4, 0x14810001);
	if (d->pcie_serial) {
		put(config, 0x148, 4, 0x00010003);
		put(config, 0x14c, 8, d->pcie_serial);
	}
	snprintf(path, sizeof(path), "%s/config", folder);
	write_bytes(h->root_fd, path, config, d->is_short ? 256 : sizeof(config));
}

static void set_driver(int root_fd, const char *address, const char *driver)
{
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES "/%s/driver", address);
	unlinkat(root_fd, path, 0);
	if (!*driver)
		return;
	snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
	if (symlinkat(target, root_fd, path) < 0)
		die(path);
}

void binder_host_add(struct binder_host *h, const struct binder_device *d)
{
	char folder[512], path[PATH_MAX], target[PATH_MAX];

	snprintf(folder, sizeof(folder), "sys/devices/%s/%s", d->bridges, d->address);
	snprintf(path, sizeof(path), DEVICES "/%s", d->address);
	snprintf(target, sizeof(target), "../../../devices/%s/%s", d->bridges, d->address);
	binder_host_link(h, path, target);
	add_attribute(h, folder, "vendor", "0x%04x\n", d->vendor);
	add_attribute(h, folder, "device", "0x%04x\n", d->product);
	add_attribute(h, folder, "subsystem_vendor", "0x%04x\n", d->subsystem_vendor);
	add_attribute(h, folder, "subsystem_device", "0x%04x\n", d->subsystem_product);
	add_attribute(h, folder, "class", "0x%06x\n", d->class);
	if (d->function_id)
		add_attribute(h, folder, "function_id", "0x%08x\n", d->function_id);
	add_attribute(h, folder, "driver_override", "(null)\n");
	snprintf(path, sizeof(path), "%s/iommu_group", folder);
	binder_host_link(h, path, "../../../../kernel/iommu_groups/7");
	add_config(h, folder, d);
	if (d->slot) {
		snprintf(path, sizeof(path), "sys/bus/pci/slots/%s", d->slot);
		add_attribute(h, path, "address", "%.*s\n", (int)(strlen(d->address) - 2), d->address);
	}
	if (d->driver) {
		/* What takes the device when nothing else is asked for. */
		add_attribute(h, folder, "native", "%s", d->driver);
		set_driver(h->root_fd, d->address, d->driver);
	}
	snprintf(path, sizeof(path), "%s/nvme/nvme0", folder);
	if (d->serial)
		add_attribute(h, path, "serial", "%s\n", d->serial);
	if (d->model)
		add_attribute(h, path, "model", "%s\n", d->model);
	if (d->state)
		add_attribute(h, path, "state", "%s\n", d->state);
}

void binder_host_add_block(struct binder_host *h, const struct binder_device *d, const char *name, const char *number)
{
	char folder[512], path[PATH_MAX], target[PATH_MAX];

	snprintf(folder, sizeof(folder), "sys/devices/%s/%s/nvme/nvme0/%s", d->bridges, d->address, name);
	add_attribute(h, folder, "dev", "%s\n", number);
	snprintf(path, sizeof(path), "%s/holders/x", folder);
	make_parents(h->root_fd, path);
	snprintf(path, sizeof(path), "sys/class/block/%s", name);
	snprintf(target, sizeof(target), "../../devices/%s/%s/nvme/nvme0/%s", d->bridges, d->address, name);
	binder_host_link(h, path, target);
}

static void note(const char *path, const char *value)
{
	size_t n = strlen(kernel_log);

	snprintf(kernel_log + n, sizeof(kernel_log) - n, "%s %s\n", path, strcmp(value, "\n") == 0 ? "\\n" : value);
}

static int probe(int root_fd, const char *address)
{
	char override[64], native[64];

	if (*driver_of(root_fd, address))
		return 0;
	if (attribute_read(root_fd, override, sizeof(override), DEVICES "/%s/driver_override", address) < 0)
		return -ENODEV;
	if (strcmp(override, "vfio-pci") == 0) {
		if (kernel_refuses_vfio)
			return -EINVAL;
		set_driver(root_fd, address, "vfio-pci");
	} else if (attribute_read(root_fd, native, sizeof(native), DEVICES "/%s/native", address) == 0) {
		set_driver(root_fd, address, native);
	}
	return 0;
}

/* In place of early/attribute.c: the kernel's side of the three files that the binder writes. */
int attribute_write(int root_fd, const char *path, const char *value)
{
	note(path, value);
	if (strcmp(path, "sys/bus/pci/drivers_probe") == 0)
		return probe(root_fd, value);
	if (strstr(path, "/driver/unbind")) {
		set_driver(root_fd, value, "");
		return 0;
	}
	if (!strstr(path, "/driver_override"))
		return -EACCES;
	write_bytes(root_fd, path, strcmp(value, "\n") == 0 ? "(null)\n" : value, strcmp(value, "\n") == 0 ? 7 : strlen(value));
	return 0;
}
