/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots: the names of the places on the board, as firmware or hotplug controllers give them. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/slot_name.h"
#include "common/text.h"
#include "detect/slot.h"

/* The first function at the slot's address or behind it: the devices are sorted. */
static size_t find_first(const struct devices *devices, unsigned domain, unsigned bus, unsigned device)
{
	size_t low = 0, high = devices->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct device *d = &devices->list[middle];

		if (d->domain < domain || (d->domain == domain && (d->bus < bus || (d->bus == bus && d->device < device))))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int slot_fill(const char *name, const char *text, struct devices *devices)
{
	_cleanup_free_ char *address = text_format("%s.0", text);
	unsigned domain, bus, device, function;

	if (!address)
		return -ENOMEM;
	/* A slot for a whole bus (pSeries) gives no device number: nothing to tell its functions apart by. */
	if (address_parse(address, &domain, &bus, &device, &function) < 0)
		return 0;
	for (size_t i = find_first(devices, domain, bus, device); i < devices->n; i++) {
		struct device *d = &devices->list[i];

		if (d->domain != domain || d->bus != bus || d->device != device)
			break;
		if (d->slot)
			continue;
		d->slot = strdup(name);
		if (!d->slot)
			return -ENOMEM;
	}
	return 0;
}

/* sys/bus/pci/slots/NAME/address is 0000:05:00: every function of that device sits in the slot. */
int slots_fill(int root_fd, struct devices *devices)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(root_fd, &names, "sys/bus/pci/slots");
	if (r < 0)
		return 0; /* most desktops have no slots */
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *address = NULL;

		if (slot_name_is_stable(*name) && fs_read_line(root_fd, &address, "sys/bus/pci/slots/%s/address", *name) >= 0 &&
		    slot_fill(*name, address, devices) < 0)
			return -ENOMEM;
	}
	return 0;
}
