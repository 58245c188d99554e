/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel arguments of memory and cpu of the spec: huge pages at boot, and isolated CPUs. */

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/kernel_arguments.h"
#include "installer/sections/hugepages.h"
#include "installer/sections/section.h"
#include "installer/spec.h"
#include "tests/unit/check.h"
#include "tests/unit/host_settings.h"

/* The arguments of a spec, in a line that has some: what the line becomes, and that the way back is whole. */
static char *edited(const char *spec, const char *line, char **ret_back)
{
	_cleanup_free_ char *text = text_format("version: 1\n%s", spec);
	_cleanup_(argument_edits_done) struct argument_edits edits = {};
	_cleanup_(argument_wish_done) struct argument_wish wish = {};
	_cleanup_(cmdline_done) struct cmdline foreign = {};
	_cleanup_(wishes_done) struct wishes wishes = {};
	_cleanup_tree_ struct tree t;
	char *ret = NULL;

	distribution_new(&t, "debian");
	tree_put(&t, "sys/devices/system/cpu/online", "0-7\n");
	if (spec_parse(text, "f", &wishes) < 0 || tree_read(&t) < 0 || cmdline_parse(line, &foreign) < 0 ||
	    sections_arguments(&t.host, &wishes, &foreign, &wish) < 0 || kernel_arguments_edit(line, &wish, &edits, &ret) < 0 ||
	    kernel_arguments_take_back(ret, &edits, ret_back) < 0)
		abort();
	return ret;
}

TEST(huge_pages_at_boot_are_arguments_in_their_order)
{
	static const struct {
		const char *pools, *line, *wanted;
	} rows[] = {
		{ "{ size: 1G, count: 4 }", "quiet", "quiet hugepagesz=1G hugepages=4" },
		{ "{ size: 1G, count: 4 }, { size: 2M, count: 4, at: boot }", "quiet", "quiet hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=04" },
		{ "{ size: 1G, count: 2, node: 0 }, { size: 1G, count: 3, node: 1 }", "quiet", "quiet hugepagesz=1G hugepages=0:2,1:3" },
		{ "{ size: 2M, count: 4 }", "quiet hugepages=9", "quiet hugepages=9" },
		/* As it is already. */
		{ "{ size: 1G, count: 4 }", "hugepagesz=1G hugepages=4 quiet", "hugepagesz=1G hugepages=4 quiet" },
		/* In the place of another's, in the right order whatever theirs was. */
		{ "{ size: 1G, count: 4 }", "hugepages=512 quiet", "hugepagesz=1G quiet hugepages=4" },
		{ "{ size: 1G, count: 4 }", "hugepagesz=2M hugepages=512 quiet", "hugepagesz=1G hugepages=4 quiet" },
		{ "{ size: 1G, count: 4 }", "hugepagesz=1G hugepages=2 quiet", "hugepagesz=1024M hugepages=4 quiet" },
		{ "{ size: 1G, count: 4 }", "a hugepagesz=2M hugepages=4 b hugepagesz=1G hugepages=4 c", "a hugepagesz=1024M hugepages=04 b c" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *spec = text_format("memory: { hugepages: [%s] }\n", rows[i].pools), *back = NULL, *line = edited(spec, rows[i].line, &back);

		CHECK_STR(line, rows[i].wanted);
		if (i + 1 < ARRAY_SIZE(rows)) /* in the last, what was taken out comes back at the end */
			CHECK_STR(back, rows[i].line);
		free(stderr_caught());
	}
}

TEST(isolated_cpus_are_arguments)
{
	static const struct {
		const char *cpu, *line, *wanted;
	} rows[] = {
		{ "isolated: \"2-3,6\"", "quiet", "quiet isolcpus=managed_irq,domain,2-3,6 nohz_full=2-3,6 rcu_nocbs=2-3,6" },
		{ "housekeeping: \"0-1,4\"", "quiet", "quiet isolcpus=managed_irq,domain,2-3,5-7 nohz_full=2-3,5-7 rcu_nocbs=2-3,5-7" },
		{ "isolated: \"2\"", "isolcpus=5 x", "isolcpus=managed_irq,domain,2 x nohz_full=2 rcu_nocbs=2" },
		{ "isolated: \"2\"", "rcu_nocbs=2 nohz_full=2 isolcpus=managed_irq,domain,2", "rcu_nocbs=2 nohz_full=2 isolcpus=managed_irq,domain,2" },
		{ "governor: performance", "quiet", "quiet" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *spec = text_format("cpu: { %s }\n", rows[i].cpu), *back = NULL, *line = edited(spec, rows[i].line, &back), *said = NULL;

		CHECK_STR(line, rows[i].wanted);
		CHECK_STR(back, rows[i].line);
		said = stderr_caught();
		CHECK_ROW(rows[i].cpu, !strstr(rows[i].line, "isolcpus=5") == !strstr(said, "the kernel argument isolcpus=5 is not slipway's"));
	}
}

/* hugepages=NODE:COUNT came with 5.16, and to Red Hat's 9 before that; what counts is the kernel of the next boot. */
TEST(an_old_kernel_makes_no_huge_pages_of_one_node_at_boot)
{
	static const struct {
		const char *running, *next;
		int node;
		bool at_boot, is_refused;
	} rows[] = {
		{ "5.15.0-91-generic", NULL, 0, true, true }, { "5.16.0", NULL, 0, true, false },
		{ "4.18.0-513.el8.x86_64", NULL, 0, true, true }, { "5.14.0-362.el9.x86_64", NULL, 0, true, false },
		{ "5.15.0", "6.1.0", 0, true, false }, { "6.1.0", "5.15.0", 0, true, true },
		{ "5.15.0", NULL, -1, true, false }, { "5.15.0", NULL, 0, false, false }, { NULL, NULL, 0, true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hugepages_wish wish = { .size = 1024 * 1024, .count = 1, .node = rows[i].node, .at_boot = rows[i].at_boot };
		const struct memory_wish memory = { .hugepages = &wish, .n_hugepages = 1 };
		_cleanup_(refusals_done) struct refusals refusals = {};
		_cleanup_tree_ struct tree t;
		struct host host = {};

		tree_new(&t);
		host.root_fd = t.fd;
		host.kernel.release = (char *)rows[i].running;
		host.kernel.next_release = (char *)rows[i].next;
		CHECK(hugepages_check(&host, &memory, &refusals) >= 0);
		CHECK_ROW(rows[i].running, refusals.n == rows[i].is_refused);
		if (refusals.n)
			CHECK_HAS(refusals.list[0].text, "kernels before 5.16 make no huge pages of one NUMA node at boot");
	}
}

TEST_MAIN()
