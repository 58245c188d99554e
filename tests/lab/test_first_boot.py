#!/usr/bin/python3
"""
A first boot: nobody is there; a spec and a wish in the image are carried out, with one reboot, also when the power fails; and so is
what 'slipway --root' left to an image that was not running.
"""

import time

import lab
import scene

SECONDS = 1200
SPEC = """version: 1
kernel:
  iommu: on
passthrough:
  - device: class=nvme,serial=data*
    count: 3
"""
IMAGE_SPEC = "version: 1\nkernel: { iommu: on, arguments: [kvm.ignore_msrs=1] }\nmemory: { swappiness: 7 }\n"
IMAGE = lab.Drive("image0", boot=True)
SLOTS = (*lab.Hardware().drives, None)
WISH, PENDING = "/etc/slipway/first-boot", "/var/lib/slipway/first-boot.pending"
EVERY_DRIVE = {"boot0": "nvme", "data1": "nvme", "data2": "nvme", "data3": "nvme"}
SET_ASIDE = {"boot0": "nvme", "data1": "vfio-pci", "data2": "vfio-pci", "data3": "vfio-pci"}


def prepare(machine, spec):
    """As an installer would leave it: with a machine id that the first boot makes, and where nobody waits for the network."""
    machine.write("/etc/slipway/host.yaml", spec)
    machine.write(WISH, "")
    machine.run("systemctl -q mask network-online.target && : > /etc/machine-id && sync", check=True)


def is_at_work(machine):
    return machine.run("systemctl show -P ActiveState slipway-first-boot.service", check=True, timeout=60).stdout.strip() == "activating"


def ended(steps, slipway, what, state):
    """Waits until status tells of the end, through the reboots that slipway makes by itself."""
    machine, deadline, boots, now = slipway.machine, time.monotonic() + SECONDS, [], None
    while True:
        try:
            boot = machine.boot_id()
            if boot not in boots:
                boots.append(boot)
            now = slipway.json("status")[1]["first_boot"]
            # The state is written before the verify that has brought it about comes to its end.
            if now and now["state"] in ("done", "failed") and not is_at_work(machine):
                break
        except (lab.MachineError, TimeoutError):
            pass  # it is on its way down or up
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: the first boot is {now}")
        time.sleep(2)
    steps.step(f"{what}: it ends by itself, {state}", now["state"] == state, now)
    unit = machine.run("systemctl show -p ActiveState,Result slipway-first-boot.service").stdout
    left = machine.run(f"ls {WISH} {PENDING} 2>/dev/null").stdout
    steps.step(f"{what}: nothing is left that would start it again", not left, left + unit)
    return now, boots


def stays(steps, slipway, what, before):
    """One more boot is an ordinary one."""
    slipway.machine.reboot()
    now = slipway.json("status")[1]
    steps.step(f"{what}: the next boot does nothing more", now["first_boot"] == before and len(now["transactions"]) == 1, now)
    said = slipway.machine.run("journalctl -q -b -u slipway-first-boot.service").stdout
    steps.step(f"{what}: the service is not even started then", "slipway verify" not in said and "rebooting" not in said, said)


def go(steps, slipway):
    what, machine = "a spec and a wish", slipway.machine
    prepare(machine, SPEC)
    machine.reboot()
    now, boots = ended(steps, slipway, what, "done")
    steps.step(f"{what}: there was one reboot", now["rebooted"] and now["attempts"] == 1 and len(boots) <= 2, [now, boots])
    steps.step(f"{what}: the drives are set aside, and the boot disk is the host's", slipway.drivers() == SET_ASIDE, slipway.drivers())
    story = machine.run("journalctl -q -b -o cat -u slipway-first-boot.service").stdout
    steps.step(f"{what}: the journal and the console have the end", "the first boot is done" in story
               and "the first boot is done" in machine.console(), story)  # fmt: skip
    r = slipway("verify")
    steps.step(f"{what}: verify finds all in order", r.status == 0, r)
    stays(steps, slipway, what, now)
    r = slipway("--wait", "600", "rollback")  # the boot's own verify may still be ending
    steps.step(f"{what}: it can be rolled back", r.status == 0, r)


