/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a trial boot: judged by what the host must have again, then committed or taken back. */

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit.h"
#include "cli/load.h"
#include "cli/reboot.h"
#include "cli/trial.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "installer/bootloader.h"
#include "installer/health.h"

/* Addresses come late: by DHCP, by router advertisements. */
#define PATIENCE 120 /* seconds */

char *trial_pending(const struct host *host, const char *command)
{
	_cleanup_(report_done) struct report report = {};
	_cleanup_(health_done) struct health health = {};
	char *text;
	int r;

	r = health_of(host, &health);
	if (r >= 0)
		r = audit_run(host, NULL, &report);
	for (size_t i = 0; i < report.n && r >= 0; i++)
		if (report.list[i].is_required && report.list[i].verdict == VERDICT_FAIL)
			r = strv_add(&health.failing, report.list[i].id);
	if (r >= 0 && command)
		r = (health.command = strdup(command)) ? 0 : -ENOMEM;
	text = r < 0 ? NULL : health_format(&health);
	if (!text)
		log_oom();
	return text;
}

static int read_pending(int root_fd, struct health *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	r = fs_read(root_fd, &text, &size, PENDING_FILE);
	if (r >= 0)
		r = health_parse(text, size, ret);
	return r < 0 ? log_errno(r, "cannot read /" PENDING_FILE ", which says what the host must have again") : 0;
}

/* Required checks that fail now, and did not before. What heals at the next boot is the commit's to heal. */
static int add_failing_checks(const struct host *host, const struct health *wanted, char ***ills)
{
	_cleanup_(report_done) struct report report = {};
	int r;

	r = audit_run(host, NULL, &report);
	for (size_t i = 0; i < report.n && r >= 0; i++) {
		const struct finding *f = &report.list[i];

		if (f->is_required && f->verdict == VERDICT_FAIL && !f->heals_at_reboot && !strv_contains(wanted->failing, f->id))
			r = strv_consume(ills, text_format("%s fails: %s", f->id, f->summary));
	}
	return r;
}

static int run_command(const struct health *wanted, char ***ills)
{
	char *argv[] = { wanted->command, NULL };
	int status;

	if (!wanted->command)
		return 0;
	status = process_run(argv, NULL);
	if (status == 0)
		return 0;
	return strv_consume(ills, status < 0 ? text_format("%s cannot be run: %s", wanted->command, strerror(-status)) :
					       text_format("%s ended with status %d", wanted->command, status));
}

/* One look at the host: what ails it, a sentence each. */
static int look(const struct cli *cli, const struct health *wanted, char ***ret)
{
	_cleanup_(strv_freep) char **ills = NULL;
	_cleanup_(scene_done) struct scene scene = {};
	int r;

	r = scene_read(cli, &scene);
	if (r >= 0)
		r = health_check(&scene.host, wanted, &ills);
	if (r >= 0)
		r = add_failing_checks(&scene.host, wanted, &ills);
	if (r >= 0 && !ills)
		r = run_command(wanted, &ills);
	if (r < 0)
		return r;
	*ret = TAKE(ills);
	return 0;
}

/* Early in a boot the clock is set: by years, where a battery is empty. */
static time_t seconds_of_boot(void)
{
	struct timespec now = {};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

/* Looks until nothing ails the host, or patience ends. */
static int judge(const struct cli *cli, const struct health *wanted, char ***ret)
{
	const time_t end = seconds_of_boot() + PATIENCE;
	int r;

	for (;;) {
		_cleanup_(strv_freep) char **ills = NULL;

		r = look(cli, wanted, &ills);
		if (r < 0 || !ills || seconds_of_boot() >= end) {
			*ret = TAKE(ills);
			return r;
		}
		log_info("not well yet: %s", ills[0]);
		sleep(5);
	}
}

static int take_back(struct session *s, struct transaction *t, const char *reason)
{
	enum outcome outcome;

	log_error("the trial of transaction %u failed: %s", t->id, reason);
	journal_append(&s->journal, t, "failed", -1, reason);
	outcome = transaction_undo(&s->site, &s->journal, t);
	if (outcome == OUTCOME_UNDONE)
		return log_error("transaction %u is still on trial; the next 'slipway verify' takes it back", t->id), EXIT_UNDONE;
	if (outcome != OUTCOME_DONE)
		return log_error("transaction %u could not be taken back in full; what is left is named above", t->id), EXIT_BROKEN;
	log_info("transaction %u is taken back", t->id);
	return EXIT_NOT_READY;
}

/* Without it the guard would reboot a host that is well. */
static void stop_guard(void)
{
	static char *const argv[] = { (char *)"systemctl", (char *)"stop", (char *)"slipway-guard.service", NULL };

	if (process_run(argv, NULL) != 0)
		log_warning("slipway-guard.service could not be stopped; the host may reboot once more");
}

static int commit(struct session *s, struct transaction *t)
{
	enum outcome outcome = transaction_commit(&s->site, &s->journal, t);

	if (outcome == OUTCOME_DONE)
		log_info("the trial went well: transaction %u is committed", t->id);
	else if (outcome == OUTCOME_STOPPED)
		log_error("the trial went well, and transaction %u is still on trial; run 'slipway verify' again before the next boot", t->id);
	else
		log_error("the trial went well, but transaction %u could not be committed, and %s", t->id,
			  outcome == OUTCOME_UNDONE ? "is taken back" : "not all of it could be taken back");
	return outcome_status(outcome);
}

/* The journal of that boot may be gone when somebody asks. */
static char *broken_reason(int broken)
{
	_cleanup_free_ char *said = log_take_error();

	if (broken == 1 && said)
		return TAKE(said);
	return text_format("%d of its changes do not hold%s%s", broken, said ? "; the last of them: " : "", said ? said : "");
}

static int end_in_its_boot(const struct cli *cli, const struct arguments *arguments, struct session *s, struct transaction *t)
{
	_cleanup_(strv_freep) char **ills = NULL;
	_cleanup_(health_done) struct health wanted = {};
	_cleanup_free_ char *reason = NULL;
	int broken, status;

	if (read_pending(cli->root_fd, &wanted) < 0)
		return take_back(s, t, "what the host must have again is not known");
	broken = transaction_verify(&s->site, &s->journal, t);
	if (broken > 0)
		reason = broken_reason(broken);
	else if (judge(cli, &wanted, &ills) < 0)
		reason = strdup("the host could not be looked at");
	else if (ills)
		reason = strv_join(ills, "; ");
	if (broken <= 0 && !ills && !reason) {
		stop_guard();
		return commit(s, t);
	}
	status = take_back(s, t, reason ? reason : "the host is not well");
	if (arguments_has(arguments, "--reboot") && cli->is_live)
		reboot_now();
	else
		log_info("reboot for the host to be as it was");
	return status;
}

int trial_end(const struct cli *cli, const struct arguments *arguments, struct session *session, struct transaction *trial)
{
	_cleanup_free_ char *boot = boot_id(cli->root_fd), *line = NULL;
	_cleanup_(cmdline_done) struct cmdline running = {};

	if (!boot || (trial->boot && str_eq(boot, trial->boot)))
		return log_info("transaction %u waits for its trial boot; reboot", trial->id), EXIT_NOT_READY;
	if (fs_read(cli->root_fd, &line, NULL, "proc/cmdline") < 0 || cmdline_parse(line, &running) < 0)
		return log_error("cannot read /proc/cmdline"), EXIT_UNDONE;
	if (cmdline_has(&running, TRIAL_ARGUMENT))
		return end_in_its_boot(cli, arguments, session, trial);
	return take_back(session, trial, "its boot did not come up, and the host came back without it");
}
