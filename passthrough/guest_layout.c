/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layout: functions of one slot of the host sit in one slot of the guest. */

#include <stdlib.h>

#include "passthrough/guest_layout.h"

/* The host keeps its devices sorted in one array: the order of pointers is that of addresses. */
static int compare(const void *a, const void *b)
{
	const struct layout *x = a, *y = b;

	return x->device < y->device ? -1 : x->device > y->device;
}

static bool share_slot(const struct layout *a, const struct layout *b, bool apart)
{
	return !apart && !a->device->physical_function && !b->device->physical_function && devices_share_slot(a->device, b->device);
}

static void number_slot(struct layout *first, size_t n)
{
	bool has_first = first->device->function == 0;

	for (size_t i = 0; i < n; i++) {
		first[i].function = n == 1 ? 0 : has_first ? first[i].device->function : (unsigned)i;
		first[i].is_shared = n > 1;
	}
	first->is_multifunction = n > 1;
}

size_t layout_make(struct device *const *devices, size_t n, bool apart, struct layout *ret)
{
	size_t slots = 0;

	for (size_t i = 0; i < n; i++)
		ret[i] = (struct layout){ .device = devices[i] };
	if (n)
		qsort(ret, n, sizeof(*ret), compare);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first; end < n && (end == first || share_slot(&ret[first], &ret[end], apart)); end++)
			ret[end].slot = slots;
		number_slot(&ret[first], end - first);
		slots++;
	}
	return slots;
}
