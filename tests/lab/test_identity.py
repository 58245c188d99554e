#!/usr/bin/python3
"""Devices that are not where they were: an added card renumbers the buses, a drive is swapped, two twins change places."""

import dataclasses

import lab
import main_job
import scene

# Place 2 is empty: it takes the added card.
DRIVES = (lab.Drive("boot0", boot=True), None, lab.Drive("data1"), lab.Drive("data2"), lab.Drive("data3"))
DATA = ("data1", "data2", "data3")

# A card with a PCIe switch, and behind it a drive of the same id as all others: three more buses before those of the data drives.
CARD = """
    -device x3130-upstream,id=up,bus=rp2 -device xio3130-downstream,id=down,bus=up,chassis=30,slot=30
    -blockdev null-co,node-name=added,size=1073741824,read-zeroes=on -device nvme,serial=added,drive=added,bus=down
""".split()


def start(slipway, hardware):
    slipway.machine.stop()
    slipway.machine.start(hardware)
    return slipway.devices()


def drivers(devices):
    return {serial: d["driver"] for serial, d in devices.items()}


def addresses(devices):
    return {serial: devices[serial]["address"] for serial in DATA if serial in devices}


def audit(slipway):
    """The audit's status, and its word on identity."""
    status, document = slipway.json("audit")
    return status, next(check for check in document["checks"] if check["id"] == "devices.identity")


def said(slipway):
    return slipway.machine.run("dmesg | grep slipway:").stdout


def set_aside(steps, slipway):
    r = slipway("apply", "--passthrough", main_job.DATA, "--yes")
    steps.must("three of four twins are set aside, by address", r.status == 0, r)
    slipway.machine.reboot()
    devices = slipway.devices()
    steps.must("and bound by the next boot", drivers(devices) == {"boot0": "nvme", **dict.fromkeys(DATA, "vfio-pci")}, devices)
    r = slipway("verify")
    steps.must("verify: ready", r.status == 0, r)
    return addresses(devices)


def check_found_again(steps, slipway, before, now):
    text, (status, check) = said(slipway), audit(slipway)
    pairs = [f"{before[serial]}: found again at {now[serial]}, and bound to vfio-pci" for serial in DATA]
    steps.step("the kernel log tells each device's old and new address", all(pair in text for pair in pairs), [pairs, text])
    pairs = [f"{before[serial]} was found again at {now[serial]}" for serial in DATA]
    steps.step("so does the audit, as a warning on a host that is ready",
               status == 0 and check["verdict"] == "warn" and all(pair in str(check["evidence"]) for pair in pairs), check)  # fmt: skip
    r = slipway("verify")
    steps.step("verify: ready", r.status == 0, r)


def add_card(steps, slipway, before):
    devices = start(slipway, dataclasses.replace(slipway.machine.hardware, qemu_args=tuple(CARD)))
    now = addresses(devices)
    steps.must("an added card gives other numbers to the buses of all three, and one of them another's address",
               all(now[serial] != before[serial] for serial in DATA) and set(now.values()) & set(before.values()), [before, now])  # fmt: skip
    steps.must("each is found again and bound; the card's own drive and the boot disk are left alone",
               drivers(devices) == {"boot0": "nvme", "added": "nvme", **dict.fromkeys(DATA, "vfio-pci")}, devices)  # fmt: skip
    check_found_again(steps, slipway, before, now)
    status, plan = slipway.json("plan", "--passthrough", main_job.DATA)
    text = "".join(change["diff"] for change in plan["changes"])
    steps.step("the next plan writes the new addresses down",
               status == 0 and all(f"+{now[serial]} bind=address" in text for serial in DATA), text)  # fmt: skip
    r = slipway("apply", "--passthrough", main_job.DATA, "--yes")
    steps.must("apply does it", r.status == 0, r)
    status, check = audit(slipway)
    steps.step("after which every device is where it was meant", check["verdict"] == "pass", check)
    return now


def take_card(steps, slipway, before):
    devices = start(slipway, dataclasses.replace(slipway.machine.hardware, qemu_args=()))
    now = addresses(devices)
    steps.step("without the card all are found again at their first addresses",
               drivers(devices) == {"boot0": "nvme", **dict.fromkeys(DATA, "vfio-pci")}, devices)  # fmt: skip
    check_found_again(steps, slipway, before, now)


def swap_one(steps, slipway, hardware):
    devices = start(slipway, hardware.with_drive(3, lab.Drive("stranger")))
    steps.step("another drive in the place of one is left to the host, and the others are bound",
               drivers(devices) == {"boot0": "nvme", "stranger": "nvme", "data2": "vfio-pci", "data3": "vfio-pci"}, devices)  # fmt: skip
    status, check = audit(slipway)
    steps.step("the audit says so", status == 1 and check["verdict"] == "fail", check)
    text = said(slipway)
    steps.step("the kernel log names both serials", "serial: recorded data1, found stranger" in text, text)
    r = slipway("verify")
    steps.step("verify: not as planned", r.status == 1, r)


def exchange_two(steps, slipway, hardware):
    devices = start(slipway, hardware.with_drive(3, lab.Drive("data2")).with_drive(4, lab.Drive("data1")))
    steps.step("two drives that changed places are both left to the host",
               drivers(devices) == {"boot0": "nvme", "data1": "nvme", "data2": "nvme", "data3": "vfio-pci"}, devices)  # fmt: skip
    status, check = audit(slipway)
    now = addresses(devices)
    steps.step("the audit says where each of them is now",
               status == 1 and check["verdict"] == "fail" and {now["data1"], now["data2"]} <= {e["path"] for e in check["evidence"]}, check)  # fmt: skip
    devices = start(slipway, hardware)
    steps.step("put back, they are bound again", drivers(devices) == {"boot0": "nvme", **dict.fromkeys(DATA, "vfio-pci")}, devices)


def main(steps, build):
    with lab.machine(lab.Hardware(drives=DRIVES)) as machine:
        machine.start()
        steps.step("the server boots")
        slipway = scene.Slipway(machine, build)
        hardware = machine.hardware
        before = set_aside(steps, slipway)
        now = add_card(steps, slipway, before)
        take_card(steps, slipway, now)
        swap_one(steps, slipway, hardware)
        exchange_two(steps, slipway, hardware)


if __name__ == "__main__":
    scene.run(main)
