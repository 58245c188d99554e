/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests: libvirt's domains, their definitions, and the devices that they have.
 *
 * A persistent guest has a saved definition; a running one has a live one, too, and the two may differ. libvirt is loaded
 * by guest_connect(). Each function says what went wrong, with libvirt's own message, and returns a negative errno:
 * -ENOENT no such guest (or no libvirt), -ECONNREFUSED no daemon, -EACCES not allowed, -EINVAL XML that libvirt does not
 * take, -EOPNOTSUPP, -EIO for the rest.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct guest_connection;

/*
 * Loads libvirt and connects. `uri` NULL: $LIBVIRT_DEFAULT_URI, or else qemu:///system. test:///default is libvirt's
 * driver for tests, inside this process.
 */
int guest_connect(const char *uri, struct guest_connection **ret);
/* The same in the middle of something: a libvirt that is being restarted is waited for. */
int guest_connect_patiently(const char *uri, unsigned patience_ms, struct guest_connection **ret);
/*
 * Without a word where there is no libvirt, or none that answers: why stands in *ret_why then (a new string, NULL when memory
 * runs out).
 */
int guest_connect_quietly(const char *uri, unsigned patience_ms, struct guest_connection **ret, char **ret_why);
void guest_connection_freep(struct guest_connection **c);

/* 1 or 0. */
int guest_exists(struct guest_connection *c, const char *name);
int guest_is_active(struct guest_connection *c, const char *name);

/* Makes a guest, or replaces the saved definition where name and UUID agree. libvirt checks the XML against its schema. */
int guest_define(struct guest_connection *c, const char *xml);
/* Removes the saved definition and the UEFI variable store; the disks stay. A running guest runs on. */
int guest_undefine(struct guest_connection *c, const char *name);

/* From now on a wait for a guest ends with -EINTR as soon as this says true: somebody has asked slipway to stop. */
void guest_connection_heed(struct guest_connection *c, bool (*is_unwanted)(void));
/* Is the connection still usable? Not after libvirt was restarted: guest_connect() makes a new one. */
bool guest_connection_is_alive(struct guest_connection *c);

/*
 * Both definitions as they are; NULL: the guest does not run, or has no saved one, and is gone when it stops. The saved one has its secrets,
 * such that guest_define() makes the same guest again.
 */
int guest_definitions(struct guest_connection *c, const char *name, char **ret_live, char **ret_saved);

/*
 * Has the guest the device that these elements (passthrough/element.h) describe, in whatever way? `what` is how messages call it. NULL: that
 * definition is not asked.
 */
int guest_has(struct guest_connection *c, const char *name, const char *what, const char *live, const char *saved, bool *ret_live,
	      bool *ret_saved);

/*
 * Give a device to a guest, or take it back, in the running guest and/or in its saved definition: each has its own element, NULL leaves
 * it alone. Where it is already so, nothing is done, so a call that broke off can be made again. What is done when a later step
 * fails is for the transaction to take back. Returns 1 when something was changed, 0 when it was already so.
 *
 * `live` with a guest that does not run is an error for guest_give(): ask guest_is_active() first. The errors above, and -EEXIST
 * where the guest has the device in another way; -ETIMEDOUT where the guest's system does not let go within
 * GUEST_DETACH_SECONDS (the request stands). guest_take() returns only after the device has left the running guest.
 */
#define GUEST_DETACH_SECONDS 60
int guest_give(struct guest_connection *c, const char *name, const char *what, const char *live, const char *saved);
int guest_take(struct guest_connection *c, const char *name, const char *what, const char *live, const char *saved);

/* Who has which device of the host. */
struct guest_use {
	char *guest;
	char *address;       /* 0000:05:00.0; of a block device its path as written there; of a USB device "1.5", or its ids */
	bool live, saved;    /* at least one */
};

struct guest_uses {
	struct guest_use *list;  /* sorted by guest, then address */
	size_t n;
};

/* All guests, running or not. One that cannot be understood is an error: what it holds would go unseen. */
int guest_users(struct guest_connection *c, struct guest_uses *ret);
void guest_uses_done(struct guest_uses *u);
/* The first guest other than `except` (NULL: any) that has the function, preferring one that runs with it; or NULL. */
const struct guest_use *guest_uses_find(const struct guest_uses *u, const char *address, const char *except);
