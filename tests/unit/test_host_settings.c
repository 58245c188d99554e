/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the kernel, and the sections of the spec that set them: what is written, what of others' wins, and the way back. */

#include <errno.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/sysctl.h"
#include "detect/tmpfiles.h"
#include "installer/change_value.h"
#include "installer/drift.h"
#include "installer/overlap.h"
#include "installer/spec.h"
#include "tests/unit/check.h"
#include "tests/unit/host_settings.h"
#include "tests/unit/spec_errors.h"

#define CALL "proc/sys/net/bridge/bridge-nf-call-"
#define SYSCTL "etc/sysctl.d/zz-slipway-bridge-filter.conf"
#define RULES "etc/udev/rules.d/99-slipway-bridge-filter.rules"
#define HEAD "# Written by slipway; 'slipway rollback' takes it away.\n"
#define OFF "bridge_filter: off\n"

static void bridge_filter_is_loaded(struct tree *t)
{
	tree_put(t, CALL "iptables", "1\n");
	tree_put(t, CALL "ip6tables", "1\n");
	tree_put(t, CALL "arptables", "0\n");
}

TEST(the_bridge_filter_is_switched_off_in_the_form_of_sysctl_d)
{
	for (const char *const *d = distributions; *d; d++) {
		_cleanup_free_ char *before = NULL, *after = NULL, *sysctl = NULL, *rules = NULL, *now = NULL, *refused = NULL;
		_cleanup_(plan_done) struct plan again = {};
		_cleanup_tree_ struct tree t;

		distribution_new(&t, *d);
		bridge_filter_is_loaded(&t);
		before = spec_dump(&t);
		tree_folder(&t, "var/lib/slipway");
		CHECK_ROW(*d, spec_apply(&t, OFF) == OUTCOME_DONE);
		sysctl = tree_get(&t, SYSCTL);
		CHECK_STR(sysctl, HEAD "net.bridge.bridge-nf-call-iptables = 0\nnet.bridge.bridge-nf-call-ip6tables = 0\n"
				       "net.bridge.bridge-nf-call-arptables = 0\n");
		rules = tree_get(&t, RULES);
		CHECK_STR(rules, HEAD "ACTION==\"add\", SUBSYSTEM==\"module\", KERNEL==\"br_netfilter\", "
				      "RUN+=\"/usr/lib/systemd/systemd-sysctl --prefix=/net/bridge\"\n");
		now = tree_get(&t, CALL "ip6tables");
		CHECK_STR(now, "0\n");
		CHECK_ROW(*d, spec_plan(&t, OFF, &again, &refused) >= 0 && !again.n && !again.needs_reboot);
		CHECK_ROW(*d, spec_undo(&t) == OUTCOME_DONE);
		after = spec_dump(&t);
		CHECK_STR(after, before);
	}
}

TEST(without_the_module_there_is_nothing_to_set_now)
{
	_cleanup_free_ char *refused = NULL, *rules = NULL;
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	distribution_new(&t, "debian");
	CHECK(spec_plan(&t, OFF, &plan, &refused) >= 0);
	for (size_t i = 0; i < plan.n; i++)
		CHECK(plan.list[i].kind != CHANGE_VALUE);
	rules = spec_planned(&plan, RULES);
	CHECK(rules && !plan.needs_reboot);
}

TEST(an_image_has_no_running_kernel)
{
	struct change c = { .kind = CHANGE_VALUE, .target = (char *)CALL "iptables" };
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *refused = NULL;
	_cleanup_tree_ struct tree t;
	struct site image = {};

	distribution_new(&t, "debian");
	image.root_fd = t.fd;
	bridge_filter_is_loaded(&t);
	spec_is_live = false;
	CHECK(spec_plan(&t, OFF, &plan, &refused) >= 0);
	spec_is_live = true;
	for (size_t i = 0; i < plan.n; i++)
		CHECK(plan.list[i].kind != CHANGE_VALUE);
	CHECK(plan.n && change_value_ops.holds(&image, &c) == 1);
}

