/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel: release, command line now and at the next boot, and where vfio-pci is. */
#pragma once

#include <stdbool.h>

#include "detect/cmdline.h"
#include "detect/grub.h"
#include "detect/kernel_config.h"
#include "detect/modprobe.h"
#include "detect/truth.h"

enum module_state { MODULE_UNKNOWN, MODULE_MISSING, MODULE_FILE, MODULE_LOADED, MODULE_BUILTIN };

struct kernel {
	char *release;             /* 6.1.0-44-amd64; NULL: not known (an image with several kernels) */
	bool running_known;
	struct cmdline running;
	bool next_boot_known;
	struct cmdline next_boot;
	struct grub grub;
	char *next_release;        /* by the name of the file that GRUB loads; NULL: not known */
	struct kernel_config config, next_config;
	struct modprobe modprobe;
	char *lockdown;            /* none, integrity or confidentiality; NULL: not known */
	enum module_state next_vfio_pci; /* of next_release */
	enum module_state vfio_pci;
	enum truth iommu_default_on; /* CONFIG_INTEL_IOMMU_DEFAULT_ON of the running kernel */
	char **installed;          /* releases that have a folder in lib/modules */
	bool has_kvm_device;       /* dev/kvm */
	bool has_vfio_device;      /* dev/vfio/vfio */
	bool noiommu;              /* vfio's unsafe no-IOMMU mode is on */
};

int kernel_read(int root_fd, bool live, struct kernel *ret);
void kernel_done(struct kernel *k);
const char *module_state_name(enum module_state state);
/* Of the running kernel, or of the release whose modules lie below root_fd (NULL: none known). */
enum module_state module_find(int root_fd, const char *release, const char *name);
/* Of this release alone, whatever runs: MODULE_FILE, MODULE_BUILTIN, MODULE_MISSING, or MODULE_UNKNOWN without its folder. */
enum module_state module_find_installed(int root_fd, const char *release, const char *name);
