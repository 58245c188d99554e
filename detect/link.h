/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link of a PCIe function to the port above: how fast and wide it is, and could be. */
#pragma once

#include "detect/device.h"

enum link_state {
	LINK_UNKNOWN,  /* no link, or one end does not say what it can */
	LINK_FULL,     /* as fast and wide as both ends can */
	LINK_SLOW,     /* slower; displays do that while they have nothing to do */
	LINK_NARROW,   /* with fewer lanes, and perhaps slower */
};

/* "16.0 GT/s PCIe" in tenths of GT/s, 160; 0 for anything else ("Unknown"). */
unsigned link_speed_parse(const char *text);
/* "4" → 4; 0 for anything else, and for 255, which is what a function without lanes says. */
unsigned link_width_parse(const char *text);

struct link {
	enum link_state state;
	unsigned speed, width;           /* now; tenths of GT/s, lanes */
	unsigned speed_both, width_both; /* what both ends can */
};

/* `port` is the bridge above, NULL: none. VFs have no link of their own. */
struct link link_of(const struct device *d, const struct device *port);
/* The link is worse than it should be: narrow, or slow where no power saving explains it. */
bool link_is_degraded(const struct device *d, const struct link *link);
