/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds of every firmware table, and of the devices that it reserves memory for. */
#pragma once

#include "detect/reserved.h"
#include "tests/fuzz/fuzz.h"

/* A right checksum, so that what lies behind it is reached, too. */
void fuzz_table_seal(uint8_t *bytes, size_t size);
void fuzz_table_check(const struct acpi_table *t, size_t size);
/* Resolves both tables against a small host: bridges, NVMe drives, a VF, two domains. */
void fuzz_table_resolve(const struct dmar *dmar, const struct ivrs *ivrs);
