/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the kernel, the software and the devices that are set aside. */

#include <string.h>

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
	finding_remedy(report, f, "see cpu.virtualization; if that passes, modprobe kvm_%s and read the kernel log",
		       host->cpu.vendor == CPU_AMD ? "amd" : "intel");
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

static void check_program(struct report *report, struct finding *f, const char *path, const char *what, const char *remedy)
{
	if (path) {
		finding_evidence(report, f, path, "present");
		finding_set(report, f, VERDICT_PASS, "%s is installed", what);
	} else {
		finding_set(report, f, VERDICT_FAIL, "%s is not installed", what);
		finding_remedy(report, f, "%s", remedy);
	}
}

void check_software_qemu(const struct host *host, struct report *report, struct finding *f)
{
	check_program(report, f, host->software.qemu, "QEMU", "install it (Debian: qemu-system-x86, RHEL: qemu-kvm)");
}

void check_software_libvirt(const struct host *host, struct report *report, struct finding *f)
{
	check_program(report, f, host->software.libvirt, "libvirt", "install it (Debian: libvirt-daemon-system, RHEL: libvirt)");
}

void check_software_ovmf(const struct host *host, struct report *report, struct finding *f)
{
	if (host->cpu.vendor == CPU_S390) {
		finding_set(report, f, VERDICT_SKIP, "s390x guests have no UEFI");
		return;
	}
	check_program(report, f, host->software.firmwares ? host->software.firmwares[0] : NULL, "UEFI firmware for guests",
		      "install it (Debian: ovmf, RHEL: edk2-ovmf)");
}

void check_devices_identity(const struct host *host, struct report *report, struct finding *f)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < host->identities.n; i++) {
		const struct identity *id = &host->identities.list[i];
		const struct device *d = devices_find(&host->devices, id->address);
		const char *why = "the address: no device is there";

		if (d && identity_agrees(id, d, &why))
			continue;
		wrong++;
		if (d && str_eq(why, "serial"))
			finding_evidence(report, f, "/" IDENTITY_FILE, "%s: serial %s was meant, and %s is there", id->address, id->serial,
					 d->serial);
		else
			finding_evidence(report, f, "/" IDENTITY_FILE, "%s: differs in %s", id->address, why);
	}
	if (wrong) {
		finding_set(report, f, VERDICT_FAIL, "%u of %zu devices set aside %s not the one%s that %s meant; the host keeps what is there",
			    wrong, host->identities.n, wrong == 1 ? "is" : "are", wrong == 1 ? "" : "s", wrong == 1 ? "was" : "were");
		finding_remedy(report, f, "put the device back, or run slipway plan again for the one that is there now");
	} else if (host->identities.n) {
		finding_set(report, f, VERDICT_PASS, "all %zu devices set aside are the ones that were meant", host->identities.n);
	} else {
		finding_set(report, f, VERDICT_SKIP, "no device is bound at boot");
	}
}

static unsigned count_on_vfio(const struct host *host)
{
	unsigned n = 0;

	for (size_t i = 0; i < host->devices.n; i++)
		n += device_is_on_vfio(&host->devices.list[i]);
	return n;
}

void check_devices_set_aside(const struct host *host, struct report *report, struct finding *f)
{
	unsigned bound = count_on_vfio(host), waiting = 0;
	bool switched_on = str_eq(cmdline_value(&host->kernel.running, "slipway.bind"), "1");

	for (size_t i = 0; i < host->identities.n; i++) {
		const struct device *d = devices_find(&host->devices, host->identities.list[i].address);

		if (d && device_is_on_vfio(d))
			continue;
		waiting++;
		finding_evidence(report, f, "/" IDENTITY_FILE, "%s is on %s", host->identities.list[i].address,
				 !d ? "no bus" : d->driver ? d->driver : "no driver");
	}
	if (waiting && !switched_on) {
		finding_set(report, f, VERDICT_FAIL, "%u device%s will be bound to vfio-pci by the next boot", waiting, waiting == 1 ? "" : "s");
		finding_remedy(report, f, "reboot");
		f->heals_at_reboot = true;
	} else if (waiting) {
		finding_set(report, f, VERDICT_FAIL, "%u device%s set aside %s left to the host at boot", waiting, waiting == 1 ? "" : "s",
			    waiting == 1 ? "was" : "were");
		finding_remedy(report, f, "see devices.identity, and 'slipway:' in the kernel log");
	} else if (bound) {
		finding_evidence(report, f, "/sys/bus/pci/drivers/vfio-pci", "%u devices", bound);
		finding_set(report, f, VERDICT_PASS, "%u device%s on vfio-pci, for guests", bound, bound == 1 ? " is" : "s are");
	} else {
		finding_set(report, f, VERDICT_FAIL, "no device is set aside for guests");
		finding_remedy(report, f, "slipway list shows what can be given; slipway plan --passthrough SELECTOR shows the changes");
	}
}
