/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who manages a port: the systems of five families of distributions, and two of them at once. */

#include "common/text.h"
#include "common/cleanup.h"
#include "detect/port_source.h"
#include "tests/unit/check.h"
#include "tests/unit/tree.h"

static void host_new(struct tree *t)
{
	tree_new(t);
	tree_put(t, "sys/class/net/eno1/address", "52:54:00:AA:00:01\n");
	tree_link(t, "sys/class/net/eno1/device/driver", "../../../../bus/pci/drivers/igb");
	tree_put(t, "sys/class/net/br9/address", "52:54:00:aa:00:09\n");
}

/* "netplan etc/netplan/50.yaml:4 eno1 (eno1)" a line. */
static char *tell(struct tree *t, const char *port)
{
	_cleanup_(port_sources_done) struct port_sources s = {};
	struct text text = {};

	text_append(&text, "");
	if (port_sources_find(t->fd, port, str_starts(port, "en"), &s) < 0)
		text_append(&text, "failed\n");
	for (size_t i = 0; i < s.n; i++)
		text_printf(&text, "%s %s:%u %s (%s)\n", port_manager_name(s.list[i].manager), s.list[i].file ? s.list[i].file : "-", s.list[i].line,
			    s.list[i].id ? s.list[i].id : "-", s.list[i].evidence);
	return text_take(&text);
}

TEST(debian_server_has_ifupdown_and_what_it_sources)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL, *other = NULL;

	host_new(&t);
	tree_put(&t, "usr/sbin/ifup", "\n");
	tree_put(&t, "etc/network/interfaces", "source /etc/network/interfaces.d/*\nauto lo\niface lo inet loopback\n#iface eno1 inet manual\n");
	tree_put(&t, "etc/network/interfaces.d/setup", "auto eno1\niface eno1 inet dhcp\niface eno1 inet6 auto\n");
	tree_put(&t, "etc/network/interfaces.d/slipway-br0", "iface eno1 inet manual\n");
	said = tell(&t, "eno1");
	CHECK_STR(said, "ifupdown etc/network/interfaces.d/setup:2 - (iface eno1 inet dhcp)\n"
			"ifupdown etc/network/interfaces.d/setup:3 - (iface eno1 inet6 auto)\n");
	tree_put(&t, "etc/network/interfaces", "source-directory interfaces.d\n");
	tree_put(&t, "etc/network/interfaces.d/not.plain", "iface br9 inet dhcp\n");
	other = tell(&t, "br9");
	CHECK_STR(other, "");
}

TEST(files_of_a_system_that_is_not_there_claim_nothing)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	host_new(&t);
	tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n");
	tree_put(&t, "etc/netplan/50.yaml", "network: {ethernets: {eno1: {dhcp4: true}}}\n");
	tree_put(&t, "etc/systemd/network/a.network", "[Match]\nName=eno1\n");
	tree_put(&t, "etc/NetworkManager/system-connections/a.nmconnection", "[connection]\nuuid=u\ntype=ethernet\ninterface-name=eno1\n");
	said = tell(&t, "eno1");
	CHECK_STR(said, "");
}

TEST(ubuntu_has_netplan_and_what_it_generates_is_not_counted)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL, *bridge = NULL;

	host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_enable(&t, "NetworkManager.service");
	tree_put(&t, "usr/sbin/netplan", "\n");
	tree_put(&t, "run/systemd/network/10-netplan-eno1.network", "[Match]\nName=eno1\n");
	tree_put(&t, "etc/netplan/50-cloud-init.yaml",
		 "network:\n  version: 2\n  ethernets:\n    a:\n      match: {macaddress: '52:54:00:aa:00:01'}\n      dhcp4: true\n"
		 "    b: {match: {name: 'enp*'}}\n    c: {match: {macaddress: '52:54:00:aa:00:01'}, set-name: eth0}\n  bridges: {br9: {}}\n");
	tree_put(&t, "etc/netplan/zz-slipway.yaml", "network: {ethernets: {eno1: {}}}\n");
	said = tell(&t, "eno1");
	CHECK_STR(said, "netplan etc/netplan/50-cloud-init.yaml:4 a (a: match: macaddress: 52:54:00:aa:00:01)\n");
	bridge = tell(&t, "br9");
	CHECK_STR(bridge, "netplan etc/netplan/50-cloud-init.yaml:9 br9 (br9)\n");
}

