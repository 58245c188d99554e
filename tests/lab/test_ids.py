#!/usr/bin/python3
"""
A boot disk of another kind beside three identical data drives: their id is exact, so vfio-pci.ids= binds them. And a network card
whose virtual functions come back with the boot.
"""

import lab
import qemu
import scene

CARD = qemu.NETWORK_CARD if qemu.has_network_card() else ()
DRIVES = (lab.Drive("boot0", bus="virtio", boot=True), lab.Drive("data1"), lab.Drive("data2"), lab.Drive("data3"))


def functions(slipway):
    """The card's own, and the lines of ip(8) for those that it has made."""
    [card] = slipway.json("list", "id=8086:10c9")[1]["devices"]
    links = slipway.machine.run(f"ip link show dev $(ls /sys/bus/pci/devices/{card['address']}/net)").stdout
    return card, [line.strip() for line in links.splitlines() if line.strip().startswith("vf ")]


def are_as_wished(card, links):
    made = card["sriov"]["virtual_functions"]
    return len(made) == len(links) == 2 and "52:54:00:12:34:56" in links[0] and "vlan 100" in links[1]


def virtual_functions(steps, slipway):
    r = slipway("vfs", "id=8086:10c9", "--count", "2", "--mac", "0=52:54:00:12:34:56", "--vlan", "1=100", "--yes")
    card, links = functions(slipway)
    steps.step("a network card gets two virtual functions, with an address and a VLAN", r.status == 0 and are_as_wished(card, links), [r, card, links])


def virtual_functions_again(steps, slipway):
    card, links = functions(slipway)
    drivers = [d["driver"] for d in slipway.json("list", "id=8086:10ca")[1]["devices"]]
    steps.step("the boot has brought the virtual functions back, and no driver of the host's has taken them",
               are_as_wished(card, links) and drivers == [None, None], [card, links, drivers])
    r = slipway("vfs", "id=8086:10c9", "--count", "0", "--yes")
    card, links = functions(slipway)
    steps.step("vfs --count 0: they are gone", r.status == 0 and not links and not card["sriov"]["virtual_functions"], [r, card, links])


def by_hand(steps, slipway):
    """vfio-pci knows the id of all three: it has each again as soon as every driver is asked."""
    before = slipway.json("list", "class=nvme")[1]["devices"][0]
    address = before["address"]
    r = slipway("release", address)
    [d] = slipway.json("show", address)[1]["devices"]
    steps.step("release gives one to the host's driver, which reads what is in it",
               r.status == 0 and not before["firmware_revision"] and d["driver"] == "nvme" and d["firmware_revision"], [r, before, d])  # fmt: skip
    r = slipway("bind", address)
    [d] = slipway.json("show", address)[1]["devices"]
    steps.step("bind takes it again", r.status == 0 and d["driver"] == "vfio-pci", [r, d])


def main(steps, build):
    with lab.machine(lab.Hardware(drives=DRIVES, qemu_args=CARD)) as machine:
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
        if CARD:
            virtual_functions(steps, slipway)
        machine.reboot()
        cmdline = machine.read("/proc/cmdline")
        steps.step("the three are bound by vfio-pci.ids=", cmdline.count("vfio-pci.ids=1b36:0010") == 1, cmdline)
        steps.step("the further argument of the spec is there", cmdline.count("kvm.ignore_msrs=1") == 1, cmdline)
        drivers = [d["driver"] for d in slipway.json("list", "class=nvme")[1]["devices"]]
        steps.step("all three are on vfio-pci", drivers == ["vfio-pci"] * 3, drivers)
        r = slipway("verify")
        steps.step("verify: all holds", r.status == 0, r)
        by_hand(steps, slipway)
        if CARD:
            virtual_functions_again(steps, slipway)
        else:
            steps.skip("virtual functions of a network card after a boot", f"QEMU {qemu.emulator().version} has no igb")
        r = slipway("apply", "--yes")
        steps.step("a second apply after the reboot changes nothing", r.status == 0 and "Nothing to do" in r.stdout, r)
        machine.write("/etc/slipway/host.yaml", "version: 1\npassthrough:\n  - device: class=nvme\n    count: 2\n")
        r = slipway("plan")
        steps.step("a count that does not fit is an error", r.status == 2 and "count: 2" in r.stderr, r)


if __name__ == "__main__":
    scene.run(main)
