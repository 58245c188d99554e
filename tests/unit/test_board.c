/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host itself is made of, and what hangs on it. */

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/machine.h"

TEST(a_thunderbolt_controller_with_nothing_connected_is_free)
{
	static const char *const names[] = { "domain0", "0-0", "0-0:1.1" };
	_cleanup_tree_ struct tree t;

	machine(&t);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = text_format("sys/bus/thunderbolt/devices/%s", names[i]);
		_cleanup_free_ char *target = text_format("../../../devices/pci0000:00/" XHCI "/domain0/%s", names[i]);

		tree_link(&t, path, target);
	}
	CHECK(tree_read(&t) == 0 && t.uses.n == 0);
}

TEST(what_is_on_vfio_pci_is_no_screen_of_the_host)
{
	_cleanup_tree_ struct tree t;

	machine(&t);
	tree_put(&t, "sys/devices/pci0000:00/" GPU "/boot_vga", "1\n");
	CHECK(tree_read(&t) == 0 && tree_use(&t, GPU, USE_DISPLAY, "the display that the firmware booted with"));
	tree_driver(&t, GPU, "vfio-pci");
	tree_link(&t, "sys/class/graphics/fb0", "../../devices/pci0000:00/" GPU "/graphics/fb0");
	CHECK(tree_read(&t) == 0 && t.uses.n == 0);
}

TEST(buttons_are_no_keyboard)
{
	CHECK(keys_are_keyboard("fffffffffffffffe"));
	CHECK(keys_are_keyboard("1 0 fffffffe"));
	CHECK(!keys_are_keyboard("10000000000000 0"));
	CHECK(!keys_are_keyboard("fffffffe 0"));
	CHECK(!keys_are_keyboard(""));
	CHECK(!keys_are_keyboard("zz"));
}

TEST(parts_of_the_board_stay)
{
	static const struct {
		const char *class;
		bool is_used, is_vital;
	} cases[] = {
		{ "080600", true, true }, { "0c0500", true, false }, { "0c0701", true, false }, { "050200", true, true },   { "050000", true, false },
		{ "080000", true, true }, { "080100", true, false }, { "080200", true, true }, { "080300", true, true }, { "080700", true, true },
		{ "080500", false, false }, { "088000", false, false }, { "0c0330", false, false }, { "040300", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *use;

		machine(&t);
		tree_pci(&t, SMBUS, cases[i].class, "8086:a3a3", 9);
		CHECK_ROW(cases[i].class, tree_read(&t) == 0);
		use = tree_use(&t, SMBUS, USE_BOARD, "");
		CHECK_ROW(cases[i].class, !use == !cases[i].is_used && (!use || use->is_vital == cases[i].is_vital));
	}
}

TEST(parts_of_the_processor_stay)
{
#define NOTHING "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
#define WINDOW "0x00000000fea00000 0x00000000fea03fff 0x0000000000140204\n"
	static const struct {
		const char *class, *resource;
		bool is_used;
	} cases[] = {
		{ "088000", NOTHING NOTHING, true },         { "110100", NOTHING NOTHING, true }, { "088000", WINDOW NOTHING, false },
		{ "088000", NOTHING NOTHING WINDOW, false }, { "088000", "", false },             { "080501", NOTHING, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_tree_ struct tree t;

		machine(&t);
		tree_pci(&t, SMBUS, cases[i].class, "8086:3ca8", 9);
		tree_put(&t, "sys/devices/pci0000:00/" SMBUS "/resource", "%s", cases[i].resource);
		CHECK_ROW(cases[i].class, tree_read(&t) == 0);
		CHECK_ROW(cases[i].class, !tree_use(&t, SMBUS, USE_BOARD, "a part of the processor") == !cases[i].is_used);
	}
}

TEST(a_dma_engine_inside_a_device_is_its_own)
{
	_cleanup_tree_ struct tree t;

	machine(&t);
	tree_link(&t, "sys/class/dma/dma0chan0", "../../devices/pci0000:00/" SERIAL "/idma64.0/dma/dma0chan0");
	tree_put(&t, "sys/devices/pci0000:00/" SERIAL "/idma64.0/dma/dma0chan0/in_use", "1\n");
	CHECK(tree_read(&t) == 0 && t.uses.n == 0);
}

TEST(a_channel_that_nobody_has_asked_for_is_no_use)
{
	static const char *const counts[] = { "0\n", "", "x\n" };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		_cleanup_tree_ struct tree t;

		machine(&t);
		tree_link(&t, "sys/class/dma/dma0chan0", "../../devices/pci0000:00/" SERIAL "/dma/dma0chan0");
		tree_put(&t, "sys/devices/pci0000:00/" SERIAL "/dma/dma0chan0/in_use", "%s", counts[i]);
		CHECK(tree_read(&t) == 0 && t.uses.n == 0);
	}
}

TEST_MAIN()
