/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's sections `bridges` and `bonds`, read. */

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/sections/bridges.h"

static char *take_text(struct settings *s, yaml_node_t *value, const char *message)
{
	const char *text = settings_text(value);
	char *copy;

	if (!text || !*text) {
		settings_complain(s, value, "%s", message);
		return NULL;
	}
	copy = strdup(text);
	if (!copy)
		settings_complain(s, value, "out of memory");
	return copy;
}

static void read_name_into(struct settings *s, yaml_node_t *value, char **ret)
{
	const char *text = settings_text(value);

	if (!text || !network_name_is_plain(text))
		settings_complain(s, value, "name must be up to 15 letters, digits, '_', '.' and '-', such as br0");
	else
		*ret = take_text(s, value, "");
}

static void read_port(struct settings *s, yaml_node_t *item, void *context)
{
	char ***ports = context;
	const char *text = settings_text(item);

	if (!text || !*text)
		settings_complain(s, item, "a port must be the name of an interface, such as eno1");
	else if (strv_contains(*ports, text))
		settings_complain(s, item, "port '%s' stands twice", text);
	else if (strv_add(ports, text) < 0)
		settings_complain(s, item, "out of memory");
}

static void read_name(struct settings *s, yaml_node_t *value, void *context)
{
	struct bridge_wish *b = context;

	read_name_into(s, value, &b->name);
}

static void read_ports(struct settings *s, yaml_node_t *value, void *context)
{
	struct bridge_wish *b = context;

	settings_list(s, value, "ports must be a list, such as [eno1]", read_port, &b->ports);
}

static bool is_ip(const char *text)
{
	unsigned char bytes[16];

	return text && (inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1);
}

static bool is_address_with_prefix(const char *text)
{
	const char *slash = text ? strchr(text, '/') : NULL;
	_cleanup_free_ char *address = slash ? strndup(text, (size_t)(slash - text)) : NULL;
	unsigned prefix;

	return is_ip(address) && parse_unsigned(slash + 1, &prefix) >= 0 && prefix >= 1 && prefix <= (strchr(address, ':') ? 128 : 32);
}

static void read_address(struct settings *s, yaml_node_t *item, void *context)
{
	struct bridge_wish *b = context;
	const char *text = settings_text(item);

	if (!is_address_with_prefix(text))
		settings_complain(s, item, "an address must have its prefix, such as 192.0.2.7/24 or \"2001:db8::7/64\"");
	else if (strv_add(&b->addresses, text) < 0)
		settings_complain(s, item, "out of memory");
}

static void read_addresses(struct settings *s, yaml_node_t *value, void *context)
{
	static const struct {
		const char *word;
		enum addresses_wish kind;
	} words[] = { { "keep", ADDRESSES_KEEP }, { "dhcp", ADDRESSES_DHCP }, { "none", ADDRESSES_NONE } };
	struct bridge_wish *b = context;

	b->says_addresses = true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(settings_text(value), words[i].word)) {
			b->kind = words[i].kind;
			return;
		}
	b->kind = ADDRESSES_STATIC;
	settings_list(s, value, "addresses must be keep, dhcp, none, or a list such as [192.0.2.7/24]", read_address, context);
}

static void read_gateway(struct settings *s, yaml_node_t *item, void *context)
{
	struct bridge_wish *b = context;
	const char *text = settings_text(item);
	bool is_ipv6 = text && strchr(text, ':');

	if (!is_ip(text)) {
		settings_complain(s, item, "gateway must be an address without prefix, such as 192.0.2.1");
		return;
	}
	for (char **g = b->gateways; g && *g; g++)
		if ((strchr(*g, ':') != NULL) == is_ipv6)
			settings_complain(s, item, "gateway: one of each family at most");
	if (strv_add(&b->gateways, text) < 0)
		settings_complain(s, item, "out of memory");
}

static void read_gateways(struct settings *s, yaml_node_t *value, void *context)
{
	if (value->type == YAML_SEQUENCE_NODE)
		settings_list(s, value, "", read_gateway, context);
	else
		read_gateway(s, value, context);
}

static void read_server(struct settings *s, yaml_node_t *item, void *context)
{
	struct bridge_wish *b = context;

	if (!is_ip(settings_text(item)))
		settings_complain(s, item, "dns: an address is wanted, such as 192.0.2.53");
	else if (strv_add(&b->dns, settings_text(item)) < 0)
		settings_complain(s, item, "out of memory");
}

