/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI configuration space: capabilities and extended capabilities. */

#include "detect/capabilities.h"
#include "tests/fuzz/capabilities.h"
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
	CHECK(fuzz_capabilities_are_same(&c, &again));
	CHECK(c.is_known == (size >= 256));
	CHECK(c.is_known || (!c.is_pcie && !c.has_flr && !c.msi_vectors && !c.msix_vectors));
	/* Extended space is PCI Express's; a reset of one's own is not: conventional functions have Advanced Features. */
	CHECK(c.is_pcie || (!c.has_acs && !c.has_serial && !c.sriov_vfs));
	CHECK(size >= 4096 || (!c.has_acs && !c.has_serial && !c.sriov_vfs));
	CHECK(c.is_complete == (size >= 4096 || (c.is_known && !c.is_pcie)));
	CHECK(c.msi_vectors <= 32 && c.msix_vectors <= 2048);
	CHECK(c.msi_vectors || !c.msi_enabled);
	CHECK(c.msix_vectors || !c.msix_enabled);
	CHECK(!c.has_serial || (c.serial && c.serial != UINT64_MAX));
	free(config);
	return 0;
}
