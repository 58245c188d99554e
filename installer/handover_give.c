/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handovers: what a guest gets, in which way, and where in the guest it sits. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/handover.h"
#include "installer/handover_disk.h"
#include "installer/handover_uses.h"
#include "passthrough/bind.h"
#include "passthrough/guest_layout.h"
#include "passthrough/guest_ports.h"

/* What is planned for one guest, while it is planned. */
struct giving {
	const struct handover *h;
	struct guest_state *to;
	struct plan *plan;
	struct refusals *refusals;
	struct guest_ports live, saved;
	char **targets;                /* names of disks that are given out already */
};

static void giving_done(struct giving *g)
{
	guest_ports_done(&g->live);
	guest_ports_done(&g->saved);
	strv_free(g->targets);
}

/* Which definitions lack it? */
static void look_for(const struct giving *g, const struct device *d, bool *ret_live, bool *ret_saved)
{
	size_t at_live = 0, at_saved = 0;

	*ret_live = g->to->live && !elements_next(g->h->host, &g->to->has_live, d, &at_live);
	*ret_saved = g->to->saved && !elements_next(g->h->host, &g->to->has_saved, d, &at_saved);
}

static bool is_needed(const struct giving *g, const struct device *d)
{
	bool live, saved;

	look_for(g, d, &live, &saved);
	return live || saved;
}

static int read_ports(struct giving *g)
{
	int r = 0;

	if (g->to->live)
		r = guest_ports_parse(g->to->live_xml, &g->live);
	if (r >= 0 && g->to->saved)
		r = guest_ports_parse(g->to->saved_xml, &g->saved);
	return r < 0 ? log_errno(r, "cannot understand the definition of guest %s", g->to->name) : 0;
}

/* The place for a slot's worth of functions; what is chosen is taken for the next one. -ENOSPC: there is none, and it is noted. */
static int choose_places(struct giving *g, const char *address, bool live, bool saved, bool is_multi, struct guest_places *ret)
{
	_cleanup_free_ char *why = NULL;
	int r;

	r = guest_places_choose(live ? &g->live : NULL, saved ? &g->saved : NULL, g->h->at, is_multi, ret, &why);
	if (r == -ENOSPC && refusals_add(g->refusals, address, "guest-slot", "", "%s: %s", address, why) < 0)
		r = -ENOMEM;
	if (r >= 0 && ret->has_live)
		r = guest_ports_take(&g->live, &ret->live, address);
	if (r >= 0 && ret->has_saved)
		r = guest_ports_take(&g->saved, &ret->saved, address);
	return r == -ENOMEM ? log_oom() : r;
}

/* The element for one definition: of this function, at this place. NULL in *ret where it is not wanted there. */
static int make_element(const struct element_wish *wish, bool wanted, bool has_place, const struct guest_address *place, const struct layout *l,
			char **ret)
{
	struct element_wish w = *wish;
	struct guest_address at = *place;
	int r;

	if (!wanted)
		return 0;
	at.function = l->function;
	if (has_place) {
		w.at = &at;
		w.is_multifunction = l->is_multifunction;
	}
	r = element_format(&w, ret);
	return r < 0 ? log_errno(r, "cannot describe %s", l->device->address) : 0;
}

/*
 * A running guest gets one device after the other, and libvirt binds each when its turn comes: too late for QEMU, which takes a
 * group only when the host's drivers have nothing of it any more (linux/vfio.h: VFIO_GROUP_FLAGS_VIABLE). A guest that starts gets all at once.
 */
static bool must_be_bound_before(const struct giving *g, const struct device *d)
{
	const struct iommu_group *group = iommu_find(&g->h->host->iommu, d->iommu_group);

	return group && group->n_endpoints > 1;
}

static int add_element(struct giving *g, const struct element_wish *wish, const struct layout *l, const struct guest_places *places, bool live,
		       bool saved)
{
	_cleanup_free_ char *live_xml = NULL, *saved_xml = NULL;
	struct element_wish for_live = *wish;
	struct change *c;
	int r;

	for_live.managed = wish->managed && !must_be_bound_before(g, l->device);
	r = make_element(&for_live, live, places->has_live, &places->live, l, &live_xml);
	if (r >= 0)
		r = make_element(wish, saved, places->has_saved, &places->saved, l, &saved_xml);
	if (r < 0)
		return r;
	c = handover_add(g->plan, g->to->name, l->device->address, live_xml, saved_xml, true);
	if (!c)
		return log_oom();
	c->managed = wish->managed;
	return 0;
}

/* On vfio-pci before libvirt looks at it, and for another reason than libvirt's. */
static int add_binding(struct giving *g, const struct device *d, const char *summary)
{
	struct change *c;

	if (device_is_on_vfio(d))
		return 0;
	c = plan_add(g->plan, CHANGE_DRIVER, d->address);
	if (!c)
		return log_oom();
	c->driver_before = d->driver ? strdup(d->driver) : NULL;
	c->override_before = d->driver_override ? strdup(d->driver_override) : NULL;
	c->driver_after = strdup(VFIO_DRIVER);
	c->summary = strdup(summary);
	return c->driver_after && c->summary && !d->driver == !c->driver_before && !d->driver_override == !c->override_before ? 0 : log_oom();
}

