/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assessment: can this device be given to a guest, and if not, all the reasons, worst first. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/acs.h"
#include "detect/sharing.h"
#include "passthrough/assess.h"
#include "passthrough/caution.h"

#define NAMED_MOST 8

const char *assessment_name(enum assessment a)
{
	static const char *const names[] = {
		[ASSESS_ASSIGNABLE] = "assignable", [ASSESS_BOUND] = "bound",     [ASSESS_ATTACHED] = "attached",
		[ASSESS_BLOCKED] = "blocked",       [ASSESS_UNKNOWN] = "unknown",
	};

	return names[a];
}

void appraisal_done(struct appraisal *j)
{
	strv_free(j->reasons);
	strv_free(j->cautions);
	*j = (struct appraisal){};
}

/* What could not be looked at, and may hide a use; NULL: nothing. */
static const char *unseen_reason(const struct host *host)
{
	if (!host->mounts.namespaces_known)
		return host->mounts.unknown_reason ? host->mounts.unknown_reason : "not all mounts could be read";
	if (host->openers.is_read && !host->openers.is_complete)
		return "the open files of other users' processes could not be read; root can";
	return NULL;
}

/* A use that was not seen but cannot be ruled out makes the answer unknown, unless something worse blocks anyway. */
static enum assessment weigh(const struct host *host, const struct uses *uses, const struct device *d, const struct refusals *refusals)
{
	bool only_unknown = true;
	const struct use *use;
	size_t n;

	use = uses_of(uses, d, &n);
	for (size_t i = 0; i < n; i++)
		if (use[i].kind == USE_VFIO || use[i].kind == USE_GUEST)
			return ASSESS_ATTACHED;
	if (device_is_on_vfio(d))
		return ASSESS_BOUND;
	if (!refusals->n)
		return unseen_reason(host) ? ASSESS_UNKNOWN : ASSESS_ASSIGNABLE;
	for (size_t i = 0; i < refusals->n; i++)
		if (!str_eq(refusals->list[i].rule, "in-use") || !str_eq(refusals->list[i].kind, "unknown"))
			only_unknown = false;
	return only_unknown ? ASSESS_UNKNOWN : ASSESS_BLOCKED;
}

enum whose { OWN, OTHERS, ANYBODYS };

/* The worst first. Uses that are merely not ruled out come last, since they may be none. */
static const struct {
	const char *rule, *kind; /* kind NULL: any but "unknown" */
	enum whose whose;
} order[] = {
	{ "in-use", NULL, OWN },
	{ "in-use", NULL, OTHERS },
	{ "closure", NULL, ANYBODYS },
	{ "reserved-region", NULL, ANYBODYS },
	{ "controller", NULL, ANYBODYS },
	{ "bridge", NULL, ANYBODYS },
	{ "iommu", NULL, ANYBODYS },
	{ "in-use", "unknown", ANYBODYS },
};

static size_t rank_of(const struct refusal *refusal, const struct device *d)
{
	enum whose whose = str_eq(refusal->address, d->address) ? OWN : OTHERS;
	const char *kind = str_eq(refusal->kind, "unknown") ? refusal->kind : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (str_eq(order[i].rule, refusal->rule) && (order[i].kind ? str_eq(order[i].kind, kind) : !kind) &&
		    (order[i].whose == ANYBODYS || order[i].whose == whose))
			return i;
	return ARRAY_SIZE(order);
}

/* What made the kernel put the device together with others. */
static void explain_group(const struct host *host, const struct device *d, struct text *out)
{
	const struct iommu_group *group = iommu_find(&host->iommu, d->iommu_group);
	const struct device *cause = NULL;

	switch (group ? sharing_of(&host->devices, group, d, &cause) : SHARING_NONE) {
	case SHARING_FUNCTIONS:
		text_append(out, "; they are functions of one card");
		break;
	case SHARING_CONVENTIONAL:
		if (cause)
			text_printf(out, "; they sit below %s, a %s, where no requester can be told from another", cause->address,
				    device_type_name(cause));
		break;
	case SHARING_PORT:
		if (cause)
			text_printf(out, "; %s, a %s above it, does not keep them apart (ACS)", cause->address, device_type_name(cause));
		break;
	case SHARING_UNKNOWN:
		text_append(out, "; root can read which bridge joins them");
		break;
	case SHARING_NONE:
	case SHARING_OTHER:
		break;
	}
}

