/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where on the host a guest lives: node, CPUs, pages; and the room for its devices' BARs. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "profiles/pages.h"
#include "profiles/placement.h"
#include "profiles/window.h"
#include "tests/unit/check.h"
#include "tests/unit/qemu_host.h"

#define NODE "sys/devices/system/node/node"
#define PAGES "/hugepages/hugepages-"

/* Two nodes of eight CPUs, of which n and n+16 are one core. */
static void two_nodes(struct tree *t)
{
	tree_new(t);
	t->host.root_fd = t->fd;
	for (unsigned node = 0; node < 2; node++) {
		_cleanup_free_ char *list = text_format(NODE "%u/cpulist", node), *memory = text_format(NODE "%u/meminfo", node);

		tree_put(t, list, "%s\n", node ? "4-7,20-23" : "0-3,16-19");
		tree_put(t, memory, "Node %u MemTotal:       %u kB\nNode %u MemFree:  5 kB\n", node, 16u << 20, node);
	}
	for (unsigned cpu = 0; cpu < 8; cpu++) {
		_cleanup_free_ char *path = text_format("sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu);

		tree_put(t, path, "%u,%u\n", cpu, cpu + 16);
	}
}

struct asked {
	int node;                /* option */
	int devices[2];          /* their nodes */
	size_t n;
	unsigned vcpus, memory;
};

static int place(struct tree *t, const struct asked *a, struct placement *ret, char **ret_said, struct choices *choices)
{
	struct guest_options o = { .numa_node = a->node };
	struct device one = { .address = (char *)"0000:05:00.0", .numa_node = a->devices[0] }, two = { .address = (char *)"0000:06:00.0", .numa_node = a->devices[1] };
	struct device *devices[] = { &one, &two };
	int r;

	stderr_catch();
	r = placement_decide(&t->host, &o, devices, a->n, a->vcpus, a->memory, choices, ret);
	*ret_said = stderr_caught();
	return r;
}

TEST(the_guest_follows_its_devices_and_the_emulator_has_a_core_of_its_own)
{
	static const struct {
		const char *name;
		struct asked asked;
		int node;
		const char *cpus, *emulator;
	} rows[] = {
		{ "drive on node 1", { NODE_AUTO, { 1 }, 1, 4, 1024 }, 1, "5-7,21-23", "4,20" },
		{ "drive on node 0", { NODE_AUTO, { 0 }, 1, 6, 1024 }, 0, "1-3,17-19", "0,16" },
		{ "two drives on node 1", { NODE_AUTO, { 1, 1 }, 2, 1, 1024 }, 1, "5-7,21-23", "4,20" },
		{ "drives on both nodes", { NODE_AUTO, { 0, 1 }, 2, 1, 1024 }, -1, NULL, NULL },
		{ "firmware names no node", { NODE_AUTO, { -1 }, 1, 1, 1024 }, -1, NULL, NULL },
		{ "no device", { NODE_AUTO, { 0 }, 0, 1, 1024 }, -1, NULL, NULL },
		{ "asked for none", { NODE_ANY, { 1 }, 1, 1, 1024 }, -1, NULL, NULL },
		{ "asked for the other", { 0, { 1 }, 1, 1, 1024 }, 0, "1-3,17-19", "0,16" },
		{ "needs every CPU", { NODE_AUTO, { 1 }, 1, 8, 1024 }, 1, "4-7,20-23", "4-7,20-23" },
		{ "more than is left", { NODE_AUTO, { 1 }, 1, 7, 1024 }, 1, "4-7,20-23", "4-7,20-23" },
		{ "all memory", { NODE_AUTO, { 1 }, 1, 1, 16384 }, 1, "5-7,21-23", "4,20" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(choices_done) struct choices choices = {};
		_cleanup_(placement_done) struct placement p = {};
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;

		two_nodes(&t);
		CHECK_ROW(rows[i].name, place(&t, &rows[i].asked, &p, &said, &choices) == 0);
		CHECK_ROW(rows[i].name, p.node == rows[i].node);
		CHECK_STR(p.cpus, rows[i].cpus);
		CHECK_STR(p.emulator_cpus, rows[i].emulator);
		CHECK_STR(said, "");
		CHECK_ROW(rows[i].name, choices.n > 0 || rows[i].asked.node == NODE_ANY);
	}
}

TEST(a_guest_too_large_for_the_node_is_refused_with_what_the_node_has)
{
	static const struct {
		struct asked asked;
		int r;
		const char *said;
	} rows[] = {
		{ { NODE_AUTO, { 1 }, 1, 9, 1024 }, -EOPNOTSUPP, "node1/cpulist: 4-7,20-23" },
		{ { NODE_AUTO, { 1 }, 1, 1, 16385 }, -EOPNOTSUPP, "node1/meminfo: MemTotal 16777216 kB" },
		{ { 2, { 1 }, 1, 1, 1024 }, -EINVAL, "there is no NUMA node 2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(choices_done) struct choices choices = {};
		_cleanup_(placement_done) struct placement p = {};
		_cleanup_free_ char *said = NULL;
		_cleanup_tree_ struct tree t;

		two_nodes(&t);
		CHECK(place(&t, &rows[i].asked, &p, &said, &choices) == rows[i].r);
		CHECK_HAS(said, rows[i].said);
	}
}

TEST(isolated_cpus_are_left_out_since_nothing_moves_between_them)
{
	static const struct asked asked = { NODE_AUTO, { 1 }, 1, 2, 1024 };
	_cleanup_(choices_done) struct choices choices = {};
	_cleanup_(placement_done) struct placement p = {}, none = {};
	_cleanup_free_ char *said = NULL, *said_none = NULL;
	_cleanup_tree_ struct tree t;

	two_nodes(&t);
	tree_put(&t, "sys/devices/system/cpu/isolated", "4,6,20,22\n");
	CHECK(place(&t, &asked, &p, &said, &choices) == 0);
	CHECK_STR(p.cpus, "7,23");
	CHECK_STR(p.emulator_cpus, "5,21");
	tree_put(&t, "sys/devices/system/cpu/isolated", "4-7,20-23\n");
	CHECK(place(&t, &asked, &none, &said_none, &choices) == -EINVAL);
	CHECK_HAS(said_none, "all CPUs of NUMA node 1 are isolated");
}

TEST(a_host_with_one_node_has_nothing_to_pin_and_nothing_to_say)
{
	static const struct asked asked = { NODE_AUTO, { 0 }, 1, 2, 1024 };
	_cleanup_(choices_done) struct choices choices = {};
	_cleanup_(placement_done) struct placement p = {};
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	two_nodes(&t);
	tree_put(&t, NODE "1/cpulist", "\n"); /* memory alone */
	CHECK(place(&t, &asked, &p, &said, &choices) == 0 && p.node == -1 && !p.cpus && !choices.n);
}

static int pick(struct tree *t, const struct pages_wish *wish, enum hugepages *ret, char **ret_said, char **ret_why)
{
	_cleanup_(choices_done) struct choices choices = {};
	int r;

	stderr_catch();
	r = pages_decide(&t->host, wish, &choices, ret);
	*ret_said = stderr_caught();
	*ret_why = choices.n ? text_format("%s: %s", choices.list[choices.n - 1].value, choices.list[choices.n - 1].why) : strdup("");
	return r;
}

TEST(the_largest_pages_that_are_free_on_the_node_are_taken)
{
	static const struct {
		const char *name, *huge, *large; /* free ones of 1G and 2M on node 1; NULL: there are no such pages */
		struct pages_wish wish;
		int r;
		enum hugepages pages;
		const char *words;
	} rows[] = {
		{ "both", "8", "4096", { HUGEPAGES_AUTO, 1, 8192 }, 0, HUGEPAGES_1G, "1G: 8 of them" },
		{ "too few large", "7", "4096", { HUGEPAGES_AUTO, 1, 8192 }, 0, HUGEPAGES_2M, "2M: 4096 of them" },
		{ "no multiple", "16", "4608", { HUGEPAGES_AUTO, 1, 9216 - 2 }, 0, HUGEPAGES_2M, "2M: 4607 of them" },
		{ "none", "0", "4095", { HUGEPAGES_AUTO, 1, 8192 }, 0, HUGEPAGES_OFF, "4096 pages of 2M are wanted, and 4095 are free" },
		{ "no support", NULL, NULL, { HUGEPAGES_AUTO, 1, 8192 }, 0, HUGEPAGES_OFF, "this host has no pages of 1G" },
		{ "off", "8", "4096", { HUGEPAGES_OFF, 1, 8192 }, 0, HUGEPAGES_OFF, "" },
		{ "asked, there", "8", "0", { HUGEPAGES_1G, 1, 8192 }, 0, HUGEPAGES_1G, "1G: 8" },
		{ "asked, few", "7", "0", { HUGEPAGES_1G, 1, 8192 }, -EOPNOTSUPP, HUGEPAGES_OFF, "slipway apply --kernel-arg hugepagesz=1G" },
		{ "asked, few small", "7", "0", { HUGEPAGES_2M, 1, 8192 }, -EOPNOTSUPP, HUGEPAGES_OFF, "node1/hugepages/hugepages-2048kB/free_hugepages): write" },
		{ "asked, the other node's", "8", "0", { HUGEPAGES_1G, 0, 8192 }, -EOPNOTSUPP, HUGEPAGES_OFF, "there is no /sys/devices/system/node/node0" },
		{ "asked, odd", "8", "0", { HUGEPAGES_1G, 1, 1536 }, -EOPNOTSUPP, HUGEPAGES_OFF, "1536 MiB is no multiple of pages of 1G" },
		{ "asked, s390x size", "8", "0", { HUGEPAGES_1M, 1, 1024 }, -EOPNOTSUPP, HUGEPAGES_OFF, "do not take pages of 1M" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *said = NULL, *why = NULL;
		enum hugepages pages = HUGEPAGES_OFF;
		_cleanup_tree_ struct tree t;

		two_nodes(&t);
		if (rows[i].huge)
			tree_put(&t, NODE "1" PAGES "1048576kB/free_hugepages", "%s\n", rows[i].huge);
		if (rows[i].large)
			tree_put(&t, NODE "1" PAGES "2048kB/free_hugepages", "%s\n", rows[i].large);
		CHECK_ROW(rows[i].name, pick(&t, &rows[i].wish, &pages, &said, &why) == rows[i].r);
		CHECK_ROW(rows[i].name, pages == rows[i].pages);
		CHECK_HAS(rows[i].r ? said : why, rows[i].words);
	}
}

TEST(pages_that_no_hugetlbfs_gives_are_none)
{
	static const struct pages_wish wish = { HUGEPAGES_1G, -1, 2048 };
	_cleanup_free_ char *said = NULL, *why = NULL, *said_good = NULL, *why_good = NULL;
	enum hugepages pages = HUGEPAGES_OFF;
	_cleanup_tree_ struct tree t;

	two_nodes(&t);
	tree_put(&t, "sys/kernel/mm" PAGES "1048576kB/free_hugepages", "2\n");
	tree_put(&t, "proc/self/mountinfo", "30 1 0:30 / /dev/hugepages rw - hugetlbfs hugetlbfs rw,pagesize=2M\n");
	CHECK(pick(&t, &wish, &pages, &said, &why) == -EOPNOTSUPP);
	CHECK_HAS(said, "mount -t hugetlbfs -o pagesize=1G none /dev/hugepages1G");
	tree_put(&t, "proc/self/mountinfo", "30 1 0:30 / /dev/hugepages1G rw - hugetlbfs none rw,pagesize=1024M\n");
	CHECK(pick(&t, &wish, &pages, &said_good, &why_good) == 0 && pages == HUGEPAGES_1G);
}

TEST(s390x_takes_pages_of_1m_where_kvm_was_told_so)
{
	static const struct pages_wish wish = { .pages = HUGEPAGES_1M, .node = -1, .memory = 4, .is_s390x = true, .is_kvm = true };
	_cleanup_free_ char *said = NULL, *why = NULL, *said_good = NULL, *why_good = NULL, *said_nested = NULL, *why_nested = NULL;
	enum hugepages pages = HUGEPAGES_OFF;
	_cleanup_tree_ struct tree t;

	two_nodes(&t);
	tree_put(&t, "sys/kernel/mm" PAGES "1024kB/free_hugepages", "4\n");
	tree_put(&t, "sys/module/kvm/parameters/hpage", "0\n");
	CHECK(pick(&t, &wish, &pages, &said, &why) == -EOPNOTSUPP);
	CHECK_HAS(said, "slipway apply --kernel-arg kvm.hpage=1");
	tree_put(&t, "sys/module/kvm/parameters/nested", "1\n");
	CHECK(pick(&t, &wish, &pages, &said_nested, &why_nested) == -EOPNOTSUPP);
	CHECK_HAS(said_nested, "--kernel-arg kvm.nested=0 --kernel-arg kvm.hpage=1");
	tree_put(&t, "sys/module/kvm/parameters/hpage", "1\n");
	CHECK(pick(&t, &wish, &pages, &said_good, &why_good) == 0 && pages == HUGEPAGES_1M);
}

TEST(the_firmware_is_told_of_bars_that_its_own_window_cannot_hold)
{
	static const struct {
		const char *name;
		unsigned long long gib[2]; /* of 64-bit prefetchable BARs of two cards */
		unsigned window;           /* MiB */
	} rows[] = {
		{ "none", { 0, 0 }, 0 }, { "16 GiB", { 16, 0 }, 0 }, { "a little more", { 17, 0 }, 65536 }, { "32 GiB", { 32, 0 }, 65536 },
		{ "two of 32 GiB", { 32, 32 }, 131072 }, { "128 GiB", { 128, 0 }, 262144 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct device cards[] = { { .address = (char *)"0000:01:00.0" }, { .address = (char *)"0000:02:00.0" } }, *devices[] = { &cards[0], &cards[1] };
		_cleanup_(choices_done) struct choices choices = {};

		for (size_t k = 0; k < 2; k++) {
			cards[k].bars[0] = (struct bar){ .size = UINT64_C(1) << 40 }; /* below 4 GiB: counts elsewhere */
			cards[k].bars[1] = (struct bar){ .size = rows[i].gib[k] << 30, .is_64bit = true, .is_prefetchable = true };
		}
		CHECK_ROW(rows[i].name, window_decide(devices, 2, &choices) == rows[i].window);
		CHECK_ROW(rows[i].name, choices.n == (rows[i].window ? 1 : 0));
		CHECK_ROW(rows[i].name, window_decide(devices, 0, &choices) == 0);
	}
}

TEST_MAIN()
