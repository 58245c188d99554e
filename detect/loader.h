/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot loaders: which one started this system, and which are installed. */
#pragma once

#include <stdbool.h>

#include "detect/boot.h"
#include "detect/cmdline.h"
#include "detect/grub_setup.h"

enum loader_kind {
	LOADER_UNKNOWN,
	LOADER_GRUB,
	LOADER_SYSTEMD_BOOT,
	LOADER_STUB,          /* a unified kernel image, or the kernel itself, started by the firmware or another loader */
	LOADER_ZIPL,          /* s390x */
	LOADER_OTHER,         /* rEFInd, syslinux, ... */
	LOADER_KINDS,
};

struct loaders {
	enum loader_kind started;  /* LOADER_UNKNOWN: nothing tells */
	char *path, *value;        /* where that was seen, and what: "/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-6.1.0-44-amd64" */
	char *installed[LOADER_KINDS]; /* a file of each that is here: "boot/efi/EFI/systemd/systemd-bootx64.efi"; NULL: not here */
	char *reason;              /* what could not be looked at, so that one may be missing here, or NULL */
	char **entry_folders;      /* of boot loader entries (UAPI.1): "boot/loader/entries"; with *.conf in them or not */
	bool has_grubby, has_kernel_install, has_rpm_ostree, has_bootc; /* programs */
	bool has_proxmox_boot_tool; /* with its list of partitions (/etc/kernel/proxmox-boot-uuids): else it does nothing */
	bool is_ostree;            /* the system is a deployment of ostree's */
};

/* -ENOMEM is the only failure. `running` is /proc/cmdline, empty where that is not known. */
int loaders_read(int root_fd, const struct boot *boot, const struct cmdline *running, const struct grub_setup *grub,
		 struct loaders *ret);
void loaders_done(struct loaders *l);
const char *loader_name(enum loader_kind kind); /* "GRUB" */
/* The loader that counts: the one that started this system, or else the only one installed; LOADER_UNKNOWN: it cannot be told. */
enum loader_kind loaders_deciding(const struct loaders *l);
/* Are two installed, and nothing tells which one starts this system? Both are set then. */
bool loaders_are_ambiguous(const struct loaders *l, enum loader_kind *ret_first, enum loader_kind *ret_second);
