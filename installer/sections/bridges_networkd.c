/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bridge for systemd-networkd: own .netdev and .network files. The port's own file stays as it is: of all files that match,
 * the first in the order of names counts (systemd.network(5)), and ours comes before it.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/ini.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/bridges.h"

#define FOLDER "etc/systemd/network"

/* Sections and keys that make addresses, and go with them to the bridge; the rest is about the link. */
static bool section_moves(const struct ini *it)
{
	static const char *const moving[] = { "Address", "Route", "Neighbor", "IPv6AddressLabel", "RoutingPolicyRule", "NextHop", "DHCPv4", "DHCPv6", "DHCP",
					      "DHCPPrefixDelegation", "DHCPv6PrefixDelegation", "IPv6AcceptRA", "DHCPServer", "DHCPServerStaticLease",
					      "IPv6SendRA", "IPv6Prefix", "IPv6RoutePrefix" };

	for (size_t i = 0; i < ARRAY_SIZE(moving); i++)
		if (ini_is_in(it, moving[i]))
			return true;
	return false;
}

static bool key_stays(const struct ini *it)
{
	static const char *const staying[] = { "VLAN", "MACVLAN", "MACVTAP", "IPVLAN", "IPVTAP", "VXLAN", "Xfrm", "Tunnel", "LLDP", "EmitLLDP", "Description",
					       "BindCarrier", "IgnoreCarrierLoss", "ConfigureWithoutCarrier" };

	for (size_t i = 0; i < ARRAY_SIZE(staying); i++)
		if (ini_is_key(it, staying[i]))
			return true;
	return false;
}

/* Where lines go, with a header whenever the section is another one than that of the line before. */
struct target {
	struct text text;
	const char *section;
};

static void put_line(struct target *t, const struct ini *it)
{
	if (it->section != t->section)
		text_printf(&t->text, "\n[%.*s]\n", (int)it->section_length, it->section);
	t->section = it->section;
	text_append_bytes(&t->text, it->line, it->length);
	if (it->length && it->line[it->length - 1] != '\n')
		text_append(&t->text, "\n");
}

/* Shares the lines of the port's file out. `keeps`: the bridge gets what makes the addresses. -EINVAL after it was said. */
static int share_out(const char *path, const char *text, bool keeps, struct target *port, struct target *bridge)
{
	for (struct ini it = { .next = text }; ini_next(&it);) {
		if (!it.section || !it.key || ini_is_in(&it, "Match"))
			continue;
		if (ini_is_in(&it, "Network") && (ini_is_key(&it, "Bridge") || ini_is_key(&it, "Bond") || ini_is_key(&it, "VRF")))
			return log_invalid("/%s:%u: the port belongs to another interface already (%.*s); take that out first", path, it.number,
					   (int)it.key_length, it.key);
		if (ini_is_in(&it, "Link") && ini_is_key(&it, "RequiredForOnline")) {
			put_line(bridge, &it);
		} else if (ini_is_in(&it, "Link") && ini_is_key(&it, "MTUBytes")) {
			put_line(port, &it);
			put_line(bridge, &it);
		} else if (section_moves(&it) || (ini_is_in(&it, "Network") && !key_stays(&it))) {
			if (keeps)
				put_line(bridge, &it);
		} else {
			put_line(port, &it);
		}
	}
	return 0;
}

/* The file that counts, and what stands beside it in FILE.d. */
static int share_out_all(const struct bridge_job *job, size_t i, bool keeps, struct target *port, struct target *bridge)
{
	static const char *const folders[] = { "usr/lib/systemd/network", "run/systemd/network", "etc/systemd/network" };
	const char *file = job->sources[i].n ? job->sources[i].list[0].file : NULL;
	_cleanup_free_ char *text = NULL;
	int r;

	if (!file)
		return 0;
	r = fs_read(job->root_fd, &text, NULL, "%s", file);
	if (r < 0)
		return log_errno(r, "cannot read /%s", file);
	r = share_out(file, text, keeps, port, bridge);
	for (size_t f = 0; f < ARRAY_SIZE(folders) && r >= 0; f++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(job->root_fd, &names, "%s/%s.d", folders[f], str_base(file)) < 0)
			continue;
		for (char **name = names; name && *name && r >= 0; name++) {
			_cleanup_free_ char *more = NULL, *path = text_format("%s/%s.d/%s", folders[f], str_base(file), *name);

			if (!path)
				return log_oom();
			if (!str_ends(*name, ".conf") || port_source_is_own(*name) || fs_read(job->root_fd, &more, NULL, "%s", path) < 0)
				continue;
			port->section = bridge->section = NULL;
			r = share_out(path, more, keeps, port, bridge);
		}
	}
	return r;
}

static int want(const struct bridge_job *job, struct plan *plan, const char *name, const char *suffix, struct text *content, const char *summary)
{
	_cleanup_free_ char *path = text_format(FOLDER "/00-slipway-%s.%s", name, suffix), *text = text_take(content);

	if (!path || !text)
		return log_oom();
	return bridge_want_file(job, plan, path, text, 0644, summary);
}

