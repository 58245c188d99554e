/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against a bridge over these ports, and who manages them. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/bridges_safety.h"

#define ARPHRD_ETHERNET "1"
#define LAYERS_MAX 8 /* of dm and md; the usual three are multipath, LUKS and LVM */

static int refuse(struct refusals *refusals, const char *port, char *text)
{
	_cleanup_free_ char *owned = text;

	return owned && refusals_add(refusals, port, "network", "", "%s", owned) >= 0 ? 0 : log_oom();
}

/* An interface whose class folder holds such an entry, or says this of itself. */
static bool has_type(const struct host *host, const char *name, const char *type)
{
	_cleanup_free_ char *uevent = NULL, *wanted = text_format("DEVTYPE=%s", type);

	return wanted && fs_read(host->root_fd, &uevent, NULL, "sys/class/net/%s/uevent", name) >= 0 && strstr(uevent, wanted);
}

static int check_kind(const struct host *host, const char *port, struct refusals *refusals)
{
	_cleanup_free_ char *type = NULL;

	if (!network_name_is_plain(port))
		return refuse(refusals, port, text_format("%s has a name that not every network configuration can hold; give it one of letters and digits by a .link file "
							  "(systemd.link(5))", port));
	if (fs_exists(host->root_fd, "sys/class/net/%s/wireless", port) || fs_exists(host->root_fd, "sys/class/net/%s/phy80211", port))
		return refuse(refusals, port, text_format("%s is wireless (/sys/class/net/%s/phy80211): an access point takes frames of its own address alone, so a bridge "
							  "over it reaches nobody; use a cable, or libvirt's routed network", port, port));
	if (fs_read_line(host->root_fd, &type, "sys/class/net/%s/type", port) >= 0 && !str_eq(type, ARPHRD_ETHERNET))
		return refuse(refusals, port, text_format("%s is no Ethernet (/sys/class/net/%s/type: %s), and only that can be bridged", port, port, type));
	return 0;
}

/* Above it there may be VLANs, and what this very spec makes. */
static int check_uppers(const struct host *host, const struct bridge_job *job, const struct netif *port, struct refusals *refusals)
{
	for (char **upper = port->uppers; upper && *upper; upper++) {
		bool is_ours = str_eq(*upper, job->bridge->name) || (job->bond && str_eq(*upper, job->bond->name)) || str_eq(*upper, job->vlan);
		int r;

		if (is_ours || has_type(host, *upper, "vlan"))
			continue;
		/* A VLAN takes nothing from the port that others have. */
		if (job->vlan && !job->bond && !has_type(host, *upper, "bond") && !has_type(host, *upper, "bridge"))
			continue;
		r = refuse(refusals, port->name, text_format("%s is below %s already (/sys/class/net/%s/upper_%s); take it out there first, or make the bridge over another port",
							     port->name, *upper, port->name, *upper));
		if (r < 0)
			return r;
	}
	return 0;
}

static bool names_another(const struct host *host, const char *argument, const char *port)
{
	_cleanup_(strv_freep) char **words = NULL;
	bool other = false;

	if (strv_split(argument, "=:,[]", &words) < 0)
		return false;
	for (char **w = words; w && *w; w++) {
		if (str_eq(*w, port))
			return false;
		other = other || netifs_find(&host->netifs, *w);
	}
	return other;
}

/* dracut.cmdline(7), kernel nfsroot.rst: the initramfs sets the port up, and the host goes on with what it finds. */
static int check_cmdline(const struct host *host, const char *port, struct refusals *refusals)
{
	static const char *const prefixes[] = { "ip=", "nfsroot=", "netroot=", "root=/dev/nfs", "root=nfs:", "root=nfs4:", "root=iscsi:", "rd.iscsi.", "iscsi_", "rd.neednet=1" };

	for (char **a = host->kernel.running.arguments; a && *a; a++)
		for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
			int r;

			if (!str_starts(*a, prefixes[i]) || str_eq(*a, "ip=off") || str_eq(*a, "ip=none") || names_another(host, *a, port))
				continue;
			r = refuse(refusals, port, text_format("%s: the initramfs sets the network up (%s on the kernel command line), so no file of the host decides about it; "
							       "take the argument out and boot first, or make the bridge over another port", port, *a));
			if (r < 0)
				return r;
		}
	return 0;
}

