/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A transaction's state: what the journal's words (journal.h has them) have made of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

/* Of what is written here. A higher one is a newer slipway's. */
#define JOURNAL_VERSION 1

enum transaction_state {
	TRANSACTION_OPEN,      /* begun, and not finished: interrupted, if nobody holds the lock */
	TRANSACTION_TRIAL,     /* armed: the next boot tries it out, and then it is committed or undone */
	TRANSACTION_COMMITTED,
	TRANSACTION_UNDOING,   /* undo begun, and not finished */
	TRANSACTION_UNDONE,
	TRANSACTION_BROKEN,    /* undone but for what was kept or failed */
};

struct transaction {
	unsigned id;
	char *verb;            /* "apply", "bind" ... */
	char *time;            /* UTC, 2026-01-31T12:00:00Z */
	char *boot;            /* boot id of the kernel that ran; NULL below --root */
	char *undo_boot;       /* the same for the undo */
	bool needs_reboot;
	bool is_trial;         /* begun as one */
	enum transaction_state state;
	size_t n_changes;
	bool *started, *reverted, *deferred; /* per change: it may have taken effect; it has been taken back; its command waits */
	bool *tried;           /* per change: its command waits, and has begun once */
	char **kept;           /* per change: why it was left as it is, when the rest was taken back; or NULL */
	char *ended;           /* when it was committed, or undone; NULL: not known */
	char *failure;         /* the first failure's text since it began, or since its undo began; or NULL */
	int64_t plan_sum;      /* the checksum of plan.json; -1: an older slipway wrote none */
	char *connection;      /* libvirt's URI; NULL: the default */
};

/* Committed, on trial, or undone but for something that is still to be taken back: a rollback has something to do. */
bool transaction_stands(const struct transaction *t);
const char *transaction_state_name(enum transaction_state state);
/* From its begin record. -EINVAL: it is none; -EOPNOTSUPP: a newer slipway's. */
int transaction_begin(struct json_object *o, unsigned id, struct transaction *ret);
/* What an event makes of it (change < 0: of the whole). -EINVAL: no such change; -EOPNOTSUPP: a newer slipway's word. */
int transaction_note(struct transaction *t, const char *event, int change, const char *text, const char *time, const char *boot);
void transaction_done(struct transaction *t);
