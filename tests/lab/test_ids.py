#!/usr/bin/python3
"""A boot disk of another kind beside three identical data drives: their id is exact, so vfio-pci.ids= binds them."""

import lab
import scene

DRIVES = (lab.Drive("boot0", bus="virtio", boot=True), lab.Drive("data1"), lab.Drive("data2"), lab.Drive("data3"))


def main(steps, build):
    with lab.machine(lab.Hardware(drives=DRIVES)) as machine:
        machine.start()
        steps.step("the server boots")
        slipway = scene.Slipway(machine, build)
        status, plan = slipway.json("plan", "--passthrough", "class=nvme,serial=data1")
        text = "".join(c["diff"] for c in plan["changes"])
        steps.step("one of three twins is planned by address", status == 0 and "vfio-pci.ids=1b36" not in text, text)
        machine.write("/etc/slipway/host.yaml", "version: 1\nkernel:\n  iommu: on\n  arguments: [kvm.ignore_msrs=1]\n"
                      "passthrough:\n  - device: class=nvme\n    count: 3\n")  # fmt: skip
        r = slipway("apply", "--yes")
        steps.must("the spec is applied", r.status == 0, r)
        r = slipway("apply", "--yes")
        steps.step("a second apply changes nothing", r.status == 0 and "Nothing to do" in r.stdout, r)
        machine.reboot()
        cmdline = machine.read("/proc/cmdline")
        steps.step("the three are bound by vfio-pci.ids=", cmdline.count("vfio-pci.ids=1b36:0010") == 1, cmdline)
        steps.step("the further argument of the spec is there", cmdline.count("kvm.ignore_msrs=1") == 1, cmdline)
        drivers = [d["driver"] for d in slipway.json("list", "class=nvme")[1]["devices"]]
        steps.step("all three are on vfio-pci", drivers == ["vfio-pci"] * 3, drivers)
        r = slipway("verify")
        steps.step("verify: all holds", r.status == 0, r)
        r = slipway("apply", "--yes")
        steps.step("a second apply after the reboot changes nothing", r.status == 0 and "Nothing to do" in r.stdout, r)
        machine.write("/etc/slipway/host.yaml", "version: 1\npassthrough:\n  - device: class=nvme\n    count: 2\n")
        r = slipway("plan")
        steps.step("a count that does not fit is an error", r.status == 2 and "count: 2" in r.stderr, r)


if __name__ == "__main__":
    scene.run(main)
