/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handovers: what a guest has, and how devices come back from it. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/handover.h"

void guest_state_done(struct guest_state *s)
{
	elements_done(&s->has_live);
	elements_done(&s->has_saved);
	free(s->live_xml);
	free(s->saved_xml);
	*s = (struct guest_state){};
}

int guest_state_read(struct guest_connection *c, const char *name, struct guest_state *ret)
{
	_cleanup_(guest_state_done) struct guest_state s = { .name = name };
	int r;

	r = guest_exists(c, name);
	if (r == 0)
		return log_error("there is no guest %s; 'virsh list --all' names them", name), -ENOENT;
	if (r >= 0)
		r = guest_definitions(c, name, &s.live_xml, &s.saved_xml);
	if (r < 0)
		return r;
	r = s.live_xml ? elements_parse(s.live_xml, &s.has_live) : 0;
	if (r >= 0)
		r = s.saved_xml ? elements_parse(s.saved_xml, &s.has_saved) : 0;
	if (r < 0)
		return log_errno(r, "cannot understand the definition of guest %s", name);
	*ret = TAKE(s);
	return 0;
}

int guest_state_choose(struct guest_state *s, const struct handover *h)
{
	s->live = s->live_xml && !h->no_live;
	s->saved = s->saved_xml && !h->no_saved;
	if (s->live || s->saved)
		return 0;
	return log_invalid("guest %s %s, so there is nothing left to change", s->name, s->live_xml ? "has no saved definition" : "does not run");
}

/* A disk of the guest is a device of the host where its path leads to a namespace of that. */
static bool block_is_on(const struct host *host, const char *path, const struct device *d)
{
	const struct block *b = blocks_find_source(host->root_fd, &host->blocks, path);

	if (b && b->disk)
		b = blocks_find(&host->blocks, b->disk);
	return b && strv_contains(b->functions, d->address);
}

static bool element_is_of(const struct host *host, const struct element *e, const struct device *d)
{
	if (e->kind == HOSTDEV_BLOCK)
		return block_is_on(host, e->source, d);
	return e->kind < HOSTDEV_PCI_KINDS && str_eq(e->source, d->address);
}

const struct element *elements_next(const struct host *host, const struct elements *all, const struct device *d, size_t *at)
{
	for (; *at < all->n; (*at)++)
		if (element_is_of(host, &all->list[*at], d))
			return &all->list[*at];
	return NULL;
}

struct change *handover_add(struct plan *plan, const char *guest, const char *target, const char *live, const char *saved, bool attach)
{
	struct change *c = plan_add(plan, CHANGE_HOSTDEV, target);

	if (!c)
		return NULL;
	c->guest = strdup(guest);
	c->summary = strdup(attach ? "give it to the guest" : "take it back from the guest");
	c->attach = attach;
	c->live = live;
	c->saved = saved;
	c->live_xml = live ? strdup(live) : NULL;
	c->saved_xml = saved ? strdup(saved) : NULL;
	return c->guest && c->summary && !live == !c->live_xml && !saved == !c->saved_xml ? c : NULL;
}

/* May the running guest lose it: libvirt takes no function out of a slot with several (cannot hot unplug multifunction PCI device). */
static int handover_check_unplug(const struct guest_state *from, const char *target, const struct element *e, struct refusals *refusals)
{
	if (!e->has_address || (!e->is_multifunction && !e->address.function))
		return 0;
	return refusals_add(refusals, target, "multifunction", "", "%s is one of several functions in slot %02x:%02x of guest %s, and libvirt takes none "
			    "of them out of a running guest; stop the guest first, or use --no-live: then the device stays until its next start", target,
			    e->address.bus, e->address.slot, from->name);
}

static bool is_taken(const struct handover *h, const char *address)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_eq(h->devices[i]->address, address))
			return true;
	return false;
}

