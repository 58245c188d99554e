/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of devices in the page. */

#include "cli/html/escape.h"
#include "cli/html/page.h"
#include "detect/names.h"

#define REASONS_OPEN 8

static void add_text_cell(struct text *t, const char *class, const char *value)
{
	text_printf(t, "<td class=\"%s%s\">", class, value ? "" : " no");
	html_text(t, value ? value : "none");
	text_append(t, "</td>");
}

static void add_number_cell(struct text *t, const char *class, int value)
{
	if (value >= 0)
		text_printf(t, "<td class=\"number %s\">%d</td>", class, value);
	else
		text_printf(t, "<td class=\"number %s no\">none</td>", class);
}

static void add_item(struct text *t, const char *class, const char *text)
{
	text_printf(t, "<li class=\"%s\">", class);
	html_prose(t, text);
	text_append(t, "</li>");
}

/*
 * The reasons of the verdict, then what speaks for care; a device that is bound or attached has uses to tell of. A function with 64
 * VFs has 64 reasons: the first ones stand open.
 */
static void add_why(struct text *t, const struct page *page, const struct device *d)
{
	const struct appraisal *a = page_appraisal(page, d);
	size_t n = strv_length(a->reasons), n_uses;
	const struct use *use;

	text_append(t, "<td class=\"why\"><ul>");
	for (size_t i = 0; i < n; i++) {
		if (i == REASONS_OPEN && n > REASONS_OPEN + 1)
			text_printf(t, "</ul><details><summary>and %zu more</summary><ul>", n - i);
		add_item(t, "reason", a->reasons[i]);
	}
	if (n > REASONS_OPEN + 1)
		text_append(t, "</ul></details><ul>");
	for (char **caution = a->cautions; caution && *caution; caution++)
		add_item(t, "caution", *caution);
	use = uses_of(page->uses, d, &n_uses);
	for (size_t i = 0; i < n_uses && !n; i++)
		add_item(t, "use", use[i].what);
	text_append(t, "</ul></td>");
}

static void add_row(struct text *t, const struct page *page, const struct device *d)
{
	const char *kind = page_kind(page, d);
	char what[512];

	device_describe(d, what, sizeof(what));
	text_printf(t, "<tr id=\"d-%s\" class=\"%s\" data-id=\"%s\" data-kind=\"%s\"><th scope=\"row\">%s</th>", d->address, kind, d->address, kind, d->address);
	add_text_cell(t, "what", what);
	add_number_cell(t, "in-group", d->iommu_group);
	add_number_cell(t, "in-node", d->numa_node);
	add_text_cell(t, "in-slot", d->slot);
	add_text_cell(t, "on-driver", d->driver);
	text_append(t, "<td class=\"verdict\">");
	page_add_icon(t, kind);
	text_printf(t, " %s</td>", assessment_name(page_appraisal(page, d)->assessment));
	add_why(t, page, d);
	text_append(t, "</tr>\n");
}

void page_add_devices(struct text *t, const struct page *page)
{
	static const char *const titles[] = { "Address", "Device", "Group", "NUMA", "Slot", "Driver", "Verdict", "Who uses it, or why not" };

	text_append(t, "<div class=\"scroll\"><table id=\"devices\"><thead><tr>");
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		text_printf(t, "<th scope=\"col\"><button type=\"button\">%s</button></th>", titles[i]);
	text_append(t, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < page->host->devices.n; i++)
		add_row(t, page, &page->host->devices.list[i]);
	text_append(t, "</tbody></table></div>\n");
}
