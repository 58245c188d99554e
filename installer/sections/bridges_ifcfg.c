/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bridge in ifcfg- files: Red Hat's network-scripts (sysconfig.txt of initscripts; NetworkManager reads them as well), and
 * SUSE's wicked (ifcfg(5), ifcfg-bridge(5), ifcfg-bonding(5)). The lines that make the port's addresses move to the bridge's file.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/bridges.h"

#define RED_HAT "etc/sysconfig/network-scripts"
#define SUSE "etc/sysconfig/network"

static bool line_moves(const char *line)
{
	static const char *const prefixes[] = { "BOOTPROTO", "IPADDR", "NETMASK", "PREFIX", "GATEWAY", "NETWORK", "BROADCAST", "DNS", "DOMAIN", "DEFROUTE",
						"PEERDNS", "PEERROUTES", "IPV4", "IPV6", "DHCP", "DHCLIENT", "DHCLIENT6", "LABEL", "SRCADDR", "ARPING", "METRIC",
						"REMOTE_IPADDR", "LINK_REQUIRED", "FIREWALL", "ZONE" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(line, prefixes[i]))
			return true;
	return false;
}

/* What slipway sets anew at a port. */
static bool line_is_set(const char *line)
{
	static const char *const prefixes[] = { "BRIDGE=", "MASTER=", "SLAVE=" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(line, prefixes[i]))
			return true;
	return false;
}

static const char *line_end(const char *line)
{
	const char *newline = strchr(line, '\n');

	return newline ? newline + 1 : line + strlen(line);
}

/* Splits a file: what moves, and the rest. A value of two lines, which nobody writes there, would be cut in two. */
static int split(const char *path, const char *text, bool is_suse, const char *mtu, struct text *moved, struct text *rest)
{
	for (const char *line = text; *line; line = line_end(line)) {
		size_t n = (size_t)(line_end(line) - line), quotes = 0;

		for (size_t i = 0; i < n && *line != '#'; i++)
			quotes += line[i] == '"' || line[i] == '\'';
		if (quotes % 2)
			return log_invalid("/%s: '%.*s' has an open quote; a value must stand on one line", path, (int)strcspn(line, "\n"), line);
		/* MTU= counts for both. */
		if (line_moves(line) || (str_starts(line, "MTU=") && !mtu))
			text_append_bytes(moved, line, n);
		if (moved->size && moved->data[moved->size - 1] != '\n')
			text_append(moved, "\n");
		if (!line_moves(line) && !(!is_suse && line_is_set(line)) && !(mtu && str_starts(line, "MTU=")))
			text_append_bytes(rest, line, n);
	}
	if (rest->size && rest->data[rest->size - 1] != '\n')
		text_append(rest, "\n");
	return 0;
}

/* Whose it is already, if not ours. */
static int check_port(const char *path, const char *text, const char *upper)
{
	for (const char *line = text; *line; line = line_end(line)) {
		_cleanup_free_ char *copy = strndup(line, strcspn(line, "\n"));
		char *value = copy ? strchr(copy, '=') : NULL;

		if (!copy)
			return log_oom();
		if (!value || !(str_starts(copy, "BRIDGE=") || str_starts(copy, "MASTER=") || str_starts(copy, "TEAM_MASTER=") || str_starts(copy, "OVS_BRIDGE=")))
			continue;
		value += 1 + strspn(value + 1, "\"'");
		value[strcspn(value, "\"'")] = '\0';
		if (!str_eq(value, upper))
			return log_invalid("/%s: the port belongs to another interface already (%s); take that out first", path, copy);
	}
	return 0;
}

