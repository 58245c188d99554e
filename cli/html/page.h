/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit as one page that needs nothing else: no network, no other file. */
#pragma once

#include "audit/audit.h"
#include "cli/html/box.h"
#include "common/text.h"
#include "passthrough/assess.h"

struct page {
	const struct host *host;      /* borrowed */
	const struct uses *uses;      /* borrowed */
	const struct report *report;  /* borrowed */
	struct appraisal *appraisals; /* of each device, in the host's order */
};

/* The whole page as a new string. -ENOMEM. */
int html_page(const struct host *host, const struct uses *uses, const struct report *report, char **ret);

/* Its parts. */
void page_add_drawing(struct text *t, const struct page *page, const struct box *machine);
void page_add_devices(struct text *t, const struct page *page);
const struct appraisal *page_appraisal(const struct page *page, const struct device *d);
/* How a device is coloured: by its verdict, or "carrier" for what carries others and never goes to a guest. */
const char *page_kind(const struct page *page, const struct device *d);
/* An icon of the sheet at the page's head. */
void page_add_icon(struct text *t, const char *name);
/* ID="LEAD NAME" with the name escaped: short words for what occurs often. */
void html_attribute(struct text *t, const char *name, const char *value);
