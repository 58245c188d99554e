/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remarks on a kernel command line. */

#include "audit/remark.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	static const char *const tables[] = { NULL, "DMAR", "IVRS", "IORT" };
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(remarks_done) struct remarks remarks = {};
	_cleanup_(cmdline_done) struct cmdline c = {};
	unsigned char choice = size ? data[0] : 0;

	CHECK(cmdline_parse(text, &c) == 0);
	CHECK(remarks_find(&c, choice & 3, tables[choice >> 2 & 3], &remarks) == 0);
	for (size_t i = 0; i < remarks.n; i++) {
		const struct remark *r = &remarks.list[i];

		CHECK(r->reason && *r->reason && strv_contains(c.arguments, r->argument));
		CHECK(r->verdict == VERDICT_FAIL || r->verdict == VERDICT_WARN || r->verdict == VERDICT_PASS);
	}
	return 0;
}
