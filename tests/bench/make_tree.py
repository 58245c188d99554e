#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the tree of a pretended server with very many PCI functions, for --root: make_tree.py DIR FUNCTIONS."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.dont_write_bytecode = True

import make_host  # noqa: E402

PORTS_PER_DOMAIN = 160
LINKS_MAX = 60000  # ext4 ends at 65,000


class LinkedTree(make_host.Tree):
    """Equal files are one file under many names: a quarter of a million attributes need no gigabyte."""

    def __init__(self, path):
        super().__init__(path)
        self.pool = {}
        self.made = set()

    def put(self, name, content="", mode=0o644):
        key = (content, mode)
        first, n = self.pool.get(key, (None, LINKS_MAX))
        if n >= LINKS_MAX:
            self.make_parent(name)
            super().put(name, content, mode)
            self.pool[key] = (self.full(name), 1)
            return
        self.make_parent(name)
        os.link(first, self.full(name))
        self.pool[key] = (first, n + 1)

    def make_parent(self, name):
        parent = os.path.dirname(name)
        if parent not in self.made:
            os.makedirs(self.full(parent), exist_ok=True)
            self.made.add(parent)

    def link(self, name, target):
        self.make_parent(name)
        os.symlink(target, self.full(name))


def config_space(ids, klass, pcie_type=None, acs=None, size=4096):
    """The header, power management, MSI-X, PCIe, and behind 0x100 AER with ACS or nothing."""
    vendor, device = (int(x, 16) for x in ids.split(":"))
    c = bytearray(size)
    struct.pack_into("<HHHH", c, 0, vendor, device, 0x0406, 0x0010)
    struct.pack_into("<I", c, 8, int(klass, 16) << 8 | 2)
    if pcie_type is None:
        return bytes(c[:256])
    c[0x0e] = 1 if pcie_type == 4 else 0
    c[0x34] = 0x40
    struct.pack_into("<BBHI", c, 0x40, 0x01, 0x50, 0x0003, 0)
    struct.pack_into("<BBHII", c, 0x50, 0x11, 0x60, 0x0020, 0x2000, 0x3000)
    struct.pack_into("<BBHI", c, 0x60, 0x10, 0, 2 | pcie_type << 4, 0x10008000 if pcie_type == 0 else 0x8000)
    struct.pack_into("<I", c, 0x100, 0x14810001 if acs is not None else 0x00010001)
    if acs is not None:
        struct.pack_into("<IHH", c, 0x148, 0x0001000d, 0x1d, acs)
    return bytes(c)


class Machine:
    """Hands out addresses and groups until the wanted number of functions is there."""

    def __init__(self, tree, wanted):
        self.tree, self.left, self.group, self.nvmes, self.nics = tree, wanted, 0, 0, 0
        self.groups = set()

    def function(self, domain, chain, ids, klass, driver=None, config=b"", group=None, **attributes):
        if not self.left:
            return False
        self.left -= 1
        if group is None:
            group = self.group
            self.group += 1
        t, address = self.tree, chain.split("/")[-1]
        root = f"pci{domain:04x}:00"
        base = f"sys/devices/{root}/{chain}"
        vendor, device = ids.split(":")
        values = {
            "vendor": "0x" + vendor, "device": "0x" + device, "class": "0x" + klass, "revision": "0x02",
            "subsystem_vendor": "0x" + vendor, "subsystem_device": "0x1100", "numa_node": str(domain % 2),
            "driver_override": "(null)", "irq": "24", "enable": "1", "local_cpus": "ffffffff", "local_cpulist": "0-31",
            "power_state": "D0", "ari_enabled": "0", "broken_parity_status": "0", "d3cold_allowed": "1",
            "consistent_dma_mask_bits": "64", "dma_mask_bits": "64", "msi_bus": "1",
            "resource": "\n".join(["0x00000000fea00000 0x00000000fea03fff 0x0000000000140204"]
                                  + ["0x0000000000000000 0x0000000000000000 0x0000000000000000"] * 12),
            "modalias": f"pci:v0000{vendor.upper()}d0000{device.upper()}sv0000{vendor.upper()}sd00001100"
                        f"bc{klass[:2]}sc{klass[2:4]}i{klass[4:]}"}
        values.update(attributes)
        for name, value in values.items():
            t.put(f"{base}/{name}", value + "\n")
        t.put(base + "/config", config or config_space(ids, klass), 0o644)
        up = "../" * (len(base.split("/")) - 1)
        t.link("sys/bus/pci/devices/" + address, f"../../../devices/{root}/{chain}")
        t.link(base + "/subsystem", up + "bus/pci")
        if driver:
            t.link(base + "/driver", f"{up}bus/pci/drivers/{driver}")
        t.link(base + "/iommu_group", f"{up}kernel/iommu_groups/{group}")
        t.link(f"sys/kernel/iommu_groups/{group}/devices/{address}", f"../../../../devices/{root}/{chain}")
        if group not in self.groups:
            self.groups.add(group)
            t.put(f"sys/kernel/iommu_groups/{group}/type", "DMA-FQ\n")
            t.put(f"sys/kernel/iommu_groups/{group}/reserved_regions", "0x00000000fee00000 0x00000000feefffff msi\n")
        return True


LINK = {"current_link_speed": "16.0 GT/s PCIe", "current_link_width": "4", "max_link_speed": "16.0 GT/s PCIe", "max_link_width": "4"}


