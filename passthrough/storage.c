/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way down from a block device to the functions it is on: partitions, dm, md, loop, ZFS and remote disks. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/storage.h"
#include "passthrough/uses_network.h"

#define ARROW " → "
/* dm on md on dm ...: deeper than anybody builds. */
#define DEPTH_MAX 64

char *block_label(const struct block *b)
{
	return b->dm_name ? text_format("%s (%s)", b->name, b->dm_name) : strdup(b->name);
}

static int tell_functions(struct storage *s, const struct fact *fact, const struct block *disk, const char *chain)
{
	const struct ccw_device *ccw = ccws_find(&s->host->ccws, disk->ccw);
	int r;

	if (ccw)
		return uses_add_named(s->uses, ccw->id, fact->kind, fact->what, chain, fact->is_vital);
	for (char **address = disk->functions; address && *address; address++) {
		const struct device *d = devices_find(&s->host->devices, *address);

		if (!d)
			continue;
		r = uses_add(s->uses, d, fact->kind, fact->what, chain, fact->is_vital);
		if (r < 0)
			return r;
	}
	return 0;
}

int storage_walk_all(struct storage *s, struct fact *fact, char *const *names, const char *chain, unsigned depth)
{
	int r = 0;

	for (; names && *names && r >= 0; names++)
		r = storage_walk(s, fact, *names, chain, depth);
	return r;
}

/* A loop device lies on a disk, or on the disks below a file. */
static int walk_loop(struct storage *s, struct fact *fact, const struct block *b, const char *chain, unsigned depth)
{
	_cleanup_free_ char *longer = NULL;
	const struct mount *m;

	if (str_starts(b->backing, "/dev/") && blocks_find_source(s->host->root_fd, &s->host->blocks, b->backing))
		return storage_walk(s, fact, blocks_find_source(s->host->root_fd, &s->host->blocks, b->backing)->name, chain, depth);
	m = mounts_below(&s->host->mounts, b->backing);
	if (!m || mount_is_lost(m)) {
		fact->is_lost = true;
		return 0;
	}
	fact->has_end = fact->has_end || !m->blocks;
	longer = text_format("%s" ARROW "%s", b->backing, chain);
	if (longer && m->peer)
		return uses_tell_remote(s->host, s->uses, (char *const[]){ m->peer, NULL }, NULL, fact->what, longer, fact->is_vital);
	return longer ? storage_walk_all(s, fact, m->blocks, longer, depth) : -ENOMEM;
}

/* What has no slaves and is in no PCI function: a RAM disk is on no disk, a ZFS volume on those of its pool. */
static int walk_leaf(struct storage *s, struct fact *fact, const struct block *b, const char *chain, unsigned depth)
{
	static const char *const harmless[] = { "ram", "zram", "nbd", "rbd", "ublkb", "dm-", "md", "nullb", "pmem", "fd" };
	static const struct {
		const char *prefix, *signature;
	} hidden[] = { { "zd", "zfs_member" }, { "drbd", "drbd" } };
	int r = 0;

	fact->has_end = true;
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (!b->is_virtual || str_starts(b->name, harmless[i]))
			return 0;
	fact->is_lost = true;
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		for (size_t j = 0; j < s->host->blocks.n && str_starts(b->name, hidden[i].prefix) && r >= 0; j++)
			if (str_eq(s->host->blocks.list[j].signature, hidden[i].signature)) {
				fact->is_lost = false;
				r = storage_walk(s, fact, s->host->blocks.list[j].name, chain, depth);
			}
	return r;
}

int storage_walk(struct storage *s, struct fact *fact, const char *name, const char *below, unsigned depth)
{
	const struct block *b = blocks_find(&s->host->blocks, name);
	_cleanup_free_ char *label = NULL, *chain = NULL;
	size_t at;
	int r;

	if (!b || depth > DEPTH_MAX) {
		fact->is_lost = true;
		return 0;
	}
	at = (size_t)(b - s->host->blocks.list);
	if (s->marks[at] == fact->mark)
		return 0;
	s->marks[at] = fact->mark;
	label = block_label(b);
	chain = label ? text_format("%s%s%s", label, *below ? ARROW : "", below) : NULL;
	if (!chain)
		return -ENOMEM;
	if (b->disk)
		return storage_walk(s, fact, b->disk, chain, depth + 1);
	r = b->is_remote ? uses_tell_remote(s->host, s->uses, b->peers, b->locals, fact->what, chain, fact->is_vital) : 0;
	if (r >= 0)
		r = storage_walk_all(s, fact, b->slaves, chain, depth + 1);
	if (r >= 0)
		r = tell_functions(s, fact, b, chain);
	fact->has_end = fact->has_end || b->is_remote || (b->functions && *b->functions) || b->ccw;
	if (r < 0 || b->is_remote || (b->slaves && *b->slaves) || (b->functions && *b->functions) || b->ccw)
		return r;
	return b->backing ? walk_loop(s, fact, b, chain, depth + 1) : walk_leaf(s, fact, b, chain, depth + 1);
}

int storage_note_lost(struct storage *s, const char *what, bool is_vital)
{
	if (s->lost[is_vital].n++)
		return 0;
	s->lost[is_vital].first = strdup(what);
	return s->lost[is_vital].first ? 0 : -ENOMEM;
}

static int tell_lost(struct storage *s, const char *what, bool is_vital)
{
	struct fact fact = { .kind = USE_UNKNOWN, .what = what, .is_vital = is_vital };
	int r = 0;

	for (size_t i = 0; i < s->host->blocks.n && r >= 0; i++) {
		const struct block *b = &s->host->blocks.list[i];

		fact.mark = ++s->last_mark;
		if (b->functions || b->ccw)
			r = storage_walk(s, &fact, b->name, "", 0);
	}
	return r;
}

int storage_find_lost(struct storage *s)
{
	int r = 0;

	for (unsigned vital = 0; vital < 2 && r >= 0; vital++) {
		_cleanup_free_ char *more = NULL, *text = NULL;

		if (!s->lost[vital].n)
			continue;
		more = s->lost[vital].n > 1 ? text_format(" (and %u more)", s->lost[vital].n - 1) : strdup("");
		text = more ? text_format("the disk below %s%s could not be traced, and may be this one", s->lost[vital].first, more) : NULL;
		r = text ? tell_lost(s, text, vital) : -ENOMEM;
	}
	return r;
}

int storage_tell(struct storage *s, enum use_kind kind, const char *what, bool is_vital, const char *name)
{
	struct fact fact = { .kind = kind, .what = what, .is_vital = is_vital, .mark = ++s->last_mark };
	int r;

	r = storage_walk(s, &fact, name, "", 0);
	/* The file below the loop device below "/" may have been on a disk whose mount the initramfs has left behind: its path leads to "/" now. */
	return r >= 0 && (fact.is_lost || !fact.has_end) ? storage_note_lost(s, what, is_vital) : r;
}
