/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of libvirt that slipway loads and that are not pretended: each is there, and fails. */

#include "passthrough/guest_libvirt.h"

int not_pretended(void);

int not_pretended(void)
{
	return 0; /* NULL, or none */
}

/* The linker prefers those of libvirt.c. */
#define REST(name) __asm__(".weak " #name "\n\t.set " #name ", not_pretended");
LIBVIRT_FUNCTIONS(REST)
