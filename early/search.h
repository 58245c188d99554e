/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Search: a device that is no longer at its address is found again if exactly one device elsewhere agrees in everything
 * with its line (ids, subsystem, class, chain of bridges, slot and serials, as far as known), and with no other line.
 *
 * The chain of bridges is what makes it unique: one place behind it holds one device. Twins have the same chain only where
 * virtual functions of one card spread over several buses. Behind another chain nothing is looked for: a card that was put
 * into another slot, or that merely says it has the same serial, is the host's.
 */
#pragma once

#include "early/places.h"
#include "early/seen.h"
#include "early/wanted.h"

#define LINES_MAX 512

struct line {
	struct wanted wanted;
	bool is_settled;
};

struct lines {
	size_t n;
	struct line list[LINES_MAX];
};

enum found { FOUND_NOT, FOUND_ONE, FOUND_LATER }; /* FOUND_LATER: only a serial that is not known yet can tell */

/* FOUND_ONE: *ret is it. FOUND_NOT: `why`, a text to be continued, says what stood in the way. */
enum found search(int root_fd, const struct slots *slots, const struct places *places, const struct lines *lines,
		  const struct wanted *w, struct seen *ret, char *why, size_t size);
