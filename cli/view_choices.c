/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choices of a profile, for people and as JSON. */

#include <string.h>

#include "cli/view_choices.h"
#include "common/cleanup.h"
#include "common/text.h"

static char *evidence(const struct choice *c)
{
	if (!c->path)
		return strdup("");
	return c->seen ? text_format(" (%s: %s)", c->path, c->seen) : text_format(" (%s)", c->path);
}

void view_choices_print(FILE *out, const struct choices *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct choice *choice = &c->list[i];
		_cleanup_free_ char *seen = evidence(choice);
		_cleanup_free_ char *line = seen ? text_format("%-15s %s: %s%s", choice->what, choice->value, choice->why, seen) : NULL;
		_cleanup_free_ char *safe = line ? text_escape_field(line) : NULL;

		fprintf(out, "%s\n", safe ? safe : "out of memory");
	}
}

void view_choices_json(const struct choices *c, struct json_object *document)
{
	struct json_object *array = json_add_array(document, "choices");

	for (size_t i = 0; i < c->n; i++) {
		struct json_object *o = json_object_new_object(), *list, *one;

		json_add_string(o, "what", c->list[i].what);
		json_add_string(o, "value", c->list[i].value);
		json_add_string(o, "why", c->list[i].why);
		list = json_add_array(o, "evidence");
		if (c->list[i].path) {
			one = json_object_new_object();
			json_add_string(one, "path", c->list[i].path);
			json_add_string(one, "value", c->list[i].seen);
			json_object_array_add(list, one);
		}
		json_object_array_add(array, o);
	}
}
