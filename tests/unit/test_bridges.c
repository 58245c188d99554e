/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridges over ports, as each family of distributions has its network; planned, made, planned again, and taken back. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/sections/bridges.h"
#include "tests/unit/check.h"
#include "tests/unit/network_host.h"

#define HEAD BRIDGE_HEAD
#define DHCP "version: 1\nbridges: [{ name: br0, ports: [eno1], addresses: dhcp }]\n"
#define STATIC                                                                                                                    \
	"version: 1\nbridges: [{ name: br0, ports: [eno1], addresses: [192.0.2.9/24, '2001:db8::9/64'], gateway: [192.0.2.1, 'fe80::1'], " \
	"dns: [192.0.2.53], search: [example.org], mtu: 9000, stp: on, mac: '02:00:00:00:00:01' }]\n"

TEST(debian_s_ifupdown_has_the_port_s_lines_at_the_bridge)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *own = NULL, *setup = NULL;

	network_host_new(&t);
	tree_put(&t, "usr/sbin/ifup", "\n");
	tree_put(&t, "etc/network/if-pre-up.d/bridge", "\n");
	tree_put(&t, "etc/network/interfaces", "# comment\nsource /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n");
	tree_put(&t, "etc/network/interfaces.d/setup",
		 "auto eno1\n# the port\niface eno1 inet static\n\taddress 192.0.2.7/24\n\tgateway 192.0.2.1\n\tmtu 9000\n\tup ip route add 10.0.0.0/8 \\\n\t\tvia 192.0.2.2\n"
		 "\niface eno1 inet6 auto\n\nauto eno2\niface eno2 inet dhcp\n");
	own = network_round_trip(&t, KEEP, "etc/network/interfaces.d/slipway-br0", "etc/network/interfaces.d/setup", &setup);
	CHECK_STR(own, HEAD "\nauto br0\niface br0 inet static\n\tbridge_ports eno1\n\tbridge_stp off\n\tbridge_fd 0\n\tbridge_hw 52:54:00:aa:00:01\n\tmtu 9000\n"
			    "\taddress 192.0.2.7/24\n\tgateway 192.0.2.1\n\tup ip route add 10.0.0.0/8 \\\n\t\tvia 192.0.2.2\n\niface br0 inet6 auto\n");
	CHECK_STR(setup, "auto eno1\n# the port\niface eno1 inet manual\n\tmtu 9000\n\nauto eno2\niface eno2 inet dhcp\n");
}

TEST(without_bridge_utils_iproute2_makes_it)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *own = NULL, *interfaces = NULL;

	network_host_new(&t);
	tree_put(&t, "usr/sbin/ifup", "\n");
	tree_put(&t, "etc/network/interfaces", "allow-hotplug eno1\niface eno1 inet dhcp");
	own = network_round_trip(&t, STATIC, "etc/network/interfaces.d/slipway-br0", "etc/network/interfaces", &interfaces);
	CHECK_STR(own, HEAD "\nauto br0\niface br0 inet static\n\tpre-up ip link set dev eno1 mtu 9000\n"
			    "\tpre-up ip link show br0 >/dev/null 2>&1 || ip link add name br0 type bridge stp_state 1\n"
			    "\tpre-up ip link set dev br0 address 02:00:00:00:00:01\n\tpre-up ip link set dev eno1 master br0\n\tpre-up ip link set dev eno1 up\n"
			    "\tpre-up ip link set dev br0 mtu 9000\n\tup ip link set dev br0 up\n\tpost-down ip link delete dev br0\n"
			    "\taddress 192.0.2.9/24\n\tgateway 192.0.2.1\n\tdns-nameservers 192.0.2.53\n\tdns-search example.org\n"
			    "\niface br0 inet6 static\n\taddress 2001:db8::9/64\n\tgateway fe80::1\n");
	CHECK_STR(interfaces, "allow-hotplug eno1\niface eno1 inet manual\nsource /etc/network/interfaces.d/slipway-br0\n");
}

TEST(a_command_that_names_the_port_is_not_moved_blindly)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *said = NULL;

	network_host_new(&t);
	tree_put(&t, "usr/sbin/ifup", "\n");
	tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n\tup ip route add 10.0.0.0/8 dev eno1\n");
	CHECK(network_plan(&t, KEEP, &p, &refusals) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "/etc/network/interfaces: 'up ip route add 10.0.0.0/8 dev eno1' names eno1; write $IFACE");
}

