/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of devices: a table of columns, those of the narrow screen first. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/terminal.h"
#include "cli/view_device.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/names.h"

struct row {
	const struct host *host;
	const struct uses *uses;
	const struct device *d;
	enum assessment assessment;
	char **reasons;
};

static char *cell_address(const struct row *row)
{
	return strdup(row->d->address);
}

static char *cell_group(const struct row *row)
{
	return row->d->iommu_group >= 0 ? text_format("%d", row->d->iommu_group) : strdup("-");
}

static char *cell_numa(const struct row *row)
{
	return row->d->numa_node >= 0 ? text_format("%d", row->d->numa_node) : strdup("-");
}

static char *field(const char *value)
{
	return value && *value ? text_escape_field(value) : strdup("-");
}

static char *cell_driver(const struct row *row)
{
	return field(row->d->driver);
}

static char *cell_verdict(const struct row *row)
{
	return strdup(assessment_name(row->assessment));
}

static char *cell_device(const struct row *row)
{
	char what[512];

	device_describe(row->d, what, sizeof(what));
	return text_escape_field(what);
}

static char *cell_ids(const struct row *row)
{
	return text_format("%04x:%04x", row->d->vendor, row->d->product);
}

static char *cell_class(const struct row *row)
{
	return text_format("%06x", row->d->class);
}

static char *cell_slot(const struct row *row)
{
	return field(row->d->slot);
}

static char *cell_link(const struct row *row)
{
	const struct device *d = row->d;
	size_t n = d->link_speed ? strcspn(d->link_speed, " ") : 0;

	/* sysfs writes "16.0 GT/s PCIe". */
	return n && d->link_width ? text_format("%.*s GT/s x%s", (int)n, d->link_speed, d->link_width) : strdup("-");
}

static char *cell_reset(const struct row *row)
{
	if (!row->d->reset_methods_known)
		return strdup("?");
	return row->d->reset_methods && *row->d->reset_methods ? strv_join(row->d->reset_methods, ",") : strdup("none");
}

static char *cell_path(const struct row *row)
{
	return field(row->d->path);
}

/* The chain of the worst use, or the first reason: what a reader wants to know beside "blocked". */
static char *cell_why(const struct row *row)
{
	const struct device *d = row->d;
	const struct use *use;
	char **reasons = row->reasons;
	size_t n;

	use = uses_of(row->uses, d, &n);
	/* The guest's name says more than its process. */
	for (size_t i = 0; use && use->kind == USE_VFIO && i < n; i++)
		if (use[i].kind == USE_GUEST)
			return strdup(use[i].what);
	if (use)
		return text_format("%s%s%s%s", use->via, *use->via ? " → " : "", use->what, n > 1 ? ", and more" : "");
	if (!reasons || device_is_infrastructure(d))
		return strdup("");
	/* The address stands in its own column. */
	if (str_starts(reasons[0], d->address))
		return strdup(reasons[0] + strlen(d->address) + strspn(reasons[0] + strlen(d->address), ": "));
	return strdup(reasons[0]);
}

enum where { EVERYWHERE, NARROW, WIDE };

/* In the narrow table the last column takes what is left of the line, and the reason has a line of its own. */
static const struct column {
	const char *title;
	enum where where;
	bool is_number;
	bool is_colored;
	size_t most;  /* columns in the narrow table; 0: the rest of the line */
	char *(*cell)(const struct row *row);
} table[] = {
	{ "ADDRESS", EVERYWHERE, false, false, 16, cell_address },
	{ "GROUP", EVERYWHERE, true, false, 5, cell_group },
	{ "NUMA", EVERYWHERE, true, false, 4, cell_numa },
	{ "ID", WIDE, false, false, 0, cell_ids },
	{ "CLASS", WIDE, false, false, 0, cell_class },
	{ "DRIVER", EVERYWHERE, false, false, 12, cell_driver },
	{ "VERDICT", EVERYWHERE, false, true, 10, cell_verdict },
	{ "SLOT", WIDE, false, false, 0, cell_slot },
	{ "LINK", WIDE, false, false, 0, cell_link },
	{ "RESET", WIDE, false, false, 0, cell_reset },
	{ "PATH", WIDE, false, false, 0, cell_path },
	{ "DEVICE, AND WHO USES IT", NARROW, false, false, 0, cell_device },
	{ "DEVICE", WIDE, false, false, 0, cell_device },
	{ "WHO USES IT, OR WHY NOT", WIDE, false, false, 0, cell_why },
};

