/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mediated devices in a handover: what a DASD or a set of crypto queues is made into, and the changes that make it. */
#pragma once

#include "installer/channel_boot.h"
#include "installer/handover.h"

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

/* The element of a guest that is it; NULL: the guest has none. */
const struct element *thing_find(const struct thing *t, const struct elements *all);
const struct element *thing_find_in(const struct thing *t, const struct guest_state *s);
/* It is made already: for this element. */
void thing_use(struct thing *t, const struct element *e);
int thing_make_uuid(struct thing *t);
/* Its definition (new string, NULL when memory runs out), with these cards and domains; and the one that mdevctl has of it. */
char *thing_define(const struct thing *t);
char *thing_define_queues(const struct thing *t, const struct ap_mask *cards, const struct ap_mask *domains);
int thing_definition(const struct thing *t, char **ret);
/* Plans that the mediated device is there with this definition, and was there with that; NULL: it is not. Two that differ: it gets other queues. */
int thing_plan(struct plan *plan, const struct thing *t, const char *before, const char *after, bool is_kept, const char *summary);
/* `driver` NULL: the host's own, and then the device is `online` or not. */
int thing_plan_subchannel(struct plan *plan, const struct ccw_device *d, const char *driver, bool online, bool is_kept, const char *summary);
/* The host lets go of the queues that are asked for; what of them is kept so over reboots is slipway's to give back. */
int thing_plan_queues_aside(struct plan *plan, const struct thing *t, bool is_kept);
int thing_plan_masks(struct plan *plan, int root_fd, const struct ap_mask *cards, const struct ap_mask *domains, const char *summary);
/*
 * The guest has crypto queues already, as this thing: whatever of the request is new goes to that device, in the running guest, too, where the kernel
 * knows how. The check adds to the refusals. `is_kept`: over a reboot, too.
 */
int more_queues_check(const struct thing *t, const struct guest_state *to, struct refusals *refusals);
int more_queues_plan(struct plan *plan, const struct thing *t, const struct guest_state *to, bool is_kept);

/* What becomes of one of them: 0 or a negative errno, said. */
typedef int thing_visit(struct thing *t, const void *context, struct plan *plan, struct refusals *refusals);
/* Visits each DASD of the request, and then its queues as one; plans last what of them is slipway's over reboots, unless something was refused. */
int thing_each(const struct handover *h, thing_visit *visit, const void *context, struct plan *plan, struct refusals *refusals);
