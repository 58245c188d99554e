#!/usr/bin/python3
"""Other hardware: a server without IOMMU whose data drive is multipath, and one that was started with Secure Boot."""

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


def with_secure_boot(steps, build):
    with lab.machine(dataclasses.replace(lab.Hardware(), firmware="uefi-secureboot")) as machine:
        machine.start()
        steps.step("a server with Secure Boot boots")
        slipway = scene.Slipway(machine, build)
        audit = slipway.json("audit")[1]
        steps.step("the audit sees that Secure Boot is on", audit["host"]["firmware"]["secure_boot"] == "yes", audit["host"]["firmware"])
        r = slipway("bind", "serial=data1")
        steps.step("vfio-pci binds there, too", r.status == 0 and slipway.drivers()["data1"] == "vfio-pci", r)
        r = slipway("release", "serial=data1")
        steps.step("and gives the drive back", r.status == 0 and slipway.drivers()["data1"] == "nvme", r)


def main(steps, build):
    without_iommu(steps, build)
    with_secure_boot(steps, build)


if __name__ == "__main__":
    scene.run(main)