static void format_wished(const struct bridge_wish *b, bool is_suse, struct text *t)
{
	unsigned n = 0, n6 = 0;

	if (b->kind != ADDRESSES_STATIC) {
		text_append(t, b->kind == ADDRESSES_NONE ? "BOOTPROTO=none\n" : "BOOTPROTO=dhcp\n");
		if (!is_suse)
			text_append(t, b->kind == ADDRESSES_NONE ? "IPV6INIT=no\n" : "IPV6INIT=yes\nIPV6_AUTOCONF=yes\n");
		return;
	}
	text_append(t, is_suse ? "BOOTPROTO=static\n" : "BOOTPROTO=none\n");
	for (char **a = b->addresses; *a; a++) {
		_cleanup_free_ char *number = n ? text_format(is_suse ? "_%u" : "%u", n) : strdup("");
		const char *slash = strchr(*a, '/');

		if (is_suse) {
			text_printf(t, "IPADDR%s=%s\n", number, *a);
			n++;
		} else if (!strchr(*a, ':')) {
			text_printf(t, "IPADDR%s=%.*s\nPREFIX%s=%s\n", number, (int)(slash - *a), *a, number, slash + 1);
			n++;
		} else if (!n6++) {
			text_printf(t, "IPV6INIT=yes\nIPV6_AUTOCONF=no\nIPV6ADDR=%s\n", *a);
		}
	}
	if (!is_suse && n6 > 1) {
		const char *separator = "";

		text_append(t, "IPV6ADDR_SECONDARIES=\"");
		n6 = 0;
		for (char **a = b->addresses; *a; a++)
			if (strchr(*a, ':') && n6++) {
				text_printf(t, "%s%s", separator, *a);
				separator = " ";
			}
		text_append(t, "\"\n");
	}
	if (!is_suse)
		for (char **g = b->gateways; g && *g; g++)
			text_printf(t, "%s=%s\n", strchr(*g, ':') ? "IPV6_DEFAULTGW" : "GATEWAY", *g);
	for (size_t i = 0; !is_suse && b->dns && b->dns[i]; i++)
		text_printf(t, "DNS%zu=%s\n", i + 1, b->dns[i]);
	if (!is_suse && b->search) {
		_cleanup_free_ char *search = strv_join(b->search, " ");

		text_printf(t, "DOMAIN=\"%s\"\n", search ? search : "");
	}
}

static void format_bridge(const struct bridge_job *job, bool is_suse, struct text *t)
{
	const struct bridge_wish *b = job->bridge;
	_cleanup_free_ char *members = strv_join(job->members, " ");

	text_append(t, BRIDGE_HEAD);
	if (is_suse) {
		text_printf(t, "STARTMODE=auto\nBRIDGE=yes\nBRIDGE_PORTS='%s'\nBRIDGE_STP=%s\nBRIDGE_FORWARDDELAY=%d\n", members ? members : "",
			    b->stp ? "on" : "off", b->stp ? 15 : 0);
		if (job->mac)
			text_printf(t, "LLADDR=%s\n", job->mac);
	} else {
		text_printf(t, "DEVICE=%s\nTYPE=Bridge\nONBOOT=yes\nSTP=%s\nDELAY=%d\n", b->name, b->stp ? "yes" : "no", b->stp ? 15 : 0);
		if (job->mac)
			text_printf(t, "MACADDR=%s\n", job->mac);
	}
	if (b->mtu)
		text_printf(t, "MTU=%u\n", b->mtu);
}

static int want(const struct bridge_job *job, bool is_suse, const char *name, struct text *content, const char *summary, struct plan *plan)
{
	_cleanup_free_ char *path = text_format("%s/ifcfg-%s", is_suse ? SUSE : RED_HAT, name), *text = text_take(content);

	return path && text ? bridge_want_file(job, plan, path, text, 0644, summary) : log_oom();
}

/* A port's routes are the bridge's: moved, unless they name the port. */
static int move_routes(const struct bridge_job *job, bool is_suse, struct plan *plan)
{
	static const char *const red_hat[] = { "route", "route6", "rule", "rule6" }, *const suse[] = { "ifroute", "ifrule" };
	size_t n = is_suse ? ARRAY_SIZE(suse) : ARRAY_SIZE(red_hat);
	const char *port = job->ports[0];
	int r = 0;

	for (size_t i = 0; i < n && port && r >= 0; i++) {
		const char *folder = is_suse ? SUSE : RED_HAT, *kind = is_suse ? suse[i] : red_hat[i];
		_cleanup_free_ char *from = text_format("%s/%s-%s", folder, kind, port), *text = NULL;
		_cleanup_free_ char *to = text_format("%s/%s-%s", folder, kind, job->bridge->name);

		if (!from || !to)
			return log_oom();
		if (fs_read(job->root_fd, &text, NULL, "%s", from) < 0)
			continue;
		if (strstr(text, port))
			return log_invalid("/%s names %s itself; leave the device out of its lines, so that they can move to the bridge", from, port);
		r = bridge_want_file(job, plan, to, text, 0644, "the port's routes, at the bridge");
		if (r >= 0)
			r = bridge_want_file(job, plan, from, NULL, 0644, "the port's routes have moved to the bridge");
	}
	return r;
}

