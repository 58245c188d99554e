/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trial boots: what is armed, what the commit leaves, what comes back, and hosts where none is possible. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/health.h"
#include "installer/transaction.h"
#include "tests/unit/check.h"
#include "tests/unit/debian.h"
#include "tests/unit/tree.h"

#define GRUB_CFG                                                                                                  \
	"if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   save_env next_entry\nelse\n"       \
	"   set default=\"0\"\nfi\n"                                                                               \
	"menuentry 'Debian' --class debian $menuentry_id_option 'gnulinux-simple-1' {\n"                           \
	"\tload_video\n\tlinux\t/vmlinuz root=x quiet -- single\n\tinitrd\t/initrd\n}\n"                            \
	"source ${config_directory}/custom.cfg\n"
#define GRUBENV "# GRUB Environment Block\nsaved_entry=old\n##########\n"

static void debian(struct tree *t)
{
	debian_new(t);
	debian_add_drives(t);
	debian_add_grub(t, GRUB_CFG);
	tree_put(t, "boot/grub/grubenv", "%s", GRUBENV);
}

/* Armed as the newest transaction of the journal. */
static struct transaction *arm(struct tree *t, struct journal *journal)
{
	return debian_apply(t, true, journal) ? journal_trial(journal) : NULL;
}

static void boot_again(struct tree *t)
{
	tree_put(t, "proc/sys/kernel/random/boot_id", "second\n");
	tree_put(t, "boot/grub/grubenv", "%s", GRUBENV); /* GRUB has emptied next_entry */
}

static char *dump_of_untouched(void)
{
	_cleanup_tree_ struct tree t;

	debian(&t);
	return debian_dump(&t);
}

TEST(a_trial_is_armed_for_one_boot_and_leaves_the_old_entry_alone)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_free_ char *custom = NULL, *environment = NULL, *cfg = NULL;
	_cleanup_tree_ struct tree t;

	debian(&t);
	CHECK(arm(&t, &journal));
	free(stderr_caught());
	custom = tree_get(&t, "boot/grub/custom.cfg");
	CHECK_HAS(custom, "linux\t/vmlinuz root=x quiet slipway.bind=1 slipway.trial=1 panic=30 -- single\n");
	CHECK_HAS(custom, "--id slipway-trial {");
	environment = tree_get(&t, "boot/grub/grubenv");
	CHECK_HAS(environment, "saved_entry=old\nnext_entry=slipway-trial\n");
	cfg = tree_get(&t, "boot/grub/grub.cfg");
	CHECK_STR(cfg, GRUB_CFG);
	CHECK(!fs_exists(t.fd, "etc/default/grub.d/zz-slipway.cfg"));
	CHECK(fs_exists(t.fd, PENDING_FILE) && fs_exists(t.fd, "etc/slipway/devices.conf"));
}

TEST(a_trial_is_armed_where_the_distribution_keeps_grub)
{
	_cleanup_(plan_done) struct plan plan = {};
	const struct change *choice = NULL;
	bool has_entry = false;
	_cleanup_tree_ struct tree t;

	debian(&t);
	tree_remove(&t, "boot/grub");
	tree_remove(&t, "usr/sbin/update-grub");
	tree_put(&t, "boot/grub2/grub.cfg", "%s", GRUB_CFG);
	tree_put(&t, "boot/grub2/grubenv", "%s", GRUBENV);
	tree_put(&t, "usr/sbin/grub2-mkconfig", "#!/bin/sh\n. /etc/default/grub\n");
	CHECK(debian_plan(&t, true, &plan) == 0 && plan.is_trial);
	for (size_t i = 0; i < plan.n; i++) {
		has_entry = has_entry || str_eq(plan.list[i].target, "boot/grub2/custom.cfg");
		if (str_eq(plan.list[i].target, "grub2-editenv /boot/grub2/grubenv set next_entry=slipway-trial"))
			choice = &plan.list[i];
	}
	CHECK(has_entry && choice);
	CHECK_STR(choice->expects[1], "boot/grub2/grubenv");
}

TEST(a_commit_makes_it_the_hosts_own_and_can_be_rolled_back)
{
	_cleanup_free_ char *untouched = dump_of_untouched(), *cfg = NULL, *back = NULL;
	_cleanup_(journal_done) struct journal journal = {}, again = {};
	_cleanup_tree_ struct tree t;
	struct transaction *trial;

	debian(&t);
	trial = arm(&t, &journal);
	CHECK(trial);
	boot_again(&t);
	CHECK(transaction_verify(debian_site(&t), &journal, trial) == 0);
	CHECK(transaction_commit(debian_site(&t), &journal, trial) == OUTCOME_DONE);
	CHECK(!fs_exists(t.fd, "boot/grub/custom.cfg") && !fs_exists(t.fd, PENDING_FILE));
	cfg = tree_get(&t, "boot/grub/grub.cfg");
	CHECK_HAS(cfg, "quiet slipway.bind=1\n");
	/* As the journal tells it to the next slipway. */
	CHECK(journal_read(t.fd, &again) == 0 && !journal_trial(&again) && journal_last(&again, "apply"));
	CHECK(transaction_verify(debian_site(&t), &again, journal_last(&again, "apply")) == 0);
	CHECK(transaction_undo(debian_site(&t), &again, journal_last(&again, "apply")) == OUTCOME_DONE);
	tree_put(&t, "boot/grub/grub.cfg", "%s", GRUB_CFG); /* the fake writes a short one */
	back = debian_dump(&t);
	CHECK_STR(back, untouched);
	free(stderr_caught());
}

