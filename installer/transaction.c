/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions: a plan carried out whole, or taken back whole. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/interruption.h"
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

/* Why a change failed, in the words in which it was said. */
static void note_failure(struct journal *j, struct transaction *t, const struct change *c, int i)
{
	_cleanup_free_ char *said = log_take_error(), *name = change_name(c);
	_cleanup_free_ char *text = text_format("%s: %s", name ? name : c->target, said ? said : "it failed");

	journal_append(j, t, "failed", i, text ? text : c->target);
}

/* All that is not done yet, but for one phase. */
static int apply_phases(const struct site *site, struct journal *j, struct transaction *t, struct plan *plan, enum change_phase but,
			bool may_stop)
{
	int r = 0;

	free(log_take_error());
	for (size_t i = 0; i < plan->n && r >= 0 && !(may_stop && interruption_signal()); i++) {
		if (plan->list[i].phase == but || t->started[i])
			continue;
		r = apply_change(site, j, t, &plan->list[i], (int)i);
		if (r < 0)
			note_failure(j, t, &plan->list[i], (int)i);
		/* What is somebody else's by now was not touched, and a guest of his is not undefined for having the name. */
		if (r == -ESTALE)
			journal_append(j, t, "kept", (int)i, NULL);
	}
	return r;
}

/* -EINTR where somebody asked for it to end. */
static int stop_if_asked(struct journal *j, struct transaction *t)
{
	_cleanup_free_ char *text = NULL;

	if (!interruption_signal())
		return 0;
	text = text_format("interrupted by %s", interruption_signal());
	log_error("%s", text ? text : "interrupted");
	journal_append(j, t, "failed", -1, text);
	return -EINTR;
}

static enum outcome take_back(const struct site *site, struct journal *j, struct transaction *t)
{
	enum outcome outcome;

	log_info("taking back what was done so far");
	outcome = transaction_undo(site, j, t);
	if (outcome == OUTCOME_UNDONE)
		log_error("all is done, but it may not be on the disk, and it cannot be taken back; 'slipway status' tells what stands");
	return outcome == OUTCOME_DONE ? OUTCOME_UNDONE : OUTCOME_BROKEN;
}

/* What failed for a moment may work at once after: only a command is too dear to be tried twice. */
static int revert_twice(const struct site *site, struct change *c)
{
	_cleanup_free_ char *name = change_name(c);
	int r = change_ops(c->kind)->revert(site, c);

	if (r >= 0 || r == -ESTALE || c->kind == CHANGE_COMMAND)
		return r;
	log_info("trying once more to take back %s", name ? name : c->target);
	return change_ops(c->kind)->revert(site, c);
}

/*
 * A change that somebody else has overtaken is kept, and named; it does not stop the others from being taken back. Nor does
 * a disk too full for the journal: the transaction is known to be under way, and the next start looks at every change again.
 */
static bool revert_change(const struct site *site, struct journal *j, struct transaction *t, struct change *c, int i)
{
	_cleanup_free_ char *said = NULL;
	int r;

	free(log_take_error());
	journal_append(j, t, "reverting", i, NULL);
	r = revert_twice(site, c);
	if (r < 0 && r != -ESTALE) {
		note_failure(j, t, c, i);
		return false;
	}
	t->reverted[i] = true;
	said = r < 0 ? log_take_error() : NULL;
	journal_append(j, t, r < 0 ? "kept" : "reverted", i, said);
	return r >= 0;
}

/* What was there for one boot alone goes. A command whose undo has no own words is run anew by what is committed. */
static bool revert_phase(const struct site *site, struct journal *j, struct transaction *t, struct plan *plan, enum change_phase phase)
{
	bool all = true;

	for (size_t i = plan->n; i > 0; i--) {
		struct change *c = &plan->list[i - 1];

		if (c->phase == phase && t->started[i - 1] && !t->reverted[i - 1] && (c->kind != CHANGE_COMMAND || c->undo))
			all = revert_change(site, j, t, c, (int)i - 1) && all;
	}
	return all;
}

/* Libvirt as it is meant without a word about it; the way back must find the same one. */
static const char *connection_of(const struct site *site)
{
	return site->libvirt_uri ? site->libvirt_uri : getenv("LIBVIRT_DEFAULT_URI");
}

enum outcome transaction_apply(const struct site *site, struct journal *j, const char *verb, struct plan *plan)
{
	_cleanup_(interruption_watch_end) struct interruption_watch watch =
		interruption_watch_begin("interrupted: what is under way is ended, and then all is taken back\n");
	struct transaction *t;
	int r;

