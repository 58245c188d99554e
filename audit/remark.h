/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remarks on kernel arguments: those that harm, that do nothing, or that one should know of. */
#pragma once

#include "audit/finding.h"
#include "detect/cmdline.h"
#include "detect/cpu.h"

struct remark {
	const char *argument;   /* borrowed from the command line */
	enum verdict verdict;   /* FAIL: it harms; WARN: it weakens, or does not do what it seems to; PASS: to know of */
	const char *reason;     /* static */
};

struct remarks {
	struct remark *list;    /* in the order of the arguments */
	size_t n;
};

/* `iommu_table` as struct firmware has it, or NULL. -ENOMEM. */
int remarks_find(const struct cmdline *c, enum cpu_vendor vendor, const char *iommu_table, struct remarks *ret);
void remarks_done(struct remarks *r);
