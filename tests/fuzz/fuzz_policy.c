/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy. */

#include <errno.h>

#include "cli/policy.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(policy_done) struct policy p = {};
	int r = policy_parse(text, "fuzz.yaml", &p);

	CHECK(r == 0 || r == -EINVAL);
	CHECK(r == 0 || (!p.n_rules && !p.require && !p.ignore));
	for (size_t i = 0; i < p.n_rules; i++) {
		CHECK(p.rules[i].verdicts && *p.rules[i].verdicts);
		CHECK(!p.rules[i].count || !p.rules[i].at_least);
		CHECK(p.rules[i].line >= 1);
	}
	return 0;
}
