/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage pools and networks without libvirt: their definitions, their UUIDs, and what a pool is over. */

#include <errno.h>

#include "common/cleanup.h"
#include "installer/object_xml.h"
#include "installer/pool_source.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

TEST(definitions_escape_what_they_hold)
{
	const struct pool_wish pool = { .name = (char *)"a<b>&'\"", .type = POOL_NFS, .path = (char *)"/mnt/<x>", .host = (char *)"h'&", .export = (char *)"/\"e" };
	_cleanup_(differences_done) struct differences d = {}, other = {};
	_cleanup_free_ char *xml = NULL;

	CHECK(pool_format(&pool, "u", &xml) == 0);
	CHECK_HAS(xml, "a&lt;b&gt;&amp;");
	CHECK_HAS(xml, "/mnt/&lt;x&gt;");
	CHECK(object_compare(xml, xml, &d) == 0 && !d.n);
	CHECK(object_compare(xml, "<pool type='netfs'/>", &other) == 0 && other.n == 3);
	CHECK(object_compare(xml, "<pool", &other) == -EINVAL);
}

TEST(a_uuid_is_the_same_for_the_same_and_for_nothing_else)
{
	_cleanup_free_ char *a = NULL, *again = NULL, *b = NULL, *network = NULL, *elsewhere = NULL;
	_cleanup_tree_ struct tree t;

	tree_new(&t);
	tree_put(&t, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	a = object_uuid(t.fd, "storage pool", "a");
	again = object_uuid(t.fd, "storage pool", "a");
	b = object_uuid(t.fd, "storage pool", "b");
	network = object_uuid(t.fd, "network", "a");
	tree_put(&t, "etc/machine-id", "other\n");
	elsewhere = object_uuid(t.fd, "storage pool", "a");
	CHECK_STR(a, again);
	CHECK(strlen(a) == 36 && a[14] == '8' && strchr("89ab", a[19]));
	CHECK(!str_eq(a, b) && !str_eq(a, network) && !str_eq(a, elsewhere));
}

TEST(a_volume_group_is_known_by_its_volumes_or_by_lvm_s_copy)
{
	static const struct {
		const char *mapper, *group;
		bool is;
	} rows[] = {
		{ "vg0-root", "vg0", true }, { "vg0-root", "vg", false }, { "vg-root", "vg-root", false }, { "my--vg-a", "my-vg", true },
		{ "my--vg-a", "my", false }, { "my--vg-a", "my-", false }, { "vg0", "vg0", false }, { "vg0--x-a", "vg0", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;

		tree_new(&t);
		CHECK(!lvm_group_exists(t.fd, rows[i].group));
		tree_put(&t, "sys/block/dm-0/dm/uuid", "LVM-abc\n");
		tree_put(&t, "sys/block/dm-0/dm/name", "%s\n", rows[i].mapper);
		CHECK_ROW(rows[i].mapper, lvm_group_exists(t.fd, rows[i].group) == rows[i].is);
		tree_put(&t, "sys/block/dm-0/dm/uuid", "CRYPT-abc\n");
		CHECK_ROW(rows[i].mapper, !lvm_group_exists(t.fd, rows[i].group));
	}
}

TEST_MAIN()
