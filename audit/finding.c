/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings: what a check says of the host, with its evidence and the way out. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit/finding.h"
#include "common/cleanup.h"
#include "common/text.h"

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_PASS] = "pass", [VERDICT_WARN] = "warn",       [VERDICT_FAIL] = "fail",
		[VERDICT_SKIP] = "skip", [VERDICT_UNKNOWN] = "unknown",
	};

	return names[v];
}

static void set(struct report *report, char **field, const char *format, va_list ap)
{
	free(*field);
	if (vasprintf(field, format, ap) < 0) {
		*field = NULL;
		report->failed = true;
	}
}

void finding_set(struct report *report, struct finding *f, enum verdict verdict, const char *format, ...)
{
	va_list ap;

	f->verdict = verdict;
	va_start(ap, format);
	set(report, &f->summary, format, ap);
	va_end(ap);
}

void finding_remedy(struct report *report, struct finding *f, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set(report, &f->remedy, format, ap);
	va_end(ap);
}

void finding_evidence(struct report *report, struct finding *f, const char *path, const char *format, ...)
{
	struct evidence *grown = realloc(f->evidence, (f->n_evidence + 1) * sizeof(*grown));
	struct evidence e = {};
	va_list ap;

	if (!grown) {
		report->failed = true;
		return;
	}
	f->evidence = grown;
	va_start(ap, format);
	set(report, &e.value, format, ap);
	va_end(ap);
	e.path = strdup(path);
	if (!e.path)
		report->failed = true;
	f->evidence[f->n_evidence++] = e;
}

struct finding *report_add(struct report *r, const char *id, const char *layer)
{
	struct finding *grown = realloc(r->list, (r->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	r->list = grown;
	r->list[r->n] = (struct finding){ .id = id, .layer = layer, .verdict = VERDICT_UNKNOWN };
	return &r->list[r->n++];
}

static void finding_done(struct finding *f)
{
	for (size_t i = 0; i < f->n_evidence; i++) {
		free(f->evidence[i].path);
		free(f->evidence[i].value);
	}
	free(f->evidence);
	free(f->summary);
	free(f->remedy);
}

void report_drop(struct report *r, size_t index)
{
	finding_done(&r->list[index]);
	r->n--;
	memmove(&r->list[index], &r->list[index + 1], (r->n - index) * sizeof(*r->list));
}

void report_done(struct report *r)
{
	for (size_t i = 0; i < r->n; i++)
		finding_done(&r->list[i]);
	free(r->list);
	*r = (struct report){};
}

const struct finding *report_find(const struct report *r, const char *id)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_eq(r->list[i].id, id))
			return &r->list[i];
	return NULL;
}
