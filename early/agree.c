/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Agreement: is what sits at an address what was asked for? */

#include <stdio.h>
#include <string.h>

#include "common/record.h"
#include "early/agree.h"
#include "early/bind.h"

static bool same_text(const char *what, const char *wanted, const char *found, struct difference *ret)
{
	if (strcmp(wanted, found) == 0)
		return true;
	ret->what = what;
	snprintf(ret->wanted, sizeof(ret->wanted), "%s", wanted);
	snprintf(ret->found, sizeof(ret->found), "%s", found);
	return false;
}

/* What one of the two does not know cannot differ. */
static bool same_if_known(const char *what, const char *wanted, const char *found, struct difference *ret)
{
	return !*wanted || !*found || same_text(what, wanted, found, ret);
}

static bool same_pair(const char *what, unsigned a, unsigned b, unsigned found_a, unsigned found_b, struct difference *ret)
{
	char wanted[20], found[20];

	snprintf(wanted, sizeof(wanted), "%04x:%04x", a, b);
	snprintf(found, sizeof(found), "%04x:%04x", found_a, found_b);
	return same_text(what, wanted, found, ret);
}

static bool same_class(unsigned a, unsigned b, struct difference *ret)
{
	char wanted[16], found[16];

	snprintf(wanted, sizeof(wanted), "%06x", a);
	snprintf(found, sizeof(found), "%06x", b);
	return same_text("class", wanted, found, ret);
}

static void format_serial(uint64_t serial, char to[20])
{
	if (serial)
		snprintf(to, 20, "%016llx", (unsigned long long)serial);
	else
		strcpy(to, "none");
}

static bool same_serial(uint64_t a, uint64_t b, struct difference *ret)
{
	char wanted[20], found[20];

	format_serial(a, wanted);
	format_serial(b, found);
	return same_text("PCIe serial number", wanted, found, ret);
}

/* As detect has it, by what is there now. */
static const char *path_name(const char *path)
{
	return strncmp(path, ZPCI_ROOT, strlen(ZPCI_ROOT)) == 0 ? "function id" : "chain of bridges";
}

bool wanted_agrees(const struct wanted *wanted, const struct seen *seen, struct difference *ret)
{
	const struct traits *w = &wanted->traits, *s = &seen->traits;

	return same_pair("vendor and device id", w->vendor, w->product, s->vendor, s->product, ret) &&
	       same_pair("subsystem id", w->subsystem_vendor, w->subsystem_product, s->subsystem_vendor, s->subsystem_product, ret) &&
	       same_class(w->class, s->class, ret) &&
	       same_text(path_name(s->path), w->path, s->path, ret) &&
	       same_if_known("slot", w->slot, s->slot, ret) &&
	       (!w->pcie_serial || !seen->has_config || same_serial(w->pcie_serial, s->pcie_serial, ret)) &&
	       same_if_known("serial", w->serial, s->serial, ret);
}

int wanted_look(int root_fd, const struct slots *slots, const char *address, const struct wanted *w, struct seen *ret, struct difference *d)
{
	int r = seen_read_place(root_fd, slots, address, ret);

	if (r < 0)
		return r;
	if (!wanted_agrees(w, ret, d))
		return 0;
	seen_read_serials(root_fd, ret);
	return wanted_agrees(w, ret, d);
}

bool wanted_is_vouched_for(const struct wanted *w, const struct seen *s)
{
	return w->traits.pcie_serial && s->has_config;
}

bool wanted_is_unsettled(const struct wanted *w, const struct seen *s)
{
	return *w->traits.serial && !*s->traits.serial && !wanted_is_vouched_for(w, s);
}

bool wanted_will_settle(const struct wanted *w, const struct seen *s)
{
	return wanted_is_unsettled(w, s) && s->traits.class == CLASS_NVME && strcmp(s->driver, VFIO_DRIVER) != 0;
}
