/* SPDX-License-Identifier: GPL-2.0-or-later */
/* networks: networks of libvirt: the default one on or off, and others over a bridge of the host. */

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/proposal.h"
#include "installer/sections/libvirt_sections.h"

static void keep(struct settings *s, yaml_node_t *value, const char *text, char **ret)
{
	*ret = strdup(text);
	if (!*ret)
		settings_complain(s, value, "out of memory");
}

static void read_name(struct settings *s, yaml_node_t *value, void *context)
{
	struct libvirt_network_wish *n = context;
	const char *text = settings_text(value);

	if (!object_name_is_plain(text))
		settings_complain(s, value, "the name of a network must be up to 64 letters, digits, '_', '.' and '-', such as default");
	else
		keep(s, value, text, &n->name);
}

static void read_bridge(struct settings *s, yaml_node_t *value, void *context)
{
	struct libvirt_network_wish *n = context;
	const char *text = settings_text(value);

	if (!text || !network_name_is_plain(text))
		settings_complain(s, value, "bridge must be a bridge of the host, such as br0");
	else
		keep(s, value, text, &n->bridge);
}

static void read_active(struct settings *s, yaml_node_t *value, void *context)
{
	struct libvirt_network_wish *n = context;

	settings_switch(s, value, &n->is_active);
}

static bool is_known(const struct object_wishes *w, const char *name)
{
	for (size_t i = 0; i < w->n_networks; i++)
		if (str_eq(w->networks[i].name, name))
			return true;
	return false;
}

static void read_network(struct settings *s, yaml_node_t *item, void *context)
{
	static const struct setting keys[] = { { "name", read_name }, { "bridge", read_bridge }, { "active", read_active }, {} };
	_cleanup_(libvirt_network_wish_done) struct libvirt_network_wish n = { .is_active = true };
	struct object_wishes *w = &((struct wishes *)s->target)->objects;
	size_t before = s->complaints.n;
	struct libvirt_network_wish *grown;

	(void)context;
	settings_mapping(s, item, keys, "an entry of networks", &n);
	if (s->complaints.n > before || item->type != YAML_MAPPING_NODE)
		return;
	if (!n.name) {
		settings_lacks(s, item, "name", "an entry of networks needs name");
		return;
	}
	if (is_known(w, n.name)) {
		settings_complain(s, item, "network %s is in the list twice", n.name);
		return;
	}
	grown = reallocarray(w->networks, w->n_networks + 1, sizeof(*grown));
	if (!grown) {
		settings_complain(s, item, "out of memory");
		return;
	}
	w->networks = grown;
	w->networks[w->n_networks++] = TAKE(n);
}

void networks_read(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "networks must be a list, such as [{ name: default, active: off }]", read_network, context);
}

bool networks_are_wished(const struct wishes *wishes)
{
	return wishes->objects.n_networks;
}

int networks_propose(const struct host *host, struct text *t)
{
	(void)host;
	text_append(t, "\n");
	proposal_say(t, "Networks of libvirt: its default one, with addresses of its own behind the host's, on or off; and bridges by a name that is the same");
	proposal_say(t, "on all hosts, for guests that migrate ('bridge: br0').");
	proposal_offer(t, "networks:");
	proposal_offer(t, "  - name: default");
	proposal_offer(t, "    active: off");
	return 0;
}