static int want_bridge_device(const struct bridge_job *job, struct plan *plan)
{
	const struct bridge_wish *b = job->bridge;
	struct text t = {};

	text_printf(&t, BRIDGE_HEAD "[NetDev]\nName=%s\nKind=bridge\n", b->name);
	if (job->mac)
		text_printf(&t, "MACAddress=%s\n", job->mac);
	text_printf(&t, "\n[Bridge]\nSTP=%s\n", b->stp ? "yes" : "no");
	return want(job, plan, b->name, "netdev", &t, "the bridge");
}

static int want_bond_device(const struct bridge_job *job, struct plan *plan)
{
	const struct bond_wish *bond = job->bond;
	struct text t = {};

	/* Without a look at the carrier a dead port stays in use (kernel, networking/bonding.rst: miimon). */
	text_printf(&t, BRIDGE_HEAD "[NetDev]\nName=%s\nKind=bond\n\n[Bond]\nMode=%s\nMIIMonitorSec=100ms\n", bond->name, bond->mode);
	if (bond->hash)
		text_printf(&t, "TransmitHashPolicy=%s\n", bond->hash);
	return want(job, plan, bond->name, "netdev", &t, "the bond");
}

int bridge_dhcp_identity(const struct bridge_job *job, const char *own_file, char **ret)
{
	_cleanup_free_ char *own = NULL, *iaid = NULL, *index = NULL, *lease = NULL;
	const char *id;
	unsigned value;

	*ret = NULL;
	if (fs_read(job->root_fd, &own, NULL, "%s", own_file) >= 0) {
		if (ini_find(own, "DHCPv4", "IAID", &iaid) < 0)
			return -ENOMEM;
		if (iaid)
			*ret = text_format("[DHCPv4]\nIAID=%s\n", iaid);
		return !iaid || *ret ? 0 : -ENOMEM;
	}
	if (fs_read_line(job->root_fd, &index, "sys/class/net/%s/ifindex", job->ports[0]) < 0 ||
	    fs_read(job->root_fd, &lease, NULL, "run/systemd/netif/leases/%s", index) < 0)
		return 0;
	id = strstr(lease, "CLIENTID=ff");
	if (!id || sscanf(id + strlen("CLIENTID=ff"), "%8x", &value) != 1)
		return 0;
	*ret = text_format("[DHCPv4]\nIAID=%u\n", value);
	return *ret ? 0 : -ENOMEM;
}

/* Where the administrator has said nothing about it. */
static int add_identity(const struct bridge_job *job, struct text *t)
{
	_cleanup_free_ char *own = text_format(FOLDER "/00-slipway-%s.network", job->bridge->name), *identity = NULL;
	int r;

	if (!own || !t->data || strstr(t->data, "IAID=") || strstr(t->data, "ClientIdentifier=") || !strstr(t->data, "DHCP="))
		return own ? 0 : -ENOMEM;
	r = bridge_dhcp_identity(job, own, &identity);
	if (r >= 0 && identity)
		text_printf(t, "\n%s", identity);
	return r;
}

static void format_addresses(const struct bridge_wish *b, struct target *t)
{
	text_append(&t->text, "\n[Network]\n");
	t->section = NULL;
	if (b->kind == ADDRESSES_DHCP)
		text_append(&t->text, "DHCP=yes\nIPv6AcceptRA=yes\n");
	if (b->kind == ADDRESSES_NONE)
		text_append(&t->text, "DHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n");
	for (char **a = b->addresses; a && *a; a++)
		text_printf(&t->text, "Address=%s\n", *a);
	for (char **g = b->gateways; g && *g; g++)
		text_printf(&t->text, "Gateway=%s\n", *g);
	for (char **d = b->dns; d && *d; d++)
		text_printf(&t->text, "DNS=%s\n", *d);
	if (b->search) {
		_cleanup_free_ char *domains = strv_join(b->search, " ");

		text_printf(&t->text, "Domains=%s\n", domains ? domains : "");
	}
}

/* What an interface is that others are made of: no addresses. */
static void format_member(struct target *t, const char *key, const char *upper)
{
	text_printf(&t->text, "\n[Network]\n%s=%s\nDHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n", key, upper);
	t->section = NULL;
}

static void begin(struct target *t, const char *name)
{
	text_printf(&t->text, BRIDGE_HEAD "[Match]\nName=%s\n", name);
}

static int want_port(const struct bridge_job *job, size_t i, struct target *bridge, struct plan *plan)
{
	const struct bridge_wish *b = job->bridge;
	const char *upper = job->bond ? job->bond->name : b->name;
	struct target port = {}, nothing = {};
	bool is_first = i == 0 && !job->vlan;
	int r;

	begin(&port, job->ports[i]);
	r = share_out_all(job, i, is_first && b->kind == ADDRESSES_KEEP, &port, is_first ? bridge : &nothing);
	text_done(&nothing.text);
	if (b->mtu)
		text_printf(&port.text, "\n[Link]\nMTUBytes=%u\n", b->mtu);
	/* A bond's primary is said at the port. */
	format_member(&port, job->bond ? "Bond" : "Bridge", upper);
	if (job->bond && str_eq(job->bond->primary, job->ports[i]))
		text_append(&port.text, "PrimarySlave=yes\n");
	if (r >= 0)
		return want(job, plan, job->ports[i], "network", &port.text, "the port goes into the bridge, without addresses of its own");
	text_done(&port.text);
	return r;
}

