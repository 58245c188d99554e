/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts: does the kernel let the IOMMU remap them? sysfs has no word for it; the names of the chips have. */
#pragma once

#include "detect/truth.h"

struct interrupts {
	enum truth remapped; /* unknown where no chip tells: no I/O APIC, no MSI, or no file */
	char *chip;          /* the one that told: "IR-IO-APIC", "PCI-MSI"; NULL: none */
};

/* The text of proc/interrupts, at least its first lines. -ENOMEM. */
int interrupts_parse(const char *text, struct interrupts *ret);
/* Reads only as far as the answer: the file grows with CPUs times interrupts. -ENOMEM. */
int interrupts_read(int root_fd, struct interrupts *ret);
void interrupts_done(struct interrupts *i);
