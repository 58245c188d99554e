#!/usr/bin/python3
"""
The main job on s390x: zPCI functions are set aside by zipl and a re-IPL.

test_s390x.py --whole: then the host becomes what it was, byte for byte, by a rollback and another re-IPL. --guest: the same on an
image with libvirt and QEMU, and one of the drives goes to a guest and comes back in between.
SLIPWAY_LAB_CAPTURES=FOLDER: what slipway captures of the host before, and of the host as it was asked for, is kept there.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import image
import lab
import main_job
import scene

GUEST_LOG = "/var/log/libvirt/qemu/slipway-guest.log"
GUEST_SECONDS = 3600
# What the emulated machine has not (SIE, and so KVM), or the smaller image (QEMU, libvirt).
LACKS = {"cpu.virtualization", "kernel.kvm", "software.qemu", "software.libvirt"}
X86_WORDS = ("intel_iommu", "amd_iommu", "VT-d", "VT-x", "BIOS", "UEFI", "OVMF", "grub", "DMAR", "IVRS", "x86", "AMD-V")


class Foreign(scene.Slipway):
    """slipway as it was built for the unit tests under qemu-user, with a loader at a place that only the builder has."""

    def __init__(self, machine, build):
        super().__init__(machine, build)
        machine.run(["sh", "-c", 'mkdir -p "$(dirname "$1")" && ln -sf /lib/ld64.so.1 "$1"', "sh", loader(f"{build}/slipway")], check=True)


def loader(program):
    """What its program header of type PT_INTERP (3) names; ELF of 64 bits, the highest byte first."""
    data = open(program, "rb").read(4096)
    at, size, n = int.from_bytes(data[32:40], "big"), int.from_bytes(data[54:56], "big"), int.from_bytes(data[56:58], "big")
    for header in (data[i : i + size] for i in range(at, at + n * size, size)):
        if int.from_bytes(header[:4], "big") == 3:
            start = int.from_bytes(header[8:16], "big")
            return data[start : data.index(b"\0", start)].decode()
    raise lab.MachineError(f"{program} names no loader: it is no program for s390x")


def keep(slipway, name):
    """Captures the host into an archive that is the same whenever its files are, without two long tables; tests/hosts/roots has what this made."""
    wanted = os.environ.get("SLIPWAY_LAB_CAPTURES")
    if not wanted:
        return
    with tempfile.TemporaryDirectory() as folder:
        slipway.machine.run(f"slipway capture /root/{name}", check=True, timeout=600)
        slipway.machine.copy_out(f"/root/{name}", f"{folder}/{name}", timeout=600)
        slipway.machine.run(f"rm -r /root/{name}", check=True)
        subprocess.run(["tar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--exclude=modules.symbols.bin",
                        "--exclude=modules.order", "--use-compress-program=gzip -9n", "-cf",
                        f"{wanted}/{name}.tar.gz", "-C", folder, name], check=True)  # fmt: skip


def broken(audit):
    return set(main_job.failing(audit)) - LACKS


def remedies(audit):
    return [f"{c['id']}: {c['remedy']}" for c in audit["checks"] if c["remedy"]]


def audit_before(steps, slipway):
    status, audit = slipway.json("audit")
    checks = {c["id"]: c for c in audit["checks"]}
    steps.must("audit: not ready, because no device is set aside", status == 1 and broken(audit) == {"devices.set-aside"}, main_job.failing(audit))
    steps.step("audit: it says that SIE is missing", "sie" in checks["cpu.virtualization"]["summary"], checks["cpu.virtualization"])
    steps.step("audit: each address is a unique UID", checks["devices.zpci"]["verdict"] == "pass", checks["devices.zpci"])
    steps.step("audit: no remedy of x86", not [r for r in remedies(audit) if any(word in r for word in X86_WORDS)], remedies(audit))
    devices = slipway.devices()
    at = {serial: (d["address"], d["iommu_group"] is not None, d["verdict"]) for serial, d in devices.items()}
    steps.must("list: the drives' addresses are their UIDs, with a group each",
               at == {f"data{n}": (f"00{0x11 + n:02x}:00:00.0", True, "assignable") for n in (1, 2, 3)}, at)  # fmt: skip


def apply(steps, slipway):
    status, plan = slipway.json("plan", "--passthrough", main_job.DATA)
    commands = [c["target"] for c in plan["changes"] if c["kind"] == "command"]
    steps.must("plan: initramfs, zipl's check, zipl", status == 0 and plan["reboot_required"] and len(commands) == 3
               and commands[0].startswith("update-initramfs") and commands[1:] == ["zipl --dry-run", "zipl"], [status, commands, plan])  # fmt: skip
    r = slipway("apply", "--passthrough", main_job.DATA, "--yes", "--trial")
    steps.step("apply --trial: refused, since zipl has no entry that counts once", r.status == 4 and "zipl" in r.stderr and "libkmod" not in r.stderr, r)
    r = slipway("apply", "--passthrough", main_job.DATA, "--yes")
    steps.must("apply: zipl.conf, early binder, initramfs and boot record", r.status == 0, r.stdout + r.stderr)
    sections = slipway.machine.run("grep -c 'parameters.*slipway.bind=1' /etc/zipl.conf").stdout.strip()
    steps.step("both sections of zipl.conf have the argument", sections == "2", slipway.machine.read("/etc/zipl.conf"))
    _status, audit = slipway.json("audit")
    heals = [c["id"] for c in audit["checks"] if c["id"] in broken(audit) and "reboot" in (c["remedy"] or "")]
    steps.step("audit: what is broken wants a reboot", set(heals) == broken(audit) != set(), [heals, main_job.failing(audit)])
    r = slipway("apply", "--passthrough", main_job.DATA, "--yes")
    steps.step("a second apply changes nothing, and runs no zipl", r.status == 0 and "Nothing to do" in r.stdout, r)


def verify(steps, slipway):
    slipway.machine.reboot(image.FOREIGN_SECONDS)
    steps.step("re-IPL: from the boot record that zipl wrote")
    _status, verified = slipway.json("verify")
    _status, audit = slipway.json("audit")
    steps.must("verify: all changes hold", verified["changes_broken"] == 0 and not broken(audit), [verified, main_job.failing(audit)])
    drivers = slipway.drivers()
    steps.must("the data drives are on vfio-pci, known by their serials", drivers == {f"data{n}": "vfio-pci" for n in (1, 2, 3)}, drivers)
    log = slipway.machine.run("dmesg | grep 'slipway:.*bound to vfio-pci'").stdout
    steps.step("bound by the early binder", len(log.splitlines()) == 3, log)


def guest(steps, slipway):
    """The emulator itself starts its kernel: the disk is empty."""
    m = slipway.machine
    m.run("systemctl start libvirtd.socket virtlogd.socket && virsh uri", check=True, timeout=300)
    for profile in ("s390x", "ceph-osd"):
        r = slipway("profile", "define", profile, "--print", "--name", "shown", "--type", "qemu", "--hugepages", "off", "--network", "none",
                    "--disk", "/var/lib/libvirt/images/guest.raw", "--format", "raw")  # fmt: skip
        steps.step(f"profile {profile}: libvirt takes the definition", r.status == 0 and "s390-ccw-virtio" in r.stdout
                   and m.run("virsh define --validate /dev/stdin && virsh undefine shown", input=r.stdout, timeout=300).status == 0, r.stdout + r.stderr)  # fmt: skip
    r = slipway("profile", "define", "s390x", "--name", "guest1", "--type", "qemu", "--memory", "512M", "--vcpus", "1", "--network", "none",
                "--disk", "/var/lib/libvirt/images/guest.raw", "--format", "raw", "--console-log", GUEST_LOG)  # fmt: skip
    steps.must("profile define: a guest", r.status == 0, r.stdout + r.stderr)
    direct = "<kernel>/var/lib/libvirt/images/guest.kernel</kernel><initrd>/var/lib/libvirt/images/guest.initrd</initrd>"
    direct += "<cmdline>quiet cryptomgr.notests</cmdline></os>"
    m.run(f"virsh dumpxml guest1 | sed 's|</os>|{direct}|; /<boot dev=/d' > /root/guest1.xml && virsh define /root/guest1.xml", check=True, timeout=300)
    # All drives of this id are for guests, so vfio-pci takes them by id, before a driver could read a serial.
    r = slipway("attach", "guest1", "serial=data2")
    ways = re.findall(r"'slipway (release|bind) (\S+)'", r.stderr)
    steps.must("attach by a serial that nobody has seen in this boot is refused, and the way out is named", r.status == 3
               and [verb for verb, _address in ways] == ["release", "bind"], r.stdout + r.stderr)  # fmt: skip
    results = [slipway(*way) for way in ways]
    steps.must("that way is gone", all(r.status == 0 for r in results), results)
    r = slipway("attach", "guest1", "serial=data2")
    steps.must("attach: the drive with serial data2", r.status == 0, r.stdout + r.stderr)
    xml = m.run("virsh dumpxml guest1", check=True).stdout
    steps.step("it has zPCI numbers", "<zpci " in xml, xml)
    m.run(["virsh", "start", "guest1"], check=True, timeout=600)
    m.wait_for(f"grep -q 'slipway-guest: .*serial=data2 ' {GUEST_LOG}", GUEST_SECONDS, "the guest to print serial data2")
    log = m.read(GUEST_LOG)
    steps.must("the guest's own kernel prints serial data2, and no other", log.count("serial=") == 1, log)
    m.wait_for("virsh domstate guest1 | grep -q 'shut off'", 600, "the guest to power off")
    r = slipway("detach", "guest1", "serial=data2")
    steps.must("detach: it comes back from the guest", r.status == 0, r.stdout + r.stderr)
    r = m.run("cat /sys/class/nvme/*/serial")
    steps.step("the host sees serial data2 again", "data2" in r.stdout.split(), r.stdout + r.stderr)
    m.run(["virsh", "undefine", "guest1"], check=True)


def roll_back(steps, slipway, before):
    r = slipway("rollback")
    steps.must("rollback: everything taken back, and zipl run again", r.status == 0, r.stdout + r.stderr)
    slipway.machine.reboot(image.FOREIGN_SECONDS)
    steps.step("re-IPL: the host as it was")
    now = scene.fingerprint(slipway.machine)
    steps.step("every file of /etc and /boot is byte for byte as before", now == before, scene.difference(before, now))
    drivers = slipway.drivers()
    steps.step("all drives are the host's", drivers == {f"data{n}": "nvme" for n in (1, 2, 3)}, drivers)
    cmdline = slipway.machine.read("/proc/cmdline")
    steps.step("and nothing of slipway's is on its command line", "slipway" not in cmdline, cmdline)


def foreign_build(build):
    """Beside the other builds, where ./check has it."""
    folder = os.environ.get("SLIPWAY_BUILD_S390X") or str(pathlib.Path(build).parent / "s390x")
    if not os.path.exists(f"{folder}/slipway"):
        raise lab.MachineError(f"there is no slipway for s390x in {folder}: ./check builds one, and SLIPWAY_BUILD_S390X names another")
    return folder


def main(steps, build):
    with_guest, foreign = "--guest" in sys.argv, foreign_build(build)
    with lab.machine(variant="s390x-guests" if with_guest else "s390x") as machine:
        machine.start(timeout=image.FOREIGN_SECONDS)
        steps.step("the host starts from its own boot record")
        slipway = Foreign(machine, foreign)
        before = scene.fingerprint(machine)
        audit_before(steps, slipway)
        keep(slipway, "lab-s390x")
        apply(steps, slipway)
        verify(steps, slipway)
        keep(slipway, "lab-s390x-set-aside")
        if with_guest:
            guest(steps, slipway)
        if with_guest or "--whole" in sys.argv:
            roll_back(steps, slipway, before)


if __name__ == "__main__":
    scene.run(main)
