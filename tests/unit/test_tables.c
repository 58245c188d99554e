/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMAR and IVRS: real tables, the same cut off and corrupted, and structures that no machine should have. */

#include "common/cleanup.h"
#include "detect/dmar.h"
#include "detect/ivrs.h"
#include "tests/unit/acpi_bytes.h"
#include "tests/unit/check.h"

static bool has_problem(const struct acpi_table *t, size_t offset, const char *text)
{
	for (size_t i = 0; i < t->n_problems; i++)
		if (t->problems[i].offset == offset && strstr(t->problems[i].text, text))
			return true;
	for (size_t i = 0; i < t->n_problems; i++)
		printf("# problem at %zu: %s\n", t->problems[i].offset, t->problems[i].text);
	return false;
}

TEST(real_dmar_tables_are_read_whole)
{
	static const struct {
		const char *file;
		uint8_t flags;
		unsigned width;
		size_t units, regions, ats, affinities, satcs, unknown, problems;
	} rows[] = {
		{ "hp-6730b-zero-rmrr.DMAR", 0, 36, 3, 2, 0, 0, 0, 0, 1 },
		{ "hp-dl360-g7-no-interrupt-remapping.DMAR", DMAR_X2APIC_OPT_OUT, 39, 1, 3, 1, 0, 0, 0, 0 },
		{ "hp-dl380e-gen8.DMAR", DMAR_INTR_REMAP | DMAR_X2APIC_OPT_OUT, 46, 2, 9, 2, 0, 0, 0, 0 },
		{ "nuc14-unknown-structure.DMAR", DMAR_INTR_REMAP | DMAR_DMA_CTRL_PLATFORM_OPT_IN, 42, 2, 0, 0, 0, 1, 1, 0 },
		{ "quanta-x10e-usb-rmrr.DMAR", DMAR_INTR_REMAP, 39, 1, 1, 0, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(dmar_done) struct dmar d = {};
		struct bytes b = bytes_load(rows[i].file);

		CHECK(dmar_parse(b.data, b.size, &d) == 0);
		CHECK_ROW(rows[i].file, d.flags == rows[i].flags && d.address_width == rows[i].width);
		CHECK_ROW(rows[i].file, dmar_count(&d, DMAR_UNIT) == rows[i].units && dmar_count(&d, DMAR_REGION) == rows[i].regions);
		CHECK_ROW(rows[i].file, dmar_count(&d, DMAR_ATS) == rows[i].ats && dmar_count(&d, DMAR_AFFINITY) == rows[i].affinities);
		CHECK_ROW(rows[i].file, dmar_count(&d, DMAR_SATC) == rows[i].satcs && dmar_count(&d, DMAR_UNKNOWN) == rows[i].unknown);
		CHECK_ROW(rows[i].file, !d.table.is_broken && d.table.n_problems == rows[i].problems);
	}
}

TEST(a_region_that_holds_nothing_is_said_with_its_offset)
{
	_cleanup_(dmar_done) struct dmar d = {};
	struct bytes b = bytes_load("hp-6730b-zero-rmrr.DMAR");

	CHECK(dmar_parse(b.data, b.size, &d) == 0);
	CHECK(has_problem(&d.table, 0x78, "an RMRR from 0x0 to 0x0, which holds nothing"));
}

TEST(scopes_have_their_paths)
{
	_cleanup_(dmar_done) struct dmar d = {};
	struct bytes b = bytes_load("hp-dl360-g7-no-interrupt-remapping.DMAR");
	const struct dmar_structure *s;

	CHECK(dmar_parse(b.data, b.size, &d) == 0);
	s = &d.list[2];
	CHECK(s->kind == DMAR_REGION && s->base == 0xdf7df000 && s->limit == 0xdf7e4fff && s->n_scopes == 7);
	CHECK(s->scopes[4].kind == SCOPE_ENDPOINT && s->scopes[4].bus == 0 && s->scopes[4].n_hops == 2);
	CHECK(memcmp(s->scopes[4].path, "\x1c\x04\x00\x00", 4) == 0);
}

TEST(real_ivrs_tables_count_each_unit_once)
{
	_cleanup_(ivrs_done) struct ivrs x399 = {}, thinkpad = {};
	struct bytes b = bytes_load("x399-two-units.IVRS");

	CHECK(ivrs_parse(b.data, b.size, &x399) == 0);
	CHECK(x399.n_units == 2 && x399.n_blocks == 4 && x399.n_regions == 0 && !x399.table.n_problems);
	CHECK(x399.units[0].base == 0xefd00000 && x399.units[0].n_blocks == 2 && x399.address_width == 48);
	b = bytes_load("thinkpad-t14-gen3-ivmd-on-nvme.IVRS");
	CHECK(ivrs_parse(b.data, b.size, &thinkpad) == 0);
	CHECK(thinkpad.n_units == 1 && thinkpad.n_blocks == 3 && thinkpad.n_regions == 1 && thinkpad.n_unknown == 1);
	CHECK(thinkpad.regions[0].first == 0x300 && thinkpad.regions[0].last == 0x300 && ivrs_region_counts(&thinkpad.regions[0]));
	CHECK(thinkpad.regions[0].start == 0x7132f000 && thinkpad.regions[0].length == 0x26000 && !thinkpad.table.n_problems);
}

static const char *const all_tables[] = {
	"hp-6730b-zero-rmrr.DMAR", "hp-dl360-g7-no-interrupt-remapping.DMAR", "hp-dl380e-gen8.DMAR", "nuc14-unknown-structure.DMAR",
	"quanta-x10e-usb-rmrr.DMAR", "thinkpad-t14-gen3-ivmd-on-nvme.IVRS", "x399-two-units.IVRS",
};

/* What both parsers have in common, so that one loop drives them. */
struct outcome {
	size_t structures, n_problems;
	bool is_broken;
};

/* Exactly as many bytes as there are, so that the sanitizer sees a read behind them. */
static struct outcome parse(const char *name, const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *copy = malloc(size ? size : 1);
	_cleanup_(dmar_done) struct dmar d = {};
	_cleanup_(ivrs_done) struct ivrs v = {};

	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (strstr(name, ".DMAR")) {
		if (dmar_parse(copy, size, &d) < 0)
			abort();
		return (struct outcome){ d.n, d.table.n_problems, d.table.is_broken };
	}
	if (ivrs_parse(copy, size, &v) < 0)
		abort();
	return (struct outcome){ v.n_blocks + v.n_regions + v.n_unknown, v.table.n_problems, v.table.is_broken };
}

TEST(a_table_cut_off_anywhere_gives_its_beginning_and_says_so)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_tables); i++) {
		struct bytes b = bytes_load(all_tables[i]);
		size_t whole = parse(all_tables[i], b.data, b.size).structures, before = 0;

		for (size_t size = 0; size < b.size; size++) {
			struct outcome o = parse(all_tables[i], b.data, size), sealed;
			struct bytes cut = b;

			CHECK_ROW(all_tables[i], o.is_broken && o.n_problems);
			CHECK_ROW(all_tables[i], o.structures <= whole && o.structures >= before);
			before = o.structures;
			/* The same with a header that fits: the cut is then between structures, or within one. */
			if (size < 36)
				continue;
			cut.size = size;
			bytes_seal(&cut);
			sealed = parse(all_tables[i], cut.data, cut.size);
			CHECK_ROW(all_tables[i], sealed.structures == o.structures);
		}
		CHECK_ROW(all_tables[i], before + 1 >= whole);
	}
}

