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
#include "common/yaml_file.h"
#include "installer/sections/bridges.h"

#define OWN_FILE "etc/netplan/zz-slipway-%s.yaml"

static bool key_moves(const char *key)
{
	static const char *const keys[] = { "dhcp4", "dhcp6", "dhcp4-overrides", "dhcp6-overrides", "dhcp-identifier", "addresses", "gateway4", "gateway6",
					    "nameservers", "routes", "routing-policy", "accept-ra", "ra-overrides", "ipv6-privacy", "ipv6-address-generation",
					    "ipv6-address-token", "link-local", "optional", "optional-addresses", "critical" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(key, keys[i]))
			return true;
	return false;
}

/* What both need: the smallest MTU counts, and one renderer makes both. */
static bool key_is_shared(const char *key)
{
	return str_eq(key, "mtu") || str_eq(key, "renderer");
}

static void dump_text(const yaml_node_t *node, struct text *t)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	const char *s = (const char *)node->data.scalar.value;

	/* true, 1500: words that are no text must stay so. */
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && *s && !s[strspn(s, plain)]) {
		text_append(t, s);
		return;
	}
	text_append(t, "\"");
	for (; *s; s++)
		if (*s == '"' || *s == '\\')
			text_printf(t, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			text_printf(t, "\\x%02x", (unsigned char)*s);
		else
			text_append_bytes(t, s, 1);
	text_append(t, "\"");
}

/* In flow style, on one line: what it says, not how it stood there. */
static void dump(yaml_document_t *d, const yaml_node_t *node, struct text *t)
{
	const char *separator = "";

	switch (node->type) {
	case YAML_SEQUENCE_NODE:
		text_append(t, "[");
		for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++, separator = ", ") {
			text_append(t, separator);
			dump(d, yaml_document_get_node(d, *i), t);
		}
		text_append(t, "]");
		break;
	case YAML_MAPPING_NODE:
		text_append(t, "{ ");
		for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++, separator = ", ") {
			text_append(t, separator);
			dump(d, yaml_document_get_node(d, p->key), t);
			text_append(t, ": ");
			dump(d, yaml_document_get_node(d, p->value), t);
		}
		text_append(t, " }");
		break;
	default:
		dump_text(node, t);
	}
}

/* Where the last word of a value ends: a block's own mark is behind the comments that follow it. */
static size_t node_end(yaml_document_t *d, const yaml_node_t *node, size_t least)
{
	if (node->type == YAML_MAPPING_NODE && node->data.mapping.style != YAML_FLOW_MAPPING_STYLE &&
	    node->data.mapping.pairs.top > node->data.mapping.pairs.start) {
		const yaml_node_pair_t *last = node->data.mapping.pairs.top - 1;

		return node_end(d, yaml_document_get_node(d, last->value), yaml_document_get_node(d, last->key)->end_mark.index);
	}
	if (node->type == YAML_SEQUENCE_NODE && node->data.sequence.style != YAML_FLOW_SEQUENCE_STYLE &&
	    node->data.sequence.items.top > node->data.sequence.items.start)
		return node_end(d, yaml_document_get_node(d, node->data.sequence.items.top[-1]), least);
	return node->end_mark.index > least ? node->end_mark.index : least;
}

/* libyaml counts characters: a mark as a place in the bytes (UTF-8). */
static size_t byte_place(const char *text, size_t characters)
{
	const char *s = text;

	while (*s && characters) {
		s++;
		characters -= ((unsigned char)*s & 0xc0) != 0x80;
	}
	return (size_t)(s - text);
}

/* An entry in block style without the pairs that move, line by line; the rest byte for byte. */
static char *cut_block(const char *text, yaml_document_t *d, const yaml_node_t *key, const yaml_node_t *entry)
{
	struct text t = {};
	size_t done = 0, kept = 0;

	for (yaml_node_pair_t *p = entry->data.mapping.pairs.start; p < entry->data.mapping.pairs.top; p++)
		kept += !key_moves(yaml_file_text(yaml_document_get_node(d, p->key)));
	if (!kept) {
		/* Nothing in it is no mapping: "eno1: {}" is. */
		size_t place = byte_place(text, key->end_mark.index);

		place += strcspn(text + place, ":") + 1;
		text_append_bytes(&t, text, place);
		text_append(&t, " {}");
		done = place;
	}
	for (yaml_node_pair_t *p = entry->data.mapping.pairs.start; p < entry->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(d, p->key);
		size_t start = byte_place(text, k->start_mark.index), end;

		if (!key_moves(yaml_file_text(k)))
			continue;
		while (start > done && text[start - 1] != '\n')
			start--;
		end = byte_place(text, node_end(d, yaml_document_get_node(d, p->value), k->end_mark.index));
		end += strcspn(text + end, "\n");
		end += text[end] == '\n';
		text_append_bytes(&t, text + done, start - done);
		done = end;
	}
	text_append(&t, text + done);
	return text_take(&t);
}

/* One in flow style is written anew. */
static char *cut_flow(const char *text, yaml_document_t *d, const yaml_node_t *entry)
{
	const char *separator = "";
	struct text t = {};

	text_append_bytes(&t, text, byte_place(text, entry->start_mark.index));
	text_append(&t, "{");
	for (yaml_node_pair_t *p = entry->data.mapping.pairs.start; p < entry->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(d, p->key);

		if (key_moves(yaml_file_text(k)))
			continue;
		text_append(&t, separator);
		dump(d, k, &t);
		text_append(&t, ": ");
		dump(d, yaml_document_get_node(d, p->value), &t);
		separator = ", ";
	}
	text_append(&t, "}");
	text_append(&t, text + byte_place(text, entry->end_mark.index));
	return text_take(&t);
}

