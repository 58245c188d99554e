/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of CPU, firmware and IOMMU. */

#include "audit/checks.h"
#include "common/text.h"

static const char *firmware_switch(const struct host *host)
{
	if (host->cpu.vendor == CPU_AMD)
		return "SVM Mode (also: AMD-V, Secure Virtual Machine)";
	return "Intel Virtualization Technology (also: VT-x, VMX)";
}

void check_cpu_virtualization(const struct host *host, struct report *report, struct finding *f)
{
	const struct cpu *cpu = &host->cpu;

	if (!host->cpu_known) {
		finding_set(report, f, VERDICT_UNKNOWN, "/proc/cpuinfo is not there");
		return;
	}
	finding_evidence(report, f, "/proc/cpuinfo", "vendor_id %s, %u CPUs", cpu->vendor_id ? cpu->vendor_id : "not given", cpu->n_cpus);
	if (!cpu->flag) {
		finding_set(report, f, VERDICT_UNKNOWN, "/proc/cpuinfo does not say whether this CPU can run guests in hardware");
		return;
	}
	finding_evidence(report, f, "/proc/cpuinfo", "%s on %u of %u CPUs", cpu->flag, cpu->n_capable, cpu->n_cpus);
	if (cpu->n_cpus && cpu->n_capable == cpu->n_cpus) {
		finding_set(report, f, VERDICT_PASS, "all %u CPUs have %s", cpu->n_cpus, cpu->flag);
	} else if (cpu->flag_unprintable) {
		finding_set(report, f, VERDICT_UNKNOWN, "this kernel is too old to print sie among the CPU's features");
	} else if (cpu->n_capable) {
		finding_set(report, f, VERDICT_FAIL, "only %u of %u CPUs have %s", cpu->n_capable, cpu->n_cpus, cpu->flag);
		finding_remedy(report, f, "update the firmware or the microcode: all CPUs must agree before KVM uses them");
	} else if (cpu->vendor == CPU_S390) {
		finding_set(report, f, VERDICT_FAIL, "the CPUs do not offer sie: this system runs where no further guests can");
		finding_remedy(report, f, "run in an LPAR, or let the hypervisor below offer nested virtualization (kvm.nested=1)");
	} else if (cpu->is_guest) {
		finding_set(report, f, VERDICT_FAIL, "this is a virtual machine, and its CPUs have no %s", cpu->flag);
		finding_remedy(report, f, "turn on nested virtualization in the hypervisor below, and give this machine a host-passthrough CPU");
	} else {
		finding_set(report, f, VERDICT_FAIL, "no CPU has %s: switched off in the firmware, or the CPU lacks it", cpu->flag);
		finding_remedy(report, f, "in the firmware's set-up, switch on %s", firmware_switch(host));
	}
}

void check_firmware_mode(const struct host *host, struct report *report, struct finding *f)
{
	finding_evidence(report, f, "/sys/firmware/efi", "%s", host->firmware.is_uefi ? "present" : "absent");
	if (host->firmware.is_uefi)
		finding_set(report, f, VERDICT_PASS, "started by UEFI");
	else if (host->cpu.vendor == CPU_S390)
		finding_set(report, f, VERDICT_SKIP, "s390x has no UEFI");
	else
		finding_set(report, f, VERDICT_WARN, "started by legacy BIOS (or no firmware that Linux shows): large BARs and UEFI guests' option "
						     "ROMs may not work");
}

void check_firmware_secure_boot(const struct host *host, struct report *report, struct finding *f)
{
	const struct firmware *fw = &host->firmware;

	if (!fw->is_uefi) {
		finding_set(report, f, VERDICT_SKIP, "no UEFI, so no Secure Boot");
		return;
	}
	if (fw->secure_boot == TRUTH_UNKNOWN) {
		finding_set(report, f, VERDICT_UNKNOWN, "%s", fw->secure_boot_reason ? fw->secure_boot_reason : "not readable");
		return;
	}
	finding_evidence(report, f, "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "%d",
			 fw->secure_boot == TRUTH_YES);
	if (fw->secure_boot == TRUTH_YES)
		finding_set(report, f, VERDICT_PASS, "Secure Boot is on: only signed kernels and modules load; vfio-pci is among them");
	else
		finding_set(report, f, VERDICT_PASS, "Secure Boot is off");
}

void check_firmware_iommu_table(const struct host *host, struct report *report, struct finding *f)
{
	const struct firmware *fw = &host->firmware;

	if (host->cpu.vendor == CPU_S390) {
		finding_set(report, f, VERDICT_SKIP, "s390x needs no table: every PCI function has an IOMMU");
		return;
	}
	if (fw->iommu_table) {
		finding_evidence(report, f, "/sys/firmware/acpi/tables", "%s", fw->iommu_table);
		finding_set(report, f, VERDICT_PASS, "the firmware describes an IOMMU (ACPI table %s)", fw->iommu_table);
	} else if (iommu_is_on(&host->iommu)) {
		finding_evidence(report, f, "/sys/kernel/iommu_groups", "%zu groups", host->iommu.n_groups);
		finding_set(report, f, VERDICT_PASS, "an IOMMU is at work, whatever described it");
	} else if (!fw->tables_known) {
		finding_set(report, f, VERDICT_UNKNOWN, "/sys/firmware/acpi/tables cannot be listed");
	} else {
		finding_evidence(report, f, "/sys/firmware/acpi/tables", "neither DMAR nor IVRS, IORT, VIOT");
		finding_set(report, f, VERDICT_FAIL, "the firmware describes no IOMMU: switched off there, or the board has none");
		finding_remedy(report, f, "in the firmware's set-up, switch on %s; in a virtual machine, give it a virtual IOMMU",
			       host->cpu.vendor == CPU_AMD ? "IOMMU (also: AMD-Vi, AMD I/O Virtualization)" :
							     "VT-d (also: Intel VT for Directed I/O, Intel Virtualization Technology for Directed I/O)");
	}
}

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
