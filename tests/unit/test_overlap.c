/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions that are taken back in any order, what stands in the way of that, and what has drifted. */

#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/drift.h"
#include "installer/overlap.h"
#include "installer/transaction.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define BOOT_ID "proc/sys/kernel/random/boot_id"

/* One transaction of its own that gives a file a content (NULL: takes it away). */
static void set(struct tree *t, const char *path, const char *content)
{
	_cleanup_(journal_done) struct journal j = {};
	_cleanup_(plan_done) struct plan plan = {};
	const struct site site = { .root_fd = t->fd };

	if (journal_read(t->fd, &j) < 0 || plan_want_file(&plan, t->fd, path, content, 0644, "x") != 1 ||
	    transaction_apply(&site, &j, "apply", &plan) != OUTCOME_DONE)
		abort();
}

static enum outcome undo(struct tree *t, unsigned id)
{
	_cleanup_(journal_done) struct journal j = {};
	const struct site site = { .root_fd = t->fd };

	if (journal_read(t->fd, &j) < 0)
		abort();
	return transaction_undo(&site, &j, journal_find(&j, id));
}

/* What stands in the way of a rollback, in one string. */
static char *in_the_way(struct tree *t, unsigned id)
{
	_cleanup_(journal_done) struct journal j = {};
	_cleanup_(strv_freep) char **found = NULL;
	char *text;

	if (journal_read(t->fd, &j) < 0 || overlap_find(&j, journal_find(&j, id), &found) < 0)
		abort();
	for (char **line = found; line && *line; line++) {
		char *when = strstr(*line, " of 20");

		/* Without the time. */
		memmove(when, when + strlen(" of 2026-01-01T00:00:00Z"), strlen(when) + 1 - strlen(" of 2026-01-01T00:00:00Z"));
	}
	text = strv_join(found, "; ");
	if (!text)
		abort();
	return text;
}

static char *drift(struct tree *t)
{
	_cleanup_(drifts_done) struct drifts drifts = {};
	_cleanup_(journal_done) struct journal j = {};
	const struct site site = { .root_fd = t->fd };
	struct text text = {};

	if (journal_read(t->fd, &j) < 0 || drifts_find(&site, &j, &drifts) < 0)
		abort();
	text_append(&text, "");
	for (size_t i = 0; i < drifts.n; i++)
		text_printf(&text, "%u %s: %s\n", drifts.list[i].transaction, drifts.list[i].target, drifts.list[i].what);
	return text_take(&text);
}

