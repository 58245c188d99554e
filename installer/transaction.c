/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions: a plan carried out whole, or taken back whole. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/transaction.h"

static int apply_change(const struct site *site, struct journal *j, struct transaction *t, struct change *c, int i)
{
	const struct change_ops *ops = change_ops(c->kind);
	int r;

	r = journal_append(j, t, "applying", i, NULL);
	if (r >= 0)
		r = ops->apply(site, c);
	if (r < 0)
		return r;
	if (c->is_deferred)
		return journal_append(j, t, "deferred", i, NULL);
	r = ops->holds(site, c);
	if (r < 0)
		return r;
	if (r == 0)
		return log_error("%s %s was carried out, but is not as wanted", ops->name, c->target), -EIO;
	return journal_append(j, t, "applied", i, NULL);
}

static int apply_all(const struct site *site, struct journal *j, struct transaction *t, struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < plan->n && r >= 0; i++) {
		r = apply_change(site, j, t, &plan->list[i], (int)i);
		if (r < 0)
			journal_append(j, t, "failed", (int)i, plan->list[i].target);
	}
	return r < 0 ? r : journal_append(j, t, "committed", -1, NULL);
}

enum outcome transaction_apply(const struct site *site, struct journal *j, const char *verb, struct plan *plan)
{
	struct transaction *t;
	enum outcome outcome;

	if (journal_begin(j, verb, plan, &t) < 0)
		return OUTCOME_UNDONE; /* nothing was changed yet */
	if (apply_all(site, j, t, plan) >= 0)
		return OUTCOME_DONE;
	log_info("taking back what was done so far");
	outcome = transaction_undo(site, j, t);
	return outcome == OUTCOME_DONE ? OUTCOME_UNDONE : OUTCOME_BROKEN;
}

/* A change that somebody else has overtaken is kept, and named; it does not stop the others from being taken back. */
static bool revert_change(const struct site *site, struct journal *j, struct transaction *t, struct change *c, int i)
{
	bool noted;
	int r;

	/* A disk too full for the journal is no reason to leave the host changed: the way back is tried all the same. */
	noted = journal_append(j, t, "reverting", i, NULL) >= 0;
	r = change_ops(c->kind)->revert(site, c);
	if (r < 0 && r != -ESTALE) {
		journal_append(j, t, "failed", i, c->target);
		return false;
	}
	return journal_append(j, t, r < 0 ? "kept" : "reverted", i, NULL) >= 0 && r >= 0 && noted;
}

/* A folder stays while a file of ours in it could not be taken back: both are tried again together. */
static bool holds_others(const struct plan *plan, const struct transaction *t, const struct change *folder)
{
	size_t n = strlen(folder->target);

	for (size_t i = 0; i < plan->n; i++)
		if (t->started[i] && !t->reverted[i] && str_starts(plan->list[i].target, folder->target) && plan->list[i].target[n] == '/')
			return true;
	return false;
}

/* Commands last, and in reverse: the bootloader forgets our arguments before the initramfs forgets what they ask for. */
static bool revert_kind(const struct site *site, struct journal *j, struct transaction *t, struct plan *plan, bool commands)
{
	bool all = true;

	for (size_t i = plan->n; i > 0; i--) {
		struct change *c = &plan->list[i - 1];

		if ((c->kind == CHANGE_COMMAND) != commands || !t->started[i - 1] || t->reverted[i - 1])
			continue;
		if (c->kind == CHANGE_DIRECTORY && holds_others(plan, t, c))
			all = false;
		else
			all = revert_change(site, j, t, c, (int)i - 1) && all;
	}
	return all;
}

enum outcome transaction_undo(const struct site *site, struct journal *j, struct transaction *t)
{
	_cleanup_(plan_done) struct plan plan = {};
	bool all;

	if (journal_load_plan(j, t, &plan) < 0)
		return OUTCOME_BROKEN;
	all = journal_append(j, t, "undoing", -1, NULL) >= 0;
	all = revert_kind(site, j, t, &plan, false) && all;
	all = revert_kind(site, j, t, &plan, true) && all;
	if (journal_append(j, t, all ? "undone" : "broken", -1, NULL) < 0)
		return OUTCOME_BROKEN;
	return all ? OUTCOME_DONE : OUTCOME_BROKEN;
}

enum outcome journal_recover(const struct site *site, struct journal *j)
{
	struct transaction *t = journal_interrupted(j);
	enum outcome outcome;

	if (!t)
		return OUTCOME_DONE;
	log_warning("transaction %u (%s of %s) was interrupted%s; taking it back", t->id, t->verb, t->time,
		    t->state == TRANSACTION_UNDOING ? " while it was being undone" : "");
	outcome = transaction_undo(site, j, t);
	if (outcome == OUTCOME_DONE)
		log_info("transaction %u is undone; the host is as it was before it", t->id);
	else
		log_error("transaction %u could not be undone in full; 'slipway status' shows what is left", t->id);
	return outcome;
}

enum outcome transaction_finish(const struct site *site, struct journal *j, struct transaction *t)
{
	_cleanup_(plan_done) struct plan plan = {};

	if (!site->is_live || journal_load_plan(j, t, &plan) < 0)
		return OUTCOME_BROKEN;
	for (size_t i = 0; i < plan.n; i++) {
		struct change *c = &plan.list[i];

		if (!c->is_deferred)
			continue;
		if (change_ops(c->kind)->apply(site, c) < 0 || change_ops(c->kind)->holds(site, c) != 1 ||
		    journal_append(j, t, "finished", (int)i, NULL) < 0)
			return OUTCOME_BROKEN;
	}
	return OUTCOME_DONE;
}

int transaction_verify(const struct site *site, const struct journal *j, const struct transaction *t)
{
	_cleanup_(plan_done) struct plan plan = {};
	int broken = 0, r;

	r = journal_load_plan(j, t, &plan);
	if (r < 0)
		return r;
	for (size_t i = 0; i < plan.n; i++) {
		const struct change *c = &plan.list[i];

		r = change_ops(c->kind)->holds(site, c);
		if (r < 0)
			return r;
		if (r == 0) {
			log_error("%s %s does not hold: %s", change_ops(c->kind)->name, c->target, c->summary);
			broken++;
		}
	}
	return broken;
}
