/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assessment: can this device be given to a guest, and if not, all the reasons, worst first. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/assess.h"

const char *assessment_name(enum assessment a)
{
	static const char *const names[] = {
		[ASSESS_ASSIGNABLE] = "assignable", [ASSESS_BOUND] = "bound",     [ASSESS_ATTACHED] = "attached",
		[ASSESS_BLOCKED] = "blocked",       [ASSESS_UNKNOWN] = "unknown",
	};

	return names[a];
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
		return host->mounts.namespaces_known ? ASSESS_ASSIGNABLE : ASSESS_UNKNOWN;
	for (size_t i = 0; i < refusals->n; i++)
		if (!str_eq(refusals->list[i].rule, "in-use") || !str_eq(refusals->list[i].kind, "unknown"))
			only_unknown = false;
	return only_unknown ? ASSESS_UNKNOWN : ASSESS_BLOCKED;
}

int device_assess(const struct host *host, const struct uses *uses, const struct device *d, enum assessment *ret, char ***ret_reasons)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(strv_freep) char **reasons = NULL;
	struct device *requested[] = { (struct device *)d };
	enum assessment assessment;
	int r;

	r = request_check(host, uses, requested, 1, NULL, REQUEST_NOW, &refusals);
	if (r < 0)
		return r;
	assessment = weigh(host, uses, d, &refusals);
	if (assessment == ASSESS_UNKNOWN && !refusals.n)
		r = strv_add(&reasons, "the mounts of other users' processes could not be read; root can");
	for (size_t i = 0; i < refusals.n && r >= 0; i++)
		r = strv_add(&reasons, refusals.list[i].text);
	if (r < 0)
		return r;
	*ret = assessment;
	*ret_reasons = TAKE(reasons);
	return 0;
}
