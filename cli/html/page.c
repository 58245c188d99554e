/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit as one page that needs nothing else: no network, no other file. */

#include <errno.h>

#include "cli/html/assets.h"
#include "cli/html/escape.h"
#include "cli/html/machine.h"
#include "cli/html/page.h"
#include "common/cleanup.h"
#include "passthrough/closure.h"

#define DRAWING_WIDTH 1270

const struct appraisal *page_appraisal(const struct page *page, const struct device *d)
{
	return &page->appraisals[d - page->host->devices.list];
}

const char *page_kind(const struct page *page, const struct device *d)
{
	return device_is_infrastructure(d) ? "carrier" : assessment_name(page_appraisal(page, d)->assessment);
}

void page_add_icon(struct text *t, const char *name)
{
	text_printf(t, "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"#i-%s\"/></svg>", name);
}

void html_attribute(struct text *t, const char *name, const char *value)
{
	text_printf(t, " %s=\"", name);
	html_text(t, value);
	text_append(t, "\"");
}

/* A verdict is never a colour alone: each has its mark. Paths, since no font has them all. */
static void add_icons(struct text *t)
{
	static const struct {
		const char *names; /* with blanks between */
		const char *path;
	} icons[] = {
		{ "pass assignable ready", "M3 8.5 6.5 12 13 4.5" },
		{ "fail blocked not-ready", "M4 4l8 8M12 4l-8 8" },
		{ "warn", "M8 2.5 14 13H2zM8 6.5v3M8 11.3v.2" },
		{ "skip carrier", "M3.5 8h9" },
		{ "unknown", "M5.2 5.6a2.8 2.6 0 1 1 4 2.5C8.3 8.6 8 9 8 9.8M8 12.3v.3" },
		{ "bound", "M6 3.5h4v9H6zM3 8h3M10 8h3" },
		{ "attached", "M2.5 3.5h11v7h-11zM5.5 13h5M8 10.5V13" },
		{ "reboot-required", "M12.5 5.5A5 5 0 1 0 13 9M12.8 2.5v3.2H9.6" },
	};

	text_append(t, "<svg class=\"defs\" aria-hidden=\"true\">");
	for (size_t i = 0; i < ARRAY_SIZE(icons); i++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (strv_split(icons[i].names, " ", &names) < 0)
			t->failed = true;
		for (char **name = names; name && *name; name++)
			text_printf(t, "<symbol id=\"i-%s\" viewBox=\"0 0 16 16\"><path d=\"%s\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" "
				       "stroke-linecap=\"round\" stroke-linejoin=\"round\"/></symbol>", *name, icons[i].path);
	}
	text_append(t, "</svg>\n");
}

/* Nothing but the style and the script that are written here may act, whatever a device calls itself. */
static void add_head(struct text *t, const struct host *host)
{
	text_printf(t, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; img-src data:; "
		       "base-uri 'none'; form-action 'none'\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
		       "<meta name=\"generator\" content=\"slipway\">\n<link rel=\"icon\" href=\"data:,\">\n<title>slipway audit",
		    page_style_sha256, page_script_sha256);
	if (host->firmware.product) {
		text_append(t, ": ");
		html_text(t, host->firmware.product);
	}
	text_append(t, "</title>\n<style>");
	text_append(t, page_style);
	text_append(t, "</style>\n</head>\n<body>\n<a class=\"jump\" href=\"#devices\">To the table of devices</a>\n");
	add_icons(t);
}

static void add_remedy(struct text *t, const struct finding *f)
{
	if (!f->remedy || f->verdict == VERDICT_PASS)
		return;
	text_append(t, "<p class=\"remedy\"><span>");
	html_prose(t, f->remedy);
	text_append(t, "</span></p>");
}

static void add_fact(struct text *t, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	text_printf(t, "<dt>%s</dt><dd>", name);
	html_text(t, value);
	text_append(t, "</dd>");
}

static void add_facts(struct text *t, const struct host *host)
{
	const struct firmware *fw = &host->firmware;
	_cleanup_free_ char *machine = text_format("%s%s%s", fw->vendor ? fw->vendor : "", fw->vendor && fw->product ? " " : "", fw->product ? fw->product : "");
	_cleanup_free_ char *cpu = text_format("%s (%u CPUs online)", host->cpu.model ? host->cpu.model : host->cpu.vendor_id ? host->cpu.vendor_id : "unknown", host->cpu.n_cpus);
	_cleanup_free_ char *firmware = text_format("%s%s%s", fw->is_uefi ? "UEFI" : "BIOS", fw->bios_date ? ", " : "", fw->bios_date ? fw->bios_date : "");
	_cleanup_free_ char *iommu = text_format("%zu groups", host->iommu.n_groups);
	_cleanup_free_ char *devices = text_format("%zu PCI functions", host->devices.n);

	text_append(t, "<dl class=\"facts\">");
	add_fact(t, "Machine", machine);
	add_fact(t, "CPU", host->cpu_known ? cpu : NULL);
	add_fact(t, "Firmware", firmware);
	add_fact(t, "Kernel", host->kernel.release);
	add_fact(t, "IOMMU", iommu_is_on(&host->iommu) ? iommu : "off");
	add_fact(t, "Devices", devices);
	text_append(t, "</dl>");
}

static void add_answer(struct text *t, const struct page *page)
{
	const struct finding *broken = audit_first_broken(page->report);
	const char *name = readiness_name(audit_readiness(page->report));
	static const char *const words[] = {
		[READINESS_READY] = "Ready for passthrough", [READINESS_REBOOT_REQUIRED] = "Reboot required", [READINESS_NOT_READY] = "Not ready for passthrough",
	};

	text_printf(t, "<section class=\"answer %s\"><div><h1>", name);
	page_add_icon(t, name);
	text_printf(t, "%s</h1>", words[audit_readiness(page->report)]);
	if (broken) {
		text_printf(t, "<p class=\"broken\">First broken layer: <a href=\"#c-%s\">%s</a><br>", broken->id, broken->layer);
		html_prose(t, broken->summary);
		text_append(t, "</p>");
		add_remedy(t, broken);
	} else {
		text_append(t, "<p class=\"broken\">Every required check passes.</p>");
	}
	text_append(t, "</div>\n");
	add_facts(t, page->host);
	text_append(t, "</section>\n");
}

/* Of the layer that begins here; *end is behind it. What is broken counts more than what is merely odd. */
static enum verdict worst_of(const struct report *report, size_t begin, size_t *end)
{
	static const int weights[] = { [VERDICT_SKIP] = 0, [VERDICT_PASS] = 1, [VERDICT_UNKNOWN] = 2, [VERDICT_WARN] = 3, [VERDICT_FAIL] = 4 };
	enum verdict worst = VERDICT_SKIP;
	size_t i;

	for (i = begin; i < report->n && str_eq(report->list[i].layer, report->list[begin].layer); i++)
		if (weights[report->list[i].verdict] > weights[worst])
			worst = report->list[i].verdict;
	*end = i;
	return worst;
}

static void add_layers(struct text *t, const struct report *report)
{
	const struct finding *broken = audit_first_broken(report);

	text_append(t, "<ol class=\"layers\" aria-label=\"Layers\">");
	for (size_t i = 0, end; i < report->n; i = end) {
		const char *layer = report->list[i].layer, *worst = verdict_name(worst_of(report, i, &end));

		text_printf(t, "<li><a class=\"%s%s\" href=\"#l-%s\" aria-label=\"%s: %s\">", worst, broken && str_eq(broken->layer, layer) ? " first" : "", layer,
			    layer, worst);
		page_add_icon(t, worst);
		text_printf(t, "%s</a></li>", layer);
	}
	text_append(t, "</ol>\n");
}

/* The check's id, and below it what was seen; folded up where nothing is wrong. */
static void add_evidence(struct text *t, const struct finding *f)
{
	bool closed = f->n_evidence && (f->verdict == VERDICT_PASS || f->verdict == VERDICT_SKIP);

	text_append(t, closed ? "<details><summary class=\"id\">" : "<p class=\"id\">");
	text_printf(t, "%s%s", f->id, f->is_required ? ", required" : "");
	text_append(t, closed ? "</summary>" : "</p>");
	if (!f->n_evidence)
		return;
	text_append(t, "<ul class=\"evidence\">");
	for (size_t i = 0; i < f->n_evidence; i++) {
		text_append(t, "<li>");
		html_text(t, f->evidence[i].path);
		text_append(t, ": ");
		html_text(t, f->evidence[i].value);
		text_append(t, "</li>");
	}
	text_append(t, closed ? "</ul></details>" : "</ul>");
}

static void add_check(struct text *t, const struct finding *f)
{
	text_printf(t, "<div class=\"check %s\" id=\"c-%s\">", verdict_name(f->verdict), f->id);
	page_add_icon(t, verdict_name(f->verdict));
	text_printf(t, "<div class=\"what\"><span class=\"word\">%s</span> ", verdict_name(f->verdict));
	html_prose(t, f->summary);
	add_evidence(t, f);
	add_remedy(t, f);
	text_append(t, "</div></div>\n");
}

static void add_checks(struct text *t, const struct report *report)
{
	text_append(t, "<h2>Checks, layer by layer</h2>\n<div class=\"cards\">\n");
	for (size_t i = 0, end; i < report->n; i = end) {
		worst_of(report, i, &end);
		text_printf(t, "<section class=\"card\" id=\"l-%s\"><h3>%s</h3>\n", report->list[i].layer, report->list[i].layer);
		for (size_t j = i; j < end; j++)
			add_check(t, &report->list[j]);
		text_append(t, "</section>\n");
	}
	text_append(t, "</div>\n");
}

/* The legend is the filter, too. */
static void add_tools(struct text *t, const struct page *page)
{
	static const struct {
		const char *kind, *title;
	} kinds[] = {
		{ "assignable", "can be given to a guest" }, { "bound", "set aside: on vfio-pci" }, { "attached", "a guest has it" },
		{ "blocked", "the host needs it, or something forbids it" }, { "unknown", "could not be read" },
		{ "carrier", "bridges and the like, which stay with the host" },
	};

	text_append(t, "<div class=\"tools\"><input id=\"filter\" type=\"search\" placeholder=\"Filter: nvme group 12 vfio-pci ...  (press /)\" "
		       "aria-label=\"Filter the devices\" autocomplete=\"off\" spellcheck=\"false\">");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = 0;

		for (size_t j = 0; j < page->host->devices.n; j++)
			n += str_eq(page_kind(page, &page->host->devices.list[j]), kinds[i].kind);
		if (!n)
			continue;
		text_printf(t, "<button type=\"button\" class=\"%s\" data-kind=\"%s\" aria-pressed=\"false\" title=\"%s\">", kinds[i].kind, kinds[i].kind, kinds[i].title);
		page_add_icon(t, kinds[i].kind);
		text_printf(t, "%s <b>%zu</b></button>", str_eq(kinds[i].kind, "carrier") ? "bridges" : kinds[i].kind, n);
	}
	text_append(t, "<output id=\"count\" for=\"filter\"></output></div>\n");
}

