/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures: what is written on a disk or partition, mounted or not. */

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/signature.h"

static void free_probep(blkid_probe *p)
{
	if (*p)
		blkid_free_probe(*p);
}

static char *lookup(blkid_probe probe, const char *name)
{
	const char *value;

	if (blkid_probe_lookup_value(probe, name, &value, NULL) < 0 || !*value)
		return NULL;
	return strdup(value);
}

/* Two signatures on one device (-2) are data all the same: say so instead of choosing. */
static bool probe_device(int root_fd, struct block *b)
{
	_cleanup_(free_probep) blkid_probe probe = NULL;
	_cleanup_free_ char *node = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	node = block_node(b->name);
	fd = node ? fs_open(root_fd, O_RDONLY | O_NONBLOCK, "dev/%s", node) : -ENOMEM;
	if (fd < 0)
		return fd == -ENOMEDIUM || fd == -ENXIO;
	probe = blkid_new_probe();
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0)
		return false;
	if (blkid_probe_get_size(probe) <= 0)
		return true;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
	r = blkid_do_safeprobe(probe);
	if (r == -1)
		return false;
	if (r == -2)
		b->signature = strdup("several signatures");
	else
		b->signature = lookup(probe, "TYPE");
	if (!b->signature)
		b->signature = lookup(probe, "PTTYPE");
	b->part_type = lookup(probe, "PART_ENTRY_TYPE");
	b->uuid = lookup(probe, "UUID");
	b->label = lookup(probe, "LABEL");
	b->part_uuid = lookup(probe, "PART_ENTRY_UUID");
	b->part_label = lookup(probe, "PART_ENTRY_NAME");
	return true;
}

static const char *property(char *line, const char *name)
{
	size_t n = strlen(name);

	if (!str_starts(line, "E:") || strncmp(line + 2, name, n) != 0 || line[2 + n] != '=')
		return NULL;
	return line + 3 + n;
}

static void keep(char **field, const char *value)
{
	if (!*field && *value)
		*field = strdup(value);
}

void signature_parse_udev(char *text, struct block *b)
{
	_cleanup_free_ char *table = NULL, *ambivalent = NULL;
	struct {
		const char *name;
		char **field;
	} wanted[] = {
		{ "ID_FS_TYPE", &b->signature },          { "ID_FS_AMBIVALENT", &ambivalent },     { "ID_PART_TABLE_TYPE", &table },
		{ "ID_PART_ENTRY_TYPE", &b->part_type },  { "ID_FS_UUID", &b->uuid },              { "ID_FS_LABEL", &b->label },
		{ "ID_PART_ENTRY_UUID", &b->part_uuid },  { "ID_PART_ENTRY_NAME", &b->part_label },
	};
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
			const char *value = property(line, wanted[i].name);

			if (value)
				keep(wanted[i].field, value);
		}
	if (!b->signature && ambivalent)
		b->signature = strdup("several signatures");
	/* udev gives a partition its disk's table type; only on a whole disk is the table what is written there. */
	if (!b->signature && !b->disk)
		b->signature = TAKE(table);
}

static bool read_udev(int root_fd, struct block *b)
{
	_cleanup_free_ char *text = NULL;

	if (!b->number || fs_read(root_fd, &text, NULL, "run/udev/data/b%s", b->number) < 0)
		return false;
	signature_parse_udev(text, b);
	return true;
}

/* A path of an NVMe multipath, nvme0c1n1, has no node: what is written there is seen at its head, nvme0n1. */
static bool is_seen_at_head(const struct blocks *blocks, const struct block *b)
{
	unsigned subsystem, controller, namespace;
	_cleanup_free_ char *name = NULL;
	const struct block *head;
	int n = 0;

	if (sscanf(b->name, "nvme%uc%un%u%n", &subsystem, &controller, &namespace, &n) != 3 || b->name[n])
		return false;
	name = text_format("nvme%un%u", subsystem, namespace);
	head = name ? blocks_find(blocks, name) : NULL;
	if (!head)
		return false;
	for (char **address = b->functions; address && *address; address++)
		if (!strv_contains(head->functions, *address))
			return false;
	return true;
}

void signatures_read(int root_fd, bool probe, struct blocks *blocks)
{
	for (size_t i = 0; i < blocks->n; i++) {
		struct block *b = &blocks->list[i];

		/* Only what ends at a PCI function matters: neither zram nor loop nor an LVM volume is ever given away. */
		if (!b->disk && !b->functions && !b->ccw)
			continue;
		if (!b->disk && !b->number && is_seen_at_head(blocks, b)) {
			b->is_looked_at = true;
			continue;
		}
		b->is_looked_at = probe ? probe_device(root_fd, b) : read_udev(root_fd, b);
		str_lower(b->part_type);
		str_lower(b->part_uuid);
	}
}
