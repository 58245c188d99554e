/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The audit: is this host passthrough-ready, and if not, which layer is broken first? */

#include <errno.h>

#include "audit/audit.h"
#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/nearest.h"
#include "common/text.h"

const struct check checks[] = {
	{ "cpu.virtualization", "cpu", "every CPU can run guests in hardware (VMX, SVM or SIE)", true, check_cpu_virtualization },
	{ "cpu.bare-metal", "cpu", "the host runs on the bare machine, not in a virtual one", false, check_cpu_bare_metal },
	{ "cpu.nested", "cpu", "may guests run guests of their own", false, check_cpu_nested },
	{ "firmware.mode", "firmware", "the host was started by UEFI", false, check_firmware_mode },
	{ "firmware.secure-boot", "firmware", "is Secure Boot on, and what follows from it", false, check_firmware_secure_boot },
	{ "firmware.setup-mode", "firmware", "the firmware is not in setup mode", false, check_firmware_setup_mode },
	{ "firmware.boot-entry", "firmware", "which boot entry started the host, and from which disk", false, check_firmware_boot_entry },
	{ "firmware.iommu-table", "firmware", "the firmware hands over an IOMMU table (DMAR, IVRS, IORT)", true, check_firmware_iommu_table },
	{ "firmware.iommu-table-valid", "firmware", "the IOMMU table has a right checksum, and nothing leads out of it", false, check_firmware_iommu_table_valid },
	{ "firmware.sr-iov", "firmware", "devices that could have virtual functions may have them", false, check_firmware_sr_iov },
	{ "iommu.enabled", "iommu", "the IOMMU is really on: there are groups", true, check_iommu_enabled },
	{ "iommu.interrupt-remapping", "iommu", "interrupts of assigned devices are remapped", false, check_iommu_interrupt_remapping },
	{ "iommu.default-domain", "iommu", "DMA of the host's own devices is translated", false, check_iommu_default_domain },
	{ "iommu.reserved-regions", "iommu", "the firmware holds no device fast (RMRR, IVMD)", false, check_iommu_reserved_regions },
	{ "iommu.noiommu", "iommu", "vfio's unsafe no-IOMMU mode is off", true, check_iommu_noiommu },
	{ "kernel.arguments", "kernel", "the running kernel has the arguments that the next boot will have", true, check_kernel_arguments },
	{ "kernel.bootloader", "kernel", "it is known which boot loader starts the host", false, check_kernel_bootloader },
	{ "kernel.harmful-arguments", "kernel", "no kernel argument or module option harms or misleads", false, check_kernel_harmful_arguments },
	{ "kernel.config", "kernel", "the kernel was built with what passthrough needs", false, check_kernel_config },
	{ "kernel.lockdown", "kernel", "is the kernel locked down, and what follows from it", false, check_kernel_lockdown },
	{ "kernel.modules-blocked", "kernel", "no module that passthrough needs is blocked", false, check_kernel_modules_blocked },
	{ "kernel.vfio-options", "kernel", "the options of vfio-pci are those that count", false, check_kernel_vfio_options },
	{ "kernel.kvm", "kernel", "KVM is there (/dev/kvm)", true, check_kernel_kvm },
	{ "kernel.vfio-pci", "kernel", "vfio-pci is built in or a module", true, check_kernel_vfio_pci },
	{ "software.qemu", "software", "QEMU for this CPU is installed", true, check_software_qemu },
	{ "software.libvirt", "software", "libvirt is installed", true, check_software_libvirt },
	{ "software.ovmf", "software", "UEFI firmware for guests is installed", true, check_software_ovmf },
	{ "software.initramfs", "software", "the tool that makes the initramfs images is one of those that slipway knows", false, check_software_initramfs },
	{ "software.mediated", "software", "what mediated devices need is there (mdevctl, vfio_ap, vfio_ccw)", false, check_software_mediated },
	{ "software.confinement", "software", "SELinux or AppArmor keeps guests from each other and from the host", false, check_software_confinement },
	{ "software.pools", "software", "SELinux or AppArmor lets guests at the images of libvirt's storage pools", false, check_software_pools },
	{ "software.listener", "software", "libvirt takes no connection over the network without asking who it is", false, check_software_listener },
	{ "software.overcommit", "software", "the guests defined fit the host's memory and CPUs", false, check_software_overcommit },
	{ "devices.identity", "devices", "every device bound at boot is the one that was meant", true, check_devices_identity },
	{ "devices.set-aside", "devices", "devices are set aside for guests, and bound", true, check_devices_set_aside },
	{ "devices.link", "devices", "no PCIe link is slower or narrower than both ends can", false, check_devices_link },
	{ "devices.virtual-functions", "devices", "every device has the virtual functions that are kept for it", false, check_devices_virtual_functions },
	{ "devices.zpci", "devices", "the addresses of s390x' PCI functions stay", false, check_devices_zpci },
	{ "devices.ccw", "devices", "DASDs set aside for guests stay so", false, check_devices_ccw },
	{ "devices.crypto", "devices", "every crypto queue is the host's or for guests, and guests get those that are theirs", false, check_devices_crypto },
	{ "devices.qeth", "devices", "the network ports of s390x on qeth can carry guests", false, check_devices_qeth },
	{ NULL, NULL, NULL, false, NULL },
};

