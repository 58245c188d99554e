/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd-boot's entries on a running host: hooks that write them anew, the order of an undo, and a trial boot. */

#include <errno.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/entries.h"
#include "installer/health.h"
#include "installer/provision.h"
#include "installer/systemd_boot_trial.h"
#include "installer/transaction.h"
#include "tests/unit/check.h"
#include "tests/unit/debian.h"
#include "tests/unit/efi_bytes.h"
#include "tests/unit/tree.h"

#define FOLDER "boot/efi/loader/entries/"
#define ENTRY FOLDER "debian-6.1.0.conf"
#define LOADER "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define ONE_SHOT "sys/firmware/efi/efivars/LoaderEntryOneShot" LOADER
#define TEXT "title      Debian\nversion    6.1.0\nsort-key   debian\noptions    %s\nlinux      /debian/6.1.0/linux\n"

/* What Debian's /etc/initramfs/post-update.d/systemd-boot does by way of kernel-install: the entry is written anew. */
static const char hook[] =
	"#!/bin/sh\nset -eu\ncd \"$SLIPWAY_TEST_ROOT\"\nline=$(cat etc/kernel/cmdline 2>/dev/null || cat proc/cmdline)\n"
	"printf 'title      Debian\\nversion    6.1.0\\nsort-key   debian\\noptions    %s\\nlinux      /debian/6.1.0/linux\\n' \"$line\" "
	">boot/efi/loader/entries/debian-6.1.0.conf\n";

static void put_variable(struct tree *t, const char *name, const char *value)
{
	_cleanup_free_ char *path = text_format("sys/firmware/efi/efivars/%s" LOADER, name);
	struct efi_bytes b = {};
	char data[512] = { 7 };

	efi_utf16(&b, value);
	memcpy(data + 4, b.data, b.size);
	tree_put_bytes(t, path, data, b.size + 4);
}

static void put_hook(struct tree *t)
{
	_cleanup_free_ char *path = text_format("%s/etc/initramfs/post-update.d/systemd-boot", t->folder);

	tree_put(t, "etc/initramfs/post-update.d/systemd-boot", "%s", hook);
	if (!path || chmod(path, 0755) < 0)
		abort();
}

/* A Debian started by systemd-boot, with a drive to give. */
static void debian(struct tree *t)
{
	debian_new(t);
	debian_add_drives(t);
	tree_put(t, "usr/bin/kernel-install", "%s", "");
	put_variable(t, "LoaderInfo", "systemd-boot 252.39");
	tree_put_bytes(t, "sys/firmware/efi/efivars/LoaderFeatures" LOADER, "\6\0\0\0\x7f\0\0\0\0\0\0\0", 12);
	tree_put(t, "boot/efi/EFI/systemd/systemd-bootx64.efi", "MZ");
	tree_put(t, ENTRY, TEXT, "root=x quiet");
}

static char *dump_of_untouched(bool has_hook)
{
	_cleanup_tree_ struct tree t;

	debian(&t);
	if (has_hook)
		put_hook(&t);
	return debian_dump(&t);
}

TEST(an_entry_that_a_hook_writes_anew_keeps_the_arguments_and_loses_them)
{
	for (int has_cmdline = 0; has_cmdline < 2; has_cmdline++) {
		_cleanup_free_ char *entry = NULL, *back = NULL, *said = NULL;
		_cleanup_(journal_done) struct journal journal = {};
		struct transaction *transaction;
		_cleanup_tree_ struct tree t;

		debian(&t);
		put_hook(&t);
		if (has_cmdline)
			tree_put(&t, KERNEL_CMDLINE, "root=x quiet\n");
		transaction = debian_apply(&t, false, &journal);
		CHECK(transaction);
		said = stderr_caught();
		entry = tree_get(&t, ENTRY);
		CHECK_HAS(entry, "options    root=x quiet slipway.bind=1\n");
		CHECK(transaction_verify(debian_site(&t), &journal, transaction) == 0);
		/* The host runs with them now, and where no file holds them the hook takes the running ones. */
		tree_put(&t, "proc/cmdline", "root=x quiet slipway.bind=1\n");
		CHECK(transaction_undo(debian_site(&t), &journal, transaction) == OUTCOME_DONE);
		free(stderr_caught());
		back = tree_get(&t, ENTRY);
		CHECK_HAS(back, "options    root=x quiet\n");
		CHECK(fs_exists(t.fd, KERNEL_CMDLINE) == has_cmdline);
	}
}

