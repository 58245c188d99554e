/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI variables below sys/firmware/efi/efivars (Documentation/filesystems/efivarfs.rst). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define EFIVARS "sys/firmware/efi/efivars"
#define EFI_GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
/* What boot loaders tell the system (systemd.io/BOOT_LOADER_INTERFACE). */
#define EFI_LOADER "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

/* A variable's data without its attributes. -ENOENT: no such variable, -EACCES, -EINVAL: no variable in this file. */
int efi_read(int root_fd, const char *guid, const char *name, uint8_t **ret, size_t *ret_size);
