/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the firmware. */

#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"

void check_firmware_mode(const struct host *host, struct report *report, struct finding *f)
{
	finding_evidence(report, f, "/sys/firmware/efi", "%s", host->firmware.is_uefi ? "present" : "absent");
	if (host->firmware.bits)
		finding_evidence(report, f, "/sys/firmware/efi/fw_platform_size", "%u", host->firmware.bits);
	if (host->firmware.bits == 32) {
		finding_set(report, f, VERDICT_WARN, "started by a UEFI of 32 bits: large BARs may find no place");
		finding_remedy(report, f, "look for a firmware of 64 bits at the board's vendor; devices with small BARs need none");
	} else if (host->firmware.is_uefi) {
		finding_set(report, f, VERDICT_PASS, "started by UEFI");
	} else if (host->cpu.vendor == CPU_S390) {
		finding_set(report, f, VERDICT_SKIP, "s390x has no UEFI");
	} else if (host->cpu_known && host->cpu.vendor == CPU_OTHER) {
		finding_set(report, f, VERDICT_SKIP, "not started by UEFI, as is usual where a device tree describes the board");
	} else {
		finding_set(report, f, VERDICT_WARN, "started by legacy BIOS (or no firmware that Linux shows): large BARs and UEFI guests' option "
						     "ROMs may not work");
		finding_remedy(report, f, "where a device needs it: switch Legacy Boot or CSM off in the firmware's set-up, and install this system for "
					  "UEFI");
	}
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

#define BOOT_CURRENT "/sys/firmware/efi/efivars/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* The disk was not found: it may be away, or on a function that the guests have, or its partition table was written anew. */
static void explain_no_disk(const struct boot *boot, struct report *report, struct finding *f)
{
	const struct load_option *option = &boot_current(boot)->option;

	if (option->partition_uuid)
		finding_set(report, f, VERDICT_UNKNOWN, "started from partition %s, which no disk in sight has", option->partition_uuid);
	else if (option->is_network)
		finding_set(report, f, VERDICT_PASS, "started over the network by boot entry '%s'", option->label);
	else
		finding_set(report, f, VERDICT_UNKNOWN, "boot entry '%s' names no disk that is found here", option->label);
}

void check_firmware_setup_mode(const struct host *host, struct report *report, struct finding *f)
{
	enum truth setup = host->firmware.setup_mode;

	if (!host->firmware.is_uefi) {
		finding_set(report, f, VERDICT_SKIP, "no UEFI, so no keys");
		return;
	}
	if (setup != TRUTH_UNKNOWN)
		finding_evidence(report, f, "/sys/firmware/efi/efivars/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c", "%d", setup == TRUTH_YES);
	if (setup == TRUTH_YES) {
		finding_set(report, f, VERDICT_WARN, "the firmware is in setup mode: without a platform key, root may enroll any Secure Boot key");
		finding_remedy(report, f, "if Secure Boot is wanted, restore the factory keys in the firmware's set-up");
	} else if (setup == TRUTH_NO) {
		finding_set(report, f, VERDICT_PASS, "the firmware has its platform key");
	} else {
		finding_set(report, f, VERDICT_SKIP, "the firmware has no variable SetupMode");
	}
}

/* A function with the capability and without room for VFs: the firmware has left it out, or the kernel found no space for their BARs. */
void check_firmware_sr_iov(const struct host *host, struct report *report, struct finding *f)
{
	unsigned able = 0, barred = 0, unseen = 0, hidden = 0;

	for (size_t i = 0; i < host->devices.n; i++) {
		const struct device *d = &host->devices.list[i];

		unseen += !d->capabilities.is_known;
		hidden += d->capabilities.is_known && !d->capabilities.is_complete;
		able += d->capabilities.sriov_vfs || d->max_vfs;
		if (!d->capabilities.sriov_vfs || d->max_vfs || d->physical_function)
			continue;
		barred++;
		finding_evidence(report, f, d->address, "can have %u VFs, and sriov_totalvfs says 0", d->capabilities.sriov_vfs);
	}
	if (barred) {
		finding_set(report, f, VERDICT_WARN, "%u device%s could have virtual functions, and may not", barred, barred == 1 ? "" : "s");
		if (host->cpu.vendor == CPU_S390)
			finding_remedy(report, f, "let the machine's administrator assign the functions to this LPAR");
		else
			finding_remedy(report, f, "in the firmware's set-up, switch on SR-IOV Support (often under PCI Subsystem Settings) and Above 4G "
						  "Decoding; some cards have a switch of their own");
	} else if (able) {
		finding_set(report, f, VERDICT_PASS, "%u device%s may have virtual functions", able, able == 1 ? "" : "s");
	} else if (unseen) {
		finding_set(report, f, VERDICT_UNKNOWN, "whether a device can have virtual functions is for root to read");
		finding_remedy(report, f, "%s", remedy_as_root(host));
	} else if (hidden) {
		finding_set(report, f, VERDICT_UNKNOWN, "whether a device can have virtual functions stands in the extended configuration space, which the "
							"kernel does not show for %u device%s", hidden, hidden == 1 ? "" : "s");
	} else {
		finding_set(report, f, VERDICT_SKIP, "no device can have virtual functions");
	}
}

void check_firmware_boot_entry(const struct host *host, struct report *report, struct finding *f)
{
	const struct boot *boot = &host->firmware.boot;
	const struct boot_entry *current = boot_current(boot);
	_cleanup_free_ char *where = NULL;

	if (!host->firmware.is_uefi) {
		finding_set(report, f, VERDICT_SKIP, "no UEFI, so no boot entries");
		return;
	}
	if (!current && !boot->is_known) {
		finding_set(report, f, VERDICT_UNKNOWN, "%s", boot->reason);
		return;
	}
	finding_evidence(report, f, BOOT_CURRENT, "%04X", (unsigned)boot->current);
	where = strv_join(boot->partitions ? boot->partitions : boot->functions, ", ");
	if (!where)
		report->failed = true;
	else if (*where)
		finding_set(report, f, VERDICT_PASS, "started from %s by boot entry %04X (%s)", where, (unsigned)boot->current,
			    current ? current->option.label : "which is gone");
	else if (current)
		explain_no_disk(boot, report, f);
	else
		finding_set(report, f, VERDICT_UNKNOWN, "the boot entry %04X that was used is gone", (unsigned)boot->current);
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
	} else if (host->cpu_known && host->cpu.vendor == CPU_OTHER) {
		/* Not required: a device tree may describe one, and iommu.enabled says whether it is at work. */
		f->is_required = false;
		finding_set(report, f, VERDICT_UNKNOWN, "no ACPI table describes an IOMMU; on this platform a device tree may");
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
