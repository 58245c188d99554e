/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVMe controllers and their namespaces, as the nvme driver shows them. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/attribute.h"
#include "detect/device.h"
#include "detect/nvme.h"

#define SECTOR 512 /* sysfs counts in these, whatever the format */

void nvme_namespaces_done(struct device *d)
{
	for (size_t i = 0; i < d->n_namespaces; i++)
		free(d->namespaces[i].name);
	free(d->namespaces);
	d->namespaces = NULL;
	d->n_namespaces = 0;
}

/* nvme0n1 → nvme0n1; the path nvme0c1n1 → nvme0n1, the disk that it belongs to (the first number is the subsystem's). */
static bool name_parse(const char *name, char disk[48])
{
	unsigned subsystem, controller, number;
	int n = 0;

	if (sscanf(name, "nvme%9uc%9un%9u%n", &subsystem, &controller, &number, &n) == 3 && !name[n]) {
		snprintf(disk, 48, "nvme%un%u", subsystem, number);
		return true;
	}
	n = 0;
	if (sscanf(name, "nvme%9un%9u%n", &subsystem, &number, &n) == 2 && !name[n]) {
		snprintf(disk, 48, "%s", name);
		return true;
	}
	return false;
}

static unsigned read_unsigned(int fd, const char *name)
{
	int value = attribute_int(fd, name, 0);

	return value > 0 ? (unsigned)value : 0;
}

static uint64_t read_size(int fd)
{
	_cleanup_free_ char *line = attribute_text(fd, "size");
	char *end;
	uint64_t sectors;

	if (!line || !*line || strspn(line, "0123456789") != strlen(line))
		return 0;
	errno = 0;
	sectors = strtoull(line, &end, 10);
	return errno || sectors > UINT64_MAX / SECTOR ? 0 : sectors * SECTOR;
}

static int add_namespace(int controller_fd, const char *folder, const char *disk, struct device *d)
{
	_cleanup_close_ int fd = fs_open(controller_fd, O_PATH | O_DIRECTORY, "%s", folder);
	struct nvme_namespace *grown;

	if (fd < 0)
		return 0;
	grown = realloc(d->namespaces, (d->n_namespaces + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	d->namespaces = grown;
	grown[d->n_namespaces] = (struct nvme_namespace){
		.name = strdup(disk),
		.number = read_unsigned(fd, "nsid"),
		.size = read_size(fd),
		.block_size = read_unsigned(fd, "queue/logical_block_size"),
		.metadata_size = read_unsigned(fd, "metadata_bytes"),
	};
	return grown[d->n_namespaces++].name ? 0 : -ENOMEM;
}

static int compare(const void *a, const void *b)
{
	const struct nvme_namespace *x = a, *y = b;

	return x->number != y->number ? (x->number < y->number ? -1 : 1) : strcmp(x->name, y->name);
}

static int read_namespaces(int fd, struct device *d)
{
	_cleanup_(strv_freep) char **names = NULL;
	char disk[48];
	int r;

	if (dir_list(fd, &names, ".") < 0)
		return 0;
	for (char **name = names; name && *name; name++) {
		if (!name_parse(*name, disk))
			continue;
		r = add_namespace(fd, *name, disk, d);
		if (r < 0)
			return r;
	}
	if (d->n_namespaces)
		qsort(d->namespaces, d->n_namespaces, sizeof(*d->namespaces), compare);
	return 0;
}

int nvme_read(int root_fd, struct device *d)
{
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_close_ int all = -1;
	int r;

	if (!d->driver || !str_eq(d->driver, "nvme"))
		return 0;
	all = fs_open(root_fd, O_RDONLY | O_DIRECTORY, "sys/bus/pci/devices/%s/nvme", d->address);
	if (all < 0 || dir_list(all, &names, ".") < 0)
		return 0;
	for (char **name = names; name && *name; name++) {
		_cleanup_close_ int fd = fs_open(all, O_PATH | O_DIRECTORY, "%s", *name);

		if (fd < 0 || fs_read_line(fd, &d->serial, "serial") < 0)
			continue;
		/* Blanks, before the controller has answered: it has not said that it has none. */
		if (!*str_trim(d->serial)) {
			free(d->serial);
			d->serial = NULL;
		}
		d->model = attribute_text(fd, "model");
		d->firmware = attribute_text(fd, "firmware_rev");
		r = read_namespaces(fd, d);
		return r < 0 ? r : 1;
	}
	return 0;
}
