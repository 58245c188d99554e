/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices the firmware's reserved memory concerns. */

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/reserved.h"
#include "tests/unit/acpi_bytes.h"
#include "tests/unit/check.h"

#define NVME 0x010802
#define USB 0x0c0330
#define DISPLAY 0x030000
#define BRIDGE 0x060400

/* In the order of their addresses; bus numbers below the bridges are such as a path alone does not tell. */
static struct device list[] = {
	{ .address = "0000:00:02.0", .device = 2, .class = DISPLAY },
	{ .address = "0000:00:14.0", .device = 0x14, .class = USB },
	{ .address = "0000:00:1c.0", .device = 0x1c, .class = BRIDGE },
	{ .address = "0000:00:1c.4", .device = 0x1c, .function = 4, .class = BRIDGE },
	{ .address = "0000:00:1f.2", .device = 0x1f, .function = 2, .class = 0x010601 },
	{ .address = "0000:05:00.0", .bus = 5, .class = NVME, .parent = "0000:00:1c.0" },
	{ .address = "0000:07:00.0", .bus = 7, .class = BRIDGE, .parent = "0000:00:1c.4" },
	{ .address = "0000:08:01.0", .bus = 8, .device = 1, .class = BRIDGE, .parent = "0000:07:00.0" },
	{ .address = "0000:09:00.0", .bus = 9, .class = NVME, .parent = "0000:08:01.0" },
	{ .address = "0000:09:00.1", .bus = 9, .function = 1, .class = USB, .parent = "0000:08:01.0" },
	{ .address = "0000:0a:10.0", .bus = 10, .device = 0x10, .class = 0x020000, .parent = "0000:08:01.0", .physical_function = "0000:09:00.0" },
	{ .address = "0001:00:1f.2", .domain = 1, .device = 0x1f, .function = 2, .class = 0x010601 },
	{ .address = "0001:05:00.0", .domain = 1, .bus = 5, .class = NVME },
};
static const struct devices devices = { list, ARRAY_SIZE(list) };

/* The addresses concerned, those that the kernel relaxes in brackets. */
static char *concerned(const struct bytes *dmar_bytes, const struct bytes *ivrs_bytes, size_t *ret_absent)
{
	_cleanup_(reserved_done) struct reserved r = {};
	_cleanup_(dmar_done) struct dmar dmar = {};
	_cleanup_(ivrs_done) struct ivrs ivrs = {};
	struct text text = {};

	if (dmar_bytes && dmar_parse(dmar_bytes->data, dmar_bytes->size, &dmar) < 0)
		abort();
	if (ivrs_bytes && ivrs_parse(ivrs_bytes->data, ivrs_bytes->size, &ivrs) < 0)
		abort();
	if (reserved_find(&dmar, &ivrs, &devices, &r) < 0)
		abort();
	for (size_t i = 0; i < devices.n; i++) {
		size_t n;
		const struct reservation *of = reserved_of(&r, &list[i], &n);

		for (size_t j = 0; j < n; j++)
			text_printf(&text, of[j].is_relaxable ? "%s(%s)" : "%s%s", text.size ? " " : "", list[i].address);
		if (n && !of[0].is_relaxable != (reserved_locking(&r, &list[i]) != NULL))
			abort();
	}
	*ret_absent = r.n_absent;
	return text_take(&text);
}