TEST(a_trial_that_is_taken_back_leaves_nothing)
{
	for (int booted = 0; booted < 2; booted++) {
		_cleanup_free_ char *untouched = dump_of_untouched(), *back = NULL, *calls = NULL;
		_cleanup_(journal_done) struct journal journal = {}, again = {};
		_cleanup_tree_ struct tree t;

		debian(&t);
		CHECK(arm(&t, &journal));
		if (booted)
			boot_again(&t);
		CHECK(journal_read(t.fd, &again) == 0 && journal_trial(&again));
		CHECK(journal_append(&again, journal_trial(&again), "failed", -1, "the network is gone") == 0);
		CHECK(transaction_undo(debian_site(&t), &again, journal_trial(&again)) == OUTCOME_DONE);
		CHECK_STR(again.list[0].failure, "the network is gone");
		free(stderr_caught());
		calls = tree_get(&t, "calls");
		CHECK(!strstr(calls, "update-grub"));
		CHECK(!strstr(calls, "unset next_entry") == (booted == 1));
		back = debian_dump(&t);
		CHECK_STR(back, untouched);
	}
}

TEST(a_commit_that_fails_takes_the_whole_trial_back)
{
	_cleanup_free_ char *untouched = dump_of_untouched(), *back = NULL, *said = NULL;
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_tree_ struct tree t;
	struct transaction *trial;

	debian(&t);
	trial = arm(&t, &journal);
	CHECK(trial);
	boot_again(&t);
	tree_put(&t, "lie-update-grub", "%s", "");
	CHECK(transaction_commit(debian_site(&t), &journal, trial) == OUTCOME_UNDONE);
	CHECK(trial->state == TRANSACTION_UNDONE);
	said = stderr_caught();
	CHECK_HAS(said, "lacks slipway.bind=1");
	tree_remove(&t, "lie-update-grub");
	back = debian_dump(&t);
	CHECK_STR(back, untouched);
}

TEST(what_was_interrupted_while_it_was_committed_is_taken_back)
{
	_cleanup_free_ char *untouched = dump_of_untouched(), *back = NULL, *said = NULL;
	_cleanup_(journal_done) struct journal journal = {}, again = {};
	_cleanup_tree_ struct tree t;
	struct transaction *trial;

	debian(&t);
	trial = arm(&t, &journal);
	CHECK(trial);
	boot_again(&t);
	CHECK(journal_append(&journal, trial, "committing", -1, NULL) == 0);
	CHECK(journal_read(t.fd, &again) == 0 && journal_interrupted(&again));
	CHECK(journal_recover(debian_site(&t), &again) == OUTCOME_DONE);
	said = stderr_caught();
	CHECK_HAS(said, "is undone; this boot was made while it stood: reboot for the host to be as it was");
	back = debian_dump(&t);
	CHECK_STR(back, untouched);
}

TEST(what_was_interrupted_in_this_boot_wants_no_other)
{
	_cleanup_(journal_done) struct journal journal = {}, again = {};
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;
	struct transaction *trial;

	debian(&t);
	trial = arm(&t, &journal);
	CHECK(trial);
	CHECK(journal_append(&journal, trial, "committing", -1, NULL) == 0);
	CHECK(journal_read(t.fd, &again) == 0 && journal_interrupted(&again));
	CHECK(journal_recover(debian_site(&t), &again) == OUTCOME_DONE);
	said = stderr_caught();
	CHECK_HAS(said, "is undone; the host is as it was before it");
}

