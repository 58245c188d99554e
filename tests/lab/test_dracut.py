#!/usr/bin/python3
"""The main job on a server whose initramfs dracut makes: image, early binder before udev, a drive that was exchanged, rollback."""

import lab
import main_job
import scene

BINDER = "usr/libexec/slipway/slipway-bind"
HOOK = "hooks/pre-udev/00-slipway-bind.sh"


def listing(machine):
    return machine.run("lsinitrd /boot/initrd.img-$(uname -r)", check=True, timeout=120).stdout


def look_into_the_image(steps, slipway):
    inside = listing(slipway.machine)
    steps.step("the image holds binder, hook, list and modules",
               all(name in inside for name in (BINDER, HOOK, "etc/slipway/devices.conf", "vfio-pci.ko", "vfio_iommu_type1.ko")), inside)
    r = slipway.machine.run("lsinitrd -f etc/slipway/devices.conf /boot/initrd.img-$(uname -r) | cmp - /etc/slipway/devices.conf", timeout=120)
    steps.step("and the list is the host's", r.status == 0, r.stdout + r.stderr)


def look_into_the_log(steps, slipway):
    log = slipway.machine.run("journalctl -b -o short-monotonic --no-pager _TRANSPORT=kernel + _SYSTEMD_UNIT=dracut-pre-udev.service + "
                              "SYSLOG_IDENTIFIER=systemd-udevd | grep -E 'slipway|systemd-udevd|dracut' | head -n 40").stdout  # fmt: skip
    bound = [line for line in slipway.machine.run("dmesg").stdout.splitlines() if "slipway:" in line and "bound to vfio-pci" in line]
    steps.step("the kernel log names the three drives that the binder bound", len(bound) == 3, [bound, log])


def exchange_a_drive(steps, slipway):
    m = slipway.machine
    before = m.hardware
    m.stop()
    m.start(before.with_drive(3, lab.Drive("stranger")))
    drivers = slipway.drivers()
    steps.step("a twin with another serial at the address of another drive is left to the host",
               drivers == {"boot0": "nvme", "data1": "vfio-pci", "stranger": "nvme", "data3": "vfio-pci"}, drivers)
    return before


def main(steps, build):
    with lab.machine(variant="dracut") as machine:
        machine.start()
        steps.step("the server boots")
        slipway = scene.Slipway(machine, build)
        before = scene.fingerprint(machine)
        main_job.audit_before(steps, slipway)
        status, plan = slipway.json("plan", "--passthrough", main_job.DATA)
        commands = [c["target"] for c in plan["changes"] if c["kind"] == "command"]
        steps.must("plan: dracut makes the images", status == 0 and commands[0] == "dracut --force --regenerate-all", plan)
        main_job.apply(steps, slipway)
        look_into_the_image(steps, slipway)
        main_job.verify(steps, slipway)
        look_into_the_log(steps, slipway)
        hardware = exchange_a_drive(steps, slipway)
        main_job.roll_back(steps, slipway, before, hardware)
        inside = listing(machine)
        steps.step("the image is without the binder again", BINDER not in inside and HOOK not in inside, inside)


if __name__ == "__main__":
    scene.run(main)