/* What the boot binds stays on vfio-pci when the guest stops; else libvirt fetches it and gives it back. */
static bool is_managed(const struct giving *g, const struct device *d)
{
	return !sightings_identity(&g->h->host->sightings, &g->h->host->identities, d);
}

static int give_function(struct giving *g, const struct layout *l, const struct guest_places *places, bool live, bool saved)
{
	struct element_wish wish = {
		.kind = g->h->kind, .source = l->device->address,
		.managed = is_managed(g, l->device),
	};
	int r;

	/* What the boot binds is not libvirt's to bind. */
	r = wish.managed ? 0 : add_binding(g, l->device, "for the guest, as at every boot");
	if (r >= 0 && wish.kind == HOSTDEV_DISK)
		r = disk_wish_nvme(l->device, g->to->live_xml, g->to->saved_xml, &g->targets, &wish, g->refusals);
	return r < 0 ? r : add_element(g, &wish, l, places, live, saved);
}

/* The functions of one slot. libvirt plugs function 0 alone into a running guest (virDomainPCIAddressEnsureAddr()). */
static int give_slot(struct giving *g, const struct layout *l, size_t n)
{
	bool live = false, saved = false, is_multi = l->is_shared && g->h->kind == HOSTDEV_PLAIN;
	struct guest_places places;
	int r;

	for (size_t i = 0; i < n; i++) {
		bool in_live, in_saved;

		look_for(g, l[i].device, &in_live, &in_saved);
		live = live || in_live;
		saved = saved || in_saved;
	}
	if (is_multi && live)
		return refusals_add(g->refusals, l->device->address, "multifunction", "", "%s and its other functions belong into one slot of the guest, and "
				    "libvirt plugs only single functions into a running guest; use --no-live: then guest %s has them from its next start; or "
				    "--apart: each goes into a slot of its own, now", l->device->address, g->to->name);
	r = choose_places(g, l->device->address, live, saved, is_multi, &places);
	for (size_t i = 0; i < n && r >= 0; i++) {
		bool in_live, in_saved;

		look_for(g, l[i].device, &in_live, &in_saved);
		r = give_function(g, &l[i], &places, in_live, in_saved);
	}
	return r == -ENOSPC ? 0 : r;
}

/* Before the first of them is given. */
static int bind_groups(struct giving *g, struct device *const *devices, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		bool live, saved;

		look_for(g, devices[i], &live, &saved);
		if (live && is_managed(g, devices[i]) && must_be_bound_before(g, devices[i]))
			r = add_binding(g, devices[i], "its IOMMU group goes as a whole; it stays there when the guest stops");
	}
	return r;
}

static int give_functions(struct giving *g, struct device *const *devices, size_t n)
{
	_cleanup_free_ struct layout *layout = calloc(n + 1, sizeof(*layout));
	int r = layout ? bind_groups(g, devices, n) : log_oom();
	size_t slots;

	slots = layout ? layout_make(devices, n, g->h->apart || g->h->kind != HOSTDEV_PLAIN, layout) : 0;
	if (g->h->at && slots > 1)
		return log_invalid("--at names one slot of the guest, and these are devices for %zu", slots);
	for (size_t first = 0, end; first < n && r >= 0; first = end) {
		for (end = first; end < n && layout[end].slot == layout[first].slot; end++)
			;
		r = give_slot(g, &layout[first], end - first);
	}
	return r;
}

/* Through the host's own driver: each namespace is a disk of the guest. */
static int give_block(struct giving *g, const struct device *d)
{
	_cleanup_(disks_done) struct disks disks = {};
	int r;

	r = disks_of(g->h->host, d, &disks, g->refusals);
	for (size_t i = 0; i < disks.n && r >= 0; i++) {
		const struct layout alone = { .device = d };
		struct guest_places places;
		bool live, saved;

		look_for(g, d, &live, &saved);
		r = choose_places(g, d->address, live, saved, false, &places);
		if (r == -ENOSPC)
			return 0;
		if (r >= 0)
			r = disk_target(g->to->live_xml, g->to->saved_xml, &g->targets, &disks.list[i].target);
		if (r >= 0) {
			const struct element_wish wish = { .kind = HOSTDEV_BLOCK, .source = disks.list[i].path, .serial = disks.list[i].serial,
							   .target = disks.list[i].target };

			r = add_element(g, &wish, &alone, &places, live, saved);
		}
	}
	return r;
}

int handover_give(const struct handover *h, struct guest_connection *c, struct guest_state *to, const struct guest_state *from,
		  struct plan *plan, struct refusals *refusals)
{
	_cleanup_(giving_done) struct giving g = { .h = h, .to = to, .plan = plan, .refusals = refusals };
	_cleanup_free_ struct device **needed = calloc(h->n + 1, sizeof(*needed));
	size_t n = 0;
	int r;

	if (!needed)
		return log_oom();
	for (size_t i = 0; i < h->n; i++)
		if (is_needed(&g, h->devices[i]))
			needed[n++] = h->devices[i];
	r = n ? handover_check(h, c, needed, n, to, from, refusals) : 0;
	if (r >= 0 && n && !refusals->n)
		r = read_ports(&g);
	if (r < 0 || !n || refusals->n)
		return r;
	if (h->kind != HOSTDEV_BLOCK)
		return give_functions(&g, needed, n);
	if (h->at && n > 1)
		return log_invalid("--at names one slot of the guest, and these are %zu devices", n);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = give_block(&g, needed[i]);
	return r;
}
