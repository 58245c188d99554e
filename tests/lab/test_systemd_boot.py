#!/usr/bin/python3
"""systemd-boot with kernel-install: the main job, a new kernel in between, trials good and bad, and every byte back."""

import lab
import main_job
import scene
import test_trial

ENTRIES = "/boot/efi/loader/entries"
NEW = "6.99.0-lab"


def fingerprint(machine):
    """That of all scenes, and what systemd-boot starts from; kernels and initramfs images are copies."""
    listing = f"find {ENTRIES} /boot/efi/loader/loader.conf -type f -print0 | sort -z | xargs -0 sha256sum"
    return scene.fingerprint(machine) + machine.run(listing, timeout=120, check=True).stdout


def options(machine):
    """By the names of the entries."""
    lines = machine.run(f"grep -H ^options {ENTRIES}/*.conf", check=True).stdout.splitlines()
    return {line.split(":")[0].rsplit("/", 1)[1]: line.split(None, 1)[1] for line in lines}


def look_at_the_entries(steps, machine):
    found = options(machine)
    steps.step("every entry has the argument once", found and all(o.split().count("slipway.bind=1") == 1 for o in found.values()), found)
    line = machine.read("/etc/kernel/cmdline")
    steps.step("and the file that new entries are made with", line.split().count("slipway.bind=1") == 1, line)


def new_kernel(steps, slipway):
    machine = slipway.machine
    machine.run(f"kernel-install add {NEW} /boot/vmlinuz-$(uname -r)", check=True, timeout=120)
    entry = [o for name, o in options(machine).items() if NEW in name]
    steps.step("the entry of a new kernel has it", len(entry) == 1 and "slipway.bind=1" in entry[0], entry)
    r = slipway("verify")
    steps.step("verify: all holds", r.status == 0, r)


def roll_back(steps, slipway, before):
    machine = slipway.machine
    r = slipway("rollback")
    steps.must("rollback: everything taken back", r.status == 0, r)
    found = options(machine)
    steps.step("no entry has it, the new kernel's neither", not any("slipway" in o for o in found.values()), found)
    machine.run(f"kernel-install remove {NEW}", check=True, timeout=120)
    machine.reboot()
    now = fingerprint(machine)
    steps.step("every file is byte for byte as before", now == before, scene.difference(before, now))
    steps.step("all four drives are the host's", set(slipway.drivers().values()) == {"nvme"}, slipway.drivers())


def main(steps, build):
    with lab.machine(variant="systemd-boot") as machine:
        machine.start()
        r = machine.run("bootctl status", timeout=120)
        steps.must("the server is started by systemd-boot", "Product: systemd-boot" in r.stdout, r.stdout + r.stderr)
        slipway = scene.Slipway(machine, build)
        # The server's own words, once: update-initramfs writes the entries by kernel-install from here on.
        machine.run("update-initramfs -u && sync", check=True, timeout=300)
        before = fingerprint(machine)
        main_job.audit_before(steps, slipway)
        main_job.apply(steps, slipway)
        look_at_the_entries(steps, machine)
        main_job.verify(steps, slipway)
        new_kernel(steps, slipway)
        roll_back(steps, slipway, before)
        before = scene.fingerprint(machine)
        test_trial.suffer(steps, slipway, "kernel panic", "init=/bin/false", before)
        test_trial.good(steps, slipway)


if __name__ == "__main__":
    scene.run(main)
