/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of EFI variables, in a pretended efivarfs. */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/efi.h"
#include "installer/transaction.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define NEXT "BootNext-" EFI_GLOBAL
#define SHOT "LoaderEntryOneShot-" EFI_LOADER
#define PATH(name) EFIVARS "/" name
#define BOOT_ID "proc/sys/kernel/random/boot_id"

/* A variable with attributes that slipway would not choose itself. */
static void put_variable(struct tree *t, const char *path, const char *data, size_t size)
{
	char bytes[64] = { 3, 0, 0, 0 };

	if (size > sizeof(bytes) - 4)
		abort();
	memcpy(bytes + 4, data, size);
	tree_put_bytes(t, path, bytes, size + 4);
}

static bool has(struct tree *t, const char *path, const char *bytes, size_t size)
{
	_cleanup_free_ char *data = NULL;
	size_t n;

	return fs_read(t->fd, &data, &n, "%s", path) == 0 && n == size && memcmp(data, bytes, n) == 0;
}

static bool is_guarded(struct tree *t, const char *path)
{
	_cleanup_close_ int fd = fs_open(t->fd, O_RDONLY, "%s", path);
	int flags = 0;

	return fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_IMMUTABLE_FL);
}

/* false: this file system, or this user, has no such flag. */
static bool guard(struct tree *t, const char *path, bool on)
{
	_cleanup_close_ int fd = fs_open(t->fd, O_RDONLY, "%s", path);
	int flags = on ? FS_IMMUTABLE_FL : 0;

	return fd >= 0 && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

/* Plans one variable, and carries it out. */
static enum outcome apply(struct tree *t, const char *name, const char *data, size_t size)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_(plan_done) struct plan plan = {};
	const struct site site = { .root_fd = t->fd, .is_live = true };

	if (plan_want_efivar(&plan, t->fd, name, data, size, true, "for one boot") != 1 || journal_read(t->fd, &journal) < 0)
		abort();
	return transaction_apply(&site, &journal, "apply", &plan);
}

static enum outcome rollback(struct tree *t)
{
	_cleanup_(journal_done) struct journal journal = {};
	const struct site site = { .root_fd = t->fd, .is_live = true };

	if (journal_read(t->fd, &journal) < 0)
		abort();
	return transaction_undo(&site, &journal, journal_last(&journal, NULL));
}

static int verify(struct tree *t)
{
	_cleanup_(journal_done) struct journal journal = {};
	const struct site site = { .root_fd = t->fd, .is_live = true };

	if (journal_read(t->fd, &journal) < 0)
		abort();
	return transaction_verify(&site, &journal, journal_last(&journal, NULL));
}

static void firmware(struct tree *t)
{
	tree_new(t);
	tree_folder(t, EFIVARS);
	tree_put(t, BOOT_ID, "first\n");
}

TEST(a_new_variable_comes_and_goes)
{
	_cleanup_tree_ struct tree t;

	firmware(&t);
	CHECK(apply(&t, NEXT, "\003\000", 2) == OUTCOME_DONE);
	CHECK(has(&t, PATH(NEXT), "\007\000\000\000\003\000", 6));
	CHECK(verify(&t) == 0);
	CHECK(rollback(&t) == OUTCOME_DONE);
	CHECK(!fs_exists(t.fd, PATH(NEXT)));
}

TEST(a_variable_that_was_there_keeps_its_attributes_and_comes_back)
{
	_cleanup_tree_ struct tree t;

	firmware(&t);
	put_variable(&t, PATH(SHOT), "long value", 10);
	CHECK(apply(&t, SHOT, "a\0b\0", 4) == OUTCOME_DONE);
	CHECK(has(&t, PATH(SHOT), "\003\000\000\000a\0b\0", 8));
	CHECK(rollback(&t) == OUTCOME_DONE);
	CHECK(has(&t, PATH(SHOT), "\003\000\000\000long value", 14));
	CHECK(apply(&t, SHOT, NULL, 0) == OUTCOME_DONE);
	CHECK(!fs_exists(t.fd, PATH(SHOT)));
	CHECK(rollback(&t) == OUTCOME_DONE);
	CHECK(has(&t, PATH(SHOT), "\003\000\000\000long value", 14));
}

