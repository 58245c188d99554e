/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the firmware started this host: its boot entries, the one that was used, and the disk that it lies on. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/boot.h"
#include "detect/efi.h"

#define NUMBERS_MAX 0x10000 /* as many as two bytes can tell apart */

void boot_done(struct boot *boot)
{
	free(boot->reason);
	for (size_t i = 0; i < boot->n; i++)
		load_option_done(&boot->list[i].option);
	free(boot->list);
	free(boot->loader);
	free(boot->stub);
	free(boot->loader_partition_uuid);
	strv_free(boot->partitions);
	strv_free(boot->functions);
	*boot = (struct boot){};
}

static const struct boot_entry *find(const struct boot *boot, int number)
{
	for (size_t i = 0; i < boot->n; i++)
		if ((int)boot->list[i].number == number)
			return &boot->list[i];
	return NULL;
}

const struct boot_entry *boot_current(const struct boot *boot)
{
	return boot->is_known ? find(boot, boot->current) : NULL;
}

/* A list of numbers of two bytes: BootOrder, BootCurrent, BootNext. -EINVAL where it has no whole one. */
static int read_numbers(int root_fd, const char *name, uint8_t **ret, size_t *ret_n)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t size;
	int r;

	r = efi_read(root_fd, EFI_GLOBAL, name, &data, &size);
	if (r < 0)
		return r;
	if (size < 2 || size % 2 || size / 2 > NUMBERS_MAX)
		return -EINVAL;
	*ret = TAKE(data);
	*ret_n = size / 2;
	return 0;
}

/* BootOrder of a broken firmware may name entries that are gone, or one twice: those are no entries. */
static int read_entry(int root_fd, unsigned number, struct boot *boot)
{
	_cleanup_free_ uint8_t *data = NULL;
	struct boot_entry *grown, entry = { .number = number };
	char name[sizeof("Boot0000")];
	size_t size;
	int r;

	if (find(boot, (int)number))
		return 0;
	snprintf(name, sizeof(name), "Boot%04X", number & 0xffffu);
	r = efi_read(root_fd, EFI_GLOBAL, name, &data, &size);
	if (r >= 0)
		r = load_option_parse(data, size, &entry.option);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	grown = realloc(boot->list, (boot->n + 1) * sizeof(*grown));
	if (!grown) {
		load_option_done(&entry.option);
		return -ENOMEM;
	}
	boot->list = grown;
	boot->list[boot->n++] = entry;
	return 0;
}

static int read_one(int root_fd, const char *name, int *ret)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t n;
	int r;

	r = read_numbers(root_fd, name, &data, &n);
	if (r < 0)
		return r;
	*ret = data[0] | data[1] << 8;
	return 0;
}

static int read_entries(int root_fd, struct boot *boot)
{
	_cleanup_free_ uint8_t *order = NULL;
	size_t n = 0;
	int r = 0;

	if (read_numbers(root_fd, "BootOrder", &order, &n) == -ENOMEM)
		return -ENOMEM;
	for (size_t i = 0; i < n && r >= 0; i++)
		r = read_entry(root_fd, order[2 * i] | (unsigned)order[2 * i + 1] << 8, boot);
	if (r >= 0 && boot->current >= 0)
		r = read_entry(root_fd, (unsigned)boot->current, boot);
	if (r >= 0 && boot->next >= 0)
		r = read_entry(root_fd, (unsigned)boot->next, boot);
	return r;
}

static int read_loader_text(int root_fd, const char *name, char **ret)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t size;

	if (efi_read(root_fd, EFI_LOADER, name, &data, &size) < 0)
		return 0;
	*ret = utf16_to_utf8(data, size / 2);
	return *ret ? 0 : -ENOMEM;
}

static int read_loader(int root_fd, struct boot *boot)
{
	int r;

	r = read_loader_text(root_fd, "LoaderInfo", &boot->loader);
	if (r >= 0)
		r = read_loader_text(root_fd, "StubInfo", &boot->stub);
	if (r >= 0)
		r = read_loader_text(root_fd, "LoaderDevicePartUUID", &boot->loader_partition_uuid);
	str_lower(boot->loader_partition_uuid);
	return r;
}

static char *explain(int root_fd, int r)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (r != -ENOENT)
		return text_format("the EFI variable BootCurrent cannot be read: %s", strerror(-r));
	if (dir_list(root_fd, &names, EFIVARS) < 0 || !names)
		return strdup("efivarfs is not mounted on /sys/firmware/efi/efivars");
	return strdup("the firmware does not say which boot entry it used (it has no BootCurrent)");
}

int boot_read(int root_fd, struct boot *ret)
{
	_cleanup_(boot_done) struct boot boot = { .current = -1, .next = -1 };
	int r;

	r = read_one(root_fd, "BootCurrent", &boot.current);
	if (r == -ENOMEM)
		return r;
	boot.is_known = r >= 0;
	if (!boot.is_known && !(boot.reason = explain(root_fd, r)))
		return -ENOMEM;
	if (read_one(root_fd, "BootNext", &boot.next) == -ENOMEM)
		return -ENOMEM;
	r = read_entries(root_fd, &boot);
	if (r >= 0)
		r = read_loader(root_fd, &boot);
	if (r < 0)
		return r;
	*ret = TAKE(boot);
	return 0;
}

/* All that have it: a disk that was copied byte by byte has the same partitions as the original, and both may be the one. */
static int add_partitions(const struct blocks *blocks, const char *uuid, struct boot *boot)
{
	for (size_t i = 0; i < blocks->n; i++) {
		const struct block *b = &blocks->list[i];

		if (b->part_uuid && str_eq(b->part_uuid, uuid) && !strv_contains(boot->partitions, b->name) &&
		    strv_add(&boot->partitions, b->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The folder in sys/devices of the host bridge with this _UID; without that attribute the first bridge is number 0. */
static char *find_root(int root_fd, unsigned uid)
{
	_cleanup_(strv_freep) char **names = NULL;

	if (dir_list(root_fd, &names, "sys/devices") < 0)
		return NULL;
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *line = NULL;
		unsigned found;

		if (str_starts(*name, "pci") && fs_read_line(root_fd, &line, "sys/devices/%s/firmware_node/uid", *name) >= 0 &&
		    parse_unsigned(line, &found) >= 0 && found == uid)
			return strdup(*name + strlen("pci"));
	}
	return uid == 0 ? strdup("0000:00") : NULL;
}

static int add_function(int root_fd, const struct load_option *o, const struct devices *devices, struct boot *boot)
{
	_cleanup_free_ char *root = find_root(root_fd, o->root_uid), *path = root ? text_format("%s/%s", root, o->pci_path) : NULL;

	for (size_t i = 0; path && i < devices->n; i++)
		if (str_eq(devices->list[i].path, path))
			return strv_add(&boot->functions, devices->list[i].address);
	return root && !path ? -ENOMEM : 0;
}

int boot_resolve(int root_fd, const struct blocks *blocks, const struct devices *devices, struct boot *boot)
{
	const struct boot_entry *current = boot_current(boot);
	int r = 0;

	if (boot->loader_partition_uuid)
		r = add_partitions(blocks, boot->loader_partition_uuid, boot);
	if (r >= 0 && current && current->option.partition_uuid)
		r = add_partitions(blocks, current->option.partition_uuid, boot);
	if (r >= 0 && current && current->option.has_pci && !boot->partitions)
		r = add_function(root_fd, &current->option, devices, boot);
	if (r >= 0)
		strv_sort(boot->partitions);
	return r;
}
