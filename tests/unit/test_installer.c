/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans, the journal, and transactions with the tools of a pretended Debian. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/provision.h"
#include "installer/transaction.h"
#include "tests/unit/check.h"
#include "tests/unit/debian.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define B "0000:00:07.0/0000:06:00.0"
#define GRUB_CFG "set default=\"0\"\nmenuentry \"Debian\" {\n\tlinux /vmlinuz root=x quiet\n}\n"
#define JOURNAL JOURNAL_FOLDER "/journal"

/* Two free drives, GRUB and initramfs-tools. */
static void debian(struct tree *t)
{
	debian_new(t);
	tree_nvme(t, A, 0, 1);
	tree_nvme(t, B, 1, 2);
	tree_mounts(t, (const char *const[]){ "0:1 none / tmpfs", NULL });
	debian_add_grub(t, GRUB_CFG);
}

static int make_plan(struct tree *t, const char *selector, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(wishes_done) struct wishes wishes = {};

	if (tree_read(t) < 0 || wishes_add_passthrough(&wishes, selector, 0, BIND_WISH_AUTO) < 0)
		abort();
	t->host.is_live = true; /* so that commands run: the fakes */
	plan_done(plan);
	return provision_plan(&t->host, &t->uses, &wishes, NULL, plan, refusals);
}

/* Plans, and carries it out with the fakes as the host's commands. */
static enum outcome apply(struct tree *t, const char *selector)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(plan_done) struct plan plan = {};
	const struct site site = { .root_fd = t->fd, .is_live = true };

	if (make_plan(t, selector, &plan, &refusals) < 0 || refusals.n || journal_read(t->fd, &journal) < 0)
		abort();
	return plan.n ? transaction_apply(&site, &journal, "apply", &plan) : OUTCOME_DONE;
}

static enum outcome rollback(struct tree *t)
{
	_cleanup_(journal_done) struct journal journal = {};
	const struct site site = { .root_fd = t->fd, .is_live = true };

	if (journal_read(t->fd, &journal) < 0)
		abort();
	return transaction_undo(&site, &journal, journal_last(&journal, NULL));
}

TEST(ids_are_exact_only_where_every_device_of_the_id_is_asked_for)
{
	struct device list[] = {
		{ .vendor = 0x144d, .product = 1 }, { .vendor = 0x144d, .product = 1 }, { .vendor = 0x144d, .product = 2 },
		{ .vendor = 0x8086, .product = 1 },
	};
	const struct devices all = { list, ARRAY_SIZE(list) };
	struct device *both[] = { &list[0], &list[1] }, *one[] = { &list[1] }, *other[] = { &list[2] };

	CHECK(ids_are_exact(&all, both, 2, &list[0]));
	CHECK(!ids_are_exact(&all, one, 1, &list[1]));
	CHECK(ids_are_exact(&all, other, 1, &list[2]));
}

TEST(a_driver_that_is_built_in_is_bound_by_address)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	debian(&t);
	CHECK(make_plan(&t, "class=nvme", &plan, &refusals) == 0 && plan.n > 1);
	CHECK_HAS(plan.list[1].after.data, "bind=ids");
	tree_remove(&t, "sys/module/nvme/initstate");
	CHECK(make_plan(&t, "class=nvme", &plan, &refusals) == 0 && plan.n > 1);
	CHECK_HAS(plan.list[1].after.data, "bind=address");
	CHECK(!strstr(plan.list[1].after.data, "bind=ids"));
}

#define PF "0000:00:08.0/0000:07:00.0"