TEST(what_cannot_be_understood_is_said_and_not_guessed)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL, *error = NULL;

	host_new(&t);
	tree_put(&t, "usr/sbin/netplan", "\n");
	tree_put(&t, "etc/netplan/50.yaml", "network: {ethernets: [\n");
	said = tell(&t, "eno1");
	CHECK_STR(said, "failed\n");
	error = stderr_caught();
	CHECK_HAS(error, "/etc/netplan/50.yaml is no YAML that is understood, so it is not known what it says of eno1");
}

TEST(the_first_file_that_matches_is_networkds)
{
	static const struct {
		const char *match;
		bool matches;
	} rows[] = {
		{ "Name=eno1", true }, { "Name=en*", true }, { "Name=eth0 eno1", true }, { "Name=!en*", false }, { "Name=enp*", false },
		{ "MACAddress=52:54:00:AA:00:01", true }, { "PermanentMACAddress=52:54:00:aa:00:02", false }, { "Driver=igb", true },
		{ "Type=ether\nKind=!*", true }, { "Type=wlan", false }, { "Kind=bridge", false }, { "Name=eno1\nDriver=e1000e", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_tree_ struct tree t;
		_cleanup_(port_sources_done) struct port_sources s = {};

		host_new(&t);
		tree_enable(&t, "systemd-networkd.service");
		tree_put(&t, "etc/systemd/network/20.network", "# a comment \\\n[Match]\n%s\n[Network]\nDHCP=yes\n", rows[i].match);
		CHECK_ROW(rows[i].match, port_sources_find(t.fd, "eno1", true, &s) == 0);
		CHECK_ROW(rows[i].match, (s.n == 1) == rows[i].matches);
	}
}

TEST(networkd_goes_by_names_and_a_folder_hides_another)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL, *bridge = NULL;

	host_new(&t);
	tree_enable(&t, "systemd-networkd.service");
	tree_put(&t, "etc/systemd/network/30-b.network", "[Match]\nName=eno1\n");
	tree_put(&t, "usr/lib/systemd/network/30-b.network", "[Match]\nName=*\n");
	tree_put(&t, "usr/lib/systemd/network/10-a.network", "[Match]\nName=en*\n");
	tree_put(&t, "etc/systemd/network/br.netdev", "[NetDev]\nName=br9\nKind=bridge\n");
	tree_put(&t, "etc/systemd/network/00-slipway-eno1.network", "[Match]\nName=eno1\n");
	said = tell(&t, "eno1");
	CHECK_STR(said, "systemd-networkd usr/lib/systemd/network/10-a.network:0 - ([Match] Name=en*)\n"
			"systemd-networkd etc/systemd/network/30-b.network:0 - ([Match] Name=eno1)\n");
	bridge = tell(&t, "br9");
	CHECK_STR(bridge, "systemd-networkd etc/systemd/network/br.netdev:0 - ([NetDev] Name=br9)\n");
}

