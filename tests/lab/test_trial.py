#!/usr/bin/python3
"""Trial boots: a good one is committed; one that panics, loses its root disk, hangs, loses its network or its power comes back."""

import time

import lab
import scene

SECONDS = 900
LOADING = "Loading initial ramdisk"  # GRUB's word when it has chosen, and forgotten the choice

# What the trial is made to suffer from, each by a kernel argument of its own.
TAKE_ROOT = """#!/bin/sh
[ "$1" != prereqs ] || exit 0
read -r line < /proc/cmdline
case "$line" in
*lab.take_root*) ;;
*) exit 0 ;;
esac
for device in /sys/bus/pci/devices/*; do
	read -r class < $device/class
	[ "$class" != 0x010802 ] || echo vfio-pci > $device/driver_override
done
"""
HANG = """[Unit]
ConditionKernelCommandLine=lab.hang
Before=slipway-boot.service
[Service]
Type=oneshot
ExecStart=/usr/bin/sleep infinity
[Install]
WantedBy=multi-user.target
"""


def prepare(machine):
    machine.write("/etc/initramfs-tools/scripts/init-top/lab", TAKE_ROOT)
    machine.write("/etc/systemd/system/lab-hang.service", HANG)
    machine.write("/etc/systemd/system/systemd-networkd.service.d/lab.conf", "[Unit]\nConditionKernelCommandLine=!lab.lose_network\n")
    machine.run("chmod +x /etc/initramfs-tools/scripts/init-top/lab && systemctl -q enable lab-hang.service && "
                "update-initramfs -u && sync", check=True, timeout=300)  # fmt: skip


def arm(steps, slipway, what, *words):
    r = slipway("apply", "--trial", "--yes", *words)
    steps.must(f"{what}: the trial is armed", r.status == 0, r)
    return slipway.machine.boot_id()


def ended(slipway, state):
    """Waits until the trial is judged."""
    deadline = time.monotonic() + SECONDS
    while (now := slipway.json("status")[1]["last"]) != state:
        if time.monotonic() > deadline or now in {"applied", "undone"}:
            raise TimeoutError(f"the trial is '{now}' and not '{state}'")
        time.sleep(2)


def came_back(steps, slipway, what, boot, before):
    """The host is as it was, by itself."""
    machine = slipway.machine
    while True:
        machine.wait_for_reboot(boot, SECONDS)
        boot = machine.boot_id()
        if "slipway.trial" not in machine.read("/proc/cmdline"):
            break
    steps.step(f"{what}: the host comes up by its old entry")
    ended(slipway, "undone")
    last = slipway.transactions()[-1]
    steps.step(f"{what}: it is taken back, and status says why", last["state"] == "undone" and last["failure"], last)
    now = scene.fingerprint(machine)
    steps.step(f"{what}: every file is as before", now == before, scene.difference(before, now))
    return last["failure"] or ""


def suffer(steps, slipway, what, argument, before):
    boot = arm(steps, slipway, what, "--kernel-arg", argument)
    slipway.machine.run("systemctl reboot --no-block", check=True)
    return came_back(steps, slipway, what, boot, before)


def cut(steps, slipway, before):
    what, machine = "power cut", slipway.machine
    boot = arm(steps, slipway, what, "--kernel-arg", "lab.cut")
    seen = machine.console().count(LOADING)
    machine.run("systemctl reboot --no-block", check=True)
    deadline = time.monotonic() + SECONDS
    while machine.console().count(LOADING) == seen:
        if time.monotonic() > deadline:
            raise TimeoutError("the trial's kernel does not start")
        time.sleep(0.2)
    time.sleep(4)
    machine.cut()
    machine.start()
    came_back(steps, slipway, what, boot, before)


def good(steps, slipway):
    machine, what = slipway.machine, "a good one"
    boot = arm(steps, slipway, what, "--passthrough", "class=nvme,serial=data*", "--health", "/usr/bin/true")
    machine.run("systemctl reboot --no-block", check=True)
    machine.wait_for_reboot(boot, SECONDS)
    ended(slipway, "applied")
    steps.step(f"{what}: it is committed", "slipway.trial=1" in machine.read("/proc/cmdline"), machine.read("/proc/cmdline"))
    machine.reboot()
    line = machine.read("/proc/cmdline")
    steps.step(f"{what}: the next boot has its arguments, and nothing of the trial", "slipway.bind=1" in line and "trial" not in line
               and "panic=" not in line, line)  # fmt: skip
    drivers = slipway.drivers()
    steps.step(f"{what}: the drives are set aside, and the boot disk is the host's",
               drivers == {"boot0": "nvme", "data1": "vfio-pci", "data2": "vfio-pci", "data3": "vfio-pci"}, drivers)
    r = slipway("verify")
    steps.step(f"{what}: verify finds all in order", r.status == 0, r)


def main(steps, build):
    with lab.machine() as machine:
        machine.start()
        steps.step("the server boots")
        slipway = scene.Slipway(machine, build)
        prepare(machine)
        before = scene.fingerprint(machine)
        suffer(steps, slipway, "kernel panic", "init=/bin/false", before)
        suffer(steps, slipway, "root disk taken", "lab.take_root", before)
        # Ten minutes are for servers of which nobody waits for the end.
        guard = "/etc/systemd/system/slipway-guard.service.d/lab.conf"
        machine.write(guard, "[Service]\nRuntimeMaxSec=60\n")
        suffer(steps, slipway, "a boot that hangs", "lab.hang", scene.fingerprint(machine))
        machine.run(f"rm -r {guard} {guard.rsplit('/', 1)[0]}", check=True)
        why = suffer(steps, slipway, "network lost", "lab.lose_network", before)
        steps.step("network lost: the reason names the port's address", "address is missing" in why, why)
        cut(steps, slipway, before)
        good(steps, slipway)


if __name__ == "__main__":
    scene.run(main)