/* Is it the port, or does it stand on it? */
static bool is_on(const struct netif *way, const struct netif *port)
{
	return way && (way == port || strv_contains(port->uppers, way->name));
}

static bool is_reached_by(const struct host *host, const char *address, const struct netif *port)
{
	return is_on(netifs_find_route(&host->netifs, address), port);
}

/* The server that this disk, or one below it, comes from by the port: LVM, LUKS and multipath lie over what the kernel has logged in to. NULL: none. */
static const char *find_server(const struct host *host, const char *name, const struct netif *port, unsigned depth)
{
	const struct block *b = blocks_find(&host->blocks, name);
	const char *server = NULL;

	if (b && b->disk)
		b = blocks_find(&host->blocks, b->disk);
	for (char **peer = b ? b->peers : NULL; peer && *peer; peer++)
		if (is_reached_by(host, *peer, port))
			return *peer;
	/* Bound to a port of ours ("host_iface=eno1"), whatever the routes say. */
	for (char **local = b ? b->locals : NULL; local && *local; local++)
		if (is_on(netifs_find_local(&host->netifs, *local), port))
			return b->peers ? *b->peers : *local;
	for (char **slave = b && depth < LAYERS_MAX ? b->slaves : NULL; slave && *slave && !server; slave++)
		server = find_server(host, *slave, port, depth + 1);
	return server;
}

static int check_root(const struct host *host, const struct netif *port, struct refusals *refusals)
{
	for (size_t i = 0; i < host->mounts.n; i++) {
		const struct mount *m = &host->mounts.list[i];
		const char *server = NULL;

		if (!m->is_own || m->is_swap || !str_eq(m->target, "/"))
			continue;
		if (m->peer && is_reached_by(host, m->peer, port))
			server = m->peer;
		for (char **name = m->blocks; name && *name && !server; name++)
			server = find_server(host, *name, port, 0);
		if (server)
			return refuse(refusals, port->name, text_format("%s carries the root file system (%s on /, from %s): it would be lost while the addresses move; "
									"make the bridge over another port", port->name, m->source, server));
	}
	return 0;
}

static int check_port(const struct host *host, const struct bridge_job *job, const char *name, struct refusals *refusals)
{
	const struct netif *port = netifs_find(&host->netifs, name);
	int r;

	/* An image has no ports yet; what it will run on is the spec's author's to know. */
	if (!port && (host->is_live || host->netifs.n))
		return log_invalid("bridge %s: there is no interface %s; 'ip link' names those that are there", job->bridge->name, name);
	r = check_kind(host, name, refusals);
	if (r >= 0 && port)
		r = check_cmdline(host, name, refusals);
	if (r >= 0 && port)
		r = check_uppers(host, job, port, refusals);
	if (r >= 0 && port && (!job->vlan || job->bond))
		r = check_root(host, port, refusals);
	return r;
}

static char *tell_sources(const struct port_sources *s)
{
	struct text t = {};

	for (size_t i = 0; i < s->n; i++) {
		const struct port_source *p = &s->list[i];

		text_printf(&t, "%s%s (", i ? ", " : "", port_manager_name(p->manager));
		if (p->file && p->line)
			text_printf(&t, "/%s:%u: ", p->file, p->line);
		else if (p->file)
			text_printf(&t, "/%s: ", p->file);
		text_printf(&t, "%s)", p->evidence);
	}
	return text_take(&t);
}

/* One system, or a refusal that names them all. */
static int find_manager(const struct host *host, struct bridge_job *job, size_t i, int *manager, struct refusals *refusals)
{
	struct port_sources *s = &job->sources[i];
	int r = port_sources_find(host->root_fd, job->ports[i], true, s);

	if (r < 0)
		return r;
	for (size_t n = 0; n < s->n; n++) {
		_cleanup_free_ char *told = NULL;

		if (*manager < 0)
			*manager = (int)s->list[n].manager;
		if (*manager == (int)s->list[n].manager)
			continue;
		told = tell_sources(s);
		if (!told)
			return log_oom();
		return refuse(refusals, job->ports[i],
			      s->list[0].manager == s->list[n].manager ?
				      text_format("%s: another system than that of the first port manages it: %s; have one manage both", job->ports[i], told) :
				      text_format("%s: more than one system would manage it: %s; take it out of all but one first", job->ports[i], told));
	}
	/* Further ports may be unknown to it so far. */
	if (!s->n && i == 0)
		return refuse(refusals, job->ports[i], text_format("%s: no system that slipway knows manages it (looked for: netplan, NetworkManager, systemd-networkd, ifupdown, "
								   "ifcfg files); configure it with one of them first", job->ports[i]));
	return 0;
}

