/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI capabilities, found in configuration space with libpci. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Access Control Services of a bridge, as bits of the ACS control register (PCIe 7.7.11). */
#define ACS_SV 0x01
#define ACS_RR 0x04
#define ACS_CR 0x08
#define ACS_UF 0x10
#define ACS_NEEDED (ACS_SV | ACS_RR | ACS_CR | ACS_UF)

struct capabilities {
	bool is_multifunction;  /* header type, which every user may read */
	bool has_interrupt_pin; /* INTx; the same */
	bool is_known;          /* the capability list was read (root only); else what follows is empty */
	bool is_complete;       /* and the extended space behind it */
	bool is_pcie;
	uint8_t pcie_type;      /* PCI_EXP_TYPE_*: 0 endpoint, 4 root port, 5 upstream, 6 downstream, ... */
	bool has_flr;           /* PCIe's or Advanced Features' */
	unsigned msi_vectors, msix_vectors; /* at most; 0: the function has none */
	bool msi_enabled, msix_enabled;
	bool has_acs;
	uint16_t acs_supported, acs_enabled;
	unsigned sriov_vfs;     /* TotalVFs of the SR-IOV capability; 0: none */
	bool has_serial;        /* Device Serial Number capability, neither all zeros nor all ones */
	uint64_t serial;
};

/*
 * Reads the file "config" in the device's sysfs folder (64 bytes for a user, 256 or 4096 for root) once, and looks the
 * capabilities up in it. Never fails: what cannot be read leaves is_known and is_complete false.
 */
void capabilities_read(int device_fd, unsigned domain, unsigned bus, unsigned device, unsigned function, struct capabilities *ret);
/* The same from the bytes. */
void capabilities_parse(unsigned char *config, size_t size, unsigned domain, unsigned bus, unsigned device, unsigned function,
			struct capabilities *ret);
