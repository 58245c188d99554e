/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices and what they are made of: partitions, dm and md over their slaves, down to the PCI function. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/attribute.h"
#include "detect/block.h"
#include "detect/ccw_id.h"
#include "detect/device.h"
#include "detect/remote.h"
#include "detect/signature.h"

static void block_done(struct block *b)
{
	free(b->name);
	free(b->number);
	free(b->disk);
	strv_free(b->slaves);
	strv_free(b->functions);
	free(b->ccw);
	strv_free(b->peers);
	strv_free(b->locals);
	free(b->dm_name);
	free(b->backing);
	free(b->signature);
	free(b->part_type);
	free(b->link);
	free(b->uuid);
	free(b->label);
	free(b->part_uuid);
	free(b->part_label);
	*b = (struct block){};
}

void blocks_done(struct blocks *b)
{
	for (size_t i = 0; i < b->n; i++)
		block_done(&b->list[i]);
	free(b->list);
	free(b->by_number);
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

static int read_functions(int root_fd, struct block *b)
{
	char *address;

	if (!b->link)
		return 0;
	address = address_in_path(b->link);
	if (address)
		return strv_consume(&b->functions, address);
	return read_multipath(root_fd, b->link, b);
}

/* The file or device behind a loop device; zram writes what it cannot compress to one (admin-guide/blockdev/zram.rst). */
static char *read_backing(int fd, const char *disk)
{
	char *line = attribute_text(fd, str_starts(disk, "zram") ? "backing_dev" : "loop/backing_file");

	if (line && (!*line || str_eq(line, "none"))) {
		free(line);
		return NULL;
	}
	return line;
}

/* `all` is the folder of the links to the disks, `fd` the disk's own, or negative: it is gone. */
static int disk_read(int root_fd, int all, int fd, const char *name, struct block *b)
{
	int r;

	b->name = strdup(name);
	if (!b->name)
		return -ENOMEM;
	if (fs_read_link(all, &b->link, "%s", name) < 0)
		b->link = NULL;
	b->is_virtual = b->link && strstr(b->link, "devices/virtual/block/");
	b->number = attribute_text(fd, "dev");
	if (str_starts(name, "dm-"))
		b->dm_name = attribute_text(fd, "dm/name");
	if (str_starts(name, "loop") || str_starts(name, "zram"))
		b->backing = read_backing(fd, name);
	r = fd < 0 ? fd : dir_list(fd, &b->slaves, "slaves");
	if (r < 0 && r != -ENOENT)
		return r;
	b->ccw = b->link ? ccw_id_in_path(b->link) : NULL;
	r = remote_read(root_fd, b);
	return r < 0 ? r : read_functions(root_fd, b);
}

/* Partitions are folders of the disk whose names begin with the disk's. */
static int partitions_read(int fd, const char *disk, struct blocks *blocks)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (fd < 0 || dir_list(fd, &names, ".") < 0)
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
		if (fs_read_line(fd, &b->number, "%s/dev", *name) < 0)
			b->number = NULL;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct block *)a)->name, ((const struct block *)b)->name);
}

static int compare_numbers(const void *a, const void *b)
{
	return strcmp((*(const struct block *const *)a)->number, (*(const struct block *const *)b)->number);
}

/* Mounts name their device by number, and there may be thousands of both. */
static int index_numbers(struct blocks *b)
{
	b->by_number = calloc(b->n + 1, sizeof(*b->by_number));
	if (!b->by_number)
		return -ENOMEM;
	for (size_t i = 0; i < b->n; i++)
		if (b->list[i].number)
			b->by_number[b->n_numbers++] = &b->list[i];
	qsort(b->by_number, b->n_numbers, sizeof(*b->by_number), compare_numbers);
	return 0;
}

