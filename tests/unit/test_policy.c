/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy: what it says, every way to get it wrong, and when its rules hold. */

#include <errno.h>

#include "cli/policy.h"
#include "cli/selected.h"
#include "common/cleanup.h"
#include "common/nearest.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/mainframe.h"

TEST(a_policy_says_what_must_hold)
{
	_cleanup_(policy_done) struct policy p = {};

	CHECK(policy_parse("version: 1\nrequire: [firmware.mode]\nignore:\n  - software.ovmf\n"
			   "devices:\n  - device: class=nvme\n    verdict: [assignable, bound]\n    count: 3\n"
			   "  - { device: class=net, verdict: blocked, at_least: 1 }\n", "f", &p) == 0);
	CHECK(strv_length(p.require) == 1 && strv_contains(p.ignore, "software.ovmf") && p.n_rules == 2);
	CHECK_STR(p.rules[0].verdicts, "assignable or bound");
	CHECK(p.rules[0].wanted[ASSESS_BOUND] && !p.rules[0].wanted[ASSESS_BLOCKED] && p.rules[0].count == 3 && p.rules[0].line == 6);
	CHECK(p.rules[1].at_least == 1 && !p.rules[1].count);
}

TEST(every_error_has_its_line_and_column)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "", "f: the policy is empty" },
		{ "require: []\n", "f:1:1: the policy needs 'version: 1'" },
		{ "version: 2\n", "f:1:10: version must be 1" },
		{ "- 1\n", "f:1:1: the policy must hold keys" },
		{ "version: 1\nrequires: []\n", "f:2:1: unknown key 'requires' in the policy; did you mean 'require'?" },
		{ "version: 1\ncolour: red\n", "f:2:1: unknown key 'colour' in the policy; known are" },
		{ "version: 1\nignore: []\nignore: []\n", "f:3:1: key 'ignore' stands twice" },
		{ "version: 1\nrequire: firmware.mode\n", "f:2:10: require must be a list" },
		{ "version: 1\nignore: {}\n", "f:2:9: ignore must be a list" },
		{ "version: 1\nrequire: [[a]]\n", "f:2:11: there is no check '(no text)'" },
		{ "version: 1\nrequire: [firmware.made]\n", "f:2:11: there is no check 'firmware.made'; did you mean 'firmware.mode'?" },
		{ "version: 1\nrequire: [x]\n", "f:2:11: there is no check 'x'; 'slipway" },
		{ "version: 1\nrequire: [firmware.mode]\nignore: [firmware.mode]\n", "f:3:10: check 'firmware.mode' stands in this policy twice" },
		{ "version: 1\ndevices: x\n", "f:2:10: devices must be a list" },
		{ "version: 1\ndevices: [x]\n", "f:2:11: an entry of devices must hold keys" },
		{ "version: 1\ndevices: [{ device: class=net }]\n", "f:2:11: an entry of devices needs device and verdict" },
		{ "version: 1\ndevices: [{ verdict: bound }]\n", "f:2:11: an entry of devices needs device and verdict" },
		{ "version: 1\ndevices: [{ device: [], verdict: bound }]\n", "f:2:21: device must be a selector" },
		{ "version: 1\ndevices: [{ device: klass=net, verdict: bound }]\n", "f:2:21: selector 'klass=net': unknown key 'klass'" },
		{ "version: 1\ndevices: [{ device: class=net, verdict: free }]\n", "f:2:41: verdict must be" },
		{ "version: 1\ndevices: [{ device: class=net, verdict: {} }]\n", "f:2:41: verdict must be" },
		{ "version: 1\ndevices: [{ device: class=net, verdict: [bound, 1] }]\n", "f:2:49: verdict must be" },
		{ "version: 1\ndevices: [{ device: class=net, verdict: bound, count: 0 }]\n", "f:2:55: count must be a number" },
		{ "version: 1\ndevices: [{ device: class=net, verdict: bound, at_least: -1 }]\n", "f:2:58: at_least must be a number" },
		{ "version: 1\ndevices: [{ device: class=net, verdict: bound, count: 1, at_least: 1 }]\n", "f:2:11: count and at_least exclude" },
		{ "version: 1\nrequire: [\n", "f:3:1: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_done) struct policy p = {};
		_cleanup_free_ char *said = NULL;
		int r = policy_parse(rows[i].text, "f", &p);

		said = stderr_caught();
		CHECK_ROW(rows[i].text, r == -EINVAL && !p.file);
		CHECK_HAS(said, rows[i].said);
	}
}

