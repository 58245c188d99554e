/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway status: the story of each transaction, how the first boot went, and what is no longer as slipway left it. */

#include <errno.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/view_waiting.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/drift.h"
#include "installer/finish.h"
#include "installer/first_boot.h"
#include "installer/lock.h"

/* The same boot as when it was applied: what takes effect at boot has not done so yet. */
static bool is_pending(const struct transaction *t, const char *boot)
{
	const char *then = t->state == TRANSACTION_UNDONE ? t->undo_boot : t->boot;

	return t->needs_reboot && boot && str_eq(then, boot) &&
	       (t->state == TRANSACTION_COMMITTED || t->state == TRANSACTION_TRIAL || t->state == TRANSACTION_UNDONE);
}

/* What became of one change. */
static const char *change_state(const struct transaction *t, size_t i, bool is_spent)
{
	if (t->kept[i])
		return "kept";
	if (t->reverted[i])
		return "undone";
	if (!t->started[i])
		return t->state == TRANSACTION_TRIAL ? "waits for the trial" : "not begun";
	if (t->state == TRANSACTION_COMMITTED || t->state == TRANSACTION_TRIAL)
		return t->deferred[i] ? "waits for the first boot" : is_spent ? "ended with its boot" : "applied";
	return "left";
}

static const char *state_of(const struct transaction *t, bool at_work)
{
	bool unfinished = t->state == TRANSACTION_OPEN || t->state == TRANSACTION_UNDOING;

	return unfinished && at_work ? "under way" : transaction_state_name(t->state);
}

/* 'left' and 'kept' alone are a story; the rest is as the transaction's state says. */
static void print_changes(const struct journal *j, const struct transaction *t)
{
	_cleanup_(plan_done) struct plan plan = {};

	if (journal_load_plan(j, t, &plan) < 0)
		return;
	for (size_t i = 0; i < plan.n; i++) {
		_cleanup_free_ char *plain = change_name(&plan.list[i]), *name = plain ? text_escape_field(plain) : NULL;
		_cleanup_free_ char *reason = t->kept[i] ? text_escape_field(t->kept[i]) : NULL;

		if (!name)
			return;
		if (reason)
			printf("   kept: %s: %s\n", name, reason);
		else if (t->state == TRANSACTION_BROKEN && t->started[i] && !t->reverted[i])
			printf("   left: %s: it could not be taken back; 'slipway rollback %u' tries again\n", name, t->id);
	}
}

static void print_transaction(const struct journal *j, const struct transaction *t, bool at_work)
{
	_cleanup_free_ char *failure = t->failure ? text_escape_field(t->failure) : NULL;

	printf("%u  %s  %-8s %s", t->id, t->time, t->verb, state_of(t, at_work));
	if (t->ended && t->state != TRANSACTION_COMMITTED)
		printf(" at %s", t->ended);
	printf("\n");
	if (failure)
		printf("   failed: %s\n", failure);
	if (t->state == TRANSACTION_BROKEN)
		print_changes(j, t);
}

static struct json_object *changes_json(const struct journal *j, const struct transaction *t)
{
	struct json_object *array = json_object_new_array();
	_cleanup_(plan_done) struct plan plan = {};

	if (journal_load_plan(j, t, &plan) < 0) {
		json_object_put(array);
		return NULL; /* null: not known, as has been said */
	}
	for (size_t i = 0; i < plan.n; i++) {
		const struct change *c = &plan.list[i];
		struct json_object *o = json_object_new_object();
		_cleanup_free_ char *path = c->kind == CHANGE_FILE || c->kind == CHANGE_DIRECTORY || c->kind == CHANGE_VALUE ? text_format("/%s", c->target) : NULL;

		json_add_string(o, "kind", change_ops(c->kind)->name);
		json_add_string(o, "target", path ? path : c->target);
		json_add_string(o, "summary", c->summary);
		json_add_string(o, "state", change_state(t, i, c->is_spent));
		json_add_string(o, "reason", t->kept[i]);
		json_object_array_add(array, o);
	}
	return array;
}

static void add_transactions(struct json_object *document, const struct journal *j, bool at_work)
{
	struct json_object *array = json_add_array(document, "transactions");

	for (size_t i = 0; i < j->n; i++) {
		const struct transaction *t = &j->list[i];
		struct json_object *o = json_object_new_object();

		json_add_int(o, "id", t->id);
		json_add_string(o, "verb", t->verb);
		json_add_string(o, "time", t->time);
		json_add_string(o, "state", state_of(t, at_work));
		json_add_string(o, "ended", t->ended);
		json_add_string(o, "failure", t->failure);
		json_object_object_add(o, "changes", changes_json(j, t));
		json_object_array_add(array, o);
	}
}

/* Not begun yet: one that is under way, or has come to its end, is told by its record. */
static bool first_boot_waits(int root_fd, const struct journal *j, const struct first_boot *f)
{
	bool waits = fs_exists(root_fd, FIRST_BOOT_WISH);

	for (size_t i = 0; i < j->n; i++)
		waits = waits || transaction_waits(&j->list[i]);
	return waits && f->state != FIRST_BOOT_UNDER_WAY && f->state != FIRST_BOOT_REBOOTING;
}

