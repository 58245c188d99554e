/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What slipway says of CCW devices and crypto queues. */

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/channel.h"
#include "tests/unit/channel_verdicts.h"

const struct ccw_device *ccw(const struct tree *t, const char *id)
{
	return ccws_find(&t->host.ccws, id);
}

enum assessment ccw_verdict(const struct tree *t, const char *id, char **ret)
{
	_cleanup_(appraisal_done) struct appraisal a = {};

	free(*ret);
	*ret = NULL;
	if (!ccw(t, id) || ccw_appraise(&t->host, &t->uses, ccw(t, id), &a) < 0 || !(*ret = a.reasons ? strv_join(a.reasons, "\n") : strdup("")))
		abort();
	return a.assessment;
}

enum assessment ap_verdict(const struct tree *t, const char *name, char **ret)
{
	_cleanup_(appraisal_done) struct appraisal a = {};

	free(*ret);
	*ret = NULL;
	if (ap_appraise(&t->host, &t->uses, ap_find(&t->host.ap, name), &a) < 0 || !(*ret = a.reasons ? strv_join(a.reasons, "\n") : strdup("")))
		abort();
	return a.assessment;
}

enum verdict judged(const struct tree *t, const char *id, char **ret)
{
	_cleanup_(report_done) struct report report = {};
	const struct finding *f;
	struct text said = {};

	if (audit_run(&t->host, NULL, &report) < 0)
		abort();
	f = report_find(&report, id);
	text_printf(&said, "%s | %s", f->summary, f->remedy ? f->remedy : "");
	for (size_t i = 0; i < f->n_evidence; i++)
		text_printf(&said, " | %s: %s", f->evidence[i].path, f->evidence[i].value);
	free(*ret);
	*ret = text_take(&said);
	return f->verdict;
}
