/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What slipway says of CCW devices and crypto queues: of a queue, and of them all in the audit. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/channel.h"
#include "tests/unit/tree.h"

/* Of the queue; *ret: the reasons, a line each. What *ret was is freed, here and below. */
static enum assessment ap_verdict(const struct tree *t, const char *name, char **ret)
{
	_cleanup_(appraisal_done) struct appraisal a = {};

	free(*ret);
	*ret = NULL;
	if (ap_appraise(&t->host, &t->uses, ap_find(&t->host.ap, name), &a) < 0 || !(*ret = a.reasons ? strv_join(a.reasons, "\n") : strdup("")))
		abort();
	return a.assessment;
}

/* Of the check with this id; *ret: summary, remedy and evidence in a line. */
static enum verdict judged(const struct tree *t, const char *id, char **ret)
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
