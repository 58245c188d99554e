/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridges that are not made: what speaks against one, and what is wrong in the spec. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/sections/bridges.h"
#include "tests/unit/check.h"
#include "tests/unit/network_host.h"
#include "tests/unit/spec_errors.h"

TEST(what_speaks_against_a_bridge_is_told_with_its_evidence)
{
	static const struct {
		const char *path, *content, *said;
	} rows[] = {
		{ "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/phy80211/name", "x\n", "eno1 is wireless" },
		{ "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/wireless/status", "0\n", "eno1 is wireless" },
		{ "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/type", "32\n", "eno1 is no Ethernet" },
		{ "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/upper_bond7/x", "x\n", "eno1 is below bond7 already (/sys/class/net/eno1/upper_bond7)" },
		{ "proc/cmdline", "ip=dhcp root=UUID=1\n", "(ip=dhcp on the kernel command line)" },
		{ "proc/cmdline", "ip=192.0.2.7::192.0.2.1:255.255.255.0::eno1:none\n", "(ip=192.0.2.7" },
		{ "proc/cmdline", "nfsroot=192.0.2.5:/srv\n", "(nfsroot=192.0.2.5:/srv on the kernel command line)" },
		{ "proc/cmdline", "netroot=iscsi:192.0.2.5::::iqn.x\n", "(netroot=iscsi:192.0.2.5::::iqn.x on the kernel command line)" },
		{ "proc/cmdline", "root=/dev/nfs\n", "(root=/dev/nfs on the kernel command line)" },
		{ "proc/cmdline", "root=nfs:192.0.2.5:/srv\n", "(root=nfs:192.0.2.5:/srv on the kernel command line)" },
		{ "proc/cmdline", "root=nfs4:192.0.2.5:/srv\n", "(root=nfs4:192.0.2.5:/srv on the kernel command line)" },
		{ "proc/cmdline", "root=iscsi:192.0.2.5::::iqn.x\n", "(root=iscsi:192.0.2.5::::iqn.x on the kernel command line)" },
		{ "proc/cmdline", "rd.iscsi.firmware=1\n", "(rd.iscsi.firmware=1 on the kernel command line)" },
		{ "proc/cmdline", "iscsi_initiator=iqn.x\n", "(iscsi_initiator=iqn.x on the kernel command line)" },
		{ "proc/cmdline", "rd.neednet=1\n", "(rd.neednet=1 on the kernel command line)" },
		{ "etc/network/interfaces", "iface br0 inet dhcp\niface eno1 inet dhcp\n", "br0 is somebody else's already: ifupdown (/etc/network/interfaces:1: iface br0 inet dhcp)" },
		{ "etc/network/interfaces", "iface lo inet loopback\n", "eno1: no system that slipway knows manages it" },
		{ "etc/NetworkManager/system-connections/a", "[connection]\nuuid=1\ntype=ethernet\ninterface-name=eno1\n",
		  "eno1: more than one system would manage it: ifupdown (/etc/network/interfaces:1: iface eno1 inet dhcp), NetworkManager (/etc/NetworkManager/system-connections/a: "
		  "interface-name=eno1)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		_cleanup_(plan_done) struct plan p = {};
		_cleanup_(refusals_done) struct refusals refusals = {};

		network_host_new(&t);
		tree_put(&t, "usr/sbin/ifup", "\n");
		tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n");
		if (strstr(rows[i].path, "NetworkManager"))
			tree_enable(&t, "NetworkManager.service");
		tree_put(&t, rows[i].path, "%s", rows[i].content);
		CHECK_ROW(rows[i].said, network_plan(&t, KEEP, &p, &refusals) == 0);
		CHECK_ROW(rows[i].said, refusals.n == 1 && !p.n);
		CHECK_HAS(refusals.list[0].text, rows[i].said);
	}
}

TEST(a_vlan_cannot_have_a_greater_mtu_than_its_port)
{
	static const struct {
		const char *mtu, *wish, *said;
	} rows[] = {
		{ "1500\n", "vlan: 10, mtu: 1501", "eno1: its MTU is 1500, and a VLAN of it cannot have 1501; raise that of the port first" },
		{ "1500\n", "vlan: 10, mtu: 1500", NULL },
		{ "x\n", "vlan: 10, mtu: 9000", NULL },
		{ "1500\n", "vlan: 10", NULL },
		/* Without a VLAN the port has it, too. */
		{ "1500\n", "mtu: 9000", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		_cleanup_(plan_done) struct plan p = {};
		_cleanup_(refusals_done) struct refusals refusals = {};
		_cleanup_free_ char *spec = text_format("version: 1\nbridges: [{ name: br0, ports: [eno1], %s }]\n", rows[i].wish);

		network_host_new(&t);
		tree_put(&t, "usr/sbin/ifup", "\n");
		tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n");
		tree_put(&t, "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/mtu", "%s", rows[i].mtu);
		CHECK_ROW(rows[i].wish, network_plan(&t, spec, &p, &refusals) == 0);
		CHECK_ROW(rows[i].wish, refusals.n == (rows[i].said ? 1 : 0) && !p.n == !!rows[i].said);
		if (refusals.n)
			CHECK_HAS(refusals.list[0].text, rows[i].said);
	}
}

TEST(an_argument_for_another_port_is_in_nobody_s_way)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_(refusals_done) struct refusals refusals = {};

	network_host_new(&t);
	tree_put(&t, "usr/sbin/ifup", "\n");
	tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n");
	tree_put(&t, "proc/cmdline", "ip=eno2:dhcp\n");
	CHECK(network_plan(&t, KEEP, &p, &refusals) == 0);
	CHECK(!refusals.n && p.n);
}

#define ON_VLAN "version: 1\nbridges: [{ name: br0, ports: [eno1], addresses: dhcp, vlan: 5 }]\n"
#define ON_BOND "version: 1\nbonds: [{ name: bond0, ports: [eno1], mode: active-backup }]\nbridges: [{ name: br0, ports: [bond0], addresses: dhcp, vlan: 5 }]\n"

/* A VLAN takes nothing from whom the port has, but it cannot have what a bond or a bridge takes in; and a bond takes the port itself. */
TEST(who_stands_on_the_port_of_a_vlan_stays_there)
{
	static const struct {
		const char *spec, *upper, *type, *said;
	} rows[] = {
		{ KEEP, "macvlan7", "macvlan", "eno1 is below macvlan7 already" },
		{ KEEP, "eno1.7", "vlan", NULL },
		{ ON_VLAN, "macvlan7", "macvlan", NULL },
		{ ON_VLAN, "bond7", "bond", "eno1 is below bond7 already" },
		{ ON_VLAN, "br7", "bridge", "eno1 is below br7 already" },
		{ ON_BOND, "macvlan7", "macvlan", "eno1 is below macvlan7 already" },
		{ ON_BOND, "eno1.7", "vlan", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *above = text_format("sys/devices/pci0000:00/0000:00:1f.0/net/eno1/upper_%s/x", rows[i].upper);
		_cleanup_free_ char *uevent = text_format("sys/devices/virtual/net/%s/uevent", rows[i].upper);
		_cleanup_tree_ struct tree t;
		_cleanup_(plan_done) struct plan p = {};
		_cleanup_(refusals_done) struct refusals refusals = {};

		network_host_new(&t);
		tree_put(&t, "usr/sbin/ifup", "\n");
		tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n");
		tree_netif(&t, NULL, "", rows[i].upper);
		tree_put(&t, uevent, "DEVTYPE=%s\nINTERFACE=%s\n", rows[i].type, rows[i].upper);
		tree_put(&t, above, "x\n");
		CHECK_ROW(rows[i].upper, network_plan(&t, rows[i].spec, &p, &refusals) == 0);
		CHECK_ROW(rows[i].upper, refusals.n == (rows[i].said != NULL) && !p.n == (rows[i].said != NULL));
		if (rows[i].said)
			CHECK_HAS(refusals.list[0].text, rows[i].said);
	}
}

#define ISCSI "sys/devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sda/"

TEST(the_port_that_the_root_file_system_comes_through_stays)
{
	static const struct {
		const char *spec, *way, *mount, *said, *bound;
	} rows[] = {
		{ KEEP, "eno1", "0:20 / / rw - nfs4 192.0.2.5:/srv rw,addr=192.0.2.5", "eno1 carries the root file system (192.0.2.5:/srv on /, from 192.0.2.5)" },
		{ KEEP, "eno1.7", "0:20 / / rw - nfs4 192.0.2.5:/srv rw,addr=192.0.2.5", "eno1 carries the root file system (192.0.2.5:/srv on /, from 192.0.2.5)" },
		{ KEEP, "eno2", "0:20 / / rw - nfs4 192.0.2.5:/srv rw,addr=192.0.2.5", NULL },
		{ KEEP, "eno1", "8:0 / / rw - ext4 /dev/sda rw", "eno1 carries the root file system (/dev/sda on /, from 192.0.2.5)" },
		{ KEEP, "eno1", "8:1 / / rw - ext4 /dev/sda1 rw", "eno1 carries the root file system (/dev/sda1 on /, from 192.0.2.5)" },
		{ KEEP, "eno1", "253:1 / / rw - ext4 /dev/mapper/vg-root rw", "eno1 carries the root file system (/dev/mapper/vg-root on /, from 192.0.2.5)" },
		{ KEEP, "eno2", "8:1 / / rw - ext4 /dev/sda1 rw", NULL },
		/* The session is bound to a port, by name or address, and the routes do not count. */
		{ KEEP, "eno2", "8:1 / / rw - ext4 /dev/sda1 rw", "eno1 carries the root file system (/dev/sda1 on /, from 192.0.2.5)", "eno1" },
		{ KEEP, "eno2", "8:1 / / rw - ext4 /dev/sda1 rw", "eno1 carries the root file system", "eno1.7" },
		{ KEEP, "eno2", "8:1 / / rw - ext4 /dev/sda1 rw", NULL, "eno2" },
		/* A VLAN of its own leaves the port as it is; not so a bond. */
		{ ON_VLAN, "eno1", "8:1 / / rw - ext4 /dev/sda1 rw", NULL },
		{ ON_BOND, "eno1", "8:1 / / rw - ext4 /dev/sda1 rw", "eno1 carries the root file system" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		_cleanup_(plan_done) struct plan p = {};
		_cleanup_(refusals_done) struct refusals refusals = {};

		network_host_new(&t);
		tree_put(&t, "usr/sbin/ifup", "\n");
		tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n");
		tree_netif(&t, NULL, "", "eno1.7");
		tree_put(&t, "sys/devices/virtual/net/eno1.7/uevent", "DEVTYPE=vlan\n");
		tree_put(&t, "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/upper_eno1.7/x", "x\n");
		tree_link(&t, "sys/block/sda", "../devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sda");
		tree_put(&t, ISCSI "dev", "8:0\n");
		tree_put(&t, ISCSI "sda1/dev", "8:1\n");
		tree_mapped(&t, "dm-0", "253:0", "mpatha", (const char *const[]){ "sda", NULL });
		tree_mapped(&t, "dm-1", "253:1", "vg-root", (const char *const[]){ "dm-0", NULL });
		tree_put(&t, "sys/class/iscsi_connection/connection1:0/address", "192.0.2.5\n");
		if (rows[i].bound)
			tree_put(&t, "sys/class/iscsi_host/host3/netdev", "%s\n", rows[i].bound);
		tree_put(&t, "proc/net/route", "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n%s\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n", rows[i].way);
		tree_put(&t, "proc/self/mountinfo", "1 0 %s\n", rows[i].mount);
		CHECK_ROW(rows[i].mount, network_plan(&t, rows[i].spec, &p, &refusals) == 0);
		CHECK_ROW(rows[i].mount, refusals.n == (rows[i].said != NULL) && !p.n == (rows[i].said != NULL));
		if (rows[i].said)
			CHECK_HAS(refusals.list[0].text, rows[i].said);
	}
}

TEST(ports_of_two_systems_do_not_come_into_one_bridge)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_(refusals_done) struct refusals refusals = {};

	network_host_new(&t);
	tree_put(&t, "usr/sbin/ifup", "\n");
	tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n");
	tree_enable(&t, "NetworkManager.service");
	tree_put(&t, "etc/NetworkManager/system-connections/a", "[connection]\nuuid=1\ntype=ethernet\ninterface-name=eno2\n");
	CHECK(network_plan(&t, "version: 1\nbridges: [{ name: br0, ports: [eno1, eno2] }]\n", &p, &refusals) == 0);
	CHECK(refusals.n == 1 && !p.n);
	CHECK_HAS(refusals.list[0].text, "eno2: another system than that of the first port manages it: NetworkManager (/etc/NetworkManager/system-connections/a");
}

TEST(a_bridge_that_the_spec_has_no_longer_stays_and_is_named)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *said = NULL;

	network_host_new(&t);
	tree_netif(&t, NULL, "", "br0");
	tree_put(&t, "sys/devices/virtual/net/br0/bridge/stp_state", "0\n");
	tree_put(&t, "etc/network/interfaces.d/slipway-br0", BRIDGE_HEAD);
	CHECK(network_plan(&t, "version: 1\n", &p, &refusals) == 0 && !p.n);
	said = stderr_caught();
	CHECK_HAS(said, "bridge br0, which slipway has set up, is not in the spec, and stays");
}

TEST(a_name_that_is_no_word_is_refused_and_stands_in_no_file)
{
	static const char *const names[] = { "e$(x)", "e'1", "e\"1", "e;1", "e#1", "e*", "-e", "e%i", "e\\1", "e]1" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_tree_ struct tree t;
		_cleanup_(plan_done) struct plan p = {};
		_cleanup_(refusals_done) struct refusals refusals = {};
		_cleanup_(wishes_done) struct wishes wishes = {};
		struct bridge_wish *b = calloc(1, sizeof(*b));

		network_host_new(&t);
		network_put_port(&t, names[i], "1d", "03");
		tree_enable(&t, "systemd-networkd.service");
		tree_put(&t, "etc/systemd/network/20.network", "[Match]\nType=ether\n");
		wishes.network.bridges = b;
		wishes.network.n_bridges = 1;
		b->name = strdup("br0");
		CHECK_ROW(names[i], strv_add(&b->ports, names[i]) == 0);
		CHECK_ROW(names[i], tree_read(&t) == 0 && bridges_plan(&t.host, &wishes, &p, &refusals) == 0);
		CHECK_ROW(names[i], refusals.n == 1 && !p.n);
		CHECK_HAS(refusals.list[0].text, "has a name that not every network configuration can hold");
	}
}

TEST(a_port_that_is_not_there_is_an_error)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *said = NULL;

	network_host_new(&t);
	CHECK(network_plan(&t, "version: 1\nbridges: [{ name: br0, ports: [eno7] }]\n", &p, &refusals) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "bridge br0: there is no interface eno7");
}

