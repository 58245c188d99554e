/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPU sets. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/cpuset.h"
#include "tests/unit/check.h"

TEST(lists_are_read_and_written_as_the_kernel_does)
{
	static const struct {
		const char *text, *written;
		unsigned n;
		int first;
	} rows[] = {
		{ "", "", 0, -1 },       { ",", "", 0, -1 },          { "0", "0", 1, 0 },         { "0-7,16-23", "0-7,16-23", 16, 0 },
		{ "3,5,7-8", "3,5,7-8", 4, 3 }, { "8191", "8191", 1, 8191 }, { "5,0-2,1,8191", "0-2,5,8191", 5, 0 }, { "0,0,1", "0-1", 2, 0 },
	};
	static const char *const bad[] = { "a", "3-1", "8192", "1-", "-1", "0-", "0-8192", "1-99999999", "1--2", "1 2" };
	struct cpuset s = {};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;

		CHECK_ROW(rows[i].text, cpuset_parse(rows[i].text, &s) == 0);
		text = cpuset_format(&s);
		CHECK_STR(text, rows[i].written);
		CHECK_ROW(rows[i].text, cpuset_count(&s) == rows[i].n && cpuset_first(&s) == rows[i].first);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_ROW(bad[i], cpuset_parse(bad[i], &s) == -EINVAL);
	CHECK(cpuset_count(&s) == 2); /* as the last good one left it */
}

TEST(sets_are_cut_and_lessened)
{
	struct cpuset s, few;

	CHECK(cpuset_parse("0-127", &s) == 0 && cpuset_parse("1,64-200", &few) == 0);
	CHECK(cpuset_has(&few, 64) && !cpuset_has(&few, 63) && !cpuset_has(&few, CPUSET_MAX));
	cpuset_keep(&s, &few);
	CHECK(cpuset_count(&s) == 65 && cpuset_first(&s) == 1);
	cpuset_remove(&few, &s);
	CHECK(cpuset_count(&few) == 73 && cpuset_first(&few) == 128);
}

TEST_MAIN()
