/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMAR: what the firmware says of Intel's IOMMU (VT-d specification, chapter 8). */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/dmar.h"

#define FIRST_STRUCTURE 48 /* header, address width, flags, 10 reserved */
#define SCOPE_HEADER 6

static void structure_done(struct dmar_structure *s)
{
	free(s->name);
	free(s->scopes);
	*s = (struct dmar_structure){};
}

void dmar_done(struct dmar *d)
{
	for (size_t i = 0; i < d->n; i++)
		structure_done(&d->list[i]);
	free(d->list);
	acpi_table_done(&d->table);
	*d = (struct dmar){};
}

size_t dmar_count(const struct dmar *d, enum dmar_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->list[i].kind == kind;
	return n;
}

static void read_unit(struct acpi_table *t, struct dmar_structure *s, size_t length)
{
	(void)length;
	s->flags = acpi_u8(t, s->offset + 4);
	s->segment = acpi_u16(t, s->offset + 6);
	s->base = acpi_u64(t, s->offset + 8);
	if (!s->base)
		acpi_problem(t, s->offset, false, "a DRHD whose registers are at address 0");
}

static void read_region(struct acpi_table *t, struct dmar_structure *s, size_t length)
{
	(void)length;
	s->segment = acpi_u16(t, s->offset + 6);
	s->base = acpi_u64(t, s->offset + 8);
	s->limit = acpi_u64(t, s->offset + 16);
	/* VT-d 8.4: both 4 KiB aligned, the limit being the last byte. */
	if (s->limit <= s->base)
		acpi_problem(t, s->offset, false, "an RMRR from 0x%llx to 0x%llx, which holds nothing", (unsigned long long)s->base,
			     (unsigned long long)s->limit);
	else if (s->base & 0xfff || (s->limit & 0xfff) != 0xfff)
		acpi_problem(t, s->offset, false, "an RMRR from 0x%llx to 0x%llx, which are no whole pages", (unsigned long long)s->base,
			     (unsigned long long)s->limit);
}

static void read_ports(struct acpi_table *t, struct dmar_structure *s, size_t length)
{
	(void)length;
	s->flags = acpi_u8(t, s->offset + 4);
	s->segment = acpi_u16(t, s->offset + 6);
}

static void read_affinity(struct acpi_table *t, struct dmar_structure *s, size_t length)
{
	(void)length;
	s->base = acpi_u64(t, s->offset + 8);
	s->number = acpi_u32(t, s->offset + 16);
}

static void read_namespace(struct acpi_table *t, struct dmar_structure *s, size_t length)
{
	s->number = acpi_u8(t, s->offset + 7);
	s->name = strndup((const char *)t->bytes + s->offset + 8, length - 8);
	if (!s->name)
		t->failed = true;
}

static const struct dmar_form {
	const char *name;
	size_t size;       /* of the fixed part */
	bool has_scopes;   /* behind it */
	void (*read)(struct acpi_table *t, struct dmar_structure *s, size_t length);
} forms[] = {
	[DMAR_UNIT] = { "DRHD", 16, true, read_unit },
	[DMAR_REGION] = { "RMRR", 24, true, read_region },
	[DMAR_ATS] = { "ATSR", 8, true, read_ports },
	[DMAR_AFFINITY] = { "RHSA", 20, false, read_affinity },
	[DMAR_NAMESPACE] = { "ANDD", 8, false, read_namespace },
	[DMAR_SATC] = { "SATC", 8, true, read_ports },
};

