/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that wait: the marker that a plan leaves, and the record of how far each is. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/guests_pending.h"
#include "installer/spec.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define SPEC "version: 1\npassthrough: [{ device: class=nvme }]\nguests: [{ name: a, profile: uefi }, { name: \"b\\\"\", profile: bios }]\n"

static void wish(struct wishes *w)
{
	CHECK(spec_parse(SPEC, "host.yaml", w) == 0);
	w->spec = strdup(SPEC);
	w->spec_file = strdup("host.yaml");
}

TEST(the_marker_says_again_what_was_wished_for)
{
	_cleanup_tree_ struct tree tree;
	_cleanup_(plan_done) struct plan plan = {}, again = {}, gone = {};
	_cleanup_(wishes_done) struct wishes w = {}, back = {};
	_cleanup_(allowances_done) struct allowances allowed = {}, back_allowed = {};

	tree_new(&tree);
	wish(&w);
	CHECK(allowances_add(&allowed, "0000:05:00.0=data") == 0);
	CHECK(guests_pending_read(tree.fd, &back, &back_allowed) == -ENOENT);
	CHECK(guests_pending_plan(tree.fd, &w, &allowed, true, &plan) == 0);
	CHECK(plan.n == 1 && plan.list[0].phase == PHASE_GUESTS && plan.list[0].mode == 0600 && change_is_marker(&plan.list[0]));
	tree_put(&tree, GUESTS_PENDING, "%s", plan.list[0].after.data);
	CHECK(guests_pending_plan(tree.fd, &w, &allowed, true, &again) == 0 && again.n == 0);
	CHECK(guests_pending_read(tree.fd, &back, &back_allowed) == 0);
	CHECK(back.guests.n == 2 && str_eq(guest_settings_find(&back.guests.list[1], "name"), "b\""));
	CHECK(back.n_passthrough == 2 && str_eq(back.passthrough[1].selector, "class=nvme"));
	CHECK(back_allowed.n == 1 && str_eq(back_allowed.list[0].address, "0000:05:00.0") && str_eq(back_allowed.list[0].kind, "data"));
	/* When none waits any more, it goes. */
	CHECK(guests_pending_plan(tree.fd, &w, &allowed, false, &gone) == 0 && gone.n == 1 && gone.list[0].before.exists && !gone.list[0].after.exists);
}

TEST(where_nothing_waits_there_is_no_marker)
{
	static const enum guest_standing standings[] = { GUEST_COMES, GUEST_AS_WISHED, GUEST_DIFFERS, GUEST_WAITS };
	_cleanup_tree_ struct tree tree;
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_(wishes_done) struct wishes w = {};

	tree_new(&tree);
	wish(&w);
	CHECK(guests_pending_plan(tree.fd, &w, NULL, false, &plan) == 0 && plan.n == 0);
	for (size_t i = 0; i < ARRAY_SIZE(standings); i++) {
		struct guest_note list[] = { { .standing = GUEST_COMES }, { .standing = standings[i] } };
		const struct guest_notes notes = { .list = list, .n = 2 };

		CHECK(guest_notes_wait(&notes) == (standings[i] == GUEST_WAITS));
	}
}

TEST(a_marker_that_is_none_is_said)
{
	static const char *const texts[] = { "", "{", "{}", "{\"spec\": 1}", "{\"spec\": \"version: 9\"}", "{\"spec\": \"version: 1\", \"allow\": [\"x\"]}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_tree_ struct tree tree;
		_cleanup_(allowances_done) struct allowances allowed = {};
		_cleanup_(wishes_done) struct wishes w = {};
		_cleanup_free_ char *said = NULL;

		tree_new(&tree);
		tree_put(&tree, GUESTS_PENDING, "%s", texts[i]);
		CHECK(guests_pending_read(tree.fd, &w, &allowed) == -EINVAL && !w.guests.n);
		said = stderr_caught();
		CHECK(strstr(said, "error: ") != NULL);
	}
}