/* Each row puts or takes one thing. */
TEST(a_host_where_grub_could_not_forget_the_trial_gets_none)
{
	static const struct {
		const char *name, *path, *text, *said;
	} rows[] = {
		{ "btrfs", "proc/self/mountinfo", "1 0 0:30 / / rw - btrfs /dev/nvme0n1p2 rw\n", "cannot write its environment" },
		{ "armed by somebody else", "boot/grub/grubenv", "# GRUB Environment Block\nnext_entry=0\n####\n", "chosen already" },
		{ "no custom.cfg", "boot/grub/grub.cfg", "set default=\"0\"\nsave_env next_entry\nmenuentry \"D\" {\n\tlinux /v root=x\n}\n",
		  "does not read custom.cfg" },
		{ "no next_entry", "boot/grub/grub.cfg", "set default=\"0\"\nmenuentry \"D\" {\n\tlinux /v root=x\n}\nsource custom.cfg\n",
		  "does not know next_entry" },
		{ "no entry", "boot/grub/grub.cfg", "set default=\"0\"\nsave_env next_entry\nsource custom.cfg\n", "cannot be found" },
		{ "an entry without an end", "boot/grub/grub.cfg", "save_env next_entry\nsource custom.cfg\nmenuentry \"D\" {\n\tlinux /v root=x\n",
		  "it has no end" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;

		debian(&t);
		tree_put(&t, rows[i].path, "%s", rows[i].text);
		CHECK_ROW(rows[i].name, debian_plan(&t, true, &plan) == -EOPNOTSUPP);
		said = stderr_caught();
		CHECK_ROW(rows[i].name, strstr(said, rows[i].said));
		CHECK_ROW(rows[i].name, strstr(said, "--trial"));
	}
}

/* "253:0" and "9:0" are a mapped and a RAID device over the disk's partition. */
TEST(grub_forgets_a_trial_only_where_it_can_write_by_itself)
{
	static const struct {
		const char *mount, *said; /* NULL: it can */
	} rows[] = {
		{ "259:2 /dev/nvme0n1p2 /boot ext4", NULL },
		{ "259:2 /dev/nvme0n1p2 /boot xfs", NULL },
		{ "259:2 /dev/nvme0n1p2 /boot vfat", NULL },
		{ "259:2 /dev/nvme0n1p2 /boot ext2", NULL },
		{ "253:0 /dev/mapper/vg-boot /boot ext4", "is on ext4, above LVM, RAID or encryption" },
		{ "9:0 /dev/md0 /boot xfs", "is on xfs, above LVM, RAID or encryption" },
		{ "0:30 /dev/nvme0n1p2 /boot btrfs", "is on btrfs, /dev/nvme0n1p2" },
		{ "0:31 rpool/ROOT/debian /boot zfs", "is on zfs, rpool/ROOT/debian" },
		{ "259:2 /dev/nvme0n1p2 /boot f2fs", "is on f2fs" },
		{ "259:2 /dev/nvme0n1p2 /boot bcachefs", "is on bcachefs" },
		{ "0:32 server:/boot /boot nfs4", "is on nfs4, server:/boot" },
		{ "0:33 overlay /boot overlay", "is on overlay" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;
		int r;

		debian(&t);
		tree_mapped(&t, "dm-0", "253:0", "vg-boot", (const char *const[]){ "nvme0n1p2", NULL });
		tree_mapped(&t, "md0", "9:0", NULL, (const char *const[]){ "nvme0n1p2", NULL });
		tree_mounts(&t, (const char *const[]){ "259:2 /dev/nvme0n1p2 / ext4", rows[i].mount, NULL });
		r = debian_plan(&t, true, &plan);
		said = stderr_caught();
		CHECK_ROW(rows[i].mount, rows[i].said ? r == -EOPNOTSUPP && strstr(said, rows[i].said) != NULL : r == 0 && plan.is_trial);
	}
}

TEST(grub_on_partitions_that_proxmox_keeps_is_refused)
{
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	debian(&t);
	tree_put(&t, "usr/sbin/proxmox-boot-tool", "%s", "");
	tree_put(&t, "etc/kernel/proxmox-boot-uuids", "AAAA-BBBB\n");
	tree_put(&t, "proc/cmdline", "BOOT_IMAGE=/vmlinuz root=x quiet\n");
	CHECK(debian_plan(&t, true, &plan) == -EOPNOTSUPP);
	said = stderr_caught();
	CHECK_HAS(said, "on the EFI system partitions that proxmox-boot-tool keeps");
}

TEST(a_server_that_boots_from_the_network_first_is_sent_back_to_its_disk)
{
	static const unsigned char order[] = { 7, 0, 0, 0, 1, 0, 3, 0 }, current[] = { 6, 0, 0, 0, 3, 0 };
	static const unsigned char entry[] = { 7, 0, 0, 0, 1, 0, 0, 0, 4, 0, 'x', 0, 0, 0, 0x7f, 0xff, 4, 0 };
	_cleanup_(plan_done) struct plan plan = {};
	const struct change *next = NULL;
	_cleanup_tree_ struct tree t;

	debian(&t);
	tree_put_bytes(&t, "sys/firmware/efi/efivars/BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c", order, sizeof(order));
	tree_put_bytes(&t, "sys/firmware/efi/efivars/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c", current, sizeof(current));
	tree_put_bytes(&t, "sys/firmware/efi/efivars/Boot0001-8be4df61-93ca-11d2-aa0d-00e098032b8c", entry, sizeof(entry));
	tree_put_bytes(&t, "sys/firmware/efi/efivars/Boot0003-8be4df61-93ca-11d2-aa0d-00e098032b8c", entry, sizeof(entry));
	CHECK(debian_plan(&t, true, &plan) == 0 && plan.is_trial);
	for (size_t i = 0; i < plan.n; i++)
		if (plan.list[i].kind == CHANGE_EFIVAR)
			next = &plan.list[i];
	CHECK(next && next->one_shot && next->phase == PHASE_TRIAL);
	CHECK_STR(next->target, "BootNext-8be4df61-93ca-11d2-aa0d-00e098032b8c");
	CHECK(next->after.size == 6 && memcmp(next->after.data, "\7\0\0\0\3\0", 6) == 0);
}

TEST_MAIN()
