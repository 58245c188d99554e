/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan and its refusals as JSON and as text. */
#pragma once

#include "cli/cli.h"
#include "common/json.h"
#include "installer/plan.h"
#include "passthrough/refusal.h"

/* Adds "refusals". */
void view_refusals_json(const struct refusals *refusals, struct json_object *document);
/* Adds "changes", "refusals" and "reboot_required". */
void view_plan_json(const struct plan *plan, const struct refusals *refusals, struct json_object *document);
/* The changes as a diff on stdout. */
void view_plan_print(const struct cli *cli, const struct plan *plan);
/* The refusals on stderr. */
void view_refusals_print(const struct refusals *refusals);
