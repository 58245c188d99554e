/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window: the room above 4 GiB that a guest's UEFI firmware keeps for the BARs of its devices. */

#include "common/cleanup.h"
#include "common/text.h"
#include "profiles/window.h"

#define MIB (UINT64_C(1) << 20)
#define WINDOW_OF_OVMF (UINT64_C(32) << 30) /* PcdPciMmio64Size */

static uint64_t bars_above(const struct device *d)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(d->bars); i++)
		if (d->bars[i].is_64bit && d->bars[i].is_prefetchable)
			sum += d->bars[i].size;
	return sum;
}

/* Twice the room, as a power of two: a BAR is aligned to its size, and the bridge above it to the largest below. */
static uint64_t window_for(uint64_t sum)
{
	uint64_t window = 1;

	while (window < 2 * sum && window < UINT64_C(1) << 62)
		window <<= 1;
	return window;
}

unsigned window_decide(struct device *const *devices, size_t n, struct choices *choices)
{
	_cleanup_free_ char *path = NULL, *value = NULL, *seen = NULL;
	const struct device *largest = NULL;
	uint64_t sum = 0, window;

	for (size_t i = 0; i < n; i++) {
		sum += bars_above(devices[i]);
		if (!largest || bars_above(devices[i]) > bars_above(largest))
			largest = devices[i];
	}
	window = window_for(sum);
	if (!largest || window <= WINDOW_OF_OVMF)
		return 0;
	path = text_format("/sys/bus/pci/devices/%s/resource", largest->address);
	value = text_format("%llu MiB", (unsigned long long)(window / MIB));
	seen = text_format("%llu MiB", (unsigned long long)(bars_above(largest) / MIB));
	choices_add(choices, "window for BARs", value, path, seen, "the BARs above 4 GiB need %llu MiB, and older OVMF keeps 32768",
		    (unsigned long long)(sum / MIB));
	return (unsigned)(window / MIB);
}
