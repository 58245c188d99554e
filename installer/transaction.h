/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions: a plan carried out whole, or taken back whole. The only place where changes are made. A signal that asks for
 * an end (interruption.h) is obeyed between two changes of transaction_apply(), which then takes all back; a commit and an
 * undo go on to their end.
 */
#pragma once

#include "installer/journal.h"

enum outcome {
	OUTCOME_DONE,
	OUTCOME_UNDONE,   /* something failed, or somebody asked for an end, and the host is as it was */
	OUTCOME_BROKEN,   /* something failed, and not all could be taken back */
	OUTCOME_STOPPED,  /* it stands as before; the next start goes on with it */
};

/* Carries the plan out through the journal, each change checked after it is made; a trial's up to where it is armed. The caller holds the lock. */
enum outcome transaction_apply(const struct site *site, struct journal *j, const char *verb, struct plan *plan);
/*
 * Makes a trial the host's own: what it needed for its boot alone is taken away, what waits for the commit is done.
 * OUTCOME_UNDONE where that failed, and the whole transaction was taken back; OUTCOME_STOPPED: it could not be begun.
 */
enum outcome transaction_commit(const struct site *site, struct journal *j, struct transaction *t);
/* Takes away what told slipway that something waits for the image's first boot (PHASE_FIRST_BOOT), or guests do (PHASE_GUESTS); the rest stands. */
void transaction_end_phase(const struct site *site, struct journal *j, struct transaction *t, enum change_phase phase);
/*
 * Takes a transaction back: files and devices backwards, then the commands whose inputs have changed back. What somebody
 * else has changed since is reported and left (OUTCOME_BROKEN). One that stands is not touched when the journal cannot be
 * told first (OUTCOME_UNDONE). The caller has asked overlap_find(). Before the network is up, files alone: OUTCOME_STOPPED where
 * that is not all.
 */
enum outcome transaction_undo(const struct site *site, struct journal *j, struct transaction *t);
/* Undoes what an earlier slipway was interrupted in, after saying so. OUTCOME_DONE where there was nothing to do. */
enum outcome journal_recover(const struct site *site, struct journal *j);
/* Do all its changes hold? Each that does not is named in a line on stderr; their number, or a negative errno. */
int transaction_verify(const struct site *site, const struct journal *j, const struct transaction *t);
