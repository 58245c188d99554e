/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network ports in use: addresses and routes of both families, and what is stacked above a port. */

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define B "0000:00:07.0/0000:06:00.0"
#define ROUTE "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
#define USE(address, what) tree_use(&t, address, USE_NETWORK, what)

static void two_ports(struct tree *t)
{
	tree_new(t);
	tree_pci(t, A, "020000", "8086:1533", 1);
	tree_pci(t, B, "020000", "1af4:1041", 2);
	tree_netif(t, A, "", "eno1");
	tree_netif(t, B, "virtio0/", "ens2");
	tree_mounts(t, (const char *const[]){ "0:1 none / tmpfs", NULL });
}

TEST(ports_without_addresses_are_free)
{
	_cleanup_tree_ struct tree t;

	two_ports(&t);
	tree_put(&t, "proc/net/if_inet6", "fe80000000000000505400fffe123456 02 40 20 80 eno1\n");
	tree_put(&t, "proc/net/ipv6_route",
		 "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 "
		 "00000000 00000001 eno1\n");
	CHECK(tree_read(&t) == 0);
	CHECK(t.uses.n == 0);
}

TEST(each_kind_of_address_and_route_counts)
{
	static const struct {
		const char *path, *text, *address, *what;
	} rows[] = {
		{ "proc/net/route", ROUTE "eno1 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n", "0000:05:00.0", "route default via 192.0.2.1" },
		{ "proc/net/route", ROUTE "ens2 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n", "0000:06:00.0", "route 192.0.2.0/24" },
		{ "proc/net/route", ROUTE "eno1 00000000 00000000 0001 0 0 0 00000000 0 0 0\n", "0000:05:00.0", "route default via eno1" },
		{ "proc/net/if_inet6", "20010db8000000000000000000000007 02 40 00 80 eno1\n", "0000:05:00.0", "address 2001:db8::7/64" },
		{ "proc/net/ipv6_route",
		  "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 "
		  "00000000 00450003 ens2\n", "0000:06:00.0", "route default via fe80::1" },
		{ "proc/net/ipv6_route",
		  "20010db8000500000000000000000000 40 00000000000000000000000000000000 00 fe800000000000000000000000000002 00000400 00000001 "
		  "00000000 00000003 ens2\n", "0000:06:00.0", "route 2001:db8:5::/64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;

		two_ports(&t);
		tree_put(&t, rows[i].path, "%s", rows[i].text);
		CHECK_ROW(rows[i].what, tree_read(&t) == 0);
		CHECK_ROW(rows[i].what, USE(rows[i].address, rows[i].what));
		CHECK_ROW(rows[i].what, t.uses.n == 1);
	}
}

TEST(a_table_that_could_not_be_read_may_hide_what_keeps_a_port)
{
	static const char *const tables[] = { "proc/net/route", "proc/net/ipv6_route", "proc/net/if_inet6", "proc/net/pppoe" };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		_cleanup_tree_ struct tree t;

		two_ports(&t);
		tree_folder(&t, tables[i]);
		CHECK_ROW(tables[i], tree_read(&t) == 0);
		CHECK_ROW(tables[i], tree_use(&t, "0000:05:00.0", USE_UNKNOWN, "not all addresses and routes could be read"));
		CHECK_ROW(tables[i], tree_use(&t, "0000:06:00.0", USE_UNKNOWN, "not all addresses and routes could be read"));
	}
}

TEST(a_virtio_port_in_another_network_namespace_counts)
{
	_cleanup_tree_ struct tree t;

	two_ports(&t);
	tree_driver(&t, B, "virtio-pci");
	CHECK(tree_read(&t) == 0 && t.uses.n == 0);
	tree_remove(&t, "sys/devices/pci0000:00/" B "/virtio0/net/ens2");
	tree_remove(&t, "sys/class/net/ens2");
	CHECK(tree_read(&t) == 0);
	CHECK(USE("0000:06:00.0", "its port is in another network namespace") && t.uses.n == 1);
}

TEST(each_network_file_system_has_its_server)
{
	static const struct {
		const char *mount; /* type, source, options */
		bool is_traced;
	} rows[] = {
		{ "nfs 192.0.2.9:/x rw,addr=192.0.2.9", true },
		{ "nfs4 server:/x rw,addr=192.0.2.9", true },
		{ "cifs //server/x rw,addr=192.0.2.9", true },
		{ "smb3 //server/x rw,addr=192.0.2.9", true },
		{ "ceph admin@1-2.cephfs=/ rw,name=admin,mon_addr=192.0.2.9:3300", true },
		{ "ceph 192.0.2.9:6789:/ rw,name=admin", true },
		{ "fuse.glusterfs 192.0.2.9:/volume rw,user_id=0", true },
		/* Any port may be the one. */
		{ "fuse.glusterfs server:/volume rw,user_id=0", false },
		{ "lustre 192.0.2.9@o2ib:/x rw", false },
		{ "afs #root.cell. rw", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *remote;

		two_ports(&t);
		tree_put(&t, "proc/net/route", ROUTE "eno1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n");
		tree_put(&t, "proc/self/mountinfo", "21 1 0:1 / / rw - tmpfs x rw\n22 21 0:50 / /boot rw - %s\n", rows[i].mount);
		CHECK_ROW(rows[i].mount, tree_read(&t) == 0);
		remote = tree_use(&t, "0000:05:00.0", USE_REMOTE, " on /boot");
		CHECK_ROW(rows[i].mount, rows[i].is_traced ? remote && remote->is_vital : !remote);
		CHECK_ROW(rows[i].mount, !tree_use(&t, "0000:06:00.0", USE_UNKNOWN, " on /boot is reached through") == rows[i].is_traced);
	}
}

TEST(a_server_on_this_very_host_needs_no_port)
{
	static const char *const servers[] = { "127.0.0.1", "::1", "192.0.2.7" };

	for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
		_cleanup_tree_ struct tree t;

		two_ports(&t);
		tree_put(&t, "proc/net/route", ROUTE "eno1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n");
		tree_put(&t, "proc/net/fib_trie", "Local:\n     |-- 192.0.2.7\n        /32 host LOCAL\n");
		tree_put(&t, "proc/self/mountinfo", "21 1 0:1 / / rw - tmpfs x rw\n22 21 0:50 / /srv rw - nfs4 x:/x rw,addr=%s\n", servers[i]);
		CHECK_ROW(servers[i], tree_read(&t) == 0);
		CHECK_ROW(servers[i], !tree_use(&t, "0000:05:00.0", USE_REMOTE, "") && !tree_use(&t, "0000:05:00.0", USE_UNKNOWN, ""));
	}
}