	if (journal_begin(j, verb, plan, connection_of(site), &t) < 0)
		return OUTCOME_UNDONE; /* nothing was changed yet */
	r = apply_phases(site, j, t, plan, plan->is_trial ? PHASE_COMMIT : PHASE_TRIAL, true);
	if (r >= 0)
		r = stop_if_asked(j, t);
	if (r >= 0)
		r = journal_append(j, t, plan->is_trial ? "armed" : "committed", -1, NULL);
	if (r < 0)
		return take_back(site, j, t);
	revert_phase(site, j, t, plan, PHASE_NETWORK);
	return OUTCOME_DONE;
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

/* The order of an undo. What commands write anew (a hook makes boot entries, too) is looked at when they have run. */
static enum { STAGE_STATE, STAGE_COMMANDS, STAGE_ENTRIES, STAGE_LAST, STAGES } stage_of(const struct change *c)
{
	if (c->kind == CHANGE_ENTRIES)
		return STAGE_ENTRIES;
	if ((c->kind == CHANGE_NETWORK && c->takes_all_in) || c->phase == PHASE_NETWORK)
		return STAGE_LAST;
	return c->kind != CHANGE_COMMAND ? STAGE_STATE : c->takes_all_in ? STAGE_LAST : STAGE_COMMANDS;
}

/*
 * A trial and its commit may each have had the images built: with all files back, one more time is enough for both. The later
 * change of the two has run by now; this one is as good as taken back.
 */
static bool has_run(struct journal *j, const struct plan *plan, struct transaction *t, size_t i)
{
	const struct change *c = &plan->list[i];

	if (c->kind != CHANGE_COMMAND || c->undo)
		return false;
	for (size_t later = i + 1; later < plan->n; later++)
		if (plan->list[later].kind == CHANGE_COMMAND && !plan->list[later].undo && t->started[later] && t->reverted[later] &&
		    str_eq(plan->list[later].target, c->target)) {
			t->reverted[i] = true;
			journal_append(j, t, "reverted", (int)i, NULL);
			return true;
		}
	return false;
}

/* Commands want a host that is up. */
static bool waits_for_network(const struct site *site, const struct change *c)
{
	return site->before_network &&
	       (c->phase == PHASE_NETWORK || (c->kind != CHANGE_FILE && c->kind != CHANGE_DIRECTORY && c->kind != CHANGE_NETWORK));
}

/* Commands last, and in reverse: the bootloader forgets our arguments before the initramfs forgets what they ask for. */
static bool revert_stage(const struct site *site, struct journal *j, struct transaction *t, struct plan *plan, int stage)
{
	bool all = true;

	for (size_t i = plan->n; i > 0; i--) {
		struct change *c = &plan->list[i - 1];

		if ((int)stage_of(c) != stage || !t->started[i - 1] || t->reverted[i - 1] || waits_for_network(site, c) || has_run(j, plan, t, i - 1))
			continue;
		if (c->kind == CHANGE_DIRECTORY && holds_others(plan, t, c))
			all = false;
		else
			all = revert_change(site, j, t, c, (int)i - 1) && all;
	}
	return all;
}

/*
 * What stands, by the journal's last word, is begun to be taken back only when the journal knows: else a crash would leave it
 * half undone, and called applied. One that is under way is known already.
 */
static int note_undoing(struct journal *j, struct transaction *t)
{
	enum transaction_state was = t->state;
	int r = journal_append(j, t, "undoing", -1, NULL);

	if (r >= 0 || was == TRANSACTION_OPEN || was == TRANSACTION_UNDOING)
		return 0;
	/* The line may be in the file, and only not on the disk. */
	journal_append(j, t, was == TRANSACTION_COMMITTED ? "committed" : was == TRANSACTION_TRIAL ? "armed" : "broken", -1, NULL);
	return r;
}

/* A good trial is not thrown away for a signal: the little that is left is done. */
enum outcome transaction_commit(const struct site *site, struct journal *j, struct transaction *t)
{
	_cleanup_(interruption_watch_end) struct interruption_watch watch =
		interruption_watch_begin("interrupted: the trial that went well is committed first\n");
	_cleanup_(plan_done) struct plan plan = {};

