/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMAR: what the firmware says of Intel's IOMMU (VT-d specification, chapter 8). */
#pragma once

#include "detect/acpi.h"

enum dmar_kind { DMAR_UNIT, DMAR_REGION, DMAR_ATS, DMAR_AFFINITY, DMAR_NAMESPACE, DMAR_SATC, DMAR_UNKNOWN };

/* Header flags. */
#define DMAR_INTR_REMAP 0x01
#define DMAR_X2APIC_OPT_OUT 0x02
#define DMAR_DMA_CTRL_PLATFORM_OPT_IN 0x04

enum scope_kind { SCOPE_ENDPOINT = 1, SCOPE_BRIDGE, SCOPE_IOAPIC, SCOPE_HPET, SCOPE_NAMESPACE };

/* A device as the firmware sees it: from a bus along (device, function) pairs through the bridges. */
struct dmar_scope {
	uint8_t kind;          /* enum scope_kind, or a later one */
	uint8_t enumeration;   /* number of the I/O APIC, the HPET, or the name that an ANDD gives */
	uint8_t bus;           /* where the path begins */
	unsigned n_hops;
	const uint8_t *path;   /* n_hops × (device, function); borrowed from the table */
};

struct dmar_structure {
	enum dmar_kind kind;
	uint16_t type;         /* as in the table: 0 DRHD, 1 RMRR, 2 ATSR, 3 RHSA, 4 ANDD, 5 SATC */
	size_t offset;
	uint8_t flags;         /* DRHD: bit 0 INCLUDE_PCI_ALL; ATSR: bit 0 ALL_PORTS; SATC: bit 0 ATC_REQUIRED */
	uint16_t segment;
	uint64_t base, limit;  /* DRHD, RHSA: the unit's registers; RMRR: the region, limit inclusive */
	uint32_t number;       /* RHSA: proximity domain; ANDD: device number */
	char *name;            /* ANDD: the object's name, from the firmware; else NULL */
	struct dmar_scope *scopes;
	size_t n_scopes;
};

struct dmar {
	struct acpi_table table;
	unsigned address_width; /* bits of a host address */
	uint8_t flags;          /* DMAR_INTR_REMAP | ... */
	struct dmar_structure *list; /* in the order of the table */
	size_t n;
};

/* What could be read of the bytes, and the table's problems beside it; -ENOMEM is the only failure. */
int dmar_parse(const void *bytes, size_t size, struct dmar *ret);
/* sys/firmware/acpi/tables/DMAR; table.error says why there is nothing. */
int dmar_read(int root_fd, struct dmar *ret);
void dmar_done(struct dmar *d);
size_t dmar_count(const struct dmar *d, enum dmar_kind kind);
