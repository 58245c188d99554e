/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bridge for ifupdown (interfaces(5), bridge-utils-interfaces(5)): an own file in interfaces.d. Stanzas of one interface add
 * up wherever they stand, so those of the port are edited: what made the addresses stands in the bridge's then.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/sections/bridges.h"

#define MAIN_FILE "etc/network/interfaces"
#define OWN_FILE "etc/network/interfaces.d/slipway-%s"

/* One line, with what continues it. */
struct line {
	const char *start;
	size_t length;
	char **words;
};

static void line_done(struct line *l)
{
	strv_free(l->words);
	*l = (struct line){};
}

/* 1: a line, 0: the end. A comment is not continued (interfaces(5)). */
static int next_line(const char **text, struct line *l)
{
	_cleanup_free_ char *copy = NULL;
	const char *end;

	line_done(l);
	if (!**text)
		return 0;
	l->start = *text;
	do {
		end = strchr(*text, '\n');
		*text = end ? end + 1 : *text + strlen(*text);
	} while (end && end > l->start && end[-1] == '\\' && l->start[strspn(l->start, " \t")] != '#');
	l->length = (size_t)(*text - l->start);
	copy = strndup(l->start, l->length);
	if (!copy)
		return -ENOMEM;
	return strv_split(copy, " \t\\\n", &l->words) < 0 ? -ENOMEM : 1;
}

static bool begins_stanza(const struct line *l)
{
	static const char *const words[] = { "iface", "auto", "mapping", "source", "source-directory", "source-dir", "rename", "template", "no-auto-down", "no-scripts" };

	for (size_t i = 0; l->words && i < ARRAY_SIZE(words); i++)
		if (str_eq(l->words[0], words[i]))
			return true;
	return l->words && str_starts(l->words[0], "allow-");
}

static bool is_comment(const struct line *l)
{
	return !l->words || *l->words[0] == '#';
}

static bool is_command(const char *key)
{
	static const char *const keys[] = { "pre-up", "up", "post-up", "down", "pre-down", "post-down" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(key, keys[i]))
			return true;
	return false;
}

/* What is about the link stays with the port. */
static bool stays(const char *key)
{
	static const char *const prefixes[] = { "mtu", "hwaddress", "link-", "ethtool", "ethernet-", "hardware-", "offload-", "wakeonlan", "dot1x" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(key, prefixes[i]))
			return true;
	return false;
}

static bool has_word(const struct line *l, const char *word)
{
	for (char **w = l->words; w && *w; w++)
		if (strstr(*w, word))
			return true;
	return false;
}

/* The bridge's stanzas as they come together: those of the port, or those of our own file. */
struct stanzas {
	struct text text;
	size_t n;
	char *mtu;
	bool has_addresses; /* one has another method than manual, or an option */
};

static void stanzas_done(struct stanzas *s)
{
	text_done(&s->text);
	free(s->mtu);
}

/* One that came from our own file has the bridge's options, which are put anew. */
static bool is_our_option(const struct line *l, const char *bridge)
{
	const char *key = l->words[0];

	if (str_starts(key, "bridge_") || str_eq(key, "mtu"))
		return true;
	/* Those of the port's that have moved name no interface but by $IFACE. */
	return is_command(key) && str_eq(l->words[1], "ip") && str_eq(l->words[2], "link") &&
	       (has_word(l, bridge) || (l->words[3] && str_eq(key, "pre-up") && str_eq(l->words[3], "set") && !has_word(l, "IFACE")));
}

/* -EINVAL after it was said: a command that names the port means one of two interfaces from now on. */
static int check_option(const struct line *l, const char *path, const char *port)
{
	if (str_starts(l->words[0], "bridge") || str_starts(l->words[0], "bond"))
		return log_invalid("/%s: %s belongs to another interface already (%s); take that out first", path, port, l->words[0]);
	if (is_command(l->words[0]) && has_word(l, port)) {
		const char *start = l->start + strspn(l->start, " \t");

		return log_invalid("/%s: '%.*s' names %s; write $IFACE where the bridge is meant, or move the command to another place", path,
				   (int)strcspn(start, "\n"), start, port);
	}
	return 0;
}

/* Takes the options of a stanza; `rest` gets what stays with the port, or is NULL for our own file. */
static int take_options(const char **text, const char *path, const char *port, struct stanzas *s, struct text *rest)
{
	_cleanup_(line_done) struct line l = {};
	const char *next = *text;
	int r;

	while ((r = next_line(&next, &l)) > 0 && !begins_stanza(&l)) {
		if (is_comment(&l)) {
			if (rest)
				text_append_bytes(rest, l.start, l.length);
		} else if (!rest && is_our_option(&l, port)) {
			;
		} else if (rest && stays(l.words[0])) {
			if (str_eq(l.words[0], "mtu") && l.words[1] && !s->mtu)
				s->mtu = strdup(l.words[1]);
			text_append_bytes(rest, l.start, l.length);
		} else {
			r = rest ? check_option(&l, path, port) : 0;
			if (r < 0)
				return r;
			s->has_addresses = true;
			text_append_bytes(&s->text, l.start, l.length);
			if (l.start[l.length - 1] != '\n')
				text_append(&s->text, "\n");
		}
		*text = next;
	}
	return r < 0 ? log_oom() : 0;
}

