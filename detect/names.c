/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of vendors and products, from pci.ids, which is opened when the first one is asked for. */

#include <stdio.h>

#include "detect/libpci.h"
#include "detect/names.h"

/* Neither the network nor udev's hwdb is asked: the same host gives the same bytes everywhere. */
#define LOOKUP (PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB)

static char *or_empty(char *name, char *out, size_t size)
{
	if (!name && size)
		*out = '\0';
	return out;
}

char *vendor_name(const struct device *d, char *out, size_t size)
{
	return or_empty(pci_lookup_name(libpci_access(), out, (int)size, PCI_LOOKUP_VENDOR | LOOKUP, d->vendor), out, size);
}

char *device_name(const struct device *d, char *out, size_t size)
{
	return or_empty(pci_lookup_name(libpci_access(), out, (int)size, PCI_LOOKUP_DEVICE | LOOKUP, d->vendor, d->product), out, size);
}

char *class_name(const struct device *d, char *out, size_t size)
{
	if (!pci_lookup_name(libpci_access(), out, (int)size, PCI_LOOKUP_CLASS | LOOKUP, d->class >> 8))
		snprintf(out, size, "class 0x%06x", d->class);
	return out;
}

void device_describe(const struct device *d, char *out, size_t size)
{
	char vendor[128], product[256];

	if (d->model) {
		snprintf(out, size, "%s %s", d->model, d->serial ? d->serial : "");
		return;
	}
	device_name(d, product, sizeof(product));
	vendor_name(d, vendor, sizeof(vendor));
	if (*product)
		snprintf(out, size, "%s %s", vendor, product);
	else
		snprintf(out, size, "%s %04x:%04x", class_name(d, product, sizeof(product)), d->vendor, d->product);
}