TEST(a_vf_is_bound_by_ids_or_not_at_boot)
{
	static const struct {
		const char *selector;
		size_t refused;
	} rows[] = { { "id=8086:10ca", 0 }, { "0000:07:10.1", 1 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(refusals_done) struct refusals refusals = {};
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_tree_ struct tree t;

		debian(&t);
		tree_pci(&t, PF, "020000", "8086:10c9", 10);
		tree_pci(&t, "0000:00:08.0/0000:07:10.0", "020000", "8086:10ca", 11);
		tree_pci(&t, "0000:00:08.0/0000:07:10.1", "020000", "8086:10ca", 12);
		tree_link(&t, "sys/devices/pci0000:00/0000:00:08.0/0000:07:10.0/physfn", "../0000:07:00.0");
		tree_link(&t, "sys/devices/pci0000:00/0000:00:08.0/0000:07:10.1/physfn", "../0000:07:00.0");
		CHECK_ROW(rows[i].selector, make_plan(&t, rows[i].selector, &plan, &refusals) == 0);
		CHECK_ROW(rows[i].selector, refusals.n == rows[i].refused);
		if (rows[i].refused)
			CHECK_HAS(refusals.list[0].text, "0000:07:10.1 is a VF of 0000:07:00.0, which are made after the early binder has run");
		else
			CHECK(plan.n > 1 && strstr(plan.list[1].after.data, "bind=ids"));
	}
}

TEST(the_bootloader_comes_last)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	debian(&t);
	CHECK(make_plan(&t, "class=nvme", &plan, &refusals) == 0);
	CHECK_STR(plan.list[plan.n - 1].target, "update-grub");
	CHECK(plan.needs_reboot);
	for (size_t i = 0; i < plan.n; i++) {
		if (!str_eq(plan.list[i].target, "update-initramfs -u -k all"))
			continue;
		for (size_t j = 0; j < i; j++)
			CHECK(!strstr(plan.list[j].target, "grub"));
	}
}

TEST(an_apply_runs_each_command_once_and_a_second_one_none)
{
	_cleanup_free_ char *before = NULL, *calls = NULL, *again = NULL, *after = NULL, *cfg = NULL;
	_cleanup_tree_ struct tree t;

	debian(&t);
	before = debian_dump(&t);
	CHECK(apply(&t, "class=nvme") == OUTCOME_DONE);
	calls = tree_get(&t, "calls");
	CHECK_STR(calls, "update-initramfs -u -k all\nupdate-grub \n");
	cfg = tree_get(&t, "boot/grub/grub.cfg");
	CHECK_HAS(cfg, "quiet slipway.bind=1 vfio-pci.ids=144d:a80a");
	CHECK(apply(&t, "class=nvme") == OUTCOME_DONE);
	again = tree_get(&t, "calls");
	CHECK_STR(again, calls);
	CHECK(rollback(&t) == OUTCOME_DONE);
	after = debian_dump(&t);
	CHECK_STR(after, before);
	free(stderr_caught());
}

TEST(a_command_that_fails_or_lies_undoes_everything)
{
	static const char *const marks[] = { "fail-update-grub", "lie-update-grub", "fail-update-initramfs", "lie-update-initramfs" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		_cleanup_free_ char *before = NULL, *after = NULL, *said = NULL;
		_cleanup_(journal_done) struct journal journal = {};
		enum outcome outcome;
		_cleanup_tree_ struct tree t;

		debian(&t);
		tree_put(&t, marks[i], "%s", "");
		before = debian_dump(&t);
		outcome = apply(&t, "class=nvme");
		said = stderr_caught();
		/* A tool that fails on the way back, too, is named as such, and the files are back all the same. */
		CHECK_ROW(marks[i], outcome == (str_starts(marks[i], "fail") ? OUTCOME_BROKEN : OUTCOME_UNDONE));
		CHECK_ROW(marks[i], strlen(said) > 0);
		CHECK_ROW(marks[i], journal_read(t.fd, &journal) == 0 && journal.n == 1);
		CHECK_ROW(marks[i], journal.list[0].state == (outcome == OUTCOME_BROKEN ? TRANSACTION_BROKEN : TRANSACTION_UNDONE));
		CHECK_ROW(marks[i], journal.list[0].failure != NULL);
		after = debian_dump(&t);
		CHECK_STR(after, before);
	}
}

