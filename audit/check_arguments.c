/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Check of kernel arguments and module options that harm, or do nothing. */

#include <stdio.h>
#include <string.h>

#include "audit/checks.h"
#include "audit/remark.h"
#include "common/cleanup.h"
#include "common/text.h"

struct verdicts {
	const struct host *host;
	struct report *report;
	struct finding *finding;
	unsigned harmful, weak;
	struct text words;   /* those to be removed */
};

static void take_remarks(struct verdicts *v, const struct cmdline *c, const struct cmdline *known, const char *where)
{
	_cleanup_(remarks_done) struct remarks remarks = {};

	if (remarks_find(c, v->host->cpu.vendor, v->host->firmware.iommu_table, &remarks) < 0) {
		v->report->failed = true;
		return;
	}
	for (size_t i = 0; i < remarks.n; i++) {
		const struct remark *r = &remarks.list[i];

		if (known && cmdline_has(known, r->argument))
			continue;
		finding_evidence(v->report, v->finding, where, "%s: %s", r->argument, r->reason);
		v->harmful += r->verdict == VERDICT_FAIL;
		v->weak += r->verdict == VERDICT_WARN;
		if (r->verdict != VERDICT_PASS)
			text_printf(&v->words, "%s%s", v->words.size ? ", " : "", r->argument);
	}
}

/* An option in modprobe.d is the argument MODULE.OPTION to the kernel, as far as its meaning goes. */
static void take_options(struct verdicts *v, const struct modprobe_line *line)
{
	_cleanup_(strv_freep) char **options = NULL, **arguments = NULL;
	_cleanup_free_ char *where = text_format("/%s:%u", line->file, line->number);
	struct cmdline c = {};

	if (!where || strv_split(line->value, " \t", &options) < 0) {
		v->report->failed = true;
		return;
	}
	for (char **option = options; option && *option; option++)
		if (strv_consume(&arguments, text_format("%s.%s", line->module, *option)) < 0)
			v->report->failed = true;
	c.arguments = arguments;
	take_remarks(v, &c, NULL, where);
}

static void conclude(struct verdicts *v)
{
	_cleanup_free_ char *words = text_take(&v->words);
	unsigned n = v->harmful + v->weak;

	if (!words) {
		v->report->failed = true;
		return;
	}
	if (!n) {
		finding_set(v->report, v->finding, VERDICT_PASS, "no kernel argument or module option is known to harm");
		return;
	}
	finding_set(v->report, v->finding, v->harmful ? VERDICT_FAIL : VERDICT_WARN, "%u kernel argument%s or module option%s %s", n,
		    n == 1 ? "" : "s", n == 1 ? "" : "s", v->harmful ? "to be removed: they harm" : "that weaken the host or do nothing");
	finding_remedy(v->report, v->finding, "take out %s where the bootloader or /etc/modprobe.d has it, and reboot", words);
}

void check_kernel_harmful_arguments(const struct host *host, struct report *report, struct finding *f)
{
	const struct kernel *k = &host->kernel;
	struct verdicts v = { .host = host, .report = report, .finding = f };
	_cleanup_free_ char *source = text_format("/%s", k->next_source ? k->next_source : "boot/grub/grub.cfg");

	if (!source) {
		report->failed = true;
		return;
	}
	if (!k->running_known && !k->next_boot_known) {
		finding_set(report, f, VERDICT_UNKNOWN, "no kernel command line can be read");
		return;
	}
	if (k->running_known)
		take_remarks(&v, &k->running, NULL, "/proc/cmdline");
	if (k->next_boot_known)
		take_remarks(&v, &k->next_boot, k->running_known ? &k->running : NULL, source);
	for (size_t i = 0; i < k->modprobe.n; i++)
		if (k->modprobe.list[i].kind == MODPROBE_OPTIONS)
			take_options(&v, &k->modprobe.list[i]);
	conclude(&v);
}