TEST(fedora_has_key_files_or_none_at_all)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *none = NULL, *one = NULL, *bridge = NULL;

	host_new(&t);
	tree_enable(&t, "NetworkManager.service");
	none = tell(&t, "eno1");
	CHECK_STR(none, "NetworkManager -:0 - (NetworkManager.service is enabled, and no file names the port)\n");
	tree_put(&t, "etc/NetworkManager/system-connections/eno1.nmconnection", "[connection]\nid=eno1\nuuid=1-2\ntype=ethernet\ninterface-name=eno1\n");
	tree_put(&t, "etc/NetworkManager/system-connections/eno2.nmconnection", "[connection]\nuuid=3\ntype=ethernet\ninterface-name=eno2\n");
	tree_put(&t, "etc/NetworkManager/system-connections/mac.nmconnection", "[connection]\nuuid=4\ntype=ethernet\n[ethernet]\nmac-address=52:54:00:AA:00:01\n");
	one = tell(&t, "eno1");
	CHECK_STR(one, "NetworkManager etc/NetworkManager/system-connections/eno1.nmconnection:0 1-2 (interface-name=eno1)\n"
		       "NetworkManager etc/NetworkManager/system-connections/mac.nmconnection:0 4 (mac-address=52:54:00:aa:00:01)\n");
	bridge = tell(&t, "br0");
	CHECK_STR(bridge, "");
}

TEST(a_port_that_networkmanager_is_told_to_leave_is_not_its_own)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	host_new(&t);
	tree_enable(&t, "NetworkManager.service");
	tree_put(&t, "etc/NetworkManager/conf.d/10.conf", "[keyfile]\nunmanaged-devices=mac:11:22:33:44:55:66;interface-name:eno1\n");
	said = tell(&t, "eno1");
	CHECK_STR(said, "");
}

TEST(a_masked_unit_is_not_enabled)
{
	_cleanup_tree_ struct tree t;

	host_new(&t);
	CHECK(!unit_is_enabled(t.fd, "NetworkManager.service"));
	tree_enable(&t, "NetworkManager.service");
	CHECK(unit_is_enabled(t.fd, "NetworkManager.service"));
	tree_link(&t, "etc/systemd/system/NetworkManager.service", "/dev/null");
	CHECK(!unit_is_enabled(t.fd, "NetworkManager.service"));
}

TEST(red_hat_and_suse_have_ifcfg_files)
{
	_cleanup_tree_ struct tree t, suse;
	_cleanup_free_ char *said = NULL, *other = NULL;

	host_new(&t);
	tree_put(&t, "etc/sysconfig/network-scripts/ifcfg-System_eno1", "NAME=x\nDEVICE=\"eno1\"\n");
	tree_put(&t, "etc/sysconfig/network-scripts/ifcfg-eno1", "DEVICE=eno2 # not that\n");
	tree_put(&t, "etc/sysconfig/network-scripts/ifcfg-eno1.bak", "DEVICE=eno1\n");
	said = tell(&t, "eno1");
	CHECK_STR(said, "network-scripts etc/sysconfig/network-scripts/ifcfg-System_eno1:0 - (DEVICE=eno1)\n");
	host_new(&suse);
	tree_enable(&suse, "wicked.service");
	tree_put(&suse, "etc/sysconfig/network/ifcfg-eno1", "BOOTPROTO='dhcp'\n");
	other = tell(&suse, "eno1");
	CHECK_STR(other, "wicked etc/sysconfig/network/ifcfg-eno1:0 - (wicked.service is enabled)\n");
}

TEST(two_systems_that_claim_a_port_are_both_told)
{
	_cleanup_tree_ struct tree t;
	_cleanup_free_ char *said = NULL;

	host_new(&t);
	tree_enable(&t, "NetworkManager.service");
	tree_put(&t, "usr/sbin/ifup", "\n");
	tree_put(&t, "etc/network/interfaces", "iface eno1 inet dhcp\n");
	tree_put(&t, "etc/NetworkManager/system-connections/any.nmconnection", "[connection]\nuuid=5\ntype=ethernet\n");
	tree_put(&t, "etc/NetworkManager/system-connections/eno1.nmconnection", "[connection]\nuuid=1-2\ntype=ethernet\ninterface-name=eno1\n");
	said = tell(&t, "eno1");
	CHECK_STR(said, "ifupdown etc/network/interfaces:1 - (iface eno1 inet dhcp)\n"
			"NetworkManager etc/NetworkManager/system-connections/eno1.nmconnection:0 1-2 (interface-name=eno1)\n");
}

TEST_MAIN()