TEST(a_grub_cfg_that_lost_the_arguments_is_written_again)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	debian(&t);
	CHECK(apply(&t, "class=nvme") == OUTCOME_DONE);
	tree_put(&t, "boot/grub/grub.cfg", GRUB_CFG);
	CHECK(make_plan(&t, "class=nvme", &plan, &refusals) == 0);
	CHECK(plan.n == 1);
	CHECK_STR(plan.list[0].target, "update-grub");
	free(stderr_caught());
}

TEST(a_file_as_wanted_is_no_change)
{
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "etc/a", "same\n");
	CHECK(plan_want_file(&plan, t.fd, "etc/a", "same\n", 0644, "x") == 0);
	CHECK(plan_want_file(&plan, t.fd, "etc/none", NULL, 0644, "x") == 0 && plan.n == 0);
	CHECK(plan_want_file(&plan, t.fd, "etc/a", "same", 0644, "x") == 1 && plan.n == 1);
	CHECK(plan_want_file(&plan, t.fd, "new/er/b", "", 0644, "x") == 1 && plan.n == 4);
	CHECK(plan.list[1].kind == CHANGE_DIRECTORY && plan.list[2].kind == CHANGE_DIRECTORY);
	CHECK_STR(plan.list[1].target, "new");
	CHECK_STR(plan.list[2].target, "new/er");
}

TEST(a_diff_shows_what_goes_and_comes)
{
	static const struct {
		const char *before, *after, *diff;
	} rows[] = {
		{ NULL, "a\nb\n", "--- (absent)\n+++ /f\n+a\n+b\n" },
		{ "a\nb\n", NULL, "--- /f\n+++ (absent)\n-a\n-b\n" },
		{ "a\nb\nc\n", "a\nX\nc\n", "--- /f\n+++ /f\n-b\n+X\n" },
		{ "a\n", "a\nb\n", "--- /f\n+++ /f\n+b\n" },
		{ "a\nb\n", "b\n", "--- /f\n+++ /f\n-a\n" },
		{ "aa\n", "aa\naa\n", "--- /f\n+++ /f\n+aa\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct change c = { .kind = CHANGE_FILE, .target = (char *)"f",
				    .before = { rows[i].before != NULL, (char *)rows[i].before, rows[i].before ? strlen(rows[i].before) : 0 },
				    .after = { rows[i].after != NULL, (char *)rows[i].after, rows[i].after ? strlen(rows[i].after) : 0 } };
		_cleanup_free_ char *diff = change_diff(&c);

		CHECK_STR(diff, rows[i].diff);
	}
}

TEST(a_change_made_by_somebody_else_stops_the_apply)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_free_ char *text = NULL, *said = NULL;
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;
	struct site here = {};

	tree_new(&t);
	here.root_fd = t.fd;
	tree_put(&t, "etc/a", "old\n");
	tree_put(&t, "etc/b", "old\n");
	CHECK(plan_want_file(&plan, t.fd, "etc/a", "new\n", 0644, "x") == 1);
	CHECK(plan_want_file(&plan, t.fd, "etc/b", "new\n", 0644, "x") == 1);
	tree_put(&t, "etc/b", "theirs\n");
	CHECK(journal_read(t.fd, &journal) == 0);
	CHECK(transaction_apply(&here, &journal, "apply", &plan) != OUTCOME_DONE);
	text = tree_get(&t, "etc/a");
	CHECK_STR(text, "old\n");
	free(text);
	text = tree_get(&t, "etc/b");
	CHECK_STR(text, "theirs\n");
	said = stderr_caught();
	CHECK_HAS(said, "/etc/b was changed by somebody else");
}

/* The journal */

#define BEGIN(id) "{\"transaction\":" id ",\"event\":\"begin\",\"verb\":\"apply\",\"time\":\"2026-01-01T00:00:00Z\",\"changes\":2}\n"
#define EVENT(id, event) "{\"transaction\":" id ",\"event\":\"" event "\"}\n"

