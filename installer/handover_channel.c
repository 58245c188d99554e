/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handovers of s390x's DASDs and crypto queues: as mediated devices, which are made for a guest and go when it has lost them. */

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change_value.h"
#include "installer/channel_boot.h"
#include "installer/handover.h"
#include "passthrough/subchannel.h"

#define MATRIX "matrix"

/* One mediated device that is asked for: a DASD, or all queues of the request together. */
struct thing {
	const struct handover *h;
	struct channel_boot *boot;       /* what is slipway's over reboots, of all that is asked for */
	const struct ccw_device *ccw;    /* NULL: the queues */
	char *target;                    /* "ccw=0.0.1234", "ap=05.0004,05.0005" */
	const char *parent, *model, *type;
	char uuid[37];                   /* "" where none is made yet */
	const struct mediated_device *made; /* NULL: not made, or not known to the host */
};

static void thing_done(struct thing *t)
{
	free(t->target);
}

static int thing_of_ccw(const struct handover *h, struct channel_boot *boot, const struct ccw_device *d, struct thing *ret)
{
	*ret = (struct thing){ .h = h, .boot = boot, .ccw = d, .parent = d->subchannel, .model = "vfio-ccw", .type = "vfio_ccw-io" };
	ret->target = text_format("ccw=%s", d->id);
	return ret->target ? 0 : log_oom();
}

static int thing_of_queues(const struct handover *h, struct channel_boot *boot, struct thing *ret)
{
	struct text t = {};

	*ret = (struct thing){ .h = h, .boot = boot, .parent = MATRIX, .model = "vfio-ap", .type = "vfio_ap-passthrough" };
	for (size_t i = 0; i < h->channel->n_queues; i++)
		text_printf(&t, "%s%s", i ? "," : "ap=", h->channel->queues[i]->name);
	ret->target = text_take(&t);
	return ret->target ? 0 : log_oom();
}

/* The element that is this thing: of a guest's crypto queues there is but one (drivers/s390/crypto/vfio_ap_ops.c: one for each KVM). */
static const struct element *find(const struct thing *t, const struct elements *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct mediated_parent *p = NULL;

		if (all->list[i].kind == HOSTDEV_MEDIATED && mediated_find_device(&t->h->host->mediated, all->list[i].source, &p) && str_eq(p->name, t->parent))
			return &all->list[i];
	}
	return NULL;
}

static const struct element *find_in(const struct thing *t, const struct guest_state *s)
{
	const struct element *e = s ? find(t, &s->has_saved) : NULL;

	return e || !s ? e : find(t, &s->has_live);
}

static void use(struct thing *t, const struct element *e)
{
	snprintf(t->uuid, sizeof(t->uuid), "%s", e->source);
	t->made = mediated_find_device(&t->h->host->mediated, e->source, NULL);
}

/* RFC 4122, 4.4: of random numbers. */
static int make_uuid(struct thing *t)
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return log_errno(-EIO, "cannot get random numbers");
	b[6] = (unsigned char)(0x40 | (b[6] & 0x0f));
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
	snprintf(t->uuid, sizeof(t->uuid), "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5], b[6],
		 b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return 0;
}

static void add_attribute(struct json_object *array, const char *name, unsigned id, int digits)
{
	struct json_object *one = json_object_new_object();

	json_add_hex(one, name, id, digits);
	json_object_array_add(array, one);
}

/* Each card and each domain once, as mdevctl(8) keeps it. */
static char *define(const struct thing *t)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	struct json_object *attributes;
	struct ap_mask cards = {}, domains = {};

	json_add_string(o, "mdev_type", t->type);
	json_add_string(o, "start", "auto");
	attributes = json_add_array(o, "attrs");
	for (size_t i = 0; !t->ccw && i < t->h->channel->n_queues; i++) {
		ap_mask_set(&cards, t->h->channel->queues[i]->card, true);
		ap_mask_set(&domains, t->h->channel->queues[i]->domain, true);
	}
	for (unsigned id = 0; id < AP_IDS; id++)
		if (ap_mask_has(&cards, id))
			add_attribute(attributes, "assign_adapter", id, 2);
	for (unsigned id = 0; id < AP_IDS; id++)
		if (ap_mask_has(&domains, id))
			add_attribute(attributes, "assign_domain", id, 4);
	return strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
}

static int content_copy(struct content *c, const char *text)
{
	*c = (struct content){ .exists = true, .data = strdup(text), .size = strlen(text) };
	return c->data ? 0 : log_oom();
}

/* As it is defined now, byte for byte; of one that was only started, what it is made of. */
static int definition_of(const struct thing *t, char **ret)
{
	if (fs_read(t->h->host->root_fd, ret, NULL, "etc/mdevctl.d/%s/%s", t->parent, t->uuid) >= 0)
		return 0;
	*ret = define(t);
	return *ret ? 0 : log_oom();
}

