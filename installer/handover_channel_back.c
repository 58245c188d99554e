/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handovers of s390x's DASDs and crypto queues: how they leave a guest, and what the host gets back. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/channel_thing.h"

/* Would one of another mediated device's queues be the host's with these masks? */
static bool takes_from_others(const struct thing *t, const struct ap_mask *cards, const struct ap_mask *domains)
{
	const struct mediated *m = &t->h->host->mediated;
	unsigned card, domain;

	for (size_t i = 0; i < m->n; i++)
		for (size_t j = 0; j < m->list[i].n_devices; j++)
			for (char **name = m->list[i].devices[j].queues; name && *name; name++)
				if (!str_eq(m->list[i].devices[j].uuid, t->uuid) && ap_queue_parse(*name, &card, &domain) == 0 &&
				    ap_mask_has(cards, card) && ap_mask_has(domains, domain))
					return true;
	return false;
}

/* One bit back, where slipway has cleared it and nobody else lives on that; false: somebody does. */
static bool give_bit(const struct thing *t, struct ap_mask *mask, struct ap_mask *owned, unsigned id, const struct ap_mask *cards, const struct ap_mask *domains)
{
	if (!ap_mask_has(owned, id))
		return true;
	ap_mask_set(mask, id, true);
	if (takes_from_others(t, cards, domains)) {
		ap_mask_set(mask, id, false);
		return false;
	}
	ap_mask_set(owned, id, false);
	return true;
}

static int plan_ap_back(struct plan *plan, const struct thing *t)
{
	const struct host *host = t->h->host;
	struct ap_mask cards = host->ap.cards, domains = host->ap.domains;
	bool all = true;

	if (!host->ap.masks_known)
		return 0;
	for (size_t i = 0; i < t->h->channel->n_queues; i++) {
		const struct ap_queue *q = t->h->channel->queues[i];

		all = give_bit(t, &cards, &t->boot->cards, q->card, &cards, &domains) && all;
		all = give_bit(t, &domains, &t->boot->domains, q->domain, &cards, &domains) && all;
	}
	if (memcmp(&cards, &host->ap.cards, sizeof(cards)) == 0 && memcmp(&domains, &host->ap.domains, sizeof(domains)) == 0)
		log_info("the masks in /sys/bus/ap stay as they are: %s", all ? "it was not slipway that set these queues aside for good" :
			 "other guests have queues of the same card or domain");
	return thing_plan_masks(plan, host->root_fd, &cards, &domains, "the queues are the host's again");
}

static int plan_ccw_back(struct plan *plan, const struct thing *t)
{
	bool was_online = strv_contains(t->boot->online, t->ccw->id);
	_cleanup_(strv_freep) char **rest = NULL;

	if (!strv_contains(t->boot->ccws, t->ccw->id)) {
		log_info("%s stays on vfio_ccw: it was not slipway that set it aside for good; 'driverctl -b css unset-override %s' gives it back to the host",
			 t->ccw->id, t->ccw->subchannel);
		return 0;
	}
	for (char **id = t->boot->ccws; *id; id++)
		if (!str_eq(*id, t->ccw->id) && strv_add(&rest, *id) < 0)
			return log_oom();
	strv_free(t->boot->ccws);
	t->boot->ccws = TAKE(rest);
	if (!ccw_is_on_vfio(t->ccw))
		return 0;
	if (!was_online)
		log_info("%s is the host's again, and offline as before; 'chccwdev -e %s' sets it online", t->ccw->id, t->ccw->id);
	return thing_plan_subchannel(plan, t->ccw, NULL, was_online, true, was_online ? "back to the host's own driver, and online as before" :
				     "back to the host's own driver, and offline as before");
}

/* Nobody has a part of it any more: not this guest, and by what libvirt says no other. */
static int is_free(const struct thing *t, struct guest_connection *c, const struct guest_state *from)
{
	_cleanup_(guest_uses_done) struct guest_uses users = {};
	int r;

	if ((thing_find(t, &from->has_live) && !from->live) || (thing_find(t, &from->has_saved) && !from->saved))
		return 0;
	r = guest_users(c, &users);
	return r < 0 ? r : !guest_uses_find(&users, t->uuid, from->name);
}

static int plan_return(struct plan *plan, const struct thing *t)
{
	_cleanup_free_ char *definition = NULL;
	int r;

	r = thing_definition(t, &definition);
	if (r >= 0)
		r = thing_plan(plan, t, definition, NULL, t->made->is_defined, "nobody has it any more");
	if (r < 0)
		return r;
	return t->ccw ? plan_ccw_back(plan, t) : plan_ap_back(plan, t);
}

/* Queues leave a guest as they came: all that are one device. */
static int check_whole(const struct thing *t, const char *guest, struct refusals *refusals)
{
	_cleanup_free_ char *queues = t->ccw ? NULL : strv_join(t->made->queues, ", ");
	bool is_whole = t->ccw || strv_length(t->made->queues) == t->h->channel->n_queues;
	int r;

	for (size_t i = 0; !t->ccw && i < t->h->channel->n_queues; i++)
		if (!strv_contains(t->made->queues, t->h->channel->queues[i]->name))
			return log_invalid("guest %s does not have ap=%s; nothing was changed", guest, t->h->channel->queues[i]->name);
	if (is_whole)
		return 0;
	r = refusals_add(refusals, t->h->channel->queues[0]->name, "closure", "", "guest %s has its crypto queues as one device, and they leave it together: %s; name "
			 "them all, and give it anew those that it is to keep", guest, queues ? queues : "");
	return r < 0 ? log_oom() : 0;
}

static int take(struct thing *t, struct guest_connection *c, struct guest_state *from, bool to_host, struct plan *plan, struct refusals *refusals)
{
	const struct element *live = from->live ? thing_find(t, &from->has_live) : NULL, *saved = from->saved ? thing_find(t, &from->has_saved) : NULL;
	_cleanup_free_ char *again = NULL;
	size_t before = refusals->n;
	int r;

	if (!live && !saved)
		return log_invalid("guest %s does not have %s; nothing was changed", from->name, t->target);
	thing_use(t, saved ? saved : live);
	r = check_whole(t, from->name, refusals);
	if (r < 0 || refusals->n > before)
		return r;
	r = live ? element_strip_alias(live->xml, &again) : 0;
	if (r < 0 || !handover_add(plan, from->name, t->target, again, saved ? saved->xml : NULL, false))
		return log_oom();
	r = to_host ? is_free(t, c, from) : 0;
	return r <= 0 ? r : plan_return(plan, t);
}

struct taking {
	struct guest_connection *connection;
	struct guest_state *from;
	bool to_host;
};

static int take_each(struct thing *t, const void *context, struct plan *plan, struct refusals *refusals)
{
	const struct taking *g = context;

	return take(t, g->connection, g->from, g->to_host, plan, refusals);
}

int handover_take_channel(const struct handover *h, struct guest_connection *c, struct guest_state *from, bool to_host, struct plan *plan,
			  struct refusals *refusals)
{
	const struct taking g = { .connection = c, .from = from, .to_host = to_host };

	return thing_each(h, take_each, &g, plan, refusals);
}
