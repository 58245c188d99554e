/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI configuration space: capabilities and extended capabilities. */

#include "detect/capabilities.h"
#include "tests/fuzz/fuzz.h"

FUZZ(data, size)
{
	unsigned char *config = malloc(size + !size);
	struct capabilities c, again;

	CHECK(config);
	if (size)
		memcpy(config, data, size);
	memset(&c, 0, sizeof(c));
	memset(&again, 0, sizeof(again));
	capabilities_parse(config, size, 0x10000, 0xff, 31, 7, &c);
	capabilities_parse(config, size, 0, 0, 0, 0, &again);
	CHECK(c.is_pcie == again.is_pcie && c.has_acs == again.has_acs && c.serial == again.serial && c.has_flr == again.has_flr);
	CHECK(c.is_pcie || (!c.has_acs && !c.has_serial && !c.has_flr));
	CHECK(size >= 4096 || (!c.has_acs && !c.has_serial));
	CHECK(size >= 256 || !c.is_complete);
	CHECK(size < 4096 || c.is_complete);
	CHECK(!c.has_serial || (c.serial && c.serial != UINT64_MAX));
	free(config);
	return 0;
}
