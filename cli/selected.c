/* SPDX-License-Identifier: GPL-2.0-or-later */
/* audit --device: is this device ready to be given away? */

#include <errno.h>
#include <string.h>

#include "cli/selected.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/names.h"
#include "passthrough/assess.h"
#include "passthrough/selector.h"

static void relax(struct report *report, char *const *required)
{
	for (size_t i = 0; i < report->n;) {
		struct finding *f = &report->list[i];
		bool is_asked = strv_contains(required, f->id);

		if (f->heals_at_reboot && !is_asked)
			f->is_required = false;
		if (str_eq(f->layer, "devices") && !is_asked)
			report_drop(report, i);
		else
			i++;
	}
}

/* The address stands before it already. */
static const char *behind_address(const char *reason, const char *address)
{
	static const char arrow[] = " \xe2\x86\x92 ";
	size_t n = strlen(address);

	return str_starts(reason, address) && str_starts(reason + n, arrow) ? reason + n + strlen(arrow) : reason;
}

/* What comes of all that was named. */
struct tally {
	size_t n, blocked, unknown;
	char *one; /* "0000:03:00.0 (QEMU NVMe Ctrl data2)": the first */
	char *name; /* its selector */
};

static void tally_done(struct tally *t)
{
	free(t->one);
	free(t->name);
}

static int tally_name(struct tally *t, const char *name, const char *what, const char *key)
{
	if (t->n++)
		return 0;
	t->name = text_format("%s%s", key, name);
	t->one = text_format("%s (%s)", name, what);
	return t->one && t->name ? 0 : -ENOMEM;
}

static void set_verdict(struct report *report, struct finding *f, const struct tally *t)
{
	if (t->n == 1 && t->blocked)
		finding_set(report, f, VERDICT_FAIL, "%s cannot be given to a guest now", t->one);
	else if (t->blocked)
		finding_set(report, f, VERDICT_FAIL, "%zu of %zu devices cannot be given to a guest now", t->blocked, t->n);
	else if (t->unknown)
		finding_set(report, f, VERDICT_UNKNOWN, "whether %s can be given to a guest is not known", t->n == 1 ? t->one : "all of these devices");
	else if (t->n == 1)
		finding_set(report, f, VERDICT_PASS, "%s can be given to a guest", t->one);
	else
		finding_set(report, f, VERDICT_PASS, "all %zu devices can be given to a guest", t->n);
}

static void tell(struct report *report, struct finding *f, const char *name, const struct appraisal *a, bool with_cautions, struct tally *t)
{
	finding_evidence(report, f, name, "%s", assessment_name(a->assessment));
	for (char **reason = a->reasons; reason && *reason; reason++)
		finding_evidence(report, f, name, "%s", behind_address(*reason, name));
	for (char **caution = a->cautions; caution && *caution && with_cautions; caution++)
		finding_evidence(report, f, name, "caution: %s", *caution);
	t->blocked += a->assessment == ASSESS_BLOCKED || a->assessment == ASSESS_ATTACHED;
	t->unknown += a->assessment == ASSESS_UNKNOWN;
}

static int judge_functions(const struct host *host, const struct uses *uses, const struct selected *s, struct report *report, struct finding *f, struct tally *t)
{
	int r = 0;

	for (size_t i = 0; i < s->n && r >= 0; i++) {
		_cleanup_(appraisal_done) struct appraisal a = {};
		char what[512];

		device_describe(s->devices[i], what, sizeof(what));
		r = device_appraise(host, uses, s->devices[i], &a);
		if (r >= 0)
			r = tally_name(t, s->devices[i]->address, what, "");
		if (r >= 0)
			tell(report, f, s->devices[i]->address, &a, true, t);
	}
	return r;
}

static int judge_ccws(const struct host *host, const struct uses *uses, const struct channel_selection *c, struct report *report, struct finding *f,
		      struct tally *t)
{
	int r = 0;

	for (size_t i = 0; i < c->n_ccws && r >= 0; i++) {
		_cleanup_(appraisal_done) struct appraisal a = {};

		r = ccw_appraise(host, uses, c->ccws[i], &a);
		if (r >= 0)
			r = tally_name(t, c->ccws[i]->id, ccw_kind_name(c->ccws[i]->kind), "ccw=");
		if (r >= 0)
			tell(report, f, c->ccws[i]->id, &a, true, t);
	}
	return r;
}

/* One by one a queue cannot know what else was asked for: what would come along is told of all together. */
static int judge_queues(const struct host *host, const struct uses *uses, const struct channel_selection *c, struct report *report, struct finding *f,
			struct tally *t)
{
	_cleanup_(refusals_done) struct refusals together = {};
	int r;

	r = c->n_queues ? ap_check(host, uses, c->queues, c->n_queues, NULL, &together) : 0;
	for (size_t i = 0; i < c->n_queues && r >= 0; i++) {
		_cleanup_(appraisal_done) struct appraisal a = {};
		const struct ap_queue *q = c->queues[i];

		r = ap_appraise(host, uses, q, &a);
		if (r >= 0)
			r = tally_name(t, q->name, q->type ? q->type : "crypto queue", "ap=");
		if (r >= 0)
			tell(report, f, q->name, &a, false, t);
	}
	for (size_t i = 0; i < together.n && r >= 0; i++)
		if (str_eq(together.list[i].rule, "closure"))
			finding_evidence(report, f, together.list[i].address, "caution: %s", together.list[i].text);
	return r;
}

int selected_judge(const struct host *host, const struct uses *uses, const struct selected *s, char *const *required, struct report *report)
{
	_cleanup_(tally_done) struct tally t = {};
	struct finding *f;
	int r;

	relax(report, required);
	f = report_add(report, "device.ready", "device");
	if (!f)
		return -ENOMEM;
	f->is_required = true;
	r = judge_functions(host, uses, s, report, f, &t);
	if (r >= 0)
		r = judge_ccws(host, uses, &s->channel, report, f, &t);
	if (r >= 0)
		r = judge_queues(host, uses, &s->channel, report, f, &t);
	if (r < 0)
		return r;
	set_verdict(report, f, &t);
	if (t.unknown && !t.blocked && !host->is_root)
		finding_remedy(report, f, "run slipway as root");
	else if (t.blocked)
		finding_remedy(report, f, "slipway show %s tells all about it; slipway list shows the others", t.n == 1 ? t.name : s->is_channel ? "SELECTOR" : "ADDRESS");
	return report->failed ? -ENOMEM : 0;
}

int selected_find(const struct host *host, const char *selector, struct selected *ret)
{
	ret->is_asked = true;
	if (!channel_selector_is(selector))
		return selector_find(selector, &host->devices, &ret->devices, &ret->n);
	ret->is_channel = true;
	return channel_select(host, selector, &ret->channel);
}

void selected_done(struct selected *s)
{
	free(s->devices);
	channel_selection_done(&s->channel);
	*s = (struct selected){};
}
