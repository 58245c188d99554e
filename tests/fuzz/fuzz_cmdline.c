/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel command line. */

#include "common/text.h"
#include "detect/cmdline.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size), *joined = NULL;
	_cleanup_(cmdline_done) struct cmdline c = {}, again = {};

	CHECK(cmdline_parse(text, &c) == 0);
	joined = strv_join(c.arguments, " ");
	CHECK(joined && cmdline_parse(joined, &again) == 0);
	CHECK(strv_eq(c.arguments, again.arguments));
	for (char **a = c.arguments; a && *a; a++) {
		_cleanup_free_ char *name = strndup(*a, strcspn(*a, "="));
		const char *value = cmdline_value(&c, name);

		CHECK(**a && cmdline_has(&c, *a) && value);
		if (*value && !strchr(value, ','))
			CHECK(cmdline_value_has(&c, name, value));
	}
	return 0;
}
