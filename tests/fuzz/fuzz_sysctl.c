/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of sysctl.d, and the same as one of tmpfiles.d. */

#include "common/text.h"
#include "detect/sysctl.h"
#include "detect/tmpfiles.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_(tmpfiles_done) struct tmpfiles t = {};
	_cleanup_(sysctl_done) struct sysctl s = {};
	_cleanup_free_ char *text = fuzz_text(data, size);
	unsigned lines = 1, before = 0;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	CHECK(sysctl_parse(text, "etc/sysctl.d/fuzz.conf", true, &s) == 0);
	for (size_t i = 0; i < s.n; i++) {
		CHECK(s.list[i].path && str_eq(s.list[i].file, "etc/sysctl.d/fuzz.conf") && s.list[i].at_boot);
		CHECK(s.list[i].number > before && s.list[i].number <= lines);
		before = s.list[i].number;
		sysctl_names(&s, &s.list[i], "net/ipv4/ip_forward");
	}
	CHECK(tmpfiles_parse(text, "etc/tmpfiles.d/fuzz.conf", &t) == 0);
	before = 0;
	for (size_t i = 0; i < t.n; i++) {
		CHECK(t.list[i].path && t.list[i].value && t.list[i].number > before && t.list[i].number <= lines);
		before = t.list[i].number;
		tmpfiles_names(&t.list[i], "sys/kernel/mm/ksm/run");
	}
	return 0;
}