#define N_COLUMNS ARRAY_SIZE(table)

struct line {
	enum assessment assessment;
	char *cells[N_COLUMNS]; /* NULL where the column is not shown */
	char *why;              /* below it, in the narrow table */
};

struct lines {
	struct line *list;
	size_t n;
	size_t widths[N_COLUMNS];
};

static void lines_done(struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++) {
		for (size_t c = 0; c < N_COLUMNS; c++)
			free(lines->list[i].cells[c]);
		free(lines->list[i].why);
	}
	free(lines->list);
}

static bool is_shown(const struct column *column, bool wide)
{
	return column->where == EVERYWHERE || column->where == (wide ? WIDE : NARROW);
}

static int line_fill(const struct row *row, bool wide, struct line *line, size_t *widths)
{
	line->assessment = row->assessment;
	for (size_t c = 0; c < N_COLUMNS; c++) {
		size_t width;

		if (!is_shown(&table[c], wide))
			continue;
		line->cells[c] = table[c].cell(row);
		if (!line->cells[c])
			return -ENOMEM;
		width = columns(line->cells[c]);
		if (!wide && table[c].most && width > table[c].most)
			width = table[c].most;
		if (width > widths[c])
			widths[c] = width;
	}
	if (!wide) {
		line->why = cell_why(row);
		if (!line->why)
			return -ENOMEM;
	}
	return 0;
}

static int lines_make(const struct host *host, const struct uses *uses, struct device *const *devices, size_t n, bool wide,
		      struct lines *ret)
{
	ret->list = calloc(n + 1, sizeof(*ret->list));
	if (!ret->list)
		return -ENOMEM;
	for (size_t c = 0; c < N_COLUMNS; c++)
		ret->widths[c] = is_shown(&table[c], wide) ? columns(table[c].title) : 0;
	for (size_t i = 0; i < n; i++) {
		struct row row = { .host = host, .uses = uses, .d = devices[i] };
		int r;

		r = device_assess(host, uses, devices[i], &row.assessment, &row.reasons);
		if (r < 0)
			return r;
		r = line_fill(&row, wide, &ret->list[ret->n++], ret->widths);
		strv_free(row.reasons);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The titles where `line` is NULL. */
static void line_print(const struct cli *cli, const struct lines *lines, const struct line *line, bool wide)
{
	size_t at = 0, width = wide ? (size_t)-1 : screen_width(cli), last = N_COLUMNS;

	for (size_t c = 0; c < N_COLUMNS; c++)
		if (is_shown(&table[c], wide))
			last = c;
	for (size_t c = 0; c <= last; c++) {
		const char *cell = line ? line->cells[c] : table[c].title;
		size_t room = lines->widths[c], used;
		const char *color = line && table[c].is_colored ? verdict_color(cli, line->assessment) : "";

		if (!is_shown(&table[c], wide))
			continue;
		if (c == last)
			room = width > at + 10 ? width - at : 10;
		used = columns(cell) < room ? columns(cell) : room;
		if (table[c].is_number)
			print_blanks(used, room);
		fputs(color, stdout);
		print_cut(cell, room);
		fputs(*color ? "\033[0m" : "", stdout);
		if (c != last && !table[c].is_number)
			print_blanks(used, room);
		at += room + 1;
		putchar(c == last ? '\n' : ' ');
	}
	if (line && line->why && *line->why) {
		printf("%*s", (int)lines->widths[0] + 1, "");
		print_cut(line->why, width > lines->widths[0] + 12 ? width - lines->widths[0] - 1 : 10);
		putchar('\n');
	}
}

int devices_print(const struct cli *cli, const struct host *host, const struct uses *uses, struct device *const *devices, size_t n, bool wide)
{
	_cleanup_(lines_done) struct lines lines = {};
	int r;

	r = lines_make(host, uses, devices, n, wide, &lines);
	if (r < 0)
		return r;
	if (n)
		line_print(cli, &lines, NULL, wide);
	for (size_t i = 0; i < n; i++)
		line_print(cli, &lines, &lines.list[i], wide);
	return 0;
}
