/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Search: a device that is no longer at its address is found again if exactly one device elsewhere agrees with its line. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "early/agree.h"
#include "early/search.h"

static enum found fail(char *why, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static enum found fail(char *why, size_t size, const char *format, ...)
{
	size_t n = strlen(why);
	va_list ap;

	va_start(ap, format);
	vsnprintf(why + n, size - n, format, ap);
	va_end(ap);
	return FOUND_NOT;
}

/* Another line that means the same device, whichever of the two comes first: neither is more right than the other. */
static const struct wanted *find_rival(const struct lines *lines, const struct wanted *w, const struct seen *s)
{
	struct difference d;

	for (size_t i = 0; i < lines->n; i++) {
		const struct wanted *other = &lines->list[i].wanted;

		if (other != w && strcmp(other->traits.path, w->traits.path) == 0 && wanted_agrees(other, s, &d))
			return other;
	}
	return NULL;
}

enum found search(int root_fd, const struct slots *slots, const struct places *places, const struct lines *lines,
		  const struct wanted *w, struct seen *ret, char *why, size_t size)
{
	const struct place *place;
	const struct wanted *rival;
	struct seen s, found = {};
	bool is_early = false;
	unsigned many = 0;

	if (!places->is_complete)
		return fail(why, size, ", and not every device can be looked at");
	for (size_t n = places_find(places, w->traits.path, &place); n > 0; n--, place++) {
		struct difference d;
		int r;

		if (strcmp(place->address, w->address) == 0)
			continue;
		r = wanted_look(root_fd, slots, place->address, w, &s, &d);
		if (r < 0)
			return fail(why, size, "; %s, behind the same bridges, cannot be read: %s", place->address, strerror(-r));
		if (r == 0) {
			fail(why, size, "; %s, behind the same bridges, is another: %s: recorded %s, found %s", s.address, d.what,
			     d.wanted, d.found);
			continue;
		}
		many++;
		is_early |= wanted_will_settle(w, &s);
		found = s;
	}
	if (many == 0)
		return FOUND_NOT;
	if (is_early)
		return FOUND_LATER;
	if (many > 1)
		return fail(why, size, ", and %u devices behind the same bridges could be it", many);
	rival = find_rival(lines, w, &found);
	if (rival)
		return fail(why, size, "; it may be %s, which the line of %s means, too", found.address, rival->address);
	*ret = found;
	return FOUND_ONE;
}
