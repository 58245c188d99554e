/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a handover: who has what now, and how that is known. */

#include <stdio.h>

#include "cli/handover_view.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"

static void print_proof(const struct proofs *proofs, const struct change *c)
{
	for (size_t i = 0; i < proofs->n; i++) {
		const struct proof *p = &proofs->list[i];
		_cleanup_free_ char *text = text_escape_field(p->text);

		if (p->target != c->target)
			continue;
		if (p->is_missing)
			log_warning("%s: %s", p->target, p->text);
		else
			printf("  %s\n", text ? text : "");
	}
}

void handover_print(const struct plan *plan, const struct proofs *proofs, const char *guest)
{
	_cleanup_free_ char *safe = text_escape_field(guest);

	if (!plan->n)
		printf("Nothing to do: guest %s has the devices already.\n", safe ? safe : "");
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *c = &plan->list[i];
		_cleanup_free_ char *name = c->guest ? text_escape_field(c->guest) : NULL;

		if (c->kind == CHANGE_MEDIATED && name)
			printf("crypto queues were added to those of guest %s%s%s\n", name, c->live ? ", now" : "", c->saved ? ", at each boot" : "");
		if (c->kind != CHANGE_HOSTDEV)
			continue;
		printf("%s %s guest %s%s%s\n", c->target, c->attach ? "went to" : "came back from", name ? name : "", c->live ? ", running" : "",
		       c->saved ? ", saved definition" : "");
		print_proof(proofs, c);
	}
}

void handover_json(const struct proofs *proofs, struct json_object *document)
{
	struct json_object *array = json_add_array(document, "proofs");

	for (size_t i = 0; i < proofs->n; i++) {
		const struct proof *p = &proofs->list[i];
		struct json_object *o = json_object_new_object();

		json_add_string(o, "target", p->target);
		json_add_string(o, "guest", p->guest);
		json_add_string(o, "by", p->by);
		json_add_string(o, "serial", p->serial);
		json_add_bool(o, "missing", p->is_missing);
		json_add_string(o, "text", p->text);
		json_object_array_add(array, o);
	}
}
