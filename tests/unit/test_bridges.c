/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bridges over ports, as each family of distributions has its network; planned, made, planned again, and taken back. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/sections/bridges.h"
#include "installer/transaction.h"
#include "tests/unit/check.h"
#include "tests/unit/network_host.h"

#define HEAD BRIDGE_HEAD
#define DHCP "version: 1\nbridges: [{ name: br0, ports: [eno1], addresses: dhcp }]\n"
#define STATIC                                                                                                                    \
	"version: 1\nbridges: [{ name: br0, ports: [eno1], addresses: [192.0.2.9/24, '2001:db8::9/64'], gateway: [192.0.2.1, 'fe80::1'], " \
	"dns: [192.0.2.53], search: [example.org], mtu: 9000, stp: on, mac: '02:00:00:00:00:01' }]\n"

/* Plans and carries out, plans again (nothing may be left), and takes it back: every byte must be as before. Returns what a file had meanwhile. */
static char *round_trip(struct tree *t, const char *spec, const char *path, const char *other, char **ret_other)
{
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_(plan_done) struct plan first = {}, second = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_free_ char *before = tree_dump(t), *after = NULL, *text = NULL;
	const struct site site = { .root_fd = t->fd };

	if (network_plan(t, spec, &first, &refusals) < 0)
		return strdup("no plan\n");
	if (refusals.n)
		return text_format("refused: %s\n", refusals.list[0].text);
	if (journal_read(t->fd, &journal) < 0 || transaction_apply(&site, &journal, "apply", &first) != OUTCOME_DONE)
		return strdup("not applied\n");
	text = tree_get(t, path);
	if (other)
		*ret_other = tree_get(t, other);
	if (network_plan(t, spec, &second, &refusals) < 0 || second.n) {
		_cleanup_free_ char *diff = second.n ? change_diff(&second.list[0]) : NULL;

		return text_format("a second plan has %zu changes:\n%s", second.n, diff ? diff : "");
	}
	if (transaction_undo(&site, &journal, &journal.list[journal.n - 1]) != OUTCOME_DONE)
		return strdup("not undone\n");
	tree_remove(t, "var");
	after = tree_dump(t);
	return str_eq(before, after) ? TAKE(text) : strdup("not as before\n");
}

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
	own = round_trip(&t, KEEP, "etc/network/interfaces.d/slipway-br0", "etc/network/interfaces.d/setup", &setup);
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
	own = round_trip(&t, STATIC, "etc/network/interfaces.d/slipway-br0", "etc/network/interfaces", &interfaces);
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
	own = round_trip(&t, KEEP, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/50-cloud-init.yaml", &edited);
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
	own = round_trip(&t, KEEP, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &edited);
	CHECK_HAS(own, "      dhcp4: true\n");
	CHECK_STR(edited, "network: {version: 2, ethernets: {eno1: {wakeonlan: true}, eno2: {}}}\n");
	network_host_new(&u);
	tree_put(&u, "usr/sbin/netplan", "\n");
	tree_put(&u, "etc/netplan/a.yaml", "network:\n  version: 2\n  ethernets:\n    eno1: # Grüße\n      dhcp4: yes\n");
	wished = round_trip(&u, STATIC, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &emptied);
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
		own = round_trip(&t, STATIC, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &kept);
		CHECK_STR(kept, "network:\n  ethernets:\n    eno1:\n      mtu: 1500\n");
		network_host_new(&u);
		tree_put(&u, "usr/sbin/netplan", "\n");
		tree_put(&u, "etc/netplan/a.yaml", "network:\n  ethernets:\n    eno1:\n      accept-ra: %s\n        true\n      dhcp4: true\n", styles[i]);
		other = round_trip(&u, STATIC, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &moved);
		CHECK_STR(moved, "network:\n  ethernets:\n    eno1: {}\n");
	}
}

