/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grub.cfg, with the environment block in its first line (its newlines written as ';'). */

#include "detect/cmdline.h"
#include "detect/grub.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_(cmdline_done) struct cmdline c = {};
	_cleanup_(grub_done) struct grub g = {};
	char *parts[2];

	fuzz_split(data, size, parts, 2);
	for (char *s = parts[0]; (s = strchr(s, ';'));)
		*s = '\n';
	CHECK(grub_parse(parts[1], *parts[0] ? parts[0] : NULL, &g) == 0);
	/* It is known, or there is a reason. */
	CHECK(g.is_present && !g.next_cmdline == !!g.reason && !g.entry == !g.next_cmdline);
	if (g.next_cmdline)
		CHECK(!strchr(g.next_cmdline, '\n') && cmdline_parse(g.next_cmdline, &c) == 0);
	free(parts[0]);
	free(parts[1]);
	return 0;
}
