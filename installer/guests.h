/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's guests: which are missing and can be defined now, which must wait and for what, and which are otherwise than wished for. */
#pragma once

#include "installer/differences.h"
#include "installer/plan.h"
#include "installer/wishes.h"
#include "passthrough/refusal.h"

struct transaction;

enum guest_standing { GUEST_COMES, GUEST_AS_WISHED, GUEST_DIFFERS, GUEST_WAITS };

struct guest_note {
	char *name;
	enum guest_standing standing;
	char *reason;                   /* of one that waits: a whole sentence without its end */
	struct differences differences; /* of one that differs */
	size_t first_change, n_changes; /* of one that comes: among those that are added to the plan */
};

struct guest_notes {
	struct guest_note *list; /* in the order of the spec */
	size_t n;
};

void guest_note_done(struct guest_note *n);
void guest_notes_done(struct guest_notes *n);
/* Does one of them wait? */
bool guest_notes_wait(const struct guest_notes *notes);
/* The name of that for which the last change was that this transaction began; NULL: for none of these. */
const char *guest_notes_blame(const struct guest_notes *notes, const struct transaction *t);
/* "defined", "as-wished", "differs", "waits" */
const char *guest_standing_name(enum guest_standing standing);

/* All is borrowed. */
struct guests_request {
	const struct host *host;
	struct uses *uses;                 /* what guests hold is added */
	const struct wishes *wishes;
	const struct allowances *allowed;
	const char *libvirt_uri;           /* NULL: the default */
	bool objects_wait;                 /* pools or networks do, too (objects.h) */
	bool is_boot;                      /* what had to come first has come; what is wrong with one guest makes it wait, and the others come */
	bool is_applied;                   /* the plan is carried out at once: serials are remembered, which nobody sees once a guest has the device */
};

/*
 * Adds to a plan that holds all the rest already: what that brings, at once or at the next boot, the guests wait for, and a marker
 * tells slipway then (guests_pending.h). libvirt is loaded only where guests are wished for. What speaks against a device goes to the refusals. Negative after it has been said:
 * -EINVAL (options or devices that do not fit, two guests with one device), -ENOENT (no such device, disk, QEMU), -EOPNOTSUPP.
 */
int guests_plan(const struct guests_request *q, struct plan *plan, struct refusals *refusals, struct guest_notes *ret);
