/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bridge for netplan (netplan(5)): an own YAML file that is read last. Lists of several files add up, so a port's addresses
 * cannot be taken from it by a later file: its entry is edited, key by key, and what is taken out stands in ours.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/bridges.h"
#include "installer/sections/netplan_entry.h"

#define OWN_FILE "etc/netplan/zz-slipway-%s.yaml"

/* One file's entry of the port: what moves goes to `c`, and is taken out of the file. */
static int edit_file(const struct bridge_job *job, const struct port_source *source, bool keeps, struct netplan_carried *c, struct plan *plan)
{
	_cleanup_(netplan_entry_done) struct netplan_entry entry = {}, left = {};
	_cleanup_free_ char *text = NULL, *edited = NULL;
	int r;

	r = bridge_read_file(job, plan, source->file, &text);
	if (r < 0)
		return r;
	if (!text || netplan_entry_parse(text, "ethernets", source->id, &entry) < 0)
		return log_error("cannot read /%s any more", source->file), -EBADMSG;
	if (!entry.node)
		return log_invalid("/%s:%u: %s is not among the ethernets there; a bridge is made over a port alone", source->file, source->line, source->id);
	r = netplan_entry_carry(&entry, source->file, keeps, c);
	if (r <= 0)
		return r;
	edited = netplan_entry_cut(&entry);
	if (!edited)
		return log_oom();
	if (netplan_entry_parse(edited, "ethernets", source->id, &left) < 0)
		return log_invalid("/%s:%u: what makes the addresses of %s cannot be taken out of it without harm; write the entry anew, a key in each "
				   "line", source->file, source->line, source->id);
	if (!str_starts(source->file, "etc/"))
		return log_invalid("/%s makes the port's addresses, and is not the administrator's file; copy it to /etc/netplan first", source->file);
	return bridge_want_file(job, plan, source->file, edited, 0600, "the port has no addresses of its own");
}

/* Where the port has none by now, what they were stands in our own file. */
static int take_own(const struct bridge_job *job, struct netplan_carried *c)
{
	_cleanup_free_ char *path = text_format(OWN_FILE, job->bridge->name), *text = NULL;
	_cleanup_(netplan_entry_done) struct netplan_entry entry = {};

	if (!path)
		return log_oom();
	if (c->moves || fs_read(job->root_fd, &text, NULL, "%s", path) < 0 || netplan_entry_parse(text, "bridges", job->bridge->name, &entry) < 0)
		return 0;
	if (!netplan_entry_has_keys(&entry))
		return 0;
	netplan_carried_done(c);
	return netplan_entry_carry(&entry, path, true, c);
}

static void format_list(struct text *t, const char *key, char *const *list)
{
	const char *separator = "";

	if (!list)
		return;
	text_printf(t, "%s: [", key);
	for (; *list; list++, separator = ", ")
		text_printf(t, "%s\"%s\"", separator, *list);
	text_append(t, "]");
}

static void format_wished(const struct bridge_wish *b, struct text *t)
{
	const char *separator = "";

	if (b->kind == ADDRESSES_DHCP)
		text_append(t, "      dhcp4: true\n      accept-ra: true\n");
	if (b->kind == ADDRESSES_NONE)
		text_append(t, "      dhcp4: false\n      link-local: []\n      accept-ra: false\n");
	if (b->addresses) {
		format_list(t, "      addresses", b->addresses);
		text_append(t, "\n");
	}
	if (b->gateways)
		text_append(t, "      routes: [");
	for (char **g = b->gateways; g && *g; g++, separator = ", ")
		text_printf(t, "%s{ to: \"%s\", via: \"%s\" }", separator, strchr(*g, ':') ? "::/0" : "0.0.0.0/0", *g);
	if (b->gateways)
		text_append(t, "]\n");
	if (b->dns || b->search) {
		text_append(t, "      nameservers: { ");
		format_list(t, "addresses", b->dns);
		text_append(t, b->dns && b->search ? ", " : "");
		format_list(t, "search", b->search);
		text_append(t, " }\n");
	}
}

/* netplan's own name of a port is its entry's id. */
static const char *port_id(const struct bridge_job *job, const char *port)
{
	for (size_t i = 0; job->ports[i]; i++)
		if (str_eq(job->ports[i], port) && job->sources[i].n)
			return job->sources[i].list[0].id;
	return port;
}

static void format_ids(const struct bridge_job *job, char *const *names, struct text *t)
{
	text_append(t, "      interfaces: [");
	for (char *const *n = names; *n; n++)
		text_printf(t, "%s\"%s\"", n == names ? "" : ", ", port_id(job, *n));
	text_append(t, "]\n");
}

