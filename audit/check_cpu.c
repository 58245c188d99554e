/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the CPU. */

#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"

static const char *firmware_switch(const struct host *host)
{
	if (host->cpu.vendor == CPU_AMD)
		return "SVM Mode (also: AMD-V, Secure Virtual Machine)";
	return "Intel Virtualization Technology (also: VT-x, VMX)";
}

static void explain_absent(const struct host *host, struct report *report, struct finding *f)
{
	const struct cpu *cpu = &host->cpu;

	if (cpu->vendor == CPU_S390) {
		finding_set(report, f, VERDICT_FAIL, "the CPUs do not offer sie: this system runs where no further guests can");
		if (host->environment.of && str_starts(host->environment.of, "z/VM"))
			finding_remedy(report, f, "run KVM in an LPAR of its own, not below z/VM");
		else
			finding_remedy(report, f, "run in an LPAR, or let the hypervisor below offer nested virtualization (kvm.nested=1)");
	} else if (cpu->is_guest) {
		finding_set(report, f, VERDICT_FAIL, "this is a virtual machine, and its CPUs have no %s", cpu->flag);
		finding_remedy(report, f, "turn on nested virtualization in the hypervisor below, and give this machine a host-passthrough CPU");
	} else if (cpu->cpuid_has == TRUTH_NO) {
		finding_set(report, f, VERDICT_FAIL, "this CPU has no %s: it cannot run guests in hardware", cpu->flag);
		finding_remedy(report, f, "use a host whose CPU has it; no setting will add it");
	} else {
		finding_set(report, f, VERDICT_FAIL, "no CPU has %s: switched off in the firmware, or the CPU lacks it", cpu->flag);
		finding_remedy(report, f, "in the firmware's set-up, switch on %s", firmware_switch(host));
	}
}

static void explain_locked(const struct host *host, struct report *report, struct finding *f)
{
	bool by_register = host->cpu.msr_locked == TRUTH_YES;

	finding_evidence(report, f, by_register ? "/dev/cpu/0/msr" : "cpuid", "%s, %s", host->cpu.flag,
			 by_register ? "locked off by the firmware" : "which the kernel could not use");
	finding_set(report, f, VERDICT_FAIL, "the CPU has %s, and the firmware has switched it off", host->cpu.flag);
	finding_remedy(report, f, "in the firmware's set-up, switch on %s; then switch the power off and on", firmware_switch(host));
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
	if (cpu->n_offline)
		finding_evidence(report, f, "/sys/devices/system/cpu/offline", "%u CPUs, which say nothing", cpu->n_offline);
	switch (cpu_virtualization(cpu)) {
	case VIRTUALIZATION_AVAILABLE:
		finding_set(report, f, VERDICT_PASS, "all %u CPUs have %s", cpu->n_cpus, cpu->flag);
		break;
	case VIRTUALIZATION_PARTIAL:
		finding_set(report, f, VERDICT_FAIL, "only %u of %u CPUs have %s", cpu->n_capable, cpu->n_cpus, cpu->flag);
		finding_remedy(report, f, "update the firmware or the microcode: all CPUs must agree before KVM uses them");
		break;
	case VIRTUALIZATION_LOCKED:
		explain_locked(host, report, f);
		break;
	case VIRTUALIZATION_ABSENT:
		explain_absent(host, report, f);
		break;
	case VIRTUALIZATION_UNKNOWN:
		if (cpu->flag_unprintable)
			finding_set(report, f, VERDICT_UNKNOWN, "this kernel is too old to print sie among the CPU's features");
		else
			explain_absent(host, report, f);
		break;
	}
}

static void explain_guest(const struct environment *e, struct report *report, struct finding *f)
{
	bool is_s390 = e->secure_guest != TRUTH_UNKNOWN || str_eq(e->path, "/proc/sysinfo");

	finding_set(report, f, VERDICT_WARN, "this is a virtual machine%s%s: it can pass on only what the hypervisor below gives it",
		    e->of ? " of " : "", e->of ? e->of : "");
	if (is_s390)
		finding_remedy(report, f, "pass devices on from the LPAR, or let the hypervisor below assign PCI functions to this guest");
	else
		finding_remedy(report, f, "pass devices on from the machine below, or give this guest a virtual IOMMU (libvirt: <iommu>) and the devices");
}

void check_cpu_bare_metal(const struct host *host, struct report *report, struct finding *f)
{
	const struct environment *e = &host->environment;

	if (e->path)
		finding_evidence(report, f, e->path, "%s", e->value);
	if (e->machine_type)
		finding_evidence(report, f, "/proc/sysinfo", "machine type %s", e->machine_type);
	if (e->secure_guest == TRUTH_YES)
		finding_evidence(report, f, "/sys/firmware/uv/prot_virt_guest", "1: a guest of Secure Execution");
	switch (e->kind) {
	case ENVIRONMENT_METAL:
		finding_set(report, f, VERDICT_PASS, "runs on the bare machine");
		break;
	case ENVIRONMENT_LPAR:
		finding_set(report, f, VERDICT_PASS, "runs in an LPAR%s",
			    e->secure_host == TRUTH_YES ? ", and can run guests in Secure Execution" : "");
		break;
	case ENVIRONMENT_GUEST:
		explain_guest(e, report, f);
		break;
	case ENVIRONMENT_XEN_DOM0:
		/* Xen drives the IOMMU, so the kernel has no groups: every further finding would send the user astray. */
		f->is_required = true;
		finding_set(report, f, VERDICT_FAIL, "this is Xen's dom0: Xen has the IOMMU to itself, and vfio cannot work");
		finding_remedy(report, f, "boot the kernel without Xen to use KVM; or stay with Xen and its own way (xl pci-assignable-add)");
		break;
	case ENVIRONMENT_UNKNOWN:
		finding_set(report, f, VERDICT_UNKNOWN, "nothing here says whether this is a virtual machine");
		break;
	}
}

/* A fact to know, and no fault either way: passthrough to a guest does not need it. */
void check_cpu_nested(const struct host *host, struct report *report, struct finding *f)
{
	const struct cpu *cpu = &host->cpu;
	_cleanup_free_ char *path = NULL;

	if (!cpu->nested_module) {
		finding_set(report, f, VERDICT_SKIP, "KVM's module is not loaded, so it does not say");
		return;
	}
	path = text_format("/sys/module/%s/parameters/nested", cpu->nested_module);
	if (!path) {
		report->failed = true;
		return;
	}
	finding_evidence(report, f, path, "%s", cpu->nested == TRUTH_YES ? "on" : "off");
	finding_set(report, f, VERDICT_PASS, "guests %s run guests of their own (%s.nested)", cpu->nested == TRUTH_YES ? "may" : "cannot",
		    cpu->nested_module);
}
