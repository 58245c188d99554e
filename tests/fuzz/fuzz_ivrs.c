/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IVRS, and the devices that its memory is for. */

#include "tests/fuzz/tables.h"

FUZZ(data, size)
{
	_cleanup_free_ uint8_t *bytes = (uint8_t *)fuzz_text(data, size);
	_cleanup_(ivrs_done) struct ivrs ivrs = {};
	const struct dmar none = {};
	size_t n_blocks = 0;

	fuzz_table_seal(bytes, size);
	CHECK(ivrs_parse(bytes, size, &ivrs) == 0);
	fuzz_table_check(&ivrs.table, size);
	for (size_t i = 0; i < ivrs.n_units; i++) {
		n_blocks += ivrs.units[i].n_blocks;
		for (size_t j = 0; j < i; j++)
			CHECK(ivrs.units[i].base != ivrs.units[j].base);
	}
	CHECK(n_blocks == ivrs.n_blocks);
	for (size_t i = 0; i < ivrs.n_regions; i++)
		CHECK(ivrs.regions[i].offset >= 48 && ivrs.regions[i].offset + 32 <= ivrs.table.size);
	fuzz_table_resolve(&none, &ivrs);
	return 0;
}