TEST(no_byte_of_a_table_can_do_harm)
{
	static const uint8_t values[] = { 0, 1, 3, 7, 0x7f, 0x80, 0xff };

	for (size_t i = 0; i < ARRAY_SIZE(all_tables); i++) {
		struct bytes b = bytes_load(all_tables[i]);

		for (size_t at = 0; at < b.size; at++)
			for (size_t v = 0; v <= ARRAY_SIZE(values); v++) {
				struct bytes bad = b;
				struct outcome o;

				bad.data[at] = v < ARRAY_SIZE(values) ? values[v] : (uint8_t)(b.data[at] + 1);
				o = parse(all_tables[i], bad.data, bad.size);
				/* The checksum finds every single byte. */
				CHECK_ROW(all_tables[i], bad.data[at] == b.data[at] || o.n_problems);
				CHECK_ROW(all_tables[i], o.n_problems <= ACPI_PROBLEMS_MAX && o.structures <= b.size / 4);
				if (at < 4 || at >= 8)
					bytes_seal(&bad);
				parse(all_tables[i], bad.data, bad.size);
			}
	}
}

TEST(a_length_that_cannot_be_is_named_with_its_offset)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_tables); i++) {
		struct bytes b = bytes_load(all_tables[i]);

		for (size_t at = 48, length; at < b.size; at += length) {
			static const unsigned lengths[] = { 0, 1, 3, 0xffff };

			length = (size_t)b.data[at + 2] | (size_t)b.data[at + 3] << 8;
			for (size_t j = 0; j < ARRAY_SIZE(lengths); j++) {
				_cleanup_(dmar_done) struct dmar d = {};
				_cleanup_(ivrs_done) struct ivrs v = {};
				struct bytes bad = b;
				bool is_dmar = strstr(all_tables[i], ".DMAR");

				bytes_number(bad.data + at + 2, lengths[j], 2);
				bytes_seal(&bad);
				CHECK((is_dmar ? dmar_parse(bad.data, bad.size, &d) : ivrs_parse(bad.data, bad.size, &v)) == 0);
				CHECK_ROW(all_tables[i], has_problem(is_dmar ? &d.table : &v.table, at, "a structure of "));
			}
		}
	}
}

