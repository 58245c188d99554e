/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first boot of an image: which step comes next, and the record that says how far it came. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/first_boot.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

TEST(each_state_has_its_next_step)
{
	static const struct {
		const char *name;
		enum first_boot_state state;
		unsigned attempts;
		bool waits;
		const char *wrote, *now; /* boot ids */
		enum first_boot_step wanted;
	} rows[] = {
		{ "an ordinary host", FIRST_BOOT_NONE, 0, false, NULL, "a", STEP_NOTHING },
		{ "something waits", FIRST_BOOT_NONE, 0, true, NULL, "a", STEP_CARRY_OUT },
		{ "it is over", FIRST_BOOT_DONE, 1, false, "a", "b", STEP_NOTHING },
		{ "it failed", FIRST_BOOT_FAILED, 3, false, "a", "b", STEP_NOTHING },
		{ "a new one after the end", FIRST_BOOT_DONE, 3, true, "a", "a", STEP_CARRY_OUT },
		{ "a new one after a failure", FIRST_BOOT_FAILED, 3, true, "a", "a", STEP_CARRY_OUT },
		{ "cut off once", FIRST_BOOT_UNDER_WAY, 1, true, "a", "b", STEP_CARRY_OUT },
		{ "cut off with all done but the end", FIRST_BOOT_UNDER_WAY, 1, false, "a", "b", STEP_CARRY_OUT },
		{ "cut off twice", FIRST_BOOT_UNDER_WAY, 2, true, "a", "b", STEP_CARRY_OUT },
		{ "cut off three times", FIRST_BOOT_UNDER_WAY, 3, true, "a", "b", STEP_GIVE_UP },
		{ "cut off very often", FIRST_BOOT_UNDER_WAY, 4000000000, false, "a", "b", STEP_GIVE_UP },
		{ "the reboot is still to come", FIRST_BOOT_REBOOTING, 1, false, "a", "a", STEP_WAIT },
		{ "and something new does not hurry it", FIRST_BOOT_REBOOTING, 1, true, "a", "a", STEP_WAIT },
		{ "the reboot has been", FIRST_BOOT_REBOOTING, 1, false, "a", "b", STEP_JUDGE },
		{ "something new does not make it a second one", FIRST_BOOT_REBOOTING, 1, true, "a", "b", STEP_JUDGE },
		{ "which boot this is cannot be read", FIRST_BOOT_REBOOTING, 1, false, "a", NULL, STEP_JUDGE },
		{ "which boot it was is not known", FIRST_BOOT_REBOOTING, 1, false, NULL, "b", STEP_JUDGE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct first_boot f = { .state = rows[i].state, .attempts = rows[i].attempts, .boot = (char *)rows[i].wrote };

		CHECK_ROW(rows[i].name, first_boot_step(&f, rows[i].now, rows[i].waits) == rows[i].wanted);
	}
}

TEST(a_record_is_read_as_it_was_written)
{
	_cleanup_(first_boot_done) struct first_boot f = { .state = FIRST_BOOT_FAILED, .attempts = 2, .transaction = 7, .from_spec = true,
							   .rebooted = true, .reason = strdup("\"it\"\nfailed"), .verdict = strdup("ready") };
	_cleanup_(first_boot_done) struct first_boot again = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "proc/sys/kernel/random/boot_id", "this-boot\n");
	CHECK(first_boot_write(t.fd, &f) == 0 && first_boot_read(t.fd, &again) == 0);
	CHECK(again.state == FIRST_BOOT_FAILED && again.attempts == 2 && again.transaction == 7 && again.from_spec && again.rebooted);
	CHECK_STR(again.reason, "\"it\"\nfailed");
	CHECK_STR(again.verdict, "ready");
	CHECK_STR(again.boot, "this-boot");
	CHECK_STR(again.time, f.time);
}

TEST(no_record_is_the_beginning)
{
	struct first_boot f = { .attempts = 9 };
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	CHECK(first_boot_read(t.fd, &f) == 0 && f.state == FIRST_BOOT_NONE && !f.attempts && !f.rebooted);
}

TEST(a_damaged_record_allows_no_reboot)
{
	static const char *const texts[] = {
		"", "{", "[]", "{}", "null", "{\"state\": \"none\"}", "{\"state\": \"over\"}", "{\"state\": 1}", "{\"state\": \"done\"} {}",
		"{\"state\": \"done\", \"attempts\": -1}", "{\"state\": \"done\", \"transaction\": 4294967296}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *said = NULL;
		struct first_boot f = {};
		_cleanup_tree_ struct tree t;

		CHECK_ROW(texts[i], first_boot_parse(texts[i], strlen(texts[i]), &f) == -EINVAL && !f.state);
		tree_new(&t);
		tree_put(&t, FIRST_BOOT_RECORD, "%s", texts[i]);
		CHECK_ROW(texts[i], first_boot_read(t.fd, &f) == 0 && f.state == FIRST_BOOT_UNDER_WAY && f.rebooted);
		said = stderr_caught();
		CHECK_ROW(texts[i], strstr(said, "without a reboot"));
	}
}

TEST(a_record_that_cannot_be_written_is_an_error)
{
	_cleanup_(first_boot_done) struct first_boot f = { .state = FIRST_BOOT_UNDER_WAY };
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_folder(&t, FIRST_BOOT_RECORD "/a-folder");
	CHECK(first_boot_write(t.fd, &f) < 0);
	said = stderr_caught();
	CHECK_HAS(said, "cannot write /var/lib/slipway/first-boot.json");
}

TEST(the_marker_is_planned_once_and_for_the_first_boot_alone)
{
	_cleanup_(plan_done) struct plan plan = {}, again = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	CHECK(first_boot_plan(t.fd, &plan) == 0 && plan.n == 1);
	CHECK(plan.list[0].kind == CHANGE_FILE && plan.list[0].phase == PHASE_FIRST_BOOT && !plan.list[0].before.exists && !plan.needs_reboot);
	CHECK_STR(plan.list[0].target, FIRST_BOOT_PENDING);
	tree_put(&t, FIRST_BOOT_PENDING, "%s", "anything");
	CHECK(first_boot_plan(t.fd, &again) == 0 && again.n == 0);
}

TEST_MAIN()