/* No guest looks for functions in a slot whose function 0 is not there (PCI Local Bus Specification 3.0, 3.2.2.3.4). */
static int check_left_behind(const struct handover *h, const struct guest_state *from, const char *target, const struct element *saved,
			     struct refusals *refusals)
{
	int r = 0;

	for (size_t i = 0; i < from->has_saved.n && r >= 0 && saved->has_address && !saved->address.function; i++) {
		const struct element *e = &from->has_saved.list[i];

		if (e == saved || !e->has_address || e->address.domain != saved->address.domain || e->address.bus != saved->address.bus ||
		    e->address.slot != saved->address.slot || is_taken(h, e->source))
			continue;
		r = refusals_add(refusals, target, "multifunction", "", "%s is function 0 in slot %02x:%02x of guest %s, and without it the guest does not see "
				 "%s there; take both", target, saved->address.bus, saved->address.slot, from->name, e->source);
	}
	return r;
}

/* Of a device that both definitions have, each loses its own element; what stands there comes back when all is undone. */
static int take_element(const struct handover *h, struct guest_state *from, const char *target, const struct element *live, const struct element *saved,
			struct plan *plan, struct refusals *refusals)
{
	_cleanup_free_ char *again = NULL;
	struct change *c;
	int r = 0;

	if (live)
		r = handover_check_unplug(from, target, live, refusals);
	if (r >= 0 && saved)
		r = check_left_behind(h, from, target, saved, refusals);
	/* The alias was the device's that left. */
	if (r >= 0 && live)
		r = element_strip_alias(live->xml, &again);
	if (r < 0)
		return r == -ENOMEM ? log_oom() : r;
	c = handover_add(plan, from->name, target, again, saved ? saved->xml : NULL, false);
	if (!c)
		return log_oom();
	c->managed = live ? live->managed : saved->managed;
	return 0;
}

static int take_device(const struct handover *h, struct guest_state *from, const struct device *d, struct plan *plan, struct refusals *refusals)
{
	static const struct elements none;
	const struct elements *lives = from->live ? &from->has_live : &none, *saveds = from->saved ? &from->has_saved : &none;
	size_t at_live = 0, at_saved = 0, n = 0;
	int r = 0;

	for (;; n++, at_live++, at_saved++) {
		const struct element *live = elements_next(h->host, lives, d, &at_live), *saved = elements_next(h->host, saveds, d, &at_saved);

		if (!live && !saved)
			break;
		r = take_element(h, from, d->address, live, saved, plan, refusals);
		if (r < 0)
			return r;
	}
	return n ? 0 : log_invalid("guest %s does not have %s; nothing was changed", from->name, d->address);
}

int handover_take(const struct handover *h, struct guest_state *from, struct plan *plan, struct refusals *refusals)
{
	int r = 0;

	for (size_t i = 0; i < h->n && r >= 0; i++)
		r = take_device(h, from, h->devices[i], plan, refusals);
	return r;
}

/* The running guest keeps what it is not to lose. */
static int return_device(const struct handover *h, const struct guest_state *from, const struct device *d, struct plan *plan)
{
	size_t at = 0;
	const struct element *live = elements_next(h->host, &from->has_live, d, &at);
	struct change *c;

	if (!device_is_on_vfio(d) || (live && !from->live))
		return 0;
	c = plan_add(plan, CHANGE_DRIVER, d->address);
	if (!c)
		return log_oom();
	c->driver_before = strdup(d->driver);
	c->override_before = d->driver_override ? strdup(d->driver_override) : NULL;
	c->summary = strdup("back to the host's own driver");
	/* What libvirt has bound it binds again, when the guest gets it back. */
	c->managed = live && live->managed;
	return c->driver_before && c->summary && (c->override_before || !d->driver_override) ? 0 : log_oom();
}

/* Only when the last function of a group has left its guest can the host's drivers have any of them (Linux 6.0: iommu_device_claim_dma_owner()). */
int handover_return(const struct handover *h, const struct guest_state *from, struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < h->n && r >= 0; i++)
		r = return_device(h, from, h->devices[i], plan);
	return r;
}
