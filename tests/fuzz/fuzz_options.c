/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's options, a line NAME=VALUE each. */

#include "common/text.h"
#include "profiles/options.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	struct guest_options o = { .name = "guest", .memory = 1024, .vcpus = 1 };
	char *lines[8];

	fuzz_split(data, size, lines, ARRAY_SIZE(lines));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char *equals = strchr(lines[i], '=');

		if (!equals)
			continue;
		*equals = '\0';
		guest_option_set(&o, lines[i], equals + 1);
	}
	if (guest_options_check(&o) == 0) {
		CHECK(*o.name && !strchr(o.name, '/'));
		CHECK(o.memory >= 128 && o.vcpus >= 1 && o.vcpus <= 255 && o.spare_ports <= 32);
		CHECK(!o.disk || *o.disk == '/' || guest_disk_is_volume(o.disk));
	}
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		free(lines[i]);
	return 0;
}
