/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage that the host lives on: mounts, swap, holders, the ESP, and data that nobody has mounted. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/uses_network.h"
#include "passthrough/uses_storage.h"

#define ARROW " → "
/* dm on md on dm ...: deeper than anybody builds. */
#define DEPTH_MAX 64

/* One thing that is known of a block device, on its way down to the functions. */
struct fact {
	enum use_kind kind;
	const char *what;
	bool is_vital;
	bool is_lost;      /* the way down ended at something that may stand on any disk */
	unsigned mark;     /* what this fact has passed has this mark: slaves may form a ring, or a lattice */
};

struct storage {
	const struct host *host;
	struct uses *uses;
	unsigned *marks;   /* by block */
	unsigned last_mark;
	struct {
		char *first;       /* what it is below */
		unsigned n;
	} lost[2];                 /* whose disk could not be found; [1]: the vital ones */
};

static char *block_label(const struct block *b)
{
	return b->dm_name ? text_format("%s (%s)", b->name, b->dm_name) : strdup(b->name);
}

static int tell_functions(struct storage *s, const struct fact *fact, const struct block *disk, const char *chain)
{
	int r;

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

static int walk(struct storage *s, struct fact *fact, const char *name, const char *below, unsigned depth);

static int walk_all(struct storage *s, struct fact *fact, char *const *names, const char *chain, unsigned depth)
{
	int r = 0;

	for (; names && *names && r >= 0; names++)
		r = walk(s, fact, *names, chain, depth);
	return r;
}

/* A loop device lies on a disk, or on the disks below a file. */
static int walk_loop(struct storage *s, struct fact *fact, const struct block *b, const char *chain, unsigned depth)
{
	_cleanup_free_ char *longer = NULL;
	const struct mount *m;

	if (str_starts(b->backing, "/dev/") && blocks_find_source(s->host->root_fd, &s->host->blocks, b->backing))
		return walk(s, fact, blocks_find_source(s->host->root_fd, &s->host->blocks, b->backing)->name, chain, depth);
	m = mounts_below(&s->host->mounts, b->backing);
	if (!m || mount_is_lost(m)) {
		fact->is_lost = true;
		return 0;
	}
	longer = text_format("%s" ARROW "%s", b->backing, chain);
	return longer ? walk_all(s, fact, m->blocks, longer, depth) : -ENOMEM;
}

/* What has no slaves and is in no PCI function: a RAM disk is on no disk, a ZFS volume on those of its pool. */
static int walk_leaf(struct storage *s, struct fact *fact, const struct block *b, const char *chain, unsigned depth)
{
	static const char *const harmless[] = { "ram", "zram", "nbd", "rbd", "ublkb", "dm-", "md", "nullb", "pmem", "fd" };
	static const struct {
		const char *prefix, *signature;
	} hidden[] = { { "zd", "zfs_member" }, { "drbd", "drbd" } };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (!b->is_virtual || str_starts(b->name, harmless[i]))
			return 0;
	fact->is_lost = true;
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		for (size_t j = 0; j < s->host->blocks.n && str_starts(b->name, hidden[i].prefix) && r >= 0; j++)
			if (str_eq(s->host->blocks.list[j].signature, hidden[i].signature)) {
				fact->is_lost = false;
				r = walk(s, fact, s->host->blocks.list[j].name, chain, depth);
			}
	return r;
}

/* Walks down from a block device to the functions it is on; `below` is the chain from there up, "" at the start. */
static int walk(struct storage *s, struct fact *fact, const char *name, const char *below, unsigned depth)
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
		return walk(s, fact, b->disk, chain, depth + 1);
	r = b->is_remote ? uses_tell_remote(s->host, s->uses, b->peers, b->locals, fact->what, chain, fact->is_vital) : 0;
	if (r >= 0)
		r = walk_all(s, fact, b->slaves, chain, depth + 1);
	if (r >= 0)
		r = tell_functions(s, fact, b, chain);
	if (r < 0 || b->is_remote || (b->slaves && *b->slaves) || (b->functions && *b->functions))
		return r;
	return b->backing ? walk_loop(s, fact, b, chain, depth + 1) : walk_leaf(s, fact, b, chain, depth + 1);
}

/* Where it cannot be told which disk something is on, any disk may be it: find_lost() tells, once for all. */
static int note_lost(struct storage *s, const char *what, bool is_vital)
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
		if (b->functions)
			r = walk(s, &fact, b->name, "", 0);
	}
	return r;
}

static int find_lost(struct storage *s)
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

/* From one block device down, and from every disk where the way is lost. */
static int tell(struct storage *s, enum use_kind kind, const char *what, bool is_vital, const char *name)
{
	struct fact fact = { .kind = kind, .what = what, .is_vital = is_vital, .mark = ++s->last_mark };
	int r;

	r = walk(s, &fact, name, "", 0);
	return r >= 0 && fact.is_lost ? note_lost(s, what, is_vital) : r;
}

