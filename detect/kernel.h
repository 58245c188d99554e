/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel: release, command line now and at the next boot, and where vfio-pci is. */
#pragma once

#include <stdbool.h>

#include "detect/boot.h"
#include "detect/cmdline.h"
#include "detect/grub.h"
#include "detect/kernel_config.h"
#include "detect/modprobe.h"
#include "detect/module.h"
#include "detect/truth.h"

struct kernel {
	char *release;             /* 6.1.0-44-amd64; NULL: not known (an image with several kernels) */
	bool running_known;
	struct cmdline running;
	bool next_boot_known;
	struct cmdline next_boot;
	char *next_source;         /* the file that says so: "boot/grub/grub.cfg", a boot loader entry; NULL: not known */
	char *next_reason;         /* why it is not known, or NULL */
	struct grub grub;
	char *next_release;        /* by the name of the kernel's file, or its boot loader entry; NULL: not known */
	struct kernel_config config, next_config;
	struct modprobe modprobe;
	char *lockdown;            /* none, integrity or confidentiality; NULL: not known */
	enum module_state modules[MODULE_NAMES];
	enum module_state vfio_pci, next_vfio_pci; /* of release and of next_release */
	enum truth by_kexec;       /* another kernel started this one: its command line is not the bootloader's. x86 only */
	enum truth kexec_loaded;   /* a kernel lies ready for kexec, with a command line that cannot be read */
	enum truth iommu_default_on; /* CONFIG_INTEL_IOMMU_DEFAULT_ON of the running kernel */
	char **installed;          /* releases that have a folder in lib/modules */
	bool has_kvm_device;       /* dev/kvm */
	bool has_vfio_device;      /* dev/vfio/vfio */
	bool noiommu;              /* vfio's unsafe no-IOMMU mode is on */
};

int kernel_read(int root_fd, bool live, const struct boot *boot, struct kernel *ret);
void kernel_done(struct kernel *k);
/* What boots next, in the place of what was known of that; release NULL: not known. 0 or -ENOMEM. */
int kernel_set_next(int root_fd, const char *source, const char *cmdline, const char *release, struct kernel *k);
int kernel_set_next_unknown(const char *reason, struct kernel *k);