TEST(ubuntu_s_netplan_entry_is_edited_key_by_key)
{
	static const char cloud[] = "# from cloud-init\nnetwork:\n  ethernets:\n    # the first port\n    eno1:\n      addresses:\n      - 192.0.2.7/24 # ours\n"
				    "      - \"2001:db8::7/64\"\n      match:\n        macaddress: '52:54:00:aa:00:01'\n      # the gateway\n      routes:\n"
				    "        - to: default\n          via: 192.0.2.1\n      nameservers: {addresses: [192.0.2.53]}\n      mtu: 9000\n    eno2:\n      dhcp4: true\n"
				    "  version: 2\n";
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *own = NULL, *edited = NULL;

	network_host_new(&t);
	tree_put(&t, "usr/sbin/netplan", "\n");
	tree_put(&t, "etc/netplan/50-cloud-init.yaml", "%s", cloud);
	tree_folder(&t, "etc/cloud/cloud.cfg.d");
	own = network_round_trip(&t, KEEP, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/50-cloud-init.yaml", &edited);
	CHECK_STR(own, HEAD "network:\n  version: 2\n  bridges:\n    \"br0\":\n      interfaces: [\"eno1\"]\n      parameters: { stp: false, forward-delay: 0 }\n"
			    "      macaddress: \"52:54:00:aa:00:01\"\n      addresses: [\"192.0.2.7/24\", \"2001:db8::7/64\"]\n"
			    "      routes: [{ to: default, via: 192.0.2.1 }]\n      nameservers: { addresses: [192.0.2.53] }\n      mtu: 9000\n");
	CHECK_STR(edited, "# from cloud-init\nnetwork:\n  ethernets:\n    # the first port\n    eno1:\n      match:\n        macaddress: '52:54:00:aa:00:01'\n"
			  "      # the gateway\n      mtu: 9000\n    eno2:\n      dhcp4: true\n  version: 2\n");
}

TEST(an_entry_in_flow_style_and_one_that_gets_empty)
{
	_cleanup_tree_ struct tree t, u;
	_cleanup_free_ char *own = NULL, *edited = NULL, *wished = NULL, *emptied = NULL;

	network_host_new(&t);
	tree_put(&t, "usr/sbin/netplan", "\n");
	tree_put(&t, "etc/netplan/a.yaml", "network: {version: 2, ethernets: {eno1: {dhcp4: true, wakeonlan: true}, eno2: {}}}\n");
	own = network_round_trip(&t, KEEP, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &edited);
	CHECK_HAS(own, "      dhcp4: true\n");
	CHECK_STR(edited, "network: {version: 2, ethernets: {eno1: {wakeonlan: true}, eno2: {}}}\n");
	network_host_new(&u);
	tree_put(&u, "usr/sbin/netplan", "\n");
	tree_put(&u, "etc/netplan/a.yaml", "network:\n  version: 2\n  ethernets:\n    eno1: # Grüße\n      dhcp4: yes\n");
	wished = network_round_trip(&u, STATIC, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &emptied);
	CHECK_STR(emptied, "network:\n  version: 2\n  ethernets:\n    eno1: {} # Grüße\n");
	CHECK_STR(wished, HEAD "network:\n  version: 2\n  ethernets:\n    \"eno1\": { mtu: 9000 }\n  bridges:\n    \"br0\":\n      interfaces: [\"eno1\"]\n"
			       "      parameters: { stp: true }\n      macaddress: \"02:00:00:00:00:01\"\n      mtu: 9000\n"
			       "      addresses: [\"192.0.2.9/24\", \"2001:db8::9/64\"]\n      routes: [{ to: \"0.0.0.0/0\", via: \"192.0.2.1\" }, { to: \"::/0\", via: \"fe80::1\" }]\n"
			       "      nameservers: { addresses: [\"192.0.2.53\"], search: [\"example.org\"] }\n");
}

TEST(a_value_in_block_style_does_not_take_the_line_behind_it_along)
{
	static const char *const styles[] = { "|", ">", "|-", ">+" };

	for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
		_cleanup_free_ char *kept = NULL, *moved = NULL, *own = NULL, *other = NULL;
		_cleanup_tree_ struct tree t, u;

		network_host_new(&t);
		tree_put(&t, "usr/sbin/netplan", "\n");
		tree_put(&t, "etc/netplan/a.yaml", "network:\n  ethernets:\n    eno1:\n      accept-ra: %s\n        true\n      mtu: 1500\n", styles[i]);
		own = network_round_trip(&t, STATIC, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &kept);
		CHECK_STR(kept, "network:\n  ethernets:\n    eno1:\n      mtu: 1500\n");
		network_host_new(&u);
		tree_put(&u, "usr/sbin/netplan", "\n");
		tree_put(&u, "etc/netplan/a.yaml", "network:\n  ethernets:\n    eno1:\n      accept-ra: %s\n        true\n      dhcp4: true\n", styles[i]);
		other = network_round_trip(&u, STATIC, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &moved);
		CHECK_STR(moved, "network:\n  ethernets:\n    eno1: {}\n");
	}
}

