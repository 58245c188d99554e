#!/usr/bin/python3
"""Power cuts in the middle of apply and rollback: the host boots, and the next slipway takes back what was begun."""

import time

import lab
import scene

APPLY = "slipway apply --passthrough class=nvme,serial=data2 --yes"


def hold(machine, command, condition, what):
    """Starts a command in the background and waits until it stands at the place where the plug is pulled."""
    machine.run(f"(setsid {command} > /tmp/out 2>&1 < /dev/null &)", check=True)
    machine.wait_for(condition, 300, what)
    time.sleep(0.3)


def stop_at(call, n):
    """strace stops slipway itself for good at the n-th call of that kind: a place that is the same every time."""
    return f"strace -qq -o /tmp/strace -e trace={call} -e inject={call}:signal=STOP:when={n}"


STOPPED = "grep -q 'State:.[tT]' /proc/$(pidof -s slipway)/status"
PLACES = (
    ("between two files", f"{stop_at('renameat', 10)} {APPLY}", STOPPED),
    ("in update-initramfs", APPLY, "pidof -x mkinitramfs"),
    ("in update-grub", APPLY, "pidof -x grub-mkconfig"),
    ("behind the last change, before the commit", f"{stop_at('sync', 2)} {APPLY}", STOPPED),
)


def recover(steps, slipway, before, where, verb):
    machine = slipway.machine
    machine.cut()
    machine.start()
    steps.step(f"cut {where}: the host boots, with its drives", slipway.drivers().get("boot0") == "nvme")
    status = slipway("status")
    steps.step(f"cut {where}: status reports the interruption", status.status == 1 and "interrupted" in status.stdout, status)
    r = slipway(verb, timeout=900)
    steps.step(f"cut {where}: the next slipway takes it back, and says so", "was interrupted" in r.stderr and "is undone" in r.stderr, r)
    now = scene.fingerprint(machine)
    steps.step(f"cut {where}: every file is as before", now == before, scene.difference(before, now))


def main(steps, build):
    with lab.machine() as machine:
        machine.start()
        steps.step("the server boots")
        slipway = scene.Slipway(machine, build)
        machine.run("sync", check=True)
        before = scene.fingerprint(machine)
        for where, command, condition in PLACES:
            hold(machine, command, condition, f"apply to stand {where}")
            recover(steps, slipway, before, where, "verify")
        r = slipway("apply", "--passthrough", "class=nvme,serial=data2", "--yes", timeout=900)
        steps.must("apply goes through after all that", r.status == 0, r)
        hold(machine, "slipway rollback", "pidof -x grub-mkconfig", "rollback to stand in update-grub")
        recover(steps, slipway, before, "in rollback", "verify")
        machine.reboot()
        drivers = slipway.drivers()
        steps.step("after all that every drive is the host's", set(drivers.values()) == {"nvme"}, drivers)


if __name__ == "__main__":
    scene.run(main)
