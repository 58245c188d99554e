/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway rollback: the way back. */

#include <errno.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/rollback_guests.h"
#include "cli/session.h"
#include "cli/view_plan.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change_vfs.h"
#include "installer/network_pending.h"
#include "installer/overlap.h"

static struct transaction *choose(const struct journal *j, const struct arguments *arguments)
{
	struct transaction *t;
	unsigned id;

	if (!arguments->n_positional) {
		t = journal_last(j, "apply");
		if (!t)
			log_info("nothing to roll back: no apply stands");
		return t;
	}
	if (parse_unsigned(arguments->positional[0], &id) < 0)
		return log_error("'%s' is no transaction; 'slipway status' names them", arguments->positional[0]), NULL;
	t = journal_find(j, id);
	if (!t)
		return log_error("there is no transaction %u; 'slipway status' names them", id), NULL;
	if (transaction_stands(t) || t->state == TRANSACTION_BROKEN)
		return t;
	return log_error("transaction %u is %s already", id, transaction_state_name(t->state)), NULL;
}

/* What became of it. */
struct answer {
	unsigned id;             /* 0: there was nothing to take back */
	const char *state;       /* transaction_state_name(), or NULL */
	char **later;            /* changes that rest on it */
	struct refusals refusals;
	bool needs_reboot;
};

static void answer_done(struct answer *a)
{
	strv_free(a->later);
	refusals_done(&a->refusals);
}

/* Later changes of the same things rest on this one's: they go first. */
static int refuse_overlap(const struct journal *j, const struct transaction *t, struct answer *a)
{
	if (overlap_find(j, t, &a->later) < 0)
		return EXIT_UNDONE;
	for (char **line = a->later; line && *line; line++)
		log_error("%s came later and stands", *line);
	if (!a->later)
		return EXIT_DONE;
	return log_error("transaction %u cannot be taken back before these; roll them back first", t->id), EXIT_REFUSED;
}

/* A guest would lose its network port or its drive. */
static int refuse_vfs_in_use(const struct session *session, const struct transaction *t, struct answer *a)
{
	_cleanup_(plan_done) struct plan plan = {};
	int r;

	r = session->site.is_live ? journal_load_plan(&session->journal, t, &plan) : 0;
	for (size_t i = 0; i < plan.n && r >= 0; i++)
		if (plan.list[i].kind == CHANGE_VFS && t->started[i] && !t->reverted[i])
			r = vfs_find_users(&session->site, &plan.list[i], &a->refusals);
	if (r < 0)
		return EXIT_UNDONE;
	if (a->refusals.n)
		view_refusals_print(&a->refusals);
	return a->refusals.n ? EXIT_REFUSED : EXIT_DONE;
}

/* What was done is told first; a reader who has gone away changes nothing about it. */
static int tell(const struct cli *cli, const struct answer *a, int status)
{
	_cleanup_json_ struct json_object *document = NULL;
	struct json_object *later;

	if (!cli->json) {
		if (status == EXIT_DONE && a->id && str_eq(a->state, transaction_state_name(TRANSACTION_UNDONE)))
			printf("transaction %u is undone\n", a->id);
		return output_after_change(status);
	}
	document = output_document("rollback");
	json_object_object_add(document, "transaction", a->id ? json_object_new_int64(a->id) : NULL);
	json_add_string(document, "state", a->state);
	later = json_add_array(document, "later");
	for (char **line = a->later; line && *line; line++)
		json_object_array_add(later, json_object_new_string(*line));
	view_refusals_json(&a->refusals, document);
	json_add_bool(document, "reboot_required", a->needs_reboot);
	output_json(document);
	return output_after_change(status);
}

/* Who repeats a rollback that was cut off, or takes back an apply that was, means that one, and not the one before it as well. */
static bool is_done_already(const struct session *session, const struct arguments *arguments)
{
	unsigned id = session->recovered;

	if (!id || (arguments->n_positional && (parse_unsigned(arguments->positional[0], &id) < 0 || id != session->recovered)))
		return false;
	return true;
}

static int roll_back(const struct cli *cli, struct session *session, struct transaction *t, struct answer *a)
{
	enum outcome outcome;
	int status;

	status = refuse_overlap(&session->journal, t, a);
	if (status == EXIT_DONE)
		status = refuse_vfs_in_use(session, t, a);
	if (status == EXIT_DONE)
		status = rollback_guests(session, t);
	if (status != EXIT_DONE)
		return status;
	outcome = transaction_undo(&session->site, &session->journal, t);
	if (outcome == OUTCOME_UNDONE)
		return log_error("transaction %u stands as before; nothing was taken back", t->id), EXIT_UNDONE;
	if (outcome != OUTCOME_DONE)
		return log_error("transaction %u could not be taken back in full; what is left is named above", t->id), EXIT_BROKEN;
	a->needs_reboot = t->needs_reboot && cli->is_live;
	return EXIT_DONE;
}

/* Nothing is under way any more: what a crash has left behind the commit tells nobody anything. */
static void remove_network_marker(struct session *s)
{
	struct journal *j = &s->journal;

	if (journal_interrupted(j))
		return;
	for (size_t i = j->n; i > 0; i--)
		if (transaction_stands(&j->list[i - 1]))
			transaction_end_phase(&s->site, j, &j->list[i - 1], PHASE_NETWORK);
	if (fs_exists(s->site.root_fd, NETWORK_PENDING) && fs_remove(s->site.root_fd, NETWORK_PENDING) < 0)
		log_warning("/" NETWORK_PENDING " cannot be removed; it does nothing but start slipway-network.service at each boot");
}

static int begin(const struct cli *cli, const struct arguments *arguments, struct session *session)
{
	if (!arguments_has(arguments, "--before-network"))
		return session_begin(cli, NULL, session);
	if (!arguments_has(arguments, "--interrupted"))
		return log_invalid("--before-network is for --interrupted"), EXIT_USAGE;
	return session_begin_before_network(cli, session);
}

int verb_rollback(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	_cleanup_(answer_done) struct answer answer = {};
	struct transaction *t;
	int status;

	status = begin(cli, arguments, &session);
	if (status != EXIT_DONE)
		return status;
	if (arguments_has(arguments, "--interrupted"))
		remove_network_marker(&session);
	if (is_done_already(&session, arguments)) {
		t = journal_find(&session.journal, session.recovered);
		answer = (struct answer){ .id = session.recovered, .state = transaction_state_name(t ? t->state : TRANSACTION_UNDONE) };
		return tell(cli, &answer, EXIT_DONE);
	}
	if (arguments_has(arguments, "--interrupted")) {
		log_info("nothing was interrupted");
		return tell(cli, &answer, EXIT_DONE);
	}
	t = choose(&session.journal, arguments);
	if (!t && arguments->n_positional)
		return EXIT_USAGE;
	if (!t)
		return tell(cli, &answer, EXIT_DONE);
	answer.id = t->id;
	status = roll_back(cli, &session, t, &answer);
	answer.state = transaction_state_name(t->state);
	tell(cli, &answer, status);
	if (answer.needs_reboot)
		log_info("reboot for the host to be as it was");
	return status;
}