static int add_machine(struct text *t, const struct page *page)
{
	_cleanup_(box_freep) struct box *machine = NULL;
	int r;

	r = machine_new(page->host, &machine);
	if (r < 0)
		return r;
	box_layout(machine, DRAWING_WIDTH);
	text_append(t, "<h2>The machine</h2>\n");
	if (!page->host->devices.n) {
		text_append(t, "<p class=\"hint\">This host has no PCI devices.</p>\n");
		return 0;
	}
	add_tools(t, page);
	text_append(t, "<p class=\"hint screen\"><span class=\"key\"></span> IOMMU group: what is inside goes to a guest together. Point at a device, or reach it with Tab and the arrow keys, "
		       "to see why; Enter leads to its row.</p>\n");
	page_add_drawing(t, page, machine);
	return 0;
}

static void appraisals_free(const struct host *host, struct appraisal *appraisals)
{
	for (size_t i = 0; appraisals && i < host->devices.n; i++)
		appraisal_done(&appraisals[i]);
	free(appraisals);
}

static int appraise(struct page *page)
{
	int r = 0;

	page->appraisals = calloc(page->host->devices.n + 1, sizeof(*page->appraisals));
	if (!page->appraisals)
		return -ENOMEM;
	for (size_t i = 0; i < page->host->devices.n && r >= 0; i++)
		r = device_appraise(page->host, page->uses, &page->host->devices.list[i], &page->appraisals[i]);
	return r;
}

int html_page(const struct host *host, const struct uses *uses, const struct report *report, char **ret)
{
	struct page page = { .host = host, .uses = uses, .report = report };
	struct text t = {};
	int r;

	r = appraise(&page);
	if (r >= 0) {
		add_head(&t, host);
		text_append(&t, "<main>\n");
		add_answer(&t, &page);
		add_layers(&t, report);
		add_checks(&t, report);
		r = add_machine(&t, &page);
	}
	if (r >= 0 && host->devices.n) {
		text_append(&t, "<h2 class=\"of-table\">Devices</h2>\n");
		page_add_devices(&t, &page);
	}
	text_append(&t, "</main>\n<footer>Written by slipway " SLIPWAY_VERSION ". The same for programs: <code>slipway --json audit</code></footer>\n"
		       "<div id=\"tip\" role=\"tooltip\" aria-hidden=\"true\" hidden></div>\n<script>");
	text_append(&t, page_script);
	text_append(&t, "</script>\n</body>\n</html>\n");
	appraisals_free(host, page.appraisals);
	if (r >= 0) {
		*ret = text_take(&t);
		r = *ret ? 0 : -ENOMEM;
	}
	text_done(&t);
	return r;
}
