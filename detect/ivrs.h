/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IVRS: what the firmware says of AMD's IOMMU (AMD I/O Virtualization Technology specification, chapter 5). */
#pragma once

#include "detect/acpi.h"

/* An IOMMU. One unit is described by several blocks (types 0x10, 0x11, 0x40), each newer one saying more. */
struct ivrs_unit {
	uint16_t segment, id;  /* id: bus, device and function of the unit itself */
	uint64_t base;         /* of its registers: what tells units apart */
	uint8_t flags;
	unsigned n_blocks;
};

/* Memory that devices reach whatever the translation says; ids are bus << 8 | device << 3 | function. */
struct ivrs_region {
	size_t offset;
	uint8_t type;          /* 0x20 all, 0x21 one, 0x22 range */
	uint8_t flags;         /* IVRS_UNITY | ... */
	uint16_t segment;
	uint16_t first, last;  /* the devices concerned, inclusive; 0 and 0xffff for all */
	uint64_t start, length;/* bytes */
};

#define IVRS_UNITY 0x01
#define IVRS_READ 0x02
#define IVRS_WRITE 0x04
#define IVRS_EXCLUSION 0x08

/* IVinfo. */
#define IVRS_DMA_REMAP 0x02 /* the firmware protects itself from DMA before the kernel starts */

struct ivrs {
	struct acpi_table table;
	uint32_t info;          /* IVinfo */
	unsigned address_width; /* bits of a physical address, IVinfo PASize */
	struct ivrs_unit *units;
	size_t n_units;
	struct ivrs_region *regions;
	size_t n_regions;
	size_t n_blocks;        /* IVHD of all types */
	size_t n_unknown;       /* blocks of types that are none of these: passed over */
};

/* What could be read of the bytes, and the table's problems beside it; -ENOMEM is the only failure. */
int ivrs_parse(const void *bytes, size_t size, struct ivrs *ret);
/* sys/firmware/acpi/tables/IVRS; table.error says why there is nothing. */
int ivrs_read(int root_fd, struct ivrs *ret);
void ivrs_done(struct ivrs *ivrs);
/* Linux maps unity and exclusion ranges 1:1, and passes over what is neither (drivers/iommu/amd/init.c). */
bool ivrs_region_counts(const struct ivrs_region *region);
