/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI variables, through libefivar, which is loaded when the first one is asked for. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A variable of the EFI global namespace. -ENOENT: no such variable; -ENOPKG: libefivar is not installed; -EACCES. */
int efi_global_read(int root_fd, const char *name, uint8_t **ret, size_t *ret_size);
