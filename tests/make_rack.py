#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A server with two sockets and some 150 PCI functions, for views: make_rack.py DIR, or rack(DIR) from a test."""

import sys

import make_host
from make_host import Tree, config_space

HOSTILE = "<script>alert(1)</script>\"'&\u202e\x1b[31m"


class Rack:
    def __init__(self, path):
        self.tree = make_host.lab(path, drives=[{"serial": "boot0", "partitions": make_host.BOOT_PARTITIONS}], cpu="GenuineIntel")
        self.group = 20
        self.bus = 0x10

    def next_group(self):
        self.group += 1
        return self.group

    def function(self, root, chain, ids, klass, group, driver=None, node=0, config=b"", **attributes):
        self.tree.pci(chain, ids, klass, group, driver, config, root=root, numa_node=str(node), **attributes)

    def next_bus(self):
        self.bus += 1
        return self.bus

    def port(self, root, node, device, parent="", acs=0x1d, kind=4, ids="8086:347a", group=None):
        """A bridge; the chain of what stands below it, and its bus."""
        domain, bus = root.removeprefix("pci").split(":")
        at = f"{int(parent.split('/')[-1].split(':')[1], 16) if parent else int(bus, 16):02x}" if not parent else parent.split("|")[1]
        chain = f"{parent.split('|')[0]}/" if parent else ""
        chain += f"{domain}:{at}:{device:02x}.0"
        self.function(root, chain, ids, "060400", self.next_group() if group is None else group, "pcieport", node, config_space(ids, kind, acs=acs))
        return f"{chain}|{self.next_bus():02x}"

    def below(self, port, device=0, function=0):
        chain, bus = port.split("|")
        return f"{chain}/{chain.split('/')[-1].split(':')[0]}:{bus}:{device:02x}.{function}"

    def nvme(self, root, node, device, n, model="SAMSUNG MZQL23T8HCLS-00A07", driver="nvme"):
        chain = self.below(self.port(root, node, device))
        self.function(root, chain, "144d:a80a", "010802", self.next_group(), driver, node, config_space("144d:a80a", 0, 0x25385b000000 + n),
                      reset_method="flr bus")
        address = chain.split("/")[-1]
        self.tree.put(f"sys/bus/pci/slots/{100 + n}/address", address[:-2] + "\n")
        if driver == "nvme":
            base = f"sys/devices/{root}/{chain}/nvme/nvme{n}"
            self.tree.put(base + "/serial", f"S64HNE0R{n:06}\n")
            self.tree.put(base + "/model", model + "\n")
            self.tree.put(f"{base}/nvme{n}n1/dev", f"259:{10 * n}\n")
            self.tree.link(f"sys/block/nvme{n}n1", f"../devices/{root}/{chain}/nvme/nvme{n}/nvme{n}n1")
            self.tree.put(f"run/udev/data/b259:{10 * n}", "E:DEVTYPE=disk\n")

    def nic(self, root, node, device, vfs):
        port = self.port(root, node, device)
        base = self.below(port)
        for function in range(2):
            self.function(root, self.below(port, 0, function), "15b3:101d", "020000", self.next_group(), "mlx5_core", node,
                          config_space("15b3:101d", 0), reset_method="bus", sriov_totalvfs=str(vfs), sriov_numvfs=str(vfs))
        for n in range(vfs):
            chain = self.below(port, 1 + n // 8, n % 8)
            self.function(root, chain, "15b3:101e", "020000", self.next_group(), "vfio-pci" if n < 4 else "mlx5_core", node,
                          config_space("15b3:101e", 0), reset_method="flr")
            full, pf = f"sys/devices/{root}/{chain}", f"sys/devices/{root}/{base}"
            self.tree.link(full + "/physfn", "../" + base.split("/")[-1])
            self.tree.link(f"{pf}/virtfn{n}", "../" + chain.split("/")[-1])

    def switch(self, root, node, device):
        """Two graphics cards below a switch without ACS: all of it in one group."""
        upper = self.port(root, node, device)
        group = self.next_group()
        upstream = self.port(root, node, 0, upper, None, 5, "10b5:8747", group)
        for slot in (8, 16):
            down = self.port(root, node, slot, upstream, None, 6, "10b5:8747", group)
            self.function(root, self.below(down), "10de:2204", "030000", group, "nouveau", node, config_space("10de:2204", 0), reset_method="bus")
            self.function(root, self.below(down, 0, 1), "10de:1aef", "040300", group, "snd_hda_intel", node, config_space("10de:1aef", 0))

    def uncore(self, root, node, n):
        domain, bus = root.removeprefix("pci").split(":")
        for i in range(n):
            self.function(root, f"{domain}:{bus}:{i:02x}.0", f"8086:{0x3450 + i:04x}", "088000", self.next_group(), None, node)


def rack(path, drives=24, vfs=40, uncore=32, hostile=True):
    r = Rack(path)
    for node, (io, nvme, gpu) in enumerate((("pci0000:16", "pci0000:30", "pci0000:4a"), ("pci0000:97", "pci0000:b0", "pci0000:c9"))):
        r.bus = 0x17 if node == 0 else 0x98
        r.nic(io, node, 2, vfs if node == 0 else 2)
        r.bus = 0x31 if node == 0 else 0xb1
        for n in range(drives // 2):
            model = HOSTILE if hostile and node and not n else "SAMSUNG MZQL23T8HCLS-00A07"
            r.nvme(nvme, node, 1 + n, 1 + n + node * drives // 2, model, "vfio-pci" if n in (2, 3) else "nvme")
        r.bus = 0x4b if node == 0 else 0xca
        r.switch(gpu, node, 1)
        r.uncore("pci0000:7e" if node == 0 else "pci0000:fe", node, uncore // 2)
    r.tree.put("proc/4242/comm", "qemu-system-x86\n")
    r.tree.link("proc/4242/fd/31", "/dev/vfio/" + str(first_group(r.tree, "0000:34:00.0")))
    return r.tree


def first_group(tree: Tree, address):
    import os

    return os.path.basename(os.readlink(os.path.realpath(tree.full("sys/bus/pci/devices/" + address)) + "/iommu_group"))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make_rack.py DIR")
    rack(sys.argv[1])
