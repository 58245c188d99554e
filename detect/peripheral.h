/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peripherals through which somebody works at the host itself: keyboards, consoles, the console's framebuffer; and what hangs on Thunderbolt. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum peripheral_kind { PERIPHERAL_KEYBOARD, PERIPHERAL_CONSOLE, PERIPHERAL_FRAMEBUFFER, PERIPHERAL_TUNNELED };

struct peripheral {
	enum peripheral_kind kind;
	char *name;      /* "AT Translated Set 2 keyboard", "ttyS4", "fb0", "Dell WD19TB Dock" */
	char *function;  /* address of the PCI function it hangs on, or NULL */
};

struct peripherals {
	struct peripheral *list; /* by kind, then in the order of sysfs */
	size_t n;
};

/* sys/class/input, proc/consoles (or sys/class/tty/console/active), sys/class/graphics/fb0, sys/bus/thunderbolt/devices. 0 or -ENOMEM, after it was said. */
int peripherals_read(int root_fd, struct peripherals *ret);
void peripherals_done(struct peripherals *p);
/* Is it a whole keyboard, by capabilities/key: words of hex, the lowest last. As udev's ID_INPUT_KEYBOARD: ESC to S, without a gap. */
bool keys_are_keyboard(const char *keys);
/*
 * Calls `found` for each keyboard (title, or its name in sysfs; link in sys/class/input) until that is negative; a virtual one,
 * made by a program, is nobody's and left out. What `found` returned last, or 0.
 */
int keyboards_each(int root_fd, int (*found)(void *context, const char *name, const char *link), void *context);