/* `before` or `after` NULL: it is not there. */
static int plan_mediated(struct plan *plan, const struct thing *t, const char *before, const char *after, bool is_kept, const char *summary)
{
	_cleanup_free_ char *target = text_format("%s/%s", t->parent, t->uuid);
	struct change *c = target ? plan_add(plan, CHANGE_MEDIATED, target) : NULL;

	if (!c || !(c->summary = strdup(summary)))
		return log_oom();
	c->saved = is_kept;
	c->one_shot = !is_kept;
	if (before && content_copy(&c->before, before) < 0)
		return -ENOMEM;
	return after ? content_copy(&c->after, after) : 0;
}

static int plan_subchannel(struct plan *plan, const struct ccw_device *d, const char *driver, bool is_kept, const char *summary)
{
	struct change *c = plan_add(plan, CHANGE_SUBCHANNEL, d->subchannel);

	if (!c || !(c->summary = strdup(summary)))
		return log_oom();
	c->one_shot = !is_kept;
	c->driver_before = d->subchannel_driver ? strdup(d->subchannel_driver) : NULL;
	c->driver_after = driver ? strdup(driver) : NULL;
	return !d->subchannel_driver == !c->driver_before && !driver == !c->driver_after ? 0 : log_oom();
}

/* The host lets go of a DASD in order: offline first. On the way back it is online again when its driver has it. */
static int plan_ccw_aside(struct plan *plan, const struct thing *t, bool is_kept)
{
	const struct host *host = t->h->host;
	_cleanup_free_ char *online = text_format("sys/bus/css/devices/%s/%s/online", t->ccw->subchannel, t->ccw->id);
	int r = online ? 0 : log_oom();

	if (r >= 0 && t->ccw->is_online == TRUTH_YES)
		r = plan_want_value(plan, host->root_fd, online, "0", "the host lets go of the disk");
	if (r >= 0 && !ccw_is_on_vfio(t->ccw))
		r = plan_subchannel(plan, t->ccw, SUBCHANNEL_VFIO, is_kept, "for the guest");
	/* What somebody else has set aside stays his. */
	if (r < 0 || !is_kept || ccw_is_on_vfio(t->ccw))
		return r;
	return strv_add_new(&t->boot->ccws, t->ccw->id) < 0 ? log_oom() : 0;
}

static int plan_mask(struct plan *plan, int root_fd, const char *path, const struct ap_mask *mask, const char *summary)
{
	_cleanup_free_ char *text = ap_mask_format(mask);

	return text ? plan_want_value(plan, root_fd, path, text, summary) : log_oom();
}

static int plan_masks(struct plan *plan, int root_fd, const struct ap_mask *cards, const struct ap_mask *domains, const char *summary)
{
	int r;

	r = plan_mask(plan, root_fd, "sys/bus/ap/apmask", cards, summary);
	return r < 0 ? r : plan_mask(plan, root_fd, "sys/bus/ap/aqmask", domains, summary);
}

/* What is taken from the host with these masks is remembered as slipway's to give back. */
static int plan_ap_aside(struct plan *plan, const struct thing *t, bool is_kept)
{
	const struct handover *h = t->h;
	const struct ap *ap = &h->host->ap;
	const struct ap_queue *first;
	struct ap_mask cards, domains;
	int r;

	if (!ap_masks_without(ap, h->channel->queues, h->channel->n_queues, &cards, &domains, &first))
		return log_errno(-EINVAL, "%s cannot leave the host alone", first->name);
	r = plan_masks(plan, h->host->root_fd, &cards, &domains, "the host lets go of the queues");
	for (unsigned id = 0; id < AP_IDS && is_kept; id++) {
		if (ap_mask_has(&ap->cards, id) && !ap_mask_has(&cards, id))
			ap_mask_set(&t->boot->cards, id, true);
		if (ap_mask_has(&ap->domains, id) && !ap_mask_has(&domains, id))
			ap_mask_set(&t->boot->domains, id, true);
	}
	return r < 0 ? r : 0;
}

/* A second set of queues cannot be had beside the first. */
static int check_same(const struct thing *t, const char *guest, struct refusals *refusals)
{
	bool is_same = strv_length(t->made->queues) == t->h->channel->n_queues;
	_cleanup_free_ char *queues = strv_join(t->made->queues, ", ");

	for (size_t i = 0; i < t->h->channel->n_queues && is_same; i++)
		is_same = strv_contains(t->made->queues, t->h->channel->queues[i]->name);
	if (is_same)
		return 0;
	return refusals_add(refusals, t->h->channel->queues[0]->name, "closure", "", "guest %s has crypto queues already, and as one device: %s; take these from it "
			    "first, and then name all that go together", guest, queues ? queues : "");
}

static int check(const struct thing *t, const char *guest, struct refusals *refusals)
{
	const struct handover *h = t->h;
	int r;

	if (t->made && !t->ccw)
		r = check_same(t, guest, refusals);
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
		r = definition_of(t, &definition);
		return r < 0 ? r : plan_mediated(plan, t, definition, definition, is_kept, "start it");
	}
	r = t->ccw ? plan_ccw_aside(plan, t, is_kept) : plan_ap_aside(plan, t, is_kept);
	if (r >= 0)
		r = make_uuid(t);
	if (r >= 0 && !(definition = define(t)))
		r = log_oom();
	return r < 0 ? r : plan_mediated(plan, t, NULL, definition, is_kept, t->ccw ? "the DASD, as a guest gets it" : "the crypto queues, as a guest gets them");
}

