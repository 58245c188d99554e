/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is below a bridge: bonds and VLANs, made for each family of distributions, and how all of it goes away again. */

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/sections/bridges.h"
#include "tests/unit/check.h"
#include "tests/unit/network_host.h"

#define HEAD BRIDGE_HEAD

TEST(a_bond_is_made_below_the_bridge)
{
	static const char spec[] = "version: 1\nbonds: [{ name: bond0, ports: [eno1, eno2], mode: active-backup, primary: eno1 }]\n"
				   "bridges: [{ name: br0, ports: [bond0], addresses: dhcp }]\n";
	_cleanup_tree_ struct tree t, u, v, w;
	_cleanup_free_ char *bond = NULL, *port = NULL, *own = NULL, *key = NULL, *member = NULL, *ifcfg = NULL, *slave = NULL;

	network_host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_put(&t, "etc/systemd/network/20.network", "[Match]\nName=en*\n[Network]\nDHCP=yes\n");
	bond = network_round_trip(&t, spec, "etc/systemd/network/00-slipway-bond0.netdev", "etc/systemd/network/00-slipway-eno1.network", &port);
	CHECK_HAS(bond, "Kind=bond\n\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\n");
	CHECK_HAS(port, "[Network]\nBond=bond0\nDHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nPrimarySlave=yes\n");
	network_host_new(&u);
	tree_put(&u, "usr/sbin/netplan", "\n");
	tree_put(&u, "etc/netplan/a.yaml", "network: {ethernets: {eno1: {dhcp4: true}, eno2: {}}}\n");
	own = network_round_trip(&u, spec, "etc/netplan/zz-slipway-br0.yaml", NULL, NULL);
	CHECK_HAS(own, "  bonds:\n    \"bond0\":\n      interfaces: [\"eno1\", \"eno2\"]\n      parameters: { mode: \"active-backup\", mii-monitor-interval: 100, primary: \"eno1\" }\n"
		       "  bridges:\n    \"br0\":\n      interfaces: [\"bond0\"]\n");
	network_host_new(&v);
	tree_enable(&v, "NetworkManager.service");
	key = network_round_trip(&v, spec, "etc/NetworkManager/system-connections/slipway-bond0.nmconnection", "etc/NetworkManager/system-connections/slipway-eno2.nmconnection", &member);
	CHECK_HAS(key, "master=br0\nslave-type=bridge\n\n[bond]\nmiimon=100\nmode=active-backup\nprimary=eno1\n");
	CHECK_HAS(member, "master=bond0\nslave-type=bond\n");
	network_host_new(&w);
	tree_put(&w, "etc/sysconfig/network-scripts/ifcfg-eno1", "DEVICE=eno1\nBOOTPROTO=dhcp\n");
	tree_put(&w, "etc/sysconfig/network-scripts/ifcfg-eno2", "DEVICE=eno2\nBOOTPROTO=dhcp\n");
	ifcfg = network_round_trip(&w, spec, "etc/sysconfig/network-scripts/ifcfg-bond0", "etc/sysconfig/network-scripts/ifcfg-eno2", &slave);
	CHECK_HAS(ifcfg, "BONDING_OPTS=\"mode=active-backup miimon=100 primary=eno1\"\nONBOOT=yes\nBOOTPROTO=none\nBRIDGE=br0\n");
	CHECK_STR(slave, "DEVICE=eno2\nBOOTPROTO=none\nMASTER=bond0\nSLAVE=yes\n");
}