static bool is_mate(const struct host *host, const struct device *d, const struct refusal *refusal)
{
	const struct device *mate = devices_find(&host->devices, refusal->address);

	return d->iommu_group >= 0 && mate && mate->iommu_group == d->iommu_group;
}

static void name_mate(const struct host *host, const struct device *d, const struct refusal *refusal, struct text *out)
{
	const struct device *mate = devices_find(&host->devices, refusal->address);

	text_printf(out, "%s (%s", refusal->address, mate && mate->driver ? mate->driver : "no driver");
	if (!is_mate(host, d, refusal))
		text_append(out, mate && mate->physical_function ? ", a VF" : ", same slot");
	text_append(out, ")");
}

/* One reason for all that would have to come along: "shares IOMMU group 7 with A (nvme), B (ahci)". */
static char *describe_company(const struct host *host, const struct device *d, const struct refusals *refusals)
{
	struct text names = {}, out = {};
	bool all_mates = true;
	size_t n = 0;

	for (size_t i = 0; i < refusals->n; i++) {
		if (!str_eq(refusals->list[i].rule, "closure"))
			continue;
		all_mates = all_mates && is_mate(host, d, &refusals->list[i]);
		if (++n > NAMED_MOST)
			continue;
		text_append(&names, n > 1 ? ", " : "");
		name_mate(host, d, &refusals->list[i], &names);
	}
	if (n > NAMED_MOST)
		text_printf(&names, " and %zu more", n - NAMED_MOST);
	if (all_mates)
		text_printf(&out, "%s shares IOMMU group %d with ", d->address, d->iommu_group);
	else
		text_printf(&out, "%s moves with ", d->address);
	text_append(&out, names.data ? names.data : "");
	out.failed = out.failed || names.failed;
	text_done(&names);
	if (all_mates)
		explain_group(host, d, &out);
	text_append(&out, "; they go to guests together, or not at all");
	return text_take(&out);
}

/*
 * Of a bridge no more is said than that it is one: what is below it has its own answer. And where there are no groups
 * at all, that is said once.
 */
static bool is_told(const struct device *d, const struct refusal *refusal)
{
	return str_eq(refusal->address, d->address) || (!device_is_infrastructure(d) && !str_eq(refusal->rule, "iommu"));
}

static int add_reasons(const struct host *host, const struct device *d, const struct refusals *refusals, struct appraisal *j)
{
	bool company = false;
	int r = 0;

	/* A handful of ranks, each looked through once, keeps the order within a rank. */
	for (size_t rank = 0; rank <= ARRAY_SIZE(order); rank++)
		for (size_t i = 0; i < refusals->n && r >= 0; i++) {
			const struct refusal *refusal = &refusals->list[i];
			bool joins = str_eq(refusal->rule, "closure");

			if (rank_of(refusal, d) != rank || (joins && company) || !is_told(d, refusal))
				continue;
			company = company || joins;
			if (!*j->rule)
				j->rule = refusal->rule;
			r = joins ? strv_consume(&j->reasons, describe_company(host, d, refusals)) : strv_add(&j->reasons, refusal->text);
		}
	return r;
}

static int judge(const struct host *host, const struct uses *uses, const struct device *d, struct appraisal *ret)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(appraisal_done) struct appraisal j = { .rule = "" };
	struct device *requested[] = { (struct device *)d };
	int r;

	r = request_check(host, uses, requested, 1, NULL, REQUEST_NOW, &refusals);
	if (r < 0)
		return r;
	j.assessment = weigh(host, uses, d, &refusals);
	if (j.assessment == ASSESS_UNKNOWN && !refusals.n)
		r = strv_add(&j.reasons, unseen_reason(host));
	if (r >= 0)
		r = add_reasons(host, d, &refusals, &j);
	if (r < 0)
		return r;
	*ret = TAKE(j);
	return 0;
}

int device_appraise(const struct host *host, const struct uses *uses, const struct device *d, struct appraisal *ret)
{
	_cleanup_(appraisal_done) struct appraisal j = {};
	int r;

	r = judge(host, uses, d, &j);
	if (r >= 0)
		r = device_cautions(host, d, &j.cautions);
	if (r < 0)
		return r;
	*ret = TAKE(j);
	return 0;
}

int device_assess(const struct host *host, const struct uses *uses, const struct device *d, enum assessment *ret, char ***ret_reasons)
{
	_cleanup_(appraisal_done) struct appraisal j = {};
	int r;

	r = judge(host, uses, d, &j);
	if (r < 0)
		return r;
	*ret = j.assessment;
	*ret_reasons = TAKE(j.reasons);
	return 0;
}
