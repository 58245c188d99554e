/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan on disk: plan.json, and the bytes of files beside it (journal.h has the layout). */
#pragma once

#include "installer/plan.h"

/* Everything is fsynced when this returns 0. */
int plan_store(int root_fd, unsigned transaction, const struct plan *plan);
/* -EINVAL: not as plan_store() writes it. */
int plan_load(int root_fd, unsigned transaction, struct plan *ret);
/* The same from the text of plan.json; the bytes of files are read below the root. */
int plan_parse(int root_fd, unsigned transaction, const char *text, size_t size, struct plan *ret);
