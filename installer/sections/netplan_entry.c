/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entry of an interface in netplan's YAML: what makes its addresses is carried to a bridge, and cut out of the file. */

#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "installer/sections/netplan_entry.h"

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
static char *cut_block(struct netplan_entry *e)
{
	yaml_document_t *d = &e->document;
	const char *text = e->text;
	struct text t = {};
	size_t done = 0, kept = 0;

	for (yaml_node_pair_t *p = e->node->data.mapping.pairs.start; p < e->node->data.mapping.pairs.top; p++)
		kept += !key_moves(yaml_file_text(yaml_document_get_node(d, p->key)));
	if (!kept) {
		/* Nothing in it is no mapping: "eno1: {}" is. */
		size_t place = byte_place(text, e->key->end_mark.index);

		place += strcspn(text + place, ":") + 1;
		text_append_bytes(&t, text, place);
		text_append(&t, " {}");
		done = place;
	}
	for (yaml_node_pair_t *p = e->node->data.mapping.pairs.start; p < e->node->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(d, p->key);
		size_t start = byte_place(text, k->start_mark.index), end;

		if (!key_moves(yaml_file_text(k)))
			continue;
		while (start > done && text[start - 1] != '\n')
			start--;
		end = byte_place(text, node_end(d, yaml_document_get_node(d, p->value), k->end_mark.index));
		/* A block scalar (| or >) ends where the next line begins. */
		if (text[end - 1] != '\n') {
			end += strcspn(text + end, "\n");
			end += text[end] == '\n';
		}
		text_append_bytes(&t, text + done, start - done);
		done = end;
	}
	text_append(&t, text + done);
	return text_take(&t);
}

/* One in flow style is written anew. */
static char *cut_flow(struct netplan_entry *e)
{
	yaml_document_t *d = &e->document;
	const char *separator = "";
	struct text t = {};

	text_append_bytes(&t, e->text, byte_place(e->text, e->node->start_mark.index));
	text_append(&t, "{");
	for (yaml_node_pair_t *p = e->node->data.mapping.pairs.start; p < e->node->data.mapping.pairs.top; p++) {
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
	text_append(&t, e->text + byte_place(e->text, e->node->end_mark.index));
	return text_take(&t);
}

static const yaml_node_t *find_entry(yaml_document_t *d, const char *kind, const char *id, const yaml_node_t **ret_key)
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

int netplan_entry_parse(const char *text, const char *kind, const char *id, struct netplan_entry *ret)
{
	struct netplan_entry e = { .text = text };
	int r;

	r = yaml_file_load(text, &e.document);
	if (r < 0)
		return r;
	e.node = find_entry(&e.document, kind, id, &e.key);
	*ret = e;
	return 0;
}

void netplan_entry_done(struct netplan_entry *e)
{
	yaml_document_delete(&e->document);
	*e = (struct netplan_entry){};
}

bool netplan_entry_has_keys(const struct netplan_entry *e)
{
	return e->node && e->node->type == YAML_MAPPING_NODE;
}

/* "eno1: &anchor" or "eno1: !tag", and the keys below it: cut out of the file they would leave that behind. */
static bool has_properties(yaml_document_t *d, const yaml_node_t *entry)
{
	const yaml_node_pair_t *first = entry->data.mapping.pairs.start;

	return entry->data.mapping.style != YAML_FLOW_MAPPING_STYLE && first < entry->data.mapping.pairs.top &&
	       yaml_document_get_node(d, first->key)->start_mark.index != entry->start_mark.index;
}

int netplan_entry_carry(struct netplan_entry *e, const char *path, bool keeps, struct netplan_carried *c)
{
	yaml_document_t *d = &e->document;
	const yaml_node_t *alias;
	bool found = false;
	int r;

	if (!netplan_entry_has_keys(e))
		return 0;
	r = yaml_file_find_alias(d, e->node, &alias);
	if (r < 0)
		return log_oom();
	if (r > 0)
		return log_invalid("/%s:%zu: an alias of YAML names this in another place, too; write it out there, so that what belongs to the "
				   "bridge can move", path, alias->start_mark.line + 1);
	if (has_properties(d, e->node))
		return log_invalid("/%s:%zu: an anchor (&) or a tag (!) of YAML stands before the keys of this entry; take it out", path,
				   e->node->start_mark.line + 1);
	for (yaml_node_pair_t *p = e->node->data.mapping.pairs.start; p < e->node->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(d, p->key), *v = yaml_document_get_node(d, p->value);
		const char *key = yaml_file_text(k);

		if (!key || (!key_moves(key) && !key_is_shared(key)))
			continue;
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

void netplan_carried_done(struct netplan_carried *c)
{
	text_done(&c->lines);
	strv_free(c->keys);
	*c = (struct netplan_carried){};
}

char *netplan_entry_cut(struct netplan_entry *e)
{
	return e->node->data.mapping.style == YAML_FLOW_MAPPING_STYLE ? cut_flow(e) : cut_block(e);
}
