/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trial boots by GRUB with boot loader entries: an entry of its own, which next_entry chooses. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/entries.h"
#include "installer/health.h"
#include "installer/trial_entry.h"
#include "tests/unit/check.h"
#include "tests/unit/debian.h"

#define FOLDER "boot/loader/entries/"
/* GRUB compares names as rpm does: this one is older than "slipway". */
#define ENTRY FOLDER "abcdef0123456789abcdef0123456789-5.14.0.conf"
#define RESCUE "abcdef0123456789abcdef0123456789-0-rescue"
#define HEADER                                                                                                   \
	"if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   set next_entry=\n   save_env next_entry\n" \
	"   set boot_once=true\nelse\n   set default=\"${saved_entry}\"\nfi\n"
#define TEXT "title Red Hat\nversion 5.14.0\nlinux /vmlinuz-5.14.0\ninitrd /i.img $tuned_initrd\noptions %s $tuned_params\ngrub_arg --unrestricted\n"
#define GRUBENV "# GRUB Environment Block\nboot_success=1\n##########\n"

/* Red Hat's way to boot; whatever makes the initramfs does not matter here. */
static void red_hat(struct tree *t, const char *options)
{
	debian_new(t);
	debian_add_drives(t);
	tree_put(t, "boot/grub2/grub.cfg", HEADER "insmod blscfg\nblscfg\n");
	tree_put(t, "boot/grub2/grubenv", "%s", GRUBENV);
	tree_put(t, "usr/sbin/grub2-mkconfig", "#!/bin/sh\n. /etc/default/grub\n");
	tree_put(t, ENTRY, TEXT, options);
	tree_put(t, FOLDER RESCUE ".conf", "title Rescue\nversion 0\nlinux /r\noptions root=x\n");
}

static char *dump_of_untouched(void)
{
	_cleanup_tree_ struct tree t;

	red_hat(&t, "root=x quiet");
	return debian_dump(&t);
}

static void boot_again(struct tree *t)
{
	tree_put(t, "proc/sys/kernel/random/boot_id", "second\n");
	tree_put(t, "boot/grub2/grubenv", "%s", GRUBENV); /* GRUB has emptied next_entry */
}

TEST(a_trial_is_an_entry_of_its_own_and_the_boot_after_it_is_the_old_one)
{
	_cleanup_free_ char *untouched = dump_of_untouched(), *entry = NULL, *old = NULL, *environment = NULL, *back = NULL;
	_cleanup_(journal_done) struct journal journal = {};
	struct transaction *trial;
	_cleanup_tree_ struct tree t;

	red_hat(&t, "root=x quiet");
	trial = debian_apply(&t, true, &journal);
	CHECK(trial);
	free(stderr_caught());
	entry = tree_get(&t, FOLDER TRIAL_ENTRY_GRUB);
	CHECK_STR(entry, "# Written by slipway for one boot.\ntitle Trial of slipway: once, then as before\nversion 5.14.0\n"
			 "linux /vmlinuz-5.14.0\ninitrd /i.img $tuned_initrd\n"
			 "options root=x quiet $tuned_params slipway.bind=1 slipway.trial=1 panic=30\ngrub_arg --unrestricted\n");
	old = tree_get(&t, ENTRY);
	CHECK_HAS(old, "options root=x quiet $tuned_params\n");
	environment = tree_get(&t, "boot/grub2/grubenv");
	CHECK_HAS(environment, "boot_success=1\nnext_entry=~slipway-trial\n");
	CHECK(tree_read(&t) == 0 && t.host.entries.is_once);
	CHECK_STR(t.host.kernel.next_source, FOLDER TRIAL_ENTRY_GRUB);
	/* No saved_entry: the first of the menu. */
	boot_again(&t);
	CHECK(tree_read(&t) == 0);
	CHECK_STR(t.host.kernel.next_source, ENTRY);
	CHECK(transaction_undo(debian_site(&t), &journal, trial) == OUTCOME_DONE);
	free(stderr_caught());
	back = debian_dump(&t);
	CHECK_STR(back, untouched);
}

