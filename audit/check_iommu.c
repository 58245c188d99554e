/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the IOMMU. */

#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"

/* intel_iommu= is parsed word by word, so that the last of on and off wins; the others know no way back. */
static const char *off_argument(const struct host *host)
{
	const char *table = host->firmware.iommu_table;
	const struct cmdline *c = &host->kernel.running;
	const char *last = NULL;

	for (char **argument = c->arguments; argument && *argument; argument++) {
		struct cmdline one = { .arguments = (char *[]){ *argument, NULL } };

		if (cmdline_value_has(&one, "intel_iommu", "off"))
			last = "intel_iommu=off";
		else if (cmdline_value_has(&one, "intel_iommu", "on"))
			last = NULL;
	}
	if (cmdline_value_has(c, "iommu", "off"))
		return "iommu=off";
	if (last && !str_eq(table, "IVRS"))
		return last;
	return cmdline_value_has(c, "amd_iommu", "off") && !str_eq(table, "DMAR") ? "amd_iommu=off" : NULL;
}

/* Of x86 there are two drivers, and the table decides: QEMU offers Intel's to guests with an AMD CPU, too. */
static bool lacks_driver(const struct host *host)
{
	const struct kernel_config *c = &host->kernel.config;

	return c->path && c->values[str_eq(host->firmware.iommu_table, "IVRS") ? CONFIG_OPTION_AMD_IOMMU : CONFIG_OPTION_INTEL_IOMMU] == 'n';
}

static bool wants_to_be_told(const struct host *host)
{
	return str_eq(host->firmware.iommu_table, "DMAR") && host->kernel.iommu_default_on != TRUTH_YES &&
	       !cmdline_value_has(&host->kernel.running, "intel_iommu", "on");
}

static void explain_offered(const struct host *host, struct report *report, struct finding *f)
{
	const char *table = host->firmware.iommu_table;

	if (lacks_driver(host)) {
		_cleanup_free_ char *path = text_format("/%s", host->kernel.config.path);

		finding_evidence(report, f, path ? path : "/boot", "%s is not set",
				 kernel_option_name(str_eq(table, "IVRS") ? CONFIG_OPTION_AMD_IOMMU : CONFIG_OPTION_INTEL_IOMMU));
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off: the firmware offers one (table %s), and this kernel has no driver for it", table);
		finding_remedy(report, f, "install the distribution's full kernel, and boot it");
	} else if (wants_to_be_told(host) && cmdline_value_has(&host->kernel.next_boot, "intel_iommu", "on")) {
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off: the next boot will switch it on (intel_iommu=on)");
		finding_remedy(report, f, "reboot");
		f->heals_at_reboot = true;
	} else if (wants_to_be_told(host)) {
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off: the firmware offers one, and this kernel wants to be told to use it");
		finding_remedy(report, f, "set devices aside (slipway apply --passthrough SELECTOR), or write 'iommu: on' into the spec: apply adds "
			       "intel_iommu=on then; and reboot");
	} else {
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off although the firmware offers one (table %s)", table);
		finding_remedy(report, f, "look for DMAR or AMD-Vi in the kernel log%s", host->firmware.dmar.table.n_problems ||
			       host->firmware.ivrs.table.n_problems ? ": the table is broken, see firmware.iommu-table-valid" :
			       "; the kernel may lack the IOMMU's driver, or DMA remapping is not offered");
	}
}

/* Elsewhere nobody is helped by the words of x86: no argument switches these on, and no menu is known. */
static void explain_absent(const struct host *host, struct report *report, struct finding *f)
{
	if (host->cpu.vendor == CPU_S390) {
		finding_set(report, f, VERDICT_FAIL, "there are PCI functions, and none has an IOMMU group");
		finding_remedy(report, f, "boot a kernel with the driver of s390x' IOMMU (CONFIG_S390_IOMMU), and look for zpci in its log");
	} else {
		finding_set(report, f, VERDICT_FAIL, "no IOMMU is at work: no device has a group");
		finding_remedy(report, f, "look for iommu and smmu in the kernel's log; the kernel may lack the driver, or the board an IOMMU");
	}
}

