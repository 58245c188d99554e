/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI capabilities, found in configuration space with libpci. */

#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/capabilities.h"
#include "detect/libpci.h"

#define CONFIG_SIZE 4096

static void read_pcie(struct pci_dev *dev, struct capabilities *c)
{
	struct pci_cap *cap = pci_find_cap(dev, PCI_CAP_ID_EXP, PCI_CAP_NORMAL);

	if (!cap)
		return;
	c->is_pcie = true;
	c->pcie_type = (pci_read_word(dev, cap->addr + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4;
	c->has_flr = pci_read_long(dev, cap->addr + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLRESET;
}

static void read_extended(struct pci_dev *dev, struct capabilities *c)
{
	struct pci_cap *cap;

	cap = pci_find_cap(dev, PCI_EXT_CAP_ID_ACS, PCI_CAP_EXTENDED);
	if (cap) {
		c->has_acs = true;
		c->acs_supported = pci_read_word(dev, cap->addr + PCI_ACS_CAP);
		c->acs_enabled = pci_read_word(dev, cap->addr + PCI_ACS_CTRL);
	}
	cap = pci_find_cap(dev, PCI_EXT_CAP_ID_DSN, PCI_CAP_EXTENDED);
	if (cap) {
		c->serial = (uint64_t)pci_read_long(dev, cap->addr + 8) << 32 | pci_read_long(dev, cap->addr + 4);
		/* Vendors that did not programme it leave all zeros or all ones: no identity. */
		c->has_serial = c->serial != 0 && c->serial != UINT64_MAX;
	}
}

void capabilities_parse(unsigned char *config, size_t size, unsigned domain, unsigned bus, unsigned device, unsigned function,
			struct capabilities *ret)
{
	struct pci_access *access = libpci_access();
	unsigned char whole[CONFIG_SIZE] = {};
	struct capabilities c = {};
	struct pci_dev *dev;

	/* A user gets the first 64 bytes alone: the capability list begins behind them. */
	if (size < 256) {
		*ret = c;
		return;
	}
	/* The whole space stands in the cache, so libpci never asks its access method, which has nothing to read. */
	memcpy(whole, config, size < CONFIG_SIZE ? size : CONFIG_SIZE);
	dev = pci_get_dev(access, (int)domain, (int)bus, (int)device, (int)function);
	pci_setup_cache(dev, whole, CONFIG_SIZE);
	read_pcie(dev, &c);
	/* A conventional PCI function has no extended space at all. */
	c.is_complete = size >= CONFIG_SIZE || !c.is_pcie;
	if (size >= CONFIG_SIZE)
		read_extended(dev, &c);
	pci_free_dev(dev);
	*ret = c;
}

void capabilities_read(int device_fd, unsigned domain, unsigned bus, unsigned device, unsigned function, struct capabilities *ret)
{
	_cleanup_free_ char *config = NULL;
	size_t size = 0;

	if (fs_read(device_fd, &config, &size, "config") < 0)
		size = 0;
	capabilities_parse((unsigned char *)config, size, domain, bus, device, function, ret);
}