TEST(so_it_is_in_stanzas_and_in_wicked_s_files)
{
	static const char spec[] = "version: 1\nbonds: [{ name: bond0, ports: [eno1, eno2], mode: active-backup, primary: eno1 }]\n"
				   "bridges: [{ name: br0, ports: [bond0], addresses: dhcp }]\n";
	_cleanup_tree_ struct tree t, u;
	_cleanup_free_ char *stanzas = NULL, *ports = NULL, *wicked = NULL, *bridge = NULL;

	network_host_new(&t);
	network_host_new(&u);
	tree_put(&t, "usr/sbin/ifup", "\n");
	tree_put(&t, "etc/network/if-pre-up.d/bridge", "\n");
	tree_put(&t, "etc/network/interfaces", "source interfaces.d/*\nauto eno1\niface eno1 inet dhcp\nallow-hotplug eno2\niface eno2 inet static\n\taddress 192.0.2.8/24\n");
	stanzas = network_round_trip(&t, spec, "etc/network/interfaces.d/slipway-br0", "etc/network/interfaces", &ports);
	CHECK_STR(stanzas, HEAD "\nauto bond0\niface bond0 inet manual\n\tpre-up ip link show bond0 >/dev/null 2>&1 || ip link add name bond0 type bond mode active-backup miimon 100\n"
				"\tpre-up ip link set dev eno1 down\n\tpre-up ip link set dev eno1 master bond0\n"
				"\tpre-up ip link set dev eno2 down\n\tpre-up ip link set dev eno2 master bond0\n\tpre-up ip link set dev bond0 type bond primary eno1\n"
				"\tup ip link set dev bond0 up\n\tpost-down ip link delete dev bond0\n"
				"\nauto br0\niface br0 inet dhcp\n\tbridge_ports bond0\n\tbridge_stp off\n\tbridge_fd 0\n\tbridge_hw 52:54:00:aa:00:01\n\niface br0 inet6 auto\n");
	CHECK_STR(ports, "source interfaces.d/*\nauto eno1\niface eno1 inet manual\nallow-hotplug eno2\niface eno2 inet manual\n");
	tree_enable(&u, "wicked.service");
	tree_put(&u, "etc/sysconfig/network/ifcfg-eno1", "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n");
	tree_put(&u, "etc/sysconfig/network/ifcfg-eno2", "BOOTPROTO='none'\nSTARTMODE='hotplug'\n");
	wicked = network_round_trip(&u, spec, "etc/sysconfig/network/ifcfg-bond0", "etc/sysconfig/network/ifcfg-br0", &bridge);
	CHECK_STR(wicked, HEAD "STARTMODE=auto\nBOOTPROTO=none\nBONDING_MASTER=yes\nBONDING_MODULE_OPTS='mode=active-backup miimon=100 primary=eno1'\n"
			       "BONDING_SLAVE_0=eno1\nBONDING_SLAVE_1=eno2\n");
	CHECK_HAS(bridge, "BRIDGE=yes\nBRIDGE_PORTS='bond0'\n");
}

/* networkd makes a MAC address up for a bond, and its ports have that one; the bridge goes on with the first port's own. */
TEST(a_port_of_a_bond_has_an_address_of_its_own_still)
{
	static const char spec[] = "version: 1\nbonds: [{ name: bond0, ports: [eno1, eno2], mode: active-backup }]\nbridges: [{ name: br0, ports: [bond0] }]\n";
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *device = NULL;

	network_host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_put(&t, "etc/systemd/network/20.network", "[Match]\nName=en*\n[Network]\nDHCP=yes\n");
	tree_put(&t, "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/address", "9a:00:00:00:00:09\n");
	tree_put(&t, "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/bonding_slave/perm_hwaddr", "52:54:00:AA:00:01\n");
	device = network_round_trip(&t, spec, "etc/systemd/network/00-slipway-br0.netdev", NULL, NULL);
	CHECK_HAS(device, "\nMACAddress=52:54:00:aa:00:01\n");
}

