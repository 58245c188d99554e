/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices in a handover: what a DASD or a set of crypto queues is made into, and the changes that make it. */

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change_value.h"
#include "installer/channel_thing.h"

#define MATRIX "matrix"

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
const struct element *thing_find(const struct thing *t, const struct elements *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct mediated_parent *p = NULL;

		if (all->list[i].kind == HOSTDEV_MEDIATED && mediated_find_device(&t->h->host->mediated, all->list[i].source, &p) && str_eq(p->name, t->parent))
			return &all->list[i];
	}
	return NULL;
}

const struct element *thing_find_in(const struct thing *t, const struct guest_state *s)
{
	const struct element *e = s ? thing_find(t, &s->has_saved) : NULL;

	return e || !s ? e : thing_find(t, &s->has_live);
}

void thing_use(struct thing *t, const struct element *e)
{
	snprintf(t->uuid, sizeof(t->uuid), "%s", e->source);
	t->made = mediated_find_device(&t->h->host->mediated, e->source, NULL);
}

/* RFC 4122, 4.4: of random numbers. */
int thing_make_uuid(struct thing *t)
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

char *thing_define_queues(const struct thing *t, const struct ap_mask *cards, const struct ap_mask *domains)
{
	_cleanup_json_ struct json_object *o = json_object_new_object();
	struct json_object *attributes;

	json_add_string(o, "mdev_type", t->type);
	json_add_string(o, "start", "auto");
	attributes = json_add_array(o, "attrs");
	for (unsigned id = 0; id < AP_IDS; id++)
		if (ap_mask_has(cards, id))
			add_attribute(attributes, "assign_adapter", id, 2);
	for (unsigned id = 0; id < AP_IDS; id++)
		if (ap_mask_has(domains, id))
			add_attribute(attributes, "assign_domain", id, 4);
	return strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
}

/* Each card and each domain once, as mdevctl(8) keeps it: what is asked for, and what it has already. */
char *thing_define(const struct thing *t)
{
	struct ap_mask cards = {}, domains = {};
	unsigned card, domain;

	for (size_t i = 0; !t->ccw && i < t->h->channel->n_queues; i++) {
		ap_mask_set(&cards, t->h->channel->queues[i]->card, true);
		ap_mask_set(&domains, t->h->channel->queues[i]->domain, true);
	}
	for (char **name = t->made ? t->made->queues : NULL; name && *name; name++)
		if (ap_queue_parse(*name, &card, &domain) == 0) {
			ap_mask_set(&cards, card, true);
			ap_mask_set(&domains, domain, true);
		}
	return thing_define_queues(t, &cards, &domains);
}

static int content_copy(struct content *c, const char *text)
{
	*c = (struct content){ .exists = true, .data = strdup(text), .size = strlen(text) };
	return c->data ? 0 : log_oom();
}

/* As it is defined now, byte for byte; of one that was only started, what it is made of. */
int thing_definition(const struct thing *t, char **ret)
{
	if (fs_read(t->h->host->root_fd, ret, NULL, "etc/mdevctl.d/%s/%s", t->parent, t->uuid) >= 0)
		return 0;
	*ret = thing_define(t);
	return *ret ? 0 : log_oom();
}

/* `before` or `after` NULL: it is not there. */
int thing_plan(struct plan *plan, const struct thing *t, const char *before, const char *after, bool is_kept, const char *summary)
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

int thing_plan_subchannel(struct plan *plan, const struct ccw_device *d, const char *driver, bool online, bool is_kept, const char *summary)
{
	struct change *c = plan_add(plan, CHANGE_SUBCHANNEL, d->subchannel);

	if (!c || !(c->summary = strdup(summary)))
		return log_oom();
	c->one_shot = !is_kept;
	c->was_active = d->is_online == TRUTH_YES;
	c->active = online;
	c->driver_before = d->subchannel_driver ? strdup(d->subchannel_driver) : NULL;
	c->driver_after = driver ? strdup(driver) : NULL;
	return !d->subchannel_driver == !c->driver_before && !driver == !c->driver_after ? 0 : log_oom();
}

static int plan_mask(struct plan *plan, int root_fd, const char *path, const struct ap_mask *mask, const char *summary)
{
	_cleanup_free_ char *text = ap_mask_format(mask);

	return text ? plan_want_value(plan, root_fd, path, text, summary) : log_oom();
}

int thing_plan_masks(struct plan *plan, int root_fd, const struct ap_mask *cards, const struct ap_mask *domains, const char *summary)
{
	int r;

	r = plan_mask(plan, root_fd, "sys/bus/ap/apmask", cards, summary);
	return r < 0 ? r : plan_mask(plan, root_fd, "sys/bus/ap/aqmask", domains, summary);
}

/* What is taken from the host with these masks is remembered as slipway's to give back. */
int thing_plan_queues_aside(struct plan *plan, const struct thing *t, bool is_kept)
{
	const struct handover *h = t->h;
	const struct ap *ap = &h->host->ap;
	const struct ap_queue *first;
	struct ap_mask cards, domains;
	int r;

	if (!ap_masks_without(ap, h->channel->queues, h->channel->n_queues, &cards, &domains, &first))
		return log_errno(-EINVAL, "%s cannot leave the host alone", first->name);
	r = thing_plan_masks(plan, h->host->root_fd, &cards, &domains, "the host lets go of the queues");
	for (unsigned id = 0; id < AP_IDS && is_kept; id++) {
		if (ap_mask_has(&ap->cards, id) && !ap_mask_has(&cards, id))
			ap_mask_set(&t->boot->cards, id, true);
		if (ap_mask_has(&ap->domains, id) && !ap_mask_has(&domains, id))
			ap_mask_set(&t->boot->domains, id, true);
	}
	return r < 0 ? r : 0;
}

int thing_each(const struct handover *h, thing_visit *visit, const void *context, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(channel_boot_done) struct channel_boot boot = {};
	int r;

	if (!h->channel || !(h->channel->n_ccws + h->channel->n_queues))
		return 0;
	r = channel_boot_read(h->host->root_fd, &boot);
	for (size_t i = 0; i < h->channel->n_ccws && r >= 0; i++) {
		_cleanup_(thing_done) struct thing t = {};

		r = thing_of_ccw(h, &boot, h->channel->ccws[i], &t);
		if (r >= 0)
			r = visit(&t, context, plan, refusals);
	}
	if (r >= 0 && h->channel->n_queues) {
		_cleanup_(thing_done) struct thing t = {};

		r = thing_of_queues(h, &boot, &t);
		if (r >= 0)
			r = visit(&t, context, plan, refusals);
	}
	return r < 0 || refusals->n ? r : channel_boot_plan(h->host->root_fd, &boot, plan);
}
