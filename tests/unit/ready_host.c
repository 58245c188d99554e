/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server on which every check passes: what a test takes away or spoils is what its check must find. */

#include "tests/unit/acpi_bytes.h"
#include "tests/unit/descriptor.h"
#include "tests/unit/efi_bytes.h"
#include "tests/unit/ready_host.h"

void put_dmar(struct tree *t, unsigned char flags)
{
	struct bytes dmar = bytes_table("DMAR");

	dmar.data[37] = flags;
	bytes_unit(&dmar, 0, 0xfed90000);
	bytes_seal(&dmar);
	tree_put_bytes(t, "sys/firmware/acpi/tables/DMAR", dmar.data, dmar.size);
}

/* Of a boot over the network: this host's one drive is for guests. */
static void put_boot_entry(struct tree *t, const char *nodes)
{
	struct efi_bytes b = {};
	size_t path = efi_option(&b, "PXE");

	efi_nodes(&b, nodes);
	efi_end(&b, path);
	tree_put_variable(t, "BootCurrent", "\1\0", 2);
	tree_put_variable(t, "Boot0001", b.data, b.size);
}

static void put_link(struct tree *t, const char *folder)
{
	static const char *const files[][2] = { { "current_link_speed", "16.0 GT/s PCIe" }, { "max_link_speed", "16.0 GT/s PCIe" },
						{ "current_link_width", "4" }, { "max_link_width", "4" } };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[256];

		snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s%s", folder, files[i][0]);
		tree_put(t, path, "%s\n", files[i][1]);
	}
}

void ready_host(struct tree *t)
{
	tree_new(t);
	tree_pci(t, "0000:00:06.0", "060400", "1b36:000c", -1);
	tree_nvme(t, A, 0, 1);
	tree_remove(t, "sys/devices/pci0000:00/" A "/nvme");
	tree_driver(t, A, "vfio-pci");
	tree_put(t, IDENTITY_FILE, ID "\n");
	tree_put(t, "proc/cpuinfo", "processor\t: 0\n" INTEL "\nprocessor\t: 1\n" INTEL);
	tree_put(t, "sys/module/kvm_intel/parameters/nested", "Y\n");
	tree_link(t, "sys/class/mdev_bus/0000:00:02.0", "../../devices/pci0000:00/0000:00:02.0");
	tree_put(t, "usr/sbin/mdevctl", "%s", "");
	tree_put(t, "proc/cmdline", "BOOT_IMAGE=/v ro intel_iommu=on slipway.bind=1\n");
	tree_put(t, "proc/sys/kernel/osrelease", "6.1.0\n");
	tree_put(t, "boot/grub/grub.cfg", GRUB("intel_iommu=on slipway.bind=1"));
	tree_put_bytes(t, "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\6\0\0\0\0", 5);
	put_boot_entry(t, "rpx");
	tree_put_variable(t, "SetupMode", "\0", 1);
	tree_put(t, "boot/config-6.1.0", "CONFIG_VFIO=m\nCONFIG_VFIO_PCI=m\nCONFIG_KVM=m\nCONFIG_KVM_INTEL=m\nCONFIG_INTEL_IOMMU=y\n");
	tree_put(t, "sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	tree_put(t, "sys/devices/pci0000:00/" A "/sriov_totalvfs", "4\n");
	tree_link(t, "sys/devices/pci0000:00/" A "/virtfn0", "../0000:05:00.1");
	tree_put(t, VF_FOLDER "/0000:05:00.0", "0000:05:00.0 bind=none id=144d:a80a subsystem=0000:0000 class=010802 path=0000:00/06.0/00.0\n"
		 "vfs count=1\n");
	tree_put(t, "sys/devices/pci0000:00/" A "/function_id", "0x00000021\n");
	tree_put(t, "sys/devices/pci0000:00/" A "/uid_is_unique", "1\n");
	put_link(t, "0000:00:06.0/");
	put_link(t, A "/");
	put_dmar(t, 1);
	tree_put(t, "sys/class/iommu/dmar0/x", "%s", "");
	tree_put(t, "sys/module/vfio_pci/initstate", "live\n");
	tree_put(t, "dev/kvm", "%s", "");
	tree_put(t, "usr/sbin/libvirtd", "%s", "");
	tree_put(t, "etc/apparmor.d/abstractions/libvirt-qemu", "  include if exists <local/abstractions/libvirt-qemu>\n");
	tree_put(t, "etc/apparmor.d/local/abstractions/libvirt-qemu", "\"/srv/images/**\" rwk, # slipway\n");
	tree_put(t, "etc/libvirt/storage/images.xml", "<pool type='dir'>\n  <name>images</name>\n  <target>\n    <path>/srv/images</path>\n  </target>\n</pool>\n");
	tree_put(t, "etc/libvirt/qemu/guest1.xml", "<domain type='kvm'>\n  <name>guest1</name>\n  <memory unit='KiB'>1048576</memory>\n  <vcpu placement='static'>2</vcpu>\n"
		 "  <devices>\n    <disk type='volume' device='disk'>\n      <source pool='images' volume='a.raw'/>\n    </disk>\n  </devices>\n</domain>\n");
	tree_put(t, "etc/libvirt/libvirtd.conf", "#listen_tcp = 1\n#auth_tcp = \"none\"\n");
	tree_put(t, "proc/meminfo", "MemTotal:        4028416 kB\nMemFree: 1 kB\n");
	tree_put(t, "usr/bin/qemu-system-x86_64", "%s", "");
	tree_put(t, "usr/bin/qemu-kvm", "%s", "");
	tree_put(t, "usr/share/qemu/firmware/60.json", "%s", PLAIN);
	tree_put(t, "usr/sbin/update-initramfs", "%s", "");
	tree_folder(t, "etc/initramfs-tools");
	tree_mounts(t, (const char *const[]){ "0:1 none / tmpfs", NULL });
}
