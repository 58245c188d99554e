/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway verify, rollback: whether what was applied holds, and the way back. */

#include <errno.h>
#include <stdio.h>

#include "audit/audit.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/view_audit.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/drift.h"
#include "installer/overlap.h"

static int audit_again(const struct cli *cli, struct json_object *document)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(report_done) struct report report = {};

	if (scene_read(cli, &scene) < 0 || audit_run(&scene.host, NULL, &report) < 0)
		return EXIT_UNDONE;
	if (cli->json)
		report_to_json(&report, document);
	else
		report_print(cli, &report);
	return audit_readiness(&report) == READINESS_READY ? EXIT_DONE : EXIT_NOT_READY;
}

static bool has_deferred(const struct transaction *t)
{
	for (size_t i = 0; i < t->n_changes; i++)
		if (t->deferred[i])
			return true;
	return false;
}

/* What earlier transactions own, and nobody has owned since. */
static int add_drift(const struct session *session, const struct transaction *last, int broken)
{
	_cleanup_(drifts_done) struct drifts drifts = {};
	int r = drifts_find(&session->site, &session->journal, &drifts);

	if (r < 0)
		return r;
	for (size_t i = 0; i < drifts.n; i++) {
		const struct drift *d = &drifts.list[i];

		if (d->transaction == last->id)
			continue;
		log_error("%s is not as transaction %u left it: %s", d->target, d->transaction, d->what);
		broken++;
	}
	return broken;
}

int verb_verify(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_json_ struct json_object *document = output_document("verify");
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	struct transaction *t;
	int status, broken = 0;

	(void)arguments;
	status = session_begin(cli, NULL, &session);
	if (status != EXIT_DONE)
		return status;
	t = journal_last(&session.journal, "apply");
	if (t && cli->is_live && has_deferred(t)) {
		log_info("finishing what transaction %u left for the first boot", t->id);
		if (transaction_finish(&session.site, &session.journal, t) != OUTCOME_DONE)
			return EXIT_NOT_READY;
	}
	if (t)
		broken = transaction_verify(&session.site, &session.journal, t);
	else
		log_info("nothing is applied; this is the audit alone");
	if (broken >= 0 && t)
		broken = add_drift(&session, t, broken);
	if (broken < 0)
		return EXIT_UNDONE;
	json_add_int(document, "transaction", t ? t->id : 0);
	json_add_int(document, "changes_broken", broken);
	status = audit_again(cli, document);
	if (cli->json)
		output_json(document);
	else if (t)
		printf("transaction %u: %s\n", t->id, broken ? "not all of its changes hold" : "all of its changes hold");
	return broken && status == EXIT_DONE ? EXIT_NOT_READY : status;
}

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
	if (t->state == TRANSACTION_COMMITTED || t->state == TRANSACTION_BROKEN)
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

int verb_rollback(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	struct transaction *t;
	enum outcome outcome;
	int status;

	status = session_begin(cli, NULL, &session);
	if (status != EXIT_DONE)
		return status;
	t = choose(&session.journal, arguments);
	if (!t)
		return arguments->n_positional ? EXIT_USAGE : EXIT_DONE;
	status = refuse_overlap(&session.journal, t);
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
	if (t->needs_reboot && cli->is_live)
		log_info("reboot for the host to be as it was");
	return EXIT_DONE;
}
