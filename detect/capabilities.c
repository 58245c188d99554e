/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI capabilities, found in configuration space with libpci. */

#include <string.h>

#include "detect/capabilities.h"
#include "detect/config_space.h"
#include "detect/libpci.h"

static void read_pcie(struct pci_dev *dev, struct capabilities *c)
{
	struct pci_cap *cap = pci_find_cap(dev, PCI_CAP_ID_EXP, PCI_CAP_NORMAL);

	if (!cap)
		return;
	c->is_pcie = true;
	c->pcie_type = (pci_read_word(dev, cap->addr + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4;
	c->has_flr = pci_read_long(dev, cap->addr + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLRESET;
}

/* Conventional functions have a reset of their own in Advanced Features; the kernel asks for both bits. */
static void read_advanced(struct pci_dev *dev, struct capabilities *c)
{
	struct pci_cap *cap = pci_find_cap(dev, PCI_CAP_ID_AF, PCI_CAP_NORMAL);
	unsigned wanted = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;

	if (cap && (pci_read_byte(dev, cap->addr + PCI_AF_CAP) & wanted) == wanted)
		c->has_flr = true;
}

/* MSI counts in powers of two, of which only six are defined (PCI 3.0, 6.8.1.3); MSI-X one less than there are. */
static void read_interrupts(struct pci_dev *dev, struct capabilities *c)
{
	struct pci_cap *cap = pci_find_cap(dev, PCI_CAP_ID_MSI, PCI_CAP_NORMAL);
	unsigned flags, power;

	if (cap) {
		flags = pci_read_word(dev, cap->addr + PCI_MSI_FLAGS);
		power = (flags & PCI_MSI_FLAGS_QMASK) >> 1;
		c->msi_vectors = 1u << (power > 5 ? 5 : power);
		c->msi_enabled = flags & PCI_MSI_FLAGS_ENABLE;
	}
	cap = pci_find_cap(dev, PCI_CAP_ID_MSIX, PCI_CAP_NORMAL);
	if (cap) {
		flags = pci_read_word(dev, cap->addr + PCI_CAP_FLAGS);
		c->msix_vectors = (flags & PCI_MSIX_TABSIZE) + 1;
		c->msix_enabled = flags & PCI_MSIX_ENABLE;
	}
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
	cap = pci_find_cap(dev, PCI_EXT_CAP_ID_SRIOV, PCI_CAP_EXTENDED);
	if (cap)
		c->sriov_vfs = pci_read_word(dev, cap->addr + PCI_IOV_TOTALVF);
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

	if (size >= CONFIG_HEADER_SIZE) {
		c.is_multifunction = config[PCI_HEADER_TYPE] & 0x80;
		c.has_interrupt_pin = config[PCI_INTERRUPT_PIN];
	}
	/* A user gets the header alone: the capability list begins behind it. */
	if (size < CONFIG_PCI_SIZE) {
		*ret = c;
		return;
	}
	/* The whole space stands in the cache, so libpci never asks its access method, which has nothing to read. */
	memcpy(whole, config, size < CONFIG_SIZE ? size : CONFIG_SIZE);
	dev = pci_get_dev(access, (int)domain, (int)bus, (int)device, (int)function);
	pci_setup_cache(dev, whole, CONFIG_SIZE);
	c.is_known = true;
	read_pcie(dev, &c);
	read_advanced(dev, &c);
	read_interrupts(dev, &c);
	/* A conventional PCI function has no extended space at all. */
	c.is_complete = size >= CONFIG_SIZE || !c.is_pcie;
	if (size >= CONFIG_SIZE)
		read_extended(dev, &c);
	pci_free_dev(dev);
	*ret = c;
}

void capabilities_read(int device_fd, unsigned domain, unsigned bus, unsigned device, unsigned function, struct capabilities *ret)
{
	unsigned char config[CONFIG_SIZE];
	size_t size = config_read(device_fd, config);

	capabilities_parse(config, size, domain, bus, device, function, ret);
}
