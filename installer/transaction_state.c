/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A transaction's state: what the journal's words have made of it. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/text.h"
#include "installer/transaction_state.h"

const char *transaction_state_name(enum transaction_state state)
{
	static const char *const names[] = {
		[TRANSACTION_OPEN] = "interrupted", [TRANSACTION_TRIAL] = "on trial", [TRANSACTION_COMMITTED] = "applied",  [TRANSACTION_UNDOING] = "undo interrupted",
		[TRANSACTION_UNDONE] = "undone",    [TRANSACTION_BROKEN] = "not all undone",
	};

	return names[state];
}

void transaction_done(struct transaction *t)
{
	free(t->verb);
	free(t->time);
	free(t->boot);
	free(t->undo_boot);
	free(t->started);
	free(t->reverted);
	free(t->deferred);
	free(t->tried);
	free(t->failure);
	free(t->ended);
	free(t->connection);
	for (size_t i = 0; t->kept && i < t->n_changes; i++)
		free(t->kept[i]);
	free(t->kept);
}

bool transaction_stands(const struct transaction *t)
{
	if (t->state == TRANSACTION_BROKEN)
		for (size_t i = 0; i < t->n_changes; i++)
			if (t->started[i] && !t->reverted[i])
				return true;
	return t->state == TRANSACTION_COMMITTED || t->state == TRANSACTION_TRIAL;
}

static char *copy_or_null(const char *s)
{
	return s ? strdup(s) : NULL;
}

int transaction_begin(struct json_object *o, unsigned id, struct transaction *ret)
{
	struct transaction t = { .id = id, .state = TRANSACTION_OPEN, .plan_sum = -1 };
	struct json_object *sum;

	if (json_get_int(o, "version") > JOURNAL_VERSION)
		return -EOPNOTSUPP;
	t.n_changes = (size_t)json_get_int(o, "changes");
	if (t.n_changes > 10000)
		return -EINVAL;
	if (json_object_object_get_ex(o, "checksum", &sum))
		t.plan_sum = json_object_get_int64(sum);
	t.verb = copy_or_null(json_get_string(o, "verb"));
	t.time = copy_or_null(json_get_string(o, "time"));
	t.boot = copy_or_null(json_get_string(o, "boot"));
	t.connection = copy_or_null(json_get_string(o, "connection"));
	t.needs_reboot = json_get_bool(o, "needs_reboot");
	t.is_trial = json_get_bool(o, "trial");
	t.started = calloc(t.n_changes + 1, sizeof(bool));
	t.reverted = calloc(t.n_changes + 1, sizeof(bool));
	t.deferred = calloc(t.n_changes + 1, sizeof(bool));
	t.tried = calloc(t.n_changes + 1, sizeof(bool));
	t.kept = calloc(t.n_changes + 1, sizeof(*t.kept));
	if (!t.verb || !t.time || !t.started || !t.reverted || !t.deferred || !t.tried || !t.kept) {
		transaction_done(&t);
		return t.verb && t.time ? -ENOMEM : -EINVAL;
	}
	*ret = t;
	return 0;
}

static int set_text(char **field, const char *text)
{
	free(*field);
	*field = copy_or_null(text);
	return text && !*field ? -ENOMEM : 0;
}

/* What an event of the whole transaction makes of it. */
static int note_state(struct transaction *t, const char *event, const char *time, const char *boot)
{
	static const struct {
		const char *event;
		enum transaction_state state;
	} states[] = {
		{ "armed", TRANSACTION_TRIAL }, { "committing", TRANSACTION_OPEN }, { "committed", TRANSACTION_COMMITTED }, { "undoing", TRANSACTION_UNDOING },
		{ "undone", TRANSACTION_UNDONE },       { "broken", TRANSACTION_BROKEN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!str_eq(event, states[i].event))
			continue;
		/* A rollback begins: what went wrong in an earlier one is history. A failure of the apply, the trial or the first boot is why. */
		if (states[i].state == TRANSACTION_UNDOING && (t->state == TRANSACTION_UNDOING || t->state == TRANSACTION_BROKEN))
			set_text(&t->failure, NULL);
		t->state = states[i].state;
		if (set_text(&t->ended, states[i].state == TRANSACTION_UNDOING ? NULL : time) < 0)
			return -ENOMEM;
	}
	return str_eq(event, "undoing") ? set_text(&t->undo_boot, boot) : 0;
}

/* A word that is not among these is a newer slipway's, and may say anything. */
static bool is_known(const char *event)
{
	static const char *const events[] = { "applying", "applied",   "deferred", "finishing", "finished", "reverting", "reverted", "kept",
					      "failed",   "committed", "armed",    "undoing",   "undone",   "broken",    "committing" };

	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (str_eq(event, events[i]))
			return true;
	return false;
}

/* The one place where the journal's words have a meaning. */
int transaction_note(struct transaction *t, const char *event, int change, const char *text, const char *time, const char *boot)
{
	if (!is_known(event))
		return -EOPNOTSUPP;
	if (change >= 0 && (size_t)change >= t->n_changes)
		return -EINVAL;
	/* What comes after the first failure is mostly its consequence. */
	if (str_eq(event, "failed"))
		return t->failure ? 0 : set_text(&t->failure, text ? text : "unknown");
	if (change < 0)
		return note_state(t, event, time, boot);
	if (str_eq(event, "kept") && set_text(&t->kept[change], text ? text : "changed by somebody else since") < 0)
		return -ENOMEM;
	if (str_eq(event, "applying")) {
		t->started[change] = true;
		t->reverted[change] = false; /* a marker is set again, for the way back */
	}
	else if (str_eq(event, "deferred"))
		t->deferred[change] = true;
	else if (str_eq(event, "finishing"))
		t->tried[change] = true;
	else if (str_eq(event, "finished"))
		t->deferred[change] = false;
	else if (str_eq(event, "reverted") || str_eq(event, "kept"))
		t->reverted[change] = true;
	return 0;
}
