/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory, cpu and disks of the spec: what is set, what is refused, and who else sets it. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/tuned.h"
#include "installer/change_value.h"
#include "tests/unit/check.h"
#include "tests/unit/host_settings.h"
#include "tests/unit/spec_errors.h"

#define HEAD "# Written by slipway; 'slipway rollback' takes it away.\n"
#define PAGES "sys/kernel/mm/hugepages/"
#define NODE "sys/devices/system/node/node"
#define TMPFILES "etc/tmpfiles.d/00-slipway-memory.conf"
#define THP "sys/kernel/mm/transparent_hugepage/enabled"
#define ONLINE "sys/devices/system/cpu/online"
#define TUNED_ON "etc/systemd/system/multi-user.target.wants/tuned.service"

/* Two nodes with 16 GiB each, CPUs 0-7, a drive of each class. */
static void server(struct tree *t, const char *distribution)
{
	distribution_new(t, distribution);
	tree_put(t, "proc/meminfo", "MemTotal:       33554432 kB\nMemFree: 1 kB\n");
	for (int node = 0; node < 2; node++) {
		char path[128];

		snprintf(path, sizeof(path), NODE "%d/meminfo", node);
		tree_put(t, path, "Node %d MemTotal:       16777216 kB\n", node);
		snprintf(path, sizeof(path), NODE "%d/hugepages/hugepages-2048kB/nr_hugepages", node);
		tree_put(t, path, "100\n");
	}
	tree_put(t, PAGES "hugepages-2048kB/nr_hugepages", "200\n");
	tree_put(t, PAGES "hugepages-1048576kB/nr_hugepages", "0\n");
	tree_put(t, THP, "madvise\n");
	tree_put(t, "sys/kernel/mm/ksm/run", "0\n");
	tree_put(t, "sys/kernel/mm/ksm/pages_to_scan", "100\n");
	tree_put(t, "proc/sys/vm/swappiness", "60\n");
	tree_put(t, ONLINE, "0-7\n");
	tree_put(t, "sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "schedutil\n");
	tree_put(t, "sys/devices/system/cpu/cpufreq/policy4/scaling_governor", "schedutil\n");
	tree_put(t, "sys/devices/system/cpu/cpufreq/policy0/scaling_available_governors", "performance schedutil powersave\n");
	tree_put(t, "sys/block/nvme0n1/queue/scheduler", "kyber\n");
	tree_put(t, "sys/block/sda/queue/scheduler", "kyber\n");
	tree_put(t, "sys/block/sda/queue/rotational", "1\n");
	tree_put(t, "sys/block/sdb/queue/scheduler", "kyber\n");
	tree_put(t, "sys/block/sdb/queue/rotational", "0\n");
	tree_put(t, "sys/block/dm-0/queue/scheduler", "kyber\n");
	tree_put(t, "sys/block/nvme1n1/queue/scheduler", "none\n");
	tree_put(t, "sys/block/nvme1c7n1/queue/scheduler", "kyb\n");
	tree_folder(t, "sys/devices/system/cpu/cpufreq/policy6/scaling_governor"); /* which cannot be read */
}

/* Values of one length, as a file of a tree is no kernel's, and keeps what a shorter one leaves. */
#define ALL                                                                                                           \
	"memory:\n  hugepages: [{ size: 2M, count: 512, node: 0 }, { size: 2M, count: 512, node: 1 }]\n"              \
	"  transparent_hugepages: madvise\n  ksm: { run: on, pages_to_scan: 999 }\n  swappiness: 10\n"                \
	"  memlock: { group: kvm, limit: unlimited }\n"                                                               \
	"cpu: { governor: powersave }\ndisks: { scheduler: { nvme: bfq, hdd: none } }\n"

TEST(all_of_it_is_set_and_taken_back_to_the_byte)
{
	for (const char *const *d = distributions; *d; d++) {
		_cleanup_free_ char *before = NULL, *after = NULL, *tmpfiles = NULL, *sysctl = NULL, *cpu = NULL, *limits = NULL, *rules = NULL, *now = NULL, *paths = NULL, *scheduler = NULL,
				    *refused = NULL;
		_cleanup_(plan_done) struct plan again = {};
		_cleanup_tree_ struct tree t;

		server(&t, *d);
		tree_put(&t, "sys/devices/system/cpu/cpufreq/policy4/scaling_governor", "powersave\n");
		tree_put(&t, "sys/block/sda/queue/scheduler", "kybe\n");
		tree_put(&t, "sys/block/nvme0n1/queue/scheduler", "kyb\n");
		before = spec_dump(&t);
		CHECK_ROW(*d, spec_apply(&t, ALL) == OUTCOME_DONE);
		tmpfiles = tree_get(&t, TMPFILES);
		CHECK_STR(tmpfiles, HEAD "w /" NODE "0/hugepages/hugepages-2048kB/nr_hugepages - - - - 512\n"
				    "w /" NODE "1/hugepages/hugepages-2048kB/nr_hugepages - - - - 512\n"
				    "w /" THP " - - - - madvise\nw /sys/kernel/mm/ksm/run - - - - 1\nw /sys/kernel/mm/ksm/pages_to_scan - - - - 999\n");
		sysctl = tree_get(&t, "etc/sysctl.d/zz-slipway-memory.conf");
		CHECK_STR(sysctl, HEAD "vm.swappiness = 10\n");
		cpu = tree_get(&t, "etc/tmpfiles.d/00-slipway-cpu.conf");
		CHECK_STR(cpu, HEAD "w /sys/devices/system/cpu/cpufreq/policy*/scaling_governor - - - - powersave\n");
		limits = tree_get(&t, "etc/security/limits.d/zz-slipway-memlock.conf");
		CHECK_STR(limits, HEAD "@kvm - memlock unlimited\n");
		rules = tree_get(&t, "etc/udev/rules.d/99-slipway-disks.rules");
		CHECK_STR(rules, HEAD "ACTION==\"add|change\", SUBSYSTEM==\"block\", ENV{DEVTYPE}==\"disk\", KERNEL==\"nvme*n*\", ATTR{queue/scheduler}=\"bfq\"\n"
				      "ACTION==\"add|change\", SUBSYSTEM==\"block\", ENV{DEVTYPE}==\"disk\", KERNEL==\"sd*|vd*\", ATTR{queue/rotational}==\"1\", "
				      "ATTR{queue/scheduler}=\"none\"\n");
		/* What multipath hides sends udev nothing. */
		paths = tree_get(&t, "etc/tmpfiles.d/00-slipway-disks.conf");
		CHECK_STR(paths, HEAD "w /sys/block/nvme*c*n*/queue/scheduler - - - - bfq\n");
		scheduler = tree_get(&t, "sys/block/nvme1c7n1/queue/scheduler");
		CHECK_STR(scheduler, "bfq\n");
		now = tree_get(&t, "sys/devices/system/cpu/cpufreq/policy0/scaling_governor");
		CHECK_STR(now, "powersave\n");
		CHECK_ROW(*d, spec_plan(&t, ALL, &again, &refused) >= 0 && !again.n);
		CHECK_STR(refused, "");
		CHECK_ROW(*d, spec_undo(&t) == OUTCOME_DONE);
		after = spec_dump(&t);
		CHECK_STR(after, before);
	}
}

/* In a file, a 2 that is written over 30 makes 20: as with a pool of which 20 are in use. */
TEST(huge_pages_that_are_not_given_back_undo_all)
{
	_cleanup_free_ char *before = NULL, *after = NULL, *said = NULL;
	_cleanup_tree_ struct tree t;

	server(&t, "debian");
	tree_put(&t, PAGES "hugepages-2048kB/nr_hugepages", "30\n");
	before = spec_dump(&t);
	CHECK(spec_apply(&t, "memory: { hugepages: [{ size: 2M, count: 2 }], swappiness: 10 }\n") == OUTCOME_UNDONE);
	said = stderr_caught();
	CHECK_HAS(said, "20 huge pages are left, and not 2 (/" PAGES "hugepages-2048kB/nr_hugepages): the others are in use");
	after = spec_dump(&t);
	CHECK_STR(after, before);
}

static struct change pages(const char *before, const char *after)
{
	struct change c = { .kind = CHANGE_VALUE, .target = strdup("sys/x/nr_hugepages") };

	c.before = (struct content){ .exists = true, .data = strdup(before), .size = strlen(before) };
	c.after = (struct content){ .exists = true, .data = strdup(after), .size = strlen(after) };
	return c;
}

TEST(a_pool_that_was_being_filled_is_taken_back_from_where_it_is)
{
	static const struct {
		const char *before, *after, *now;
		int r;
	} rows[] = {
		{ "10", "90", "50", 0 }, { "90", "10", "50", 0 }, { "10", "90", "95", -ESTALE }, { "10", "90", "05", -ESTALE }, { "10", "90", "90", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(change_done) struct change c = pages(rows[i].before, rows[i].after);
		_cleanup_free_ char *now = NULL;
		struct site site = { .is_live = true };
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		site.root_fd = t.fd;
		tree_put(&t, "sys/x/nr_hugepages", "%s\n", rows[i].now);
		CHECK_ROW(rows[i].now, change_value_ops.revert(&site, &c) == rows[i].r);
		CHECK(kernel_value_read(t.fd, "sys/x/nr_hugepages", &now) == 0);
		CHECK_STR(now, rows[i].r ? rows[i].now : rows[i].before);
		free(stderr_caught());
	}
}

TEST(what_this_host_cannot_have_is_refused)
{
	static const struct {
		const char *spec, *refused, *online; /* NULL: 0-7; "": not known */
	} rows[] = {
		{ "memory: { hugepages: [{ size: 512M, count: 1 }] }\n", "memory: this CPU or its kernel has no huge pages of 512M" },
		{ "memory: { hugepages: [{ size: 2M, count: 1, node: 2 }] }\n", "memory: there is no NUMA node 2 for huge pages of 2M" },
		{ "memory: { hugepages: [{ size: 1G, count: 17, node: 1, at: run }] }\n", "memory: 17 huge pages of 1G are more than NUMA node 1 has (16384 MiB)" },
		{ "memory: { hugepages: [{ size: 1G, count: 30 }, { size: 2M, count: 1024 }] }\n", "memory: huge pages of 32768 MiB would leave this host (32768 MiB) less than 1 GiB" },
		{ "memory: { hugepages: [{ size: 1G, count: 31 }] }\n", "" },
		{ "cpu: { isolated: \"2-8\" }\n", "cpu: CPU 8 of '2-8' is not online" },
		{ "cpu: { housekeeping: \"0-7\" }\n", "cpu: 0-7: no CPU is left to be isolated" },
		{ "cpu: { isolated: \"1-7\" }\n", "cpu: 1-7: no CPU is left to the host itself", "1-7" },
		{ "cpu: { housekeeping: \"0-1\" }\n", "cpu: 0-1: which CPUs there are is not known here", "" },
		{ "cpu: { governor: ondemand }\n", "governor: this host's CPUs have no governor 'ondemand', but: performance schedutil powersave" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_free_ char *refused = NULL;
		_cleanup_tree_ struct tree t;
		int r;

		server(&t, "fedora");
		tree_remove(&t, ONLINE);
		if (!rows[i].online || *rows[i].online)
			tree_put(&t, ONLINE, "%s\n", rows[i].online ? rows[i].online : "0-7");
		r = spec_plan(&t, rows[i].spec, &plan, &refused);
		free(stderr_caught()); /* arguments have no boot loader here */
		CHECK_ROW(rows[i].spec, r >= 0 || !*rows[i].refused);
		CHECK_HAS(refused, rows[i].refused);
		CHECK_ROW(rows[i].spec, *rows[i].refused || !*refused);
	}
}

/* What others are in charge of, in files as their packages have them. */
TEST(what_is_somebody_elses_is_left_to_him_or_refused)
{
	static const struct {
		const char *spec, *link, *refused, *tmpfiles, *profile; /* NULL: virtual-host */
	} rows[] = {
		{ "memory: { transparent_hugepages: always }\n", TUNED_ON, "", NULL },
		{ "memory: { transparent_hugepages: madvise }\n", TUNED_ON, "tuned: transparent_hugepages: madvise: tuned's profile virtual-host sets 'always' (/usr/lib/tuned/throughput-performance/tuned.conf)", NULL },
		{ "memory: { transparent_hugepages: madvise }\n", NULL, "", "madvise" },
		{ "cpu: { governor: performance }\n", TUNED_ON, "", NULL },
		{ "cpu: { governor: powersave }\n", TUNED_ON, "tuned: governor powersave: tuned's profile virtual-host sets 'performance' (/usr/lib/tuned/virtual-host/tuned.conf)", NULL },
		{ "cpu: { governor: powersave }\n", "etc/systemd/system/graphical.target.wants/power-profiles-daemon.service", "governor: governor powersave: power-profiles-daemon.service sets it", NULL },
		{ "cpu: { governor: powersave }\n", "etc/systemd/system/multi-user.target.wants/cpupower.service", "governor: governor powersave: cpupower.service sets it" },
		{ "cpu: { governor: powersave }\n", "etc/systemd/system/multi-user.target.wants/cpufrequtils.service", "governor: governor powersave: cpufrequtils.service sets it" },
		{ "cpu: { governor: powersave }\n", "etc/systemd/system/multi-user.target.wants/tlp.service", "governor: governor powersave: tlp.service sets it" },
		{ "cpu: { isolated: \"2\" }\n", TUNED_ON, "tuned: tuned's profile cpu-partitioning isolates CPUs itself (/etc/tuned/cpu-partitioning-variables.conf)", NULL, "cpu-partitioning-powersave" },
		{ "cpu: { isolated: \"2\" }\n", TUNED_ON, "tuned: tuned's profile realtime isolates CPUs itself", NULL, "realtime-virtual-host" },
		{ "memory: { transparent_hugepages: madvise }\n", TUNED_ON, "tuned: transparent_hugepages: madvise: tuned's profile old sets 'never' (/etc/tuned/old/tuned.conf)", NULL, "old" },
		{ "disks: { scheduler: { nvme: none } }\n", TUNED_ON, "tuned: nvme: none: tuned's profile virtual-host sets the I/O scheduler 'mq-deadline'", NULL },
		{ "memory: { ksm: { run: on } }\n", "etc/systemd/system/multi-user.target.wants/ksmtuned.service", "", NULL },
		{ "memory: { ksm: { run: off } }\n", "etc/systemd/system/multi-user.target.wants/ksmtuned.service", "ksm: KSM is ksmtuned.service's on this host", NULL },
		{ "memory: { ksm: { run: on, pages_to_scan: 5 } }\n", "etc/systemd/system/multi-user.target.wants/ksmtuned.service", "ksm: KSM is ksmtuned.service's", NULL },
		{ "memory: { ksm: { run: on, sleep_millisecs: 5 } }\n", "etc/systemd/system/multi-user.target.wants/ksmtuned.service", "ksm: KSM is ksmtuned.service's" },
		{ "memory: { ksm: { run: off } }\n", "etc/systemd/system/multi-user.target.wants/ksm.service", "ksm: KSM is ksm.service's", NULL },
		{ "memory: { ksm: { run: on, pages_to_scan: 5 } }\n", "etc/systemd/system/multi-user.target.wants/ksm.service", "", "pages_to_scan - - - - 5" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *refused = NULL, *tmpfiles = NULL;
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_tree_ struct tree t;

		server(&t, "fedora");
		tree_put(&t, "etc/tuned/active_profile", "%s\n", rows[i].profile ? rows[i].profile : "virtual-host");
		tree_put(&t, "etc/tuned/old/tuned.conf", "[vm]\ntransparent_hugepage=never\n");
		tree_put(&t, "usr/lib/tuned/virtual-host/tuned.conf", "[main]\ninclude=throughput-performance\n[cpu]\n# comment\ngovernor = performance\n");
		tree_put(&t, "usr/lib/tuned/throughput-performance/tuned.conf", "[cpu]\ngovernor=schedutil\n[vm]\ntransparent_hugepages=always\n[disk]\nelevator=mq-deadline\n");
		if (rows[i].link)
			tree_link(&t, rows[i].link, "/usr/lib/systemd/system/x.service");
		CHECK_ROW(rows[i].spec, spec_plan(&t, rows[i].spec, &plan, &refused) >= 0);
		CHECK_HAS(refused, rows[i].refused);
		CHECK_ROW(rows[i].spec, *rows[i].refused || !*refused);
		tmpfiles = spec_planned(&plan, TMPFILES);
		if (rows[i].tmpfiles)
			CHECK_HAS(tmpfiles, rows[i].tmpfiles);
		CHECK_ROW(rows[i].spec, rows[i].tmpfiles || !tmpfiles);
	}
}

TEST(profiles_of_tuned_that_include_each_other_come_to_an_end)
{
	_cleanup_(tuned_value_done) struct tuned_value v = {};
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_link(&t, TUNED_ON, "/x");
	tree_put(&t, "etc/tuned/active_profile", "a ../b\n");
	tree_put(&t, "etc/tuned/a/tuned.conf", "[main]\ninclude=a, none\n[cpu]\ngovernor=powersave|conservative\n");
	tree_put(&t, "etc/b/tuned.conf", "[cpu]\ngovernor=performance\n");
	CHECK(tuned_find(t.fd, "cpu", "governor", &v) == 0);
	CHECK_STR(v.value, "powersave|conservative");
	CHECK(tuned_may_be(&v, "conservative") && !tuned_may_be(&v, "performance") && tuned_is(t.fd, "a"));
}

TEST(lines_of_others_for_the_same_values_are_named)
{
	static const struct {
		const char *path, *content, *said;
	} rows[] = {
		{ "etc/tmpfiles.d/00-a.conf", "w /" THP " - - - - never\n", "/etc/tmpfiles.d/00-a.conf:1: 'never' for /" THP " comes before slipway's and counts" },
		{ "etc/tmpfiles.d/thp.conf", "# x\nw /" THP " - - - - never\n", "/etc/tmpfiles.d/thp.conf:2: 'never' for /" THP " has no effect any more" },
		{ "usr/lib/tmpfiles.d/00-a.conf", "w /sys/kernel/mm/*/enabled - - - - never\n", "has no effect any more" },
		{ "etc/sysctl.d/hugepages.conf", "vm.nr_hugepages = 128\n", "/etc/sysctl.d/hugepages.conf:1: vm.nr_hugepages = 128 sets the number of huge pages, too" },
		{ "etc/udev/rules.d/99-zz.rules", "# ATTR{queue/scheduler}=\nKERNEL==\"sda\", ATTR{queue/scheduler}=\"bfq\"\n", "/etc/udev/rules.d/99-zz.rules:2: this rule sets I/O schedulers after" },
		{ "usr/lib/udev/rules.d/60-io-scheduler.rules", "KERNEL==\"sda\", ATTR{queue/scheduler}=\"bfq\"\n", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *refused = NULL, *said = NULL;
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_tree_ struct tree t;

		server(&t, "suse");
		tree_put(&t, rows[i].path, "%s", rows[i].content);
		CHECK_ROW(rows[i].path, spec_plan(&t, ALL, &plan, &refused) >= 0);
		said = stderr_caught();
		CHECK_HAS(said, rows[i].said);
		CHECK_ROW(rows[i].path, *rows[i].said || !*said);
	}
}

TEST(nested_is_one_thing_in_two_places)
{
	_cleanup_free_ char *refused = NULL, *file = NULL;
	_cleanup_(plan_done) struct plan off = {};
	_cleanup_tree_ struct tree t;

	server(&t, "debian");
	CHECK(spec_plan(&t, "cpu: { nested: off }\n", &off, &refused) >= 0);
	file = spec_planned(&off, "etc/modprobe.d/zz-slipway.conf");
	CHECK_HAS(file, "options kvm_amd nested=0\n");
}

TEST(errors_of_these_sections_have_their_place)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "memory: on\n", "f:2:9: memory must hold keys" },
		{ "memory: { hugepages: 4 }\n", "f:2:22: hugepages must be a list" },
		{ "memory: { hugepages: [4] }\n", "f:2:23: an entry of hugepages must hold keys" },
		{ "memory: { hugepages: [{ size: 1G }] }\n", "f:2:23: an entry of hugepages needs size and count" },
		{ "memory: { hugepages: [{ size: 3M, count: 1 }] }\n", "f:2:31: size must be" },
		{ "memory: { hugepages: [{ size: 2, count: 1 }] }\n", "f:2:31: size must be" },
		{ "memory: { hugepages: [{ size: 32K, count: 1 }] }\n", "f:2:31: size must be" },
		{ "memory: { hugepages: [{ size: 2M, count: 0 }] }\n", "f:2:42: count must be" },
		{ "memory: { hugepages: [{ size: 2M, count: 1, node: -1 }] }\n", "f:2:51: node must be" },
		{ "memory: { hugepages: [{ size: 2M, count: 1, at: noon }] }\n", "f:2:49: at must be boot" },
		{ "memory: { hugepages: [{ size: 2M, count: 1 }, { size: 2M, count: 1, node: 0 }] }\n", "f:2:47: huge pages of one size stand once" },
		{ "memory: { hugepages: [{ size: 2M, count: 1, node: 0 }, { size: 2M, count: 1 }] }\n", "f:2:56: huge pages of one size stand once" },
		{ "memory: { hugepages: [{ size: 2M, count: 1, node: 0 }, { size: 2M, count: 2, node: 0 }] }\n", "f:2:56: huge pages of one size stand once" },
		{ "memory: { hugepages: [{ size: 2M, count: 1, node: 0 }, { size: 2M, count: 1, node: 1, at: boot }] }\n", "all of them at boot or at run time" },
		{ "memory: { transparent_hugepages: on }\n", "f:2:34: transparent_hugepages must be" },
		{ "memory: { ksm: on }\n", "f:2:16: ksm must hold keys" },
		{ "memory: { ksm: { run: 1 } }\n", "f:2:23: run must be on or off" },
		{ "memory: { ksm: { pages_to_scan: 0 } }\n", "f:2:33: pages_to_scan must be" },
		{ "memory: { ksm: { sleep_millisecs: x } }\n", "f:2:35: sleep_millisecs must be" },
		{ "memory: { swappiness: 201 }\n", "f:2:23: swappiness must be a number from 0 to 200" },
		{ "memory: { memlock: { limit: 1G } }\n", "f:2:20: memlock needs group" },
		{ "memory: { memlock: { group: \"a b\" } }\n", "f:2:29: group must be the name" },
		{ "memory: { memlock: { group: -a } }\n", "f:2:29: group must be the name" },
		{ "memory: { memlock: { group: kvm, limit: much } }\n", "f:2:41: limit must be a size" },
		{ "cpu: { isolated: all }\n", "f:2:18: isolated must be a list of CPUs" },
		{ "cpu: { isolated: \"0-3\" }\n", "f:2:18: CPU 0 cannot be isolated" },
		{ "cpu: { housekeeping: \"1\" }\n", "f:2:22: CPU 0 must be among" },
		{ "cpu: { isolated: \"1\", housekeeping: \"0\" }\n", "f:2:6: isolated and housekeeping are two ways" },
		{ "cpu: { governor: \"a b\" }\n", "f:2:18: governor must be" },
		{ "cpu: { governor: longer_than_names }\n", "f:2:18: governor must be" },
		{ "cpu: { nested: maybe }\n", "f:2:16: nested must be on or off" },
		{ "kernel: { nested: on }\ncpu: { nested: off }\n", "f:3:16: nested is on in kernel, and off here" },
		{ "cpu: { nested: off }\nkernel: { nested: on }\n", "f:3:19: nested is on here, and off in cpu" },
		{ "disks: { scheduler: none }\n", "f:2:21: scheduler must hold keys" },
		{ "disks: { scheduler: { nvme: noop } }\n", "f:2:29: nvme must be an I/O scheduler" },
		{ "disks: { scheduler: { nmve: none } }\n", "f:2:23: unknown key 'nmve' in scheduler; known are nvme, ssd, hdd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = text_format("version: 1\n%s", rows[i].text), *said = spec_errors(text);

		CHECK_HAS(said, rows[i].said);
	}
}

TEST_MAIN()