TEST(the_routes_of_s390x_are_written_in_its_byte_order)
{
	_cleanup_tree_ struct tree t;

	two_ports(&t);
	tree_put(&t, "proc/cpuinfo", "vendor_id       : IBM/S390\n# processors    : 2\n");
	tree_put(&t, "proc/net/route", ROUTE "eno1 00000000 C0000201 0003 0 0 0 00000000 0 0 0\nens2 C6336400 00000000 0001 0 0 0 FFFFFF00 0 0 0\n");
	CHECK(tree_read(&t) == 0);
	CHECK(USE("0000:05:00.0", "route default via 192.0.2.1"));
	CHECK(USE("0000:06:00.0", "route 198.51.100.0/24"));
	CHECK(netifs_find_route(&t.host.netifs, "198.51.100.7") == netifs_find(&t.host.netifs, "ens2"));
}

TEST(the_unreachable_default_on_lo_is_no_route)
{
	_cleanup_tree_ struct tree t;

	two_ports(&t);
	tree_put(&t, "proc/net/ipv6_route",
		 "00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 "
		 "00000000 00200200 eno1\n");
	CHECK(tree_read(&t) == 0);
	CHECK(t.uses.n == 0);
}

TEST(a_bridge_over_a_bond_over_a_port_is_climbed)
{
	_cleanup_tree_ struct tree t;
	const struct use *use;

	two_ports(&t);
	tree_netif(&t, NULL, "", "bond0");
	tree_netif(&t, NULL, "", "br0");
	tree_link(&t, "sys/class/net/eno1/upper_bond0", "../../../../virtual/net/bond0");
	tree_link(&t, "sys/class/net/bond0/upper_br0", "../br0");
	tree_put(&t, "proc/net/route", ROUTE "br0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n");
	CHECK(tree_read(&t) == 0);
	use = USE("0000:05:00.0", "route default via 192.0.2.1");
	CHECK(use);
	CHECK_STR(use->via, "eno1 → bond0 → br0");
	CHECK(USE("0000:05:00.0", "port of bond0"));
	CHECK(!USE("0000:06:00.0", ""));
}

TEST(whatever_is_stacked_on_a_port_keeps_it)
{
	static const char *const uppers[] = { "eno1.5", "macvlan0", "ovs-system", "br0" };

	for (size_t i = 0; i < ARRAY_SIZE(uppers); i++) {
		_cleanup_free_ char *link = text_format("sys/class/net/eno1/upper_%s", uppers[i]);
		_cleanup_tree_ struct tree t;

		two_ports(&t);
		tree_netif(&t, NULL, "", uppers[i]);
		tree_link(&t, link, "../somewhere");
		CHECK_ROW(uppers[i], tree_read(&t) == 0);
		CHECK_ROW(uppers[i], USE("0000:05:00.0", uppers[i]));
	}
}

TEST(interfaces_in_a_ring_come_to_an_end)
{
	_cleanup_tree_ struct tree t;

	two_ports(&t);
	tree_netif(&t, NULL, "", "br0");
	tree_link(&t, "sys/class/net/eno1/upper_br0", "../x");
	tree_link(&t, "sys/class/net/br0/upper_eno1", "../x");
	CHECK(tree_read(&t) == 0);
	CHECK(USE("0000:05:00.0", "port of br0"));
}

TEST(hostile_tables_are_passed_over)
{
	_cleanup_tree_ struct tree t;

	two_ports(&t);
	tree_put(&t, "proc/net/route", "eno1\neno1 zz\n%s\n", "eno1 1 2 3 4 5 6 7 8 9 eno1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	tree_put(&t, "proc/net/if_inet6", "fec0 02 40 00 80 eno1\nzz00000000000000000000000000000z 02 40 00 80 eno1\n\n");
	tree_put(&t, "proc/net/ipv6_route", "0 0 0\n");
	CHECK(tree_read(&t) == 0);
}

TEST(a_router_with_the_whole_internet_is_told_by_its_default_and_a_few)
{
	_cleanup_free_ char *table = NULL;
	struct text text = {};
	_cleanup_tree_ struct tree t;

	text_append(&text, ROUTE);
	for (unsigned i = 1; i <= 50000; i++)
		text_printf(&text, "eno1 %08X 010200C0 0003 0 0 0 00FFFFFF 0 0 0\n", i);
	text_append(&text, "eno1 00000000 010200C0 0003 0 0 0 00000000 0 0 0\nens2 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n");
	table = text_take(&text);
	two_ports(&t);
	tree_put(&t, "proc/net/route", "%s", table);
	CHECK(tree_read(&t) == 0);
	CHECK(USE("0000:05:00.0", "route default via 192.0.2.1") && USE("0000:06:00.0", "route 192.0.2.0/24"));
	CHECK(t.host.netifs.n_routes == 50002 && t.uses.n == 18);
}

TEST_MAIN()