TEST(an_entry_for_two_ports_is_refused_and_an_alias_is_told)
{
	static const struct {
		const char *entries, *said;
	} aliases[] = {
		{ "    eno2: {addresses: &a [192.0.2.7/24]}\n    eno1: {addresses: *a}\n", "/etc/netplan/a.yaml:3: an alias of YAML names this" },
		{ "    eno1: {addresses: &a [192.0.2.7/24]}\n    eno2: {addresses: *a}\n", "/etc/netplan/a.yaml:3: an alias of YAML names this" },
		{ "    eno2: &a {dhcp4: true}\n    eno1: *a\n", "/etc/netplan/a.yaml:3: an alias of YAML names this" },
		{ "    eno1:\n      addresses: &a\n      - *a\n", "/etc/netplan/a.yaml:4: an alias of YAML names this" },
		{ "    eno1: &a\n      addresses: [192.0.2.7/24]\n", "/etc/netplan/a.yaml:3: an anchor (&) or a tag (!) of YAML stands before" },
	};
	_cleanup_tree_ struct tree t, u;
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_(refusals_done) struct refusals refusals = {}, more = {};

	network_host_new(&t);
	tree_put(&t, "usr/sbin/netplan", "\n");
	tree_put(&t, "etc/netplan/a.yaml", "network: {ethernets: {all: {match: {name: 'en*'}, dhcp4: true}}}\n");
	CHECK(network_plan(&t, KEEP, &p, &refusals) == 0);
	CHECK(refusals.n == 1 && !p.n);
	CHECK_HAS(refusals.list[0].text, "eno1: /etc/netplan/a.yaml:1 (all: match: name: en*) is about eno2, too");
	network_host_new(&u);
	tree_put(&u, "usr/sbin/netplan", "\n");
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		_cleanup_free_ char *said = NULL;

		tree_put(&u, "etc/netplan/a.yaml", "network:\n  ethernets:\n%s", aliases[i].entries);
		CHECK_ROW(aliases[i].entries, network_plan(&u, KEEP, &p, &more) == -EINVAL);
		said = stderr_caught();
		CHECK_HAS(said, aliases[i].said);
	}
}

TEST(an_entry_that_cannot_be_written_anew_is_refused)
{
	static const char spaces[] = "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_free_ char *said = NULL;
	_cleanup_tree_ struct tree t;

	network_host_new(&t);
	tree_put(&t, "usr/sbin/netplan", "\n");
	/* libyaml reads keys of at most 1,024 characters, and a tab is four when it is written out. */
	tree_put(&t, "etc/netplan/a.yaml", "network: {ethernets: {eno1: {dhcp4: true, 'x%s%s%s%s%s': 1}}}\n", spaces, spaces, spaces, spaces, spaces);
	CHECK(network_plan(&t, KEEP, &p, &refusals) == -EINVAL && !p.n);
	said = stderr_caught();
	CHECK_HAS(said, "/etc/netplan/a.yaml:1: what makes the addresses of eno1 cannot be taken out of it without harm");
}

