/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space read in parts: what is found in it is what is found in the whole. */

#include "detect/capabilities.h"
#include "detect/config_space.h"
#include "tests/fuzz/capabilities.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	unsigned char part[CONFIG_SIZE], whole[CONFIG_SIZE] = {};
	struct capabilities a, b;
	size_t n;

	if (size > CONFIG_SIZE)
		return 0;
	memcpy(whole, data, size);
	/* sysfs shows the header, or all of conventional PCI, or all. */
	size = size < 256 ? 64 : size < CONFIG_SIZE / 2 ? 256 : CONFIG_SIZE;
	fuzz_file("config", whole, size);
	n = config_read(fuzz_root(), part);
	CHECK(n == size && memcmp(part, whole, size < 256 ? size : 256) == 0);
	for (size_t i = 0; i < CONFIG_SIZE; i++)
		CHECK(part[i] == whole[i] || !part[i]);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	capabilities_parse(part, n, 0, 0, 0, 0, &a);
	capabilities_parse(whole, size, 0, 0, 0, 0, &b);
	CHECK(fuzz_capabilities_are_same(&a, &b));
	return 0;
}
