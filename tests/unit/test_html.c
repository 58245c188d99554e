/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page: data stays data, every device has its place in the drawing, and no two boxes touch. */

#include <stdint.h>

#include "cli/html/escape.h"
#include "cli/html/machine.h"
#include "cli/html/page.h"
#include "common/cleanup.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

TEST(data_becomes_text_and_nothing_else)
{
	static const struct {
		const char *data, *html;
	} rows[] = {
		{ "", "" },
		{ "Samsung PM9A1", "Samsung PM9A1" },
		{ "<script>alert('a & \"b\"')</script>", "&lt;script&gt;alert(&#39;a &amp; &quot;b&quot;&#39;)&lt;/script&gt;" },
		{ "a\tb\nc", "a b c" },
		{ "\x1b[31m\x7f", "\xef\xbf\xbd[31m\xef\xbf\xbd" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\xbcscript", "\xef\xbf\xbd\xef\xbf\xbdscript" },             /* an overlong '<' */
		{ "\xc2\x85", "\xef\xbf\xbd\xef\xbf\xbd" },                         /* a control character beyond ASCII */
		{ "a\xe2\x80\xae" "b", "a\xef\xbf\xbd" "b" },                       /* right-to-left override */
		{ "a\xe2\x81\xa6" "b", "a\xef\xbf\xbd" "b" },
		{ "\xe2\x80\x94", "\xe2\x80\x94" },                                 /* a dash is none */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *html = NULL;
		struct text t = {};

		html_text(&t, rows[i].data);
		html = text_take(&t);
		CHECK_STR(html, rows[i].html);
	}
}

TEST(what_is_cut_shows_that_it_is)
{
	static const struct {
		const char *data;
		size_t room;
		const char *html;
	} rows[] = {
		{ "abc", 3, "abc" }, { "abcd", 3, "ab\xe2\x80\xa6" }, { "abcd", 1, "\xe2\x80\xa6" }, { "abcd", 0, "" },
		{ "\xc3\xbc\xc3\xbc\xc3\xbc", 3, "\xc3\xbc\xc3\xbc\xc3\xbc" }, { "<<<<", 2, "&lt;\xe2\x80\xa6" }, { "\xff\xff\xff", 2, "\xef\xbf\xbd\xe2\x80\xa6" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *html = NULL;
		struct text t = {};

		html_cut(&t, rows[i].data, rows[i].room);
		html = text_take(&t);
		CHECK_STR(html, rows[i].html);
	}
}

TEST(an_option_in_a_sentence_is_not_broken)
{
	static const struct {
		const char *data, *html;
	} rows[] = {
		{ "", "" },
		{ "with --allow 0000:01:00.0=data", "with <span class=\"option\">--allow</span> 0000:01:00.0=data" },
		{ "--root", "<span class=\"option\">--root</span>" },
		{ "a--b -- --B ---------------------------x", "a--b -- --B ---------------------------x" },
		{ "--allow<b>", "--allow&lt;b&gt;" },
		{ "\xff--allow", "\xef\xbf\xbd--allow" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *html = NULL;
		struct text t = {};

		html_prose(&t, rows[i].data);
		html = text_take(&t);
		CHECK_STR(html, rows[i].html);
	}
}

static bool overlap(const struct box *a, const struct box *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height && b->y < a->y + a->height;
}

/* Of every box: its children lie inside, and apart. */
static bool is_sound(const struct box *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct box *c = b->children[i];

		if (c->x < b->x || c->y < b->y || c->x + c->width > b->x + b->width || c->y + c->height > b->y + b->height || c->width <= 0 || c->height <= 0)
			return false;
		for (size_t j = 0; j < i; j++)
			if (overlap(c, b->children[j]))
				return false;
		if (!is_sound(c))
			return false;
	}
	return true;
}

static void grow(struct box *b, unsigned *seed, int depth)
{
	unsigned n;

	*seed = *seed * 1103515245 + 12345;
	n = 1 + (*seed >> 16) % 7;
	for (unsigned i = 0; i < n; i++) {
		enum box_kind kind = depth == 0 ? BOX_NODE : depth == 1 ? BOX_ROOT : (*seed >> (16 + i)) % 2 ? BOX_DEVICE : BOX_BRIDGE;

		if (box_add(b, box_new(kind, NULL, (int)i)) < 0)
			abort();
		if (kind != BOX_DEVICE && depth < 6)
			grow(b->children[b->n - 1], seed, depth + 1);
	}
}

TEST(no_two_boxes_touch_whatever_the_tree)
{
	for (unsigned seed = 1; seed < 200; seed++) {
		_cleanup_(box_freep) struct box *machine = box_new(BOX_MACHINE, NULL, -1);
		unsigned state = seed;

		grow(machine, &state, 0);
		box_layout(machine, seed % 3 ? 1270 : 300);
		CHECK(is_sound(machine));
	}
}

static size_t count(const struct box *b, enum box_kind kind)
{
	size_t n = b->kind == kind;

	for (size_t i = 0; i < b->n; i++)
		n += count(b->children[i], kind);
	return n;
}

static const struct box *find(const struct box *b, enum box_kind kind, const char *address)
{
	const struct box *found = b->kind == kind && b->device && str_eq(b->device->address, address) ? b : NULL;

	for (size_t i = 0; i < b->n && !found; i++)
		found = find(b->children[i], kind, address);
	return found;
}

/* The box of a group that holds this device somewhere, or NULL. */
static const struct box *group_around(const struct box *b, enum box_kind kind, const char *address)
{
	const struct box *inner = NULL;

	for (size_t i = 0; i < b->n && !inner; i++)
		inner = group_around(b->children[i], kind, address);
	return inner ? inner : b->kind == BOX_GROUP && find(b, kind, address) ? b : NULL;
}

TEST(a_group_has_one_box_around_its_bridge_and_all_below)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(box_freep) struct box *machine = NULL;
	const struct box *group;

	tree_new(&t);
	tree_pci(&t, "0000:00:00.0", "060000", "8086:1237", 0);
	tree_pci(&t, "0000:00:01.0", "060400", "8086:1901", 1);
	tree_pci(&t, "0000:00:01.0/0000:01:00.0", "030000", "10de:2204", 1);
	tree_pci(&t, "0000:00:01.0/0000:01:00.1", "040300", "10de:1aef", 1);
	tree_pci(&t, "0000:00:02.0", "060400", "8086:1905", 2);
	tree_pci(&t, "0000:00:02.0/0000:02:00.0", "010802", "144d:a80a", 3);
	tree_pci(&t, "0000:00:14.0", "0c0330", "8086:a36d", -1);
	CHECK(tree_read(&t) == 0 && machine_new(&t.host, &machine) == 0);
	box_layout(machine, 1270);
	CHECK(is_sound(machine));
	CHECK(machine->n == 1 && machine->children[0]->number == -1 && count(machine, BOX_ROOT) == 1);
	CHECK(count(machine, BOX_DEVICE) == 5 && count(machine, BOX_BRIDGE) == 2 && count(machine, BOX_GROUP) == 3);
	group = group_around(machine, BOX_BRIDGE, "0000:00:01.0");
	CHECK(group && group->number == 1 && group == group_around(machine, BOX_DEVICE, "0000:01:00.1"));
	/* The port is in a group of its own, which a box around the drive's would belie. */
	CHECK(!group_around(machine, BOX_BRIDGE, "0000:00:02.0"));
	group = group_around(machine, BOX_DEVICE, "0000:02:00.0");
	CHECK(group && group->number == 3);
	CHECK(!group_around(machine, BOX_DEVICE, "0000:00:14.0"));
}

TEST(members_of_one_group_stand_side_by_side)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(box_freep) struct box *machine = NULL;

	tree_new(&t);
	tree_pci(&t, "0000:00:00.0", "060000", "8086:1237", 0);
	tree_pci(&t, "0000:00:02.0", "0c0330", "8086:a36d", 5);
	tree_pci(&t, "0000:00:03.0", "0c0330", "8086:a36d", 0);
	tree_pci(&t, "0000:00:04.0", "0c0330", "8086:a36d", 5);
	CHECK(tree_read(&t) == 0 && machine_new(&t.host, &machine) == 0);
	CHECK(count(machine, BOX_GROUP) == 2 && count(machine, BOX_DEVICE) == 4);
	CHECK(group_around(machine, BOX_DEVICE, "0000:00:02.0") == group_around(machine, BOX_DEVICE, "0000:00:04.0"));
}

