/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bridge for ifupdown (interfaces(5), bridge-utils-interfaces(5)): an own file in interfaces.d. Stanzas of one interface add
 * up wherever they stand, so those of the port are edited: what made the addresses stands in the bridge's then.
 */

#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/bridges.h"
#include "installer/sections/ifupdown_stanza.h"

#define MAIN_FILE "etc/network/interfaces"
#define OWN_FILE "etc/network/interfaces.d/slipway-%s"

/* All files that speak of a port: edited, and their stanzas gathered. */
static int edit_files(const struct bridge_job *job, size_t i, struct stanzas *s, struct plan *plan)
{
	bool is_first = true;
	int r = 0;

	for (size_t n = 0; n < job->sources[i].n && r >= 0; n++) {
		const char *file = job->sources[i].list[n].file;
		_cleanup_free_ char *text = NULL, *edited = NULL;
		struct text rest = {};

		if (n && str_eq(file, job->sources[i].list[n - 1].file))
			continue;
		r = bridge_read_file(job, plan, file, &text);
		if (r < 0)
			return r;
		text_append(&rest, "");
		r = stanzas_take(text ? text : "", file, job->ports[i], job->bridge->name, &is_first, s, &rest);
		edited = text_take(&rest);
		if (r >= 0)
			r = edited ? bridge_want_file(job, plan, file, edited, 0644, "the port has no addresses of its own") : log_oom();
	}
	return r;
}

/* Where the port's stanzas are empty by now, what they were stands in our own file. */
static int take_own(const struct bridge_job *job, struct stanzas *s)
{
	_cleanup_free_ char *path = text_format(OWN_FILE, job->bridge->name), *text = NULL;
	struct stanzas own = {};
	bool is_first = true;
	int r;

	if (!path)
		return log_oom();
	if (s->has_addresses || fs_read(job->root_fd, &text, NULL, "%s", path) < 0)
		return 0;
	r = stanzas_take(text, path, job->bridge->name, job->bridge->name, &is_first, &own, NULL);
	if (r >= 0 && own.n) {
		free(own.mtu);
		own.mtu = TAKE(s->mtu);
		stanzas_done(s);
		*s = TAKE(own);
	}
	stanzas_done(&own);
	return r;
}

static void format_family(const struct bridge_wish *b, bool is_ipv6, struct stanzas *s)
{
	bool first = true;

	for (char **a = b->addresses; a && *a; a++) {
		if ((strchr(*a, ':') != NULL) != is_ipv6)
			continue;
		stanzas_begin(s, b->name, is_ipv6 ? "inet6 static" : "inet static");
		text_printf(&s->text, "\taddress %s\n", *a);
		for (char **g = b->gateways; first && g && *g; g++)
			if ((strchr(*g, ':') != NULL) == is_ipv6)
				text_printf(&s->text, "\tgateway %s\n", *g);
		/* resolvconf has them per interface: once is enough. */
		if (s->n == 1 && b->dns) {
			_cleanup_free_ char *dns = strv_join(b->dns, " ");

			text_printf(&s->text, "\tdns-nameservers %s\n", dns ? dns : "");
		}
		if (s->n == 1 && b->search) {
			_cleanup_free_ char *search = strv_join(b->search, " ");

			text_printf(&s->text, "\tdns-search %s\n", search ? search : "");
		}
		first = false;
	}
}

static void format_wished(const struct bridge_wish *b, struct stanzas *s)
{
	stanzas_done(s);
	if (b->kind == ADDRESSES_STATIC) {
		format_family(b, false, s);
		format_family(b, true, s);
		return;
	}
	stanzas_begin(s, b->name, b->kind == ADDRESSES_DHCP ? "inet dhcp" : "inet manual");
	if (b->kind == ADDRESSES_DHCP)
		stanzas_begin(s, b->name, "inet6 auto");
}

/*
 * bridge-utils has words for it; where its hook is not there (ifupdown2 has the same words built in), iproute2, which ifupdown
 * depends on, makes the bridge before it gets its addresses.
 */
