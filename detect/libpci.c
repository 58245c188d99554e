/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one handle of libpci, for capabilities and names. */

#include "detect/libpci.h"

static void ignore_message(char *format, ...)
{
	(void)format;
}

struct pci_access *libpci_access(void)
{
	static struct pci_access *access;

	if (!access) {
		access = pci_alloc();
		access->warning = ignore_message;
		access->method = PCI_ACCESS_SYS_BUS_PCI; /* the one method whose start touches nothing */
		pci_init(access); /* lookups crash without it */
	}
	return access;
}
