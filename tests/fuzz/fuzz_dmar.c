/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMAR, and the devices that its scopes lead to. */

#include "tests/fuzz/tables.h"

static void check_structure(const struct dmar *d, const struct dmar_structure *s)
{
	CHECK(s->offset >= 48 && s->offset < d->table.size);
	CHECK(s->kind == DMAR_UNKNOWN || s->kind == (enum dmar_kind)s->type);
	CHECK((s->kind == DMAR_NAMESPACE) == (s->name != NULL));
	for (size_t i = 0; i < s->n_scopes; i++) {
		const uint8_t *end = s->scopes[i].path + 2 * (size_t)s->scopes[i].n_hops;

		CHECK(s->scopes[i].path > d->table.bytes + s->offset && end <= d->table.bytes + d->table.size);
	}
}

FUZZ(data, size)
{
	_cleanup_free_ uint8_t *bytes = (uint8_t *)fuzz_text(data, size);
	_cleanup_(dmar_done) struct dmar dmar = {};
	const struct ivrs none = {};
	size_t n = 0;

	fuzz_table_seal(bytes, size);
	CHECK(dmar_parse(bytes, size, &dmar) == 0);
	fuzz_table_check(&dmar.table, size);
	for (size_t i = 0; i < dmar.n; i++)
		check_structure(&dmar, &dmar.list[i]);
	for (int kind = DMAR_UNIT; kind <= DMAR_UNKNOWN; kind++)
		n += dmar_count(&dmar, (enum dmar_kind)kind);
	CHECK(n == dmar.n);
	fuzz_table_resolve(&dmar, &none);
	return 0;
}
