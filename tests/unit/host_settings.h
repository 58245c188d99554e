/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host of a distribution, and what a spec's sections make of it: planned, carried out, taken back. */
#pragma once

#include "installer/transaction.h"
#include "tests/unit/tree.h"

/* Configuration as these distributions bring it, with what is found on hosts. */
extern const char *const distributions[]; /* NULL at the end */
void distribution_new(struct tree *t, const char *name);

extern bool spec_is_live; /* true; false: an image below --root */
/* Plans what this spec wishes; the refusals' texts in *ret_refused (new string, "" where there are none). */
int spec_plan(struct tree *t, const char *spec, struct plan *ret, char **ret_refused);
/* Plans it and carries it out. */
enum outcome spec_apply(struct tree *t, const char *spec);
/* Takes the last transaction back. */
enum outcome spec_undo(struct tree *t);
/* What is planned for that file: a new string; "(absent)" where it goes, NULL where nothing is planned for it. */
char *spec_planned(const struct plan *plan, const char *target);
/* All of it, but for slipway's memory. New string. */
char *spec_dump(struct tree *t);
