/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data that nobody has mounted: what is written on a disk says whose it is. ZFS never says more. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/storage.h"
#include "passthrough/uses_data.h"

/* ZFS hides its disks: a pool in use shows as a mount without a block device, and as members on the disks. */
static const struct mount *find_zfs(const struct host *host, const char *target)
{
	for (size_t i = 0; i < host->mounts.n; i++) {
		const struct mount *m = &host->mounts.list[i];

		if (str_eq(m->fs_type, "zfs") && (!target || (m->is_own && str_eq(m->target, target))))
			return m;
	}
	return NULL;
}

static bool is_in_pool(const struct mount *m, const char *pool)
{
	size_t n = pool ? strlen(pool) : 0;

	return pool && str_starts(m->source, pool) && (!m->source[n] || m->source[n] == '/');
}

/* A member whose pool is not known may be of any pool: also of that of "/". */
static bool zfs_is_vital(const struct host *host, const struct block *b)
{
	static const char *const targets[] = { "/", "/boot" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		const struct mount *m = find_zfs(host, targets[i]);

		if (m && (!b->label || is_in_pool(m, b->label)))
			return true;
	}
	return false;
}

/* What the firmware or a boot loader reads counts, mounted or not (UEFI 5.3.3, GRUB's manual, the Boot Loader Specification). */
static const char *boot_partition(const char *part_type)
{
	static const struct {
		const char *type, *what;
	} types[] = {
		{ PART_TYPE_ESP, "EFI system partition" },     { PART_TYPE_ESP_MBR, "EFI system partition" },
		{ PART_TYPE_BIOS_BOOT, "BIOS boot partition" }, { PART_TYPE_PREP, "PReP boot partition" },
		{ PART_TYPE_XBOOTLDR, "extended boot loader partition" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_eq(part_type, types[i].type))
			return types[i].what;
	return NULL;
}

static int tell_signature(struct storage *s, const struct block *b)
{
	const char *boot = boot_partition(b->part_type);
	_cleanup_free_ char *what = NULL;
	enum use_kind kind = USE_DATA;
	bool is_vital = false;

	if (!b->is_looked_at) {
		kind = USE_UNKNOWN;
		what = text_format("what is written on %s could not be read", b->name);
	} else if (boot) {
		kind = USE_ESP;
		is_vital = true;
		what = strdup(boot);
	} else if (str_eq(b->signature, "zfs_member") && find_zfs(s->host, NULL)) {
		kind = USE_MOUNT;
		is_vital = zfs_is_vital(s->host, b);
		what = text_format("zfs_member%s%s, while ZFS is mounted", b->label ? " of pool " : "", b->label ? b->label : "");
	} else if (b->signature) {
		what = text_format("%s signature", b->signature);
	} else {
		return 0;
	}
	return what ? storage_tell(s, kind, what, is_vital, b->name) : -ENOMEM;
}

int uses_find_signatures(struct storage *s)
{
	int r = 0;

	for (size_t i = 0; i < s->host->blocks.n && r >= 0; i++)
		if (s->host->blocks.list[i].disk || s->host->blocks.list[i].functions || s->host->blocks.list[i].ccw)
			r = tell_signature(s, &s->host->blocks.list[i]);
	return r;
}

/* "/" on ZFS is traced where a member of its pool was seen. */
static bool root_is_on_zfs(const struct host *host)
{
	const struct mount *m = find_zfs(host, "/");

	for (size_t i = 0; i < host->blocks.n && m; i++) {
		const struct block *b = &host->blocks.list[i];

		if (str_eq(b->signature, "zfs_member") && (!b->label || is_in_pool(m, b->label)))
			return true;
	}
	return false;
}

int uses_find_untraced_root(struct storage *s)
{
	return s->host->mounts.root_traced || root_is_on_zfs(s->host) ? 0 : storage_note_lost(s, "/", true);
}