static int give(struct thing *t, struct guest_state *to, const struct guest_state *from, struct plan *plan, struct refusals *refusals)
{
	const struct element *has = find_in(t, to), *comes = has ? has : find_in(t, from);
	bool live = to->live && !find(t, &to->has_live), saved = to->saved && !find(t, &to->has_saved);
	_cleanup_free_ char *xml = NULL;
	size_t before = refusals->n;
	int r;

	if (comes)
		use(t, comes);
	r = check(t, to->name, refusals);
	if (r < 0 || refusals->n > before || (!live && !saved))
		return r;
	r = plan_made(plan, t, saved || (has && find(t, &to->has_saved)));
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

/* Is there anything of it in the request? */
static bool is_asked_for(const struct handover *h)
{
	return h->channel && h->channel->n_ccws + h->channel->n_queues;
}

int handover_give_channel(const struct handover *h, struct guest_state *to, const struct guest_state *from, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(channel_boot_done) struct channel_boot boot = {};
	int r;

	if (!is_asked_for(h))
		return 0;
	r = channel_boot_read(h->host->root_fd, &boot);
	for (size_t i = 0; i < h->channel->n_ccws && r >= 0; i++) {
		_cleanup_(thing_done) struct thing t = {};

		r = thing_of_ccw(h, &boot, h->channel->ccws[i], &t);
		if (r >= 0)
			r = give(&t, to, from, plan, refusals);
	}
	if (r >= 0 && h->channel->n_queues) {
		_cleanup_(thing_done) struct thing t = {};

		r = thing_of_queues(h, &boot, &t);
		if (r >= 0)
			r = give(&t, to, from, plan, refusals);
	}
	return r < 0 || refusals->n ? r : channel_boot_plan(h->host->root_fd, &boot, plan);
}

/* --- and back --- */

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
	return plan_masks(plan, host->root_fd, &cards, &domains, "the queues are the host's again");
}

static int plan_ccw_back(struct plan *plan, const struct thing *t)
{
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
	return ccw_is_on_vfio(t->ccw) ? plan_subchannel(plan, t->ccw, NULL, true, "back to the host's own driver, and offline") : 0;
}

/* Nobody has a part of it any more: not this guest, and by what libvirt says no other. */
static int is_free(const struct thing *t, struct guest_connection *c, const struct guest_state *from)
{
	_cleanup_(guest_uses_done) struct guest_uses users = {};
	int r;

	if ((find(t, &from->has_live) && !from->live) || (find(t, &from->has_saved) && !from->saved))
		return 0;
	r = guest_users(c, &users);
	return r < 0 ? r : !guest_uses_find(&users, t->uuid, from->name);
}

static int plan_return(struct plan *plan, const struct thing *t)
{
	_cleanup_free_ char *definition = NULL;
	int r;

	r = definition_of(t, &definition);
	if (r >= 0)
		r = plan_mediated(plan, t, definition, NULL, t->made->is_defined, "nobody has it any more");
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
	const struct element *live = from->live ? find(t, &from->has_live) : NULL, *saved = from->saved ? find(t, &from->has_saved) : NULL;
	_cleanup_free_ char *again = NULL;
	size_t before = refusals->n;
	int r;

	if (!live && !saved)
		return log_invalid("guest %s does not have %s; nothing was changed", from->name, t->target);
	use(t, saved ? saved : live);
	r = check_whole(t, from->name, refusals);
	if (r < 0 || refusals->n > before)
		return r;
	r = live ? element_strip_alias(live->xml, &again) : 0;
	if (r < 0 || !handover_add(plan, from->name, t->target, again, saved ? saved->xml : NULL, false))
		return log_oom();
	r = to_host ? is_free(t, c, from) : 0;
	return r <= 0 ? r : plan_return(plan, t);
}

int handover_take_channel(const struct handover *h, struct guest_connection *c, struct guest_state *from, bool to_host, struct plan *plan,
			  struct refusals *refusals)
{
	_cleanup_(channel_boot_done) struct channel_boot boot = {};
	int r;

	if (!is_asked_for(h))
		return 0;
	r = channel_boot_read(h->host->root_fd, &boot);
	for (size_t i = 0; i < h->channel->n_ccws && r >= 0; i++) {
		_cleanup_(thing_done) struct thing t = {};

		r = thing_of_ccw(h, &boot, h->channel->ccws[i], &t);
		if (r >= 0)
			r = take(&t, c, from, to_host, plan, refusals);
	}
	if (r >= 0 && h->channel->n_queues) {
		_cleanup_(thing_done) struct thing t = {};

		r = thing_of_queues(h, &boot, &t);
		if (r >= 0)
			r = take(&t, c, from, to_host, plan, refusals);
	}
	return r < 0 || refusals->n ? r : channel_boot_plan(h->host->root_fd, &boot, plan);
}