TEST(an_older_or_another_system_has_its_own_program)
{
	static const struct {
		const char *program, *run;
	} rows[] = {
		{ "lib/systemd/systemd-sysctl", "RUN+=\"/lib/systemd/systemd-sysctl --prefix=/net/bridge\"" },
		{ "sbin/sysctl", "RUN+=\"/sbin/sysctl -q -p /etc/sysctl.d/zz-slipway-bridge-filter.conf\"" },
		{ "etc/nothing", "RUN+=\"/usr/lib/systemd/systemd-sysctl --prefix=/net/bridge\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *refused = NULL, *rules = NULL;
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_tree_ struct tree t;

		distribution_new(&t, "none");
		tree_put(&t, rows[i].program, "x");
		CHECK_ROW(rows[i].program, spec_plan(&t, OFF, &plan, &refused) >= 0);
		rules = spec_planned(&plan, RULES);
		CHECK_HAS(rules, rows[i].run);
	}
}

/* Each row is a host's own file; what is said of it. */
TEST(lines_of_others_are_named_and_those_that_win_are_called_so)
{
	static const struct {
		const char *distribution, *path, *content, *said;
	} rows[] = {
		{ "debian", "etc/sysctl.d/k8s.conf", "# x\nnet.bridge.bridge-nf-call-iptables = 1\n",
		  "/etc/sysctl.d/k8s.conf:2: net/bridge/bridge-nf-call-iptables = 1 has no effect any more" },
		{ "debian", "etc/sysctl.conf", "net.bridge.bridge-nf-call-iptables=1\n", "/etc/sysctl.d/99-sysctl.conf:1: net/bridge/bridge-nf-call-iptables = 1 has no effect" },
		{ "arch", "etc/sysctl.conf", "net.bridge.bridge-nf-call-iptables=1\n", "/etc/sysctl.conf:1: net/bridge/bridge-nf-call-iptables = 1 is set by everyone who runs 'sysctl -p'" },
		{ "suse", "usr/lib/sysctl.d/zzz.conf", "net/bridge/bridge-nf-call-arptables = 1\n", "/usr/lib/sysctl.d/zzz.conf:1: net/bridge/bridge-nf-call-arptables = 1 comes after slipway's and counts" },
		{ "fedora", "usr/local/lib/sysctl.d/zzz.conf", "net.bridge.* = 1\n", "" },
		{ "fedora", "run/sysctl.d/zzz.conf", "-net.bridge.bridge-nf-call-ip6tables=1\n", "comes after slipway's and counts" },
		{ "ubuntu", "etc/sysctl.d/zzz.conf", "net.bridge.bridge-nf-call-iptables = 0\n; net.bridge.bridge-nf-call-iptables = 1\n", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *refused = NULL, *said = NULL;
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_tree_ struct tree t;

		distribution_new(&t, rows[i].distribution);
		tree_put(&t, rows[i].path, "%s", rows[i].content);
		CHECK_ROW(rows[i].path, spec_plan(&t, OFF, &plan, &refused) >= 0);
		said = stderr_caught();
		CHECK_HAS(said, rows[i].said);
		CHECK_ROW(rows[i].content, *rows[i].said || !*said || strstr(said, "has no effect"));
	}
}

TEST(a_file_of_an_earlier_folder_hides_its_namesake)
{
	_cleanup_(sysctl_done) struct sysctl s = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "usr/lib/sysctl.d/50-a.conf", "vm.swappiness = 1\n");
	tree_put(&t, "etc/sysctl.d/50-a.conf", "net.ipv4.conf.eth0/1.x = 2\nvm/swappiness=3\n-net.*\nnonsense\n = 5\n");
	CHECK(sysctl_read(t.fd, &s) == 0 && s.n == 3);
	CHECK_STR(s.list[0].path, "net/ipv4/conf/eth0.1/x");
	CHECK_STR(s.list[1].path, "vm/swappiness");
	CHECK(!s.list[2].value && sysctl_names(&s, &s.list[1], "vm/swappiness") && !sysctl_names(&s, &s.list[2], "net/x"));
}

TEST(lines_of_tmpfiles_that_write_are_read)
{
	_cleanup_(tmpfiles_done) struct tmpfiles f = {};

	CHECK(tmpfiles_parse("# w /sys/a - - - - 1\nw /sys/a - - - - 1 2\nw+! /sys/cpu*/b - - - -  3\nd /run/x 0755 - - -\nw /sys/c - -\n", "f", &f) == 0);
	CHECK(f.n == 2 && f.list[0].number == 2 && f.list[1].number == 3);
	CHECK_STR(f.list[0].path, "sys/a");
	CHECK_STR(f.list[0].value, "1 2");
	CHECK_STR(f.list[1].value, "3");
	CHECK(tmpfiles_names(&f.list[1], "sys/cpu12/b") && !tmpfiles_names(&f.list[1], "sys/cpu1/x/b"));
}

TEST(what_the_spec_wishes_no_more_goes_at_the_next_boot)
{
	_cleanup_free_ char *refused = NULL, *file = NULL, *rules = NULL;
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_tree_ struct tree t;

	distribution_new(&t, "debian");
	bridge_filter_is_loaded(&t);
	CHECK(spec_apply(&t, OFF "forwarding: on\n") == OUTCOME_DONE);
	CHECK(spec_plan(&t, "forwarding: on\n", &plan, &refused) >= 0);
	file = spec_planned(&plan, SYSCTL);
	rules = spec_planned(&plan, RULES);
	CHECK_STR(file, "(absent)");
	CHECK_STR(rules, "(absent)");
	CHECK(plan.n == 2 && plan.needs_reboot);
}

TEST(forwarding_is_of_ipv4_alone)
{
	for (const char *const *d = distributions; *d; d++) {
		_cleanup_free_ char *before = NULL, *after = NULL, *file = NULL, *now = NULL, *refused = NULL;
		_cleanup_(plan_done) struct plan again = {};
		_cleanup_tree_ struct tree t;

		distribution_new(&t, *d);
		tree_put(&t, "proc/sys/net/ipv4/ip_forward", "0\n");
		before = spec_dump(&t);
		tree_folder(&t, "var/lib/slipway");
		CHECK_ROW(*d, spec_apply(&t, "forwarding: on\n") == OUTCOME_DONE);
		file = tree_get(&t, "etc/sysctl.d/zz-slipway-forwarding.conf");
		now = tree_get(&t, "proc/sys/net/ipv4/ip_forward");
		CHECK_STR(file, HEAD "net.ipv4.ip_forward = 1\n");
		CHECK_STR(now, "1\n");
		CHECK_ROW(*d, spec_plan(&t, "forwarding: on\n", &again, &refused) >= 0 && !again.n && !again.needs_reboot);
		CHECK_ROW(*d, spec_undo(&t) == OUTCOME_DONE);
		after = spec_dump(&t);
		CHECK_STR(after, before);
	}
}

/* A value in a transaction of its own, as the program has it between planning and doing. */
static struct change value(const char *path, const char *before, const char *after)
{
	struct change c = { .kind = CHANGE_VALUE, .target = strdup(path) };

	c.before = (struct content){ .exists = true, .data = strdup(before), .size = strlen(before) };
	c.after = (struct content){ .exists = true, .data = strdup(after), .size = strlen(after) };
	return c;
}

TEST(a_value_that_somebody_else_has_set_is_left)
{
	_cleanup_(change_done) struct change c = value("proc/sys/a", "1", "0");
	_cleanup_free_ char *said = NULL, *now = NULL;
	_cleanup_tree_ struct tree t;
	struct site site = { .is_live = true };

	tree_new(&t);
	site.root_fd = t.fd;
	tree_put(&t, "proc/sys/a", "2\n");
	CHECK(change_value_ops.apply(&site, &c) == -ESTALE);
	CHECK(change_value_ops.revert(&site, &c) == -ESTALE);
	CHECK(change_value_ops.holds(&site, &c) == 0);
	said = stderr_caught();
	CHECK_HAS(said, "/proc/sys/a is '2' by now, from somebody else");
	now = tree_get(&t, "proc/sys/a");
	CHECK_STR(now, "2\n");
}

/* "0" was to be. */
TEST(after_a_reboot_only_what_is_as_it_was_to_be_goes_back)
{
	static const struct {
		const char *now, *then;
	} rows[] = { { "0\n", "1\n" }, { "1\n", "1\n" }, { "2\n", "2\n" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(change_done) struct change c = value("proc/sys/a", "1", "0");
		_cleanup_free_ char *now = NULL;
		_cleanup_tree_ struct tree t;
		struct site site = { .is_live = true };

		tree_new(&t);
		site.root_fd = t.fd;
		tree_put(&t, "proc/sys/a", "%s", rows[i].now);
		c.is_spent = true;
		CHECK_ROW(rows[i].now, change_value_ops.revert(&site, &c) == 0);
		now = tree_get(&t, "proc/sys/a");
		CHECK_STR(now, rows[i].then);
	}
}

TEST(what_has_gone_with_its_module_has_nothing_to_take_back)
{
	_cleanup_(change_done) struct change c = value("proc/sys/net/bridge/x", "1", "0");
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;
	struct site site = { .is_live = true };

	tree_new(&t);
	site.root_fd = t.fd;
	CHECK(change_value_ops.revert(&site, &c) == 0 && change_value_ops.holds(&site, &c) == 1);
	CHECK(change_value_ops.apply(&site, &c) == -ENOENT);
	said = stderr_caught();
	CHECK_HAS(said, "cannot set /proc/sys/net/bridge/x");
}

TEST(no_other_file_is_a_value_of_the_kernel)
{
	static const char *const paths[] = { "etc/passwd", "proc/1/mem", "proc/sys/../../etc/passwd", "sys/../etc/passwd", "proc/sysrq-trigger" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_(change_done) struct change c = value(paths[i], "1", "0");
		_cleanup_free_ char *now = NULL;
		_cleanup_tree_ struct tree t;
		struct site site = { .is_live = true };

		tree_new(&t);
		site.root_fd = t.fd;
		tree_put(&t, "etc/passwd", "1\n");
		tree_folder(&t, "proc/sys");
		tree_folder(&t, "sys");
		tree_put(&t, "proc/1/mem", "1\n");
		tree_put(&t, "proc/sysrq-trigger", "1\n");
		CHECK_ROW(paths[i], change_value_ops.apply(&site, &c) == -EINVAL && change_value_ops.revert(&site, &c) == -EINVAL);
		free(stderr_caught());
		now = tree_get(&t, "etc/passwd");
		CHECK_STR(now, "1\n");
	}
}

TEST(of_a_choice_the_chosen_word_is_the_value)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{ "always [madvise] never\n", "madvise" }, { "[none] mq-deadline\n", "none" }, { "32768\t60999\n", "32768 60999" }, { "\n", "" }, { "60\n", "60" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *now = NULL;
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		tree_put(&t, "sys/a", "%s", rows[i].text);
		CHECK(kernel_value_read(t.fd, "sys/a", &now) == 0);
		CHECK_STR(now, rows[i].value);
	}
}

TEST(a_value_is_drift_until_a_reboot)
{
	_cleanup_(drifts_done) struct drifts now = {}, later = {};
	_cleanup_(journal_done) struct journal j = {};
	_cleanup_tree_ struct tree t;
	struct site site = { .is_live = true };

	distribution_new(&t, "debian");
	site.root_fd = t.fd;
	bridge_filter_is_loaded(&t);
	CHECK(spec_apply(&t, OFF) == OUTCOME_DONE && journal_read(t.fd, &j) >= 0);
	tree_put(&t, CALL "iptables", "1\n");
	CHECK(drifts_find(&site, &j, &now) == 0 && now.n == 1);
	CHECK_STR(now.list[0].target, "/" CALL "iptables");
	CHECK_STR(now.list[0].what, "its value was changed");
	tree_put(&t, "proc/sys/kernel/random/boot_id", "second\n");
	CHECK(drifts_find(&site, &j, &later) == 0 && !later.n);
}

TEST(errors_of_these_sections_have_their_place)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "version: 1\nbridge_filter: on\n", "f:2:16: bridge_filter must be 'off'" },
		{ "version: 1\nbridge_filter: [off]\n", "f:2:16: bridge_filter must be 'off'" },
		{ "version: 1\nbridgefilter: off\n", "f:2:1: unknown key 'bridgefilter' in the spec; did you mean 'bridge_filter'?" },
		{ "version: 1\nforwarding: off\n", "f:2:13: forwarding must be 'on'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *said = spec_errors(rows[i].text);

		CHECK_HAS(said, rows[i].said);
	}
}

TEST_MAIN()
