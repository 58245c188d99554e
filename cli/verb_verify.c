/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway verify: do the changes hold, is the host ready? Ends a trial, and finishes what waits for a first boot. */

#include <stdio.h>

#include "audit/audit.h"
#include "cli/cli.h"
#include "cli/first_boot.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/stale_guests.h"
#include "cli/trial.h"
#include "cli/view_audit.h"
#include "cli/waiting_guests.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "installer/drift.h"

static int audit_again(const struct cli *cli, struct json_object *document)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(report_done) struct report report = {};

	if (scene_read(cli, &scene) < 0 || audit_run(&scene.host, NULL, &report) < 0 || stale_guests_tell(&scene.host, &report) < 0)
		return EXIT_UNDONE;
	if (cli->json)
		report_to_json(&report, document);
	else
		report_print(cli, &report);
	return audit_readiness(&report) == READINESS_READY ? EXIT_DONE : EXIT_NOT_READY;
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
	unsigned id = 0;

	status = session_begin(cli, NULL, &session);
	if (status != EXIT_DONE)
		return status;
	t = journal_trial(&session.journal);
	if (t) {
		status = trial_end(cli, arguments, &session, t);
		if (status != EXIT_DONE)
			return status;
	}
	status = first_boot(cli, arguments, &session);
	if (status != EXIT_DONE)
		return status;
	t = journal_last(&session.journal, "apply");
	if (t)
		broken = transaction_verify(&session.site, &session.journal, t);
	else
		log_info("nothing is applied; this is the audit alone");
	if (broken >= 0 && t) {
		int drifted = add_drift(&session, t, broken);

		id = t->id;
		waiting_guests(cli, &session, broken); /* which makes transactions: t is no longer where it was */
		broken = drifted;
	}
	if (broken < 0)
		return EXIT_UNDONE;
	json_add_int(document, "transaction", id);
	json_add_int(document, "changes_broken", broken);
	status = audit_again(cli, document);
	if (cli->json)
		output_json(document);
	else if (id)
		printf("transaction %u: %s\n", id, broken ? "not all of its changes hold" : "all of its changes hold");
	return broken && status == EXIT_DONE ? EXIT_NOT_READY : status;
}