TEST(a_good_trial_becomes_the_entries_own_and_can_be_rolled_back)
{
	_cleanup_free_ char *untouched = dump_of_untouched(), *entry = NULL, *back = NULL;
	_cleanup_(journal_done) struct journal journal = {}, again = {};
	struct transaction *trial;
	_cleanup_tree_ struct tree t;

	red_hat(&t, "root=x quiet");
	CHECK(debian_apply(&t, true, &journal));
	boot_again(&t);
	CHECK(journal_read(t.fd, &again) == 0);
	trial = journal_trial(&again);
	CHECK(trial && transaction_verify(debian_site(&t), &again, trial) == 0);
	CHECK(transaction_commit(debian_site(&t), &again, trial) == OUTCOME_DONE);
	CHECK(!fs_exists(t.fd, FOLDER TRIAL_ENTRY_GRUB) && !fs_exists(t.fd, PENDING_FILE));
	entry = tree_get(&t, ENTRY);
	CHECK_HAS(entry, "options root=x quiet $tuned_params slipway.bind=1\n");
	CHECK(transaction_verify(debian_site(&t), &again, trial) == 0);
	CHECK(transaction_undo(debian_site(&t), &again, trial) == OUTCOME_DONE);
	free(stderr_caught());
	back = debian_dump(&t);
	CHECK_STR(back, untouched);
}

/* RHEL 8: the environment block is every entry's, and stays as it is until the commit. */
TEST(arguments_of_the_environment_block_stand_in_the_trials_entry)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_free_ char *entry = NULL, *environment = NULL;
	_cleanup_tree_ struct tree t;

	red_hat(&t, "$kernelopts");
	tree_put(&t, "boot/grub2/grubenv", "# GRUB Environment Block\nkernelopts=root=x ro a\\\\b\n"
		 "####################################################################################################");
	CHECK(debian_apply(&t, true, &journal));
	free(stderr_caught());
	entry = tree_get(&t, FOLDER TRIAL_ENTRY_GRUB);
	CHECK_HAS(entry, "options root=x ro a\\b $tuned_params slipway.bind=1 slipway.trial=1 panic=30\n");
	environment = tree_get(&t, "boot/grub2/grubenv");
	CHECK_HAS(environment, "kernelopts=root=x ro a\\\\b\n");
	CHECK_HAS(environment, "next_entry=~slipway-trial\n");
}

TEST(a_variable_is_put_in_where_it_stands_alone)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "options $kernelopts x\n", "options VALUE x\n" },
		{ "options a ${kernelopts}\n", "options a VALUE\n" },
		{ "  options\t$kernelopts", "  options\tVALUE" },
		{ "options $kernelopts2 ${kernelopts $kernelopts_", "options $kernelopts2 ${kernelopts $kernelopts_" },
		{ "title $kernelopts\nlinux $kernelopts\noptions b\n", "title $kernelopts\nlinux $kernelopts\noptions b\n" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = trial_entry_expand(rows[i].text, "kernelopts", "VALUE"), *same = NULL;

		CHECK_STR(text, rows[i].wanted);
		same = trial_entry_expand(rows[i].text, "kernelopts", NULL);
		CHECK_STR(same, rows[i].text);
	}
}

/* Each row puts one thing. */
TEST(what_would_not_end_by_itself_is_refused)
{
	static const struct {
		const char *path, *text, *said;
	} rows[] = {
		{ "boot/grub2/grub.cfg", "set default=\"0\"\nblscfg\n", "does not know next_entry" },
		{ "boot/grub2/grubenv", "# GRUB Environment Block\nnext_entry=0\n####\n", "chosen already" },
		{ "proc/self/mountinfo", "1 0 0:30 / / rw - btrfs /dev/nvme0n1p2 rw\n", "cannot write its environment" },
		{ "boot/grub2/grubenv", "# GRUB Environment Block\nsaved_entry=" RESCUE "\n###\n", "it is no entry of this system's" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;

		red_hat(&t, "root=x");
		tree_put(&t, rows[i].path, "%s", rows[i].text);
		CHECK_ROW(rows[i].said, debian_plan(&t, true, &plan) == -EOPNOTSUPP);
		said = stderr_caught();
		CHECK_ROW(said, strstr(said, rows[i].said));
	}
}

TEST_MAIN()
