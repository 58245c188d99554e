/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that wait: what they are to be made of when what they wait for has come, and how far each of them is.
 *
 *   /var/lib/slipway/guests.pending  slipway-guests.service has something to do; from the apply that they had to wait in:
 *                                    {"file": "/etc/slipway/host.yaml", "spec": "version: 1\n...", "passthrough": [], "allow": []}
 *   /var/lib/slipway/guests.json     {"transaction": 1, "guests": [{"name": "a", "state": "waits", "attempts": 0, "reason": "..."}],
 *                                    "objects": [{"name": "pool images", "state": "done", ...}]}
 *
 * The first is a change of that transaction and goes with it, or when every guest has come to its end. The second is slipway's
 * memory, written before each step is taken: a guest is defined once, and one that somebody removes afterwards does not come again.
 */
#pragma once

#include "installer/guests.h"
#include "installer/journal.h"

#define GUESTS_PENDING JOURNAL_FOLDER "/guests.pending"
#define GUESTS_RECORD JOURNAL_FOLDER "/guests.json"
/* What fails each time, or is cut off each time, is left to 'slipway apply'. */
#define GUEST_ATTEMPTS 3

enum guest_progress {
	PROGRESS_WAITS,   /* for something, or nobody has tried yet */
	PROGRESS_BEGUN,   /* its definition was begun; it is there where that came to its end */
	PROGRESS_DEFINED, /* by slipway, and it is not started yet */
	PROGRESS_DONE,    /* all of it, or it was there already */
	PROGRESS_FAILED,  /* given up */
};

struct pending_guest {
	char *name;
	enum guest_progress progress;
	unsigned attempts;
	char *reason;     /* why it waits, was given up or was left; or NULL */
};

struct pending_guests {
	unsigned transaction; /* whose guests these are */
	struct pending_guest *list;
	size_t n;
	struct pending_guest *objects; /* what guests rest on: "pool images", "network lan" */
	size_t n_objects;
};

const char *guest_progress_name(enum guest_progress progress);
void pending_guests_done(struct pending_guests *g);

/* Plans the marker where something waits, and that there is none where nothing does. 0, or negative after it was said why. */
int guests_pending_plan(int root_fd, const struct wishes *wishes, const struct allowances *allowed, bool waits, struct plan *plan);
/* The standing transaction whose marker counts, or NULL. Negative after it was said: a plan cannot be read. */
int guests_pending_owner(const struct journal *j, struct transaction **ret);
/* What the marker asks for. -ENOENT: there is none, silently; else negative after it was said. */
int guests_pending_read(int root_fd, struct wishes *ret, struct allowances *ret_allowed);

/* One for each guest, pool and network of the wishes that the record of this transaction does not know, waiting. -ENOMEM. */
int pending_guests_fill(struct pending_guests *g, const struct wishes *wishes);
/* Of the transaction, or empty: a record of another one counts for nothing. -ENOMEM. */
int pending_guests_read(int root_fd, unsigned transaction, struct pending_guests *ret);
/* -EINVAL: it is no record. */
int pending_guests_parse(const char *text, size_t size, struct pending_guests *ret);
char *pending_guests_format(const struct pending_guests *g); /* NULL when memory runs out */
/* Fsynced; negative after it was said. */
int pending_guests_write(int root_fd, const struct pending_guests *g);
struct pending_guest *pending_guests_find(const struct pending_guests *g, const char *name);
/* `kind` "pool" or "network". */
struct pending_guest *pending_objects_find(const struct pending_guests *g, const char *kind, const char *name);
/* Has every one come to its end, objects and guests? */
bool pending_guests_are_settled(const struct pending_guests *g);
/* A failure counts; after some it is the last word. It is said, with `kind` before the name; takes the reason over. */
void pending_guest_fail(struct pending_guest *g, const char *kind, char *reason);
/* Sets how far it is, and why (taken over; NULL: there is nothing to say). */
void pending_guest_set(struct pending_guest *g, enum guest_progress progress, char *reason);
