#!/usr/bin/python3
"""Power cuts in the middle of apply and rollback: the host boots, and the next slipway takes back what was begun."""

import time

import lab
import scene

APPLY = "slipway apply --passthrough class=nvme,serial=data2 --yes"


def hold(machine, command, condition, what):
    """Starts a command in the background and waits until it stands at the place where the plug is pulled."""
    machine.run("rm -f /tmp/strace", check=True)
    machine.run(f"(setsid {command} > /tmp/out 2>&1 < /dev/null &)", check=True)
    machine.wait_for(condition, 600, what)
    time.sleep(0.3)


def stop_at(call, n):
    """strace stops slipway itself for good at the n-th call of that kind: a place that is the same every time."""
    return f"strace -qq -o /tmp/strace -e trace={call} -e inject={call}:signal=STOP:when={n}"


# Not the process's state: that is "tracing stop" at every call which strace looks at.
STOPPED = "grep -q 'stopped by SIGSTOP' /tmp/strace"
PLACES = (
    ("between two files", f"{stop_at('renameat', 10)} {APPLY}", STOPPED),
    ("in update-initramfs", APPLY, "pidof -x mkinitramfs"),
    ("in update-grub", APPLY, "pidof -x grub-mkconfig"),
)


def cut(steps, slipway, where):
    slipway.machine.cut()
    slipway.machine.start()
    steps.step(f"cut {where}: the host boots, with its drives", slipway.drivers().get("boot0") == "nvme")
    r = slipway("status")
    steps.step(f"cut {where}: status reports the interruption", r.status == 1 and "interrupted" in r.stdout, r)


def recover(steps, slipway, before, where):
    r = slipway("verify", timeout=900)
    steps.step(f"cut {where}: the next slipway takes it back, and says so", "was interrupted" in r.stderr and "is undone" in r.stderr, r)
    now = scene.fingerprint(slipway.machine)
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
            cut(steps, slipway, where)
            if where == "in update-grub":
                # The way back is cut off, too.
                hold(machine, "slipway verify", "pidof -x grub-mkconfig", "the way back to stand in update-grub")
                cut(steps, slipway, "on the way back")
            recover(steps, slipway, before, where)
        drivers = slipway.drivers()
        steps.step("after all that every drive is the host's", set(drivers.values()) == {"nvme"}, drivers)


if __name__ == "__main__":
    scene.run(main)
