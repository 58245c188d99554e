/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI boot entries, byte by byte, for tests. */
#pragma once

#include <stddef.h>

#include "tests/unit/tree.h"

struct efi_bytes {
	unsigned char data[1024];
	size_t size;
};

/* Begins an active entry; label is UTF-8 below U+0800. The result is for efi_end(). */
size_t efi_option(struct efi_bytes *b, const char *label);
void efi_utf16(struct efi_bytes *b, const char *text);
/* HD() of partition 3, its signature 12345678-9abc-def0-0102-030405060708; kind 0: none, 1: MBR, 2: GPT. */
void efi_hard_drive(struct efi_bytes *b, unsigned char kind);
void efi_file(struct efi_bytes *b, const char *path);
/* One letter each: r PciRoot(0), p Pci(6,0), n NVMe namespace, g GPT, m MBR, s no signature, x MAC, u URI. */
void efi_nodes(struct efi_bytes *b, const char *letters);
void efi_end(struct efi_bytes *b, size_t path);
/* A variable of the global namespace in efivarfs, with its attributes in front. */
void tree_put_variable(struct tree *t, const char *name, const void *data, size_t size);
