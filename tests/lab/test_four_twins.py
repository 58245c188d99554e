#!/usr/bin/python3
"""Four NVMe drives of one id, one of them the boot disk: the main job, and what tries to go wrong around it."""

import lab
import main_job
import scene

# The namespace of the drive behind 0000:03:00.0, for a shell: its name changes from boot to boot, and where the drive may have several
# controllers, as QEMU 10's may, nvme1c1n1 is a path to nvme1n1.
DATA2 = '/dev/$(cd /sys/bus/pci/devices/0000:03:00.0/nvme/nvme*/ && ls -d nvme*n1 | sed s/c[0-9]*n/n/)'


def refuse_the_boot_disk(steps, slipway, before):
    status, plan = slipway.json("plan", "--passthrough", "class=nvme")
    text = "\n".join(r["reason"] for r in plan["refusals"])
    steps.step("plan for all NVMe drives is refused with status 3", status == 3 and not plan["changes"], plan)
    steps.step("the refusal shows the chain from the device over namespace and partition to the mount point",
               "0000:01:00.0 → nvme" in text and "p2 → ext4 on /" in text and "p1 → vfat on /boot/efi" in text, text)
    r = slipway("apply", "--passthrough", "class=nvme", "--yes", "--allow", "0000:01:00.0=mount", "--allow", "0000:01:00.0=esp")
    steps.step("apply with overrides for the boot disk is refused, too", r.status == 3, r.stdout + r.stderr)
    r = slipway("bind", "serial=boot0")
    steps.step("bind of the boot disk is refused", r.status == 3, r.stdout + r.stderr)
    now = scene.fingerprint(slipway.machine)
    steps.step("nothing has changed", now == before and not slipway.transactions(), scene.difference(before, now))


def apply_twice(steps, slipway, when):
    count = "strace -f -qq -e trace=execve -e signal=none -o /tmp/strace slipway apply --yes --passthrough 'class=nvme,serial=data*'"
    r = slipway.machine.run(count, timeout=300)
    started = [line for line in slipway.machine.read("/tmp/strace").splitlines() if "execve(" in line]
    steps.step(f"a second apply {when} changes nothing and starts no process",
               r.status == 0 and "Nothing to do" in r.stdout and len(started) == 1, [r, started])
    steps.step("and leaves no transaction", len(slipway.transactions()) == 1, slipway.transactions())


def bind_and_release(steps, slipway):
    r = slipway("release", "serial=data3")
    steps.step("release gives a drive back now", r.status == 0 and slipway.drivers()["data3"] == "nvme", r)
    r = slipway("bind", "serial=data3")
    devices = slipway.devices()
    steps.step("bind takes it again, and its serial stays known", r.status == 0 and devices["data3"]["driver"] == "vfio-pci", r)
    m = slipway.machine
    r = slipway("release", "serial=data2")
    m.run(f"mkfs.ext4 -qF {DATA2}", check=True)
    r = slipway("bind", "serial=data2")
    steps.step("a drive with a file system that nobody has mounted is refused", r.status == 3 and "ext4" in r.stderr, r)
    m.run(f"mount {DATA2} /mnt", check=True)
    r = slipway("bind", "serial=data2", "--allow", "0000:03:00.0=data")
    steps.step("an override for data does not cover a mount", r.status == 3 and "/mnt" in r.stderr, r)
    m.run("umount /mnt", check=True)
    r = slipway("bind", "serial=data2", "--allow", "0000:03:00.0=data")
    steps.step("unmounted, and with the override, it is taken", r.status == 0, r)
    r = slipway("release", "serial=data2")
    m.run(f"wipefs -qa {DATA2}", check=True)
    slipway("bind", "serial=data2")


def swap_drives(steps, slipway):
    m = slipway.machine
    m.stop()
    m.start(m.hardware.with_drive(3, lab.Drive("stranger")).with_drive(4, lab.Drive("other-id", bus="nvme-intel-id")))
    drivers = slipway.drivers()
    steps.step("a twin with another serial, and a drive of another id, at the addresses of two others are left to the host",
               drivers == {"boot0": "nvme", "data1": "vfio-pci", "stranger": "nvme", "other-id": "nvme"}, drivers)
    status, audit = slipway.json("audit")
    check = next(c for c in audit["checks"] if c["id"] == "devices.identity")
    steps.step("the audit reports both", status == 1 and check["verdict"] == "fail" and "stranger" in str(check["evidence"])
               and "0000:04:00.0" in str(check["evidence"]), check)  # fmt: skip
    r = slipway("verify")
    steps.step("verify says that the host is not as planned", r.status == 1, r)
    kernel_log = m.run("dmesg | grep slipway:").stdout
    steps.step("the kernel log says why", "0000:03:00.0" in kernel_log and "stranger" in kernel_log, kernel_log)


def boot_without(steps, slipway, hardware):
    m = slipway.machine
    entry = m.run("sed -n \"s/^menuentry .*'\\(without-slipway-[^']*\\)'.*/\\1/p\" /boot/grub/grub.cfg", check=True).stdout.split()
    steps.must("the boot menu has an entry without slipway", len(entry) == 1, entry)
    m.run(["grub-reboot", entry[0]], check=True)
    m.stop()
    m.start(hardware)
    cmdline = m.read("/proc/cmdline")
    drivers = slipway.drivers()
    steps.step("that entry boots the host as it was: no argument, every drive with the host's driver",
               "slipway" not in cmdline and set(drivers.values()) == {"nvme"}, [cmdline, drivers])


def main(steps, build):
    with lab.machine() as machine:
        machine.start()
        steps.step("the server boots")
        slipway = scene.Slipway(machine, build)
        before = scene.fingerprint(machine)
        main_job.audit_before(steps, slipway)
        refuse_the_boot_disk(steps, slipway, before)
        main_job.apply(steps, slipway)
        apply_twice(steps, slipway, "before the reboot")
        main_job.verify(steps, slipway)
        apply_twice(steps, slipway, "after the reboot")
        main_job.guest(steps, slipway)
        main_job.give_back(steps, slipway)
        r = slipway("bind", "serial=data2")
        steps.step("the drive goes back to vfio-pci", r.status == 0, r)
        bind_and_release(steps, slipway)
        hardware = machine.hardware
        swap_drives(steps, slipway)
        boot_without(steps, slipway, hardware)
        main_job.roll_back(steps, slipway, before)


if __name__ == "__main__":
    scene.run(main)
