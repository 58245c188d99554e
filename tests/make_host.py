#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the tree of a pretended server for --root: make_host.py DIR, or lab(DIR, ...) from a test with variations."""

import os
import struct
import sys

KERNEL = "6.1.0-44-amd64"
ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
BUILT = ("KVM=m", "KVM_INTEL=m", "KVM_AMD=m", "INTEL_IOMMU=y", "AMD_IOMMU=y", "VFIO=m", "VFIO_PCI=m")
COMMON = "root=UUID=b0a3cf0e-7d44-4a0e-8a01-2f2f6a3a9b11 ro quiet"
# Guest firmware, as QEMU finds it.
OVMF = """{ "interface-types": ["uefi"], "mapping": { "device": "flash",
  "executable": { "filename": "/usr/share/OVMF/code.fd", "format": "raw" },
  "nvram-template": { "filename": "/usr/share/OVMF/vars.fd", "format": "raw" } },
  "targets": [ { "architecture": "x86_64", "machines": ["pc-q35-*"] } ], "features": [], "tags": [] }
"""


class Tree:
    """Files of a host, in the words of sysfs."""

    def __init__(self, path):
        self.path = str(path)
        os.makedirs(self.path, exist_ok=True)

    def full(self, name):
        return os.path.join(self.path, name)

    def put(self, name, content="", mode=0o644):
        full = self.full(name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(full, mode)

    def link(self, name, target):
        full = self.full(name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if os.path.lexists(full):
            os.unlink(full)
        os.symlink(target, full)

    def folder(self, name):
        os.makedirs(self.full(name), exist_ok=True)

    def pci(self, chain, ids, klass, group=None, driver=None, config=b"", root="pci0000:00", **attributes):
        """chain: '0000:00:06.0/0000:01:00.0'; ids: '1b36:0010'."""
        base = f"sys/devices/{root}/{chain}"
        address = chain.split("/")[-1]
        vendor, device = ids.split(":")
        values = {"vendor": "0x" + vendor, "device": "0x" + device, "class": "0x" + klass, "revision": "0x02",
                  "subsystem_vendor": "0x1af4", "subsystem_device": "0x1100", "numa_node": "-1", "driver_override": "(null)",
                  "irq": "0", "resource": "\n".join(["0x0000000000000000 0x0000000000000000 0x0000000000000000"] * 7),
                  "modalias": f"pci:v0000{vendor.upper()}d0000{device.upper()}sv00001AF4sd00001100bc{klass[:2]}sc{klass[2:4]}i{klass[4:]}"}
        values.update(attributes)
        for name, value in values.items():
            self.put(f"{base}/{name}", value + "\n")
        self.put(base + "/config", config or bytes(4096))
        self.link("sys/bus/pci/devices/" + address, f"../../../devices/{root}/{chain}")
        if driver:
            self.folder("sys/bus/pci/drivers/" + driver)
            self.link(base + "/driver", "../" * (len(base.split("/")) - 1) + "bus/pci/drivers/" + driver)
        if group is not None:
            up = "../" * (len(base.split("/")) - 1)
            self.link(base + "/iommu_group", f"{up}kernel/iommu_groups/{group}")
            self.link(f"sys/kernel/iommu_groups/{group}/devices/{address}", f"../../../../devices/{root}/{chain}")
            self.put(f"sys/kernel/iommu_groups/{group}/type", "DMA-FQ\n")
            self.put(f"sys/kernel/iommu_groups/{group}/reserved_regions", "0x00000000fee00000 0x00000000feefffff msi\n")

    def nvme(self, chain, n, drive, group, on_vfio=False):
        ids = drive.get("id", "1b36:0010")
        self.pci(chain, ids, "010802", group, "vfio-pci" if on_vfio else drive.get("driver", "nvme"),
                 config_space(ids, 0, drive.get("pcie_serial", 0)), reset_method="flr bus", current_link_speed="16.0 GT/s PCIe",
                 current_link_width="4", max_link_speed="16.0 GT/s PCIe", max_link_width="4",
                 resource="0x00000000fea00000 0x00000000fea03fff 0x0000000000140204")
        if on_vfio:
            return
        base = f"sys/devices/pci0000:00/{chain}/nvme/nvme{n}"
        self.put(base + "/serial", f"{drive['serial']:20}\n")
        self.put(base + "/model", f"{drive.get('model', 'QEMU NVMe Ctrl'):40}\n")
        self.put(base + "/firmware_rev", "8.0.2   \n")
        self.put(f"{base}/nvme{n}n1/dev", f"259:{10 * n}\n")
        self.link(f"sys/block/nvme{n}n1", f"../devices/pci0000:00/{chain}/nvme/nvme{n}/nvme{n}n1")
        self.put(f"run/udev/data/b259:{10 * n}", "E:ID_PART_TABLE_TYPE=gpt\n" if drive.get("partitions") else "E:DEVTYPE=disk\n")
        for p, udev in enumerate(drive.get("partitions", []), 1):
            self.put(f"{base}/nvme{n}n1/nvme{n}n1p{p}/dev", f"259:{10 * n + p}\n")
            self.put(f"run/udev/data/b259:{10 * n + p}", udev)


def config_space(ids, pcie_type, serial=0, acs=None):
    """4096 bytes: header, PCIe capability, then serial number or ACS."""
    vendor, device = (int(x, 16) for x in ids.split(":"))
    c = bytearray(4096)
    struct.pack_into("<HHHH", c, 0, vendor, device, 0x0406, 0x0010)
    c[0x0e] = 1 if pcie_type == 4 else 0
    c[0x34] = 0x40
    struct.pack_into("<BBHI", c, 0x40, 0x10, 0, 2 | pcie_type << 4, 0x10008000 if pcie_type == 0 else 0x8000)
    if acs is not None:
        struct.pack_into("<IHH", c, 0x100, 0x0001000d, 0x1d, acs)
    elif serial:
        struct.pack_into("<IQ", c, 0x100, 0x00010003, serial)
    return bytes(c)


def dmar_table():
    """One unit for all devices, interrupts remapped, and a checksum that is right."""
    table = bytearray(b"DMAR" + struct.pack("<I", 64) + bytes(28) + bytes([38, 1]) + bytes(10) + struct.pack("<HHBBHQ", 0, 16, 1, 0, 0, 0xfed90000))
    table[9] = -sum(table) & 0xff
    return bytes(table)


BOOT_PARTITIONS = [f"E:ID_FS_TYPE=vfat\nE:ID_PART_ENTRY_TYPE={ESP}\n", "E:ID_FS_TYPE=ext4\n", "E:ID_FS_TYPE=swap\n"]
DRIVES = [{"serial": "boot0", "partitions": BOOT_PARTITIONS}, {"serial": "data1"}, {"serial": "data2"}, {"serial": "data3"}]

CPUS = {
    "AuthenticAMD": "vendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC Processor\nflags\t\t: fpu svm hypervisor\n",
    "GenuineIntel": "vendor_id\t: GenuineIntel\nmodel name\t: Intel Xeon Processor\nflags\t\t: fpu vmx\n",
}


def grub_cfg(arguments):
    entry = """menuentry '{title}' --class debian --class gnu-linux $menuentry_id_option '{id}' {{
\tload_video
\tlinux\t/boot/vmlinuz-{kernel} {arguments}
\tinitrd\t/boot/initrd.img-{kernel}
}}
"""
    return ("""if [ -s $prefix/grubenv ]; then
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
   save_env next_entry
   set boot_once=true
else
   set default="0"
fi
### BEGIN /etc/grub.d/10_linux ###
""" + entry.format(title="Debian GNU/Linux", id="gnulinux-simple-b0a3", kernel=KERNEL, arguments=arguments)
        + "submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-b0a3' {\n"
        + entry.format(title="Debian GNU/Linux, recovery", id="gnulinux-recovery-b0a3", kernel=KERNEL, arguments=COMMON + " single")
        + "}\n")


def add_platform(t, cpu, cmdline, dmar, config, n_cpus=2):
    t.put("proc/cpuinfo", "".join(f"processor\t: {i}\n{CPUS[cpu]}\n" for i in range(n_cpus)))
    t.put("proc/cmdline", f"BOOT_IMAGE=/boot/vmlinuz-{KERNEL} {cmdline}\n")
    t.put("proc/sys/kernel/osrelease", KERNEL + "\n")
    t.put("boot/grub/grub.cfg", grub_cfg(cmdline))
    t.put("boot/grub/grubenv", "# GRUB Environment Block\n" + "#" * 999)
    t.put(f"boot/config-{KERNEL}", f"CONFIG_PCI=y\n{config}\n" + "".join(f"CONFIG_{option}\n" for option in BUILT))
    t.put(f"boot/vmlinuz-{KERNEL}", "kernel\n")
    t.put(f"boot/initrd.img-{KERNEL}", "image\n")
    t.folder("sys/firmware/efi/efivars")
    t.put("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", b"\x06\0\0\0\0")
    if dmar:
        t.put("sys/firmware/acpi/tables/DMAR", dmar_table())
    t.put("sys/module/nvme/initstate", "live\n")
    t.put("sys/module/vfio_pci/initstate", "live\n")
    t.put("sys/class/dmi/id/sys_vendor", "QEMU\n")
    t.put("sys/class/dmi/id/product_name", "Standard PC (Q35 + ICH9, 2009)\n")
    t.put("dev/kvm")
    t.folder(f"lib/modules/{KERNEL}")


def add_software(t, cmdline):
    for program in ("usr/sbin/update-grub", "usr/sbin/update-initramfs", "usr/sbin/libvirtd", "usr/bin/qemu-system-x86_64",
                    "usr/libexec/slipway/slipway-bind"):
        t.put(program, "#!/bin/false\n", 0o755)
    t.put("usr/share/qemu/firmware/60-edk2-x86_64.json", OVMF)
    for image in ("code.fd", "vars.fd"):
        t.put("usr/share/OVMF/" + image)
    settings = " ".join(word for word in cmdline.split() if word != "ro" and not word.startswith("root="))
    t.put("etc/default/grub", f'GRUB_DEFAULT=0\nGRUB_DISTRIBUTOR=Debian\nGRUB_CMDLINE_LINUX_DEFAULT="{settings}"\nGRUB_CMDLINE_LINUX=""\n')
    t.put("etc/grub.d/10_linux", "#!/bin/sh\nexit 0\n", 0o755)
    t.folder("etc/default/grub.d")
    t.put("etc/initramfs-tools/initramfs.conf", "MODULES=most\n")
    t.folder("etc/initramfs-tools/hooks")
    t.folder("etc/initramfs-tools/scripts/init-top")


def add_mounts(t, boot):
    t.put("proc/self/mountinfo", f"""22 1 259:{10 * boot + 2} / / rw,relatime shared:1 - ext4 /dev/nvme{boot}n1p2 rw
23 22 259:{10 * boot + 1} / /boot/efi rw,relatime shared:2 - vfat /dev/nvme{boot}n1p1 rw
24 22 0:21 / /proc rw,nosuid shared:3 - proc proc rw
""")
    t.put("proc/swaps", f"Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n/dev/nvme{boot}n1p3\tpartition\t1048572\t0\t-2\n")


def add_network(t, chain):
    t.put(f"sys/devices/pci0000:00/{chain}/virtio0/net/enp0s5/ifindex", "2\n")
    t.link("sys/class/net/enp0s5", f"../../devices/pci0000:00/{chain}/virtio0/net/enp0s5")
    t.put("proc/net/route", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
          "enp0s5\t00000000\t0202000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
          "enp0s5\t0002000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n")
    t.put("proc/net/if_inet6", "fec0000000000000505400fffe123456 02 40 40 00   enp0s5\nfe80000000000000505400fffe123456 02 40 20 80   enp0s5\n")


MEDIATED = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"


def add_function(t, group=0):
    """An NVMe as s390x shows it: a PCI function that is alone on its bus, in a slot that has its function id for a name."""
    t.pci("0042:00:00.0", "144d:a80a", "010802", group, "nvme", config_space("144d:a80a", 0), root="pci0042:00",
          function_id="0x00000123", pchid="0x01b8", pfgid="0x01", uid="0x42", uid_is_unique="1")  # fmt: skip
    t.put("sys/bus/pci/slots/00000123/address", "0042:00:00\n")
    t.put("sys/bus/pci/slots/00000123/power", "1\n")


def add_channel(t):
    """What s390x has beside: the DASD of "/", one that vfio_ccw has, an OSA port, and two crypto queues."""
    for subchannel, device, cutype, driver in (("0.0.0001", "0.0.0100", "3990/e9", "dasd-eckd"), ("0.0.0002", "0.0.f500", "1731/01", "qeth")):
        base = f"sys/devices/css0/{subchannel}"
        t.link("sys/bus/css/devices/" + subchannel, f"../../../devices/css0/{subchannel}")
        t.link(f"{base}/driver", "../../../bus/css/drivers/io_subchannel")
        t.link(f"{base}/{device}/driver", f"../../../../bus/ccw/drivers/{driver}")
        t.put(f"{base}/{device}/cutype", cutype + "\n")
        t.put(f"{base}/{device}/online", "1\n")
    t.link("sys/devices/css0/0.0.0002/0.0.f500/group_device", "../../../qeth/0.0.f500")
    t.link("sys/bus/css/devices/0.0.0003", "../../../devices/css0/0.0.0003")
    t.link("sys/devices/css0/0.0.0003/driver", "../../../bus/css/drivers/vfio_ccw")
    t.put("sys/devices/css0/0.0.0003/dev_busid", "0.0.0300\n")
    t.put("sys/devices/css0/0.0.0001/0.0.0100/block/dasda/dev", "94:0\n")
    t.put("sys/devices/css0/0.0.0001/0.0.0100/block/dasda/dasda1/dev", "94:1\n")
    t.link("sys/block/dasda", "../devices/css0/0.0.0001/0.0.0100/block/dasda")
    t.put("proc/self/mountinfo", "21 1 94:1 / / rw,relatime shared:1 - ext4 /dev/dasda1 rw\n")
    t.link("sys/bus/ccwgroup/devices/0.0.f500", "../../../devices/qeth/0.0.f500")
    t.link("sys/devices/qeth/0.0.f500/driver", "../../bus/ccwgroup/drivers/qeth")
    t.put("sys/devices/qeth/0.0.f500/layer2", "1\n")
    t.put("sys/devices/qeth/0.0.f500/net/encf500/ifindex", "2\n")
    t.link("sys/class/net/encf500", "../../devices/qeth/0.0.f500/net/encf500")
    t.put("sys/bus/ap/apmask", "0x" + "f" * 64 + "\n")
    t.put("sys/bus/ap/aqmask", "0x" + "f" * 64 + "\n")
    t.put("sys/bus/ap/ap_domain", "4\n")
    t.put("sys/devices/ap/card05/type", "CEX8C\n")
    t.put("sys/devices/ap/card05/hwtype", "14\n")
    t.link("sys/bus/ap/devices/card05", "../../../devices/ap/card05")
    for queue in ("05.0004", "05.0005"):
        t.put(f"sys/devices/ap/card05/{queue}/online", "1\n")
        t.link(f"sys/devices/ap/card05/{queue}/driver", "../../../../bus/ap/drivers/cex4queue")
        t.link("sys/bus/ap/devices/" + queue, f"../../../devices/ap/card05/{queue}")


def add_mediated(t, chain, hostile=""):
    """A display whose driver shares it: two types, one device that a guest has, one that is only defined."""
    address, base = chain.split("/")[-1], f"sys/devices/pci0000:00/{chain}"
    for name, available in (("i915-GVTg_V5_4", 1), ("i915-GVTg_V5_8", 0)):
        t.put(f"{base}/mdev_supported_types/{name}/available_instances", f"{available}\n")
        t.put(f"{base}/mdev_supported_types/{name}/description", f"resolution: 1920x1200{hostile}\nweight: 4\n")
        t.put(f"{base}/mdev_supported_types/{name}/device_api", "vfio-pci\n")
    t.link("sys/class/mdev_bus/" + address, f"../../devices/pci0000:00/{chain}")
    t.link(f"{base}/{MEDIATED}/mdev_type", "../mdev_supported_types/i915-GVTg_V5_4")
    t.link(f"{base}/{MEDIATED}/iommu_group", "../../../../kernel/iommu_groups/70")
    t.link("sys/bus/mdev/devices/" + MEDIATED, f"../../../devices/pci0000:00/{chain}/{MEDIATED}")
    t.put(f"etc/mdevctl.d/{address}/{MEDIATED[:-1]}2", '{"mdev_type": "i915-GVTg_V5_8", "start": "auto"}\n')
    t.put("proc/4711/comm", "qemu-system-x86\n")
    t.link("proc/4711/fd/31", "/dev/vfio/70")


def lab(path, drives=None, boot=0, iommu=True, dmar=True, cpu="AuthenticAMD", cmdline=None, on_vfio=(),
        config="# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set", vfio_users=()):
    """A Debian server: UEFI, GRUB, NVMe drives of one id behind root ports of their own, the boot disk among them."""
    t = Tree(path)
    drives = DRIVES if drives is None else drives
    cmdline = cmdline if cmdline is not None else COMMON + (" intel_iommu=on" if iommu else "")
    groups = iter(range(64)) if iommu else iter([None] * 64)
    t.folder("sys/kernel/iommu_groups")
    t.pci("0000:00:00.0", "8086:29c0", "060000", next(groups))
    t.pci("0000:00:01.0", "1234:1111", "030000", next(groups), "bochs-drm", boot_vga="1")
    t.pci("0000:00:05.0", "1af4:1041", "020000", next(groups), "virtio-pci")
    ports = [f"0000:00:{6 + n:02x}.0" for n in range(len(drives))]
    for port in ports:
        t.pci(port, "1b36:000c", "060400", next(groups), "pcieport", config_space("1b36:000c", 4, acs=0x1d))
    chipset = next(groups)
    for function, ids, klass, driver in (("0", "8086:2918", "060100", "lpc_ich"), ("2", "8086:2922", "010601", "ahci"),
                                         ("3", "8086:2930", "0c0500", "i801_smbus")):
        t.pci("0000:00:1f." + function, ids, klass, chipset, driver)
    for n, (port, drive) in enumerate(zip(ports, drives)):
        t.nvme(f"{port}/0000:{n + 1:02x}:00.0", n, drive, next(groups), n in on_vfio)
        t.put(f"sys/bus/pci/slots/{n}/address", f"0000:{n + 1:02x}:00\n")
    if iommu:
        t.link("sys/class/iommu/dmar0", "../../devices/virtual/iommu/dmar0")
    add_platform(t, cpu, cmdline, dmar, config)
    add_software(t, cmdline)
    add_mounts(t, boot)
    add_network(t, "0000:00:05.0")
    for pid, group in vfio_users:
        t.put(f"proc/{pid}/comm", "qemu-system-x86\n")
        t.link(f"proc/{pid}/fd/31", f"/dev/vfio/{group}")
    return t


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_host.py DIR")
    lab(sys.argv[1])
