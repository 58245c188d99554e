/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The switch on the kernel command line, as the early binder reads it and as slipway does. */

#include "common/text.h"
#include "detect/cmdline.h"
#include "early/early.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size);
	_cleanup_(cmdline_done) struct cmdline c = {};
	const char *value;

	/* The kernel has no more than 2 KiB to show. */
	if (strlen(text) > 4096)
		return 0;
	fuzz_file("proc/cmdline", text, strlen(text));
	CHECK(cmdline_parse(text, &c) == 0);
	value = cmdline_value(&c, "slipway.bind");
	CHECK(early_is_asked(fuzz_root()) == (value && str_eq(value, "1")));
	return 0;
}
