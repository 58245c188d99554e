/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A selector, against a device that has everything and one that has nothing. */

#include <errno.h>

#include "passthrough/selector.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	const struct device full = { .address = (char *)"0000:05:00.0", .bus = 5, .vendor = 0x144d, .product = 0xa80a, .class = 0x010802,
				     .serial = (char *)"S4EVNX0R1", .model = (char *)"Samsung SSD", .slot = (char *)"4", .driver = (char *)"nvme",
				     .path = (char *)"0000:00/06.0/00.0", .numa_node = 1 };
	const struct device empty = { .numa_node = -1 };
	_cleanup_(selector_done) struct selector s = {};
	_cleanup_free_ char *text = fuzz_text(data, size < 200 ? size : 200);
	int r = selector_parse(text, &s);

	CHECK(r == 0 || r == -EINVAL);
	if (r < 0)
		return 0;
	CHECK(s.n_terms > 0 && s.n_terms <= SELECTOR_TERMS);
	for (size_t i = 0; i < s.n_terms; i++)
		CHECK(s.terms[i].value && *s.terms[i].value);
	selector_matches(&s, &full);
	selector_matches(&s, &empty);
	return 0;
}
