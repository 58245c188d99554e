/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image's first boot on the running host: finished, rebooted once where that is needed, judged. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "cli/first_boot.h"
#include "cli/load.h"
#include "cli/reboot.h"
#include "cli/view_plan.h"
#include "cli/wishes_from.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/finish.h"
#include "installer/first_boot.h"
#include "installer/interruption.h"
#include "installer/objects.h"
#include "installer/provision.h"

static bool has_waiting(const struct journal *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (transaction_waits(&j->list[i]))
			return true;
	return false;
}

/* Through the journal where an apply has put it there; whatever stands there then is slipway's own, and must not start the unit again. */
static void remove_pending(struct session *s)
{
	for (size_t i = 0; i < s->journal.n; i++)
		if (s->journal.list[i].state == TRANSACTION_COMMITTED)
			transaction_end_phase(&s->site, &s->journal, &s->journal.list[i], PHASE_FIRST_BOOT);
	if (fs_exists(s->site.root_fd, FIRST_BOOT_PENDING) && fs_remove(s->site.root_fd, FIRST_BOOT_PENDING) < 0)
		log_warning("/" FIRST_BOOT_PENDING " cannot be removed; it does nothing but start slipway-first-boot.service at each boot");
}

/* The end, good or bad: written down first, so that it is the end whatever happens then. */
static int end(struct session *s, struct first_boot *f, enum first_boot_state state, int status)
{
	f->state = state;
	if (first_boot_write(s->site.root_fd, f) < 0)
		return status == EXIT_DONE ? EXIT_UNDONE : status;
	remove_pending(s);
	if (state == FIRST_BOOT_FAILED)
		log_error("the first boot failed: %s", f->reason ? f->reason : "out of memory");
	else
		log_info("the first boot is done: the host is %s%s%s", f->verdict ? f->verdict : "not judged", f->reason ? ": " : "",
			 f->reason ? f->reason : "");
	return status;
}

/* Takes `reason` over. */
static int fail(struct session *s, struct first_boot *f, char *reason, int status)
{
	free(f->reason);
	f->reason = reason;
	return end(s, f, FIRST_BOOT_FAILED, status);
}

/* Binding at boot is slipway's own work; what else may be missing for a guest, others may still be about to install. */
static bool is_own_failure(const struct host *host, const struct finding *f)
{
	return f->verdict == VERDICT_FAIL && (f->heals_at_reboot || str_eq(f->id, "devices.identity") ||
					      (host->identities.n && str_eq(f->id, "devices.set-aside")));
}

static int judge(const struct cli *cli, struct session *s, struct first_boot *f)
{
	const struct transaction *t = f->transaction ? journal_find(&s->journal, f->transaction) : NULL;
	_cleanup_(report_done) struct report report = {};
	_cleanup_(scene_done) struct scene scene = {};
	const struct finding *first;
	int broken = 0;

	if (f->transaction && (!t || !transaction_stands(t)))
		return fail(s, f, text_format("transaction %u was taken back in the meantime", f->transaction), EXIT_NOT_READY);
	if (t)
		broken = transaction_verify(&s->site, &s->journal, t);
	if (broken < 0 || scene_read(cli, &scene) < 0 || audit_run(&scene.host, NULL, &report) < 0)
		return fail(s, f, strdup("the host could not be looked at"), EXIT_UNDONE);
	if (broken)
		return fail(s, f, text_format("%d of the changes %s not hold", broken, broken == 1 ? "does" : "do"), EXIT_NOT_READY);
	for (size_t i = 0; i < report.n; i++)
		if (is_own_failure(&scene.host, &report.list[i]))
			return fail(s, f, text_format("%s fails%s: %s", report.list[i].id, f->rebooted ? " after the one reboot" : "",
						      report.list[i].summary), EXIT_NOT_READY);
	first = audit_first_broken(&report);
	free(f->verdict);
	free(f->reason);
	f->verdict = strdup(readiness_name(audit_readiness(&report)));
	f->reason = first ? text_format("%s: %s", first->id, first->summary) : NULL;
	return end(s, f, FIRST_BOOT_DONE, EXIT_DONE);
}