/* The VLAN, the bridge over it, and that the port is as it was. */
TEST(a_vlan_is_made_below_the_bridge)
{
	static const struct {
		const char *enabled, *program, *port, *content, *vlan, *vlan_has, *bridge, *bridge_has;
	} rows[] = {
		{ NULL, "usr/sbin/ifup", "etc/network/interfaces", "source interfaces.d/*\nallow-hotplug eno1\niface eno1 inet dhcp\n",
		  "etc/network/interfaces.d/slipway-br10",
		  "\nauto eno1.10\niface eno1.10 inet manual\n\tpre-up ip link set dev eno1 up\n"
		  "\tpre-up ip link show eno1.10 >/dev/null 2>&1 || ip link add link eno1 name eno1.10 type vlan id 10\n\tpre-up ip link set dev eno1.10 mtu 1400\n"
		  "\tup ip link set dev eno1.10 up\n\tpost-down ip link delete dev eno1.10\n\nauto br10\n",
		  "etc/network/interfaces.d/slipway-br10",
		  "\niface br10 inet static\n\tpre-up ip link show br10 >/dev/null 2>&1 || ip link add name br10 type bridge stp_state 0\n"
		  "\tpre-up ip link set dev br10 address 52:54:00:aa:00:01\n\tpre-up ip link set dev eno1.10 master br10\n\tpre-up ip link set dev eno1.10 up\n"
		  "\tpre-up ip link set dev br10 mtu 1400\n" },
		{ NULL, "usr/sbin/netplan", "etc/netplan/a.yaml", "network: {ethernets: {eno1: {dhcp4: true}}}\n", "etc/netplan/zz-slipway-br10.yaml",
		  "  vlans:\n    \"eno1.10\": { id: 10, link: \"eno1\", mtu: 1400 }\n", "etc/netplan/zz-slipway-br10.yaml",
		  "    \"br10\":\n      interfaces: [\"eno1.10\"]\n" },
		{ "NetworkManager.service", NULL, "etc/NetworkManager/system-connections/a", "[connection]\nid=a\nuuid=1\ntype=ethernet\ninterface-name=eno1\n\n[ipv4]\nmethod=auto\n",
		  "etc/NetworkManager/system-connections/slipway-eno1.10.nmconnection", "\n[vlan]\nid=10\nparent=eno1\n\n[ethernet]\nmtu=1400\n",
		  "etc/NetworkManager/system-connections/slipway-br10.nmconnection", "\n[ethernet]\nmtu=1400\n\n[ipv4]\naddress1=192.0.2.9/24\n" },
		{ "systemd-networkd.service", NULL, "etc/systemd/network/20.network", "[Match]\nName=eno1\n[Network]\nDHCP=yes\n", "etc/systemd/network/00-slipway-eno1.10.network",
		  "[Match]\nName=eno1.10\n\n[Link]\nMTUBytes=1400\n\n[Network]\nBridge=br10\n", "etc/systemd/network/00-slipway-br10.network", "\n[Link]\nMTUBytes=1400\n" },
		{ NULL, NULL, "etc/sysconfig/network-scripts/ifcfg-eno1", "DEVICE=eno1\nBOOTPROTO=dhcp\n", "etc/sysconfig/network-scripts/ifcfg-eno1.10",
		  HEAD "DEVICE=eno1.10\nVLAN=yes\nPHYSDEV=eno1\nVLAN_ID=10\nONBOOT=yes\nBOOTPROTO=none\nBRIDGE=br10\nMTU=1400\n",
		  "etc/sysconfig/network-scripts/ifcfg-br10", "\nMTU=1400\nBOOTPROTO=none\nIPADDR=192.0.2.9\n" },
		{ "wicked.service", NULL, "etc/sysconfig/network/ifcfg-eno1", "BOOTPROTO='dhcp'\n", "etc/sysconfig/network/ifcfg-eno1.10",
		  HEAD "STARTMODE=auto\nBOOTPROTO=none\nETHERDEVICE=eno1\nVLAN_ID=10\nMTU=1400\n", "etc/sysconfig/network/ifcfg-br10", "BRIDGE_PORTS='eno1.10'\n" },
	};
	static const char spec[] = "version: 1\nbridges: [{ name: br10, ports: [eno1], vlan: 10, addresses: [192.0.2.9/24], mtu: 1400 }]\n";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		_cleanup_free_ char *vlan = NULL, *bridge = NULL, *again = NULL, *port = NULL;

		network_host_new(&t);
		if (rows[i].enabled)
			tree_enable(&t, rows[i].enabled);
		if (rows[i].program)
			tree_put(&t, rows[i].program, "\n");
		tree_put(&t, rows[i].port, "%s", rows[i].content);
		vlan = network_round_trip(&t, spec, rows[i].vlan, rows[i].bridge, &bridge);
		CHECK_HAS(vlan, rows[i].vlan_has);
		CHECK_HAS(bridge, rows[i].bridge_has);
		again = network_round_trip(&t, spec, rows[i].bridge, rows[i].port, &port);
		CHECK_STR(again, bridge);
		CHECK_STR(port, rows[i].content);
	}
}

/* The steps of the change of that number, each on a line. */
static char *told_steps(char *const *steps)
{
	struct text t = {};
	bool begins = true;

	text_append(&t, "");
	for (; steps && *steps; begins = !**steps, steps++)
		text_printf(&t, "%s%s", begins ? "" : **steps ? " " : "\n", *steps);
	return text_take(&t);
}