TEST(an_entry_for_two_ports_is_refused_and_an_alias_is_told)
{
	_cleanup_tree_ struct tree t, u;
	_cleanup_(plan_done) struct plan p = {};
	_cleanup_(refusals_done) struct refusals refusals = {}, more = {};
	_cleanup_free_ char *said = NULL;

	network_host_new(&t);
	tree_put(&t, "usr/sbin/netplan", "\n");
	tree_put(&t, "etc/netplan/a.yaml", "network: {ethernets: {all: {match: {name: 'en*'}, dhcp4: true}}}\n");
	CHECK(network_plan(&t, KEEP, &p, &refusals) == 0);
	CHECK(refusals.n == 1 && !p.n);
	CHECK_HAS(refusals.list[0].text, "eno1: /etc/netplan/a.yaml:1 (all: match: name: en*) is about eno2, too");
	network_host_new(&u);
	tree_put(&u, "usr/sbin/netplan", "\n");
	tree_put(&u, "etc/netplan/a.yaml", "network:\n  ethernets:\n    eno2: {addresses: &a [192.0.2.7/24]}\n    eno1: {addresses: *a}\n");
	CHECK(network_plan(&u, KEEP, &p, &more) == -EINVAL);
	said = stderr_caught();
	CHECK_HAS(said, "/etc/netplan/a.yaml:4: addresses is an alias of YAML; write it out");
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
	network = round_trip(&t, KEEP, "etc/systemd/network/00-slipway-br0.network", "etc/systemd/network/00-slipway-eno1.network", &port);
	CHECK_STR(network, HEAD "[Match]\nName=br0\n\n[Link]\nMTUBytes=9000\nRequiredForOnline=routable\n\n[Network]\nDHCP=yes\nDNS=192.0.2.53\n\n[DHCPv4]\nRouteMetric=10\n"
				"\n[Network]\nDomains=example.org\n");
	CHECK_STR(port, HEAD "[Match]\nName=eno1\n\n[Link]\nMTUBytes=9000\n\n[Network]\nVLAN=eno1.5\n\n[Network]\nBridge=br0\nDHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n");
	wished = round_trip(&t, STATIC, "etc/systemd/network/00-slipway-br0.network", "etc/systemd/network/00-slipway-br0.netdev", &netdev);
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
	beside = round_trip(&u, KEEP, "etc/systemd/network/10-netplan-br0.network.d/slipway.conf", NULL, NULL);
	CHECK_STR(beside, HEAD "[DHCPv4]\nIAID=4294967295\n");
	network_host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_put(&t, "etc/systemd/network/20.network", "[Match]\nName=eno1\n[Network]\nDHCP=ipv4\n");
	tree_put(&t, "run/systemd/netif/leases/2", "# This is private data. Do not parse.\nADDRESS=192.0.2.7\nCLIENTID=ff000102030002000\n");
	network = round_trip(&t, KEEP, "etc/systemd/network/00-slipway-br0.network", NULL, NULL);
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
	drop_in = round_trip(&t, "version: 1\nbridges: [{ name: br10, ports: [eno1], vlan: 10 }]\n", "etc/systemd/network/20-wired.network.d/slipway-br10.conf",
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
	bridge = round_trip(&t, KEEP, "etc/NetworkManager/system-connections/slipway-br0.nmconnection", "etc/NetworkManager/system-connections/eno1.nmconnection", &old);
	CHECK_HAS(bridge, "type=bridge\ninterface-name=br0\nautoconnect=true\n");
	CHECK_HAS(bridge, "\n[bridge]\nstp=false\nmac-address=52:54:00:aa:00:01\n\n[ethernet]\nmtu=9000\n\n[ipv4]\naddress1=192.0.2.7/24,192.0.2.1\ndns=192.0.2.53;\nmethod=manual\n"
			  "\n[ipv6]\naddr-gen-mode=eui64\nmethod=auto\n");
	CHECK_HAS(old, "[connection]\nautoconnect=false\nid=eno1\n");
	again = round_trip(&t, STATIC, "etc/NetworkManager/system-connections/slipway-br0.nmconnection", "etc/NetworkManager/system-connections/slipway-eno1.nmconnection", &port);
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
	bridge = round_trip(&t, KEEP, "etc/NetworkManager/system-connections/slipway-br0.nmconnection", NULL, NULL);
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
	bridge = round_trip(&t, KEEP, "etc/sysconfig/network-scripts/ifcfg-br0", "etc/sysconfig/network-scripts/ifcfg-eno1", &port);
	CHECK_STR(bridge, HEAD "DEVICE=br0\nTYPE=Bridge\nONBOOT=yes\nSTP=no\nDELAY=0\nMACADDR=52:54:00:aa:00:01\nBOOTPROTO=none\nIPADDR=192.0.2.7\nPREFIX=24\nGATEWAY=192.0.2.1\n"
			       "DNS1=192.0.2.53\nMTU=9000\n");
	CHECK_STR(port, "TYPE=Ethernet\nNAME=\"eno1\"\nDEVICE=eno1\nONBOOT=yes\nMTU=9000\nBOOTPROTO=none\nBRIDGE=br0\n");
	wished = round_trip(&t, STATIC, "etc/sysconfig/network-scripts/ifcfg-br0", NULL, NULL);
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
	bridge = round_trip(&t, KEEP, "etc/sysconfig/network/ifcfg-br0", "etc/sysconfig/network/ifcfg-eno1", &port);
	CHECK_STR(bridge, HEAD "STARTMODE=auto\nBRIDGE=yes\nBRIDGE_PORTS='eno1'\nBRIDGE_STP=off\nBRIDGE_FORWARDDELAY=0\nLLADDR=52:54:00:aa:00:01\nBOOTPROTO='static'\n"
			       "IPADDR='192.0.2.7/24'\nZONE=public\n");
	CHECK_STR(port, "STARTMODE='auto'\nBOOTPROTO=none\n");
}

TEST(a_bond_is_made_below_the_bridge)
{
	static const char spec[] = "version: 1\nbonds: [{ name: bond0, ports: [eno1, eno2], mode: active-backup, primary: eno1 }]\n"
				   "bridges: [{ name: br0, ports: [bond0], addresses: dhcp }]\n";
	_cleanup_tree_ struct tree t, u, v, w;
	_cleanup_free_ char *bond = NULL, *port = NULL, *own = NULL, *key = NULL, *member = NULL, *ifcfg = NULL, *slave = NULL;

	network_host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_put(&t, "etc/systemd/network/20.network", "[Match]\nName=en*\n[Network]\nDHCP=yes\n");
	bond = round_trip(&t, spec, "etc/systemd/network/00-slipway-bond0.netdev", "etc/systemd/network/00-slipway-eno1.network", &port);
	CHECK_HAS(bond, "Kind=bond\n\n[Bond]\nMode=active-backup\nMIIMonitorSec=100ms\n");
	CHECK_HAS(port, "[Network]\nBond=bond0\nDHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nPrimarySlave=yes\n");
	network_host_new(&u);
	tree_put(&u, "usr/sbin/netplan", "\n");
	tree_put(&u, "etc/netplan/a.yaml", "network: {ethernets: {eno1: {dhcp4: true}, eno2: {}}}\n");
	own = round_trip(&u, spec, "etc/netplan/zz-slipway-br0.yaml", NULL, NULL);
	CHECK_HAS(own, "  bonds:\n    \"bond0\":\n      interfaces: [\"eno1\", \"eno2\"]\n      parameters: { mode: \"active-backup\", mii-monitor-interval: 100, primary: \"eno1\" }\n"
		       "  bridges:\n    \"br0\":\n      interfaces: [\"bond0\"]\n");
	network_host_new(&v);
	tree_enable(&v, "NetworkManager.service");
	key = round_trip(&v, spec, "etc/NetworkManager/system-connections/slipway-bond0.nmconnection", "etc/NetworkManager/system-connections/slipway-eno2.nmconnection", &member);
	CHECK_HAS(key, "master=br0\nslave-type=bridge\n\n[bond]\nmiimon=100\nmode=active-backup\nprimary=eno1\n");
	CHECK_HAS(member, "master=bond0\nslave-type=bond\n");
	network_host_new(&w);
	tree_put(&w, "etc/sysconfig/network-scripts/ifcfg-eno1", "DEVICE=eno1\nBOOTPROTO=dhcp\n");
	tree_put(&w, "etc/sysconfig/network-scripts/ifcfg-eno2", "DEVICE=eno2\nBOOTPROTO=dhcp\n");
	ifcfg = round_trip(&w, spec, "etc/sysconfig/network-scripts/ifcfg-bond0", "etc/sysconfig/network-scripts/ifcfg-eno2", &slave);
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
	stanzas = round_trip(&t, spec, "etc/network/interfaces.d/slipway-br0", "etc/network/interfaces", &ports);
	CHECK_STR(stanzas, HEAD "\nauto bond0\niface bond0 inet manual\n\tpre-up ip link show bond0 >/dev/null 2>&1 || ip link add name bond0 type bond mode active-backup miimon 100\n"
				"\tpre-up ip link set dev eno1 down\n\tpre-up ip link set dev eno1 master bond0\n"
				"\tpre-up ip link set dev eno2 down\n\tpre-up ip link set dev eno2 master bond0\n\tpre-up ip link set dev bond0 type bond primary eno1\n"
				"\tup ip link set dev bond0 up\n\tpost-down ip link delete dev bond0\n"
				"\nauto br0\niface br0 inet dhcp\n\tbridge_ports bond0\n\tbridge_stp off\n\tbridge_fd 0\n\tbridge_hw 52:54:00:aa:00:01\n\niface br0 inet6 auto\n");
	CHECK_STR(ports, "source interfaces.d/*\nauto eno1\niface eno1 inet manual\nallow-hotplug eno2\niface eno2 inet manual\n");
	tree_enable(&u, "wicked.service");
	tree_put(&u, "etc/sysconfig/network/ifcfg-eno1", "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n");
	tree_put(&u, "etc/sysconfig/network/ifcfg-eno2", "BOOTPROTO='none'\nSTARTMODE='hotplug'\n");
	wicked = round_trip(&u, spec, "etc/sysconfig/network/ifcfg-bond0", "etc/sysconfig/network/ifcfg-br0", &bridge);
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
	device = round_trip(&t, spec, "etc/systemd/network/00-slipway-br0.netdev", NULL, NULL);
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
		vlan = round_trip(&t, spec, rows[i].vlan, rows[i].bridge, &bridge);
		CHECK_HAS(vlan, rows[i].vlan_has);
		CHECK_HAS(bridge, rows[i].bridge_has);
		again = round_trip(&t, spec, rows[i].bridge, rows[i].port, &port);
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

TEST(several_ports_and_bridges_have_their_say_in_one_file)
{
	static const char bond[] = "version: 1\nbonds: [{ name: bond0, ports: [eno1, eno2], mode: 802.3ad }]\nbridges: [{ name: br0, ports: [bond0] }]\n";
	static const char two[] = "version: 1\nbridges: [{ name: br0, ports: [eno1] }, { name: br1, ports: [eno2] }]\n";
	_cleanup_tree_ struct tree t, u;
	_cleanup_free_ char *own = NULL, *edited = NULL, *second = NULL, *both = NULL, *file = NULL, *main_file = NULL;

	network_host_new(&t);
	tree_put(&t, "usr/sbin/netplan", "\n");
	tree_put(&t, "etc/netplan/a.yaml", "network:\n  ethernets:\n    eno1:\n      dhcp4: true\n    eno2:\n      addresses: [192.0.2.8/24]\n");
	own = round_trip(&t, bond, "etc/netplan/zz-slipway-br0.yaml", "etc/netplan/a.yaml", &edited);
	CHECK_HAS(own, "      dhcp4: true\n");
	CHECK_STR(edited, "network:\n  ethernets:\n    eno1: {}\n    eno2: {}\n");
	second = round_trip(&t, two, "etc/netplan/zz-slipway-br1.yaml", "etc/netplan/a.yaml", &both);
	CHECK_HAS(second, "      addresses: [\"192.0.2.8/24\"]\n");
	CHECK_STR(both, "network:\n  ethernets:\n    eno1: {}\n    eno2: {}\n");
	network_host_new(&u);
	tree_put(&u, "usr/sbin/ifup", "\n");
	tree_put(&u, "etc/network/interfaces", "iface eno1 inet dhcp\niface eno2 inet static\n  address 192.0.2.8/24\n");
	file = round_trip(&u, two, "etc/network/interfaces.d/slipway-br1", "etc/network/interfaces", &main_file);
	CHECK_HAS(file, "  address 192.0.2.8/24\n");
	CHECK_STR(main_file, "iface eno1 inet manual\niface eno2 inet manual\nsource /etc/network/interfaces.d/slipway-br0\n"
			     "source /etc/network/interfaces.d/slipway-br1\n");
}

TEST_MAIN()
