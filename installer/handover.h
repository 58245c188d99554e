/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handovers: devices go from the host to a guest, back, or from one guest to another; planned as one transaction, from what libvirt
 * says of the guests and detection of the host. Nothing is changed here.
 */
#pragma once

#include "installer/plan.h"
#include "passthrough/element.h"
#include "passthrough/guest.h"
#include "passthrough/refusal.h"
#include "passthrough/channel.h"
#include "passthrough/usb.h"

/* A USB device that is asked for. */
struct handover_usb {
	const struct usb_device *device; /* NULL: not plugged in; a guest may have it all the same */
	unsigned vendor, product;
	const char *target;              /* as the user has named it, "usb=1-4" */
};

/* What is asked for. Everything is borrowed. */
struct handover {
	const struct host *host;
	struct uses *uses;               /* what guests hold is added, what is theirs to give is dropped */
	struct device **devices;         /* each but once */
	size_t n;
	const struct usb_devices *usb;   /* all; NULL: none is asked for */
	struct handover_usb *usbs;
	size_t n_usbs;
	const struct channel_selection *channel; /* CCW devices and crypto queues; NULL: none */
	bool no_live, no_saved;
	enum hostdev_kind kind;          /* HOSTDEV_PLAIN, HOSTDEV_DISK, HOSTDEV_BLOCK */
	bool apart;                      /* functions of one slot get slots of their own in the guest */
	const struct guest_address *at;  /* the slot in the guest; NULL: any */
	const struct allowances *allowed;
};

/* A guest as it is before. */
struct guest_state {
	const char *name;                /* borrowed */
	char *live_xml, *saved_xml;      /* NULL: it does not run, it has no saved definition */
	struct elements has_live, has_saved;
	bool live, saved;                /* which of them are to be changed */
};

/* Says what is wrong; -ENOENT: no such guest. */
int guest_state_read(struct guest_connection *c, const char *name, struct guest_state *ret);
void guest_state_done(struct guest_state *s);
/* Which definitions are to be changed: those that are there, but for what was switched off. -EINVAL, said, where none is left. */
int guest_state_choose(struct guest_state *s, const struct handover *h);
/*
 * The next element, at *at or behind it, that is this device, whichever way the guest has it; NULL: no more. A drive with several namespaces
 * may be several disks.
 */
const struct element *elements_next(const struct host *host, const struct elements *all, const struct device *d, size_t *at);

/*
 * Adds the changes to the plan, or what speaks against them to the refusals. Negative errnos have been said: -EINVAL for what was asked
 * wrongly. For a move handover_take() comes first, and handover_give() with the giving guest's state in `from` (else NULL).
 */
int handover_give(const struct handover *h, struct guest_connection *c, struct guest_state *to, const struct guest_state *from,
		  struct plan *plan, struct refusals *refusals);
int handover_take(const struct handover *h, struct guest_state *from, struct plan *plan, struct refusals *refusals);
/*
 * Identical drives differ in nothing but their serial: one that was remembered and not seen in this boot may have changed
 * places, and is not given away on the word of its serial. -ENOMEM.
 */
int handover_check_identity(const char *selector, const struct device *d, struct refusals *refusals);
/* The host's own drivers get back what was taken, once nobody else has a part of it. */
int handover_return(const struct handover *h, const struct guest_state *from, struct plan *plan);
/* The same of USB devices. */
int handover_give_usb(const struct handover *h, struct guest_connection *c, struct guest_state *to, const struct guest_state *from,
		      struct plan *plan, struct refusals *refusals);
int handover_take_usb(const struct handover *h, struct guest_state *from, struct plan *plan);
/* The same of CCW devices and crypto queues; taken `to_host` they are the host's again once no guest has a part of them. */
int handover_give_channel(const struct handover *h, struct guest_state *to, const struct guest_state *from, struct plan *plan, struct refusals *refusals);
int handover_take_channel(const struct handover *h, struct guest_connection *c, struct guest_state *from, bool to_host, struct plan *plan,
			  struct refusals *refusals);
/* One more change of a guest, with the elements of both definitions (NULL: it is not changed); they are copied. */
struct change *handover_add(struct plan *plan, const char *guest, const char *target, const char *live, const char *saved, bool attach);