/* SUSE has gateways in routes files, and name servers in one file for all. */
static int want_suse_routes(const struct bridge_job *job, struct plan *plan)
{
	const struct bridge_wish *b = job->bridge;
	_cleanup_free_ char *path = text_format(SUSE "/ifroute-%s", b->name), *text = NULL;
	struct text t = {};

	if (b->dns || b->search)
		return log_invalid("dns and search: wicked has them for the whole host, in /etc/sysconfig/network/config (NETCONFIG_DNS_STATIC_SERVERS); set them there");
	if (!b->gateways)
		return 0;
	text_append(&t, BRIDGE_HEAD);
	for (char **g = b->gateways; *g; g++)
		text_printf(&t, "default %s - -\n", *g);
	text = text_take(&t);
	return path && text ? bridge_want_file(job, plan, path, text, 0644, "the bridge's gateway") : log_oom();
}

static int want_port(const struct bridge_job *job, bool is_suse, size_t i, struct text *moved, struct plan *plan)
{
	const char *upper = job->bond ? job->bond->name : job->bridge->name, *file = job->sources[i].n ? job->sources[i].list[0].file : NULL;
	_cleanup_free_ char *text = NULL, *mtu = job->bridge->mtu ? text_format("%u", job->bridge->mtu) : NULL, *edited = NULL;
	struct text rest = {};
	int r = 0;

	if (!file)
		return log_invalid("no ifcfg- file speaks of %s", job->ports[i]);
	if (fs_read(job->root_fd, &text, NULL, "%s", file) < 0)
		return log_errno(-EIO, "cannot read /%s", file);
	r = is_suse ? 0 : check_port(file, text, upper);
	if (r >= 0)
		r = split(file, text, is_suse, mtu, moved, &rest);
	if (is_suse) {
		/* wicked brings a port up for its bridge; its own file says that it has no addresses. */
		text_append(&rest, "BOOTPROTO=none\n");
	} else if (job->bond) {
		text_printf(&rest, "BOOTPROTO=none\nMASTER=%s\nSLAVE=yes\n", upper);
	} else {
		text_printf(&rest, "BOOTPROTO=none\nBRIDGE=%s\n", upper);
	}
	if (mtu)
		text_printf(&rest, "MTU=%s\n", mtu);
	edited = text_take(&rest);
	if (r < 0)
		return r;
	return edited ? bridge_want_file(job, plan, file, edited, 0644, "the port goes into the bridge, without addresses of its own") : log_oom();
}

static int want_bond(const struct bridge_job *job, bool is_suse, struct plan *plan)
{
	const struct bond_wish *bond = job->bond;
	struct text t = {}, options = {};
	_cleanup_free_ char *line = NULL;

	text_printf(&options, "mode=%s miimon=100", bond->mode);
	if (bond->primary)
		text_printf(&options, " primary=%s", bond->primary);
	if (bond->hash)
		text_printf(&options, " xmit_hash_policy=%s", bond->hash);
	line = text_take(&options);
	if (!line)
		return log_oom();
	text_append(&t, BRIDGE_HEAD);
	if (is_suse) {
		text_printf(&t, "STARTMODE=auto\nBOOTPROTO=none\nBONDING_MASTER=yes\nBONDING_MODULE_OPTS='%s'\n", line);
		for (size_t i = 0; job->ports[i]; i++)
			text_printf(&t, "BONDING_SLAVE_%zu=%s\n", i, job->ports[i]);
	} else {
		text_printf(&t, "DEVICE=%s\nTYPE=Bond\nBONDING_MASTER=yes\nBONDING_OPTS=\"%s\"\nONBOOT=yes\nBOOTPROTO=none\n", bond->name, line);
		if (!job->vlan)
			text_printf(&t, "BRIDGE=%s\n", job->bridge->name);
	}
	if (job->bridge->mtu)
		text_printf(&t, "MTU=%u\n", job->bridge->mtu);
	return want(job, is_suse, bond->name, &t, "the bond below the bridge", plan);
}

static int want_vlan(const struct bridge_job *job, bool is_suse, struct plan *plan)
{
	struct text t = {};

	text_append(&t, BRIDGE_HEAD);
	if (is_suse)
		text_printf(&t, "STARTMODE=auto\nBOOTPROTO=none\nETHERDEVICE=%s\nVLAN_ID=%u\n", job->link, job->bridge->vlan);
	else
		text_printf(&t, "DEVICE=%s\nVLAN=yes\nPHYSDEV=%s\nVLAN_ID=%u\nONBOOT=yes\nBOOTPROTO=none\nBRIDGE=%s\n", job->vlan, job->link, job->bridge->vlan,
			    job->bridge->name);
	if (job->bridge->mtu)
		text_printf(&t, "MTU=%u\n", job->bridge->mtu);
	return want(job, is_suse, job->vlan, &t, "the VLAN below the bridge", plan);
}

