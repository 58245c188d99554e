/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware: UEFI or BIOS, Secure Boot, and which IOMMU table it hands over (DMAR, IVRS, IORT, VIOT). */
#pragma once

#include <stdbool.h>

#include "detect/boot.h"
#include "detect/dmar.h"
#include "detect/ivrs.h"
#include "detect/truth.h"

struct firmware {
	bool is_uefi;
	unsigned bits;            /* 64 or 32: of the UEFI, whatever the kernel has; 0: not known */
	enum truth setup_mode;    /* whoever is root may enroll Secure Boot keys */
	enum truth secure_boot;
	char *secure_boot_reason; /* why it is unknown, or NULL */
	const char *iommu_table;  /* static: "DMAR", "IVRS", "IORT", "VIOT"; NULL: none */
	bool tables_known;        /* the folder of ACPI tables could be listed */
	enum truth interrupt_remapping; /* DMAR header flags bit 0; unknown without root and without DMAR */
	struct dmar dmar;         /* empty where dmar.table.error is set */
	struct ivrs ivrs;
	struct boot boot;         /* its partitions and functions are known once the whole host was read */
	char *vendor, *product, *bios_date; /* DMI, or NULL */
};

/* Everything below root_fd; -ENOMEM is the only failure: what cannot be read is unknown. */
int firmware_read(int root_fd, struct firmware *ret);
void firmware_done(struct firmware *f);
