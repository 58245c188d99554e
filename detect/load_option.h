/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot entry of the firmware: what a Boot#### variable holds (EFI_LOAD_OPTION, UEFI specification 2.10, 3.1.3). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct load_option {
	bool is_active;        /* LOAD_OPTION_ACTIVE */
	char *label;           /* its description, in UTF-8 */
	char *partition_uuid;  /* of the HD() node, as udev's ID_PART_ENTRY_UUID writes it: a GUID, or for MBR "4ac3e1f0-01"; NULL: none */
	char *file;            /* "\EFI\debian\shimx64.efi", or NULL */
	bool has_pci;          /* the path begins at a PCI host bridge, and goes on to a function */
	unsigned root_uid;     /* the ACPI _UID of that bridge */
	char *pci_path;        /* the functions from there down: "06.0/00.0"; NULL without has_pci */
	bool is_network;       /* the path holds a network node: PXE or HTTP boot */
};

/* -EINVAL: the bytes end too early or contradict themselves; -ENOMEM. */
int load_option_parse(const void *data, size_t size, struct load_option *ret);
void load_option_done(struct load_option *o);
/* UTF-16LE, at most n units, up to a NUL if there is one, as UTF-8 (new string, NULL: out of memory); what is broken becomes U+FFFD. */
char *utf16_to_utf8(const void *data, size_t n);