const char *readiness_name(enum readiness r)
{
	static const char *const names[] = {
		[READINESS_READY] = "ready",
		[READINESS_REBOOT_REQUIRED] = "reboot-required",
		[READINESS_NOT_READY] = "not-ready",
	};

	return names[r];
}

const struct check *check_find(const char *id)
{
	for (const struct check *c = checks; c->id; c++)
		if (str_eq(c->id, id))
			return c;
	return NULL;
}

const char *check_nearest(const char *id)
{
	char *ids[ARRAY_SIZE(checks)] = {};

	for (size_t i = 0; checks[i].id; i++)
		ids[i] = (char *)checks[i].id;
	return word_nearest(ids, id);
}

static int complain_of(const char *id)
{
	const char *nearest = check_nearest(id);

	if (nearest)
		return log_invalid("there is no check '%s'; did you mean '%s'?", id, nearest);
	return log_invalid("there is no check '%s'; 'slipway --json audit' names them all", id);
}

int audit_run(const struct host *host, char *const *required, struct report *ret)
{
	_cleanup_(report_done) struct report report = {};

	for (char *const *id = required; id && *id; id++)
		if (!check_find(*id))
			return complain_of(*id);
	report.list = calloc(ARRAY_SIZE(checks), sizeof(*report.list));
	if (!report.list)
		return log_oom();
	for (const struct check *c = checks; c->id; c++) {
		struct finding *f = &report.list[report.n++];

		*f = (struct finding){ .id = c->id, .layer = c->layer, .verdict = VERDICT_UNKNOWN };
		f->is_required = c->is_required || strv_contains(required, c->id);
		c->run(host, &report, f);
	}
	if (report.failed)
		return log_oom();
	*ret = TAKE(report);
	return 0;
}

/* Unknown is not a pass: a required check that could not be answered keeps the host from being called ready. */
static bool is_broken(const struct finding *f)
{
	return f->is_required && (f->verdict == VERDICT_FAIL || f->verdict == VERDICT_UNKNOWN);
}

enum readiness audit_readiness(const struct report *report)
{
	enum readiness readiness = READINESS_READY;

	for (size_t i = 0; i < report->n; i++) {
		const struct finding *f = &report->list[i];

		if (!is_broken(f))
			continue;
		if (!f->heals_at_reboot)
			return READINESS_NOT_READY;
		readiness = READINESS_REBOOT_REQUIRED;
	}
	return readiness;
}

const struct finding *audit_first_broken(const struct report *report)
{
	const struct finding *waits = NULL;

	/* What a reboot mends is not what the user must be sent to first. */
	for (size_t i = 0; i < report->n; i++) {
		if (!is_broken(&report->list[i]))
			continue;
		if (!report->list[i].heals_at_reboot)
			return &report->list[i];
		if (!waits)
			waits = &report->list[i];
	}
	return waits;
}
