/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zPCI: PCI functions of s390x. Each stands alone on a bus that the kernel makes up for it, and is known by its function id, which the
 * machine's I/O definition gives (Documentation/arch/s390/pci.rst, arch/s390/pci/pci_sysfs.c).
 */
#pragma once

#include <stdbool.h>

#include "detect/truth.h"

struct zpci {
	bool is_there;         /* this is such a function */
	unsigned fid;          /* function id; in eight digits it is also the name of the slot */
	unsigned uid;          /* user-defined id; 0: none */
	enum truth uid_is_unique; /* then it is the PCI domain, at each boot the same; unknown before Linux 5.12 */
	int pchid;             /* physical channel; -1: not known, here and below */
	int pfgid;             /* group of functions that share their properties */
	int port;              /* of the adapter; 0: it has none */
	int vfn;               /* number of the virtual function; 0: it is none */
	enum truth is_on;      /* its slot has power */
};

/* `fd` is the function's folder. A function without function_id is none of these. */
void zpci_read(int root_fd, int fd, struct zpci *ret);
/* Function ids, in eight digits and sorted, of the slots that are switched off: what the machine has for us, and Linux does not use. -ENOMEM. */
int zpci_standby_read(int root_fd, char ***ret);