static void format_below(const struct bridge_job *job, struct text *t)
{
	const struct bond_wish *bond = job->bond;

	if (bond) {
		text_printf(t, "  bonds:\n    \"%s\":\n", bond->name);
		format_ids(job, job->ports, t);
		if (job->bridge->mtu)
			text_printf(t, "      mtu: %u\n", job->bridge->mtu);
		text_printf(t, "      parameters: { mode: \"%s\", mii-monitor-interval: 100", bond->mode);
		if (bond->primary)
			text_printf(t, ", primary: \"%s\"", port_id(job, bond->primary));
		if (bond->hash)
			text_printf(t, ", transmit-hash-policy: \"%s\"", bond->hash);
		text_append(t, " }\n");
	}
	if (job->vlan) {
		text_printf(t, "  vlans:\n    \"%s\": { id: %u, link: \"%s\"", job->vlan, job->bridge->vlan, port_id(job, job->link));
		if (job->bridge->mtu)
			text_printf(t, ", mtu: %u", job->bridge->mtu);
		text_append(t, " }\n");
	}
}

/* Of a port's MTU there is one word, and it stands in the port's own entry: a scalar in a later file replaces it. */
static void format_port_mtu(const struct bridge_job *job, struct text *t)
{
	if (!job->bridge->mtu || job->vlan)
		return;
	text_append(t, "  ethernets:\n");
	for (char **port = job->ports; *port; port++)
		text_printf(t, "    \"%s\": { mtu: %u }\n", port_id(job, *port), job->bridge->mtu);
}

static int want_own(const struct bridge_job *job, struct netplan_carried *c, struct plan *plan)
{
	const struct bridge_wish *b = job->bridge;
	_cleanup_free_ char *path = text_format(OWN_FILE, b->name), *text = NULL, *lines = NULL;
	struct text t = {};

	text_append(&c->lines, "");
	lines = text_take(&c->lines);
	if (!path || !lines)
		return log_oom();
	text_append(&t, BRIDGE_HEAD "network:\n  version: 2\n");
	format_port_mtu(job, &t);
	format_below(job, &t);
	text_printf(&t, "  bridges:\n    \"%s\":\n", b->name);
	format_ids(job, job->members, &t);
	text_printf(&t, "      parameters: { stp: %s%s }\n", b->stp ? "true" : "false", b->stp ? "" : ", forward-delay: 0");
	if (job->mac)
		text_printf(&t, "      macaddress: \"%s\"\n", job->mac);
	if (b->mtu)
		text_printf(&t, "      mtu: %u\n", b->mtu);
	for (char *line = lines, *rest; *line; line = rest) {
		rest = strchr(line, '\n');
		rest = rest ? rest + 1 : line + strlen(line);
		if (!(b->mtu && str_starts(line, "      mtu:")))
			text_append_bytes(&t, line, (size_t)(rest - line));
	}
	if (b->kind != ADDRESSES_KEEP)
		format_wished(b, &t);
	text = text_take(&t);
	/* As netplan wants them: others need not read what may hold a secret. */
	return text ? bridge_want_file(job, plan, path, text, 0600, "the bridge, with the addresses") : log_oom();
}

/* netplan has no word for it: beside what it generates for networkd there may be more (systemd.network(5)). */
static int want_identity(const struct bridge_job *job, struct plan *plan)
{
	_cleanup_free_ char *path = text_format("etc/systemd/network/10-netplan-%s.network.d/slipway.conf", job->bridge->name), *section = NULL, *text = NULL;
	bool may_be = job->bridge->kind == ADDRESSES_KEEP || job->bridge->kind == ADDRESSES_DHCP;

	if (!path || (may_be && !job->vlan && bridge_dhcp_identity(job, path, &section) < 0))
		return log_oom();
	if (!section)
		return 0;
	text = text_format(BRIDGE_HEAD "%s", section);
	return text ? bridge_want_file(job, plan, path, text, 0644, "the DHCP server knows the bridge for the port") : log_oom();
}

static int plan_files(const struct bridge_job *job, struct plan *plan)
{
	_cleanup_(netplan_carried_done) struct netplan_carried c = {};
	bool keeps = job->bridge->kind == ADDRESSES_KEEP;
	int r = 0;

	for (size_t i = 0; job->ports[i] && r >= 0 && (!job->vlan || job->bond); i++) {
		_cleanup_(netplan_carried_done) struct netplan_carried other = {};

		for (size_t s = 0; s < job->sources[i].n && r >= 0; s++)
			r = edit_file(job, &job->sources[i].list[s], keeps && i == 0, i == 0 ? &c : &other, plan);
	}
	if (r >= 0 && keeps)
		r = take_own(job, &c);
	if (r >= 0)
		r = want_own(job, &c, plan);
	return r < 0 ? r : want_identity(job, plan);
}

static int steps(const struct bridge_job *job, struct bridge_steps *s)
{
	int r = bridge_step(&s->enter, "netplan", "apply", NULL);

	if (r >= 0)
		r = bridge_step(&s->leave_back, "netplan", "apply", NULL);
	if (r >= 0)
		r = bridge_step_delete_links(job, &s->enter_back);
	return r;
}

const struct bridge_backend bridge_netplan = { MANAGER_NETPLAN, plan_files, steps };
