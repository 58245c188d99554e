/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finishing: the commands that an apply below --root has left to the image's first boot. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/finish.h"
#include "installer/interruption.h"

bool transaction_waits(const struct transaction *t)
{
	for (size_t i = 0; i < t->n_changes && t->state == TRANSACTION_COMMITTED; i++)
		if (t->deferred[i] && !t->reverted[i])
			return true;
	return false;
}

static int finish_change(const struct site *site, struct journal *j, struct transaction *t, struct change *c, int i)
{
	int r;

	/* From here on the command may have done something: taking back runs it again. */
	r = journal_append(j, t, "finishing", i, NULL);
	if (r >= 0)
		r = change_ops(c->kind)->apply(site, c);
	if (r >= 0)
		r = change_ops(c->kind)->holds(site, c);
	if (r == 0)
		return log_error("%s was carried out, but is not as wanted", c->target), -EIO;
	return r < 0 ? r : journal_append(j, t, "finished", i, NULL);
}

/* Why it failed, as the journal has it and as it is told. */
static int say_why(struct journal *j, struct transaction *t, const struct change *c, int i, int r, char **ret_reason)
{
	_cleanup_free_ char *said = log_take_error();

	*ret_reason = text_format("command %s: %s", c->target, said ? said : "it failed");
	journal_append(j, t, "failed", i, *ret_reason ? *ret_reason : c->target);
	return r;
}

/* `ran`: the commands that a newer transaction has left, too; with its files in place they have served this one. */
static int finish_transaction(const struct site *site, struct journal *j, struct transaction *t, char ***ran, char **ret_reason)
{
	_cleanup_(plan_done) struct plan plan = {};
	int r;

	log_info("finishing what transaction %u left for the first boot", t->id);
	free(log_take_error());
	r = journal_load_plan(j, t, &plan);
	if (r < 0)
		return *ret_reason = log_take_error(), r;
	for (size_t i = 0; i < plan.n && r >= 0; i++) {
		struct change *c = &plan.list[i];

		if (!t->deferred[i] || t->reverted[i])
			continue;
		if (strv_contains(*ran, c->target)) {
			r = journal_append(j, t, "finished", (int)i, NULL);
			continue;
		}
		r = finish_change(site, j, t, c, (int)i);
		/* Who ends slipway may have ended its command, too. */
		if (interruption_signal())
			return -EINTR;
		if (r < 0)
			return say_why(j, t, c, (int)i, r, ret_reason);
		r = strv_add(ran, c->target) < 0 ? log_oom() : 0;
	}
	return r;
}

static enum outcome undo(const struct site *site, struct journal *j, const bool *waited)
{
	enum outcome outcome = OUTCOME_UNDONE;

	for (size_t i = j->n; i > 0; i--) {
		struct transaction *t = &j->list[i - 1];

		if (!waited[i - 1])
			continue;
		log_info("taking back transaction %u", t->id);
		if (transaction_undo(site, j, t) != OUTCOME_DONE)
			outcome = OUTCOME_BROKEN;
	}
	return outcome;
}

static bool *find_waiting(const struct journal *j)
{
	bool *waiting = calloc(j->n + 1, sizeof(*waiting));

	for (size_t i = 0; waiting && i < j->n; i++)
		waiting[i] = transaction_waits(&j->list[i]);
	return waiting;
}

enum outcome journal_undo_waiting(const struct site *site, struct journal *j)
{
	_cleanup_free_ bool *waiting = find_waiting(j);

	return waiting ? undo(site, j, waiting) : (log_oom(), OUTCOME_BROKEN);
}

enum outcome journal_finish(const struct site *site, struct journal *j, char **ret_reason)
{
	_cleanup_(interruption_watch_end) struct interruption_watch watch =
		interruption_watch_begin("interrupted: the command under way is ended; the next start does the rest\n");
	_cleanup_free_ bool *waited = find_waiting(j);
	_cleanup_(strv_freep) char **ran = NULL;
	int r = waited ? 0 : log_oom();

	for (size_t i = j->n; i > 0 && r >= 0; i--)
		if (waited[i - 1])
			r = finish_transaction(site, j, &j->list[i - 1], &ran, ret_reason);
	if (interruption_signal())
		return OUTCOME_STOPPED;
	if (r >= 0)
		return OUTCOME_DONE;
	return waited ? undo(site, j, waited) : OUTCOME_BROKEN;
}
