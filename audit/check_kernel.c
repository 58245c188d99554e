/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the kernel: what it was started with, and what it has. */

#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"

/* Arguments that decide about passthrough; a change of "quiet" needs no reboot. */
static bool is_relevant(const char *argument)
{
	static const char *const prefixes[] = { "slipway.", "vfio", "iommu", "intel_iommu", "amd_iommu", "kvm", "pci=", "pcie_acs_override" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(argument, prefixes[i]))
			return true;
	return false;
}

/* The relevant arguments of `a` that `b` has not, joined by blanks. */
static char *missing(const struct cmdline *a, const struct cmdline *b)
{
	struct text t = {};

	for (char **argument = a->arguments; argument && *argument; argument++)
		if (is_relevant(*argument) && !cmdline_has(b, *argument))
			text_printf(&t, "%s%s", t.size ? " " : "", *argument);
	return text_take(&t);
}

void check_kernel_arguments(const struct host *host, struct report *report, struct finding *f)
{
	const struct kernel *k = &host->kernel;
	_cleanup_free_ char *to_come = NULL, *to_go = NULL;

	if (!k->running_known || !k->next_boot_known) {
		/* Every boot chain but GRUB ends here: a host is not unready because its bootloader is another one. */
		f->is_required = false;
		finding_set(report, f, VERDICT_UNKNOWN, "%s", !k->running_known ? "/proc/cmdline is not there" :
			    k->grub.reason ? k->grub.reason : "there is no /boot/grub/grub.cfg, so the next boot's arguments are not known");
		return;
	}
	to_come = missing(&k->next_boot, &k->running);
	to_go = missing(&k->running, &k->next_boot);
	if (!to_come || !to_go) {
		report->failed = true;
		return;
	}
	if (!*to_come && !*to_go) {
		finding_evidence(report, f, "/boot/grub/grub.cfg", "%s", k->grub.entry);
		finding_set(report, f, VERDICT_PASS, "the next boot has the arguments of this one");
		return;
	}
	if (*to_come)
		finding_evidence(report, f, "/boot/grub/grub.cfg", "to come: %s", to_come);
	if (*to_go)
		finding_evidence(report, f, "/proc/cmdline", "to go: %s", to_go);
	finding_set(report, f, VERDICT_FAIL, "the next boot has other arguments than this one");
	finding_remedy(report, f, "reboot");
	f->heals_at_reboot = true;
}

void check_kernel_kvm(const struct host *host, struct report *report, struct finding *f)
{
	finding_evidence(report, f, "/dev/kvm", "%s", host->kernel.has_kvm_device ? "present" : "absent");
	if (host->kernel.has_kvm_device) {
		finding_set(report, f, VERDICT_PASS, "KVM is there");
		return;
	}
	finding_set(report, f, VERDICT_FAIL, "/dev/kvm is missing: guests would run by emulation, and cannot use devices well");
	if (host->cpu.vendor == CPU_OTHER)
		finding_remedy(report, f, "load KVM's module, if the kernel has one, and read the kernel log");
	else
		finding_remedy(report, f, "see cpu.virtualization; if that passes, modprobe %s and read the kernel log",
			       host->cpu.vendor == CPU_AMD ? "kvm_amd" : host->cpu.vendor == CPU_INTEL ? "kvm_intel" : "kvm");
}

void check_kernel_vfio_pci(const struct host *host, struct report *report, struct finding *f)
{
	const struct kernel *k = &host->kernel;

	finding_evidence(report, f, "/lib/modules", "%s: vfio-pci is %s", k->release ? k->release : "unknown kernel",
			 module_state_name(k->vfio_pci));
	switch (k->vfio_pci) {
	case MODULE_BUILTIN:
	case MODULE_LOADED:
	case MODULE_FILE:
		finding_set(report, f, VERDICT_PASS, "vfio-pci is %s", k->vfio_pci == MODULE_BUILTIN ? "built in" :
			    k->vfio_pci == MODULE_LOADED ? "loaded" : "a module");
		break;
	case MODULE_MISSING:
		finding_set(report, f, VERDICT_FAIL, "kernel %s has no vfio-pci", k->release);
		finding_remedy(report, f, "install the distribution's full kernel and its modules (cloud kernels may lack VFIO)");
		break;
	case MODULE_UNKNOWN:
		finding_set(report, f, VERDICT_UNKNOWN, "the modules of %s cannot be looked at", k->release ? k->release : "the kernel");
		break;
	}
}
