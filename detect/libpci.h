/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one handle of libpci, for capabilities and names. */
#pragma once

#include <pci/pci.h>

/* Made at the first call. No bus is scanned, and nothing below /sys is read through it. */
struct pci_access *libpci_access(void);