def cut_off(steps, slipway):
    what, machine = "power cut in the middle", slipway.machine
    machine.run("rm -rf /var/lib/slipway", check=True)
    prepare(machine, SPEC)
    machine.reboot()
    steps.step(f"{what}: before it every drive is the host's again", slipway.drivers() == EVERY_DRIVE, slipway.drivers())
    deadline = time.monotonic() + SECONDS
    while machine.run("pidof -x update-initramfs").status:
        if time.monotonic() > deadline:
            raise TimeoutError("update-initramfs does not run")
    machine.cut()
    machine.start()
    now, _ = ended(steps, slipway, what, "done")
    steps.step(f"{what}: it was begun twice, and rebooted once", now["attempts"] == 2 and now["rebooted"], now)
    steps.step(f"{what}: the drives are set aside, and the boot disk is the host's", slipway.drivers() == SET_ASIDE, slipway.drivers())
    r = slipway("--wait", "600", "rollback")  # the boot's own verify may still be ending
    steps.step(f"{what}: it can be rolled back", r.status == 0, r)


def fail(steps, slipway):
    what, machine = "a spec that cannot be", slipway.machine
    machine.run("rm -rf /var/lib/slipway /etc/slipway; systemctl -q unmask network-online.target", check=True)
    before = scene.fingerprint(machine)
    prepare(machine, SPEC.replace("serial=data*", "serial=*").replace("count: 3", "count: 4"))
    machine.reboot()
    now, boots = ended(steps, slipway, what, "failed")
    steps.step(f"{what}: it is refused for the boot disk's sake, with no reboot", "0000:01:00.0" in now["reason"] and not now["rebooted"]
               and len(boots) == 1, [now, boots])  # fmt: skip
    machine.run("rm -r /etc/slipway; systemctl -q unmask network-online.target", check=True)
    left = [line for line in scene.difference(before, scene.fingerprint(machine)).splitlines()
            if not any(word in line for word in ("machine-id", "/etc/slipway", " d "))]  # fmt: skip
    steps.step(f"{what}: nothing of the host has changed", not left, "\n".join(left))


def image(steps, slipway, build):
    """The disk of another server, in a slot of this one; that server starts with it for the first time."""
    what, machine, tree = "an image", slipway.machine, "/mnt"
    machine.plug(len(SLOTS), IMAGE)
    disk = f"$(echo /dev/disk/by-id/nvme-*_{IMAGE.serial})-part"
    machine.wait_for(f"test -b {disk}2", 60, "the image's disk")
    machine.run(f"mount {disk}2 {tree} && mount {disk}1 {tree}/boot/efi", check=True)
    inside = scene.Slipway(machine, build, tree)
    machine.write("/root/image.yaml", IMAGE_SPEC)
    r = inside("--root", tree, "apply", "--yes", "-f", "/root/image.yaml")
    now = inside.json("--root", tree, "status")[1]["first_boot"]
    steps.must(f"{what}: its files are written, and the commands are left to its first boot", r.status == 0 and now["state"] == "waiting", [r, now])
    machine.run(f"umount {tree}/boot/efi {tree}", check=True)
    machine.stop()
    machine.start(lab.Hardware(drives=(IMAGE, *SLOTS[1:-1])))
    now, boots = ended(steps, slipway, what, "done")
    steps.step(f"{what}: there was one reboot", now["rebooted"] and now["attempts"] == 1 and len(boots) <= 2, [now, boots])
    cmdline = machine.read("/proc/cmdline").split()
    times = [cmdline.count(argument) for argument in ("intel_iommu=on", "kvm.ignore_msrs=1")]
    steps.step(f"{what}: it runs with the arguments that were asked for, each once", times == [1, 1], cmdline)
    swappiness = machine.read("/proc/sys/vm/swappiness").strip()
    steps.step(f"{what}: and with the value of the running kernel", swappiness == "7", swappiness)
    broken = slipway.json("verify")[1]["changes_broken"]
    steps.step(f"{what}: verify finds all changes in order", broken == 0, broken)
    r = slipway("--wait", "600", "rollback")  # the boot's own verify may still be ending
    left = machine.run("grep -rl kvm.ignore_msrs /etc/default /boot/grub/grub.cfg").stdout
    steps.step(f"{what}: it can be rolled back", r.status == 0 and not left, [r, left])


def main(steps, build):
    with lab.machine(lab.Hardware(drives=SLOTS)) as machine:
        machine.start()
        steps.step("the server boots")
        slipway = scene.Slipway(machine, build)
        go(steps, slipway)
        cut_off(steps, slipway)
        fail(steps, slipway)
        image(steps, slipway, build)


if __name__ == "__main__":
    scene.run(main)