/* An image knows no ports yet; a host whose ports cannot be read is no image. */
TEST(without_any_ports_only_an_image_is_planned_for)
{
	for (int is_live = 0; is_live < 2; is_live++) {
		_cleanup_tree_ struct tree t;
		_cleanup_(plan_done) struct plan p = {};
		_cleanup_(refusals_done) struct refusals refusals = {};
		_cleanup_(wishes_done) struct wishes wishes = {};
		_cleanup_free_ char *said = NULL;

		tree_new(&t);
		tree_put(&t, "usr/sbin/ifup", "\n");
		tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n");
		CHECK(spec_parse(KEEP, "f", &wishes) == 0 && tree_read(&t) == 0);
		t.host.is_live = is_live;
		CHECK(bridges_plan(&t.host, &wishes, &p, &refusals) == (is_live ? -EINVAL : 0) && !refusals.n);
		CHECK((p.n == 0) == (is_live != 0));
		said = stderr_caught();
		CHECK_ROW(said, !strstr(said, "bridge br0: there is no interface eno1") == !is_live);
	}
}

/* An entry of the spec, and what is said of it. */
struct wrong {
	const char *entry, *said;
};

static void check_told(const char *section, const struct wrong *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *text = text_format("version: 1\n%s: [%s]\n", section, rows[i].entry), *said = spec_errors(text);

		CHECK_HAS(said, rows[i].said);
	}
}