	if (journal_load_plan(j, t, &plan) < 0)
		return OUTCOME_STOPPED;
	if (journal_append(j, t, "committing", -1, NULL) < 0) {
		/* The line may be in the file, and only not on the disk. */
		if (journal_append(j, t, "armed", -1, NULL) < 0)
			log_warning("the journal may say that the commit has begun; then the next slipway takes transaction %u back", t->id);
		return OUTCOME_STOPPED;
	}
	if (revert_phase(site, j, t, &plan, PHASE_TRIAL) && apply_phases(site, j, t, &plan, PHASE_TRIAL, false) >= 0 &&
	    journal_append(j, t, "committed", -1, NULL) >= 0)
		return OUTCOME_DONE;
	return take_back(site, j, t);
}

void transaction_end_phase(const struct site *site, struct journal *j, struct transaction *t, enum change_phase phase)
{
	_cleanup_(plan_done) struct plan plan = {};

	if (journal_load_plan(j, t, &plan) >= 0)
		revert_phase(site, j, t, &plan, phase);
}

/* A rollback that is cut off leaves the network as much between two states as an apply. */
static void mark_network(const struct site *site, struct journal *j, struct transaction *t, struct plan *plan)
{
	bool is_live_change = false;

	for (size_t i = 0; i < plan->n; i++)
		is_live_change = is_live_change || (plan->list[i].kind == CHANGE_NETWORK && t->started[i] && !t->reverted[i]);
	for (size_t i = 0; i < plan->n && is_live_change; i++)
		if (plan->list[i].phase == PHASE_NETWORK && t->reverted[i] && apply_change(site, j, t, &plan->list[i], (int)i) < 0)
			log_warning("should the power fail now, 'slipway rollback --interrupted' must be run by hand");
}

/* Is there anything left but the marker? */
static bool is_undone(const struct transaction *t, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (t->started[i] && !t->reverted[i] && plan->list[i].phase != PHASE_NETWORK)
			return false;
	return true;
}

/* OUTCOME_STOPPED: the rest is for later in this boot. */
static enum outcome revert_all(struct site *site, struct journal *j, struct transaction *t, struct plan *plan)
{
	bool all = true;

	for (int stage = 0; stage < STAGES; stage++)
		all = revert_stage(site, j, t, plan, stage) && all;
	if (site->before_network && !is_undone(t, plan))
		return OUTCOME_STOPPED;
	if (site->before_network) {
		site->before_network = false;
		all = revert_stage(site, j, t, plan, STAGE_LAST) && all;
	}
	return all ? OUTCOME_DONE : OUTCOME_BROKEN;
}

enum outcome transaction_undo(const struct site *site, struct journal *j, struct transaction *t)
{
	_cleanup_(interruption_watch_end) struct interruption_watch watch =
		interruption_watch_begin("interrupted: what is being taken back is taken back to the end first\n");
	_cleanup_(plan_done) struct plan plan = {};
	struct site there = *site;
	enum outcome outcome;

	if (journal_load_plan(j, t, &plan) < 0)
		return transaction_stands(t) ? OUTCOME_UNDONE : OUTCOME_BROKEN;
	if (note_undoing(j, t) < 0)
		return OUTCOME_UNDONE;
	if (t->connection)
		there.libvirt_uri = t->connection;
	mark_network(&there, j, t, &plan);
	outcome = revert_all(&there, j, t, &plan);
	if (outcome != OUTCOME_STOPPED && journal_append(j, t, outcome == OUTCOME_DONE ? "undone" : "broken", -1, NULL) < 0)
		log_warning("the journal does not say yet that transaction %u is undone; the next slipway looks at it again", t->id);
	return outcome;
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
	if (outcome == OUTCOME_DONE && t->needs_reboot && journal_has_booted_since(j, t))
		log_info("transaction %u is undone; this boot was made while it stood: reboot for the host to be as it was", t->id);
	else if (outcome == OUTCOME_DONE)
		log_info("transaction %u is undone; the host is as it was before it", t->id);
	else if (outcome == OUTCOME_STOPPED)
		log_info("the files are as they were before transaction %u; the rest is taken back when the host is up", t->id);
	else
		log_error("transaction %u could not be undone in full; 'slipway status' shows what is left", t->id);
	return outcome;
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

		/* What waits for the commit, and what went with it, are in no state that could hold. A marker for slipway itself is none of the host. */
		if (!t->started[i] || t->reverted[i] || change_is_marker(c))
			continue;
		/* What the trial had made by a command, the commit had made anew. */
		if (c->phase == PHASE_TRIAL && c->kind == CHANGE_COMMAND && t->state == TRANSACTION_COMMITTED)
			continue;
		r = change_ops(c->kind)->holds(site, c);
		if (r < 0)
			return r;
		if (r == 0) {
			_cleanup_free_ char *name = change_name(c);

			log_error("%s does not hold: %s", name ? name : c->target, c->summary);
			broken++;
		}
	}
	return broken;
}