static void format_options(const struct bridge_job *job, const char *mtu, struct text *t)
{
	const struct bridge_wish *b = job->bridge;
	_cleanup_free_ char *members = strv_join(job->members, " ");
	bool has_words = fs_exists(job->root_fd, "etc/network/if-pre-up.d/bridge") || fs_exists(job->root_fd, "usr/share/ifupdown2");

	for (char **port = job->ports; b->mtu && *port && !job->bond && !job->vlan; port++)
		text_printf(t, "\tpre-up ip link set dev %s mtu %u\n", *port, b->mtu);
	if (has_words) {
		text_printf(t, "\tbridge_ports %s\n\tbridge_stp %s\n", members ? members : "", b->stp ? "on" : "off");
		if (!b->stp)
			text_append(t, "\tbridge_fd 0\n");
		if (job->mac)
			text_printf(t, "\tbridge_hw %s\n", job->mac);
	} else {
		text_printf(t, "\tpre-up ip link show %s >/dev/null 2>&1 || ip link add name %s type bridge stp_state %d\n", b->name, b->name, b->stp);
		if (job->mac)
			text_printf(t, "\tpre-up ip link set dev %s address %s\n", b->name, job->mac);
		for (char **m = job->members; *m; m++)
			text_printf(t, "\tpre-up ip link set dev %s master %s\n\tpre-up ip link set dev %s up\n", *m, b->name, *m);
	}
	if (mtu)
		text_printf(t, has_words ? "\tmtu %s\n" : "\tpre-up ip link set dev %s mtu %s\n", has_words ? mtu : b->name, mtu);
	if (!has_words)
		text_printf(t, "\tup ip link set dev %s up\n\tpost-down ip link delete dev %s\n", b->name, b->name);
}

/* Bond and VLAN by iproute2, below the bridge and before it. */
static void format_below(const struct bridge_job *job, struct text *t)
{
	const struct bond_wish *bond = job->bond;

	if (bond) {
		text_printf(t, "\nauto %s\niface %s inet manual\n\tpre-up ip link show %s >/dev/null 2>&1 || ip link add name %s type bond mode %s miimon 100", bond->name,
			    bond->name, bond->name, bond->name, bond->mode);
		text_printf(t, "%s%s\n", bond->hash ? " xmit_hash_policy " : "", bond->hash ? bond->hash : "");
		for (char **port = job->ports; *port; port++)
			text_printf(t, "\tpre-up ip link set dev %s down\n\tpre-up ip link set dev %s master %s\n", *port, *port, bond->name);
		if (bond->primary)
			text_printf(t, "\tpre-up ip link set dev %s type bond primary %s\n", bond->name, bond->primary);
		if (job->bridge->mtu)
			text_printf(t, "\tpre-up ip link set dev %s mtu %u\n", bond->name, job->bridge->mtu);
		text_printf(t, "\tup ip link set dev %s up\n\tpost-down ip link delete dev %s\n", bond->name, bond->name);
	}
	/* A VLAN cannot come up before what it is on, and at boot that may have its turn later. */
	if (job->vlan) {
		text_printf(t, "\nauto %s\niface %s inet manual\n\tpre-up ip link set dev %s up\n", job->vlan, job->vlan, job->link);
		text_printf(t, "\tpre-up ip link show %s >/dev/null 2>&1 || ip link add link %s name %s type vlan id %u\n", job->vlan, job->link, job->vlan,
			    job->bridge->vlan);
		if (job->bridge->mtu)
			text_printf(t, "\tpre-up ip link set dev %s mtu %u\n", job->vlan, job->bridge->mtu);
		text_printf(t, "\tup ip link set dev %s up\n\tpost-down ip link delete dev %s\n", job->vlan, job->vlan);
	}
}

/* Is our file in interfaces.d read? Else a line of its own is wanted in the main file. */
static int want_source(const struct bridge_job *job, const char *own, struct plan *plan)
{
	_cleanup_(strv_freep) char **words = NULL;
	_cleanup_free_ char *text = NULL, *edited = NULL, *line = text_format("source /%s", own);
	int r;

	if (!line)
		return log_oom();
	r = bridge_read_file(job, plan, MAIN_FILE, &text);
	if (r < 0)
		return r;
	if (!text && !(text = strdup("")))
		return log_oom();
	if (strv_split(text, "\n", &words) < 0)
		return log_oom();
	for (char **w = words; w && *w; w++) {
		char *trimmed = str_trim(*w);

		if (str_eq(trimmed, line) || ((str_starts(trimmed, "source ") || str_starts(trimmed, "source-directory ")) &&
					      (str_ends(trimmed, "interfaces.d/*") || str_ends(trimmed, "interfaces.d"))))
			return 0;
	}
	edited = text_format("%s%s%s\n", text, *text && !str_ends(text, "\n") ? "\n" : "", line);
	return edited ? bridge_want_file(job, plan, MAIN_FILE, edited, 0644, "the bridge's file is read") : log_oom();
}