TEST(a_variable_as_wanted_is_no_change)
{
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	firmware(&t);
	put_variable(&t, PATH(NEXT), "\001\000", 2);
	CHECK(plan_want_efivar(&plan, t.fd, NEXT, "\001\000", 2, true, "x") == 0);
	CHECK(plan_want_efivar(&plan, t.fd, SHOT, NULL, 0, true, "x") == 0);
	/* What an interrupted creation leaves is no variable. */
	tree_put(&t, PATH(SHOT), "%s", "");
	CHECK(plan_want_efivar(&plan, t.fd, SHOT, NULL, 0, true, "x") == 0 && plan.n == 0);
}

TEST(a_guarded_variable_is_guarded_afterwards_too)
{
	_cleanup_tree_ struct tree t;

	firmware(&t);
	put_variable(&t, PATH(NEXT), "\001\000", 2);
	if (!guard(&t, PATH(NEXT), true))
		return;
	CHECK(apply(&t, NEXT, "\003\000", 2) == OUTCOME_DONE);
	CHECK(has(&t, PATH(NEXT), "\003\000\000\000\003\000", 6) && is_guarded(&t, PATH(NEXT)));
	CHECK(rollback(&t) == OUTCOME_DONE);
	CHECK(has(&t, PATH(NEXT), "\003\000\000\000\001\000", 6) && is_guarded(&t, PATH(NEXT)));
	CHECK(apply(&t, NEXT, NULL, 0) == OUTCOME_DONE);
	CHECK(!fs_exists(t.fd, PATH(NEXT)));
}

TEST(what_the_boot_used_up_holds_and_needs_no_way_back)
{
	_cleanup_tree_ struct tree t;

	firmware(&t);
	put_variable(&t, PATH(NEXT), "\001\000", 2);
	CHECK(apply(&t, NEXT, "\003\000", 2) == OUTCOME_DONE);
	tree_remove(&t, PATH(NEXT));
	CHECK(verify(&t) == 1);
	tree_put(&t, BOOT_ID, "second\n");
	stderr_catch();
	CHECK(verify(&t) == 0);
	CHECK(rollback(&t) == OUTCOME_DONE);
	CHECK(!fs_exists(t.fd, PATH(NEXT)));
}

TEST(a_firmware_that_did_not_use_it_up_gets_the_old_value_back)
{
	_cleanup_tree_ struct tree t;

	firmware(&t);
	CHECK(apply(&t, NEXT, "\003\000", 2) == OUTCOME_DONE);
	tree_put(&t, BOOT_ID, "second\n");
	CHECK(rollback(&t) == OUTCOME_DONE);
	CHECK(!fs_exists(t.fd, PATH(NEXT)));
}

TEST(a_variable_changed_by_somebody_else_is_left)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	firmware(&t);
	CHECK(apply(&t, NEXT, "\003\000", 2) == OUTCOME_DONE);
	put_variable(&t, PATH(NEXT), "\011\000", 2);
	CHECK(rollback(&t) == OUTCOME_BROKEN);
	CHECK(has(&t, PATH(NEXT), "\003\000\000\000\011\000", 6));
	said = stderr_caught();
	CHECK_HAS(said, "EFI variable " NEXT " was changed by somebody else");
}

TEST(a_variable_that_cannot_be_written_leaves_nothing_behind)
{
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	firmware(&t);
	/* No folder of EFI variables: a host that was started by BIOS. */
	tree_remove(&t, EFIVARS);
	CHECK(apply(&t, NEXT, "\003\000", 2) == OUTCOME_UNDONE);
	said = stderr_caught();
	CHECK_HAS(said, "cannot write EFI variable " NEXT);
}

TEST(an_image_has_no_firmware_to_speak_to)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *said = NULL;
	struct site site = {};
	_cleanup_tree_ struct tree t;

	firmware(&t);
	site.root_fd = t.fd;
	CHECK(plan_want_efivar(&plan, t.fd, NEXT, "\003\000", 2, true, "x") == 1 && journal_read(t.fd, &journal) == 0);
	CHECK(transaction_apply(&site, &journal, "apply", &plan) == OUTCOME_UNDONE);
	CHECK(!fs_exists(t.fd, PATH(NEXT)));
	said = stderr_caught();
	CHECK_HAS(said, "--root has none");
}

TEST(the_diff_shows_bytes)
{
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *diff = NULL;
	_cleanup_tree_ struct tree t;

	firmware(&t);
	CHECK(plan_want_efivar(&plan, t.fd, NEXT, "\003\000", 2, true, "x") == 1);
	diff = change_diff(&plan.list[0]);
	CHECK_STR(diff, "-" NEXT " (absent)\n+" NEXT " = 03 00\n");
}

TEST_MAIN()