TEST(a_scope_is_walked_through_the_bridges_to_its_device)
{
	static const struct {
		const char *name;
		unsigned segment;
		uint8_t kind, bus;
		uint8_t hops[8];
		size_t n;
		const char *wanted;
	} rows[] = {
		{ "on the root bus", 0, 1, 0, { 0x1f, 2 }, 1, "0000:00:1f.2" },
		{ "of another segment", 1, 1, 0, { 0x1f, 2 }, 1, "0001:00:1f.2" },
		{ "behind one bridge", 0, 1, 0, { 0x1c, 0, 0, 0 }, 2, "0000:05:00.0" },
		{ "behind three", 0, 1, 0, { 0x1c, 4, 0, 0, 1, 0, 0, 0 }, 4, "0000:09:00.0" },
		{ "from a bus that is no root", 0, 1, 9, { 0, 0 }, 1, "0000:09:00.0" },
		{ "from there through a bridge", 0, 1, 7, { 0, 0, 1, 0, 0, 0 }, 3, "0000:09:00.0" },
		{ "a USB controller is let go", 0, 1, 0, { 0x14, 0 }, 1, "(0000:00:14.0)" },
		{ "graphics is let go", 0, 1, 0, { 2, 0 }, 1, "(0000:00:02.0)" },
		{ "a bridge stands for all behind it", 0, 2, 0, { 0x1c, 4 }, 1,
		  "0000:00:1c.4 0000:07:00.0 0000:08:01.0 0000:09:00.0 (0000:09:00.1) 0000:0a:10.0" },
		{ "an empty slot", 0, 1, 0, { 0x1c, 0, 1, 0 }, 2, "" },
		{ "no such segment", 7, 1, 0, { 0x1f, 2 }, 1, "" },
		{ "behind what is no bridge", 0, 1, 0, { 0x1f, 2, 0, 0 }, 2, "" },
		{ "a device number beyond 31", 0, 1, 0, { 0x20, 0 }, 1, "" },
		{ "a function beyond 7", 0, 1, 0, { 0x1c, 8 }, 1, "" },
		{ "no path at all", 0, 1, 0, { 0 }, 0, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes b = bytes_table("DMAR");
		_cleanup_free_ char *got = NULL;
		size_t absent;

		bytes_unit(&b, 0, 0xfed90000);
		bytes_rmrr(&b, rows[i].segment, 0x1000, 0x1fff, rows[i].kind, rows[i].bus, rows[i].hops, rows[i].n);
		bytes_seal(&b);
		got = concerned(&b, NULL, &absent);
		if (!str_eq(got, rows[i].wanted))
			printf("# %s\n", rows[i].name);
		CHECK_STR(got, rows[i].wanted);
		CHECK_ROW(rows[i].name, absent == !*rows[i].wanted);
	}
}

TEST(memory_definitions_concern_one_a_range_or_all)
{
	static const struct {
		const char *name;
		uint8_t type, flags;
		unsigned segment, first, last;
		const char *wanted;
	} rows[] = {
		{ "one, by a unity map", 0x21, 1, 0, 0x500, 0, "0000:05:00.0" },
		{ "one, by an exclusion range", 0x21, 8, 0, 0x500, 0, "0000:05:00.0" },
		{ "neither is passed over", 0x21, 6, 0, 0x500, 0, "" },
		{ "a range", 0x22, 7, 0, 0x500, 0x900, "0000:05:00.0 0000:07:00.0 0000:08:01.0 0000:09:00.0" },
		{ "a range turned round", 0x22, 7, 0, 0x900, 0x500, "" },
		{ "all of a segment", 0x20, 7, 1, 0, 0, "0001:00:1f.2 0001:05:00.0" },
		{ "AMD's driver relaxes no USB controller", 0x21, 7, 0, 0xa0, 0, "0000:00:14.0" },
		{ "a device that is not there", 0x21, 7, 0, 0x600, 0, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bytes b = bytes_table("IVRS");
		_cleanup_free_ char *got = NULL;
		size_t absent;

		bytes_ivhd(&b, 0xfd000000);
		bytes_ivmd(&b, rows[i].type, rows[i].flags, rows[i].first, rows[i].last, 0x1000, 0x1000);
		bytes_number(b.data + 48 + 24 + 8, rows[i].segment, 2);
		bytes_seal(&b);
		got = concerned(NULL, &b, &absent);
		if (!str_eq(got, rows[i].wanted))
			printf("# %s\n", rows[i].name);
		CHECK_STR(got, rows[i].wanted);
	}
}

TEST(a_device_in_two_regions_has_both_and_in_two_scopes_of_one_has_one)
{
	_cleanup_(reserved_done) struct reserved r = {};
	_cleanup_(dmar_done) struct dmar dmar = {};
	struct bytes b = bytes_table("DMAR");
	const struct reservation *of;
	struct ivrs ivrs = {};
	size_t n;

	bytes_unit(&b, 0, 0xfed90000);
	bytes_rmrr(&b, 0, 0x1000, 0x1fff, 1, 0, (const uint8_t[]){ 0x1c, 0, 0, 0 }, 2);
	bytes_rmrr(&b, 0, 0x8000, 0x8fff, 1, 5, (const uint8_t[]){ 0, 0 }, 1);
	/* The second scope of the second region: the bridge above, which stands for the device, too. */
	bytes_add(&b, (const uint8_t[8]){ 2, 8, 0, 0, 0, 0, 0x1c, 0 }, 8);
	b.data[48 + 16 + 34 + 2] += 8;
	bytes_rmrr(&b, 0, 0x9000, 0x8fff, 1, 5, (const uint8_t[]){ 0, 0 }, 1);
	bytes_seal(&b);
	CHECK(dmar_parse(b.data, b.size, &dmar) == 0 && !dmar.table.is_broken);
	CHECK(reserved_find(&dmar, &ivrs, &devices, &r) == 0);
	of = reserved_of(&r, &list[5], &n);
	CHECK(n == 2 && r.n_regions == 2 && r.regions[of[1].region].start == 0x8000 && r.regions[of[1].region].end == 0x8fff);
	CHECK(reserved_locking(&r, &list[5])->offset == 64);
	CHECK(!reserved_of(&r, &list[0], &n) && n == 0 && !reserved_locking(&r, &list[0]));
}

TEST(devices_that_claim_to_be_below_each_other_end_the_walk)
{
	struct device circle[] = {
		{ .address = "0000:00:01.0", .device = 1, .class = BRIDGE, .parent = "0000:00:02.0" },
		{ .address = "0000:00:02.0", .device = 2, .class = BRIDGE, .parent = "0000:00:01.0" },
	};
	struct devices two = { circle, 2 };
	_cleanup_(reserved_done) struct reserved r = {};
	_cleanup_(dmar_done) struct dmar dmar = {};
	struct bytes b = bytes_table("DMAR");
	struct ivrs ivrs = {};

	bytes_unit(&b, 0, 0xfed90000);
	bytes_rmrr(&b, 0, 0x1000, 0x1fff, 2, 0, (const uint8_t[]){ 1, 0 }, 1);
	bytes_seal(&b);
	CHECK(dmar_parse(b.data, b.size, &dmar) == 0 && reserved_find(&dmar, &ivrs, &two, &r) == 0);
	CHECK(r.n == 2);
}

TEST_MAIN()