def add_nvme(m, domain, port, bus):
    chain, n = f"{port}/{domain:04x}:{bus:02x}:00.0", m.nvmes
    if not m.function(domain, chain, "144d:a80a", "010802", "nvme", config_space("144d:a80a", "010802", 0),
                      reset_method="flr bus", **LINK):
        return
    m.nvmes += 1
    base = f"sys/devices/pci{domain:04x}:00/{chain}/nvme/nvme{n}"
    m.tree.put(base + "/serial", f"{f'S{n:08}':20}\n")
    m.tree.put(base + "/model", f"{'SAMSUNG MZQL21T9HCJR-00A07':40}\n")
    m.tree.put(base + "/firmware_rev", "GDC5602Q\n")
    m.tree.put(f"{base}/nvme{n}n1/dev", f"259:{n}\n")
    m.tree.link(f"sys/block/nvme{n}n1", f"../devices/pci{domain:04x}:00/{chain}/nvme/nvme{n}/nvme{n}n1")
    m.tree.put(f"run/udev/data/b259:{n}", "E:DEVTYPE=disk\n")


def add_nic(m, domain, port, bus):
    """Two ports of a network card, each with four virtual functions."""
    ids, vf_ids, prefix = "15b3:101d", "15b3:101e", f"{port}/{domain:04x}:{bus:02x}:"
    for pf in range(2):
        chain = f"{prefix}00.{pf}"
        if not m.function(domain, chain, ids, "020000", "mlx5_core", config_space(ids, "020000", 0), reset_method="flr bus",
                          sriov_totalvfs="4", sriov_numvfs="4", **LINK):
            return
        base, name = f"sys/devices/pci{domain:04x}:00/{chain}", f"ens{m.nics}"
        m.nics += 1
        m.tree.put(f"{base}/net/{name}/ifindex", f"{m.nics + 1}\n")
        m.tree.link(f"sys/class/net/{name}", f"../../devices/pci{domain:04x}:00/{chain}/net/{name}")
        for vf in range(4):
            address = f"{domain:04x}:{bus:02x}:{1 + pf:02x}.{vf}"
            if not m.function(domain, f"{port}/{address}", vf_ids, "020000", "mlx5_core", config_space(vf_ids, "020000", 0),
                              reset_method="flr"):
                return
            m.tree.link(f"{base}/virtfn{vf}", f"../{address}")
            m.tree.link(f"sys/devices/pci{domain:04x}:00/{port}/{address}/physfn", f"../{chain.split('/')[-1]}")


def add_gpu(m, domain, port, bus):
    """Picture and sound share a group."""
    group = m.group
    m.group += 1
    for function, ids, klass, driver in ((0, "10de:2684", "030000", "nouveau"), (1, "10de:22ba", "040300", "snd_hda_intel")):
        m.function(domain, f"{port}/{domain:04x}:{bus:02x}:00.{function}", ids, klass, driver, config_space(ids, klass, 0), group,
                   reset_method="bus", **LINK)


SLOTS = [add_nvme, add_nvme, add_nic, add_nvme, add_nvme, add_gpu, add_nvme, add_nvme]


def add_domain(m, domain):
    """A root complex: its own functions in one group, and root ports with ACS, a card behind each."""
    chipset = m.group
    m.group += 1
    m.function(domain, f"{domain:04x}:00:00.0", "8086:09a2", "060000")
    for function, ids, klass, driver in ((0, "8086:a1c1", "060100", "lpc_ich"), (2, "8086:a182", "010601", "ahci"),
                                         (4, "8086:a1a3", "0c0500", "i801_smbus")):
        m.function(domain, f"{domain:04x}:00:1f.{function}", ids, klass, driver, group=chipset)
    for n in range(PORTS_PER_DOMAIN):
        port = f"{domain:04x}:00:{1 + n // 8:02x}.{n % 8}"
        if not m.function(domain, port, "8086:347a", "060400", "pcieport", config_space("8086:347a", "060400", 4, acs=0x1d), **LINK):
            return
        m.tree.put(f"sys/bus/pci/slots/{domain * PORTS_PER_DOMAIN + n}/address", f"{domain:04x}:{n + 1:02x}:00\n")
        SLOTS[n % len(SLOTS)](m, domain, port, n + 1)


def make(path, functions):
    t = LinkedTree(path)
    m = Machine(t, functions)
    for driver in ("pcieport", "nvme", "mlx5_core", "nouveau", "snd_hda_intel", "lpc_ich", "ahci", "i801_smbus", "vfio-pci"):
        t.folder("sys/bus/pci/drivers/" + driver)
    domain = 0
    while m.left:
        add_domain(m, domain)
        domain += 1
    t.link("sys/class/iommu/dmar0", "../../devices/virtual/iommu/dmar0")
    cmdline = make_host.COMMON + " intel_iommu=on"
    make_host.add_platform(t, "GenuineIntel", cmdline, True, "CONFIG_INTEL_IOMMU=y", n_cpus=32)
    make_host.add_software(t, cmdline)
    t.put("proc/self/mountinfo", "22 1 259:0 / / rw,relatime shared:1 - ext4 /dev/nvme0n1 rw\n")
    t.put("proc/swaps", "Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n")


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[2].isdigit():
        sys.exit("usage: make_tree.py DIR FUNCTIONS")
    make(sys.argv[1], int(sys.argv[2]))
