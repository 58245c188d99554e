/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest ports: where in a guest a PCI device can be plugged in (https://libvirt.org/pci-hotplug.html). Each PCI controller is a
 * bus of the guest: a root port has room for one device, a conventional bridge for 31, and the root bus of q35 takes none
 * while the guest runs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"
#include "passthrough/element.h"

#define GUEST_SLOTS 32

struct guest_bus {
	unsigned index;
	const char *model;        /* static: "pcie-root-port"; "" for one that is not in the table */
	unsigned first, last;     /* slots that a device can have */
	bool is_hotplug;          /* also while the guest runs */
	bool is_port;             /* room for one device: the place for a PCIe one */
	char *who[GUEST_SLOTS];   /* what has the slot, such as "interface", or NULL */
};

struct guest_ports {
	struct guest_bus *list;   /* sorted by index; none where the guest has no PCI, or libvirt has not laid it out */
	size_t n;
};

/* -EINVAL, -ELIBACC, -ENOMEM; silent. */
int guest_ports_parse(const char *domain_xml, struct guest_ports *ret);
void guest_ports_done(struct guest_ports *p);
/* Marks a slot as taken by a device that is about to come. -ENOMEM. */
int guest_ports_take(struct guest_ports *p, const struct guest_address *at, const char *who);

/*
 * The guest's places for one device, or for all functions of one slot. `live`, `saved`: NULL where that definition is not
 * changed. `wanted`: the slot that the user has named, or NULL. A definition whose place is left to libvirt has has_* false.
 */
struct guest_places {
	bool has_live, has_saved;
	struct guest_address live, saved;
};

/*
 * 0; or -ENOSPC where there is no such place, with the reason and the way out in *ret_why (owned, a whole sentence); -ENOMEM.
 * Both definitions get the same place where it is free in both, so that the device is where it was after the next start.
 * `is_multi`: it must be a whole slot, in the saved definition, too.
 */
int guest_places_choose(const struct guest_ports *live, const struct guest_ports *saved, const struct guest_address *wanted,
			bool is_multi, struct guest_places *ret, char **ret_why);

struct xml_tree;
/* Has the guest a USB controller? libvirt gives every definition one that does not say model 'none'. False also for what is not understood. */
bool guest_tree_has_usb(const struct xml_tree *x);
bool guest_has_usb(const char *domain_xml);

/* "07:00", "07:00.0", "0000:07:00.0": a slot in the guest. -EINVAL, silent. */
int guest_slot_parse(const char *text, struct guest_address *ret);
