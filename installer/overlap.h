/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Overlap: which later changes rest on those of a transaction, so that it cannot be taken back before them. */
#pragma once

#include "installer/journal.h"

/* Do two changes touch the same thing: file, folder and what is in it, device, guest, EFI variable? Commands touch nothing by themselves. */
bool changes_overlap(const struct change *earlier, const struct change *later);
/*
 * The later changes that stand in the way, newest first, each as "transaction 3 (apply of TIME): file /etc/x". NULL in *ret: none.
 * A negative errno after it has been said which plan cannot be read.
 */
int overlap_find(const struct journal *j, const struct transaction *t, char ***ret);

/*
 * The changes that are in effect now: of all transactions that stand, the newest change of each target. `each` is called newest first;
 * a negative result ends the walk and is passed on. `verb`: only of such transactions; NULL: of all.
 */
int standing_each(const struct journal *j, const char *verb, int (*each)(void *context, const struct transaction *t, const struct change *c),
		  void *context);
