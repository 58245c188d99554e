/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway verify, rollback, status: what has been applied, whether it holds, and the way back. */

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

/* The same boot as when it was applied: what takes effect at boot has not done so yet. */
static bool is_pending(const struct transaction *t, const char *boot)
{
	const char *then = t->state == TRANSACTION_COMMITTED ? t->boot : t->undo_boot;

	return t->needs_reboot && boot && str_eq(then, boot) && (t->state == TRANSACTION_COMMITTED || t->state == TRANSACTION_UNDONE);
}

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

/* A later transaction that stands may rest on this one: it goes first. */
static const struct transaction *find_later(const struct journal *j, const struct transaction *t)
{
	for (size_t i = j->n; i > 0; i--)
		if (j->list[i - 1].id > t->id && j->list[i - 1].state == TRANSACTION_COMMITTED && str_eq(j->list[i - 1].verb, t->verb))
			return &j->list[i - 1];
	return NULL;
}

int verb_rollback(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	const struct transaction *later;
	struct transaction *t;
	enum outcome outcome;
	int status;

	status = session_begin(cli, NULL, &session);
	if (status != EXIT_DONE)
		return status;
	t = choose(&session.journal, arguments);
	if (!t)
		return arguments->n_positional ? EXIT_USAGE : EXIT_DONE;
	later = find_later(&session.journal, t);
	if (later)
		return log_error("transaction %u (%s of %s) came later and stands; roll it back first", later->id, later->verb, later->time),
		       EXIT_REFUSED;
	outcome = transaction_undo(&session.site, &session.journal, t);
	if (outcome != OUTCOME_DONE) {
		log_error("transaction %u could not be taken back in full; what is left is named above", t->id);
		return EXIT_BROKEN;
	}
	printf("transaction %u is undone\n", t->id);
	if (t->needs_reboot && cli->is_live)
		log_info("reboot for the host to be as it was");
	return EXIT_DONE;
}

/* Owned files that are no longer as slipway left them; the names are printed or added to the list. */
static int find_drift(const struct site *site, const struct journal *j, const struct transaction *t, char ***ret)
{
	_cleanup_(plan_done) struct plan plan = {};
	int r;

	r = journal_load_plan(j, t, &plan);
	for (size_t i = 0; i < plan.n && r >= 0; i++) {
		const struct change *c = &plan.list[i];

		if (c->kind != CHANGE_FILE)
			continue;
		r = change_ops(c->kind)->holds(site, c);
		if (r == 0)
			r = strv_consume(ret, text_format("/%s", c->target));
	}
	return r;
}

static void status_json(const struct journal *j, const struct transaction *t, bool pending, char **drift)
{
	_cleanup_json_ struct json_object *document = output_document("status");
	struct json_object *array = json_add_array(document, "transactions");

	for (size_t i = 0; i < j->n; i++) {
		struct json_object *o = json_object_new_object();

		json_add_int(o, "id", j->list[i].id);
		json_add_string(o, "verb", j->list[i].verb);
		json_add_string(o, "time", j->list[i].time);
		json_add_string(o, "state", transaction_state_name(j->list[i].state));
		json_add_string(o, "failure", j->list[i].failure);
		json_object_array_add(array, o);
	}
	json_add_string(document, "last", t ? transaction_state_name(t->state) : NULL);
	json_add_bool(document, "reboot_pending", pending);
	json_add_strv(document, "drift", drift);
	output_json(document);
}

int verb_status(const struct cli *cli, const struct arguments *arguments)
{
	const struct site site = { .root_fd = cli->root_fd, .is_live = cli->is_live };
	_cleanup_free_ char *boot = boot_id(cli->root_fd);
	_cleanup_(strv_freep) char **drift = NULL;
	_cleanup_(journal_done) struct journal j = {};
	struct transaction *t, *applied;
	bool pending;

	(void)arguments;
	if (journal_read(cli->root_fd, &j) < 0)
		return EXIT_UNDONE;
	t = j.n ? &j.list[j.n - 1] : NULL;
	applied = journal_last(&j, "apply");
	pending = j.n && cli->is_live && is_pending(t, boot);
	if (applied && find_drift(&site, &j, applied, &drift) < 0)
		return EXIT_UNDONE;
	if (cli->json) {
		status_json(&j, t, pending, drift);
	} else if (!j.n) {
		printf("Nothing has been applied here.\n");
	} else {
		for (size_t i = 0; i < j.n; i++)
			printf("%u  %s  %-8s %s\n", j.list[i].id, j.list[i].time, j.list[i].verb, transaction_state_name(j.list[i].state));
		if (pending)
			printf("A reboot is pending.\n");
		for (char **path = drift; path && *path; path++)
			printf("%s is not as slipway left it.\n", *path);
	}
	if (journal_interrupted(&j))
		log_warning("transaction %u was interrupted; the next 'slipway apply', 'verify' or 'rollback' takes it back",
			    journal_interrupted(&j)->id);
	return drift || journal_interrupted(&j) ? EXIT_NOT_READY : EXIT_DONE;
}
