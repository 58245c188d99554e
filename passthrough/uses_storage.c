/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage that the host lives on: mounts, swap, holders, the ESP, and data that nobody has mounted. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/uses_storage.h"

#define ARROW " → "
/* dm on md on dm ...: deeper than anybody builds, and an end for a capture whose slaves form a ring. */
#define DEPTH_MAX 16

struct fact {
	const struct host *host;
	struct uses *uses;
	enum use_kind kind;
	const char *what;
	bool is_vital;
};

static char *block_label(const struct block *b)
{
	return b->dm_name ? text_format("%s (%s)", b->name, b->dm_name) : strdup(b->name);
}

static int tell_functions(const struct fact *fact, const struct block *disk, const char *chain)
{
	int r;

	for (char **address = disk->functions; address && *address; address++) {
		const struct device *d = devices_find(&fact->host->devices, *address);

		if (!d)
			continue;
		r = uses_add(fact->uses, d, fact->kind, fact->what, chain, fact->is_vital);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Walks down from a block device to the functions it is on; `below` is the chain from there up, "" at the start. */
static int walk(const struct fact *fact, const char *name, const char *below, unsigned depth)
{
	const struct block *b = blocks_find(&fact->host->blocks, name);
	_cleanup_free_ char *label = NULL, *chain = NULL;
	int r;

	if (!b || depth > DEPTH_MAX)
		return 0;
	label = block_label(b);
	chain = label ? text_format("%s%s%s", label, *below ? ARROW : "", below) : NULL;
	if (!chain)
		return -ENOMEM;
	if (b->disk)
		return walk(fact, b->disk, chain, depth + 1);
	for (char **slave = b->slaves; slave && *slave; slave++) {
		r = walk(fact, *slave, chain, depth + 1);
		if (r < 0)
			return r;
	}
	return tell_functions(fact, b, chain);
}

static bool is_vital_target(const char *target)
{
	return str_eq(target, "/") || str_eq(target, "/boot") || str_eq(target, "/efi") || str_starts(target, "/boot/");
}

static int find_mounts(const struct host *host, struct uses *uses)
{
	int r;

	for (size_t i = 0; i < host->mounts.n; i++) {
		const struct mount *m = &host->mounts.list[i];
		_cleanup_free_ char *what = NULL;
		struct fact fact = { .host = host, .uses = uses, .kind = m->is_swap ? USE_SWAP : USE_MOUNT };

		/* Another namespace shows the same file system under the names of its own: the evidence says whose. */
		if (m->is_swap)
			what = text_format("swap on %s", m->source);
		else if (str_starts(m->evidence, "proc/self/") || str_eq(m->evidence, "proc/mounts"))
			what = text_format("%s on %s", m->fs_type, m->target);
		else
			what = text_format("%s on %s in another mount namespace", m->fs_type, m->target);
		if (!what)
			return -ENOMEM;
		fact.what = what;
		fact.is_vital = m->is_swap || is_vital_target(m->target);
		for (char **block = m->blocks; block && *block; block++) {
			r = walk(&fact, *block, "", 0);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* A mapped device that is set up holds its disks open, mounted or not. */
static int find_holders(const struct host *host, struct uses *uses)
{
	int r;

	for (size_t i = 0; i < host->blocks.n; i++) {
		const struct block *b = &host->blocks.list[i];
		_cleanup_free_ char *label = NULL, *what = NULL;
		struct fact fact = { .host = host, .uses = uses, .kind = USE_HOLDER };

		if (!b->slaves || !*b->slaves)
			continue;
		label = block_label(b);
		what = label ? text_format("held by %s", label) : NULL;
		if (!what)
			return -ENOMEM;
		fact.what = what;
		for (char **slave = b->slaves; *slave; slave++) {
			r = walk(&fact, *slave, "", 0);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* ZFS hides its disks: a pool in use shows as a mount without a block device, and as members on the disks. */
static bool zfs_is_mounted(const struct host *host)
{
	for (size_t i = 0; i < host->mounts.n; i++)
		if (str_eq(host->mounts.list[i].fs_type, "zfs"))
			return true;
	return false;
}

static int tell_signature(const struct host *host, const struct block *b, struct uses *uses)
{
	struct fact fact = { .host = host, .uses = uses };
	_cleanup_free_ char *what = NULL;

	if (!b->is_looked_at) {
		fact.kind = USE_UNKNOWN;
		what = text_format("what is written on %s could not be read", b->name);
	} else if (str_eq(b->part_type, PART_TYPE_ESP)) {
		fact.kind = USE_ESP;
		fact.is_vital = true;
		what = strdup("EFI system partition");
	} else if (str_eq(b->signature, "zfs_member") && zfs_is_mounted(host)) {
		/* Which pool this disk belongs to is not known here; "/" may be on it. */
		fact.kind = USE_MOUNT;
		fact.is_vital = !host->mounts.root_traced;
		what = strdup("zfs_member, while ZFS is mounted");
	} else if (b->signature) {
		fact.kind = USE_DATA;
		what = text_format("%s signature", b->signature);
	} else {
		return 0;
	}
	if (!what)
		return -ENOMEM;
	fact.what = what;
	return walk(&fact, b->name, "", 0);
}

static int find_signatures(const struct host *host, struct uses *uses)
{
	int r;

	for (size_t i = 0; i < host->blocks.n; i++) {
		const struct block *b = &host->blocks.list[i];

		if (!b->disk && !b->functions)
			continue;
		r = tell_signature(host, b, uses);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Where the disk of "/" cannot be told, any disk may be it. */
static int find_untraced_root(const struct host *host, struct uses *uses)
{
	struct fact fact = {
		.host = host,
		.uses = uses,
		.kind = USE_UNKNOWN,
		.what = "the disk below / could not be traced, and may be this one",
		.is_vital = true,
	};
	int r;

	if (host->mounts.root_traced || zfs_is_mounted(host))
		return 0;
	for (size_t i = 0; i < host->blocks.n; i++) {
		if (!host->blocks.list[i].functions)
			continue;
		r = walk(&fact, host->blocks.list[i].name, "", 0);
		if (r < 0)
			return r;
	}
	return 0;
}

int uses_find_storage(const struct host *host, struct uses *uses)
{
	int r;

	r = find_mounts(host, uses);
	if (r >= 0)
		r = find_holders(host, uses);
	if (r >= 0)
		r = find_signatures(host, uses);
	if (r >= 0)
		r = find_untraced_root(host, uses);
	return r;
}
