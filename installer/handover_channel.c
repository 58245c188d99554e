/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handovers of s390x's DASDs and crypto queues: how a guest gets them. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change_value.h"
#include "installer/channel_thing.h"
#include "passthrough/subchannel.h"

/* The host lets go of a DASD in order: offline first. On the way back it is online again when its driver has it. */
static int plan_ccw_aside(struct plan *plan, const struct thing *t, bool is_kept)
{
	const struct host *host = t->h->host;
	_cleanup_free_ char *online = text_format("sys/bus/css/devices/%s/%s/online", t->ccw->subchannel, t->ccw->id);
	int r = online ? 0 : log_oom();

	if (r >= 0 && t->ccw->is_online == TRUTH_YES)
		r = plan_want_value(plan, host->root_fd, online, "0", "the host lets go of the disk");
	if (r >= 0 && !ccw_is_on_vfio(t->ccw))
		r = thing_plan_subchannel(plan, t->ccw, SUBCHANNEL_VFIO, false, is_kept, "for the guest");
	/* What somebody else has set aside stays his. */
	if (r < 0 || !is_kept || ccw_is_on_vfio(t->ccw))
		return r;
	if (strv_add_new(&t->boot->ccws, t->ccw->id) < 0 || (t->ccw->is_online == TRUTH_YES && strv_add_new(&t->boot->online, t->ccw->id) < 0))
		return log_oom();
	return 0;
}

static int check(const struct thing *t, const struct guest_state *to, struct refusals *refusals)
{
	const struct handover *h = t->h;
	int r;

	if (t->made && !t->ccw)
		return more_queues_check(t, to, refusals);
	else if (t->made)
		return 0;
	else
		r = t->ccw ? ccw_check(h->host, h->uses, t->ccw, h->allowed, refusals) :
			     ap_check(h->host, h->uses, h->channel->queues, h->channel->n_queues, h->allowed, refusals);
	return r < 0 ? log_oom() : 0;
}

/* It is kept over a reboot where the guest's saved definition has it. */
static int plan_made(struct plan *plan, struct thing *t, bool is_kept)
{
	_cleanup_free_ char *definition = NULL;
	int r;

	if (t->made && t->made->is_active && (t->made->is_defined || !is_kept))
		return 0;
	if (t->made) {
		r = thing_definition(t, &definition);
		return r < 0 ? r : thing_plan(plan, t, definition, definition, is_kept, "start it");
	}
	r = t->ccw ? plan_ccw_aside(plan, t, is_kept) : thing_plan_queues_aside(plan, t, is_kept);
	if (r >= 0)
		r = thing_make_uuid(t);
	if (r >= 0 && !(definition = thing_define(t)))
		r = log_oom();
	return r < 0 ? r : thing_plan(plan, t, NULL, definition, is_kept, t->ccw ? "the DASD, as a guest gets it" : "the crypto queues, as a guest gets them");
}

static int give(struct thing *t, struct guest_state *to, const struct guest_state *from, struct plan *plan, struct refusals *refusals)
{
	const struct element *has = thing_find_in(t, to), *comes = has ? has : thing_find_in(t, from);
	bool live = to->live && !thing_find(t, &to->has_live), saved = to->saved && !thing_find(t, &to->has_saved);
	bool is_kept = saved || (has && thing_find(t, &to->has_saved));
	_cleanup_free_ char *xml = NULL;
	size_t before = refusals->n;
	int r;

	if (comes)
		thing_use(t, comes);
	r = check(t, to, refusals);
	if (r < 0 || refusals->n > before)
		return r;
	if (t->made && !t->ccw)
		r = more_queues_plan(plan, t, to, is_kept && to->saved);
	if (r < 0 || (!live && !saved))
		return r;
	r = plan_made(plan, t, is_kept);
	if (r >= 0) {
		const struct element_wish wish = { .kind = HOSTDEV_MEDIATED, .source = t->uuid, .model = t->model };

		r = element_format(&wish, &xml);
		if (r < 0)
			return log_errno(r, "cannot describe %s", t->target);
	}
	if (r < 0)
		return r;
	return handover_add(plan, to->name, t->target, live ? xml : NULL, saved ? xml : NULL, true) ? 0 : log_oom();
}

struct giving {
	struct guest_state *to;
	const struct guest_state *from;
};

static int give_each(struct thing *t, const void *context, struct plan *plan, struct refusals *refusals)
{
	const struct giving *g = context;

	return give(t, g->to, g->from, plan, refusals);
}

int handover_give_channel(const struct handover *h, struct guest_state *to, const struct guest_state *from, struct plan *plan, struct refusals *refusals)
{
	const struct giving g = { .to = to, .from = from };

	return thing_each(h, give_each, &g, plan, refusals);
}