TEST(sockets_are_apart_and_devices_without_one_come_last)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(box_freep) struct box *machine = NULL;

	tree_new(&t);
	for (int i = 0; i < 3; i++) {
		char chain[32], path[96];

		snprintf(chain, sizeof(chain), "000%d:00:00.0", i);
		tree_pci(&t, chain, "010802", "144d:a80a", i);
		snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/numa_node", chain);
		tree_put(&t, path, "%d\n", i == 0 ? 1 : i == 1 ? -1 : 0);
	}
	CHECK(tree_read(&t) == 0 && machine_new(&t.host, &machine) == 0);
	for (size_t i = 0; i < t.host.devices.n; i++) {
		/* All stand below pci0000:00 in this tree: give each the root of its domain. */
		t.host.devices.list[i].path[3] = (char)('0' + i);
	}
	box_free(TAKE(machine));
	CHECK(machine_new(&t.host, &machine) == 0);
	box_layout(machine, 1270);
	CHECK(is_sound(machine) && machine->n == 3);
	CHECK(machine->children[0]->number == 0 && machine->children[1]->number == 1 && machine->children[2]->number == -1);
}

/* No machine has this, but a captured tree may say anything. */
TEST(bridges_below_each_other_do_not_hang_it)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(box_freep) struct box *machine = NULL;

	tree_new(&t);
	tree_pci(&t, "0000:00:01.0", "060400", "8086:1901", 1);
	tree_pci(&t, "0000:00:02.0", "060400", "8086:1901", 2);
	CHECK(tree_read(&t) == 0);
	t.host.devices.list[0].parent = strdup("0000:00:02.0");
	t.host.devices.list[1].parent = strdup("0000:00:01.0");
	CHECK(machine_new(&t.host, &machine) == 0);
	CHECK(count(machine, BOX_BRIDGE) == 2);
}

TEST(a_host_without_devices_has_a_page_too)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(report_done) struct report report = {};
	_cleanup_free_ char *page = NULL;

	tree_new(&t);
	CHECK(tree_read(&t) == 0 && audit_run(&t.host, NULL, &report) == 0);
	CHECK(html_page(&t.host, &t.uses, &report, &page) == 0);
	CHECK_HAS(page, "This host has no PCI devices.");
	CHECK_HAS(page, "Not ready for passthrough");
	free(stderr_caught());
}

TEST_MAIN()