TEST(a_journal_tells_what_state_each_transaction_is_in)
{
	static const struct {
		const char *text;
		int r;
		enum transaction_state state; /* of the last */
	} rows[] = {
		{ BEGIN("1"), 0, TRANSACTION_OPEN },
		{ BEGIN("1") EVENT("1", "committed"), 0, TRANSACTION_COMMITTED },
		{ BEGIN("1") EVENT("1", "committed") EVENT("1", "undoing"), 0, TRANSACTION_UNDOING },
		{ BEGIN("1") EVENT("1", "undoing") EVENT("1", "undone"), 0, TRANSACTION_UNDONE },
		{ BEGIN("1") EVENT("1", "undoing") EVENT("1", "broken"), 0, TRANSACTION_BROKEN },
		{ BEGIN("1") EVENT("1", "committed") BEGIN("2"), 0, TRANSACTION_OPEN },
		{ BEGIN("1") "{\"transaction\":1,\"event\":\"comm", 0, TRANSACTION_OPEN },            /* torn */
		{ BEGIN("1") "{\"transaction\":1,\"ev\n" EVENT("1", "committed"), 0, TRANSACTION_COMMITTED }, /* torn, then closed */
		{ BEGIN("1") "\n\n" EVENT("1", "committed"), 0, TRANSACTION_COMMITTED },
		{ BEGIN("1") "{\"foreign\":\"line\"}\n", -EINVAL, 0 },
		{ BEGIN("1") EVENT("1", "frozen"), -EOPNOTSUPP, 0 },
		{ "{\"transaction\":1,\"event\":\"begin\",\"version\":2,\"verb\":\"apply\",\"time\":\"x\",\"changes\":1}\n", -EOPNOTSUPP, 0 },
		{ EVENT("7", "committed"), -EINVAL, 0 },
		{ BEGIN("0"), -EINVAL, 0 },
		{ BEGIN("4294967295"), 0, TRANSACTION_OPEN },
		{ BEGIN("4294967297"), -EINVAL, 0 },
		{ BEGIN("1") EVENT("1", "committed") BEGIN("1"), -EINVAL, 0 },
		{ BEGIN("1") "{\"transaction\":1,\"event\":\"applying\",\"change\":2}\n", -EINVAL, 0 },
		{ BEGIN("1") "{\"transaction\":1,\"event\":\"applying\",\"change\":999999}\n", -EINVAL, 0 },
		{ "{\"transaction\":1,\"event\":\"begin\",\"verb\":\"apply\",\"time\":\"x\",\"changes\":-1}\n", -EINVAL, 0 },
		{ "{\"transaction\":1,\"event\":\"begin\",\"changes\":1}\n", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(journal_done) struct journal j = {};
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;
		int r;

		tree_new(&t);
		tree_put(&t, JOURNAL, "%s", rows[i].text);
		r = journal_read(t.fd, &j);
		said = stderr_caught();
		CHECK_ROW(rows[i].text, r == rows[i].r);
		CHECK_ROW(rows[i].text, (r == 0) == (*said == '\0'));
		if (r < 0)
			continue;
		CHECK_ROW(rows[i].text, j.n && j.list[j.n - 1].state == rows[i].state);
		CHECK_ROW(rows[i].text, !journal_interrupted(&j) == (rows[i].state != TRANSACTION_OPEN && rows[i].state != TRANSACTION_UNDOING));
	}
}

TEST(an_append_after_a_torn_line_is_read_back)
{
	_cleanup_(journal_done) struct journal j = {}, again = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, JOURNAL, BEGIN("3") "{\"transaction\":3,\"event\":\"commit");
	CHECK(journal_read(t.fd, &j) == 0 && j.ends_cut);
	CHECK(journal_append(&j, &j.list[0], "undoing", -1, NULL) == 0);
	CHECK(journal_read(t.fd, &again) == 0 && !again.ends_cut);
	CHECK(again.n == 1 && again.list[0].state == TRANSACTION_UNDOING);
}

