/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access Control Services: whether a port lets the devices below it talk past the IOMMU (PCIe 6.12). */
#pragma once

#include "detect/device.h"

enum acs {
	ACS_UNKNOWN,    /* extended configuration space was not read: root can */
	ACS_NOT_NEEDED, /* nothing beside it to be kept apart from: the upstream port of a switch, a single function */
	ACS_NONE,       /* it has no such capability, or sits on a conventional bus, where there can be none */
	ACS_MISSING,    /* it has, and not all that isolation needs is switched on */
	ACS_FULL,
};

const char *acs_name(enum acs acs); /* "unknown", "not-needed", "none", "missing", "full" */
/* How the kernel looks at this function when it makes the groups. *missing: bits of ACS_NEEDED that are off. */
enum acs acs_of(const struct device *d, unsigned *missing);
/* The names of the bits in a mask ("SV", "RR", "CR", "UF"), into `names`, which is ended with NULL. */
void acs_bits(unsigned mask, const char *names[5]);

/* What a function is to the bus: "root port", "switch downstream port", "PCIe-to-PCI bridge", "endpoint". */
const char *device_type_name(const struct device *d);
/* A bridge to a conventional bus, or on one: what is below it cannot be told apart. Only where the capabilities are known. */
bool device_is_conventional_bridge(const struct device *d);
/* A port that puts what is below it, or beside it, into one group: ACS_NONE or ACS_MISSING on a bridge. */
bool acs_joins(const struct device *bridge);
