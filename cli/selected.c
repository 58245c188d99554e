/* SPDX-License-Identifier: GPL-2.0-or-later */
/* audit --device: is this device ready to be given away? */

#include <errno.h>
#include <string.h>

#include "cli/selected.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/names.h"
#include "passthrough/assess.h"

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

static void set_verdict(struct report *report, struct finding *f, struct device *const *devices, size_t n, size_t blocked, size_t unknown)
{
	_cleanup_free_ char *one = NULL;
	char what[512];

	device_describe(devices[0], what, sizeof(what));
	one = text_format("%s (%s)", devices[0]->address, what);
	if (!one)
		report->failed = true;
	else if (n == 1 && blocked)
		finding_set(report, f, VERDICT_FAIL, "%s cannot be given to a guest now", one);
	else if (blocked)
		finding_set(report, f, VERDICT_FAIL, "%zu of %zu devices cannot be given to a guest now", blocked, n);
	else if (unknown)
		finding_set(report, f, VERDICT_UNKNOWN, "whether %s can be given to a guest is not known", n == 1 ? one : "all of these devices");
	else if (n == 1)
		finding_set(report, f, VERDICT_PASS, "%s can be given to a guest", one);
	else
		finding_set(report, f, VERDICT_PASS, "all %zu devices can be given to a guest", n);
}

int selected_judge(const struct host *host, const struct uses *uses, struct device *const *devices, size_t n, char *const *required,
		   struct report *report)
{
	size_t blocked = 0, unknown = 0;
	struct finding *f;

	relax(report, required);
	f = report_add(report, "device.ready", "device");
	if (!f)
		return -ENOMEM;
	f->is_required = true;
	for (size_t i = 0; i < n; i++) {
		_cleanup_(appraisal_done) struct appraisal a = {};
		int r;

		r = device_appraise(host, uses, devices[i], &a);
		if (r < 0)
			return r;
		finding_evidence(report, f, devices[i]->address, "%s", assessment_name(a.assessment));
		for (char **reason = a.reasons; reason && *reason; reason++)
			finding_evidence(report, f, devices[i]->address, "%s", behind_address(*reason, devices[i]->address));
		for (char **caution = a.cautions; caution && *caution; caution++)
			finding_evidence(report, f, devices[i]->address, "caution: %s", *caution);
		blocked += a.assessment == ASSESS_BLOCKED || a.assessment == ASSESS_ATTACHED;
		unknown += a.assessment == ASSESS_UNKNOWN;
	}
	set_verdict(report, f, devices, n, blocked, unknown);
	if (unknown && !blocked && !host->is_root)
		finding_remedy(report, f, "run slipway as root");
	else if (blocked)
		finding_remedy(report, f, "slipway show %s tells all about it; slipway list shows the others",
			       n == 1 ? devices[0]->address : "ADDRESS");
	return report->failed ? -ENOMEM : 0;
}
