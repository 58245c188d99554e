/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guests: who is to be there, each made of a profile, with its devices. */

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/proposal.h"
#include "installer/sections/guests.h"
#include "passthrough/settings_selector.h"

/* profiles/ knows no selectors: what is wrong in one is told here, where it stands. */
static void check_device(struct settings *s, yaml_node_t *item, void *context)
{
	_cleanup_(selector_done) struct selector selector = {};
	const char *text = settings_text(item);

	(void)context;
	if (text && *text)
		settings_selector(s, item, "", &selector);
}

static void check_devices(struct settings *s, yaml_node_t *entry)
{
	for (yaml_node_pair_t *p = entry->data.mapping.pairs.start; p < entry->data.mapping.pairs.top; p++) {
		yaml_node_t *key = yaml_document_get_node(s->document, p->key), *value = yaml_document_get_node(s->document, p->value);

		if (str_eq(settings_text(key), "devices") && value->type == YAML_SEQUENCE_NODE)
			settings_list(s, value, "", check_device, NULL);
	}
}

static bool is_known(const struct guest_wishes *guests, const char *name)
{
	for (size_t i = 0; i < guests->n; i++)
		if (str_eq(guest_settings_find(&guests->list[i], "name"), name))
			return true;
	return false;
}

/* Takes it over. */
static void keep(struct settings *s, const yaml_node_t *item, struct guest_wishes *guests, struct guest_settings *one)
{
	struct guest_settings *grown = reallocarray(guests->list, guests->n + 1, sizeof(*grown));

	if (!grown) {
		settings_complain(s, item, "out of memory");
		return;
	}
	guests->list = grown;
	guests->list[guests->n++] = TAKE(*one);
}

static void read_guest(struct settings *s, yaml_node_t *item, void *context)
{
	_cleanup_(guest_settings_done) struct guest_settings one = {};
	struct wishes *wishes = s->target;
	size_t before = s->complaints.n;
	const char *name;

	(void)context;
	guest_settings_read(s, item, "an entry of guests", &one);
	if (item->type != YAML_MAPPING_NODE)
		return;
	check_devices(s, item);
	name = guest_settings_find(&one, "name");
	if (s->complaints.n > before)
		return; /* what is wrong may be the name */
	if (!name)
		settings_complain(s, item, "an entry of guests needs name");
	else if (!one.profile)
		settings_complain(s, item, "an entry of guests needs profile, such as uefi");
	else if (is_known(&wishes->guests, name))
		settings_complain(s, item, "guest %s is in the list twice", name);
	else
		keep(s, item, &wishes->guests, &one);
}

void guests_read(struct settings *s, yaml_node_t *value, void *context)
{
	settings_list(s, value, "guests must be a list, such as [{ name: guest1, profile: uefi }]", read_guest, context);
}

bool guests_are_wished(const struct wishes *wishes)
{
	return wishes->guests.n;
}

int guests_propose(const struct host *host, struct text *t)
{
	const char *profile = host->cpu.vendor == CPU_S390 ? "s390x" : "uefi";

	text_append(t, "\n");
	proposal_say(t, "Guests, each made of a profile ('slipway profile list') with options of 'slipway profile define' over it, and its devices.");
	proposal_say(t, "One that is there already is compared, and never overwritten.");
	proposal_offer(t, "guests:");
	proposal_offer(t, "  - name: guest1");
	proposal_offer(t, "    profile: %s", profile);
	proposal_offer(t, "    memory: 4G");
	proposal_offer(t, "    vcpus: 2");
	proposal_offer(t, "    disk: default/guest1.qcow2");
	proposal_offer(t, "    autostart: on");
	proposal_offer(t, "    devices: []");
	return 0;
}
