/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handovers of USB devices: named by port or ids, given by ids, and while a guest runs by place, too. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/handover.h"
#include "passthrough/guest_ports.h"

/* What the device is called in XML: both as it is now, and by its ids alone. */
struct names {
	char *place, *ids;
};

static void names_done(struct names *n)
{
	free(n->place);
	free(n->ids);
}

static int names_of(const struct handover_usb *u, struct names *ret)
{
	ret->ids = text_format("%04x:%04x", u->vendor, u->product);
	ret->place = u->device ? text_format("%u.%u", u->device->bus, u->device->device) : NULL;
	return ret->ids && (ret->place || !u->device) ? 0 : log_oom();
}

static const struct element *find(const struct elements *all, const struct names *n)
{
	const struct element like = { .kind = HOSTDEV_USB, .source = n->place, .ids = n->ids };

	return elements_find(all, &like);
}

/* As the other kinds of guests' uses, by place where it runs, by ids where it does not. */
static int check_guests(const struct handover_usb *u, const struct names *n, const struct guest_uses *users, const char *to, const char *from,
			struct refusals *refusals)
{
	int r = 0;

	for (size_t i = 0; i < users->n && r >= 0; i++) {
		const struct guest_use *use = &users->list[i];

		if (str_eq(use->guest, to) || str_eq(use->guest, from) || (!str_eq(use->address, n->place) && !str_eq(use->address, n->ids)))
			continue;
		r = refusals_add(refusals, u->target, "in-use", "guest", "%s → guest %s has it%s", u->target, use->guest,
				 use->live ? " and runs" : " in its saved definition");
	}
	return r < 0 ? log_oom() : 0;
}

/* Where the saved definition has a controller, the guest has it from its next start on. */
static int check_controller(const struct handover_usb *u, const struct guest_state *to, bool live, bool saved, struct refusals *refusals)
{
	bool is_saved = to->saved_xml && guest_has_usb(to->saved_xml), is_live = to->live_xml && guest_has_usb(to->live_xml);

	if ((is_saved || !saved) && (is_live || !live))
		return 0;
	if (is_saved)
		return refusals_add(refusals, u->target, "guest-slot", "", "the running guest %s has no USB controller to plug %s into; use --no-live: it has one "
				    "from its next start on", to->name, u->target);
	return refusals_add(refusals, u->target, "guest-slot", "", "guest %s has no USB controller to plug %s into; say <controller type='usb' model='qemu-xhci'/> "
			    "in its definition ('virsh edit %s'), or define it with --usb on", to->name, u->target, to->name);
}

/* libvirt's saved definition has no word for a port: the device's number changes with each plugging, and ids must fit one alone. */
static int check_naming(const struct handover *h, const struct handover_usb *u, const struct guest_state *to, bool live, bool saved,
			struct refusals *refusals)
{
	const struct usb_device *first;
	int r = 0;

	if (saved && usb_devices_count(h->usb, u->vendor, u->product, &first) > 1)
		r = refusals_add(refusals, u->target, "usb-ids", "", "several USB devices here are %04x:%04x, and the guest's saved definition can only name them by "
				 "these ids; use --no-saved: then the running guest has this one until it stops", u->vendor, u->product);
	if (r >= 0)
		r = check_controller(u, to, live, saved, refusals);
	return r < 0 ? log_oom() : 0;
}

static int give_usb(const struct handover *h, const struct handover_usb *u, const struct guest_uses *users, struct guest_state *to,
		    const struct guest_state *from, struct plan *plan, struct refusals *refusals)
{
	struct element_wish wish = { .kind = HOSTDEV_USB, .vendor = u->vendor, .product = u->product };
	_cleanup_free_ char *live_xml = NULL, *saved_xml = NULL;
	_cleanup_(names_done) struct names names = {};
	bool live, saved;
	int r;

	r = names_of(u, &names);
	if (r < 0)
		return r;
	live = to->live && !find(&to->has_live, &names);
	saved = to->saved && !find(&to->has_saved, &names);
	if (!live && !saved)
		return 0;
	r = check_guests(u, &names, users, to->name, from ? from->name : NULL, refusals);
	if (r >= 0)
		r = check_naming(h, u, to, live, saved, refusals);
	if (r >= 0)
		r = usb_check(h->host, h->uses, h->usb, u->device, h->allowed, refusals);
	if (r >= 0 && saved)
		r = element_format(&wish, &saved_xml);
	wish.bus = u->device->bus;
	wish.device = u->device->device;
	if (r >= 0 && live)
		r = element_format(&wish, &live_xml);
	if (r < 0)
		return r == -ENOMEM ? log_oom() : r;
	return handover_add(plan, to->name, u->target, live_xml, saved_xml, true) ? 0 : log_oom();
}

int handover_give_usb(const struct handover *h, struct guest_connection *c, struct guest_state *to, const struct guest_state *from,
		      struct plan *plan, struct refusals *refusals)
{
	_cleanup_(guest_uses_done) struct guest_uses users = {};
	int r;

	r = h->n_usbs ? guest_users(c, &users) : 0;
	for (size_t i = 0; i < h->n_usbs && r >= 0; i++)
		r = give_usb(h, &h->usbs[i], &users, to, from, plan, refusals);
	return r;
}

int handover_take_usb(const struct handover *h, struct guest_state *from, struct plan *plan)
{
	for (size_t i = 0; i < h->n_usbs; i++) {
		const struct handover_usb *u = &h->usbs[i];
		_cleanup_(names_done) struct names names = {};
		_cleanup_free_ char *again = NULL;
		const struct element *live, *saved;
		int r;

		r = names_of(u, &names);
		if (r < 0)
			return r;
		live = from->live ? find(&from->has_live, &names) : NULL;
		saved = from->saved ? find(&from->has_saved, &names) : NULL;
		if (!live && !saved)
			return log_invalid("guest %s does not have %s; nothing was changed", from->name, u->target);
		r = live ? element_strip_alias(live->xml, &again) : 0;
		if (r < 0 || !handover_add(plan, from->name, u->target, again, saved ? saved->xml : NULL, false))
			return log_oom();
	}
	return 0;
}