/* Is this boot another one than the next will be? What the bootloader does next may not be known: then the changes say it. */
static int needs_reboot(const struct cli *cli, const struct transaction *t, bool *ret)
{
	_cleanup_(report_done) struct report report = {};
	_cleanup_(scene_done) struct scene scene = {};

	if (scene_read(cli, &scene) < 0 || audit_run(&scene.host, NULL, &report) < 0)
		return -EIO;
	*ret = !scene.host.kernel.next_boot_known && t && t->needs_reboot;
	for (size_t i = 0; i < report.n; i++)
		*ret = *ret || (report.list[i].verdict == VERDICT_FAIL && report.list[i].heals_at_reboot);
	return 0;
}

static int reboot_once(const struct arguments *arguments, struct session *s, struct first_boot *f)
{
	f->state = FIRST_BOOT_REBOOTING;
	f->rebooted = true;
	/* Not on the disk, not done: else there might be a second one. */
	if (first_boot_write(s->site.root_fd, f) < 0)
		return log_error("the host is not rebooted, since that could not be written down"), EXIT_UNDONE;
	if (!arguments_has(arguments, "--reboot"))
		log_info("reboot; the first boot is judged after that");
	else
		reboot_now(); /* which has said it where it failed: the next boot is then anybody's */
	return EXIT_NOT_READY;
}

/* What was asked for is the newest apply, with or without anything new in it. */
static int go_on(const struct cli *cli, const struct arguments *arguments, struct session *s, struct first_boot *f)
{
	const struct transaction *t = journal_last(&s->journal, "apply");
	bool needs = false;

	f->transaction = t ? t->id : 0;
	if (needs_reboot(cli, t, &needs) < 0)
		return fail(s, f, strdup("the host could not be looked at"), EXIT_UNDONE);
	if (needs && !f->rebooted)
		return reboot_once(arguments, s, f);
	return judge(cli, s, f);
}

static void tell_waiting(const struct guest_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		if (notes->list[i].standing == GUEST_WAITS)
			log_info("%s waits: %s", notes->list[i].name, notes->list[i].reason);
}

/* Guests and what they rest on: those that can come at once; the others wait, as the plan says. */
static int plan_guests(struct scene *scene, const struct wishes *wishes, struct plan *plan, struct refusals *refusals)
{
	struct guests_request request = { .host = &scene->host, .uses = &scene->uses, .wishes = wishes, .is_applied = true };
	_cleanup_(object_notes_done) struct object_notes objects = {};
	_cleanup_(guest_notes_done) struct guest_notes guests = {};
	int r = objects_plan(&request, plan, refusals, &objects);

	request.objects_wait = guest_notes_wait(&objects.pools) || guest_notes_wait(&objects.networks);
	if (r >= 0 && !refusals->n)
		r = guests_plan(&request, plan, refusals, &guests);
	tell_waiting(&objects.pools);
	tell_waiting(&objects.networks);
	tell_waiting(&guests);
	return r;
}

/* An exit status; a plan, or the refusals. */
static int plan_spec(const struct cli *cli, const struct arguments *arguments, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(wishes_done) struct wishes wishes = {};
	_cleanup_(scene_done) struct scene scene = {};
	int r;

	if (wishes_from_arguments(cli, arguments, &wishes) < 0)
		return EXIT_USAGE;
	if (scene_read_all(cli, &scene) < 0)
		return EXIT_UNDONE;
	r = provision_plan(&scene.host, &scene.uses, &wishes, NULL, plan, refusals);
	if (r >= 0 && !refusals->n)
		r = plan_guests(&scene, &wishes, plan, refusals);
	if (r < 0)
		return r == -EINVAL || r == -ENOENT ? EXIT_USAGE : EXIT_UNDONE;
	return refusals->n ? EXIT_REFUSED : EXIT_DONE;
}

static char *said_or(const char *otherwise)
{
	char *said = log_take_error();

	return said ? said : strdup(otherwise);
}

/* An exit status, and unless it is EXIT_DONE the reason. */
static int apply_spec(const struct cli *cli, const struct arguments *arguments, struct session *s, char **ret_reason)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(plan_done) struct plan plan = {};
	const size_t before = s->journal.n;
	const char *failure = NULL;
	int status;

	free(log_take_error());
	log_info("applying /etc/slipway/host.yaml, as /" FIRST_BOOT_WISH " asked for");
	status = plan_spec(cli, arguments, &plan, &refusals);
	if (status == EXIT_REFUSED) {
		view_refusals_print(&refusals);
		*ret_reason = text_format("refused: %s", refusals.list[0].text);
		return status;
	}
	if (status == EXIT_DONE && plan.n)
		status = outcome_status(transaction_apply(&s->site, &s->journal, "apply", &plan));
	if (status == EXIT_DONE)
		return status;
	if (s->journal.n > before)
		failure = s->journal.list[before].failure;
	*ret_reason = failure ? strdup(failure) : said_or("/etc/slipway/host.yaml could not be applied");
	return status;
}

