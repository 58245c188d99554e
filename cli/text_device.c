/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything about one device, as text. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/terminal.h"
#include "cli/text_field.h"
#include "cli/view_mediated.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/names.h"

const char *verdict_color(const struct cli *cli, enum assessment a)
{
	static const char *const colors[] = {
		[ASSESS_ASSIGNABLE] = "\033[32m", [ASSESS_BOUND] = "\033[36m",   [ASSESS_ATTACHED] = "\033[36m",
		[ASSESS_BLOCKED] = "\033[31m",    [ASSESS_UNKNOWN] = "\033[33m",
	};

	return cli->color ? colors[a] : "";
}

static void print_uses(const struct cli *cli, const struct uses *uses, const struct device *d)
{
	const struct use *use;
	size_t n;

	use = uses_of(uses, d, &n);
	for (size_t i = 0; i < n; i++)
		field_print(cli, i ? "" : "used by", "%s%s%s (%s)", use[i].via, *use[i].via ? " → " : "", use[i].what,
			    use_kind_name(use[i].kind));
}

/* What to do next: by the worst reason where the device is blocked. */
static const struct {
	const char *rule, *advice;
} blocked[] = {
	{ "in-use", "make the host let go of it, then look again" },
	{ "closure", "ask for all of its company at once, one --passthrough each, or put the card into another slot" },
	{ "reserved-region", "look in the firmware's set-up for the option that uses this region (shared memory, USB emulation, remote console)" },
	{ "controller", "switch VMD off in the firmware's set-up, or ask for the controller" },
	{ "bridge", "nothing: bridges stay with the host" },
	{ "iommu", "run slipway audit: it names the layer to mend first" },
};

static bool is_vital(const struct uses *uses, const struct device *d)
{
	const struct use *use;
	size_t n;

	use = uses_of(uses, d, &n);
	return use && use->is_vital; /* the worst one stands first */
}

static void print_next(const struct cli *cli, const struct uses *uses, const struct device *d, const struct appraisal *a)
{
	const char *const address = d->address;

	switch (a->assessment) {
	case ASSESS_ASSIGNABLE:
		field_print(cli, "next", "slipway plan --passthrough %s sets it aside at every boot; slipway bind %s does it now", address, address);
		break;
	case ASSESS_BOUND:
		field_print(cli, "next", "slipway attach GUEST %s gives it to a guest; slipway release %s gives it back to the host", address,
			    address);
		break;
	case ASSESS_ATTACHED:
		field_print(cli, "next", "slipway detach GUEST %s takes it back", address);
		break;
	case ASSESS_UNKNOWN:
		field_print(cli, "next", "run slipway show %s as root", address);
		break;
	case ASSESS_BLOCKED:
		if (is_vital(uses, d)) {
			field_print(cli, "next", "take another device: the host lives on this one");
			break;
		}
		for (size_t i = 0; i < ARRAY_SIZE(blocked); i++)
			if (str_eq(blocked[i].rule, a->rule))
				field_print(cli, "next", "%s", blocked[i].advice);
		break;
	}
}

int device_print(const struct cli *cli, const struct host *host, const struct uses *uses, const struct device *d)
{
	_cleanup_(appraisal_done) struct appraisal a = {};
	char what[512];
	int r;

	r = device_appraise(host, uses, d, &a);
	if (r < 0)
		return r;
	device_describe(d, what, sizeof(what));
	printf("%s  ", d->address);
	print_wrapped(what, strlen(d->address) + 2, strlen(d->address) + 2, screen_width(cli));
	printf("  %-16s %s%s%s\n", "verdict", verdict_color(cli, a.assessment), assessment_name(a.assessment), cli->color ? "\033[0m" : "");
	for (char **reason = a.reasons; reason && *reason; reason++)
		field_print(cli, reason == a.reasons ? "because" : "", "%s", *reason);
	for (char **caution = a.cautions; caution && *caution; caution++)
		field_print(cli, caution == a.cautions ? "with care" : "", "%s", *caution);
	print_next(cli, uses, d, &a);
	fields_identity(cli, host, d);
	fields_place(cli, host, d);
	/* As reasons they have been told already. */
	if (!str_eq(a.rule, "in-use"))
		print_uses(cli, uses, d);
	fields_hardware(cli, host, d);
	fields_mediated(cli, host, d);
	return 0;
}
