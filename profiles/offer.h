/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The offer: what libvirt and QEMU on this host can give a guest (https://libvirt.org/formatdomaincaps.html). */
#pragma once

#include "detect/truth.h"

/* Zero-initialised: libvirt was not asked, and everything is unknown. */
struct guest_offer {
	struct _xmlDoc *doc; /* libxml2's */
};

/* -EINVAL: no <domainCapabilities>; -ELIBACC: no libxml2; silent. */
int guest_offer_parse(const char *xml, struct guest_offer *ret);
void guest_offer_done(struct guest_offer *o);

/*
 * Does the element at `path` ("devices/tpm") support the value in its <enum name=`list`>? `list` NULL: is the element itself
 * supported? A path step may name the element that is meant: "cpu/mode:host-passthrough". What the document does not speak
 * of is unknown: older libvirt says less.
 */
enum truth guest_offer_has(const struct guest_offer *o, const char *path, const char *list, const char *value);
/* The text of the element, or with `attribute` of that; a new string, or NULL. */
char *guest_offer_text(const struct guest_offer *o, const char *path, const char *attribute);
/* Is the CPU model usable here (cpu/mode[@name='custom']/model/@usable)? */
enum truth guest_offer_has_model(const struct guest_offer *o, const char *model);
