/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices and what they are made of: partitions, dm and md over their slaves, down to the PCI function. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/block.h"
#include "detect/device.h"
#include "detect/signature.h"

static void block_done(struct block *b)
{
	free(b->name);
	free(b->number);
	free(b->disk);
	strv_free(b->slaves);
	strv_free(b->functions);
	free(b->dm_name);
	free(b->backing);
	free(b->signature);
	free(b->part_type);
	free(b->part_uuid);
	*b = (struct block){};
}

void blocks_done(struct blocks *b)
{
	for (size_t i = 0; i < b->n; i++)
		block_done(&b->list[i]);
	free(b->list);
	*b = (struct blocks){};
}

static struct block *blocks_add(struct blocks *b)
{
	struct block *grown;

	if ((b->n & (b->n - 1)) == 0) {
		grown = realloc(b->list, (b->n ? 2 * b->n : 1) * sizeof(*grown));
		if (!grown)
			return NULL;
		b->list = grown;
	}
	b->list[b->n] = (struct block){};
	return &b->list[b->n++];
}

/*
 * With NVMe multipath the namespace hangs below virtual/nvme-subsystem, and the controllers are links in that folder:
 * the disk is on all of them.
 */
static int read_multipath(int root_fd, const char *link, struct block *b)
{
	_cleanup_(strv_freep) char **names = NULL;
	const char *subsystem = strstr(link, "nvme-subsystem/");
	int n, r;

	if (!subsystem)
		return 0;
	subsystem += strlen("nvme-subsystem/");
	n = (int)strcspn(subsystem, "/");
	if (dir_list(root_fd, &names, "sys/devices/virtual/nvme-subsystem/%.*s", n, subsystem) < 0)
		return 0;
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *controller = NULL;
		char *address;

		if (!str_starts(*name, "nvme") ||
		    fs_read_link(root_fd, &controller, "sys/devices/virtual/nvme-subsystem/%.*s/%s", n, subsystem, *name) < 0)
			continue;
		address = address_in_path(controller);
		if (!address)
			continue;
		r = strv_consume(&b->functions, address);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_functions(int root_fd, const char *name, struct block *b)
{
	_cleanup_free_ char *link = NULL;
	char *address;

	if (fs_read_link(root_fd, &link, "sys/block/%s", name) < 0)
		return 0;
	address = address_in_path(link);
	if (address)
		return strv_consume(&b->functions, address);
	return read_multipath(root_fd, link, b);
}

static char *read_optional(int root_fd, const char *disk, const char *attribute)
{
	char *line = NULL;

	if (fs_read_line(root_fd, &line, "sys/block/%s/%s", disk, attribute) < 0)
		return NULL;
	return line;
}

static int disk_read(int root_fd, const char *name, struct block *b)
{
	int r;

	b->name = strdup(name);
	if (!b->name)
		return -ENOMEM;
	b->number = read_optional(root_fd, name, "dev");
	b->dm_name = read_optional(root_fd, name, "dm/name");
	b->backing = read_optional(root_fd, name, "loop/backing_file");
	r = dir_list(root_fd, &b->slaves, "sys/block/%s/slaves", name);
	if (r < 0 && r != -ENOENT)
		return r;
	return read_functions(root_fd, name, b);
}

/* Partitions are folders of the disk whose names begin with the disk's. */
static int partitions_read(int root_fd, const char *disk, struct blocks *blocks)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(root_fd, &names, "sys/block/%s", disk) < 0)
		return 0;
	for (char **name = names; name && *name; name++) {
		struct block *b;

		if (!str_starts(*name, disk))
			continue;
		b = blocks_add(blocks);
		if (!b)
			return -ENOMEM;
		b->name = strdup(*name);
		b->disk = strdup(disk);
		if (!b->name || !b->disk)
			return -ENOMEM;
		if (fs_read_line(root_fd, &b->number, "sys/block/%s/%s/dev", disk, *name) < 0)
			b->number = NULL;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct block *)a)->name, ((const struct block *)b)->name);
}

int blocks_read(int root_fd, bool probe, struct blocks *ret)
{
	_cleanup_(blocks_done) struct blocks blocks = {};
	_cleanup_(strv_freep) char **names = NULL;
	struct block *b;
	int r;

	r = dir_list(root_fd, &names, "sys/block");
	if (r == -ENOENT)
		return *ret = (struct blocks){}, 0;
	if (r < 0)
		return log_errno(r, "cannot list the block devices in /sys/block");
	for (char **name = names; name && *name; name++) {
		b = blocks_add(&blocks);
		r = b ? disk_read(root_fd, *name, b) : -ENOMEM;
		if (r >= 0)
			r = partitions_read(root_fd, *name, &blocks);
		if (r < 0)
			return log_errno(r, "cannot read block device %s in /sys/block", *name);
	}
	if (blocks.n)
		qsort(blocks.list, blocks.n, sizeof(*blocks.list), compare);
	signatures_read(root_fd, probe, &blocks);
	*ret = TAKE(blocks);
	return 0;
}

const struct block *blocks_find(const struct blocks *b, const char *name)
{
	struct block key = { .name = (char *)name };

	return b->n ? bsearch(&key, b->list, b->n, sizeof(*b->list), compare) : NULL;
}

const struct block *blocks_find_number(const struct blocks *b, const char *number)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->list[i].number && str_eq(b->list[i].number, number))
			return &b->list[i];
	return NULL;
}

const struct block *blocks_find_source(const struct blocks *b, const char *source)
{
	if (!str_starts(source, "/dev/"))
		return NULL;
	if (!str_starts(source, "/dev/mapper/"))
		return blocks_find(b, source + strlen("/dev/"));
	for (size_t i = 0; i < b->n; i++)
		if (b->list[i].dm_name && str_eq(b->list[i].dm_name, source + strlen("/dev/mapper/")))
			return &b->list[i];
	return NULL;
}
