/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the IOMMU. */

#include "audit/checks.h"
#include "common/text.h"

static void explain_off(const struct host *host, struct report *report, struct finding *f)
{
	const struct cmdline *running = &host->kernel.running;
	bool table = host->firmware.iommu_table != NULL;

	if (cmdline_value_has(running, "iommu", "off") || cmdline_value_has(running, "intel_iommu", "off") ||
	    cmdline_value_has(running, "amd_iommu", "off")) {
		finding_evidence(report, f, "/proc/cmdline", "an argument switches the IOMMU off");
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off: the kernel's command line says so");
		finding_remedy(report, f, "remove iommu=off, intel_iommu=off or amd_iommu=off from the bootloader's configuration, and reboot");
	} else if (!table && !host->firmware.tables_known) {
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off; whether the firmware offers one is not known");
		finding_remedy(report, f, "see firmware.iommu-table");
	} else if (!table) {
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off: the firmware does not offer one");
		finding_remedy(report, f, "see firmware.iommu-table");
	} else if (str_eq(host->firmware.iommu_table, "DMAR") && host->kernel.iommu_default_on != TRUTH_YES &&
		   !cmdline_value_has(running, "intel_iommu", "on")) {
		/* DMAR is Intel's table, whatever the CPU: QEMU offers it to guests with an AMD one. */
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off: the firmware offers one, and this kernel wants to be told to use it");
		finding_remedy(report, f, "slipway apply adds intel_iommu=on; then reboot");
	} else {
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off although the firmware offers one (table %s)", host->firmware.iommu_table);
		finding_remedy(report, f, "look for DMAR or AMD-Vi in the kernel log; the table may be broken, or DMA remapping not offered");
	}
}

/* That the folder exists proves nothing: it is there, and empty, on a host whose IOMMU is off. */
void check_iommu_enabled(const struct host *host, struct report *report, struct finding *f)
{
	const struct iommu *iommu = &host->iommu;

	finding_evidence(report, f, "/sys/kernel/iommu_groups", "%zu groups", iommu->n_groups);
	finding_evidence(report, f, "/sys/class/iommu", "%zu units", strv_length(iommu->units));
	if (iommu->n_groups) {
		finding_set(report, f, VERDICT_PASS, "the IOMMU is on: %zu groups", iommu->n_groups);
	} else if (host->cpu.vendor == CPU_S390 && !host->devices.n) {
		finding_set(report, f, VERDICT_SKIP, "no PCI devices, which is normal on s390x");
	} else if (iommu_is_on(iommu)) {
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is there for interrupts only: no device has a group (DMA remapping is off)");
		finding_remedy(report, f, "switch on DMA remapping in the firmware's set-up or the hypervisor below");
	} else {
		explain_off(host, report, f);
	}
}

void check_iommu_interrupt_remapping(const struct host *host, struct report *report, struct finding *f)
{
	const struct firmware *fw = &host->firmware;

	if (!str_eq(fw->iommu_table, "DMAR")) {
		finding_set(report, f, VERDICT_SKIP, "only a DMAR table tells");
	} else if (fw->interrupt_remapping == TRUTH_UNKNOWN) {
		finding_set(report, f, VERDICT_UNKNOWN, "/sys/firmware/acpi/tables/DMAR can be read by root only");
		finding_remedy(report, f, "run slipway as root");
	} else if (fw->interrupt_remapping == TRUTH_YES) {
		finding_evidence(report, f, "/sys/firmware/acpi/tables/DMAR", "flags: INTR_REMAP");
		finding_set(report, f, VERDICT_PASS, "the IOMMU remaps interrupts");
	} else {
		finding_evidence(report, f, "/sys/firmware/acpi/tables/DMAR", "flags: no INTR_REMAP");
		finding_set(report, f, VERDICT_WARN, "the IOMMU does not remap interrupts: guests with devices are refused by default");
		finding_remedy(report, f, "update the firmware; do not set allow_unsafe_interrupts where guests are not trusted");
	}
}

void check_iommu_noiommu(const struct host *host, struct report *report, struct finding *f)
{
	if (!host->kernel.noiommu) {
		finding_set(report, f, VERDICT_PASS, "vfio insists on an IOMMU");
		return;
	}
	finding_evidence(report, f, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y");
	finding_set(report, f, VERDICT_FAIL, "vfio's unsafe no-IOMMU mode is on: a device can write to all of the host's memory");
	finding_remedy(report, f, "remove enable_unsafe_noiommu_mode from /etc/modprobe.d and the command line, and reboot");
}