static int want_own(const struct bridge_job *job, const struct stanzas *s, struct plan *plan)
{
	_cleanup_free_ char *path = text_format(OWN_FILE, job->bridge->name), *text = NULL, *mtu = NULL;
	struct text t = {};
	int r;

	mtu = job->bridge->mtu ? text_format("%u", job->bridge->mtu) : s->mtu ? strdup(s->mtu) : NULL;
	text_append(&t, BRIDGE_HEAD);
	format_below(job, &t);
	text_printf(&t, "\nauto %s\n", job->bridge->name);
	text_append_bytes(&t, s->text.data + 1, s->options - 1);
	format_options(job, mtu, &t);
	text_append(&t, s->text.data + s->options);
	text = text_take(&t);
	if (!path || !text)
		return log_oom();
	r = want_source(job, path, plan);
	return r < 0 ? r : bridge_want_file(job, plan, path, text, 0644, "the bridge, with the addresses");
}

static int plan_files(const struct bridge_job *job, struct plan *plan)
{
	_cleanup_(stanzas_done) struct stanzas s = {};
	int r = 0;

	for (size_t i = 0; job->ports[i] && r >= 0 && (!job->vlan || job->bond); i++) {
		_cleanup_(stanzas_done) struct stanzas other = {};

		r = edit_files(job, i, i == 0 ? &s : &other, plan);
	}
	if (r >= 0 && job->bridge->kind == ADDRESSES_KEEP)
		r = take_own(job, &s);
	if (r < 0)
		return r;
	if (job->bridge->kind != ADDRESSES_KEEP || !s.n)
		format_wished(job->bridge, &s);
	return s.text.failed || !s.text.data ? log_oom() : want_own(job, &s, plan);
}

/* bridge-utils' hook lets a port make no IPv6 addresses of its link any more, and nothing lets it again (ip-link(8), addrgenmode). -ENOMEM. */
static int add_link_addresses_back(const struct bridge_job *job, const char *port, char ***steps)
{
	static const char *const modes[] = { "eui64", "none", "stable_secret", "random" };
	_cleanup_free_ char *now = NULL;
	unsigned mode;

	if (job->bond || fs_read_line(job->root_fd, &now, "proc/sys/net/ipv6/conf/%s/addr_gen_mode", port) < 0 || parse_unsigned(now, &mode) < 0 ||
	    mode >= ARRAY_SIZE(modes) || str_eq(modes[mode], "none"))
		return 0;
	return bridge_step(steps, "-ip", "link", "set", "dev", port, "addrgenmode", modes[mode], NULL);
}

/* ifdown reads the files, and so must run while they are those by which the interface came up. */
static int steps(const struct bridge_job *job, struct bridge_steps *s)
{
	int r = 0;

	for (size_t i = 0; job->ports[i] && r >= 0 && (!job->vlan || job->bond); i++) {
		r = add_link_addresses_back(job, job->ports[i], &s->leave_back);
		/* A further port may have no stanza. */
		if (!job->sources[i].n || r < 0)
			continue;
		r = bridge_step(&s->leave, "-ifdown", "--force", job->ports[i], NULL);
		if (r >= 0)
			r = bridge_step(&s->leave_back, "ifup", "--force", job->ports[i], NULL);
	}
	if (r >= 0)
		r = bridge_step(&s->enter_back, "-ifdown", "--force", job->bridge->name, NULL);
	if (r >= 0 && job->bond) {
		r = bridge_step(&s->enter, "ifup", job->bond->name, NULL);
		if (r >= 0 && !job->vlan)
			r = bridge_step(&s->enter_back, "-ifdown", "--force", job->bond->name, NULL);
	}
	if (r >= 0 && job->vlan) {
		r = bridge_step(&s->enter, "ifup", job->vlan, NULL);
		if (r >= 0)
			r = bridge_step(&s->enter_back, "-ifdown", "--force", job->vlan, NULL);
		if (r >= 0 && job->bond)
			r = bridge_step(&s->enter_back, "-ifdown", "--force", job->bond->name, NULL);
	}
	if (r >= 0)
		r = bridge_step(&s->enter, "ifup", job->bridge->name, NULL);
	if (r >= 0)
		r = bridge_step(&s->enter_back, "-ip", "link", "delete", job->bridge->name, NULL);
	return r;
}

const struct bridge_backend bridge_ifupdown = { MANAGER_IFUPDOWN, plan_files, steps };