TEST(a_scope_that_leaves_its_structure_is_named)
{
	static const struct {
		uint8_t length;
		bool is_broken;
		const char *said;
	} rows[] = {
		{ 0, true, "a device scope of 0 bytes, with 8 left" },
		{ 5, true, "a device scope of 5 bytes, with 8 left" },
		{ 9, true, "a device scope of 9 bytes, with 8 left" },
		{ 255, true, "a device scope of 255 bytes, with 8 left" },
		{ 6, true, "its path is no pairs" }, /* and two bytes are left over */
		{ 7, true, "its path is no pairs" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(dmar_done) struct dmar d = {};
		struct bytes b = bytes_table("DMAR");

		bytes_unit(&b, 0, 0xfed90000);
		bytes_rmrr(&b, 0, 0x1000, 0x1fff, 1, 0, (const uint8_t[]){ 0x1d, 0 }, 1);
		b.data[48 + 16 + 24 + 1] = rows[i].length;
		bytes_unit(&b, 1, 0xfed91000);
		bytes_seal(&b);
		CHECK(dmar_parse(b.data, b.size, &d) == 0);
		CHECK_ROW(rows[i].said, has_problem(&d.table, 48 + 16 + 24, rows[i].said) && d.table.is_broken == rows[i].is_broken);
		/* What stands behind the broken structure is read all the same. */
		CHECK_ROW(rows[i].said, dmar_count(&d, DMAR_UNIT) == 2);
	}
}

TEST(headers_that_are_none_are_named)
{
	_cleanup_(dmar_done) struct dmar other = {}, shorter = {}, odd = {}, none = {}, empty = {};
	struct bytes b = bytes_load("quanta-x10e-usb-rmrr.DMAR");

	CHECK(dmar_parse("", 0, &empty) == 0 && has_problem(&empty.table, 0, "the table ends after 0 bytes"));
	b.data[9]++;
	CHECK(dmar_parse(b.data, b.size, &odd) == 0 && dmar_count(&odd, DMAR_UNIT) == 1 && !odd.table.is_broken);
	CHECK(has_problem(&odd.table, 9, "the checksum is wrong: 0x17 stands there, and 0x16 would be right"));
	bytes_number(b.data + 4, 20, 4);
	CHECK(dmar_parse(b.data, b.size, &shorter) == 0 && !shorter.n && has_problem(&shorter.table, 4, "the length is 20 bytes"));
	b.data[0] = 'X';
	CHECK(dmar_parse(b.data, b.size, &other) == 0 && !other.n && has_problem(&other.table, 0, "the signature is not DMAR"));
	b = bytes_table("DMAR");
	bytes_seal(&b);
	CHECK(dmar_parse(b.data, b.size, &none) == 0 && has_problem(&none.table, 48, "no DRHD"));
}

TEST(odd_words_of_the_firmware_are_named_and_the_rest_is_read)
{
	_cleanup_(dmar_done) struct dmar d = {};
	_cleanup_(ivrs_done) struct ivrs v = {};
	struct bytes b = bytes_table("DMAR"), c = bytes_table("IVRS");

	bytes_unit(&b, 0, 0);
	bytes_rmrr(&b, 0, 0x2000, 0x1fff, 1, 0, (const uint8_t[]){ 0x1d, 0 }, 1);
	bytes_rmrr(&b, 0, 0x2000, 0x2ffe, 1, 0, (const uint8_t[]){ 0x1d, 0 }, 1);
	bytes_add(&b, (const uint8_t[16]){ 3, 0, 16, 0 }, 16);
	bytes_add(&b, "\x04\0\x0e\0\0\0\0\x02_SB.\0", 14);
	bytes_seal(&b);
	CHECK(dmar_parse(b.data, b.size, &d) == 0 && d.n == 5);
	CHECK(has_problem(&d.table, 48, "address 0") && has_problem(&d.table, 64, "holds nothing"));
	CHECK(has_problem(&d.table, 96, "no whole pages") && has_problem(&d.table, 128, "RHSA of 16 bytes; it has at least 20"));
	CHECK(d.list[4].kind == DMAR_NAMESPACE && d.list[4].number == 2);
	CHECK_STR(d.list[4].name, "_SB.");
	bytes_ivhd(&c, 0);
	bytes_ivmd(&c, 0x21, 1, 8, 0, 0x1000, 0);
	bytes_ivmd(&c, 0x22, 1, 9, 8, 0x1000, 0x1000);
	bytes_ivmd(&c, 0x20, 1, 0, 0, UINT64_MAX - 0xfff, 0x2000);
	bytes_add(&c, (const uint8_t[8]){ 0x11, 0, 8, 0 }, 8);
	bytes_seal(&c);
	CHECK(ivrs_parse(c.data, c.size, &v) == 0 && v.n_regions == 3 && v.n_units == 1);
	CHECK(has_problem(&v.table, 48, "address 0") && has_problem(&v.table, 72, "an IVMD of no bytes"));
	CHECK(has_problem(&v.table, 104, "which are none") && has_problem(&v.table, 136, "over the end"));
	CHECK(has_problem(&v.table, 168, "IVHD (type 0x11) of 8 bytes; it has at least 40"));
}

TEST(a_table_beyond_all_size_is_cut)
{
	_cleanup_(dmar_done) struct dmar d = {};
	_cleanup_free_ uint8_t *data = calloc(1, ACPI_TABLE_MAX + 4096);

	CHECK(data);
	memcpy(data, "DMAR", 4);
	bytes_number(data + 4, ACPI_TABLE_MAX + 4096, 4);
	for (size_t i = 48; i < ACPI_TABLE_MAX; i += 16)
		memcpy(data + i, "\0\0\x10\0", 4);
	CHECK(dmar_parse(data, ACPI_TABLE_MAX + 4096, &d) == 0 && d.table.is_broken && d.table.n_problems == ACPI_PROBLEMS_MAX);
	CHECK(has_problem(&d.table, ACPI_TABLE_MAX, "the table ends after"));
}

TEST_MAIN()
