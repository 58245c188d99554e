/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds of every firmware table, and of the devices that it reserves memory for. */

#include "tests/fuzz/tables.h"

static struct device list[] = {
	{ .address = (char *)"0000:00:02.0", .device = 2, .class = 0x030000 },
	{ .address = (char *)"0000:00:14.0", .device = 0x14, .class = 0x0c0330 },
	{ .address = (char *)"0000:00:1c.0", .device = 0x1c, .class = 0x060400 },
	{ .address = (char *)"0000:05:00.0", .bus = 5, .class = 0x060400, .parent = (char *)"0000:00:1c.0" },
	{ .address = (char *)"0000:06:01.0", .bus = 6, .device = 1, .class = 0x010802, .parent = (char *)"0000:05:00.0" },
	{ .address = (char *)"0000:07:10.0", .bus = 7, .device = 0x10, .class = 0x020000, .parent = (char *)"0000:05:00.0",
	  .physical_function = (char *)"0000:06:01.0" },
	{ .address = (char *)"0001:05:00.0", .domain = 1, .bus = 5, .class = 0x010802 },
};

void fuzz_table_seal(uint8_t *bytes, size_t size)
{
	uint32_t length;
	uint8_t sum = 0;

	if (size < ACPI_HEADER)
		return;
	memcpy(&length, bytes + 4, sizeof(length));
	for (size_t i = 0; i < size && i < length; i++)
		sum = (uint8_t)(sum + bytes[i]);
	bytes[9] = (uint8_t)(bytes[9] - sum);
}

void fuzz_table_check(const struct acpi_table *t, size_t size)
{
	bool is_broken = false;

	CHECK(t->error == 0 && t->size <= size && t->size <= ACPI_TABLE_MAX);
	CHECK(t->n_problems <= ACPI_PROBLEMS_MAX);
	CHECK(!t->oem_id[6] && !t->oem_table_id[8]);
	for (size_t i = 0; i < t->n_problems; i++) {
		CHECK(t->problems[i].text && fuzz_is_printable(t->problems[i].text, false));
		is_broken |= t->problems[i].is_fatal;
	}
	CHECK(!is_broken || t->is_broken);
	/* What is less than the whole is never taken for whole. */
	CHECK(t->size == t->length || t->is_broken);
}

void fuzz_table_resolve(const struct dmar *dmar, const struct ivrs *ivrs)
{
	const struct devices devices = { list, ARRAY_SIZE(list) };
	_cleanup_(reserved_done) struct reserved r = {};
	size_t seen = 0;

	CHECK(reserved_find(dmar, ivrs, &devices, &r) == 0);
	for (size_t i = 0; i < r.n_regions; i++)
		CHECK(r.regions[i].start <= r.regions[i].end);
	for (size_t i = 0; i < devices.n; i++) {
		size_t n;
		const struct reservation *of = reserved_of(&r, &list[i], &n);
		bool is_locked = false;

		for (size_t j = 0; j < n; j++) {
			CHECK(of[j].device == &list[i] && of[j].region < r.n_regions && (!j || of[j - 1].region < of[j].region));
			is_locked |= !of[j].is_relaxable;
		}
		CHECK(is_locked == (reserved_locking(&r, &list[i]) != NULL));
		seen += n;
	}
	CHECK(seen == r.n);
}