TEST(arch_s_networkd_gets_files_that_come_first)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *network = NULL, *port = NULL, *netdev = NULL, *wished = NULL;

	network_host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_put(&t, "etc/systemd/network/20-wired.network",
		 "[Match]\nName=en*\n\n[Link]\nMTUBytes=9000\nRequiredForOnline=routable\n\n[Network]\nDHCP=yes\nVLAN=eno1.5\nDNS=192.0.2.53\n\n[DHCPv4]\nRouteMetric=10\n");
	tree_put(&t, "etc/systemd/network/20-wired.network.d/more.conf", "[Network]\nDomains=example.org\n");
	network = network_round_trip(&t, KEEP, "etc/systemd/network/00-slipway-br0.network", "etc/systemd/network/00-slipway-eno1.network", &port);
	CHECK_STR(network, HEAD "[Match]\nName=br0\n\n[Link]\nMTUBytes=9000\nRequiredForOnline=routable\n\n[Network]\nDHCP=yes\nDNS=192.0.2.53\n\n[DHCPv4]\nRouteMetric=10\n"
				"\n[Network]\nDomains=example.org\n");
	CHECK_STR(port, HEAD "[Match]\nName=eno1\n\n[Link]\nMTUBytes=9000\n\n[Network]\nVLAN=eno1.5\n\n[Network]\nBridge=br0\nDHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n");
	wished = network_round_trip(&t, STATIC, "etc/systemd/network/00-slipway-br0.network", "etc/systemd/network/00-slipway-br0.netdev", &netdev);
	CHECK_STR(netdev, HEAD "[NetDev]\nName=br0\nKind=bridge\nMACAddress=02:00:00:00:00:01\n\n[Bridge]\nSTP=yes\n");
	CHECK_HAS(wished, "\n[Link]\nMTUBytes=9000\n\n[Network]\nAddress=192.0.2.9/24\nAddress=2001:db8::9/64\nGateway=192.0.2.1\nGateway=fe80::1\nDNS=192.0.2.53\nDomains=example.org\n");
	CHECK(!strstr(wished, "DHCP"));
}

TEST(a_dhcp_server_knows_the_bridge_for_the_port)
{
	_cleanup_tree_ struct tree t, u;
	_cleanup_free_ char *network = NULL, *beside = NULL;

	network_host_new(&u);
	tree_put(&u, "usr/sbin/netplan", "\n");
	tree_put(&u, "etc/netplan/a.yaml", "network: {ethernets: {eno1: {dhcp4: true}, eno2: {}}}\n");
	tree_put(&u, "run/systemd/netif/leases/2", "CLIENTID=ffffffffff0002000\n");
	beside = network_round_trip(&u, KEEP, "etc/systemd/network/10-netplan-br0.network.d/slipway.conf", NULL, NULL);
	CHECK_STR(beside, HEAD "[DHCPv4]\nIAID=4294967295\n");
	network_host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_put(&t, "etc/systemd/network/20.network", "[Match]\nName=eno1\n[Network]\nDHCP=ipv4\n");
	tree_put(&t, "run/systemd/netif/leases/2", "# This is private data. Do not parse.\nADDRESS=192.0.2.7\nCLIENTID=ff000102030002000\n");
	network = network_round_trip(&t, KEEP, "etc/systemd/network/00-slipway-br0.network", NULL, NULL);
	CHECK_STR(network, HEAD "[Match]\nName=br0\n\n[Network]\nDHCP=ipv4\n\n[DHCPv4]\nIAID=66051\n");
}

TEST(a_networkd_file_that_comes_before_ours_is_told)
{
	_cleanup_tree_ struct tree t;
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *said = NULL;

	network_host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_put(&t, "etc/systemd/network/00-a.network", "[Match]\nName=eno1\n");
	CHECK(network_plan(&t, KEEP, &p, &refusals) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "/etc/systemd/network/00-a.network comes before /etc/systemd/network/00-slipway-eno1.network");
}

TEST(a_vlan_of_the_port_leaves_the_port_its_addresses)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *drop_in = NULL, *vlan = NULL;

	network_host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_put(&t, "etc/systemd/network/20-wired.network", "[Match]\nName=eno1\n[Network]\nDHCP=yes\n");
	drop_in = network_round_trip(&t, "version: 1\nbridges: [{ name: br10, ports: [eno1], vlan: 10 }]\n", "etc/systemd/network/20-wired.network.d/slipway-br10.conf",
			     "etc/systemd/network/00-slipway-eno1.10.network", &vlan);
	CHECK_STR(drop_in, HEAD "[Network]\nVLAN=eno1.10\n");
	CHECK_HAS(vlan, "[Network]\nBridge=br10\n");
}