/* From the administrator's file to slipway's own: gone before anything is done, so that it is done for once only. */
static int take_wish(struct session *s, struct first_boot *f)
{
	static const char text[] = FIRST_BOOT_PENDING_TEXT;
	int r;

	f->from_spec = true;
	if (!fs_exists(s->site.root_fd, FIRST_BOOT_PENDING)) {
		r = fs_write(s->site.root_fd, FIRST_BOOT_PENDING, text, strlen(text), 0644, true);
		if (r < 0)
			return log_errno(r, "cannot write /" FIRST_BOOT_PENDING);
	}
	if (first_boot_write(s->site.root_fd, f) < 0)
		return -EIO;
	r = fs_remove(s->site.root_fd, FIRST_BOOT_WISH);
	return r < 0 && r != -ENOENT ? log_errno(r, "cannot remove /" FIRST_BOOT_WISH) : 0;
}

/* A host that is shut down in the middle of its first boot has not failed. Takes `reason` over. */
static int stop(char *reason, int status)
{
	free(reason);
	return log_error("interrupted by %s; the next start of slipway goes on with the first boot", interruption_signal()), status;
}

static int carry_out(const struct cli *cli, const struct arguments *arguments, struct session *s, struct first_boot *f, bool wish)
{
	char *reason = NULL;
	enum outcome outcome;
	int status;

	if (f->state != FIRST_BOOT_UNDER_WAY) {
		first_boot_done(f);
		f->state = FIRST_BOOT_UNDER_WAY;
	}
	f->attempts++;
	if (first_boot_write(s->site.root_fd, f) < 0)
		return EXIT_UNDONE;
	if (wish && take_wish(s, f) < 0)
		return fail(s, f, said_or("/" FIRST_BOOT_WISH " cannot be taken away; nothing was applied"), EXIT_UNDONE);
	outcome = journal_finish(&s->site, &s->journal, &reason);
	if (outcome == OUTCOME_STOPPED)
		return stop(reason, outcome_status(outcome));
	if (outcome != OUTCOME_DONE)
		return fail(s, f, reason, outcome_status(outcome));
	status = f->from_spec ? apply_spec(cli, arguments, s, &reason) : EXIT_DONE;
	if (status == EXIT_UNDONE && interruption_signal())
		return stop(reason, status);
	return status != EXIT_DONE ? fail(s, f, reason, status) : go_on(cli, arguments, s, f);
}

static int give_up(struct session *s, struct first_boot *f, bool wish)
{
	enum outcome outcome = journal_undo_waiting(&s->site, &s->journal);

	if (wish && fs_remove(s->site.root_fd, FIRST_BOOT_WISH) < 0)
		log_warning("/" FIRST_BOOT_WISH " cannot be removed");
	return fail(s, f, text_format("it was begun %u times, and interrupted each time", f->attempts), outcome_status(outcome));
}

int first_boot(const struct cli *cli, const struct arguments *arguments, struct session *session)
{
	_cleanup_(first_boot_done) struct first_boot f = {};
	_cleanup_free_ char *boot = boot_id(cli->root_fd);
	bool wish = fs_exists(cli->root_fd, FIRST_BOOT_WISH);

	if (!cli->is_live)
		return EXIT_DONE;
	if (first_boot_read(cli->root_fd, &f) < 0)
		return EXIT_UNDONE;
	/* Who looks after the changes by hand has not asked for new ones. */
	if (wish && !arguments_has(arguments, "--reboot")) {
		log_info("/" FIRST_BOOT_WISH " asks for /etc/slipway/host.yaml to be applied at the next boot");
		wish = false;
	}
	switch (first_boot_step(&f, boot, wish || has_waiting(&session->journal))) {
	case STEP_NOTHING:
		if (fs_exists(cli->root_fd, FIRST_BOOT_PENDING))
			remove_pending(session);
		break;
	case STEP_CARRY_OUT:
		return carry_out(cli, arguments, session, &f, wish);
	case STEP_WAIT:
		return log_info("the first boot waits for its reboot"), EXIT_NOT_READY;
	case STEP_JUDGE:
		return judge(cli, session, &f);
	case STEP_GIVE_UP:
		return give_up(session, &f, wish);
	}
	return EXIT_DONE;
}
