/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How GRUB is set up: the script that writes the menu in the first line (its newlines written as ';'), then a menu. */

#include "common/text.h"
#include "detect/grub_setup.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	_cleanup_(grub_setup_done) struct grub_setup s = {};
	_cleanup_free_ char *cfg = NULL;
	char *parts[2];

	fuzz_split(data, size, parts, ARRAY_SIZE(parts));
	for (char *c = parts[0]; (c = strchr(c, ';'));)
		*c = '\n';
	fuzz_file("usr/sbin/grub-mkconfig", parts[0], strlen(parts[0]));
	fuzz_file("boot/grub/grub.cfg", parts[1], strlen(parts[1]));
	CHECK(grub_setup_read(fuzz_root(), NULL, &s, &cfg) == 0);
	CHECK(str_eq(s.mkconfig, "usr/sbin/grub-mkconfig"));
	CHECK(!s.has_dropins || strstr(parts[0], "default/grub.d/"));
	CHECK(!cfg || (s.cfg && str_eq(cfg, parts[1])));
	CHECK(!s.uses_bls || strstr(parts[1], "blscfg"));
	free(parts[0]);
	free(parts[1]);
	return 0;
}
