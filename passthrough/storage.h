/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way down from a block device to the functions it is on: partitions, dm, md, loop, ZFS and remote disks. */
#pragma once

#include "passthrough/uses.h"

/* One thing that is known of a block device, on its way down to the functions. */
struct fact {
	enum use_kind kind;
	const char *what;
	bool is_vital;
	bool is_lost;      /* the way down ended at something that may stand on any disk */
	bool has_end;      /* it ended at all: what stands on itself does not */
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

/* "dm-0 (vg-root)", a new string. */
char *block_label(const struct block *b);
/* Down from the device `name`; `below` is the chain from there up, "" at the start, and depth 0 there. 0 or -ENOMEM, as with all here. */
int storage_walk(struct storage *s, struct fact *fact, const char *name, const char *below, unsigned depth);
int storage_walk_all(struct storage *s, struct fact *fact, char *const *names, const char *chain, unsigned depth);
/* From one block device down, and from every disk where the way is lost. */
int storage_tell(struct storage *s, enum use_kind kind, const char *what, bool is_vital, const char *name);
/* Where it cannot be told which disk something is on, any disk may be it: storage_find_lost() tells, once for all. */
int storage_note_lost(struct storage *s, const char *what, bool is_vital);
int storage_find_lost(struct storage *s);