TEST(a_word_that_is_near_is_named_and_a_far_one_is_not)
{
	static const struct {
		const char *word, *nearest;
	} rows[] = {
		{ "require", "require" }, { "requires", "require" }, { "reqiure", "require" }, { "ignor", "ignore" }, { "vresion", "version" },
		{ "colour", NULL }, { "", NULL }, { "v", NULL }, { "a-very-long-word-that-is-longer-than-any-key-of-ours", NULL },
	};
	char *words[] = { (char *)"require", (char *)"ignore", (char *)"version", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(word_nearest(words, rows[i].word), rows[i].nearest);
}

static void put_host(struct tree *t)
{
	tree_new(t);
	for (int i = 0; i < 3; i++) {
		char chain[64];

		snprintf(chain, sizeof(chain), "0000:00:0%d.0/0000:0%d:00.0", i + 1, i + 1);
		tree_nvme(t, chain, i, i);
	}
	tree_mounts(t, (const char *[]){ "259:0 /dev/nvme0n1 / ext4", NULL });
	if (tree_read(t) < 0)
		abort();
	t->host.mounts.namespaces_known = true;
}

TEST(rules_hold_or_say_which_devices_are_otherwise)
{
	static const struct {
		const char *rule;
		bool holds;
		const char *said;
	} rows[] = {
		{ "device: class=nvme, verdict: assignable, count: 2", true, "class=nvme: 2 assignable, wanted 2" },
		{ "device: class=nvme, verdict: assignable, count: 3", false, "class=nvme: 2 assignable, wanted 3; 0000:01:00.0 blocked" },
		{ "device: class=nvme, verdict: assignable, count: 1", false, "2 assignable, wanted 1" },
		{ "device: class=nvme, verdict: assignable, at_least: 1", true, "2 assignable, wanted at least 1" },
		{ "device: class=nvme, verdict: assignable, at_least: 3", false, "2 assignable, wanted at least 3" },
		{ "device: class=nvme, verdict: assignable", false, "2 of 3 assignable; 0000:01:00.0 blocked" },
		{ "device: class=nvme, verdict: [assignable, blocked]", true, "3 of 3 assignable or blocked" },
		{ "device: class=gpu, verdict: bound", false, "0 of 0 bound" },
	};
	_cleanup_tree_ struct tree t;

	put_host(&t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = text_format("version: 1\ndevices: [{ %s }]\n", rows[i].rule);
		_cleanup_(policy_done) struct policy p = {};
		_cleanup_(report_done) struct report report = {};
		const struct finding *f;

		CHECK(policy_parse(text, "f", &p) == 0 && policy_apply(&p, &t.host, &t.uses, &report) == 0);
		f = report_find(&report, "policy.devices");
		CHECK_ROW(rows[i].rule, f && f->is_required && f->verdict == (rows[i].holds ? VERDICT_PASS : VERDICT_FAIL));
		CHECK(f->n_evidence == 1);
		CHECK_STR(f->evidence[0].path, "f:2");
		CHECK_HAS(f->evidence[0].value, rows[i].said);
	}
}

TEST(what_is_ignored_no_longer_counts)
{
	_cleanup_(policy_done) struct policy p = {};
	_cleanup_(report_done) struct report report = {};
	_cleanup_tree_ struct tree t;

	put_host(&t);
	CHECK(policy_parse("version: 1\nignore: [cpu.virtualization]\n", "f", &p) == 0);
	CHECK(audit_run(&t.host, NULL, &report) == 0 && report_find(&report, "cpu.virtualization")->is_required);
	CHECK(policy_apply(&p, &t.host, &t.uses, &report) == 0);
	CHECK(!report_find(&report, "cpu.virtualization")->is_required && !report_find(&report, "policy.devices"));
	CHECK(report_find(&report, "iommu.enabled")->is_required);
}

TEST(one_device_is_judged_without_the_others)
{
	_cleanup_(report_done) struct report report = {};
	_cleanup_tree_ struct tree t;
	struct device *devices[2];
	const struct selected one = { .is_asked = true, .devices = devices, .n = 1 }, two = { .is_asked = true, .devices = devices, .n = 2 };
	const struct finding *f;

	put_host(&t);
	devices[0] = tree_device(&t, "0000:02:00.0");
	devices[1] = tree_device(&t, "0000:01:00.0");
	CHECK(audit_run(&t.host, NULL, &report) == 0);
	CHECK(selected_judge(&t.host, &t.uses, &one, NULL, &report) == 0);
	f = report_find(&report, "device.ready");
	CHECK(f && f->verdict == VERDICT_PASS && f->is_required && !report_find(&report, "devices.set-aside"));
	report_done(&report);
	CHECK(audit_run(&t.host, NULL, &report) == 0);
	CHECK(selected_judge(&t.host, &t.uses, &two, (char *[]){ (char *)"devices.set-aside", NULL }, &report) == 0);
	f = report_find(&report, "device.ready");
	CHECK(f->verdict == VERDICT_FAIL && report_find(&report, "devices.set-aside"));
	CHECK_HAS(f->summary, "1 of 2 devices cannot be given");
	report_done(&report);
	t.host.mounts.namespaces_known = false;
	CHECK(audit_run(&t.host, NULL, &report) == 0);
	CHECK(selected_judge(&t.host, &t.uses, &one, NULL, &report) == 0);
	f = report_find(&report, "device.ready");
	CHECK(f->verdict == VERDICT_UNKNOWN && f->is_required);
}

TEST(queues_are_judged_with_those_that_were_named_beside_them)
{
	static const struct {
		const char *selector;
		enum verdict verdict;
		size_t cautions;
	} rows[] = {
		{ "ap=06.0004", VERDICT_PASS, 1 },
		{ "ap=06.*", VERDICT_PASS, 0 },
		{ "ap=0[56].0004", VERDICT_PASS, 0 },
		{ "ap=05.0005", VERDICT_FAIL, 1 },
	};
	_cleanup_tree_ struct tree t;

	mainframe_new(&t);
	tree_masks(&t, ALL_IDS, ALL_IDS, 7);
	for (size_t i = 0; i < 4; i++)
		tree_queue(&t, (const char *const[]){ "05.0004", "05.0005", "06.0004", "06.0005" }[i], "CEX8C", "cex4queue");
	tree_put(&t, "sys/devices/ap/card05/05.0005/pendingq_count", "%s", "3\n");
	CHECK(tree_read(&t) == 0);
	t.host.mounts.namespaces_known = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(selected_done) struct selected s = {};
		_cleanup_(report_done) struct report report = {};
		const struct finding *f;
		size_t cautions = 0;

		CHECK(selected_find(&t.host, rows[i].selector, &s) == 0 && s.is_channel && !s.n);
		CHECK(selected_judge(&t.host, &t.uses, &s, NULL, &report) == 0);
		f = report_find(&report, "device.ready");
		CHECK_ROW(rows[i].selector, f && f->verdict == rows[i].verdict);
		for (size_t j = 0; j < f->n_evidence; j++)
			cautions += str_starts(f->evidence[j].value, "caution: ");
		CHECK_ROW(rows[i].selector, cautions == rows[i].cautions);
	}
}

TEST_MAIN()