static void read_dns(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "dns must be a list of addresses, such as [192.0.2.53]", read_server, context);
}

static void read_domain(struct settings *s, yaml_node_t *item, void *context)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	struct bridge_wish *b = context;
	const char *text = settings_text(item);

	if (!text || !*text || text[strspn(text, plain)])
		settings_complain(s, item, "search: the name of a domain is wanted, such as example.org");
	else if (strv_add(&b->search, text) < 0)
		settings_complain(s, item, "out of memory");
}

static void read_search(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "search must be a list of domains, such as [example.org]", read_domain, context);
}

static void read_mtu(struct settings *s, yaml_node_t *value, void *context)
{
	struct bridge_wish *b = context;
	const char *text = settings_text(value);

	/* Less than 1280 and there is no IPv6 (RFC 8200 section 5). */
	if (!text || parse_unsigned(text, &b->mtu) < 0 || b->mtu < 1280 || b->mtu > 65535)
		settings_complain(s, value, "mtu must be a number from 1280 to 65535");
}

static void read_vlan(struct settings *s, yaml_node_t *value, void *context)
{
	struct bridge_wish *b = context;
	const char *text = settings_text(value);

	if (!text || parse_unsigned(text, &b->vlan) < 0 || b->vlan < 1 || b->vlan > 4094)
		settings_complain(s, value, "vlan must be a number from 1 to 4094");
}

static void read_stp(struct settings *s, yaml_node_t *value, void *context)
{
	struct bridge_wish *b = context;

	b->stp = str_eq(settings_text(value), "on");
	if (!b->stp && !str_eq(settings_text(value), "off"))
		settings_complain(s, value, "stp must be on or off");
}

static void read_confirm(struct settings *s, yaml_node_t *value, void *context)
{
	struct bridge_wish *b = context;
	const char *text = settings_text(value);

	if (!text || parse_unsigned(text, &b->confirm) < 0 || b->confirm < 5 || b->confirm > 600)
		settings_complain(s, value, "confirm must be a number of seconds from 5 to 600");
}

/* Unicast, or no port could have it (IEEE 802-2014 section 8.2). */
static bool is_mac(const char *text)
{
	unsigned bytes[6];
	char more;

	return strlen(text) == 17 && !text[strspn(text, "0123456789abcdefABCDEF:")] &&
	       sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &bytes[0], &bytes[1], &bytes[2], &bytes[3], &bytes[4], &bytes[5], &more) == 6 && !(bytes[0] & 1);
}

static void read_mac(struct settings *s, yaml_node_t *value, void *context)
{
	struct bridge_wish *b = context;
	const char *text = settings_text(value);

	if (!text || !is_mac(text)) {
		settings_complain(s, value, "mac must be a unicast address, such as 52:54:00:12:34:56");
		return;
	}
	b->mac = take_text(s, value, "");
	str_lower(b->mac);
}

/* What only makes sense together. */
static void check_bridge(struct settings *s, yaml_node_t *item, const struct bridge_wish *b)
{
	bool is_static = b->kind == ADDRESSES_STATIC;

	if (!b->name)
		settings_lacks(s, item, "name", "an entry of bridges needs name");
	if (!b->ports)
		settings_lacks(s, item, "ports", "an entry of bridges needs ports");
	if (is_static && !b->addresses && b->says_addresses)
		settings_complain(s, item, "addresses: the list is empty; 'none' is for a bridge without");
	if ((b->gateways || b->dns || b->search) && !is_static)
		settings_complain(s, item, "gateway, dns and search are for a list of addresses");
	if (b->vlan && b->says_addresses && b->kind == ADDRESSES_KEEP)
		settings_complain(s, item, "addresses: keep is not for a VLAN of the port: the port keeps its own");
	if (b->vlan && strv_length(b->ports) > 1)
		settings_complain(s, item, "vlan is for one port");
}

static bool has_name(const struct network_wishes *w, const char *name)
{
	for (size_t i = 0; i < w->n_bridges; i++)
		if (str_eq(w->bridges[i].name, name))
			return true;
	for (size_t i = 0; i < w->n_bonds; i++)
		if (str_eq(w->bonds[i].name, name))
			return true;
	return false;
}

