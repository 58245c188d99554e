/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of modprobe.d. */

#include "common/text.h"
#include "detect/modprobe.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_(modprobe_done) struct modprobe m = {};
	_cleanup_free_ char *text = fuzz_text(data, size);
	unsigned lines = 1, before = 0;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	CHECK(modprobe_parse(text, "etc/modprobe.d/fuzz.conf", &m) == 0);
	for (size_t i = 0; i < m.n; i++) {
		const struct modprobe_line *line = &m.list[i];
		_cleanup_free_ char *value = NULL;

		CHECK(line->kind <= MODPROBE_SOFTDEP && line->value && str_eq(line->file, "etc/modprobe.d/fuzz.conf"));
		CHECK(*line->module && !strpbrk(line->module, " \t\n-") && modprobe_names(line, line->module));
		CHECK(line->number > before && line->number <= lines);
		before = line->number;
		CHECK(modprobe_option(line, "ids", &value) == 0 && (!value || strstr(line->value, value)));
	}
	return 0;
}
