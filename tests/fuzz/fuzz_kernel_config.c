/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a kernel was built: the text of its .config, and the gzip file in which the kernel shows it. */

#include <errno.h>

#include "detect/kernel_config.h"
#include "tests/fuzz/fuzz.h"

static void parse(const char *text)
{
	char values[CONFIG_OPTIONS];

	kernel_config_parse(text, values);
	for (int i = 0; i < CONFIG_OPTIONS; i++) {
		CHECK(values[i] == 'y' || values[i] == 'm' || values[i] == 'n');
		CHECK(values[i] == 'n' || strstr(text, kernel_option_name((enum kernel_option)i)));
	}
}

FUZZ(data, size)
{
	_cleanup_free_ char *text = fuzz_text(data, size), *unpacked = NULL;
	int r = gunzip(text, size, &unpacked);

	CHECK(r == 0 || r == -EINVAL || r == -EFBIG);
	CHECK((r == 0) == (unpacked != NULL));
	parse(r == 0 ? unpacked : text);
	return 0;
}
