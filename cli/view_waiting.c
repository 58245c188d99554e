/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that wait, or have waited, as status tells of them. */

#include <stdio.h>
#include <string.h>

#include "cli/view_waiting.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/guests_pending.h"

/* Of the guests that wait, or of the last that have waited. None: nothing is told. */
static int find_guests(const struct cli *cli, const struct journal *j, struct pending_guests *ret)
{
	_cleanup_(pending_guests_done) struct pending_guests g = {};
	_cleanup_(allowances_done) struct allowances allowed = {};
	_cleanup_(wishes_done) struct wishes wishes = {};
	_cleanup_free_ char *text = NULL;
	struct transaction *t;
	size_t size;
	int r;

	r = guests_pending_owner(j, &t);
	if (r < 0)
		return r;
	if (t) {
		r = pending_guests_read(cli->root_fd, t->id, &g);
		if (r >= 0 && guests_pending_read(cli->root_fd, &wishes, &allowed) >= 0)
			r = pending_guests_fill(&g, &wishes);
	} else if (fs_read(cli->root_fd, &text, &size, GUESTS_RECORD) >= 0 && pending_guests_parse(text, size, &g) >= 0) {
		t = journal_find(j, g.transaction);
		if (!t || !transaction_stands(t))
			return 0;
	}
	if (r >= 0)
		*ret = TAKE(g);
	return r;
}

static void print_list(const struct pending_guest *list, size_t n, const char *kind, const char *otherwise, const char *given_up)
{
	for (size_t i = 0; i < n; i++) {
		const struct pending_guest *one = &list[i];
		_cleanup_free_ char *name = text_escape_field(one->name), *reason = one->reason ? text_escape_field(one->reason) : NULL;

		if (one->progress == PROGRESS_FAILED || (one->progress == PROGRESS_DONE && reason))
			printf("%s%s: %s%s.\n", kind, name ? name : "", reason ? reason : "it was given up",
			       one->progress == PROGRESS_FAILED ? given_up : "");
		else if (one->progress != PROGRESS_DONE)
			printf("%s%s waits: %s.\n", kind, name ? name : "", reason ? reason : otherwise);
	}
}

int view_waiting_print(const struct cli *cli, const struct journal *j)
{
	_cleanup_(pending_guests_done) struct pending_guests g = {};
	int r = find_guests(cli, j, &g);

	print_list(g.objects, g.n_objects, "libvirt's ", "slipway-guests.service makes it at the next boot", "; given up: 'slipway apply' tries again");
	print_list(g.list, g.n, "Guest ", "slipway-guests.service defines it at the next boot", "");
	return r;
}

static void add_progress(struct json_object *o, const struct pending_guest *g)
{
	json_add_string(o, "state", guest_progress_name(g->progress));
	json_add_string(o, "reason", g->reason);
}

static void add_objects(struct json_object *document, const struct pending_guests *g)
{
	struct json_object *array = json_add_array(document, "objects");

	for (size_t i = 0; i < g->n_objects; i++) {
		struct json_object *o = json_object_new_object();
		const char *name = strchr(g->objects[i].name, ' ');

		json_add_string(o, "kind", str_starts(g->objects[i].name, "pool ") ? "pool" : "network");
		json_add_string(o, "name", name ? name + 1 : "");
		add_progress(o, &g->objects[i]);
		json_object_array_add(array, o);
	}
}

int view_waiting_json(const struct cli *cli, const struct journal *j, struct json_object *document)
{
	_cleanup_(pending_guests_done) struct pending_guests g = {};
	struct json_object *array;
	int r = find_guests(cli, j, &g);

	if (r < 0 || !g.n_objects)
		json_add_null(document, "objects");
	else
		add_objects(document, &g);
	if (r < 0 || !g.n)
		return json_add_null(document, "guests"), r;
	array = json_add_array(document, "guests");
	for (size_t i = 0; i < g.n; i++) {
		struct json_object *o = json_object_new_object();

		json_add_string(o, "name", g.list[i].name);
		add_progress(o, &g.list[i]);
		json_object_array_add(array, o);
	}
	return 0;
}