int blocks_read(int root_fd, bool probe, struct blocks *ret)
{
	_cleanup_(blocks_done) struct blocks blocks = {};
	_cleanup_close_ int all = fs_open(root_fd, O_RDONLY | O_DIRECTORY, "sys/block");
	_cleanup_(strv_freep) char **names = NULL;
	struct block *b;
	int r;

	r = all < 0 ? all : dir_list(all, &names, ".");
	if (r == -ENOENT)
		return *ret = (struct blocks){}, 0;
	if (r < 0)
		return log_errno(r, "cannot list the block devices in /sys/block");
	for (char **name = names; name && *name; name++) {
		_cleanup_close_ int fd = fs_open(root_fd, O_RDONLY | O_DIRECTORY, "sys/block/%s", *name);

		b = blocks_add(&blocks);
		r = b ? disk_read(root_fd, all, fd, *name, b) : -ENOMEM;
		if (r >= 0)
			r = partitions_read(fd, *name, &blocks);
		if (r < 0)
			return log_errno(r, "cannot read block device %s in /sys/block", *name);
	}
	if (blocks.n)
		qsort(blocks.list, blocks.n, sizeof(*blocks.list), compare);
	if (index_numbers(&blocks) < 0)
		return log_oom();
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
	struct block wanted = { .number = (char *)number };
	const struct block *key = &wanted, **found;

	found = b->n_numbers ? bsearch(&key, b->by_number, b->n_numbers, sizeof(*b->by_number), compare_numbers) : NULL;
	return found ? *found : NULL;
}

char *block_node(const char *name)
{
	char *node = strdup(name);

	for (char *c = node; c && *c; c++)
		if (*c == '!')
			*c = '/';
	return node;
}

static const struct block *find_node(const struct blocks *b, const char *node)
{
	_cleanup_free_ char *name = strdup(node);

	for (char *c = name; c && *c; c++)
		if (*c == '/')
			*c = '!';
	return name ? blocks_find(b, name) : NULL;
}

static const struct block *find_mapped(const struct blocks *b, const char *dm_name)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->list[i].dm_name && str_eq(b->list[i].dm_name, dm_name))
			return &b->list[i];
	return NULL;
}

/* fstab(5) tags, and the links that udev makes of them; a GUID may stand there in capitals. */
static const struct block *find_tag(const struct blocks *b, const char *source)
{
	static const struct {
		const char *tag, *link;
		size_t field;
	} tags[] = {
		{ "UUID=", "/dev/disk/by-uuid/", offsetof(struct block, uuid) },
		{ "LABEL=", "/dev/disk/by-label/", offsetof(struct block, label) },
		{ "PARTUUID=", "/dev/disk/by-partuuid/", offsetof(struct block, part_uuid) },
		{ "PARTLABEL=", "/dev/disk/by-partlabel/", offsetof(struct block, part_label) },
	};

	for (size_t t = 0; t < ARRAY_SIZE(tags); t++) {
		const char *prefix = str_starts(source, tags[t].tag) ? tags[t].tag : tags[t].link;
		_cleanup_free_ char *value = NULL;

		if (!str_starts(source, prefix))
			continue;
		value = strdup(source + strlen(prefix) + (source[strlen(prefix)] == '"'));
		if (value)
			value[strcspn(value, "\"")] = '\0';
		for (size_t i = 0; i < b->n && value; i++) {
			const char *has = *(char *const *)(const void *)((const char *)&b->list[i] + tags[t].field);

			if (has && strcasecmp(has, value) == 0)
				return &b->list[i];
		}
	}
	return NULL;
}

const struct block *blocks_find_source(int root_fd, const struct blocks *b, const char *source)
{
	const struct block *found;
	_cleanup_free_ char *base = NULL;

	found = find_tag(b, source);
	if (found || !str_starts(source, "/dev/"))
		return found;
	found = find_node(b, source + strlen("/dev/"));
	if (!found && str_starts(source, "/dev/mapper/"))
		found = find_mapped(b, source + strlen("/dev/mapper/"));
	if (!found && fs_read_link_base(root_fd, &base, "%s", source) >= 0)
		found = blocks_find(b, base);
	return found;
}
