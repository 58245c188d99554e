/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan and its refusals as JSON and as text. */

#include <stdio.h>
#include <string.h>

#include "cli/view_plan.h"
#include "common/log.h"
#include "common/cleanup.h"
#include "common/text.h"

void view_refusals_json(const struct refusals *refusals, struct json_object *document)
{
	struct json_object *array = json_add_array(document, "refusals");

	for (size_t i = 0; i < refusals->n; i++) {
		struct json_object *o = json_object_new_object();

		json_add_string(o, "address", refusals->list[i].address);
		json_add_string(o, "rule", refusals->list[i].rule);
		json_add_string(o, "kind", refusals->list[i].kind);
		json_add_string(o, "reason", refusals->list[i].text);
		json_object_array_add(array, o);
	}
}

void view_plan_json(const struct plan *plan, const struct refusals *refusals, struct json_object *document)
{
	json_object_object_add(document, "changes", plan_to_json(plan));
	view_refusals_json(refusals, document);
	json_add_bool(document, "reboot_required", plan->needs_reboot);
}

static void print_diff(const struct cli *cli, const char *diff)
{
	_cleanup_free_ char *safe = text_escape_terminal(diff);
	char *save = NULL;

	for (char *line = safe ? strtok_r(safe, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		const char *color = !cli->color ? "" : *line == '+' ? "\033[32m" : *line == '-' ? "\033[31m" : "";

		printf("  %s%s%s\n", color, line, *color ? "\033[0m" : "");
	}
}

void view_plan_print(const struct cli *cli, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *c = &plan->list[i];
		_cleanup_free_ char *diff = change_diff(c), *safe = text_escape_field(c->target);
		bool is_path = c->kind == CHANGE_FILE || c->kind == CHANGE_DIRECTORY || c->kind == CHANGE_VALUE;

		printf("%zu. %s %s%s: %s\n", i + 1, change_ops(c->kind)->name, is_path ? "/" : "", safe ? safe : "", c->summary);
		if (diff && c->kind != CHANGE_DIRECTORY)
			print_diff(cli, diff);
	}
	if (plan->needs_reboot)
		printf("The changes take effect at the next boot.\n");
}

void view_refusals_print(const struct refusals *refusals)
{
	for (size_t i = 0; i < refusals->n; i++)
		log_error("refused (%s%s%s): %s", refusals->list[i].rule, *refusals->list[i].kind ? ", " : "", refusals->list[i].kind,
			  refusals->list[i].text);
	log_error("nothing was changed");
}