TEST(fedora_s_key_files_carry_the_port_s_profile)
{
	static const char profile[] = "[connection]\nid=eno1\nuuid=11111111-2222-3333-4444-555555555555\ntype=ethernet\ninterface-name=eno1\n\n[ethernet]\nmtu=9000\n\n"
				      "[ipv4]\naddress1=192.0.2.7/24,192.0.2.1\ndns=192.0.2.53;\nmethod=manual\n\n[ipv6]\naddr-gen-mode=eui64\nmethod=auto\n\n[proxy]\n";
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *bridge = NULL, *old = NULL, *again = NULL, *port = NULL;

	network_host_new(&t);
	tree_enable(&t, "NetworkManager.service");
	tree_put(&t, "etc/NetworkManager/system-connections/eno1.nmconnection", "%s", profile);
	bridge = network_round_trip(&t, KEEP, "etc/NetworkManager/system-connections/slipway-br0.nmconnection", "etc/NetworkManager/system-connections/eno1.nmconnection", &old);
	CHECK_HAS(bridge, "type=bridge\ninterface-name=br0\nautoconnect=true\n");
	CHECK_HAS(bridge, "\n[bridge]\nstp=false\nmac-address=52:54:00:aa:00:01\n\n[ethernet]\nmtu=9000\n\n[ipv4]\naddress1=192.0.2.7/24,192.0.2.1\ndns=192.0.2.53;\nmethod=manual\n"
			  "\n[ipv6]\naddr-gen-mode=eui64\nmethod=auto\n");
	CHECK_HAS(old, "[connection]\nautoconnect=false\nid=eno1\n");
	again = network_round_trip(&t, STATIC, "etc/NetworkManager/system-connections/slipway-br0.nmconnection", "etc/NetworkManager/system-connections/slipway-eno1.nmconnection", &port);
	CHECK_HAS(again, "[ipv4]\naddress1=192.0.2.9/24\ngateway=192.0.2.1\nmethod=manual\ndns=192.0.2.53;\ndns-search=example.org;\n\n[ipv6]\naddress1=2001:db8::9/64\ngateway=fe80::1\n");
	CHECK_HAS(port, "type=ethernet\ninterface-name=eno1\nautoconnect=true\nautoconnect-priority=999\nmaster=br0\nslave-type=bridge\n\n[ethernet]\nmtu=9000\n");
	CHECK(!strstr(port, "[ipv4]"));
}

TEST(a_port_without_a_profile_has_networkmanager_s_default)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *bridge = NULL;

	network_host_new(&t);
	tree_enable(&t, "NetworkManager.service");
	bridge = network_round_trip(&t, KEEP, "etc/NetworkManager/system-connections/slipway-br0.nmconnection", NULL, NULL);
	CHECK_HAS(bridge, "\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n");
}

TEST(red_hat_s_ifcfg_lines_move)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *bridge = NULL, *port = NULL, *wished = NULL;

	network_host_new(&t);
	tree_put(&t, "etc/sysconfig/network-scripts/ifcfg-eno1",
		 "TYPE=Ethernet\nBOOTPROTO=none\nIPADDR=192.0.2.7\nPREFIX=24\nGATEWAY=192.0.2.1\nDNS1=192.0.2.53\nNAME=\"eno1\"\nDEVICE=eno1\nONBOOT=yes\nMTU=9000\n");
	tree_put(&t, "etc/sysconfig/network-scripts/route-eno1", "10.0.0.0/8 via 192.0.2.2\n");
	bridge = network_round_trip(&t, KEEP, "etc/sysconfig/network-scripts/ifcfg-br0", "etc/sysconfig/network-scripts/ifcfg-eno1", &port);
	CHECK_STR(bridge, HEAD "DEVICE=br0\nTYPE=Bridge\nONBOOT=yes\nSTP=no\nDELAY=0\nMACADDR=52:54:00:aa:00:01\nBOOTPROTO=none\nIPADDR=192.0.2.7\nPREFIX=24\nGATEWAY=192.0.2.1\n"
			       "DNS1=192.0.2.53\nMTU=9000\n");
	CHECK_STR(port, "TYPE=Ethernet\nNAME=\"eno1\"\nDEVICE=eno1\nONBOOT=yes\nMTU=9000\nBOOTPROTO=none\nBRIDGE=br0\n");
	wished = network_round_trip(&t, STATIC, "etc/sysconfig/network-scripts/ifcfg-br0", NULL, NULL);
	CHECK_HAS(wished, "MTU=9000\nBOOTPROTO=none\nIPADDR=192.0.2.9\nPREFIX=24\nIPV6INIT=yes\nIPV6_AUTOCONF=no\nIPV6ADDR=2001:db8::9/64\nGATEWAY=192.0.2.1\nIPV6_DEFAULTGW=fe80::1\n"
			  "DNS1=192.0.2.53\nDOMAIN=\"example.org\"\n");
}

