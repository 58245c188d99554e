/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a kernel was built, as far as passthrough goes: the options of its .config. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum kernel_option {
	CONFIG_OPTION_VFIO,
	CONFIG_OPTION_VFIO_PCI,
	CONFIG_OPTION_VFIO_NOIOMMU,
	CONFIG_OPTION_IOMMUFD,
	CONFIG_OPTION_INTEL_IOMMU,
	CONFIG_OPTION_INTEL_IOMMU_DEFAULT_ON,
	CONFIG_OPTION_AMD_IOMMU,
	CONFIG_OPTION_DEFAULT_DMA_STRICT,
	CONFIG_OPTION_DEFAULT_DMA_LAZY,
	CONFIG_OPTION_DEFAULT_PASSTHROUGH,
	CONFIG_OPTION_KVM,
	CONFIG_OPTION_KVM_INTEL,
	CONFIG_OPTION_KVM_AMD,
	CONFIG_OPTIONS
};

struct kernel_config {
	char *path;                  /* where it was read, "boot/config-6.1.0-44-amd64"; NULL: it could not be */
	char values[CONFIG_OPTIONS]; /* 'y', 'm', or 'n' where it is not set */
};

/* "CONFIG_VFIO" */
const char *kernel_option_name(enum kernel_option option);
/* Of that release; `running` also looks at /proc/config.gz. -ENOMEM is the only failure. */
int kernel_config_read(int root_fd, const char *release, bool running, struct kernel_config *ret);
void kernel_config_parse(const char *text, char values[CONFIG_OPTIONS]);
/* What a gzip file holds, as text: -EINVAL where it is none, -EFBIG beyond 16 MiB, -ENOMEM. */
int gunzip(const void *data, size_t size, char **ret);
void kernel_config_done(struct kernel_config *c);