/* Another namespace shows the same file system under the names of its own: the evidence says whose. */
static char *mount_text(const struct mount *m)
{
	if (m->is_swap)
		return text_format("swap on %s", m->source);
	return text_format("%s on %s%s", m->fs_type, m->target, m->is_own ? "" : " in another mount namespace");
}

static int find_mounts(struct storage *s)
{
	const struct mounts *mounts = &s->host->mounts;
	int r = 0;

	for (size_t i = 0; i < mounts->n && r >= 0; i++) {
		const struct mount *m = &mounts->list[i];
		bool is_vital = m->is_swap || mount_point_is_vital(m->target);
		_cleanup_free_ char *what = NULL;

		/* Of our own "/" there is more to say: find_untraced_root(). */
		if (!m->blocks && !m->is_swap && !m->peer && (!mount_is_lost(m) || (m->is_own && str_eq(m->target, "/"))))
			continue;
		what = mount_text(m);
		if (!what)
			return -ENOMEM;
		if (m->peer)
			r = uses_tell_remote(s->host, s->uses, (char *const[]){ m->peer, NULL }, NULL, what, "", is_vital);
		else if (!m->blocks)
			r = note_lost(s, what, is_vital);
		for (char **block = m->blocks; block && *block && r >= 0; block++)
			r = tell(s, m->is_swap ? USE_SWAP : USE_MOUNT, what, is_vital, *block);
	}
	return r;
}

/* A mapped device that is set up holds its disks open, mounted or not; so does a loop device. */
static int find_holders(struct storage *s)
{
	int r = 0;

	for (size_t i = 0; i < s->host->blocks.n && r >= 0; i++) {
		const struct block *b = &s->host->blocks.list[i];
		struct fact fact = { .kind = USE_HOLDER };
		_cleanup_free_ char *label = NULL, *what = NULL;

		if ((!b->slaves || !*b->slaves) && (!b->backing || !*b->backing))
			continue;
		label = block_label(b);
		what = label ? b->backing ? text_format("held by %s (%s)", label, b->backing) : text_format("held by %s", label) : NULL;
		if (!what)
			return -ENOMEM;
		fact.what = what;
		fact.mark = ++s->last_mark;
		r = walk_all(s, &fact, b->slaves, "", 0);
		if (r >= 0 && b->backing && str_starts(b->backing, "/dev/"))
			r = tell(s, USE_HOLDER, what, false, b->name);
	}
	return r;
}

static int find_claims(struct storage *s)
{
	static const enum use_kind kinds[] = {
		[CLAIM_MOUNT] = USE_MOUNT, [CLAIM_HOLDER] = USE_HOLDER, [CLAIM_BOOT] = USE_BOOT,
		[CLAIM_DUMP] = USE_DUMP,   [CLAIM_RESUME] = USE_RESUME, [CLAIM_CONFIGURED] = USE_CONFIGURED,
	};
	int r = 0;

	for (size_t i = 0; i < s->host->claims.n && r >= 0; i++) {
		const struct claim *c = &s->host->claims.list[i];
		const struct device *d = devices_find(&s->host->devices, c->function);

		if (c->block)
			r = tell(s, kinds[c->kind], c->what, c->is_vital, c->block);
		if (d && r >= 0)
			r = uses_add(s->uses, d, kinds[c->kind], c->what, "", c->is_vital);
	}
	return r;
}

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
	return what ? tell(s, kind, what, is_vital, b->name) : -ENOMEM;
}

static int find_signatures(struct storage *s)
{
	int r = 0;

	for (size_t i = 0; i < s->host->blocks.n && r >= 0; i++)
		if (s->host->blocks.list[i].disk || s->host->blocks.list[i].functions)
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

static int find_untraced_root(struct storage *s)
{
	return s->host->mounts.root_traced || root_is_on_zfs(s->host) ? 0 : note_lost(s, "/", true);
}

/* In a container the mounts of the host itself are out of sight. */
static int find_unseen(struct storage *s)
{
	const struct mounts *mounts = &s->host->mounts;

	return mounts->is_contained ? note_lost(s, "the mounts of the host outside this container", false) : 0;
}

int uses_tell_block(const struct host *host, struct uses *uses, enum use_kind kind, const char *what, const char *block)
{
	_cleanup_free_ unsigned *marks = calloc(host->blocks.n + 1, sizeof(*marks));
	struct storage s = { .host = host, .uses = uses, .marks = marks };
	struct fact fact = { .kind = kind, .what = what, .mark = 1 };

	return marks ? walk(&s, &fact, block, "", 0) : -ENOMEM;
}

int uses_find_storage(const struct host *host, struct uses *uses)
{
	static int (*const finders[])(struct storage *) = { find_mounts, find_holders, find_claims, find_signatures, find_untraced_root,
							    find_unseen, find_lost };
	_cleanup_free_ unsigned *marks = calloc(host->blocks.n + 1, sizeof(*marks));
	struct storage s = { .host = host, .uses = uses, .marks = marks };
	int r = marks ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_SIZE(finders) && r >= 0; i++)
		r = finders[i](&s);
	free(s.lost[0].first);
	free(s.lost[1].first);
	return r;
}
