/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of pci.ids with an index over it: only what is asked for is taken apart. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum id_kind {
	ID_VENDOR, /* "8086  Intel Corporation", its products below: "\t1572  Ethernet Controller ..." */
	ID_CLASS,  /* "C 02  Network controller", its subclasses below: "\t00  Ethernet controller" */
};

struct id_entry {
	uint32_t id; /* of a section: the kind above 16 bits */
	const char *name;
};

struct id_section {
	struct id_entry entry;
	struct id_entry *below; /* NULL until one of them is asked for */
	size_t n_below;
};

struct id_names {
	struct id_section *sections; /* sorted */
	size_t n;
};

void id_names_done(struct id_names *names);
/* The text is borrowed. -ENOMEM. */
int id_names_index(const char *text, struct id_names *ret);
/* The name up to its line's end, or NULL; of the section itself where `below` is negative. */
const char *id_names_find(struct id_names *names, enum id_kind kind, unsigned id, int below, size_t *ret_length);
