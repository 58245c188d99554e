/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The software a virtualization host needs: libvirt, QEMU, UEFI firmware for guests, and what rebuilds the boot files. */
#pragma once

#include <stdbool.h>

#include "detect/guest_firmware.h"

struct software {
	char *libvirt;         /* path of the daemon, "usr/sbin/libvirtd", or NULL */
	char *qemu;            /* path of the emulator for this CPU, or NULL */
	char **firmwares;      /* paths of QEMU firmware descriptors (JSON), sorted */
	struct guest_firmware uefi;            /* UEFI for guests of this machine; descriptor NULL: none */
	struct firmware_misfits uefi_misfits;  /* with what is in the way of those that were looked at before it */
	bool has_update_grub, has_update_initramfs;
};

/*
 * `machine` as uname -m says ("x86_64"); what is not there is NULL or false: no failure but -ENOMEM. The images of a firmware must
 * be there on a live host: a captured one has none.
 */
int software_read(int root_fd, bool is_live, const char *machine, struct software *ret);
void software_done(struct software *s);