TEST(bad_values_are_told_with_their_place)
{
	static const struct wrong rows[] = {
		{ "{ ports: [eno1] }", "f:2:11: an entry of bridges needs name" },
		{ "{ name: br0 }", "f:2:11: an entry of bridges needs ports" },
		{ "{ name: 'br 0', ports: [a] }", "f:2:19: name must be up to 15 letters" },
		{ "{ name: br0123456789abcde, ports: [a] }", "f:2:19: name must be" },
		{ "{ name: -br, ports: [a] }", "f:2:19: name must be" },
		{ "{ name: br0, ports: eno1 }", "f:2:31: ports must be a list" },
		{ "{ name: br0, ports: [a, a] }", "f:2:35: port 'a' stands twice" },
		{ "{ name: br0, ports: [a], addresses: static }", "f:2:47: addresses must be keep, dhcp, none, or a list" },
		{ "{ name: br0, ports: [a], addresses: [192.0.2.7] }", "f:2:48: an address must have its prefix" },
		{ "{ name: br0, ports: [a], addresses: [192.0.2.7/33] }", "f:2:48: an address must have its prefix" },
		{ "{ name: br0, ports: [a], addresses: [] }", "f:2:11: addresses: the list is empty" },
		{ "{ name: br0, ports: [a], gateway: 192.0.2.1 }", "gateway, dns and search are for a list of addresses" },
		{ "{ name: br0, ports: [a], addresses: [192.0.2.7/24], gateway: 192.0.2.1/24 }", "gateway must be an address without prefix" },
		{ "{ name: br0, ports: [a], addresses: [192.0.2.7/24], gateway: [192.0.2.1, 192.0.2.2] }", "one of each family" },
		{ "{ name: br0, ports: [a], addresses: [192.0.2.7/24], dns: [x] }", "dns: an address is wanted" },
		{ "{ name: br0, ports: [a], addresses: [192.0.2.7/24], search: ['a b'] }", "search: the name of a domain is wanted" },
		{ "{ name: br0, ports: [a], mtu: 100 }", "f:2:41: mtu must be a number from 1280 to 65535" },
		{ "{ name: br0, ports: [a], vlan: 4095 }", "f:2:42: vlan must be a number from 1 to 4094" },
		{ "{ name: br0, ports: [a, b], vlan: 5 }", "vlan is for one port" },
		{ "{ name: br0, ports: [a], vlan: 5, addresses: keep }", "keep is not for a VLAN" },
		{ "{ name: br0, ports: [a], stp: yes }", "stp must be on or off" },
		{ "{ name: br0, ports: [a], mac: '01:00:5e:00:00:01' }", "mac must be a unicast address" },
		{ "{ name: br0, ports: [a], mac: '52:54:00:12:34' }", "mac must be a unicast address" },
		{ "{ name: br0, ports: [a], confirm: 1 }", "confirm must be a number of seconds from 5 to 600" },
		{ "{ name: br0, ports: [a], adresses: dhcp }", "did you mean 'addresses'?" },
		{ "{ name: br0, ports: [a] }, { name: br0, ports: [b] }", "name: 'br0' stands twice" },
	};

	check_told("bridges", rows, ARRAY_SIZE(rows));
}

