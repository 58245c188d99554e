/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks: facts → finding, pure. Each sets verdict and summary, evidence, and a remedy where there is one. */
#pragma once

#include "audit/finding.h"
#include "detect/host.h"

/* The way to what root alone can read: here, or on the host that was captured. */
const char *remedy_as_root(const struct host *host);

#define DECLARE_CHECK(name) void check_##name(const struct host *host, struct report *report, struct finding *f)

DECLARE_CHECK(cpu_virtualization);
DECLARE_CHECK(cpu_bare_metal);
DECLARE_CHECK(cpu_nested);
DECLARE_CHECK(firmware_mode);
DECLARE_CHECK(firmware_secure_boot);
DECLARE_CHECK(firmware_setup_mode);
DECLARE_CHECK(firmware_boot_entry);
DECLARE_CHECK(firmware_iommu_table);
DECLARE_CHECK(firmware_iommu_table_valid);
DECLARE_CHECK(firmware_sr_iov);
DECLARE_CHECK(iommu_enabled);
DECLARE_CHECK(iommu_interrupt_remapping);
DECLARE_CHECK(iommu_default_domain);
DECLARE_CHECK(iommu_reserved_regions);
DECLARE_CHECK(iommu_noiommu);
DECLARE_CHECK(kernel_arguments);
DECLARE_CHECK(kernel_bootloader);
DECLARE_CHECK(kernel_harmful_arguments);
DECLARE_CHECK(kernel_config);
DECLARE_CHECK(kernel_lockdown);
DECLARE_CHECK(kernel_modules_blocked);
DECLARE_CHECK(kernel_vfio_options);
DECLARE_CHECK(kernel_kvm);
DECLARE_CHECK(kernel_vfio_pci);
DECLARE_CHECK(software_qemu);
DECLARE_CHECK(software_libvirt);
DECLARE_CHECK(software_ovmf);
DECLARE_CHECK(software_initramfs);
DECLARE_CHECK(software_mediated);
DECLARE_CHECK(software_confinement);
DECLARE_CHECK(software_pools);
DECLARE_CHECK(software_listener);
DECLARE_CHECK(software_overcommit);
DECLARE_CHECK(devices_identity);
DECLARE_CHECK(devices_set_aside);
DECLARE_CHECK(devices_link);
DECLARE_CHECK(devices_virtual_functions);
DECLARE_CHECK(devices_zpci);
DECLARE_CHECK(devices_ccw);
DECLARE_CHECK(devices_crypto);
DECLARE_CHECK(devices_qeth);