static int want_bond(const struct bridge_job *job, struct plan *plan)
{
	struct target t = {};
	int r = want_bond_device(job, plan);

	if (r < 0)
		return r;
	begin(&t, job->bond->name);
	if (job->bridge->mtu)
		text_printf(&t.text, "\n[Link]\nMTUBytes=%u\n", job->bridge->mtu);
	format_member(&t, job->vlan ? "VLAN" : "Bridge", job->vlan ? job->vlan : job->bridge->name);
	return want(job, plan, job->bond->name, "network", &t.text, "the bond goes into the bridge");
}

/* The port keeps its addresses, and its own file: a drop-in beside that adds the VLAN. */
static int want_vlan_at_port(const struct bridge_job *job, struct plan *plan)
{
	const char *file = job->sources[0].list[0].file;
	_cleanup_free_ char *path = text_format(FOLDER "/%s.d/slipway-%s.conf", str_base(file), job->bridge->name);
	_cleanup_free_ char *text = text_format(BRIDGE_HEAD "[Network]\nVLAN=%s\n", job->vlan);

	return path && text ? bridge_want_file(job, plan, path, text, 0644, "the port carries the VLAN of the bridge") : log_oom();
}

static int want_vlan(const struct bridge_job *job, struct plan *plan)
{
	struct text t = {};
	struct target n = {};
	int r;

	text_printf(&t, BRIDGE_HEAD "[NetDev]\nName=%s\nKind=vlan\n\n[VLAN]\nId=%u\n", job->vlan, job->bridge->vlan);
	r = want(job, plan, job->vlan, "netdev", &t, "the VLAN below the bridge");
	if (r < 0)
		return r;
	begin(&n, job->vlan);
	if (job->bridge->mtu)
		text_printf(&n.text, "\n[Link]\nMTUBytes=%u\n", job->bridge->mtu);
	format_member(&n, "Bridge", job->bridge->name);
	r = want(job, plan, job->vlan, "network", &n.text, "the VLAN goes into the bridge");
	return r < 0 || job->bond ? r : want_vlan_at_port(job, plan);
}

/* A file whose name sorts before ours would still be the port's. */
static int check_order(const struct bridge_job *job)
{
	for (size_t i = 0; job->ports[i]; i++) {
		const struct port_source *s = job->sources[i].n ? job->sources[i].list : NULL;
		_cleanup_free_ char *ours = text_format("00-slipway-%s.network", job->ports[i]);

		if (!ours)
			return log_oom();
		if (s && strcmp(str_base(s->file), ours) < 0)
			return log_invalid("/%s comes before /" FOLDER "/%s and would still be the port's; give it a later name, such as 10-%s", s->file, ours,
					   str_base(s->file));
	}
	return 0;
}

static int plan_files(const struct bridge_job *job, struct plan *plan)
{
	const struct bridge_wish *b = job->bridge;
	struct target bridge = {};
	int r;

	r = check_order(job);
	if (r >= 0)
		r = want_bridge_device(job, plan);
	begin(&bridge, b->name);
	for (size_t i = 0; job->ports[i] && r >= 0 && (!job->vlan || job->bond); i++)
		r = want_port(job, i, &bridge, plan);
	if (b->mtu)
		text_printf(&bridge.text, "\n[Link]\nMTUBytes=%u\n", b->mtu);
	if (b->kind != ADDRESSES_KEEP)
		format_addresses(b, &bridge);
	if (r >= 0 && job->bond)
		r = want_bond(job, plan);
	if (r >= 0 && job->vlan)
		r = want_vlan(job, plan);
	if (r >= 0 && !job->vlan)
		r = add_identity(job, &bridge.text) < 0 ? log_oom() : 0;
	if (r >= 0)
		return want(job, plan, b->name, "network", &bridge.text, "the bridge has the addresses");
	text_done(&bridge.text);
	return r;
}

/* networkd makes what is new at a reload, and looks at ports anew whose files have changed; it removes nothing. */
static int steps(const struct bridge_job *job, struct bridge_steps *s)
{
	int r = bridge_step(&s->enter, "networkctl", "reload", NULL);

	if (r >= 0)
		r = bridge_step(&s->leave_back, "networkctl", "reload", NULL);
	for (char **port = job->ports; *port && r >= 0; port++) {
		r = bridge_step(&s->enter, "networkctl", "reconfigure", *port, NULL);
		if (r >= 0)
			r = bridge_step(&s->leave_back, "networkctl", "reconfigure", *port, NULL);
	}
	if (r >= 0)
		r = bridge_step_delete_links(job, &s->enter_back);
	return r;
}

const struct bridge_backend bridge_networkd = { MANAGER_NETWORKD, plan_files, steps };