/* null: nothing was ever left to a first boot. */
static struct json_object *first_boot_json(const struct first_boot *f, bool waits)
{
	struct json_object *o;

	if (!f->state && !waits)
		return NULL;
	o = json_object_new_object();
	json_add_string(o, "state", waits ? "waiting" : first_boot_state_name(f->state));
	json_add_string(o, "time", f->time);
	json_add_int(o, "attempts", f->attempts);
	json_add_int(o, "transaction", f->transaction);
	json_add_bool(o, "from_spec", f->from_spec);
	json_add_bool(o, "rebooted", f->rebooted);
	json_add_string(o, "verdict", f->verdict);
	json_add_string(o, "reason", f->reason);
	return o;
}

static void print_first_boot(const struct first_boot *f, bool waits)
{
	_cleanup_free_ char *reason = f->reason ? text_escape_field(f->reason) : NULL;

	if (waits)
		printf("Something waits for the first boot: slipway-first-boot.service does it.\n");
	else if (f->state)
		printf("First boot: %s at %s%s%s%s%s.\n", first_boot_state_name(f->state), f->time ? f->time : "an unknown time",
		       f->verdict ? ", " : "", f->verdict ? f->verdict : "", reason ? ": " : "", reason ? reason : "");
}

static void status_json(const struct cli *cli, const struct journal *j, const struct first_boot *f, bool waits, bool pending, bool at_work, const struct drifts *drifts)
{
	_cleanup_json_ struct json_object *document = output_document("status");
	struct json_object *paths, *details;

	add_transactions(document, j, at_work);
	json_add_string(document, "last", j->n ? state_of(&j->list[j->n - 1], at_work) : NULL);
	json_add_bool(document, "reboot_pending", pending);
	json_add_bool(document, "at_work", at_work);
	json_object_object_add(document, "first_boot", first_boot_json(f, waits));
	view_waiting_json(cli, j, document);
	paths = json_add_array(document, "drift");
	details = json_add_array(document, "drift_details");
	for (size_t i = 0; i < drifts->n; i++) {
		struct json_object *o = json_object_new_object();

		json_append_string(paths, drifts->list[i].target);
		json_add_string(o, "target", drifts->list[i].target);
		json_add_string(o, "what", drifts->list[i].what);
		json_add_int(o, "transaction", drifts->list[i].transaction);
		json_object_array_add(details, o);
	}
	output_json(document);
}

static void status_print(const struct cli *cli, const struct journal *j, const struct first_boot *f, bool waits, bool pending, bool at_work, const struct drifts *drifts)
{
	if (!j->n)
		printf("Nothing has been applied here.\n");
	for (size_t i = 0; i < j->n; i++)
		print_transaction(j, &j->list[i], at_work);
	print_first_boot(f, waits);
	view_waiting_print(cli, j);
	if (pending)
		printf("A reboot is pending.\n");
	for (size_t i = 0; i < drifts->n; i++) {
		_cleanup_free_ char *target = text_escape_field(drifts->list[i].target);

		printf("%s is not as slipway left it: %s (transaction %u).\n", target ? target : "", drifts->list[i].what, drifts->list[i].transaction);
	}
}

int verb_status(const struct cli *cli, const struct arguments *arguments)
{
	const struct site site = { .root_fd = cli->root_fd, .is_live = cli->is_live };
	_cleanup_free_ char *boot = boot_id(cli->root_fd);
	_cleanup_(drifts_done) struct drifts drifts = {};
	_cleanup_(journal_done) struct journal j = {};
	_cleanup_(first_boot_done) struct first_boot f = {};
	bool pending, at_work, waits;
	const struct transaction *t;

	(void)arguments;
	if (journal_read(cli->root_fd, &j) < 0 || first_boot_read(cli->root_fd, &f) < 0)
		return EXIT_UNDONE;
	waits = first_boot_waits(cli->root_fd, &j, &f);
	t = journal_interrupted(&j);
	at_work = t && lock_is_held(cli->root_fd);
	pending = j.n && cli->is_live && is_pending(&j.list[j.n - 1], boot);
	pending = pending || (cli->is_live && first_boot_step(&f, boot, false) == STEP_WAIT);
	/* While somebody changes the host, nothing is as it will be. */
	if (!at_work && drifts_find(&site, &j, &drifts) < 0)
		return EXIT_UNDONE;
	if (cli->json)
		status_json(cli, &j, &f, waits, pending, at_work, &drifts);
	else
		status_print(cli, &j, &f, waits, pending, at_work, &drifts);
	if (t && !at_work)
		log_warning("transaction %u was interrupted; the next 'slipway apply', 'verify' or 'rollback' takes it back", t->id);
	return drifts.n || t ? EXIT_NOT_READY : EXIT_DONE;
}
