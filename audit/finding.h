/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings: what a check says of the host, with its evidence and the way out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum verdict { VERDICT_PASS, VERDICT_WARN, VERDICT_FAIL, VERDICT_SKIP, VERDICT_UNKNOWN };

struct evidence {
	char *path;   /* where it was seen: "/sys/kernel/iommu_groups" */
	char *value;  /* what was seen there */
};

struct finding {
	const char *id;       /* static: "iommu.enabled" */
	const char *layer;    /* static: "cpu" */
	enum verdict verdict;
	bool is_required;     /* a fail here means that the host is not ready */
	bool heals_at_reboot; /* a fail that the next boot mends by itself */
	char *summary;
	struct evidence *evidence;
	size_t n_evidence;
	char *remedy;         /* NULL: nothing to do */
};

struct report {
	struct finding *list; /* in the order of the layers */
	size_t n;
	bool failed;          /* memory ran out on the way */
};

const char *verdict_name(enum verdict v);
/* printf into a field of the finding; a failure is kept in the report. */
void finding_set(struct report *report, struct finding *f, enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void finding_remedy(struct report *report, struct finding *f, const char *format, ...) __attribute__((format(printf, 3, 4)));
void finding_evidence(struct report *report, struct finding *f, const char *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* One more finding behind the others, unknown until something is set; NULL: out of memory. It stays where it is until the next one is added. */
struct finding *report_add(struct report *r, const char *id, const char *layer);
/* Without this finding; the others stay in their order. */
void report_drop(struct report *r, size_t index);
void report_done(struct report *r);
const struct finding *report_find(const struct report *r, const char *id);
