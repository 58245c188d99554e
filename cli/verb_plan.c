/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway plan, slipway apply: from wishes to changes, and the changes made. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/confirm.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/reboot.h"
#include "cli/session.h"
#include "cli/trial.h"
#include "cli/view_guests.h"
#include "cli/view_plan.h"
#include "cli/waiting_guests.h"
#include "cli/wishes_from.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/first_boot.h"
#include "installer/objects.h"
#include "installer/interruption.h"
#include "installer/provision.h"

static bool has_command(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_COMMAND)
			return true;
	return false;
}

/* All that the two verbs answer with. */
struct answer {
	struct plan plan;
	struct refusals refusals;
	struct object_notes objects; /* of libvirt's */
	struct guest_notes guests;
};

static void answer_done(struct answer *a)
{
	refusals_done(&a->refusals);
	object_notes_done(&a->objects);
	guest_notes_done(&a->guests);
	plan_done(&a->plan);
}

/* The host, and when all that is planned what guests rest on, and the guests. */
static int plan_host(const struct cli *cli, struct scene *scene, const struct wishes *wishes, const struct allowances *allowed, struct answer *a)
{
	struct guests_request guests = { .host = &scene->host, .uses = &scene->uses, .wishes = wishes, .allowed = allowed,
					       .is_applied = str_eq(cli->verb, "apply") };
	int r = provision_plan(&scene->host, &scene->uses, wishes, allowed, &a->plan, &a->refusals);

	if (r >= 0 && !a->refusals.n)
		r = objects_plan(&guests, &a->plan, &a->refusals, &a->objects);
	guests.objects_wait = guest_notes_wait(&a->objects.pools) || guest_notes_wait(&a->objects.networks);
	return r < 0 || a->refusals.n ? r : guests_plan(&guests, &a->plan, &a->refusals, &a->guests);
}

/* An exit status; EXIT_REFUSED with the refusals filled in. */
static int make_plan(const struct cli *cli, const struct arguments *arguments, struct answer *a)
{
	_cleanup_(allowances_done) struct allowances allowed = {};
	_cleanup_(wishes_done) struct wishes wishes = {};
	_cleanup_(scene_done) struct scene scene = {};
	int r;

	if (wishes_from_arguments(cli, arguments, &wishes) < 0 || allowances_from_arguments(arguments, &allowed) < 0)
		return EXIT_USAGE;
	if (scene_read_all(cli, &scene) < 0)
		return EXIT_UNDONE;
	if (arguments_has(arguments, "--trial")) {
		wishes.pending = trial_pending(&scene.host, arguments_value(arguments, "--health"));
		if (!wishes.pending)
			return EXIT_UNDONE;
	}
	r = plan_host(cli, &scene, &wishes, &allowed, a);
	if (r < 0)
		return r == -EINVAL || r == -ENOENT ? EXIT_USAGE : EXIT_UNDONE;
	/* Commands that run at the image's first boot want somebody there who runs them. */
	if (!cli->is_live && has_command(&a->plan) && first_boot_plan(cli->root_fd, &a->plan) < 0)
		return EXIT_UNDONE;
	return a->refusals.n ? EXIT_REFUSED : EXIT_DONE;
}

static bool is_as_wished(const struct answer *a)
{
	return view_guests_are_as_wished(&a->objects.pools) && view_guests_are_as_wished(&a->objects.networks) && view_guests_are_as_wished(&a->guests);
}

static int answer(const struct cli *cli, const char *verb, const struct answer *a, int status)
{
	const struct plan *plan = &a->plan;

	if (cli->json) {
		_cleanup_json_ struct json_object *document = output_document(verb);

		view_plan_json(plan, &a->refusals, document);
		view_objects_json(&a->objects, document);
		if (a->guests.n)
			view_guests_json(&a->guests, document);
		output_json(document);
	} else if (status == EXIT_DONE && !plan->n) {
		printf("%s", is_as_wished(a) ? "Nothing to do: the host is as wished.\n" : "Nothing to do for now.\n");
	} else if (status == EXIT_DONE) {
		view_plan_print(cli, plan);
	}
	if (!cli->json && status == EXIT_DONE) {
		view_objects_print(&a->objects);
		view_guests_print(&a->guests);
	}
	if (status == EXIT_REFUSED)
		view_refusals_print(&a->refusals);
	return status;
}

int verb_plan(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(answer_done) struct answer a = {};
	int status;

	status = make_plan(cli, arguments, &a);
	return status == EXIT_DONE || status == EXIT_REFUSED ? answer(cli, "plan", &a, status) : status;
}

/* A program is started from an argument vector after a reboot: its path must be whole. */
static int check_trial(const struct cli *cli, const struct arguments *arguments, const struct journal *j)
{
	const char *command = arguments_value(arguments, "--health");
	const struct transaction *t = journal_trial(j);

	if (t)
		return log_error("transaction %u is on trial; reboot into it, or take it back with 'slipway rollback'", t->id), EXIT_REFUSED;
	if (command && !arguments_has(arguments, "--trial"))
		return log_invalid("--health COMMAND is for --trial"), EXIT_USAGE;
	if (command && (command[0] != '/' || access(command, X_OK) < 0))
		return log_invalid("--health %s: the absolute path of a program is wanted", command), EXIT_USAGE;
	if (arguments_has(arguments, "--trial") && !cli->is_live)
		return log_invalid("--trial needs the running host; below --root there is no next boot to arm"), EXIT_USAGE;
	return EXIT_DONE;
}

/* What the image lacks may still be installed into it: it is a warning. */
static int tell_first_boot(const struct cli *cli)
{
	_cleanup_(strv_freep) char **missing = NULL;

	if (first_boot_missing(cli->root_fd, &missing) < 0)
		return EXIT_DONE;
	for (char **m = missing; m && *m; m++)
		log_warning("this image cannot finish its first boot by itself: %s; install slipway into it, or run 'slipway verify --reboot' there",
			    *m);
	if (!missing)
		log_info("the commands run at the first boot of this image, by slipway-first-boot.service");
	return EXIT_DONE;
}

int verb_apply(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(session_done) struct session session = { .lock_fd = -1 };
	_cleanup_(answer_done) struct answer a = {};
	struct plan *plan = &a.plan;
	enum outcome outcome;
	int status;

	status = session_begin(cli, NULL, &session);
	if (status != EXIT_DONE)
		return status;
	status = check_trial(cli, arguments, &session.journal);
	if (status == EXIT_DONE)
		status = make_plan(cli, arguments, &a);
	if (status != EXIT_DONE && status != EXIT_REFUSED)
		return status;
	answer(cli, "apply", &a, status);
	if (status == EXIT_REFUSED || !plan->n)
		return status;
	if (output_flush() < 0 || !confirm(arguments))
		return EXIT_UNDONE;
	outcome = transaction_apply(&session.site, &session.journal, "apply", plan);
	if (outcome != OUTCOME_DONE)
		return outcome_status(outcome);
	log_info("applied as transaction %u; 'slipway rollback' takes it back", session.journal.list[session.journal.n - 1].id);
	if (!cli->is_live)
		return has_command(plan) ? tell_first_boot(cli) : EXIT_DONE;
	/* Somebody asked for an end when it was there already: that was no wish for a reboot. */
	if (plan->needs_reboot && arguments_has(arguments, "--reboot") && !interruption_signal())
		return reboot_now() < 0 ? EXIT_UNDONE : EXIT_DONE;
	if (plan->needs_reboot)
		log_info("reboot, then run 'slipway verify'");
	else if (!interruption_signal())
		waiting_guests(cli, &session, 0);
	return EXIT_DONE;
}
