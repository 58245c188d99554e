/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link of a PCIe function to the port above: how fast and wide it is, and could be. */

#include <ctype.h>
#include <string.h>

#include "common/text.h"
#include "detect/link.h"

#define CLASS_BASE_MULTIMEDIA 0x04

/* By hand: each link is looked at several times, and sscanf() took more than the judgement itself. */
unsigned link_speed_parse(const char *text)
{
	unsigned speed = 0;
	int digits;

	/* "2.5 GT/s PCIe"; before Linux 5.x "8 GT/s". */
	for (digits = 0; text && digits < 4 && isdigit((unsigned char)*text); digits++)
		speed = 10 * speed + (unsigned)(*text++ - '0');
	if (!digits)
		return 0;
	speed *= 10;
	if (text[0] == '.' && isdigit((unsigned char)text[1])) {
		speed += (unsigned)(text[1] - '0');
		text += 2;
	}
	return str_starts(text, " GT/s") ? speed : 0;
}

unsigned link_width_parse(const char *text)
{
	unsigned width;

	return text && parse_unsigned(text, &width) == 0 && width <= 32 ? width : 0;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

struct link link_of(const struct device *d, const struct device *port)
{
	struct link link = { .speed = link_speed_parse(d->link_speed), .width = link_width_parse(d->link_width) };

	if (!port || d->physical_function)
		return link;
	link.speed_both = least(link_speed_parse(d->link_speed_max), link_speed_parse(port->link_speed_max));
	link.width_both = least(link_width_parse(d->link_width_max), link_width_parse(port->link_width_max));
	if (!link.speed || !link.width || !link.speed_both || !link.width_both)
		return link;
	link.state = link.width < link.width_both ? LINK_NARROW : link.speed < link.speed_both ? LINK_SLOW : LINK_FULL;
	return link;
}

/* A graphics card and the sound function on it go down to the lowest speed while the screen is still. */
static bool saves_power(const struct device *d)
{
	return device_is_display(d) || d->class >> 16 == CLASS_BASE_MULTIMEDIA;
}

bool link_is_degraded(const struct device *d, const struct link *link)
{
	return link->state == LINK_NARROW || (link->state == LINK_SLOW && !saves_power(d));
}
