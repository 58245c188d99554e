/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places: the files in which a bootloader keeps kernel command lines, edited where they stand.
 *
 * These files are others'. What slipway did to each is remembered in one file of its own, so that the next plan starts
 * from what the administrator wrote:
 *
 *   /etc/slipway/arguments.json   {"boot/loader/entries/a.conf": ["", "slipway.bind=1", "intel_iommu=off", ""], ...}
 *
 * for each file pairs of what was there and what is there now; "" is nothing. A boot entry's name stands there without its
 * count of tries, which changes with every boot.
 */
#pragma once

#include "detect/host.h"
#include "installer/cmdline_file.h"
#include "installer/plan.h"

#define ARGUMENTS_FILE "etc/slipway/arguments.json"

struct place {
	char *path;       /* below the root */
	const struct cmdline_format *format;
	char *base;       /* what it would hold, where it is not there: NULL: nothing */
};

struct places {
	struct place *list;
	size_t n;
	size_t model;     /* number (from 1) of the place that new ones are made of: one without a record is like that; 0: none */
};

void places_done(struct places *places);
/* A file that is there or not; -ENOMEM. */
int places_add(struct places *places, const struct cmdline_format *format, const char *path);

/*
 * Plans that the command lines in these files are as wished, starting from them without slipway's earlier edits, and that
 * the record says so. 1: something was added to the plan, 0: nothing to do; negative after it was said which file cannot
 * be read or edited, and why.
 */
int places_plan(const struct host *host, const struct places *places, const struct argument_wish *wish, struct plan *plan);
/* The arguments in the first of these files, without slipway's edits: what the administrator has set. Failures as above. */
int places_foreign(const struct host *host, const struct places *places, struct cmdline *ret);

/* What the record says of a thing that is no file, and the plan that it says this instead. Failures as above. */
int place_record(int root_fd, const char *name, struct argument_edits *ret);
int place_plan_record(int root_fd, const char *name, const struct argument_edits *edits, struct plan *plan);
