/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rpm-ostree: the kernel arguments of a deployment, which "rpm-ostree kargs" changes for the next one and carries on from
 * deployment to deployment. While another transaction of rpm-ostree's is under way it refuses by itself, and all is undone.
 *
 * Its files are its own, so what slipway asked for is all that is remembered, under this name.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/bootc.h"
#include "installer/bootloader.h"
#include "installer/place.h"

#define RECORD "rpm-ostree kargs"

static bool ostree_fits(const struct host *host)
{
	return host->loaders.is_ostree && host->loaders.has_rpm_ostree && !host_is_bootc_image(host);
}

/* The next deployment's arguments, as one line, and what it would be without slipway. */
static int read_lines(const struct host *host, struct argument_edits *ret_done, char **ret_line, char **ret_foreign)
{
	const struct cmdline *now = host->kernel.next_boot_known ? &host->kernel.next_boot : &host->kernel.running;
	int r;

	r = place_record(host->root_fd, RECORD, ret_done);
	if (r < 0)
		return r;
	*ret_line = strv_join(now->arguments, " ");
	if (!*ret_line || kernel_arguments_take_back(*ret_line, ret_done, ret_foreign) < 0)
		return log_oom();
	return 0;
}

static int ostree_foreign(const struct host *host, struct cmdline *ret)
{
	_cleanup_(argument_edits_done) struct argument_edits done = {};
	_cleanup_free_ char *line = NULL, *foreign = NULL;
	int r;

	r = read_lines(host, &done, &line, &foreign);
	if (r < 0)
		return r;
	return cmdline_parse(foreign, ret) < 0 ? log_oom() : 0;
}

/* Pairs of what was and what is to be become options: from here to there, or back. */
static int make_command(char *const *words, bool back, char ***ret)
{
	_cleanup_(strv_freep) char **argv = NULL;
	int r = strv_add(&argv, "rpm-ostree");

	if (r >= 0)
		r = strv_add(&argv, "kargs");
	for (char *const *w = words; w && w[0] && r >= 0; w += 2) {
		const char *goes = w[back], *comes = w[!back];

		if (*goes)
			r = strv_consume(&argv, text_format("--delete-if-present=%s", goes));
		if (r >= 0 && *comes)
			r = strv_consume(&argv, text_format("--append-if-missing=%s", comes));
	}
	if (r < 0)
		return r;
	*ret = TAKE(argv);
	return 0;
}

static int plan_command(char *const *words, char *const *wanted, struct plan *plan)
{
	_cleanup_(strv_freep) char **argv = NULL;
	char **expects = NULL;
	int r;

	if (make_command(words, false, &argv) < 0 || strv_copy(wanted, &expects) < 0)
		return log_oom();
	r = plan_add_command(plan, argv, expects, "kernel arguments of the next deployment");
	if (r < 0)
		return r;
	return make_command(words, true, &plan->list[plan->n - 1].undo) < 0 ? log_oom() : 0;
}

static int ostree_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(argument_edits_done) struct argument_edits done = {}, edits = {};
	_cleanup_free_ char *line = NULL, *foreign = NULL, *wanted = NULL;
	_cleanup_(strv_freep) char **delta = NULL;
	int r;

	r = read_lines(host, &done, &line, &foreign);
	if (r < 0)
		return r;
	if (kernel_arguments_edit(foreign, wish, &edits, &wanted) < 0 || argument_edits_delta(&done, &edits, &delta) < 0)
		return log_oom();
	r = place_plan_record(host->root_fd, RECORD, &edits, plan);
	if (r < 0 || !delta)
		return r < 0 ? r : 0;
	plan->needs_reboot = true;
	return plan_command(delta, wish->wanted, plan);
}

const struct bootloader bootloader_ostree = { "rpm-ostree", ostree_fits, ostree_foreign, ostree_plan, NULL,
					  "no deployment of rpm-ostree's boots only once; apply without --trial: the deployment of today stays in "
					  "the boot menu, below the new one" };