TEST(bad_bonds_are_told)
{
	static const struct wrong rows[] = {
		{ "{ name: bond0, ports: [a] }", "needs mode" },
		{ "{ name: bond0, ports: [a], mode: '6' }", "f:2:42: mode must be active-backup or 802.3ad" },
		{ "{ name: bond0, ports: [a], mode: 802.3ad, primary: a }", "primary must be one of the ports, and is for active-backup" },
		{ "{ name: bond0, ports: [a], mode: active-backup, primary: b }", "primary must be one of the ports" },
		{ "{ name: bond0, ports: [a], mode: active-backup, hash: layer2 }", "hash is for 802.3ad" },
	};

	check_told("bonds", rows, ARRAY_SIZE(rows));
}

TEST(a_bond_without_its_bridge_and_a_port_in_two_places_are_told)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *said = NULL, *twice = NULL;

	network_host_new(&t);
	CHECK(network_plan(&t, "version: 1\nbonds: [{ name: bond0, ports: [eno1], mode: 802.3ad }]\n", &p, &refusals) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "bond bond0: it must be the port of one bridge of the spec, and is that of 0");
	CHECK(network_plan(&t, "version: 1\nbridges: [{ name: br0, ports: [eno1] }, { name: br1, ports: [eno1] }]\n", &p, &refusals) == -EINVAL);
	twice = stderr_caught();
	CHECK_HAS(twice, "port eno1 is wished for twice");
}

TEST_MAIN()