TEST(a_record_is_read_as_it_was_written)
{
	_cleanup_(pending_guests_done) struct pending_guests g = { .transaction = 7 }, back = {}, other = {};
	_cleanup_tree_ struct tree tree;
	_cleanup_(wishes_done) struct wishes w = {};

	tree_new(&tree);
	wish(&w);
	tree_folder(&tree, JOURNAL_FOLDER);
	CHECK(pending_guests_fill(&g, &w) == 0 && g.n == 2 && !pending_guests_are_settled(&g));
	CHECK(pending_guests_fill(&g, &w) == 0 && g.n == 2);
	pending_guest_set(&g.list[0], PROGRESS_DONE, NULL);
	pending_guest_set(&g.list[1], PROGRESS_DEFINED, strdup("a \"reason\"\n"));
	g.list[1].attempts = 2;
	CHECK(!pending_guests_are_settled(&g));
	CHECK(pending_guests_write(tree.fd, &g) == 0 && pending_guests_read(tree.fd, 7, &back) == 0);
	CHECK(back.transaction == 7 && back.n == 2 && back.list[0].progress == PROGRESS_DONE && !back.list[0].reason);
	CHECK(back.list[1].progress == PROGRESS_DEFINED && back.list[1].attempts == 2 && str_eq(back.list[1].reason, "a \"reason\"\n"));
	pending_guest_set(&back.list[1], PROGRESS_FAILED, NULL);
	CHECK(pending_guests_are_settled(&back));
	/* That of another apply is not this one's. */
	CHECK(pending_guests_read(tree.fd, 8, &other) == 0 && other.n == 0 && other.transaction == 8);
}

TEST(a_record_that_is_none_is_an_error)
{
	static const char *const texts[] = {
		"", "[]", "{}", "{\"transaction\": 1}", "{\"transaction\": 0, \"guests\": []}", "{\"transaction\": -3, \"guests\": []}",
		"{\"transaction\": 1, \"guests\": [{}]}", "{\"transaction\": 1, \"guests\": [{\"name\": \"a\", \"state\": \"odd\"}]}",
		"{\"transaction\": 1, \"guests\": [{\"state\": \"done\"}]}", "{\"transaction\": 1, \"guests\": [{\"name\": \"a\", \"state\": \"done\", \"attempts\": -1}]}",
		"{\"transaction\": 1, \"guests\": [\"a\"]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(pending_guests_done) struct pending_guests g = {};

		CHECK(pending_guests_parse(texts[i], strlen(texts[i]), &g) == -EINVAL && !g.n);
	}
}

TEST(what_guests_rest_on_is_in_the_record_too)
{
	_cleanup_(pending_guests_done) struct pending_guests g = { .transaction = 7 }, back = {};
	_cleanup_(wishes_done) struct wishes w = {};
	_cleanup_free_ char *text = NULL;

	w.objects.pools = calloc(1, sizeof(*w.objects.pools));
	w.objects.networks = calloc(1, sizeof(*w.objects.networks));
	w.objects.n_pools = w.objects.n_networks = 1;
	w.objects.pools[0].name = strdup("images");
	w.objects.networks[0].name = strdup("images");
	CHECK(pending_guests_fill(&g, &w) == 0 && pending_guests_fill(&g, &w) == 0 && g.n_objects == 2 && !g.n);
	CHECK(!pending_guests_are_settled(&g) && !pending_objects_find(&g, "pool", "image") && !pending_objects_find(&g, "poo", "l images"));
	pending_guest_set(pending_objects_find(&g, "pool", "images"), PROGRESS_DONE, NULL);
	CHECK(!pending_guests_are_settled(&g));
	pending_guest_set(pending_objects_find(&g, "network", "images"), PROGRESS_FAILED, strdup("no bridge"));
	CHECK(pending_guests_are_settled(&g));
	text = pending_guests_format(&g);
	CHECK(pending_guests_parse(text, strlen(text), &back) == 0 && back.n_objects == 2 && back.transaction == 7);
	CHECK_STR(pending_objects_find(&back, "network", "images")->reason, "no bridge");
}

TEST_MAIN()
