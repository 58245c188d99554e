/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of the running network: the steps that make it so are run, and then it must confirm what it is to have, or the
 * transaction fails and all is taken back. Who is killed meanwhile cannot take anything back: a timer of systemd's that was
 * armed before starts a slipway that does.
 */

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "installer/change.h"
#include "installer/interruption.h"
#include "installer/network_confirm.h"

#define BOOT_PATIENCE "10"
#define GRACE 60 /* seconds, for the steps themselves */

/* "within 60"; 0: nothing is waited for. */
static unsigned patience_of(char *const *list)
{
	unsigned seconds = 0;

	for (char *const *line = list; line && *line; line++)
		if (str_starts(*line, "within ") && parse_unsigned(*line + strlen("within "), &seconds) < 0)
			seconds = 0;
	return seconds;
}

/* For a slipway that does not live any more; one that does has the lock, and is waited for. */
static int arm_return(const struct site *site, unsigned seconds)
{
	_cleanup_free_ char *when = text_format("--on-active=%us", seconds + GRACE);
	char program[4096];
	char *argv[] = { (char *)"systemd-run", (char *)"--quiet", (char *)"--collect", when,
			 (char *)"--timer-property=AccuracySec=1s", (char *)"--description=slipway: take back an interrupted change of the network",
			 program, (char *)"--wait", (char *)"600", (char *)"rollback", (char *)"--interrupted", NULL };
	_cleanup_free_ char *said = NULL;
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	int status;

	if (n < 0)
		return log_errno(-errno, "cannot find slipway's own program");
	if (!when)
		return log_oom();
	program[n] = '\0';
	if (!fs_exists(site->root_fd, "run/systemd/system")) {
		log_warning("systemd does not run here: should slipway be killed before the end, 'slipway rollback --interrupted' must be run by hand");
		return 0;
	}
	status = process_run_apart(argv, &said);
	if (status < 0)
		return log_errno(status, "cannot run systemd-run, which arms the automatic return");
	return status ? (log_error("the automatic return could not be armed, so nothing is changed; systemd-run said:\n%s", said), -ECANCELED) : 0;
}

/* One command; a first word with "-" in front may fail. */
static int run_one(char **words)
{
	_cleanup_free_ char *line = NULL, *said = NULL;
	bool may_fail = *words[0] == '-';
	int status;

	words[0] += may_fail;
	line = process_format(words);
	if (!line)
		return log_oom();
	log_info("running %s ...", line);
	status = process_run_apart(words, &said);
	words[0] -= may_fail;
	if (status == 0 || may_fail)
		return 0;
	if (status < 0)
		return log_errno(status, "cannot run %s", line);
	return log_error("%s failed with status %d; it said:\n%s", line, status, said), -ECANCELED;
}

/* The first that fails ends it; on the way back all are run. */
static int run_steps(char *const *steps, bool all)
{
	int result = 0;

	while (steps && *steps) {
		_cleanup_free_ char **words = NULL;
		size_t n = 0;
		int r;

		while (steps[n] && *steps[n])
			n++;
		words = calloc(n + 1, sizeof(*words));
		if (!words)
			return log_oom();
		memcpy(words, steps, n * sizeof(*words));
		r = n ? run_one(words) : 0;
		if (r < 0)
			result = r;
		if (r < 0 && !all)
			break;
		steps += n + (steps[n] != NULL);
	}
	return result;
}

static time_t seconds_of_boot(void)
{
	struct timespec now = {};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

/* `stops`: an interruption ends it; what is being taken back goes on to its end. */
static int wait_for(const struct site *site, char *const *expects, bool stops, char **ret_missing)
{
	const time_t end = seconds_of_boot() + patience_of(expects);
	bool is_told = false;

	for (;;) {
		_cleanup_free_ char *missing = NULL;
		int r = network_confirm(site->root_fd, expects, &missing);

		if (r < 0)
			return log_errno(r, "cannot look at the network");
		if (stops && interruption_signal())
			return log_error("interrupted by %s while the network was being confirmed", interruption_signal()), -EINTR;
		if (!missing || seconds_of_boot() >= end) {
			*ret_missing = TAKE(missing);
			return 0;
		}
		if (!is_told)
			log_info("not yet: %s", missing);
		is_told = true;
		sleep(1);
	}
}

static int network_apply(const struct site *site, struct change *c)
{
	_cleanup_free_ char *missing = NULL;
	int r = 0;

	if (!site->is_live)
		return 0;
	if (c->takes_all_in)
		r = arm_return(site, patience_of(c->takes_all_in ? c->words : c->expects));
	if (r >= 0)
		r = run_steps(c->argv, false);
	if (r >= 0)
		r = wait_for(site, c->expects, true, &missing);
	if (r < 0 || !missing)
		return r;
	return log_error("%s after %u seconds; is the cable in the right port, and its switch set up for this?", missing, patience_of(c->expects)), -ETIMEDOUT;
}

/*
 * What was running is gone with its boot. netplan has made the files of others from its own when systemd started (systemd.generator(7)),
 * before those were back.
 */
static int revert_before_network(const struct change *c)
{
	char *argv[] = { (char *)"netplan", (char *)"generate", NULL };
	_cleanup_free_ char *said = NULL;
	int status;

	if (!c->takes_all_in || !strv_contains(c->undo, "netplan"))
		return 0;
	status = process_run_apart(argv, &said);
	if (status)
		log_warning("netplan generate failed, so the network comes up as it was to be; it said:\n%s", said ? said : strerror(-status));
	return 0;
}

static int network_revert(const struct site *site, struct change *c)
{
	_cleanup_free_ char *missing = NULL;
	int r;

	if (!site->is_live)
		return 0;
	if (site->before_network)
		return revert_before_network(c);
	/* A rollback may be killed as well as an apply. */
	if (!c->takes_all_in)
		arm_return(site, patience_of(c->takes_all_in ? c->words : c->expects));
	r = run_steps(c->undo, true);
	if (r < 0)
		return r;
	r = wait_for(site, c->words, false, &missing);
	if (r < 0 || !missing)
		return r;
	return log_error("the files are as they were, but %s after %u seconds", missing, patience_of(c->words)), -ETIMEDOUT;
}

/* Addresses come and go; that the ports are in the bridge is the change. */
static int network_holds(const struct site *site, const struct change *c)
{
	_cleanup_(strv_freep) char **members = NULL;
	_cleanup_free_ char *missing = NULL;
	int r = 0;

	if (!site->is_live)
		return 1;
	for (char **e = c->expects; e && *e && r >= 0; e++)
		if (str_starts(*e, "member "))
			r = strv_add(&members, *e);
	/* Early in a boot the bridge may be on its way. */
	if (r >= 0 && members)
		r = strv_add(&members, "within " BOOT_PATIENCE);
	if (r >= 0)
		r = wait_for(site, members, false, &missing);
	return r < 0 ? r : !missing;
}

const struct change_ops change_network_ops = { "network", network_apply, network_revert, network_holds };
