/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage that the host lives on: mounts, swap, holders, the ESP, and data that nobody has mounted. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/storage.h"
#include "passthrough/uses_data.h"
#include "passthrough/uses_mounts.h"
#include "passthrough/uses_storage.h"

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
		r = storage_walk_all(s, &fact, b->slaves, "", 0);
		if (r >= 0 && b->backing && str_starts(b->backing, "/dev/"))
			r = storage_tell(s, USE_HOLDER, what, false, b->name);
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
			r = storage_tell(s, kinds[c->kind], c->what, c->is_vital, c->block);
		if (d && r >= 0)
			r = uses_add(s->uses, d, kinds[c->kind], c->what, "", c->is_vital);
	}
	return r;
}

/* In a container the mounts of the host itself are out of sight. */
static int find_unseen(struct storage *s)
{
	const struct mounts *mounts = &s->host->mounts;

	return mounts->is_contained ? storage_note_lost(s, "the mounts of the host outside this container", false) : 0;
}

int uses_tell_block(const struct host *host, struct uses *uses, enum use_kind kind, const char *what, const char *block)
{
	_cleanup_free_ unsigned *marks = calloc(host->blocks.n + 1, sizeof(*marks));
	struct storage s = { .host = host, .uses = uses, .marks = marks };
	struct fact fact = { .kind = kind, .what = what, .mark = 1 };

	return marks ? storage_walk(&s, &fact, block, "", 0) : -ENOMEM;
}

int uses_find_storage(const struct host *host, struct uses *uses)
{
	static int (*const finders[])(struct storage *) = {
		uses_find_mounts, find_holders, find_claims, uses_find_signatures, uses_find_untraced_root, find_unseen, storage_find_lost,
	};
	_cleanup_free_ unsigned *marks = calloc(host->blocks.n + 1, sizeof(*marks));
	struct storage s = { .host = host, .uses = uses, .marks = marks };
	int r = marks ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_SIZE(finders) && r >= 0; i++)
		r = finders[i](&s);
	free(s.lost[0].first);
	free(s.lost[1].first);
	return r;
}
