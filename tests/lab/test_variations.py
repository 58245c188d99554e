#!/usr/bin/python3
"""Other hardware: no IOMMU and a multipath drive, bad topologies and an IOMMU switched off by an argument, Secure Boot."""

import dataclasses

import lab
import scene

TWO = (lab.Drive("boot0", boot=True), lab.Drive("many1", bus="nvme-subsystem"))


def without_iommu(steps, build):
    with lab.machine(lab.Hardware(drives=TWO, iommu="none")) as machine:
        machine.start()
        steps.step("a server without IOMMU boots")
        slipway = scene.Slipway(machine, build)
        status, audit = slipway.json("audit")
        steps.step("the audit names the firmware's table as the first broken layer",
                   status == 1 and audit["first_broken"] == "firmware.iommu-table", audit["first_broken"])
        r = slipway("bind", "serial=many1")
        steps.step("bind is refused, since vfio-pci would leave the drive without a driver",
                   r.status == 3 and "IOMMU is off" in r.stderr and slipway.drivers()["many1"] == "nvme", r)
        path = machine.run("readlink -f /sys/block/nvme*n* | grep nvme-subsystem", check=True).stdout
        disk = "/dev/" + path.split()[-1].rsplit("/", 1)[1]
        machine.run(f"mkfs.ext4 -qF {disk} && mount {disk} /mnt", check=True)
        uses = slipway.devices()["many1"]["uses"]
        steps.step("what is mounted from a multipath namespace is seen at the drive",
                   any(u["kind"] == "mount" and "/mnt" in u["what"] for u in uses), [path, uses])
        r = slipway("plan", "--passthrough", "serial=many1")
        steps.step("and the drive is refused with the evidence", r.status == 3 and "ext4 on /mnt" in r.stderr, r)


# Two e1000 behind a conventional bridge, and two drives behind the two ports, without ACS, of one slot.
BAD_TOPOLOGY = """
    -device pcie-root-port,id=old,chassis=20,slot=20 -device pcie-pci-bridge,id=conventional,bus=old
    -device e1000,bus=conventional,addr=1,romfile= -device e1000,bus=conventional,addr=2,romfile=
    -device pcie-root-port,id=portA,chassis=21,slot=21,addr=0x10.0,multifunction=on,disable-acs=on
    -device pcie-root-port,id=portB,chassis=22,slot=22,addr=0x10.1,disable-acs=on
    -blockdev null-co,node-name=nullA,size=1073741824,read-zeroes=on -device nvme,serial=shared1,drive=nullA,bus=portA
    -blockdev null-co,node-name=nullB,size=1073741824,read-zeroes=on -device nvme,serial=shared2,drive=nullB,bus=portB
""".split()


def shares(device, other):
    """Is `device` blocked, with a reason that names the device which it shares its group with?"""
    return device["verdict"] == "blocked" and any("group" in text and other["address"] in text for text in device["reasons"])


def with_bad_topology(steps, build):
    with lab.machine(lab.Hardware(drives=TWO, qemu_args=tuple(BAD_TOPOLOGY))) as machine:
        machine.start()
        steps.step("a server with a conventional bridge and ports without ACS boots")
        slipway = scene.Slipway(machine, build)
        one, two = slipway.json("list", "id=8086:100e")[1]["devices"]
        steps.step("two ports behind a conventional bridge share their group, and the reason names the other one",
                   shares(one, two) and shares(two, one), [one["reasons"], two["reasons"]])
        drives = slipway.devices()
        one, two = drives["shared1"], drives["shared2"]
        steps.step("so do two drives below ports without ACS", shares(one, two) and shares(two, one), [one["reasons"], two["reasons"]])
        ports = [bridge for bridge in one["acs_path"] if bridge["acs"] != "full"]
        steps.step("and the port is named", len(ports) == 1 and ports[0]["address"].endswith("10.0"), one["acs_path"])
        r = slipway("bind", "serial=shared1")
        steps.step("bind does not take the other one along silently", r.status == 3 and two["address"] in r.stderr, r)
        r = slipway("bind", "serial=many1")
        steps.step("a drive behind a port with ACS is free to go", r.status == 0 and slipway.drivers()["many1"] == "vfio-pci", r)
        slipway("release", "serial=many1")

        machine.run("modprobe -r vfio-pci; rm /lib/modules/*/kernel/drivers/vfio/pci/vfio-pci.ko && depmod", check=True)
        status, audit = slipway.json("audit")
        steps.step("without its module vfio-pci is the first broken layer",
                   status == 1 and audit["first_broken"] == "kernel.vfio-pci", audit["first_broken"])

        machine.kernel_arguments("intel_iommu=off")
        machine.reboot()
        status, audit = slipway.json("audit")
        checks = {check["id"]: check for check in audit["checks"]}
        steps.step("with intel_iommu=off the IOMMU is the first broken layer, and the argument is named",
                   status == 1 and audit["first_broken"] == "iommu.enabled" and checks["firmware.iommu-table"]["verdict"] == "pass"
                   and "command line" in checks["iommu.enabled"]["summary"], checks["iommu.enabled"])  # fmt: skip


def with_secure_boot(steps, build):
    with lab.machine(dataclasses.replace(lab.Hardware(), firmware="uefi-secureboot")) as machine:
        machine.start()
        steps.step("a server with Secure Boot boots")
        slipway = scene.Slipway(machine, build)
        audit = slipway.json("audit")[1]
        steps.step("the audit sees that Secure Boot is on, and that it is in nobody's way",
                   audit["host"]["firmware"]["secure_boot"] == "yes" and audit["first_broken"] == "devices.set-aside",
                   [audit["host"]["firmware"], audit["first_broken"]])  # fmt: skip
        r = slipway("bind", "serial=data1")
        steps.step("vfio-pci binds there, too", r.status == 0 and slipway.drivers()["data1"] == "vfio-pci", r)
        r = slipway("release", "serial=data1")
        steps.step("and gives the drive back", r.status == 0 and slipway.drivers()["data1"] == "nvme", r)


def main(steps, build):
    without_iommu(steps, build)
    with_bad_topology(steps, build)
    with_secure_boot(steps, build)


if __name__ == "__main__":
    scene.run(main)
