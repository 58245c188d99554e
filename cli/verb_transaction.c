/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway rollback: the way back. */

#include <errno.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/view_plan.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change_vfs.h"
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

/* Later changes of the same things rest on this one's: they go first. */
static int refuse_overlap(const struct journal *j, const struct transaction *t)
{
	_cleanup_(strv_freep) char **later = NULL;

	if (overlap_find(j, t, &later) < 0)
		return EXIT_UNDONE;
	for (char **line = later; line && *line; line++)
		log_error("%s came later and stands", *line);
	return later ? log_error("transaction %u cannot be taken back before these; roll them back first", t->id), EXIT_REFUSED : EXIT_DONE;
}

/* A guest would lose its network port or its drive. */
static int refuse_vfs_in_use(const struct session *session, const struct transaction *t)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(plan_done) struct plan plan = {};
	int r;

	r = session->site.is_live ? journal_load_plan(&session->journal, t, &plan) : 0;
	for (size_t i = 0; i < plan.n && r >= 0; i++)
		if (plan.list[i].kind == CHANGE_VFS && t->started[i] && !t->reverted[i])
			r = vfs_find_users(&session->site, &plan.list[i], &refusals);
	if (r < 0)
		return EXIT_UNDONE;
	if (refusals.n)
		view_refusals_print(&refusals);
	return refusals.n ? EXIT_REFUSED : EXIT_DONE;
}

/* Who repeats a rollback that was cut off, or takes back an apply that was, means that one, and not the one before it as well. */
static bool is_done_already(const struct session *session, const struct arguments *arguments)
{
	unsigned id = session->recovered;

	if (!id || (arguments->n_positional && (parse_unsigned(arguments->positional[0], &id) < 0 || id != session->recovered)))
		return false;
	printf("transaction %u is undone\n", session->recovered);
	return true;
}

int verb_rollback(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	struct transaction *t;
	enum outcome outcome;
	int status;

	status = session_begin(cli, NULL, &session);
	if (status != EXIT_DONE)
		return status;
	if (is_done_already(&session, arguments))
		return output_after_change(EXIT_DONE);
	t = choose(&session.journal, arguments);
	if (!t)
		return arguments->n_positional ? EXIT_USAGE : EXIT_DONE;
	status = refuse_overlap(&session.journal, t);
	if (status == EXIT_DONE)
		status = refuse_vfs_in_use(&session, t);
	if (status != EXIT_DONE)
		return status;
	outcome = transaction_undo(&session.site, &session.journal, t);
	if (outcome == OUTCOME_UNDONE)
		return log_error("transaction %u stands as before; nothing was taken back", t->id), EXIT_UNDONE;
	if (outcome != OUTCOME_DONE) {
		log_error("transaction %u could not be taken back in full; what is left is named above", t->id);
		return EXIT_BROKEN;
	}
	printf("transaction %u is undone\n", t->id);
	output_after_change(EXIT_DONE);
	if (t->needs_reboot && cli->is_live)
		log_info("reboot for the host to be as it was");
	return EXIT_DONE;
}