TEST(without_a_hook_every_byte_comes_back)
{
	_cleanup_free_ char *untouched = dump_of_untouched(false), *back = NULL;
	_cleanup_(journal_done) struct journal journal = {};
	struct transaction *transaction;
	_cleanup_tree_ struct tree t;

	debian(&t);
	transaction = debian_apply(&t, false, &journal);
	CHECK(transaction);
	CHECK(transaction_undo(debian_site(&t), &journal, transaction) == OUTCOME_DONE);
	free(stderr_caught());
	back = debian_dump(&t);
	CHECK_STR(back, untouched);
}

TEST(what_takes_all_in_comes_last_on_the_way_back)
{
	_cleanup_(journal_done) struct journal journal = {};
	struct transaction *transaction;
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *calls = NULL;
	_cleanup_tree_ struct tree t;
	static char *const first[] = { (char *)"update-initramfs", (char *)"-u", NULL }, *const last[] = { (char *)"update-grub", NULL };

	debian(&t);
	tree_put(&t, "etc/default/grub", "%s", "");
	CHECK(plan_add_command(&plan, first, NULL, "one") == 0 && plan_add_command(&plan, last, NULL, "two") == 0);
	plan.list[1].takes_all_in = true;
	CHECK(journal_read(t.fd, &journal) == 0 && journal_begin(&journal, "apply", &plan, NULL, &transaction) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(journal_append(&journal, transaction, "applying", i, NULL) == 0);
	transaction_undo(debian_site(&t), &journal, transaction);
	free(stderr_caught());
	calls = tree_get(&t, "calls");
	CHECK_STR(calls, "update-initramfs -u\nupdate-grub \n");
}

TEST(a_trial_is_an_entry_of_its_own_chosen_once)
{
	_cleanup_free_ char *untouched = dump_of_untouched(false), *entry = NULL, *old = NULL, *back = NULL;
	_cleanup_(journal_done) struct journal journal = {};
	struct transaction *trial;
	_cleanup_tree_ struct tree t;

	debian(&t);
	trial = debian_apply(&t, true, &journal);
	CHECK(trial);
	free(stderr_caught());
	entry = tree_get(&t, FOLDER TRIAL_ENTRY);
	CHECK_STR(entry, "# Written by slipway for one boot.\ntitle Trial of slipway: once, then as before\nversion    6.1.0\n"
			 "options    root=x quiet slipway.bind=1 slipway.trial=1 panic=30\nlinux      /debian/6.1.0/linux\n");
	old = tree_get(&t, ENTRY);
	CHECK_HAS(old, "options    root=x quiet\n");
	CHECK(!fs_exists(t.fd, KERNEL_CMDLINE));
	CHECK(tree_read(&t) == 0);
	CHECK_STR(t.host.kernel.next_source, FOLDER TRIAL_ENTRY);
	CHECK(t.host.entries.is_once);
	/* systemd-boot has deleted the variable, and the boot went wrong. */
	tree_remove(&t, ONE_SHOT);
	CHECK(tree_read(&t) == 0);
	CHECK_STR(t.host.kernel.next_source, ENTRY);
	tree_put(&t, "proc/sys/kernel/random/boot_id", "second\n");
	CHECK(transaction_undo(debian_site(&t), &journal, trial) == OUTCOME_DONE);
	free(stderr_caught());
	back = debian_dump(&t);
	CHECK_STR(back, untouched);
}

TEST(a_good_trial_becomes_the_hosts_own_and_can_be_rolled_back)
{
	_cleanup_free_ char *untouched = dump_of_untouched(false), *entry = NULL, *back = NULL;
	_cleanup_(journal_done) struct journal journal = {}, again = {};
	struct transaction *trial;
	_cleanup_tree_ struct tree t;

	debian(&t);
	trial = debian_apply(&t, true, &journal);
	CHECK(trial);
	tree_remove(&t, ONE_SHOT);
	tree_put(&t, "proc/sys/kernel/random/boot_id", "second\n");
	CHECK(journal_read(t.fd, &again) == 0 && journal_trial(&again));
	trial = journal_trial(&again);
	CHECK(transaction_commit(debian_site(&t), &again, trial) == OUTCOME_DONE);
	CHECK(!fs_exists(t.fd, FOLDER TRIAL_ENTRY) && !fs_exists(t.fd, ONE_SHOT) && !fs_exists(t.fd, PENDING_FILE));
	entry = tree_get(&t, ENTRY);
	CHECK_HAS(entry, "options    root=x quiet slipway.bind=1\n");
	CHECK(transaction_verify(debian_site(&t), &again, trial) == 0);
	CHECK(transaction_undo(debian_site(&t), &again, trial) == OUTCOME_DONE);
	free(stderr_caught());
	back = debian_dump(&t);
	CHECK_STR(back, untouched);
}

TEST(a_trial_that_would_not_end_by_itself_is_refused)
{
	static const struct {
		const char *variable, *value, *configured, *said;
		bool removed;
	} rows[] = {
		{ "LoaderFeatures", NULL, NULL, "does not say that it can choose an entry for one boot", true },
		{ "LoaderEntryOneShot", "debian-6.1.0.conf", NULL, "the next boot is chosen already", false },
		{ "LoaderEntryLastBooted", "debian-6.1.0.conf", "default @saved\n", "the entry that was booted last (@saved)", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *said = NULL, *path = text_format("sys/firmware/efi/efivars/%s" LOADER, rows[i].variable);
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_tree_ struct tree t;

		debian(&t);
		if (rows[i].removed)
			tree_remove(&t, path);
		else
			put_variable(&t, rows[i].variable, rows[i].value);
		if (rows[i].configured)
			tree_put(&t, "boot/efi/loader/loader.conf", "%s", rows[i].configured);
		CHECK(debian_plan(&t, true, &plan) == -EOPNOTSUPP);
		said = stderr_caught();
		CHECK_HAS(said, rows[i].said);
	}
}

TEST(an_entry_whose_tries_are_used_up_is_no_ground_for_a_trial)
{
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	debian(&t);
	tree_remove(&t, ENTRY);
	tree_put(&t, FOLDER "debian-6.1.0+0-3.conf", TEXT, "root=x quiet");
	CHECK(debian_plan(&t, true, &plan) == -EOPNOTSUPP);
	said = stderr_caught();
	CHECK_HAS(said, "its tries are used up (/" FOLDER "debian-6.1.0+0-3.conf)");
}

TEST(a_trials_entry_is_never_the_default)
{
	_cleanup_tree_ struct tree t;

	debian(&t);
	tree_put(&t, ENTRY, "title A\nlinux /a\noptions root=x quiet\n");
	tree_put(&t, FOLDER "0123.conf", "title B\nlinux /b\noptions b\n");
	tree_put(&t, FOLDER "Arch.conf", "title C\nlinux /c\noptions c\n");
	tree_put(&t, FOLDER TRIAL_ENTRY, "title T\nlinux /t\noptions t\n");
	CHECK(tree_read(&t) == 0);
	CHECK_STR(t.host.entries.list[3].id, TRIAL_ENTRY);
	CHECK(t.host.entries.next == 0);
}

TEST_MAIN()
