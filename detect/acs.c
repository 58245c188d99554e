/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access Control Services: whether a port lets the devices below it talk past the IOMMU (PCIe 6.12). */

#include <pci/pci.h>

#include "common/cleanup.h"
#include "detect/acs.h"

#define PCI_EXP_TYPES 11

enum need { NEED_ALWAYS, NEED_IF_MULTIFUNCTION, NEED_IMPOSSIBLE };

/* The kernel's pci_acs_enabled(): which types must have it, and which can never be trusted. */
static const struct {
	const char *name;
	enum need need;
} types[PCI_EXP_TYPES] = {
	[PCI_EXP_TYPE_ENDPOINT] = { "endpoint", NEED_IF_MULTIFUNCTION },
	[PCI_EXP_TYPE_LEG_END] = { "legacy endpoint", NEED_IF_MULTIFUNCTION },
	[2] = { "unknown", NEED_ALWAYS },
	[3] = { "unknown", NEED_ALWAYS },
	[PCI_EXP_TYPE_ROOT_PORT] = { "root port", NEED_ALWAYS },
	[PCI_EXP_TYPE_UPSTREAM] = { "switch upstream port", NEED_IF_MULTIFUNCTION },
	[PCI_EXP_TYPE_DOWNSTREAM] = { "switch downstream port", NEED_ALWAYS },
	[PCI_EXP_TYPE_PCI_BRIDGE] = { "PCIe-to-PCI bridge", NEED_IMPOSSIBLE },
	[PCI_EXP_TYPE_PCIE_BRIDGE] = { "PCI-to-PCIe bridge", NEED_IMPOSSIBLE },
	[PCI_EXP_TYPE_ROOT_INT_EP] = { "integrated endpoint", NEED_IF_MULTIFUNCTION },
	[PCI_EXP_TYPE_ROOT_EC] = { "event collector", NEED_IMPOSSIBLE },
};

const char *acs_name(enum acs acs)
{
	static const char *const names[] = {
		[ACS_UNKNOWN] = "unknown", [ACS_NOT_NEEDED] = "not-needed", [ACS_NONE] = "none",
		[ACS_MISSING] = "missing", [ACS_FULL] = "full",
	};

	return names[acs];
}

static enum need need_of(const struct device *d)
{
	const struct capabilities *c = &d->capabilities;

	return c->is_pcie && c->pcie_type < PCI_EXP_TYPES ? types[c->pcie_type].need : NEED_IMPOSSIBLE;
}

/* VFs have the header of a single function, whatever their PF is. */
static bool is_multifunction(const struct device *d)
{
	return !d->physical_function && (d->capabilities.is_multifunction || d->function);
}

enum acs acs_of(const struct device *d, unsigned *missing)
{
	const struct capabilities *c = &d->capabilities;
	enum need need = need_of(d);

	*missing = 0;
	if (!c->is_known)
		return ACS_UNKNOWN;
	if (need == NEED_IMPOSSIBLE)
		return ACS_NONE;
	if (need == NEED_IF_MULTIFUNCTION && !is_multifunction(d))
		return ACS_NOT_NEEDED;
	if (!c->is_complete)
		return ACS_UNKNOWN;
	if (!c->has_acs)
		return ACS_NONE;
	/* What a function cannot control is wired on: the capability lists what can be switched. */
	*missing = ACS_NEEDED & c->acs_supported & ~(unsigned)c->acs_enabled;
	return *missing ? ACS_MISSING : ACS_FULL;
}

void acs_bits(unsigned mask, const char *names[5])
{
	static const struct {
		unsigned bit;
		const char *name;
	} bits[] = { { ACS_SV, "SV" }, { ACS_RR, "RR" }, { ACS_CR, "CR" }, { ACS_UF, "UF" } };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (mask & bits[i].bit)
			names[n++] = bits[i].name;
	names[n] = NULL;
}

const char *device_type_name(const struct device *d)
{
	const struct capabilities *c = &d->capabilities;

	if (!c->is_known)
		return d->is_bridge ? "bridge" : "endpoint";
	if (!c->is_pcie)
		return d->is_bridge ? "conventional PCI bridge" : "conventional PCI function";
	return c->pcie_type < PCI_EXP_TYPES ? types[c->pcie_type].name : "unknown";
}

bool device_is_conventional_bridge(const struct device *d)
{
	return d->is_bridge && d->capabilities.is_known && need_of(d) == NEED_IMPOSSIBLE;
}

bool acs_joins(const struct device *bridge)
{
	unsigned missing;
	enum acs acs = acs_of(bridge, &missing);

	return bridge->is_bridge && (acs == ACS_NONE || acs == ACS_MISSING);
}
