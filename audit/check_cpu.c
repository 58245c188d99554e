/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the CPU. */

#include "audit/checks.h"

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
