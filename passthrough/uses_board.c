/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that somebody works at (display, keyboard, console), or that the board itself is made of. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/uses_board.h"

static int find_displays(const struct host *host, struct uses *uses)
{
	int r = 0;

	for (size_t i = 0; i < host->devices.n && r >= 0; i++) {
		const struct device *d = &host->devices.list[i];

		if (d->is_boot_vga && !device_is_on_vfio(d))
			r = uses_add(uses, d, USE_DISPLAY, "the display that the firmware booted with", "", false);
	}
	return r;
}

/* Two keyboards on two functions are two ways in; on one function they are one. */
static const char *only_keyboards(const struct host *host)
{
	const char *function = NULL;

	for (size_t i = 0; i < host->peripherals.n; i++) {
		const struct peripheral *p = &host->peripherals.list[i];

		if (p->kind != PERIPHERAL_KEYBOARD)
			continue;
		if (!p->function || (function && !str_eq(function, p->function)))
			return NULL;
		function = p->function;
	}
	return function;
}

static int find_peripherals(const struct host *host, struct uses *uses)
{
	static const struct {
		enum use_kind kind;
		const char *format;
	} kinds[] = {
		[PERIPHERAL_KEYBOARD] = { USE_INPUT, "the only keyboard (%s)" },
		[PERIPHERAL_CONSOLE] = { USE_CONSOLE, "console %s of the kernel" },
		[PERIPHERAL_FRAMEBUFFER] = { USE_DISPLAY, "the console's framebuffer %s" },
		[PERIPHERAL_TUNNELED] = { USE_BOARD, "%s is connected to it by Thunderbolt, and the functions in there are reached through it" },
	};
	const char *only = only_keyboards(host);
	int r = 0;

	for (size_t i = 0; i < host->peripherals.n && r >= 0; i++) {
		const struct peripheral *p = &host->peripherals.list[i];
		const struct device *d = devices_find(&host->devices, p->function);
		_cleanup_free_ char *what = NULL;

		if (!d || device_is_on_vfio(d) || (p->kind == PERIPHERAL_KEYBOARD && !str_eq(p->function, only)))
			continue;
		what = text_format(kinds[p->kind].format, p->name);
		r = what ? uses_add(uses, d, kinds[p->kind].kind, what, "", false) : -ENOMEM;
	}
	return r;
}

/* Class codes of the PCI Code and ID Assignment Specification; bridges are refused by a rule of their own. */
static const struct {
	unsigned class, bits;
	const char *what;
	bool is_vital;
} parts[] = {
	{ 0x050200, 8, "memory itself (CXL)", true },
	{ 0x050000, 16, "a memory controller of the board", false },
	{ 0x080000, 8, "an interrupt controller", true },
	{ 0x080100, 8, "a DMA controller of the board", false },
	{ 0x080200, 8, "a system timer", true },
	{ 0x080300, 8, "the real-time clock", true },
	{ 0x080600, 8, "the IOMMU itself", true },
	{ 0x080700, 8, "a root complex event collector", true },
	{ 0x0c0700, 8, "the interface of the management controller (IPMI)", false },
	{ 0x0c0500, 8, "an SMBus controller: sensors and memory modules hang on it", false },
};

#define CLASS_SYSTEM_OTHER 0x0880
#define CLASS_PERFORMANCE_COUNTERS 0x1101

/*
 * The memory controllers, links and power units of a processor are functions on a root bus without any window: their
 * registers are in the configuration space, most of which vfio lets a guest write to.
 */
static bool is_in_processor(const struct device *d)
{
	if (d->parent || !d->bars_known || (d->class >> 8 != CLASS_SYSTEM_OTHER && d->class >> 8 != CLASS_PERFORMANCE_COUNTERS))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(d->bars); i++)
		if (d->bars[i].size)
			return false;
	return true;
}

/* What of the board this function is, or NULL. */
static const char *find_part(const struct device *d, bool *ret_is_vital)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (d->class >> parts[i].bits == parts[i].class >> parts[i].bits) {
			*ret_is_vital = parts[i].is_vital;
			return parts[i].what;
		}
	*ret_is_vital = false;
	return is_in_processor(d) ? "a part of the processor or the chip set: it has registers in its configuration space alone" : NULL;
}

static int find_parts(const struct host *host, struct uses *uses)
{
	int r = 0;

	for (size_t i = 0; i < host->devices.n && r >= 0; i++) {
		const struct device *d = &host->devices.list[i];
		bool is_vital;
		const char *what = device_is_on_vfio(d) ? NULL : find_part(d, &is_vital);

		if (what)
			r = uses_add(uses, d, USE_BOARD, what, "", is_vital);
	}
	return r;
}

int uses_find_board(const struct host *host, struct uses *uses)
{
	int r;

	r = find_displays(host, uses);
	if (r >= 0)
		r = find_peripherals(host, uses);
	return r < 0 ? r : find_parts(host, uses);
}