static bool is_same(const struct port_source *a, const struct port_source *b)
{
	return str_eq(a->file, b->file) && a->line == b->line && str_eq(a->id, b->id);
}

/* netplan: what is taken out of an entry goes for all ports that it is about. */
static int check_shared(const struct host *host, const struct bridge_job *job, size_t i, struct refusals *refusals)
{
	for (size_t n = 0; n < host->netifs.n; n++) {
		_cleanup_(port_sources_done) struct port_sources other = {};
		const char *name = host->netifs.list[n].name;

		if (strv_contains(job->ports, name) || !host->netifs.list[n].function)
			continue;
		if (port_sources_find(host->root_fd, name, true, &other) < 0)
			return -EBADMSG;
		for (size_t a = 0; a < job->sources[i].n; a++)
			for (size_t b = 0; b < other.n; b++)
				if (is_same(&job->sources[i].list[a], &other.list[b]))
					return refuse(refusals, job->ports[i], text_format("%s: /%s:%u (%s) is about %s, too, which is not to be in the bridge; give each port an entry of its own",
											   job->ports[i], other.list[b].file, other.list[b].line, other.list[b].evidence, name));
	}
	return 0;
}

/* 1: the administrator has made it, and it is as wished; else another one's bridge is not touched. */
static int check_name(const struct host *host, const struct bridge_job *job, struct refusals *refusals)
{
	_cleanup_(port_sources_done) struct port_sources s = {};
	const struct netif *port = netifs_find(&host->netifs, job->members[0]);
	_cleanup_free_ char *text = NULL, *told = NULL;
	const char *name = job->bridge->name;
	int r;

	r = port_sources_find(host->root_fd, name, false, &s);
	if (r < 0 || !s.n)
		return r;
	if (s.list[0].file && fs_read(host->root_fd, &text, NULL, "%s", s.list[0].file) >= 0 && bridge_text_is_own(text))
		return 0;
	told = tell_sources(&s);
	if (!told)
		return log_oom();
	if (port && strv_contains(port->uppers, name)) {
		log_info("bridge %s is there already, made by %s; slipway leaves it as it is", name, told);
		return 1;
	}
	r = refuse(refusals, name, text_format("%s is somebody else's already: %s; take it out there, or give the bridge another name", name, told));
	return r;
}

/* A frame of a VLAN goes through the port, which keeps its own MTU (the kernel says ERANGE). */
static int check_vlan_mtu(const struct host *host, const struct bridge_job *job, struct refusals *refusals)
{
	const struct bridge_wish *b = job->bridge;
	_cleanup_free_ char *now = NULL;
	unsigned mtu;

	if (!b->mtu || !job->vlan || job->bond || fs_read_line(host->root_fd, &now, "sys/class/net/%s/mtu", job->link) < 0 || parse_unsigned(now, &mtu) < 0 ||
	    b->mtu <= mtu)
		return 0;
	return refuse(refusals, job->link, text_format("%s: its MTU is %u, and a VLAN of it cannot have %u; raise that of the port first, or wish for less", job->link, mtu, b->mtu));
}

int bridge_check(const struct host *host, struct bridge_job *job, struct refusals *refusals)
{
	size_t before = refusals->n;
	int manager = -1, r;

	r = check_name(host, job, refusals);
	if (r != 0 || refusals->n > before)
		return r;
	for (size_t i = 0; job->ports[i] && r >= 0; i++)
		r = check_port(host, job, job->ports[i], refusals);
	if (r >= 0)
		r = check_vlan_mtu(host, job, refusals);
	for (size_t i = 0; job->ports[i] && r >= 0 && refusals->n == before; i++) {
		r = find_manager(host, job, i, &manager, refusals);
		if (r >= 0 && manager == MANAGER_NETPLAN && refusals->n == before)
			r = check_shared(host, job, i, refusals);
	}
	return r < 0 ? r : 0;
}