/* A mark stands where the options of the bridge go: behind the head of its first stanza. */
#define MARK "\001\n"

static void add_head(const char *bridge, char *const *words, struct stanzas *s)
{
	text_printf(&s->text, "\niface %s", bridge);
	for (char *const *w = words + 2; *w; w++)
		text_printf(&s->text, " %s", *w);
	text_append(&s->text, "\n");
	if (!s->n++)
		text_append(&s->text, MARK);
	if (words[2] && words[3] && !str_eq(words[3], "manual"))
		s->has_addresses = true;
}

/*
 * The text without what moves: the first stanza of the port stays, as `manual`, and the others go. With `rest` NULL nothing is
 * kept: it is our own file, and `port` the bridge.
 */
static int take_stanzas(const char *text, const char *path, const char *port, const char *bridge, bool *is_first, struct stanzas *s, struct text *rest)
{
	_cleanup_(line_done) struct line l = {};
	int r;

	while ((r = next_line(&text, &l)) > 0) {
		struct text nowhere = {}, *link = rest;

		if (!l.words || !str_eq(l.words[0], "iface") || !str_eq(l.words[1], port) || !l.words[2]) {
			if (rest)
				text_append_bytes(rest, l.start, l.length);
			continue;
		}
		add_head(bridge, l.words, s);
		if (rest && *is_first) {
			if (str_eq(l.words[2], "inet") && str_eq(l.words[3], "manual") && !l.words[4])
				text_append_bytes(rest, l.start, l.length);
			else
				text_printf(rest, "iface %s inet manual\n", port);
		} else if (rest) {
			link = &nowhere;
		}
		*is_first = false;
		r = take_options(&text, path, port, s, link);
		text_done(&nowhere);
		if (r < 0)
			return r;
	}
	return r < 0 ? log_oom() : 0;
}

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
		r = take_stanzas(text ? text : "", file, job->ports[i], job->bridge->name, &is_first, s, &rest);
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
	r = take_stanzas(text, path, job->bridge->name, job->bridge->name, &is_first, &own, NULL);
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
		text_printf(&s->text, "\niface %s %s static\n", b->name, is_ipv6 ? "inet6" : "inet");
		if (!s->n++)
			text_append(&s->text, MARK);
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
	*s = (struct stanzas){};
	if (b->kind == ADDRESSES_STATIC) {
		format_family(b, false, s);
		format_family(b, true, s);
		return;
	}
	text_printf(&s->text, "\niface %s inet %s\n" MARK, b->name, b->kind == ADDRESSES_DHCP ? "dhcp" : "manual");
	if (b->kind == ADDRESSES_DHCP)
		text_printf(&s->text, "\niface %s inet6 auto\n", b->name);
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

	for (char **port = job->ports; b->mtu && *port && !job->bond; port++)
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
	if (job->vlan)
		text_printf(t, "\nauto %s\niface %s inet manual\n\tpre-up ip link show %s >/dev/null 2>&1 || ip link add link %s name %s type vlan id %u\n"
			       "\tup ip link set dev %s up\n\tpost-down ip link delete dev %s\n", job->vlan, job->vlan, job->vlan, job->link, job->vlan,
			    job->bridge->vlan, job->vlan, job->vlan);
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
	const char *mark = strstr(s->text.data, MARK);
	struct text t = {};
	int r;

	mtu = job->bridge->mtu ? text_format("%u", job->bridge->mtu) : s->mtu ? strdup(s->mtu) : NULL;
	text_append(&t, BRIDGE_HEAD);
	format_below(job, &t);
	text_printf(&t, "\nauto %s\n", job->bridge->name);
	text_append_bytes(&t, s->text.data + 1, mark ? (size_t)(mark - s->text.data) - 1 : s->text.size - 1);
	format_options(job, mtu, &t);
	if (mark)
		text_append(&t, mark + strlen(MARK));
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

/* ifdown reads the files, and so must run while they are those by which the interface came up. */
static int steps(const struct bridge_job *job, struct bridge_steps *s)
{
	int r = 0;

	for (char **port = job->ports; *port && r >= 0 && (!job->vlan || job->bond); port++) {
		r = bridge_step(&s->leave, "-ifdown", "--force", *port, NULL);
		if (r >= 0)
			r = bridge_step(&s->leave_back, "ifup", "--force", *port, NULL);
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
