/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finishing: the commands that an apply below --root has left to the image's first boot. */
#pragma once

#include "installer/transaction.h"

/* Does the transaction stand, and has commands that wait? */
bool transaction_waits(const struct transaction *t);
/*
 * Runs what waits, of the newest transaction first, and sees that each command has done its work. One that an older
 * transaction left as well runs once. Where one fails, every transaction that waited is taken back: OUTCOME_UNDONE or
 * OUTCOME_BROKEN, with the failure in *ret_reason (NULL: memory ran out). Cut off by a crash, or by a
 * signal (OUTCOME_STOPPED), it goes on where it was.
 */
enum outcome journal_finish(const struct site *site, struct journal *j, char **ret_reason);
/* Takes back, newest first, every transaction that waits. */
enum outcome journal_undo_waiting(const struct site *site, struct journal *j);
