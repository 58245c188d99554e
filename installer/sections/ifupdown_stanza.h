/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stanzas of ifupdown (interfaces(5)): those of a port are read line by line; what makes its addresses becomes the bridge's, and
 * what is about the link stays with the port.
 */
#pragma once

#include <stdbool.h>

#include "common/text.h"

/* The bridge's stanzas as they come together: those of the port, or those of our own file. */
struct stanzas {
	struct text text;
	size_t n;
	size_t options;     /* where in the text those of the bridge go: behind the head of its first stanza */
	char *mtu;          /* that the port has; NULL: not said */
	bool has_addresses; /* one has another method than manual, or an option */
};

/* Adds the head of a stanza: words "inet static". */
void stanzas_begin(struct stanzas *s, const char *interface, const char *words);
/*
 * Adds the port's stanzas as the bridge's. `rest` gets the text without what moves: the first stanza of the port stays, as `manual`,
 * and the others go; `is_first` is kept from file to file. With `rest` NULL nothing is kept: it is our own file, and `port` the
 * bridge. -EINVAL after it was said: an option cannot move; -ENOMEM, said, too.
 */
int stanzas_take(const char *text, const char *path, const char *port, const char *bridge, bool *is_first, struct stanzas *s, struct text *rest);
void stanzas_done(struct stanzas *s);
