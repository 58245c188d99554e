/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests rest on in libvirt: storage pools and networks, each with a definition, a running state, and whether it starts with
 * the host. A pool that is stopped keeps its data, and so does one that is undefined: nothing here builds or deletes any.
 *
 * Each function says what went wrong, with libvirt's own words, and returns a negative errno as in guest.h.
 */
#pragma once

#include "passthrough/guest.h"

enum object_kind { OBJECT_POOL, OBJECT_NETWORK };

struct object_state {
	bool exists, is_active, autostart;
	bool is_transient;  /* it has no saved definition: gone when it stops */
	char *uuid;         /* "b6f5..."; NULL where it does not exist */
	char *xml;          /* the saved definition */
};

/* "storage pool", "network" */
const char *object_kind_name(enum object_kind kind);
/* One that does not exist is a state, and no error. */
int object_read(struct guest_connection *c, enum object_kind kind, const char *name, struct object_state *ret);
void object_state_done(struct object_state *s);

int object_define(struct guest_connection *c, enum object_kind kind, const char *xml);
/* It must not be active. */
int object_undefine(struct guest_connection *c, enum object_kind kind, const char *name);
/* Starts it, or stops it. -EBUSY: running guests are on the network, which is said, too. */
int object_set_active(struct guest_connection *c, enum object_kind kind, const char *name, bool active);
int object_set_autostart(struct guest_connection *c, enum object_kind kind, const char *name, bool autostart);
/* How many ports of running guests a network has; 0 where this libvirt cannot tell, and of pools. */
int object_users(struct guest_connection *c, enum object_kind kind, const char *name);
