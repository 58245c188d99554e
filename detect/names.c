/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of vendors and products, from pci.ids, which is opened when the first one is asked for. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/id_names.h"
#include "detect/libpci.h"
#include "detect/names.h"

/* Neither the network nor udev's hwdb is asked: the same host gives the same bytes everywhere. */
#define LOOKUP (PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB)

/* Where libpci looks: for a compressed list, and else for a plain one beside it, which is all that is read here. */
static char *list_path(void)
{
	const char *path = libpci_access()->id_file_name;

	if (path && str_ends(path, ".gz") && access(path, F_OK) < 0)
		return text_format("%.*s", (int)(strlen(path) - strlen(".gz")), path);
	return path ? strdup(path) : NULL;
}

/* libpci takes the whole list apart, which is most of the time that a small host takes: so it is asked only where that list is. */
static struct id_names *id_list(void)
{
	static struct id_names names;
	static bool tried;
	static const char *text;

	if (!tried) {
		_cleanup_free_ char *path = list_path();

		tried = true;
		if (path && file_map(path, &text) >= 0 && id_names_index(text, &names) < 0)
			names = (struct id_names){};
	}
	return names.n ? &names : NULL;
}

static bool name_find(enum id_kind kind, unsigned id, int below, char *out, size_t size)
{
	struct id_names *names = id_list();
	const char *name;
	size_t length;

	name = names ? id_names_find(names, kind, id, below, &length) : NULL;
	if (name)
		snprintf(out, size, "%.*s", (int)length, name);
	else if (size)
		*out = '\0';
	return name;
}

/* Where there is no such plain file (it may be compressed), libpci has its ways. */
static char *or_empty(char *name, char *out, size_t size)
{
	if (!name && size)
		*out = '\0';
	return out;
}

char *vendor_name(const struct device *d, char *out, size_t size)
{
	if (!id_list())
		return or_empty(pci_lookup_name(libpci_access(), out, (int)size, PCI_LOOKUP_VENDOR | LOOKUP, d->vendor), out, size);
	name_find(ID_VENDOR, d->vendor, -1, out, size);
	return out;
}

char *device_name(const struct device *d, char *out, size_t size)
{
	if (!id_list())
		return or_empty(pci_lookup_name(libpci_access(), out, (int)size, PCI_LOOKUP_DEVICE | LOOKUP, d->vendor, d->product), out, size);
	name_find(ID_VENDOR, d->vendor, d->product, out, size);
	return out;
}

char *class_name(const struct device *d, char *out, size_t size)
{
	unsigned base = d->class >> 16, sub = d->class >> 8 & 0xff;
	bool known;

	if (id_list())
		known = name_find(ID_CLASS, base, (int)sub, out, size) || name_find(ID_CLASS, base, -1, out, size);
	else
		known = pci_lookup_name(libpci_access(), out, (int)size, PCI_LOOKUP_CLASS | LOOKUP, d->class >> 8);
	if (!known)
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
