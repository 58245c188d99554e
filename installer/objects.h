/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's storage pools and networks of libvirt: which are missing, which must wait, and which are otherwise than wished for. */
#pragma once

#include "installer/guests.h"

struct object_notes {
	struct guest_notes pools, networks; /* in the order of the spec */
};

void object_notes_done(struct object_notes *n);

/*
 * Adds to a plan that holds all the rest but the guests, which come after what they rest on. libvirt is loaded only where one is
 * wished for. 0, or a negative errno after it has been said: -EINVAL (what a pool or network is over is not there).
 */
int objects_plan(const struct guests_request *q, struct plan *plan, struct refusals *refusals, struct object_notes *ret);
