/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal: what slipway was about to do, and did. Append-only and fsynced, so it is true after a crash.
 *
 *   /var/lib/slipway/journal                  one JSON object a line: {"transaction": 3, "event": "applying", "change": 2, ...}
 *   /var/lib/slipway/transactions/3/plan.json all changes of transaction 3, as data
 *   /var/lib/slipway/transactions/3/2.before  the bytes that change 2 found (absent: there was no file)
 *   /var/lib/slipway/transactions/3/2.after   the bytes that it writes
 *
 * Events: begin (verb, time, boot, version, changes, checksum of plan.json, needs_reboot, connection), applying N, applied N,
 * deferred N, committed; armed (of a trial, in the place of committed), committing; finishing N, finished N (what was deferred, at the first boot); undoing,
 * reverting N, reverted N, kept N (text: why it is left), undone, broken; failed N (text: what went wrong). Those without N have
 * the time, too.
 * A line that a crash cut off is no record, and the next append puts a newline before its own.
 */
#pragma once

#include "installer/plan.h"
#include "installer/transaction_state.h"

#define JOURNAL_FOLDER "var/lib/slipway"

struct journal {
	int root_fd;           /* borrowed */
	struct transaction *list;
	size_t n;
	bool ends_cut;         /* the last line has no newline */
};

/*
 * Reads the journal; none is an empty one, but -ENOENT where there are plans. A line in the middle that is no record is -EINVAL,
 * one of a newer slipway -EOPNOTSUPP; each after it was said.
 */
int journal_read(int root_fd, struct journal *ret);
/* The same from the text of the journal, which it overwrites. */
int journal_parse(char *text, int root_fd, struct journal *ret);
void journal_done(struct journal *j);
struct transaction *journal_find(const struct journal *j, unsigned id);
/* The last one with an unfinished apply or undo, or NULL. */
struct transaction *journal_interrupted(const struct journal *j);
/* The one that is on trial, or NULL. */
struct transaction *journal_trial(const struct journal *j);
/* The newest that stands; with a verb only such ones. NULL: none. */
struct transaction *journal_last(const struct journal *j, const char *verb);

/* Writes the plan to disk under the next id, then the begin record. The new transaction is borrowed from the journal. */
int journal_begin(struct journal *j, const char *verb, const struct plan *plan, const char *connection, struct transaction **ret);
/* Appends and fsyncs one event (change < 0: of the whole transaction), and brings the transaction up to date. */
int journal_append(struct journal *j, struct transaction *t, const char *event, int change, const char *text);
/* The plan of a transaction, with all contents. A negative errno after it was said; -EBADMSG: it is not what was stored. */
int journal_load_plan(const struct journal *j, const struct transaction *t, struct plan *ret);
/* Has the host been booted since the transaction began? False where the boots are not known. */
bool journal_has_booted_since(const struct journal *j, const struct transaction *t);

/* UTC, 2026-01-31T12:00:00Z; NULL when memory runs out. */
char *time_now(void);
/* This boot's id (proc/sys/kernel/random/boot_id), or NULL. */
char *boot_id(int root_fd);
