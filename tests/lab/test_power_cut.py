#!/usr/bin/python3
"""
Power cuts in the middle of apply and rollback: the host boots, and the next slipway takes back what was begun. Some at chosen
places, then some at random moments: SLIPWAY_LAB_CUTS says how many (2; each takes three to four minutes), SLIPWAY_LAB_SEED
repeats those of an earlier run, whose seed it has printed.
"""

import os
import random
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


class RandomCuts:
    """apply and rollback in turn, each cut off somewhere between its first moment and its last."""

    def __init__(self, steps, slipway, before):
        self.steps, self.slipway, self.machine, self.before = steps, slipway, slipway.machine, before
        seed = os.environ.get("SLIPWAY_LAB_SEED") or str(random.SystemRandom().randrange(1000000))
        self.cuts = int(os.environ.get("SLIPWAY_LAB_CUTS", "2"))
        print(f"# {self.cuts} cuts at random, SLIPWAY_LAB_SEED={seed}", flush=True)
        self.random = random.Random(seed)
        self.seconds, self.stood, self.wants_boot = {}, {"before": 0, "after": 0}, False

    def whole(self, verb):
        """Once to its end: how long it takes."""
        began = time.monotonic()
        r = self.machine.run(self.command(verb), timeout=900)
        self.seconds[verb] = time.monotonic() - began
        self.steps.must(f"{verb}, whole", r.status == 0, r.stdout + r.stderr)
        self.machine.run("sync", check=True)

    def command(self, verb):
        return APPLY if verb == "apply" else "slipway rollback"

    def cut(self, verb, n):
        moment = self.random.uniform(0, self.seconds[verb] * 1.05)
        name = f"cut {n} of {self.cuts}, {moment:.1f} s into {verb}"
        began = time.monotonic()
        self.machine.run(f"(setsid {self.command(verb)} > /tmp/out 2>&1 < /dev/null &)", check=True)
        time.sleep(max(0, moment - (time.monotonic() - began)))
        self.machine.cut()
        self.machine.start()
        self.steps.step(f"{name}: the host boots, with its own disk", self.slipway.drivers().get("boot0") == "nvme")
        self.look(name)

    def look(self, name):
        """After the next start of slipway every file is as before, or as it was to be, and the journal says which."""
        r = self.slipway("rollback", "999999", timeout=900)
        last = self.slipway.transactions()[-1]["state"]
        now = scene.fingerprint(self.machine)
        stands = "after" if last == "applied" else "before"
        self.stood[stands] += 1
        wanted = self.after if stands == "after" else self.before
        self.steps.step(f"{name}: transaction {last}, every file as {stands}", last in ("applied", "undone") and now == wanted,
                        scene.difference(wanted, now))
        # A boot in the middle of a rollback has bound what the next one will not.
        self.wants_boot = "reboot for the host to be as it was" in r.stderr
        drivers = self.slipway.drivers()
        if stands == "before" and not self.wants_boot:
            self.steps.step(f"{name}: every drive is the host's", set(drivers.values()) == {"nvme"}, drivers)
        r = self.machine.run("dmesg | grep -E 'EXT4-fs (error|warning)'")
        self.steps.step(f"{name}: the file system is whole", r.status == 1, r.stdout + r.stderr)

    def run(self):
        self.whole("apply")
        self.after = scene.fingerprint(self.machine)
        self.whole("rollback")
        stands = False
        for n in range(1, self.cuts + 1):
            # Every other one is of a rollback, for which something must stand.
            verb = "apply" if n % 2 else "rollback"
            if stands != (verb == "rollback"):
                self.whole("apply" if verb == "rollback" else "rollback")
            self.cut(verb, n)
            stands = self.slipway.transactions()[-1]["state"] == "applied"
        print(f"# of {self.cuts} cuts at random {self.stood['before']} ended as before, {self.stood['after']} as it was to be", flush=True)
        if stands:
            self.whole("rollback")
        if stands or self.wants_boot:
            self.machine.reboot()


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
        RandomCuts(steps, slipway, before).run()
        drivers = slipway.drivers()
        steps.step("after all that every drive is the host's", set(drivers.values()) == {"nvme"}, drivers)


if __name__ == "__main__":
    scene.run(main)
