/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IVRS: what the firmware says of AMD's IOMMU (AMD I/O Virtualization Technology specification, chapter 5). */

#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/ivrs.h"

#define INFO 36
#define FIRST_BLOCK 48
#define MEMORY_SIZE 32

void ivrs_done(struct ivrs *ivrs)
{
	free(ivrs->units);
	free(ivrs->regions);
	acpi_table_done(&ivrs->table);
	*ivrs = (struct ivrs){};
}

bool ivrs_region_counts(const struct ivrs_region *region)
{
	return region->flags & (IVRS_UNITY | IVRS_EXCLUSION) && region->length && region->first <= region->last;
}

static int read_hardware(struct ivrs *ivrs, size_t offset)
{
	const struct acpi_table *t = &ivrs->table;
	struct ivrs_unit unit = {
		.segment = acpi_u16(t, offset + 16),
		.id = acpi_u16(t, offset + 4),
		.base = acpi_u64(t, offset + 8),
		.flags = acpi_u8(t, offset + 1),
		.n_blocks = 1,
	};
	struct ivrs_unit *grown;

	ivrs->n_blocks++;
	if (!unit.base)
		acpi_problem(&ivrs->table, offset, false, "an IVHD whose registers are at address 0");
	for (size_t i = 0; i < ivrs->n_units; i++)
		if (ivrs->units[i].base == unit.base) {
			ivrs->units[i].n_blocks++;
			return 0;
		}
	grown = acpi_room(ivrs->units, ivrs->n_units, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	ivrs->units = grown;
	grown[ivrs->n_units++] = unit;
	return 0;
}

static void check_memory(struct acpi_table *t, const struct ivrs_region *m)
{
	if (!m->length)
		acpi_problem(t, m->offset, false, "an IVMD of no bytes at 0x%llx", (unsigned long long)m->start);
	else if (m->start + m->length < m->start)
		acpi_problem(t, m->offset, false, "an IVMD of 0x%llx bytes at 0x%llx, which leads over the end of all addresses",
			     (unsigned long long)m->length, (unsigned long long)m->start);
	else if ((m->start | m->length) & 0xfff)
		acpi_problem(t, m->offset, false, "an IVMD of 0x%llx bytes at 0x%llx, which are no whole pages",
			     (unsigned long long)m->length, (unsigned long long)m->start);
	if (m->first > m->last)
		acpi_problem(t, m->offset, false, "an IVMD for devices 0x%04x to 0x%04x, which are none", m->first, m->last);
}

static int read_memory(struct ivrs *ivrs, size_t offset)
{
	const struct acpi_table *t = &ivrs->table;
	struct ivrs_region m = {
		.offset = offset,
		.type = acpi_u8(t, offset),
		.flags = acpi_u8(t, offset + 1),
		.first = acpi_u16(t, offset + 4),
		.last = acpi_u16(t, offset + 6),
		.segment = acpi_u16(t, offset + 8),
		.start = acpi_u64(t, offset + 16),
		.length = acpi_u64(t, offset + 24),
	};
	struct ivrs_region *grown;

	if (m.type == 0x20) {
		m.first = 0;
		m.last = 0xffff;
	} else if (m.type == 0x21) {
		m.last = m.first;
	}
	check_memory(&ivrs->table, &m);
	grown = acpi_room(ivrs->regions, ivrs->n_regions, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	ivrs->regions = grown;
	grown[ivrs->n_regions++] = m;
	return 0;
}

static const struct block_form {
	uint8_t type;
	const char *name;
	size_t size; /* at least */
	int (*read)(struct ivrs *ivrs, size_t offset);
} forms[] = {
	{ 0x10, "IVHD", 24, read_hardware },      { 0x11, "IVHD", 40, read_hardware },      { 0x40, "IVHD", 40, read_hardware },
	{ 0x20, "IVMD", MEMORY_SIZE, read_memory }, { 0x21, "IVMD", MEMORY_SIZE, read_memory }, { 0x22, "IVMD", MEMORY_SIZE, read_memory },
};

static int read_block(struct ivrs *ivrs, size_t offset, size_t length)
{
	uint8_t type = acpi_u8(&ivrs->table, offset);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (forms[i].type != type)
			continue;
		if (length >= forms[i].size)
			return forms[i].read(ivrs, offset);
		acpi_problem(&ivrs->table, offset, true, "%s (type 0x%02x) of %zu bytes; it has at least %zu", forms[i].name, type, length,
			     forms[i].size);
	}
	ivrs->n_unknown++;
	return 0;
}

static int decode(struct ivrs *ivrs)
{
	struct acpi_table *t = &ivrs->table;
	size_t length;

	ivrs->info = acpi_u32(t, INFO);
	ivrs->address_width = ivrs->info >> 8 & 0x7f;
	if (t->size < FIRST_BLOCK && !t->is_broken)
		acpi_problem(t, t->size, true, "the table ends after %zu bytes, before its first block", t->size);
	for (size_t offset = FIRST_BLOCK; acpi_structure(t, offset, &length); offset += length)
		if (read_block(ivrs, offset, length) < 0)
			return -ENOMEM;
	if (!t->is_broken && !ivrs->n_units)
		acpi_problem(t, FIRST_BLOCK, false, "no IVHD: the table names no IOMMU unit");
	return t->failed ? -ENOMEM : 0;
}

int ivrs_parse(const void *bytes, size_t size, struct ivrs *ret)
{
	_cleanup_(ivrs_done) struct ivrs ivrs = {};

	if (acpi_table_parse(bytes, size, "IVRS", &ivrs.table) < 0 || decode(&ivrs) < 0)
		return -ENOMEM;
	*ret = TAKE(ivrs);
	return 0;
}

int ivrs_read(int root_fd, struct ivrs *ret)
{
	_cleanup_(ivrs_done) struct ivrs ivrs = {};

	if (acpi_table_read(root_fd, "IVRS", &ivrs.table) < 0 || (!ivrs.table.error && decode(&ivrs) < 0))
		return -ENOMEM;
	*ret = TAKE(ivrs);
	return 0;
}