TEST(a_plan_comes_back_from_the_disk)
{
	_cleanup_(journal_done) struct journal j = {};
	_cleanup_(plan_done) struct plan plan = {}, back = {};
	static char *const argv[] = { (char *)"update-grub", (char *)"a b;c", NULL };
	struct transaction *transaction;
	_cleanup_tree_ struct tree t;
	char **expects = NULL;

	tree_new(&t);
	tree_put(&t, "etc/a", "old \001\n");
	CHECK(plan_want_file(&plan, t.fd, "etc/a", "new\n", 0755, "summary") == 1);
	CHECK(strv_add(&expects, "word") == 0 && plan_add_command(&plan, argv, expects, "run") == 0);
	CHECK(journal_read(t.fd, &j) == 0 && journal_begin(&j, "apply", &plan, NULL, &transaction) == 0);
	CHECK(transaction->id == 1 && journal_load_plan(&j, transaction, &back) == 0);
	CHECK(back.n == 2 && back.list[0].kind == CHANGE_FILE && back.list[1].kind == CHANGE_COMMAND);
	CHECK(content_eq(&back.list[0].before, &plan.list[0].before) && content_eq(&back.list[0].after, &plan.list[0].after));
	CHECK(back.list[0].mode == 0755 && strv_eq(back.list[1].argv, argv) && strv_contains(back.list[1].expects, "word"));
	tree_put(&t, JOURNAL_FOLDER "/transactions/1/plan.json", "{\"changes\":[{\"kind\":\"nonsense\",\"target\":\"x\"}]}");
	CHECK(journal_load_plan(&j, transaction, &back) < 0);
	free(stderr_caught());
}

#define MEANT(at, place) at " bind=address id=144d:a80a subsystem=0000:0000 class=010802 path=0000:00/" place "\n"

TEST(an_address_that_another_device_has_now_is_not_taken_on_an_old_wish)
{
	static const struct {
		const char *conf, *selector;
		bool is_refused;
	} rows[] = {
		/* What was set aside at 05 is at 06 now, and a stranger at 05. */
		{ MEANT("0000:05:00.0", "07.0/00.0"), "0000:05:00.0", true },
		{ MEANT("0000:05:00.0", "07.0/00.0"), "address=0000:0*", true },
		{ MEANT("0000:05:00.0", "07.0/00.0"), "0000:06:00.0", false },
		{ MEANT("0000:05:00.0", "07.0/00.0"), "serial=data0", false },
		{ MEANT("0000:05:00.0", "07.0/00.0"), "class=nvme", false },
		/* The two changed numbers. */
		{ MEANT("0000:05:00.0", "07.0/00.0") MEANT("0000:06:00.0", "06.0/00.0"), "0000:05:00.0", false },
		/* What was set aside at 05 is gone: the new drive there may be meant. */
		{ MEANT("0000:05:00.0", "09.0/00.0"), "0000:05:00.0", false },
		{ MEANT("0000:05:00.0", "06.0/00.0"), "0000:05:00.0", false },
		{ "", "0000:05:00.0", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(refusals_done) struct refusals refusals = {};
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_free_ char *written = NULL;
		_cleanup_tree_ struct tree t;

		debian(&t);
		tree_put(&t, IDENTITY_FILE, "%s", rows[i].conf);
		CHECK_ROW(rows[i].selector, make_plan(&t, rows[i].selector, &plan, &refusals) == 0);
		free(stderr_caught());
		CHECK_ROW(rows[i].selector, refusals.n == rows[i].is_refused);
		/* Found again: the address that it has now is written down. */
		for (size_t j = 0; j < plan.n && str_eq(rows[i].selector, "0000:06:00.0"); j++)
			if (str_eq(plan.list[j].target, IDENTITY_FILE))
				written = strdup(plan.list[j].after.data);
		CHECK(!written || (strstr(written, "\n0000:06:00.0 bind=") && !strstr(written, "0000:05:00.0")));
		CHECK(written || !str_eq(rows[i].selector, "0000:06:00.0"));
		if (!rows[i].is_refused)
			continue;
		CHECK_STR(refusals.list[0].rule, "identity");
		CHECK_HAS(refusals.list[0].text, "what was set aside there is at 0000:06:00.0 now");
	}
}

TEST_MAIN()
