/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest places: which slot of the guest a device gets. Pure. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "passthrough/guest_ports.h"

#define BUSES_MOST 255

static const struct guest_bus *find_bus(const struct guest_ports *p, unsigned index)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].index == index)
			return &p->list[i];
	return NULL;
}

static bool is_free(const struct guest_ports *p, const struct guest_address *at)
{
	const struct guest_bus *bus = at->domain ? NULL : find_bus(p, at->bus);

	return bus && *bus->model && at->slot >= bus->first && at->slot <= bus->last && !bus->who[at->slot];
}

/* Room for one at each root port, or, in a guest without PCI Express, a slot of a bus. */
static bool find_free(const struct guest_ports *p, const struct guest_ports *other, bool live, struct guest_address *ret)
{
	for (int ports_only = 1; ports_only >= 0; ports_only--)
		for (size_t i = 0; i < p->n; i++) {
			const struct guest_bus *bus = &p->list[i];

			if (!*bus->model || bus->is_port != ports_only || (live && !bus->is_hotplug) || (!bus->is_port && !bus->is_hotplug))
				continue;
			for (unsigned slot = bus->first; slot <= bus->last; slot++) {
				struct guest_address at = { .bus = bus->index, .slot = slot };

				if (is_free(p, &at) && (!other || is_free(other, &at))) {
					*ret = at;
					return true;
				}
			}
		}
	return false;
}

/* libvirt makes the ports that are missing up to a bus that is named (virDomainPCIAddressSetGrow()). */
static bool next_bus(const struct guest_ports *p, struct guest_address *ret)
{
	unsigned last = p->n ? p->list[p->n - 1].index : 0;

	if (!p->n || !*p->list[0].model || strcmp(p->list[0].model, "pcie-root") != 0 || last >= BUSES_MOST)
		return false;
	*ret = (struct guest_address){ .bus = last + 1 };
	return true;
}

static char *explain_full(const struct guest_ports *live)
{
	_cleanup_(text_done) struct text who = {};
	unsigned ports = 0;

	for (size_t i = 0; i < live->n; i++)
		if (live->list[i].is_port && live->list[i].is_hotplug) {
			text_printf(&who, "%sbus %u: %s", ports ? ", " : "", live->list[i].index, live->list[i].who[0] ? live->list[i].who[0] : "free");
			ports++;
		}
	if (who.failed)
		return NULL;
	if (!ports)
		return text_format("the running guest has no PCIe root port that a device could be plugged into; with --no-live the device is there from "
				   "the guest's next start, and libvirt makes a port for it");
	return text_format("the running guest has no free PCIe root port: all %u are taken (%s); detach something, or give it with --no-live and "
			   "start the guest anew, when libvirt makes a port for it; 'slipway profile define --spare-ports COUNT' makes a guest with more",
			   ports, who.data);
}

/* Why the slot that the user has named cannot be had; NULL when memory runs out, "" where it can. */
static char *explain_wanted(const struct guest_ports *p, const struct guest_address *at, bool live)
{
	const char *which = live ? "the running guest" : "the guest's saved definition";
	const struct guest_bus *bus = at->domain ? NULL : find_bus(p, at->bus);

	if (!bus || !*bus->model)
		return text_format("--at %02x:%02x: %s has no bus %02x that takes devices", at->bus, at->slot, which, at->bus);
	if (at->slot < bus->first || at->slot > bus->last)
		return text_format("--at %02x:%02x: bus %02x of the guest is a %s, with slots %02x to %02x", at->bus, at->slot, at->bus, bus->model,
				   bus->first, bus->last);
	if (bus->who[at->slot])
		return text_format("--at %02x:%02x: in %s that slot is taken (%s)", at->bus, at->slot, which, bus->who[at->slot]);
	if (live && !bus->is_hotplug)
		return text_format("--at %02x:%02x: bus %02x (%s) takes nothing while the guest runs; name the bus of a free root port, or give it "
				   "with --no-live", at->bus, at->slot, at->bus, bus->model);
	return strdup("");
}

static int check_wanted(const struct guest_ports *p, const struct guest_address *at, bool live, char **ret_why)
{
	_cleanup_free_ char *why = p && p->n ? explain_wanted(p, at, live) : strdup("");

	if (!why)
		return -ENOMEM;
	if (!*why)
		return 0;
	*ret_why = TAKE(why);
	return -ENOSPC;
}

static int choose_wanted(const struct guest_ports *live, const struct guest_ports *saved, const struct guest_address *wanted,
			 struct guest_places *ret, char **ret_why)
{
	int r;

	r = check_wanted(live, wanted, true, ret_why);
	if (r >= 0)
		r = check_wanted(saved, wanted, false, ret_why);
	if (r < 0)
		return r;
	*ret = (struct guest_places){ .has_live = live, .has_saved = saved, .live = *wanted, .saved = *wanted };
	return 0;
}

static int choose_live(const struct guest_ports *live, const struct guest_ports *saved, struct guest_places *places, char **ret_why)
{
	if (find_free(live, saved && saved->n ? saved : NULL, true, &places->live)) {
		places->has_live = true;
		places->has_saved = saved && saved->n;
		places->saved = places->live;
		return 0;
	}
	if (find_free(live, NULL, true, &places->live)) {
		places->has_live = true;
		return 0;
	}
	*ret_why = explain_full(live);
	return *ret_why ? -ENOSPC : -ENOMEM;
}

int guest_places_choose(const struct guest_ports *live, const struct guest_ports *saved, const struct guest_address *wanted,
			bool is_multi, struct guest_places *ret, char **ret_why)
{
	struct guest_places places = {};
	int r = 0;

	if (wanted)
		return choose_wanted(live, saved, wanted, ret, ret_why);
	if (live && live->n)
		r = choose_live(live, saved, &places, ret_why);
	if (r < 0)
		return r;
	/* One function is libvirt's to place; several need a slot that is known. */
	if (is_multi && saved && saved->n && !places.has_saved)
		places.has_saved = find_free(saved, NULL, false, &places.saved) || next_bus(saved, &places.saved);
	*ret = places;
	return 0;
}