/* Where the port's addresses have gone, they stand in the bridge's file: a port that is ours already has only BOOTPROTO=none. */
static int take_own(const struct bridge_job *job, bool is_suse, struct text *moved)
{
	_cleanup_free_ char *path = text_format("%s/ifcfg-%s", is_suse ? SUSE : RED_HAT, job->bridge->name), *text = NULL;
	struct text rest = {};
	int r;

	if (!path)
		return log_oom();
	text_append(moved, "");
	if (fs_read(job->root_fd, &text, NULL, "%s", path) < 0 || !bridge_text_is_own(text))
		return 0;
	for (const char *line = moved->data; *line; line = line_end(line))
		if (!str_starts(line, "BOOTPROTO=none") && !str_starts(line, "MTU="))
			return 0;
	text_done(moved);
	*moved = (struct text){};
	r = split(path, text, is_suse, job->bridge->mtu ? "" : NULL, moved, &rest);
	text_done(&rest);
	return r;
}

static int plan_files(const struct bridge_job *job, bool is_suse, struct plan *plan)
{
	const struct bridge_wish *b = job->bridge;
	_cleanup_(text_done) struct text moved = {};
	struct text t = {};
	int r = 0;

	for (size_t i = 0; job->ports[i] && r >= 0 && (!job->vlan || job->bond); i++) {
		_cleanup_(text_done) struct text other = {};

		r = want_port(job, is_suse, i, i == 0 ? &moved : &other, plan);
	}
	if (r >= 0 && b->kind == ADDRESSES_KEEP)
		r = take_own(job, is_suse, &moved);
	if (r >= 0 && b->kind == ADDRESSES_KEEP)
		r = move_routes(job, is_suse, plan);
	if (r >= 0 && job->bond)
		r = want_bond(job, is_suse, plan);
	if (r >= 0 && job->vlan)
		r = want_vlan(job, is_suse, plan);
	if (r >= 0 && is_suse && b->kind == ADDRESSES_STATIC)
		r = want_suse_routes(job, plan);
	if (r < 0)
		return r;
	format_bridge(job, is_suse, &t);
	if (b->kind != ADDRESSES_KEEP)
		format_wished(b, is_suse, &t);
	else
		text_append(&t, moved.data ? moved.data : "");
	return want(job, is_suse, b->name, &t, "the bridge, with the addresses", plan);
}

static int plan_red_hat(const struct bridge_job *job, struct plan *plan)
{
	return plan_files(job, false, plan);
}

static int plan_suse(const struct bridge_job *job, struct plan *plan)
{
	return plan_files(job, true, plan);
}

/* Where NetworkManager reads the files, ifup and ifdown are its own, or those of initscripts that ask it. */
static int steps_red_hat(const struct bridge_job *job, struct bridge_steps *s)
{
	int r = bridge_step(&s->leave_back, "-nmcli", "connection", "reload", NULL);

	for (char **port = job->ports; *port && r >= 0 && (!job->vlan || job->bond); port++) {
		r = bridge_step(&s->leave, "-ifdown", *port, NULL);
		if (r >= 0)
			r = bridge_step(&s->leave_back, "ifup", *port, NULL);
	}
	if (r >= 0)
		r = bridge_step(&s->enter, "-nmcli", "connection", "reload", NULL);
	if (r >= 0)
		r = bridge_step(&s->enter, "ifup", job->bridge->name, NULL);
	/* initscripts' ifup of a port makes the bond, but does not put it into the bridge. */
	if (r >= 0 && job->bond)
		r = bridge_step(&s->enter, "-ifup", job->bond->name, NULL);
	for (char **port = job->ports; *port && r >= 0 && (!job->vlan || job->bond); port++)
		r = bridge_step(&s->enter, "-ifup", *port, NULL);
	if (r >= 0 && job->vlan)
		r = bridge_step(&s->enter, "-ifup", job->vlan, NULL);
	if (r >= 0)
		r = bridge_step(&s->enter_back, "-ifdown", job->bridge->name, NULL);
	if (r >= 0)
		r = bridge_step_delete_links(job, &s->enter_back);
	return r;
}

static int steps_suse(const struct bridge_job *job, struct bridge_steps *s)
{
	int r = bridge_step(&s->enter, "wicked", "ifreload", "all", NULL);

	if (r >= 0)
		r = bridge_step(&s->enter_back, "-wicked", "ifdown", job->bridge->name, NULL);
	if (r >= 0)
		r = bridge_step(&s->leave_back, "wicked", "ifreload", "all", NULL);
	return r;
}

const struct bridge_backend bridge_ifcfg = { MANAGER_IFCFG, plan_red_hat, steps_red_hat };
const struct bridge_backend bridge_wicked = { MANAGER_WICKED, plan_suse, steps_suse };
