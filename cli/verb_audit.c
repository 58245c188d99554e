/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway audit: is this host passthrough-ready? */

#include <errno.h>
#include <string.h>

#include "audit/audit.h"
#include "cli/cli.h"
#include "cli/html/page.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/peer_document.h"
#include "cli/policy.h"
#include "cli/prometheus.h"
#include "cli/selected.h"
#include "cli/stale_guests.h"
#include "cli/view_audit.h"
#include "cli/view_channel.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"

/* What is asked: of the whole host, or of some of its devices; and what beside the usual must hold. */
struct question {
	struct policy policy;
	struct selected selected;
};

static void question_done(struct question *q)
{
	policy_done(&q->policy);
	selected_done(&q->selected);
}

static int question_read(const struct arguments *arguments, const struct scene *scene, struct question *ret)
{
	const char *selector = arguments_value(arguments, "--device"), *policy = arguments_value(arguments, "--policy");
	int r = 0;

	if (policy)
		r = policy_read(policy, &ret->policy);
	if (r >= 0 && selector)
		r = selected_find(&scene->host, selector, &ret->selected);
	return r;
}

static int required_by(const struct arguments *arguments, const struct question *q, char ***ret)
{
	int r;

	r = strv_copy(arguments_values(arguments, "--require"), ret);
	for (char **id = q->policy.require; id && *id && r >= 0; id++)
		r = strv_add(ret, *id);
	return r < 0 ? log_oom() : 0;
}

static int answer(const struct arguments *arguments, const struct scene *scene, const struct question *q, struct report *report)
{
	_cleanup_(strv_freep) char **required = NULL;
	int r;

	r = required_by(arguments, q, &required);
	if (r >= 0)
		r = audit_run(&scene->host, required, report);
	if (r < 0)
		return r;
	if (stale_guests_tell(&scene->host, report) < 0)
		return log_oom();
	if (q->selected.is_asked)
		r = selected_judge(&scene->host, &scene->uses, &q->selected, required, report);
	if (r >= 0)
		r = policy_apply(&q->policy, &scene->host, &scene->uses, report);
	return r < 0 ? log_oom() : 0;
}

/* Reports beside the answer, for a browser and for a collector; each is written whole or not at all. */
static const struct {
	const char *option;
	int (*make)(const struct host *host, const struct uses *uses, const struct report *report, char **ret);
} formats[] = {
	{ "--html", html_page },
	{ "--prometheus", prometheus_text },
};

static int write_reports(const struct arguments *arguments, const struct scene *scene, const struct report *report)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const char *path = arguments_value(arguments, formats[i].option);
		_cleanup_free_ char *text = NULL;
		int r;

		if (!path)
			continue;
		if (formats[i].make(&scene->host, &scene->uses, report, &text) < 0)
			return log_oom();
		r = file_write(path, text, strlen(text), 0644);
		if (r < 0)
			return log_errno(r, "cannot write %s", path);
	}
	return 0;
}

static bool asks_for_devices(const struct arguments *arguments)
{
	return arguments_value(arguments, "--device") || arguments_value(arguments, "--policy");
}

/* What the document of another host makes of this one: guests that move. */
struct neighbours {
	struct migration self, peer;
	struct report report;
	bool are_compared;
};

static void neighbours_done(struct neighbours *n)
{
	migration_done(&n->self);
	migration_done(&n->peer);
	report_done(&n->report);
}

static int neighbours_read(const struct cli *cli, const struct arguments *arguments, const struct host *host, struct neighbours *ret)
{
	const char *path = arguments_value(arguments, "--peer");
	int r;

	if (!path && !cli->json)
		return 0;
	if (migration_read(host, &ret->self) < 0)
		return log_oom();
	if (!path)
		return 0;
	r = peer_document_read(path, &ret->peer);
	if (r < 0)
		return r;
	ret->are_compared = true;
	return peer_compare(&ret->self, &ret->peer, &ret->report) < 0 ? log_oom() : 0;
}

static int tell_json(const struct scene *scene, const struct question *question, const struct neighbours *neighbours, const struct report *report)
{
	_cleanup_json_ struct json_object *document = output_document("audit");
	struct json_object *host = host_to_json(&scene->host);
	const struct selected *s = &question->selected;

	report_to_json(report, document);
	json_object_object_add(host, "migration", migration_to_json(&neighbours->self));
	json_object_object_add(document, "host", host);
	if (neighbours->are_compared)
		peer_to_json(&neighbours->report, document);
	if (s->is_channel && channel_to_json(&scene->host, &scene->uses, &s->channel, document) < 0)
		return log_oom(), EXIT_UNDONE;
	return output_devices(document, scene, s->devices, s->is_asked ? s->n : scene->host.devices.n);
}

static void tell(const struct cli *cli, const struct neighbours *neighbours, const struct report *report)
{
	findings_print(cli, report);
	if (neighbours->are_compared)
		peer_print(cli, &neighbours->report);
	verdict_print(cli, report);
}

static bool is_fine(const struct report *report, const struct neighbours *n)
{
	if (audit_readiness(report) != READINESS_READY)
		return false;
	return !n->are_compared || (peer_verdict(&n->report, peer_to) != VERDICT_FAIL && peer_verdict(&n->report, peer_from) != VERDICT_FAIL);
}

int verb_audit(const struct cli *cli, const struct arguments *arguments)
{
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(question_done) struct question question = {};
	_cleanup_(neighbours_done) struct neighbours neighbours = {};
	_cleanup_(report_done) struct report report = {};
	int r;

	/* A device that a process has open is not ready to be given away; for the host as a whole that look into every process is spared. */
	if ((asks_for_devices(arguments) ? scene_read_all(cli, &scene) : scene_read(cli, &scene)) < 0)
		return EXIT_UNDONE;
	if (question_read(arguments, &scene, &question) < 0)
		return EXIT_USAGE;
	r = neighbours_read(cli, arguments, &scene.host, &neighbours);
	if (r < 0)
		return r == -ENOMEM ? EXIT_UNDONE : EXIT_USAGE;
	r = answer(arguments, &scene, &question, &report);
	if (r < 0)
		return r == -EINVAL ? EXIT_USAGE : EXIT_UNDONE;
	if (write_reports(arguments, &scene, &report) < 0)
		return EXIT_UNDONE;
	if (!cli->json)
		tell(cli, &neighbours, &report);
	else if (tell_json(&scene, &question, &neighbours, &report) != EXIT_DONE)
		return EXIT_UNDONE;
	return is_fine(&report, &neighbours) ? EXIT_DONE : EXIT_NOT_READY;
}
