/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trial's own list of devices, on a host whose old entry binds, too: the one must not change what the other does. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "early/scripts.h"
#include "installer/trial.h"
#include "tests/unit/check.h"
#include "tests/unit/debian.h"
#include "tests/unit/tree.h"

#define GRUB_CFG                                                                                                \
	"set default=\"0\"\nsave_env next_entry\nmenuentry \"D\" {\n\tlinux /v root=x quiet slipway.bind=1\n}\nsource custom.cfg\n"
#define GRUBENV "# GRUB Environment Block\nsaved_entry=old\n##########\n"
#define OLD_LIST "0000:06:00.0 bind=address id=144d:a80a subsystem=0000:0000 class=010802 path=0000:00/07.0/00.0 serial=data2\n"

static unsigned count_of(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void boot_again(struct tree *t)
{
	tree_put(t, "proc/sys/kernel/random/boot_id", "second\n");
	tree_put(t, "boot/grub/grubenv", "%s", GRUBENV); /* GRUB has emptied next_entry */
}

/* A third drive, data2, has been set aside before, and the host runs so. */
static void binding_debian(struct tree *t)
{
	debian_new(t);
	debian_add_drives(t);
	tree_nvme(t, "0000:00:07.0/0000:06:00.0", 2, 3);
	debian_add_grub(t, GRUB_CFG);
	tree_put(t, "boot/grub/grubenv", "%s", GRUBENV);
	tree_put(t, "proc/cmdline", "root=x quiet slipway.bind=1\n");
	tree_put(t, IDENTITY_FILE, "%s", OLD_LIST);
	tree_put(t, "etc/initramfs-tools/hooks/slipway", "%s", initramfs_hook);
	tree_put(t, "etc/initramfs-tools/scripts/init-top/slipway", "%s", initramfs_script);
}

TEST(a_host_that_binds_already_gets_a_list_for_the_trial_alone)
{
	static const char *const ends[] = { "taken back", "failed", "good" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		_cleanup_free_ char *list = NULL, *old = NULL, *custom = NULL, *calls = NULL, *after = NULL;
		_cleanup_(journal_done) struct journal journal = {}, again = {};
		struct transaction *trial;
		_cleanup_tree_ struct tree t;

		binding_debian(&t);
		CHECK_ROW(ends[i], debian_apply(&t, true, &journal));
		list = tree_get(&t, IDENTITY_TRIAL_FILE);
		CHECK_HAS(list, "serial=data1");
		old = tree_get(&t, IDENTITY_FILE);
		CHECK_STR(old, OLD_LIST);
		custom = tree_get(&t, "boot/grub/custom.cfg");
		CHECK_HAS(custom, "quiet slipway.bind=1 slipway.trial=1 panic=30\n");
		if (i)
			boot_again(&t);
		CHECK(journal_read(t.fd, &again) == 0);
		trial = journal_trial(&again);
		CHECK(trial && transaction_verify(debian_site(&t), &again, trial) == 0);
		if (i < 2) {
			CHECK(transaction_undo(debian_site(&t), &again, trial) == OUTCOME_DONE);
		} else {
			CHECK(transaction_commit(debian_site(&t), &again, trial) == OUTCOME_DONE);
			after = tree_get(&t, IDENTITY_FILE);
			CHECK_STR(after, list);
			CHECK(!fs_exists(t.fd, IDENTITY_TRIAL_FILE));
			CHECK(transaction_verify(debian_site(&t), &again, trial) == 0);
			CHECK(transaction_undo(debian_site(&t), &again, trial) == OUTCOME_DONE);
		}
		free(stderr_caught());
		CHECK(!fs_exists(t.fd, IDENTITY_TRIAL_FILE) && !fs_exists(t.fd, "boot/grub/custom.cfg"));
		free(after);
		after = tree_get(&t, IDENTITY_FILE);
		CHECK_STR(after, OLD_LIST);
		/* Built when armed, and once on the way back; a commit builds it once, too. */
		calls = tree_get(&t, "calls");
		CHECK_ROW(ends[i], count_of(calls, "update-initramfs") == (i < 2 ? 2 : 3));
	}
}

TEST(the_list_of_the_trial_counts_in_its_boot_and_in_no_other)
{
	static const struct {
		const char *cmdline, *address, *file;
	} rows[] = {
		{ "slipway.bind=1 slipway.trial=1", "0000:05:00.0", IDENTITY_TRIAL_FILE },
		{ "slipway.bind=1", "0000:06:00.0", IDENTITY_FILE },
		{ "slipway.bind=1 slipway.trial=0", "0000:06:00.0", IDENTITY_FILE },
		{ "slipway.bind=1 -- slipway.trial=1", "0000:06:00.0", IDENTITY_FILE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(identities_done) struct identities ids = {};
		_cleanup_(journal_done) struct journal journal = {};
		_cleanup_tree_ struct tree t;

		binding_debian(&t);
		CHECK(debian_apply(&t, true, &journal));
		free(stderr_caught());
		tree_put(&t, "proc/cmdline", "%s\n", rows[i].cmdline);
		CHECK(identities_read(t.fd, &ids) == 0 && ids.n == 1);
		CHECK_STR(ids.list[0].address, rows[i].address);
		CHECK_STR(ids.file, rows[i].file);
	}
}

/* Where nobody can tell what boots next (Proxmox), a list that is there is taken to be in use. */
TEST(a_list_is_needed_where_the_old_entry_may_bind)
{
	struct cmdline binding = { .arguments = (char *[]){ (char *)"slipway.bind=1", NULL } };
	struct host host = { .identities = { .n = 1 } };

	CHECK(trial_needs_list(&host));
	host.kernel.next_boot_known = true;
	CHECK(!trial_needs_list(&host));
	host.kernel.next_boot = binding;
	CHECK(trial_needs_list(&host));
	host = (struct host){};
	CHECK(!trial_needs_list(&host));
}

/* Each would bind, or lose, something in the old entry's boot. */
TEST(what_the_old_entry_shares_with_the_trial_is_refused)
{
	static const struct {
		const char *path, *text, *said;
	} rows[] = {
		{ IDENTITY_FILE, "", "none of slipway's doing" },
		{ "etc/modprobe.d/zz-slipway.conf", "softdep ena pre: vfio-pci\n", "would change for the old boot entry, too" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;

		binding_debian(&t);
		tree_put(&t, rows[i].path, "%s", rows[i].text);
		CHECK_ROW(rows[i].said, debian_plan(&t, true, &plan) == -EOPNOTSUPP);
		said = stderr_caught();
		CHECK_ROW(said, strstr(said, rows[i].said));
	}
}

TEST_MAIN()