TEST(suse_s_wicked_has_a_dialect_of_its_own)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *bridge = NULL, *port = NULL;

	network_host_new(&t);
	tree_enable(&t, "wicked.service");
	tree_put(&t, "etc/sysconfig/network/ifcfg-eno1", "BOOTPROTO='static'\nIPADDR='192.0.2.7/24'\nSTARTMODE='auto'\nZONE=public\n");
	tree_put(&t, "etc/sysconfig/network/ifroute-eno1", "default 192.0.2.1 - -\n");
	bridge = network_round_trip(&t, KEEP, "etc/sysconfig/network/ifcfg-br0", "etc/sysconfig/network/ifcfg-eno1", &port);
	CHECK_STR(bridge, HEAD "STARTMODE=auto\nBRIDGE=yes\nBRIDGE_PORTS='eno1'\nBRIDGE_STP=off\nBRIDGE_FORWARDDELAY=0\nLLADDR=52:54:00:aa:00:01\nBOOTPROTO='static'\n"
			       "IPADDR='192.0.2.7/24'\nZONE=public\n");
	CHECK_STR(port, "STARTMODE='auto'\nBOOTPROTO=none\n");
}

TEST(several_ports_and_bridges_have_their_say_in_one_file)
{
	static const char bond[] = "version: 1\nbonds: [{ name: bond0, ports: [eno1, eno2], mode: 802.3ad }]\nbridges: [{ name: br0, ports: [bond0] }]\n";
	static const char two[] = "version: 1\nbridges: [{ name: br0, ports: [eno1] }, { name: br1, ports: [eno2] }]\n";
	_cleanup_tree_ struct tree t, u;
	_cleanup_free_ char *own = NULL, *edited = NULL, *second = NULL, *both = NULL, *file = NULL, *main_file = NULL;

	network_host_new(&t);
	tree_put(&t, "usr/sbin/netplan", "\n");
	tree_put(&t, "etc/netplan/a.yaml", "network:\n  ethernets:\n    eno1:\n      dhcp4: true\n    eno2:\n      addresses: [192.0.2.8/24]\n");
	own = network_round_trip(&t, bond, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &edited);
	CHECK_HAS(own, "      dhcp4: true\n");
	CHECK_STR(edited, "network:\n  ethernets:\n    eno1: {}\n    eno2: {}\n");
	second = network_round_trip(&t, two, "etc/netplan/zz-slipway-br1.yaml", "etc/netplan/a.yaml", &both);
	CHECK_HAS(second, "      addresses: [\"192.0.2.8/24\"]\n");
	CHECK_STR(both, "network:\n  ethernets:\n    eno1: {}\n    eno2: {}\n");
	network_host_new(&u);
	tree_put(&u, "usr/sbin/ifup", "\n");
	tree_put(&u, "etc/network/interfaces", "iface eno1 inet dhcp\niface eno2 inet static\n  address 192.0.2.8/24\n");
	file = network_round_trip(&u, two, "etc/network/interfaces.d/slipway-br1", "etc/network/interfaces", &main_file);
	CHECK_HAS(file, "  address 192.0.2.8/24\n");
	CHECK_STR(main_file, "iface eno1 inet manual\niface eno2 inet manual\nsource /etc/network/interfaces.d/slipway-br0\n"
			     "source /etc/network/interfaces.d/slipway-br1\n");
}

TEST_MAIN()
