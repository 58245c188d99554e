/* SPDX-License-Identifier: GPL-2.0-or-later */
/* s390x's /proc/sysinfo. */

#include "detect/environment.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_(environment_done) struct environment e = {};
	_cleanup_free_ char *text = fuzz_text(data, size);

	CHECK(sysinfo_parse(text, &e) == 0);
	CHECK(e.kind == ENVIRONMENT_UNKNOWN || e.kind == ENVIRONMENT_LPAR || e.kind == ENVIRONMENT_GUEST);
	CHECK((e.kind == ENVIRONMENT_UNKNOWN) == !e.path && !e.path == !e.value);
	CHECK(!e.of || (*e.of && e.kind == ENVIRONMENT_GUEST));
	return 0;
}