/* One scope; its length, or 0 where it cannot be one. */
static size_t read_scope(struct acpi_table *t, size_t offset, size_t end, struct dmar_scope *ret)
{
	size_t length = end - offset >= SCOPE_HEADER ? acpi_u8(t, offset + 1) : 0;

	if (length < SCOPE_HEADER || length > end - offset) {
		acpi_problem(t, offset, true, "a device scope of %zu bytes, with %zu left in its structure", length, end - offset);
		return 0;
	}
	*ret = (struct dmar_scope){
		.kind = acpi_u8(t, offset),
		.enumeration = acpi_u8(t, offset + 4),
		.bus = acpi_u8(t, offset + 5),
		.n_hops = (unsigned)(length - SCOPE_HEADER) / 2,
		.path = t->bytes + offset + SCOPE_HEADER,
	};
	if (!ret->n_hops || (length - SCOPE_HEADER) % 2)
		acpi_problem(t, offset, false, "a device scope of %zu bytes: its path is no pairs of device and function", length);
	return length;
}

static int read_scopes(struct acpi_table *t, size_t offset, size_t end, struct dmar_structure *s)
{
	size_t length;

	if (offset == end)
		return 0;
	s->scopes = calloc((end - offset) / SCOPE_HEADER + 1, sizeof(*s->scopes));
	if (!s->scopes)
		return -ENOMEM;
	for (; offset < end; offset += length) {
		length = read_scope(t, offset, end, &s->scopes[s->n_scopes]);
		if (!length)
			break;
		s->n_scopes++;
	}
	return 0;
}

static int read_structure(struct acpi_table *t, size_t offset, size_t length, struct dmar_structure *ret)
{
	struct dmar_structure s = { .type = acpi_u16(t, offset), .offset = offset };
	const struct dmar_form *form = s.type < ARRAY_SIZE(forms) ? &forms[s.type] : NULL;

	/* The numbers are the kinds, and what later specifications bring is passed over by its length. */
	s.kind = form ? (enum dmar_kind)s.type : DMAR_UNKNOWN;
	if (form && length < form->size) {
		acpi_problem(t, offset, true, "%s of %zu bytes; it has at least %zu", form->name, length, form->size);
		s.kind = DMAR_UNKNOWN;
		form = NULL;
	}
	if (form)
		form->read(t, &s, length);
	*ret = s;
	return form && form->has_scopes ? read_scopes(t, offset + form->size, offset + length, ret) : 0;
}

static struct dmar_structure *add_structure(struct dmar *d)
{
	struct dmar_structure *grown = acpi_room(d->list, d->n, sizeof(*grown));

	if (!grown)
		return NULL;
	d->list = grown;
	d->list[d->n] = (struct dmar_structure){};
	return &d->list[d->n++];
}

static int decode(struct dmar *d)
{
	struct acpi_table *t = &d->table;
	size_t length;

	/* 0 stands for one bit, so that a byte holds 256. */
	d->address_width = t->size > ACPI_HEADER ? acpi_u8(t, 36) + 1U : 0;
	d->flags = acpi_u8(t, 37);
	if (t->size < FIRST_STRUCTURE && !t->is_broken)
		acpi_problem(t, t->size, true, "the table ends after %zu bytes, before its first structure", t->size);
	for (size_t offset = FIRST_STRUCTURE; acpi_structure(t, offset, &length); offset += length) {
		struct dmar_structure *s = add_structure(d);

		if (!s || read_structure(t, offset, length, s) < 0)
			return -ENOMEM;
	}
	if (!t->is_broken && !dmar_count(d, DMAR_UNIT))
		acpi_problem(t, FIRST_STRUCTURE, false, "no DRHD: the table names no IOMMU unit");
	return t->failed ? -ENOMEM : 0;
}

int dmar_parse(const void *bytes, size_t size, struct dmar *ret)
{
	_cleanup_(dmar_done) struct dmar d = {};

	if (acpi_table_parse(bytes, size, "DMAR", &d.table) < 0 || decode(&d) < 0)
		return -ENOMEM;
	*ret = TAKE(d);
	return 0;
}

int dmar_read(int root_fd, struct dmar *ret)
{
	_cleanup_(dmar_done) struct dmar d = {};

	if (acpi_table_read(root_fd, "DMAR", &d.table) < 0 || (!d.table.error && decode(&d) < 0))
		return -ENOMEM;
	*ret = TAKE(d);
	return 0;
}
