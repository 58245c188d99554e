/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan on disk: plan.json, and the bytes of files beside it (journal.h has the layout). */
#pragma once

#include <stdint.h>

#include "installer/plan.h"

/* Everything is fsynced when this returns 0. *ret_checksum: of plan.json, which has those of the bytes beside it. */
int plan_store(int root_fd, unsigned transaction, const struct plan *plan, uint32_t *ret_checksum);
/* -EINVAL: not as plan_store() writes it; -EBADMSG: something was changed since, by `sum` (negative: not known) and those in it. */
int plan_load(int root_fd, unsigned transaction, int64_t sum, struct plan *ret);
/* The same from the text of plan.json; the bytes of files are read below the root. */
int plan_parse(int root_fd, unsigned transaction, const char *text, size_t size, struct plan *ret);