TEST(changes_of_the_same_thing_overlap)
{
	static const struct {
		struct change earlier, later;
		bool overlap;
	} rows[] = {
#define CHANGE(k, t) { .kind = CHANGE_##k, .target = (char *)(t) }
		{ CHANGE(FILE, "etc/a"), CHANGE(FILE, "etc/a"), true },
		{ CHANGE(FILE, "etc/a"), CHANGE(FILE, "etc/ab"), false },
		{ CHANGE(DIRECTORY, "etc/a"), CHANGE(FILE, "etc/a/b"), true },
		{ CHANGE(DIRECTORY, "etc/a"), CHANGE(DIRECTORY, "etc/a/b"), true },
		{ CHANGE(DIRECTORY, "etc/a"), CHANGE(FILE, "etc/ab"), false },
		{ CHANGE(FILE, "etc/a/b"), CHANGE(DIRECTORY, "etc/a"), false },
		{ CHANGE(DRIVER, "0000:05:00.0"), CHANGE(DRIVER, "0000:05:00.0"), true },
		{ CHANGE(DRIVER, "0000:05:00.0"), CHANGE(DRIVER, "0000:06:00.0"), false },
		{ CHANGE(DRIVER, "0000:05:00.0"), CHANGE(HOSTDEV, "0000:05:00.0"), true },
		{ CHANGE(DRIVER, "same"), CHANGE(FILE, "same"), false },
		{ CHANGE(DOMAIN, "g"), CHANGE(DOMAIN, "g"), true },
		{ CHANGE(DOMAIN, "g"), { .kind = CHANGE_HOSTDEV, .target = (char *)"0000:05:00.0", .guest = (char *)"g" }, true },
		{ CHANGE(DOMAIN, "g"), { .kind = CHANGE_HOSTDEV, .target = (char *)"0000:05:00.0", .guest = (char *)"h" }, false },
		{ CHANGE(EFIVAR, "BootNext-x"), CHANGE(EFIVAR, "BootNext-x"), true },
		{ CHANGE(EFIVAR, "BootNext-x"), CHANGE(EFIVAR, "BootOrder-x"), false },
		{ CHANGE(COMMAND, "update-grub"), CHANGE(COMMAND, "update-grub"), false },
		{ CHANGE(POOL, "a"), CHANGE(POOL, "a"), true },
		{ CHANGE(LIBVIRT_NETWORK, "a"), CHANGE(LIBVIRT_NETWORK, "a"), true },
		{ CHANGE(POOL, "a"), CHANGE(LIBVIRT_NETWORK, "a"), false },
		{ CHANGE(POOL, "a"), CHANGE(DOMAIN, "a"), false },
		{ CHANGE(POOL, "a"), CHANGE(POOL, "b"), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_ROW(rows[i].later.target, changes_overlap(&rows[i].earlier, &rows[i].later) == rows[i].overlap);
}

TEST(what_does_not_overlap_is_taken_back_in_any_order)
{
	static const unsigned orders[][3] = { { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		_cleanup_free_ char *before = NULL, *after = NULL;
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "etc/a", "old\n");
		before = tree_dump(&t);
		set(&t, "etc/a", "new\n");
		set(&t, "etc/b", "new\n");
		set(&t, "etc/c", "new\n");
		for (size_t k = 0; k < 3; k++) {
			_cleanup_free_ char *way = in_the_way(&t, orders[i][k]);

			CHECK_STR(way, "");
			CHECK(undo(&t, orders[i][k]) == OUTCOME_DONE);
		}
		tree_remove(&t, "var");
		after = tree_dump(&t);
		CHECK_STR(after, before);
	}
}

TEST(later_changes_in_the_way_are_named)
{
	_cleanup_free_ char *first = NULL, *second = NULL, *third = NULL, *again = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	set(&t, "new/folder/a", "1\n");
	set(&t, "new/folder/a", "2\n");
	set(&t, "new/folder/b", "3\n");
	first = in_the_way(&t, 1);
	CHECK_STR(first, "transaction 3 (apply): file /new/folder/b; transaction 2 (apply): file /new/folder/a");
	second = in_the_way(&t, 2);
	CHECK_STR(second, "");
	third = in_the_way(&t, 3);
	CHECK_STR(third, "");
	CHECK(undo(&t, 2) == OUTCOME_DONE);
	again = in_the_way(&t, 1);
	CHECK_STR(again, "transaction 3 (apply): file /new/folder/b");
}

TEST(what_could_not_be_taken_back_is_still_in_the_way)
{
	_cleanup_free_ char *way = NULL, *freed = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	set(&t, "etc/a", "1\n");
	set(&t, "etc/a", "2\n");
	/* A folder in its place can be neither read nor replaced. */
	tree_remove(&t, "etc/a");
	tree_folder(&t, "etc/a");
	CHECK(undo(&t, 2) == OUTCOME_BROKEN);
	way = in_the_way(&t, 1);
	CHECK_STR(way, "transaction 2 (apply): file /etc/a");
	tree_remove(&t, "etc/a");
	tree_put(&t, "etc/a", "2\n");
	CHECK(undo(&t, 2) == OUTCOME_DONE);
	freed = in_the_way(&t, 1);
	CHECK_STR(freed, "");
	free(stderr_caught());
}

static void bind(struct tree *t, const char *address)
{
	_cleanup_(journal_done) struct journal j = {};
	_cleanup_(plan_done) struct plan plan = {};
	struct transaction *transaction;
	struct change *c;

	if (journal_read(t->fd, &j) < 0 || !(c = plan_add(&plan, CHANGE_DRIVER, address)) || !(c->summary = strdup("x")) ||
	    !(c->driver_after = strdup("vfio-pci")) || journal_begin(&j, "bind", &plan, NULL, &transaction) < 0 ||
	    journal_append(&j, transaction, "applying", 0, NULL) < 0 || journal_append(&j, transaction, "committed", -1, NULL) < 0)
		abort();
}

TEST(a_binding_of_an_earlier_boot_is_in_nobodys_way)
{
	_cleanup_free_ char *same = NULL, *next = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, BOOT_ID, "first\n");
	bind(&t, "0000:05:00.0");
	bind(&t, "0000:05:00.0");
	same = in_the_way(&t, 1);
	CHECK_STR(same, "transaction 2 (bind): driver 0000:05:00.0");
	tree_put(&t, BOOT_ID, "second\n");
	next = in_the_way(&t, 1);
	CHECK_STR(next, "");
	/* And there is nothing of it to take back: no such device is looked for. */
	CHECK(undo(&t, 1) == OUTCOME_DONE);
}

TEST(drift_is_found_in_every_transaction_that_stands)
{
	_cleanup_free_ char *none = NULL, *some = NULL, *less = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "etc/gone", "x\n");
	set(&t, "etc/a", "1\n");
	set(&t, "etc/b", "1\n");
	set(&t, "etc/b", "2\n");
	set(&t, "etc/c", "1\n");
	set(&t, "etc/d", "1\n");
	set(&t, "etc/gone", NULL);
	none = drift(&t);
	CHECK_STR(none, "");
	tree_put(&t, "etc/a", "mine\n");
	tree_put(&t, "etc/b", "1\n");
	tree_remove(&t, "etc/c");
	CHECK(fchmodat(t.fd, "etc/d", 0600, 0) == 0);
	tree_put(&t, "etc/gone", "x\n");
	some = drift(&t);
	CHECK_STR(some, "1 /etc/a: its content was changed\n3 /etc/b: its content was changed\n4 /etc/c: it is missing\n"
			"5 /etc/d: its mode was changed\n6 /etc/gone: it is there again\n");
	/* What the second transaction has left is what stands now. */
	CHECK(undo(&t, 3) == OUTCOME_DONE);
	less = drift(&t);
	CHECK(less && !strstr(less, "etc/b"));
}

TEST(the_way_back_knows_which_libvirt_was_meant)
{
	_cleanup_(journal_done) struct journal j = {}, again = {};
	_cleanup_(plan_done) struct plan plan = {};
	struct site site = { .libvirt_uri = "test:///elsewhere" };
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	site.root_fd = t.fd;
	CHECK(plan_want_file(&plan, t.fd, "etc/a", "x\n", 0644, "x") == 1 && journal_read(t.fd, &j) == 0);
	CHECK(transaction_apply(&site, &j, "define", &plan) == OUTCOME_DONE);
	CHECK(journal_read(t.fd, &again) == 0 && again.n == 1);
	CHECK_STR(again.list[0].connection, "test:///elsewhere");
}

TEST_MAIN()