static void explain_off(const struct host *host, struct report *report, struct finding *f)
{
	const char *table = host->firmware.iommu_table;
	bool is_x86 = host->cpu.vendor == CPU_INTEL || host->cpu.vendor == CPU_AMD || !host->cpu_known || str_eq(table, "DMAR") ||
		      str_eq(table, "IVRS");
	const char *argument = is_x86 ? off_argument(host) : NULL;

	if (argument) {
		finding_evidence(report, f, "/proc/cmdline", "%s", argument);
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off: the kernel's command line says so (%s)", argument);
		finding_remedy(report, f, "remove %s from the bootloader's configuration, and reboot", argument);
	} else if (!is_x86) {
		explain_absent(host, report, f);
	} else if (!table) {
		finding_set(report, f, VERDICT_FAIL, "the IOMMU is off%s", host->firmware.tables_known ? ": the firmware does not offer one" :
			    "; whether the firmware offers one is not known");
		finding_remedy(report, f, "see firmware.iommu-table");
	} else {
		explain_offered(host, report, f);
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

/* No remapping although the firmware offers it: which layer left it off? */
static void explain_unused(const struct host *host, struct report *report, struct finding *f)
{
	finding_set(report, f, VERDICT_WARN, "the kernel does not let the IOMMU remap interrupts: guests with devices are refused by default");
	if (cmdline_value_has(&host->kernel.running, "intremap", "off")) {
		finding_evidence(report, f, "/proc/cmdline", "intremap=off");
		finding_remedy(report, f, "remove intremap=off from the bootloader's configuration, and reboot");
	} else if (!host->iommu.n_groups) {
		finding_remedy(report, f, "it comes with the IOMMU: see iommu.enabled");
	} else {
		finding_remedy(report, f, "look for 'IRQ remapping' or 'interrupt remapping' in the kernel's log; often an I/O APIC is missing from "
					  "the firmware's table, which an update mends");
	}
}

static void explain_not_offered(struct report *report, struct finding *f)
{
	finding_evidence(report, f, "/sys/firmware/acpi/tables/DMAR", "flags: no INTR_REMAP");
	finding_set(report, f, VERDICT_WARN, "the IOMMU does not remap interrupts: guests with devices are refused by default");
	finding_remedy(report, f, "update the firmware; do not set allow_unsafe_interrupts where guests are not trusted");
}

/* What the kernel does comes first; what the firmware offers is asked where the kernel is silent. */
void check_iommu_interrupt_remapping(const struct host *host, struct report *report, struct finding *f)
{
	const struct interrupts *interrupts = &host->iommu.interrupts;
	const struct firmware *fw = &host->firmware;
	bool is_dmar = str_eq(fw->iommu_table, "DMAR");

	if (interrupts->chip)
		finding_evidence(report, f, "/proc/interrupts", "%s", interrupts->chip);
	if (interrupts->remapped == TRUTH_YES) {
		finding_set(report, f, VERDICT_PASS, "the IOMMU remaps interrupts");
	} else if (!is_dmar && !str_eq(fw->iommu_table, "IVRS")) {
		finding_set(report, f, VERDICT_SKIP, "only an IOMMU that DMAR or IVRS describes remaps interrupts in this way");
	} else if (fw->interrupt_remapping == TRUTH_NO) {
		explain_not_offered(report, f);
	} else if (interrupts->remapped == TRUTH_NO) {
		explain_unused(host, report, f);
	} else if (is_dmar && fw->interrupt_remapping == TRUTH_YES) {
		finding_evidence(report, f, "/sys/firmware/acpi/tables/DMAR", "flags: INTR_REMAP");
		finding_set(report, f, VERDICT_PASS, "the IOMMU can remap interrupts");
	} else if (is_dmar && fw->dmar.table.error) {
		finding_set(report, f, VERDICT_UNKNOWN, "neither /proc/interrupts tells, nor can /sys/firmware/acpi/tables/DMAR be read");
		finding_remedy(report, f, "%s", remedy_as_root(host));
	} else {
		finding_set(report, f, VERDICT_UNKNOWN, "/proc/interrupts does not tell%s", is_dmar ? ", and the table DMAR is broken" : "");
	}
}

static const char *passthrough_argument(const struct cmdline *c)
{
	const char *value = cmdline_value(c, "iommu.passthrough");

	if (cmdline_value_has(c, "iommu", "pt"))
		return "iommu=pt";
	return str_eq(value, "1") || str_eq(value, "y") || str_eq(value, "on") ? "iommu.passthrough" : NULL;
}

/* Some devices ask for a 1:1 domain by themselves (AMD's graphics do): only all of them, or an argument, is somebody's choice. */
void check_iommu_default_domain(const struct host *host, struct report *report, struct finding *f)
{
	const char *argument = passthrough_argument(&host->kernel.running);
	const struct iommu *iommu = &host->iommu;
	size_t n[TRUTH_YES + 1] = {};

	for (size_t i = 0; i < iommu->n_groups; i++)
		n[iommu_group_translates(&iommu->groups[i])]++;
	if (!iommu->n_groups) {
		finding_set(report, f, VERDICT_SKIP, "there are no IOMMU groups");
		return;
	}
	if (!n[TRUTH_NO] && !n[TRUTH_YES]) {
		finding_set(report, f, VERDICT_UNKNOWN, "this kernel does not say of which type the groups' default domains are");
		return;
	}
	finding_evidence(report, f, "/sys/kernel/iommu_groups/*/type", "translated: %zu, identity: %zu, other: %zu", n[TRUTH_YES], n[TRUTH_NO],
			 n[TRUTH_UNKNOWN]);
	if (n[TRUTH_NO] && (argument || !n[TRUTH_YES])) {
		if (argument)
			finding_evidence(report, f, "/proc/cmdline", "%s", argument);
		finding_set(report, f, VERDICT_WARN, "DMA of the host's own devices is not translated (%s): a faulty one can write anywhere; guests' "
						     "devices are confined all the same", argument ? argument : "the kernel's default");
		finding_remedy(report, f, argument ? "remove %s: passthrough does not need it" :
						     "add iommu.passthrough=0 where that matters more than speed%s", argument ? argument : "");
	} else if (n[TRUTH_NO]) {
		finding_set(report, f, VERDICT_PASS, "DMA of the host's own devices is translated, but for %zu of %zu groups, whose devices ask for it",
			    n[TRUTH_NO], iommu->n_groups);
	} else {
		finding_set(report, f, VERDICT_PASS, "DMA of the host's own devices is translated");
	}
}

static const char *noiommu_node(const struct iommu *iommu)
{
	for (char **name = iommu->vfio_groups; name && *name; name++)
		if (str_starts(*name, "noiommu-"))
			return *name;
	return NULL;
}

void check_iommu_noiommu(const struct host *host, struct report *report, struct finding *f)
{
	const char *node = noiommu_node(&host->iommu);

	if (!host->kernel.noiommu && !node) {
		finding_set(report, f, VERDICT_PASS, "vfio insists on an IOMMU");
		return;
	}
	if (host->kernel.noiommu)
		finding_evidence(report, f, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y");
	if (node)
		finding_evidence(report, f, "/dev/vfio", "%s", node);
	finding_set(report, f, VERDICT_FAIL, "vfio's unsafe no-IOMMU mode is on: a device can write to all of the host's memory");
	finding_remedy(report, f, "remove enable_unsafe_noiommu_mode from /etc/modprobe.d and the command line, and reboot");
}