/* What goes to the bridge, a line each: "      dhcp4: true". */
struct carried {
	struct text lines;
	char **keys;
	bool moves; /* something that makes addresses is among them */
};

static void carried_done(struct carried *c)
{
	text_done(&c->lines);
	strv_free(c->keys);
}

/* 1: it has something to move. An alias stands for what is written elsewhere, and is not edited from here. */
static int carry(const char *path, yaml_document_t *d, const yaml_node_t *entry, bool keeps, struct carried *c)
{
	bool found = false;

	for (yaml_node_pair_t *p = entry->data.mapping.pairs.start; p < entry->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(d, p->key), *v = yaml_document_get_node(d, p->value);
		const char *key = yaml_file_text(k);

		if (!key || (!key_moves(key) && !key_is_shared(key)))
			continue;
		if (v->start_mark.index < k->end_mark.index || (v->type != YAML_SCALAR_NODE && v->end_mark.index < k->end_mark.index))
			return log_invalid("/%s:%zu: %s is an alias of YAML; write it out, so that it can move to the bridge", path, k->start_mark.line + 1, key);
		found = found || key_moves(key);
		if (key_moves(key) && !keeps)
			continue;
		if (strv_contains(c->keys, key))
			return log_invalid("/%s:%zu: %s stands in another file of netplan for the same port, too; say it in one", path, k->start_mark.line + 1, key);
		if (strv_add(&c->keys, key) < 0)
			return log_oom();
		c->moves = c->moves || key_moves(key);
		text_printf(&c->lines, "      %s: ", key);
		dump(d, v, &c->lines);
		text_append(&c->lines, "\n");
	}
	return found;
}

static yaml_node_t *find_entry(yaml_document_t *d, const char *kind, const char *id, const yaml_node_t **ret_key)
{
	yaml_node_t *kinds = yaml_file_get(d, yaml_file_get(d, yaml_document_get_root_node(d), "network"), kind);

	if (!kinds || kinds->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = kinds->data.mapping.pairs.start; p < kinds->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(d, p->key);

		if (str_eq(yaml_file_text(key), id)) {
			*ret_key = key;
			return yaml_document_get_node(d, p->value);
		}
	}
	return NULL;
}

/* One file's entry of the port: what moves goes to `c`, and is taken out of the file. */
static int edit_file(const struct bridge_job *job, const struct port_source *source, bool keeps, struct carried *c, struct plan *plan)
{
	_cleanup_free_ char *text = NULL, *edited = NULL;
	const yaml_node_t *key, *entry;
	yaml_document_t d;
	int r;

	r = bridge_read_file(job, plan, source->file, &text);
	if (r < 0)
		return r;
	if (!text || yaml_file_load(text, &d) < 0)
		return log_error("cannot read /%s any more", source->file), -EBADMSG;
	entry = find_entry(&d, "ethernets", source->id, &key);
	if (!entry)
		r = log_invalid("/%s:%u: %s is not among the ethernets there; a bridge is made over a port alone", source->file, source->line, source->id);
	else if (entry->type == YAML_MAPPING_NODE)
		r = carry(source->file, &d, entry, keeps, c);
	if (entry && r > 0)
		edited = entry->data.mapping.style == YAML_FLOW_MAPPING_STYLE ? cut_flow(text, &d, entry) : cut_block(text, &d, key, entry);
	yaml_document_delete(&d);
	if (r <= 0)
		return r;
	if (!edited)
		return log_oom();
	if (!str_starts(source->file, "etc/"))
		return log_invalid("/%s makes the port's addresses, and is not the administrator's file; copy it to /etc/netplan first", source->file);
	return bridge_want_file(job, plan, source->file, edited, 0600, "the port has no addresses of its own");
}

/* Where the port has none by now, what they were stands in our own file. */
static int take_own(const struct bridge_job *job, struct carried *c)
{
	_cleanup_free_ char *path = text_format(OWN_FILE, job->bridge->name), *text = NULL;
	const yaml_node_t *key, *entry;
	yaml_document_t d;
	int r = 0;

	if (!path)
		return log_oom();
	if (c->moves || fs_read(job->root_fd, &text, NULL, "%s", path) < 0 || yaml_file_load(text, &d) < 0)
		return 0;
	entry = find_entry(&d, "bridges", job->bridge->name, &key);
	if (entry && entry->type == YAML_MAPPING_NODE) {
		carried_done(c);
		*c = (struct carried){};
		r = carry(path, &d, entry, true, c);
	}
	yaml_document_delete(&d);
	return r;
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
	if (job->vlan)
		text_printf(t, "  vlans:\n    \"%s\": { id: %u, link: \"%s\" }\n", job->vlan, job->bridge->vlan, port_id(job, job->link));
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

static int want_own(const struct bridge_job *job, struct carried *c, struct plan *plan)
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
	_cleanup_(carried_done) struct carried c = {};
	bool keeps = job->bridge->kind == ADDRESSES_KEEP;
	int r = 0;

	for (size_t i = 0; job->ports[i] && r >= 0 && (!job->vlan || job->bond); i++) {
		_cleanup_(carried_done) struct carried other = {};

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
