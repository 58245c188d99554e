/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's guests, as plan and apply tell of them. */

#include <stdio.h>

#include "cli/view_guests.h"
#include "common/cleanup.h"
#include "common/text.h"

bool view_guests_are_as_wished(const struct guest_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		if (notes->list[i].standing != GUEST_AS_WISHED)
			return false;
	return true;
}

static void print_difference(const char *kind, const struct difference *d)
{
	_cleanup_free_ char *wanted = d->wanted ? text_escape_field(d->wanted) : NULL, *found = d->found ? text_escape_field(d->found) : NULL;

	printf("  %s: the spec has %s, the %s %s\n", d->what, wanted ? wanted : "none", kind, found ? found : "none");
}

static void print_notes(const char *title, const char *kind, const struct guest_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		const struct guest_note *note = &notes->list[i];
		_cleanup_free_ char *name = text_escape_field(note->name), *reason = note->reason ? text_escape_field(note->reason) : NULL;

		if (note->standing == GUEST_WAITS)
			printf("%s %s waits: %s.\n", title, name ? name : "", reason ? reason : "");
		if (note->standing == GUEST_DIFFERS)
			printf("%s %s is there, and otherwise than in the spec; it is left as it is:\n", title, name ? name : "");
		for (size_t k = 0; k < note->differences.n; k++)
			print_difference(kind, &note->differences.list[k]);
	}
}

void view_guests_print(const struct guest_notes *notes)
{
	print_notes("Guest", "guest", notes);
}

void view_objects_print(const struct object_notes *notes)
{
	print_notes("Storage pool", "pool", &notes->pools);
	print_notes("Network", "network", &notes->networks);
}

static void notes_json(const char *key, const struct guest_notes *notes, struct json_object *document)
{
	struct json_object *array = json_add_array(document, key);

	for (size_t i = 0; i < notes->n; i++) {
		const struct guest_note *note = &notes->list[i];
		struct json_object *o = json_object_new_object(), *list;

		json_add_string(o, "name", note->name);
		json_add_string(o, "standing", guest_standing_name(note->standing));
		json_add_string(o, "reason", note->reason);
		list = json_add_array(o, "differences");
		for (size_t k = 0; k < note->differences.n; k++) {
			struct json_object *d = json_object_new_object();

			json_add_string(d, "what", note->differences.list[k].what);
			json_add_string(d, "wanted", note->differences.list[k].wanted);
			json_add_string(d, "found", note->differences.list[k].found);
			json_object_array_add(list, d);
		}
		json_object_array_add(array, o);
	}
}

void view_guests_json(const struct guest_notes *notes, struct json_object *document)
{
	notes_json("guests", notes, document);
}

void view_objects_json(const struct object_notes *notes, struct json_object *document)
{
	if (notes->pools.n)
		notes_json("pools", &notes->pools, document);
	if (notes->networks.n)
		notes_json("networks", &notes->networks, document);
}