TEST(on_the_way_back_each_link_goes_and_the_ports_have_their_mtu)
{
	static const struct {
		const char *enabled, *program, *folder, *content, *before, *after, *back, *last;
		bool is_alone; /* nothing speaks of the second port */
	} rows[] = {
		{ NULL, "usr/sbin/ifup", "etc/network/interfaces.d/@", "iface @ inet dhcp\n", "-ifdown --force eno1\n", "ifup bond0\nifup bond0.5\nifup br0\n",
		  "-ifdown --force br0\n-ifdown --force bond0.5\n-ifdown --force bond0\n-ip link delete br0\n", "ifup --force eno1\n", true },
		{ NULL, "usr/sbin/ifup", "etc/network/interfaces.d/@", "iface @ inet dhcp\n", "-ifdown --force eno1\n-ifdown --force eno2\n",
		  "ifup bond0\nifup bond0.5\nifup br0\n", "-ifdown --force br0\n-ifdown --force bond0.5\n-ifdown --force bond0\n-ip link delete br0\n",
		  "ifup --force eno1\nifup --force eno2\n" },
		{ NULL, "usr/sbin/netplan", "etc/netplan/@.yaml", "network: {ethernets: {@: {dhcp4: true}}}\n", "", "netplan apply\n",
		  "-ip link delete br0\n-ip link delete bond0.5\n-ip link delete bond0\n", "netplan apply\n" },
		{ "systemd-networkd.service", NULL, "etc/systemd/network/20-@.network", "[Match]\nName=@\n[Network]\nDHCP=yes\n", "",
		  "networkctl reload\nnetworkctl reconfigure eno1\nnetworkctl reconfigure eno2\n", "-ip link delete br0\n-ip link delete bond0.5\n-ip link delete bond0\n",
		  "networkctl reload\nnetworkctl reconfigure eno1\nnetworkctl reconfigure eno2\n" },
		{ "NetworkManager.service", NULL, "etc/NetworkManager/system-connections/@.nmconnection",
		  "[connection]\nid=wired\nuuid=11111111-2222-3333-4444-555555555555\ntype=ethernet\ninterface-name=@\n[ipv4]\nmethod=auto\n", "",
		  "nmcli connection reload\nnmcli --wait 0 connection up slipway-br0\nnmcli --wait 0 connection up slipway-bond0\n"
		  "nmcli --wait 0 connection up slipway-eno1\nnmcli --wait 0 connection up slipway-eno2\nnmcli --wait 0 connection up slipway-bond0.5\n",
		  "-ip link delete br0\n-ip link delete bond0.5\n-ip link delete bond0\n",
		  "nmcli connection reload\n-nmcli --wait 0 connection up uuid 11111111-2222-3333-4444-555555555555 ifname eno1\n"
		  "nmcli connection add save no type ethernet con-name eno2 ifname eno2 connection.autoconnect-priority -999\n"
		  "-nmcli --wait 0 connection up id eno2 ifname eno2\n", true },
		{ NULL, NULL, "etc/sysconfig/network-scripts/ifcfg-@", "DEVICE=@\nBOOTPROTO=dhcp\n", "-ifdown eno1\n-ifdown eno2\n",
		  "-nmcli connection reload\nifup br0\n-ifup bond0\n-ifup eno1\n-ifup eno2\n-ifup bond0.5\n",
		  "-ifdown br0\n-ip link delete br0\n-ip link delete bond0.5\n-ip link delete bond0\n", "-nmcli connection reload\nifup eno1\nifup eno2\n" },
	};
	static const char spec[] = "version: 1\nbonds: [{ name: bond0, ports: [eno1, eno2], mode: 802.3ad }]\n"
				   "bridges: [{ name: br0, ports: [bond0], vlan: 5, addresses: dhcp, mtu: 9000 }]\n";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_tree_ struct tree t;
		_cleanup_(plan_done) struct plan plan = {};
		_cleanup_(refusals_done) struct refusals refusals = {};
		_cleanup_free_ char *before = NULL, *after = NULL, *back = NULL, *last = NULL, *wanted = NULL;

		network_host_new(&t);
		if (rows[i].enabled)
			tree_enable(&t, rows[i].enabled);
		if (rows[i].program)
			tree_put(&t, rows[i].program, "\n");
		if (str_eq(rows[i].program, "usr/sbin/ifup"))
			tree_put(&t, "etc/network/interfaces", "source interfaces.d/*\n");
		network_put_source(&t, "eno1", rows[i].folder, rows[i].content);
		if (!rows[i].is_alone)
			network_put_source(&t, "eno2", rows[i].folder, rows[i].content);
		tree_put(&t, "sys/devices/pci0000:00/0000:00:1f.0/net/eno1/mtu", "1500\n");
		network_is_live = true;
		CHECK_ROW(rows[i].folder, network_plan(&t, spec, &plan, &refusals) == 0 && !refusals.n && plan.n > 2);
		network_is_live = false;
		CHECK_ROW(rows[i].folder, plan.list[plan.n - 1].kind == CHANGE_NETWORK);
		for (size_t n = 0; n + 1 < plan.n; n++)
			if (plan.list[n].kind == CHANGE_NETWORK) {
				before = told_steps(plan.list[n].argv);
				last = told_steps(plan.list[n].undo);
			}
		after = told_steps(plan.list[plan.n - 1].argv);
		back = told_steps(plan.list[plan.n - 1].undo);
		/* The second port's is not known here. */
		wanted = text_format("-ip link set dev eno1 mtu 1500\n%s", rows[i].last);
		CHECK_STR(before, rows[i].before);
		CHECK_STR(after, rows[i].after);
		CHECK_STR(back, rows[i].back);
		CHECK_STR(last, wanted);
	}
}

TEST_MAIN()
