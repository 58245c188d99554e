/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the kernel: what it was started with, and what it has. */

#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"

/* Arguments that decide about passthrough; a change of "quiet" needs no reboot. */
static bool is_relevant(const char *argument)
{
	static const char *const prefixes[] = { "slipway.", "vfio", "iommu", "intel_iommu", "amd_iommu", "kvm", "pci=", "pcie_acs_override" };

	/* A trial boot's mark goes with it. */
	if (str_starts(argument, "slipway.trial"))
		return false;
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

/* What stands between the two command lines, and what a reboot without the firmware would do to them. */
static void mention_kexec(const struct kernel *k, struct report *report, struct finding *f)
{
	if (k->by_kexec == TRUTH_YES)
		finding_evidence(report, f, "/proc/sys/kernel/bootloader_type", "this kernel was started by kexec, not by the bootloader");
	if (k->kexec_loaded == TRUTH_YES)
		finding_evidence(report, f, "/sys/kernel/kexec_loaded", "a kernel lies ready for kexec, with arguments of its own: a reboot may "
									"start it");
}

void check_kernel_arguments(const struct host *host, struct report *report, struct finding *f)
{
	const struct kernel *k = &host->kernel;
	_cleanup_free_ char *to_come = NULL, *to_go = NULL, *source = NULL;

	mention_kexec(k, report, f);
	if (!k->running_known || !k->next_boot_known) {
		/* A host is not unready because its bootloader is another one. */
		f->is_required = false;
		finding_set(report, f, VERDICT_UNKNOWN, "%s", !k->running_known ? "/proc/cmdline is not there" :
			    k->next_reason ? k->next_reason : "there is no /boot/grub/grub.cfg, so the next boot's arguments are not known");
		return;
	}
	to_come = missing(&k->next_boot, &k->running);
	to_go = missing(&k->running, &k->next_boot);
	source = text_format("/%s", k->next_source ? k->next_source : "boot/grub/grub.cfg");
	if (!to_come || !to_go || !source) {
		report->failed = true;
		return;
	}
	if (!*to_come && !*to_go) {
		finding_evidence(report, f, source, "%s", str_eq(k->next_source, k->grub.setup.cfg) && k->grub.entry ? k->grub.entry : "boots next");
		finding_set(report, f, VERDICT_PASS, "the next boot has the arguments of this one");
		return;
	}
	if (*to_come)
		finding_evidence(report, f, source, "to come: %s", to_come);
	if (*to_go)
		finding_evidence(report, f, "/proc/cmdline", "to go: %s", to_go);
	finding_set(report, f, VERDICT_FAIL, "the next boot has other arguments than this one");
	finding_remedy(report, f, k->kexec_loaded == TRUTH_YES ? "unload the kernel that lies ready for kexec (kexec -u), and reboot" : "reboot");
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

static bool is_there(enum module_state state)
{
	return state == MODULE_BUILTIN || state == MODULE_LOADED || state == MODULE_FILE;
}

/* An update may bring a kernel without it, and mend one that lacks it. */
static void look_ahead(const struct kernel *k, struct report *report, struct finding *f)
{
	if (k->next_vfio_pci == MODULE_UNKNOWN)
		return;
	finding_evidence(report, f, "/lib/modules", "%s, which boots next: vfio-pci is %s", k->next_release, module_state_name(k->next_vfio_pci));
	if (is_there(k->vfio_pci) && k->next_vfio_pci == MODULE_MISSING) {
		finding_set(report, f, VERDICT_FAIL, "kernel %s, which boots next, has no vfio-pci", k->next_release);
		finding_remedy(report, f, "install all of its modules, or choose another kernel in the bootloader");
	} else if (k->vfio_pci == MODULE_MISSING && is_there(k->next_vfio_pci)) {
		finding_remedy(report, f, "reboot: %s, which boots next, has it", k->next_release);
		f->heals_at_reboot = true;
	}
}

void check_kernel_vfio_pci(const struct host *host, struct report *report, struct finding *f)
{
	const struct kernel *k = &host->kernel;
	const char *release = k->release ? k->release : "the kernel";

	finding_evidence(report, f, "/lib/modules", "%s: vfio-pci is %s", k->release ? k->release : "unknown kernel",
			 module_state_name(k->vfio_pci));
	if (k->vfio_pci == MODULE_MISSING) {
		finding_set(report, f, VERDICT_FAIL, "kernel %s has no vfio-pci", release);
		finding_remedy(report, f, "install the distribution's full kernel and its modules (cloud kernels may lack VFIO)");
	} else if (k->vfio_pci == MODULE_UNKNOWN) {
		finding_set(report, f, VERDICT_UNKNOWN, "the modules of %s cannot be looked at", release);
	} else {
		finding_set(report, f, VERDICT_PASS, "vfio-pci is %s", k->vfio_pci == MODULE_BUILTIN ? "built in" :
			    k->vfio_pci == MODULE_LOADED ? "loaded" : "a module");
	}
	look_ahead(k, report, f);
}

/* What the kernel must have been built with; for one CPU only where `vendor` says so. */
static const struct {
	enum kernel_option option;
	enum cpu_vendor vendor;
} options_needed[] = {
	{ CONFIG_OPTION_VFIO, CPU_OTHER },        { CONFIG_OPTION_VFIO_PCI, CPU_OTHER },   { CONFIG_OPTION_KVM, CPU_OTHER },
	{ CONFIG_OPTION_INTEL_IOMMU, CPU_INTEL }, { CONFIG_OPTION_KVM_INTEL, CPU_INTEL },  { CONFIG_OPTION_AMD_IOMMU, CPU_AMD },
	{ CONFIG_OPTION_KVM_AMD, CPU_AMD },
};

static unsigned count_lacking(const struct host *host, const struct kernel_config *c, struct report *report, struct finding *f)
{
	_cleanup_free_ char *where = text_format("/%s", c->path);
	unsigned n = 0;

	if (!where) {
		report->failed = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(options_needed); i++) {
		enum kernel_option option = options_needed[i].option;

		if ((options_needed[i].vendor != CPU_OTHER && options_needed[i].vendor != host->cpu.vendor) || c->values[option] != 'n')
			continue;
		finding_evidence(report, f, where, "%s is not set", kernel_option_name(option));
		n++;
	}
	if (c->values[CONFIG_OPTION_DEFAULT_PASSTHROUGH] == 'y')
		finding_evidence(report, f, where, "%s=y: the host's own devices are past the IOMMU",
				 kernel_option_name(CONFIG_OPTION_DEFAULT_PASSTHROUGH));
	return n;
}

void check_kernel_config(const struct host *host, struct report *report, struct finding *f)
{
	const struct kernel *k = &host->kernel;
	bool past = k->config.path && k->config.values[CONFIG_OPTION_DEFAULT_PASSTHROUGH] == 'y';
	unsigned running = k->config.path ? count_lacking(host, &k->config, report, f) : 0;
	unsigned next = k->next_config.path ? count_lacking(host, &k->next_config, report, f) : 0;

	if (running || next) {
		finding_set(report, f, VERDICT_FAIL, "%s kernel was built without what passthrough needs", running ? "this" : "the next boot's");
		finding_remedy(report, f, "install the distribution's full kernel (cloud kernels may lack VFIO), and boot it");
	} else if (!k->config.path) {
		finding_set(report, f, VERDICT_UNKNOWN, "how %s was built is not known: neither /boot/config-RELEASE nor /proc/config.gz is there",
			    k->release ? k->release : "the kernel");
	} else if (past) {
		finding_set(report, f, VERDICT_WARN, "this kernel lets the host's own devices past the IOMMU (IOMMU_DEFAULT_PASSTHROUGH)");
		finding_remedy(report, f, "iommu.passthrough=0 on the kernel's command line brings them back under it");
	} else {
		finding_set(report, f, VERDICT_PASS, "the kernel was built with VFIO, KVM and the IOMMU's driver");
	}
}

/* vfio and KVM go on working; what root does past the kernel does not (kernel_lockdown(7)). */
void check_kernel_lockdown(const struct host *host, struct report *report, struct finding *f)
{
	const char *lockdown = host->kernel.lockdown;

	if (!lockdown) {
		finding_set(report, f, VERDICT_SKIP, "no lockdown in this kernel, or securityfs is not mounted");
		return;
	}
	finding_evidence(report, f, "/sys/kernel/security/lockdown", "%s", lockdown);
	if (str_eq(lockdown, "none"))
		finding_set(report, f, VERDICT_PASS, "the kernel is not locked down");
	else
		finding_set(report, f, VERDICT_PASS, "the kernel is locked down (%s): only signed modules, no setpci, no MSR; vfio is not affected",
			    lockdown);
}
