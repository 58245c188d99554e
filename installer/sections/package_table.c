/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a virtualization host needs, as the distributions' packages are called. */

#include "installer/sections/package_table.h"

#define APT PACKAGES_APT
#define DNF PACKAGES_DNF
#define SUSE PACKAGES_ZYPPER
#define ARCH PACKAGES_PACMAN
#define VIRT SET_VIRTUALIZATION

/* virt-top is not in Debian 12, nor in Arch; iproute2 makes bridges everywhere, and ifupdown alone wants bridge-utils for that. */
const struct package_row package_rows[] = {
	{ APT, VIRT, ON_X86, "qemu-system-x86", {} },
	{ APT, VIRT, ON_S390, "qemu-system-s390x", {} },
	{ APT, VIRT, ON_ARM, "qemu-system-arm", {} },
	{ APT, VIRT, ON_ALL, "qemu-utils", {} },
	{ APT, VIRT, ON_ALL, "libvirt-daemon-system", {} },
	{ APT, VIRT, ON_ALL, "libvirt-clients", {} },
	{ APT, VIRT, ON_X86, "ovmf", {} },
	{ APT, VIRT, ON_ARM, "qemu-efi-aarch64", {} },
	{ APT, VIRT, ON_X86 | ON_ARM, "swtpm", {} },
	{ APT, VIRT, ON_X86 | ON_ARM, "swtpm-tools", {} },
	{ APT, VIRT, ON_ALL, "dnsmasq-base", {} },
	{ APT, SET_TOOLS, ON_ALL, "virtinst", {} },
	{ APT, SET_TOOLS, ON_ALL, "bridge-utils", {} },
	{ APT, SET_COCKPIT, ON_ALL, "cockpit-machines", {} },

	{ DNF, VIRT, ON_ALL, "qemu-kvm", { "usr/libexec/qemu-kvm", "usr/bin/qemu-kvm" } },
	{ DNF, VIRT, ON_ALL, "qemu-img", { "usr/bin/qemu-img" } },
	{ DNF, VIRT, ON_ALL, "libvirt", { "usr/sbin/libvirtd", "usr/sbin/virtqemud" } },
	{ DNF, VIRT, ON_ALL, "libvirt-client", { "usr/bin/virsh" } },
	{ DNF, VIRT, ON_X86, "edk2-ovmf", { "usr/share/edk2/ovmf" } },
	{ DNF, VIRT, ON_ARM, "edk2-aarch64", { "usr/share/edk2/aarch64" } },
	{ DNF, VIRT, ON_X86 | ON_ARM, "swtpm", { "usr/bin/swtpm" } },
	{ DNF, VIRT, ON_X86 | ON_ARM, "swtpm-tools", { "usr/bin/swtpm_setup" } },
	{ DNF, VIRT, ON_ALL, "dnsmasq", { "usr/sbin/dnsmasq" } },
	{ DNF, SET_TOOLS, ON_ALL, "virt-install", { "usr/bin/virt-install" } },
	{ DNF, SET_TOOLS, ON_ALL, "virt-top", { "usr/bin/virt-top" } },
	{ DNF, SET_COCKPIT, ON_ALL, "cockpit-machines", { "usr/share/cockpit/machines" } },

	{ SUSE, VIRT, ON_X86, "qemu-x86", { "usr/bin/qemu-system-x86_64" } },
	{ SUSE, VIRT, ON_S390, "qemu-s390x", { "usr/bin/qemu-system-s390x" } },
	{ SUSE, VIRT, ON_ARM, "qemu-arm", { "usr/bin/qemu-system-aarch64" } },
	{ SUSE, VIRT, ON_ALL, "qemu-tools", { "usr/bin/qemu-img" } },
	{ SUSE, VIRT, ON_ALL, "libvirt-daemon", { "usr/sbin/libvirtd" } },
	{ SUSE, VIRT, ON_ALL, "libvirt-daemon-qemu", { "usr/lib64/libvirt/connection-driver/libvirt_driver_qemu.so" } },
	{ SUSE, VIRT, ON_ALL, "libvirt-client", { "usr/bin/virsh" } },
	{ SUSE, VIRT, ON_X86, "qemu-ovmf-x86_64", { "usr/share/qemu/ovmf-x86_64-code.bin" } },
	{ SUSE, VIRT, ON_ARM, "qemu-uefi-aarch64", { "usr/share/qemu/aavmf-aarch64-code.bin" } },
	{ SUSE, VIRT, ON_X86 | ON_ARM, "swtpm", { "usr/bin/swtpm" } },
	{ SUSE, VIRT, ON_ALL, "dnsmasq", { "usr/sbin/dnsmasq" } },
	{ SUSE, SET_TOOLS, ON_ALL, "virt-install", { "usr/bin/virt-install" } },
	{ SUSE, SET_TOOLS, ON_ALL, "virt-top", { "usr/bin/virt-top" } },
	{ SUSE, SET_COCKPIT, ON_ALL, "cockpit-machines", { "usr/share/cockpit/machines" } },

	/* qemu-desktop and qemu-full bring the same program, and conflict with nothing but each other. */
	{ ARCH, VIRT, ON_X86, "qemu-base", { "usr/bin/qemu-system-x86_64" } },
	{ ARCH, VIRT, ON_ALL, "libvirt", { "usr/bin/libvirtd" } },
	{ ARCH, VIRT, ON_X86, "edk2-ovmf", { "usr/share/edk2/x64" } },
	{ ARCH, VIRT, ON_X86, "swtpm", { "usr/bin/swtpm" } },
	{ ARCH, VIRT, ON_ALL, "dnsmasq", { "usr/bin/dnsmasq" } },
	{ ARCH, SET_TOOLS, ON_ALL, "virt-install", { "usr/bin/virt-install" } },
	{ ARCH, SET_COCKPIT, ON_ALL, "cockpit-machines", { "usr/share/cockpit/machines" } },
	{},
};
