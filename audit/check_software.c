/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the software that a virtualization host needs. */

#include "audit/checks.h"

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
	static const char *const remedies[] = {
		[CPU_OTHER] = "install the distribution's QEMU for this platform",
		[CPU_INTEL] = "install it (Debian: qemu-system-x86, RHEL: qemu-kvm)",
		[CPU_AMD] = "install it (Debian: qemu-system-x86, RHEL: qemu-kvm)",
		[CPU_S390] = "install it (Debian: qemu-system-s390x, RHEL: qemu-kvm, SUSE: qemu-s390x)",
	};

	check_program(report, f, host->software.qemu, "QEMU", remedies[host->cpu.vendor]);
}

void check_software_libvirt(const struct host *host, struct report *report, struct finding *f)
{
	check_program(report, f, host->software.libvirt, "libvirt", "install it (Debian: libvirt-daemon-system, RHEL: libvirt)");
}

void check_software_ovmf(const struct host *host, struct report *report, struct finding *f)
{
	const struct software *s = &host->software;

	if (host->cpu.vendor == CPU_S390) {
		finding_set(report, f, VERDICT_SKIP, "s390x guests have no UEFI");
		return;
	}
	if (s->uefi.descriptor) {
		finding_evidence(report, f, s->uefi.descriptor + 1, "%s", s->uefi.code);
		finding_set(report, f, VERDICT_PASS, "UEFI firmware for guests is installed");
		return;
	}
	for (size_t i = 0; i < s->uefi_misfits.n; i++)
		finding_evidence(report, f, s->uefi_misfits.list[i].path, "%s%s", s->uefi_misfits.list[i].is_malformed ? "malformed: " : "",
				 s->uefi_misfits.list[i].reason);
	finding_set(report, f, VERDICT_FAIL, s->uefi_misfits.n ? "no UEFI firmware that is installed is for guests of this host" :
								 "UEFI firmware for guests is not installed");
	finding_remedy(report, f, "%s", host->cpu.vendor == CPU_OTHER ? "install the distribution's UEFI firmware for guests of this platform" :
									"install it (Debian: ovmf, RHEL: edk2-ovmf)");
}

void check_software_initramfs(const struct host *host, struct report *report, struct finding *f)
{
	const struct initramfs *i = &host->initramfs;
	const char *name = initramfs_generator_name(i->generator);

	for (size_t k = 0; k < i->n; k++)
		finding_evidence(report, f, i->images[k].path, "%s", i->images[k].release);
	if (i->generator == INITRAMFS_UNKNOWN) {
		finding_set(report, f, VERDICT_WARN, "devices cannot be bound at boot by an initramfs here: %s", i->reason);
		finding_remedy(report, f, "mend that, or bind by ids where vfio-pci is built into the kernel");
	} else if (i->generator == INITRAMFS_NONE) {
		finding_set(report, f, VERDICT_SKIP, host->is_live ? "this host boots without an initramfs" : "no initramfs is in what is looked at");
	} else if (!i->n && host->is_live) {
		finding_set(report, f, VERDICT_WARN, "%s is installed, but no image of an installed kernel has a name that it gives", name);
		finding_remedy(report, f, "let %s make the images of all installed kernels", name);
	} else {
		finding_set(report, f, VERDICT_PASS, "%s makes the initramfs", name);
	}
}