static void read_bridge(struct settings *s, yaml_node_t *item, void *context)
{
	static const struct setting keys[] = { { "name", read_name },	{ "ports", read_ports }, { "addresses", read_addresses }, { "gateway", read_gateways },
					       { "dns", read_dns },	{ "search", read_search }, { "mtu", read_mtu },	{ "vlan", read_vlan },
					       { "stp", read_stp },	{ "mac", read_mac },	 { "confirm", read_confirm }, {} };
	struct network_wishes *w = &((struct wishes *)s->target)->network;
	_cleanup_(bridge_wish_done) struct bridge_wish b = { .confirm = CONFIRM_SECONDS };
	struct bridge_wish *grown;

	(void)context;
	settings_mapping(s, item, keys, "an entry of bridges", &b);
	if (item->type != YAML_MAPPING_NODE)
		return;
	check_bridge(s, item, &b);
	if (b.vlan && !b.says_addresses)
		b.kind = ADDRESSES_NONE;
	if (b.name && has_name(w, b.name))
		settings_complain(s, item, "name: '%s' stands twice", b.name);
	grown = realloc(w->bridges, (w->n_bridges + 1) * sizeof(*grown));
	if (!grown) {
		settings_complain(s, item, "out of memory");
		return;
	}
	w->bridges = grown;
	grown[w->n_bridges++] = TAKE(b);
}

void bridges_read(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "bridges must be a list, such as [{ name: br0, ports: [eno1] }]", read_bridge, context);
}

static void read_bond_name(struct settings *s, yaml_node_t *value, void *context)
{
	struct bond_wish *b = context;

	read_name_into(s, value, &b->name);
}

static void read_bond_ports(struct settings *s, yaml_node_t *value, void *context)
{
	struct bond_wish *b = context;

	settings_list(s, value, "ports must be a list, such as [eno1, eno2]", read_port, &b->ports);
}

/* The static word of the table; NULL after it was said. */
static const char *choose(struct settings *s, yaml_node_t *value, const char *const *words, const char *message)
{
	for (; *words; words++)
		if (str_eq(settings_text(value), *words))
			return *words;
	settings_complain(s, value, "%s", message);
	return NULL;
}

static void read_mode(struct settings *s, yaml_node_t *value, void *context)
{
	static const char *const words[] = { "active-backup", "802.3ad", NULL };
	struct bond_wish *b = context;

	b->mode = choose(s, value, words, "mode must be active-backup or 802.3ad");
}

static void read_hash(struct settings *s, yaml_node_t *value, void *context)
{
	static const char *const words[] = { "layer2", "layer2+3", "layer3+4", NULL };
	struct bond_wish *b = context;

	b->hash = choose(s, value, words, "hash must be layer2, layer2+3 or layer3+4");
}

static void read_primary(struct settings *s, yaml_node_t *value, void *context)
{
	struct bond_wish *b = context;

	b->primary = take_text(s, value, "primary must be one of the ports");
}

static void check_bond(struct settings *s, yaml_node_t *item, const struct bond_wish *b)
{
	if (!b->name)
		settings_lacks(s, item, "name", "an entry of bonds needs name");
	if (!b->ports)
		settings_lacks(s, item, "ports", "an entry of bonds needs ports");
	if (!b->mode)
		settings_lacks(s, item, "mode", "an entry of bonds needs mode");
	if (b->primary && (!str_eq(b->mode, "active-backup") || !strv_contains(b->ports, b->primary)))
		settings_complain(s, item, "primary must be one of the ports, and is for active-backup");
	if (b->hash && !str_eq(b->mode, "802.3ad"))
		settings_complain(s, item, "hash is for 802.3ad");
}

static void read_bond(struct settings *s, yaml_node_t *item, void *context)
{
	static const struct setting keys[] = { { "name", read_bond_name }, { "ports", read_bond_ports }, { "mode", read_mode },
					       { "primary", read_primary }, { "hash", read_hash },	 {} };
	struct network_wishes *w = &((struct wishes *)s->target)->network;
	_cleanup_(bond_wish_done) struct bond_wish b = {};
	struct bond_wish *grown;

	(void)context;
	settings_mapping(s, item, keys, "an entry of bonds", &b);
	if (item->type != YAML_MAPPING_NODE)
		return;
	check_bond(s, item, &b);
	if (b.name && has_name(w, b.name))
		settings_complain(s, item, "name: '%s' stands twice", b.name);
	grown = realloc(w->bonds, (w->n_bonds + 1) * sizeof(*grown));
	if (!grown) {
		settings_complain(s, item, "out of memory");
		return;
	}
	w->bonds = grown;
	grown[w->n_bonds++] = TAKE(b);
}

void bonds_read(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "bonds must be a list, such as [{ name: bond0, ports: [eno1, eno2], mode: active-backup }]", read_bond, context);
}
