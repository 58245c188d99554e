/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assessment of CCW devices and crypto queues: can this one be given to a guest, and if not, why not? */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/channel.h"

static bool is_somebodys(const struct uses *uses, const char *name)
{
	size_t n;
	const struct use *use = uses_of_named(uses, name, &n);

	for (size_t i = 0; i < n; i++)
		if (use[i].kind == USE_VFIO || use[i].kind == USE_GUEST)
			return true;
	return false;
}

/* In the order of the checks: what it is, who uses it, what is missing. What joins queues blocks none of them: they go together. */
static int weigh(const struct host *host, const struct uses *uses, const char *name, bool is_on_vfio, const struct refusals *refusals, struct appraisal *a)
{
	size_t blocking = 0, unknown = 0;
	int r = 0;

	for (size_t i = 0; i < refusals->n && r >= 0; i++) {
		const struct refusal *refusal = &refusals->list[i];
		bool joins = str_eq(refusal->rule, "closure");

		blocking += !joins;
		unknown += str_eq(refusal->kind, "unknown") || str_eq(refusal->rule, "masks");
		if (!joins && !*a->rule)
			a->rule = refusal->rule;
		r = strv_add(joins ? &a->cautions : &a->reasons, refusal->text);
	}
	if (r < 0)
		return r;
	if (is_somebodys(uses, name))
		a->assessment = ASSESS_ATTACHED;
	else if (blocking > unknown)
		a->assessment = ASSESS_BLOCKED;
	else if (blocking || (!is_on_vfio && !host->mounts.namespaces_known))
		a->assessment = ASSESS_UNKNOWN;
	else
		a->assessment = is_on_vfio ? ASSESS_BOUND : ASSESS_ASSIGNABLE;
	if (a->assessment == ASSESS_UNKNOWN && !blocking)
		r = strv_add(&a->reasons, host->mounts.unknown_reason ? host->mounts.unknown_reason : "not all mounts could be read");
	return r;
}

int ccw_appraise(const struct host *host, const struct uses *uses, const struct ccw_device *d, struct appraisal *ret)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(appraisal_done) struct appraisal a = { .rule = "" };
	int r;

	r = ccw_check(host, uses, d, NULL, &refusals);
	if (r >= 0)
		r = weigh(host, uses, d->group ? d->group : d->id, ccw_is_on_vfio(d), &refusals, &a);
	if (r >= 0 && (d->kind == CCW_FBA || d->kind == CCW_TAPE || d->kind == CCW_CTC || d->kind == CCW_OTHER))
		r = strv_add(&a.cautions, "vfio_ccw is made for DASDs (ECKD), and not tested with anything else");
	if (r >= 0 && d->is_hidden && a.assessment != ASSESS_BLOCKED)
		r = strv_consume(&a.cautions, text_format("cio_ignore= in /proc/cmdline hides it at each boot: a guest that is to have it then needs !%s there", d->id));
	if (r < 0)
		return r;
	*ret = TAKE(a);
	return 0;
}

int ap_appraise(const struct host *host, const struct uses *uses, const struct ap_queue *q, struct appraisal *ret)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(appraisal_done) struct appraisal a = { .rule = "" };
	int r;

	r = ap_check(host, uses, &q, 1, NULL, &refusals);
	if (r >= 0)
		r = weigh(host, uses, q->name, ap_queue_is_on_vfio(q), &refusals, &a);
	if (r < 0)
		return r;
	*ret = TAKE(a);
	return 0;
}
