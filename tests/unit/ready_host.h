/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server on which every check passes: what a test takes away or spoils is what its check must find. */
#pragma once

#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define ID "0000:05:00.0 bind=address id=144d:a80a subsystem=0000:0000 class=010802 path=0000:00/06.0/00.0"
#define GRUB(arguments) "set default=\"0\"\nmenuentry 'Debian' {\n linux /v ro " arguments "\n}\n"
#define INTEL "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\n"

/* One drive, A, on vfio-pci: the one that was meant. */
void ready_host(struct tree *t);
/* A table DMAR with one unit and these flags: bit 0 for interrupt remapping. */
void put_dmar(struct tree *t, unsigned char flags);
