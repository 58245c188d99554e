#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every profile on a real libvirt and QEMU: defined, compared with what libvirt keeps, started, taken back. Prints TAP.

The daemon is a private one (private_libvirt.py), and guests are emulated: it needs root, and neither KVM nor the lab."""

import contextlib
import glob
import json
import os
import pathlib
import re
import shutil
import struct
import time
import xml.etree.ElementTree as ET

import private_libvirt
import tap
from private_libvirt import must, run, virsh
from tap import HERE, Skip, slipway, test

LACKS = private_libvirt.missing()
if not LACKS:
    private_libvirt.enter(("x86_64", "s390x"))

IMAGES = pathlib.Path("/var/tmp") / f"slipway-guests-{os.getpid()}"  # cache=none wants a file system that is on a disk
GREETING = "hello from an unsigned program"
COMMON = ("--type", "qemu", "--memory", "256M", "--hugepages", "off", "--bridge", "br0")
PROFILES = {
    "uefi": ("--vcpus", "1"), "uefi-secure": ("--vcpus", "1"), "bios": ("--vcpus", "1"), "gpu": ("--vcpus", "2", "--graphics", "vnc"),
    "hotplug": ("--vcpus", "1"), "ceph-osd": ("--vcpus", "1", "--numa-node", "0"),
}  # fmt: skip
ON_CONSOLE = ("uefi", "uefi-secure", "bios")
# On a mainframe; its processors are another machine's, and all else is this one's.
MAINFRAME = HERE / "hosts/cpuinfo/s390-lpar-drawer.cpuinfo"
PROFILES_S390X = {"s390x": ("--vcpus", "1"), "ceph-osd": ("--vcpus", "1", "--numa-node", "0"), "hotplug": ("--vcpus", "2")}
# What libvirt adds by itself: addresses, names of its own, what a PC has in any case.
ADDED = {"uuid", "currentMemory", "address", "mac", "input", "audio", "alias", "pm", "controller", "hub", "seclabel", "resource", "target",
         "model", "topology", "timer", "suspend-to-mem", "suspend-to-disk", "driver", "source", "protocol", "log", "listen", "backend",
         "acceleration"}  # fmt: skip
ADDED_ON_S390X = {"panic"}


def efi_program(text):
    """A whole PE32+ program for UEFI that says `text` and ends: SystemTable->ConOut->OutputString(ConOut, text)."""
    code = bytes.fromhex("4883ec28 488b4a40 488d1500000000 ff5108 4883c428 31c0 c3")
    message = (text + "\r\n\0").encode("utf-16-le")
    code = code[:11] + struct.pack("<i", len(code) - 15) + code[15:] + message
    section = code.ljust(0x400, b"\0")
    dos = b"MZ".ljust(0x3c, b"\0") + struct.pack("<I", 0x40)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 0xf0, 0x22)
    optional = struct.pack("<HBBIIIII", 0x20b, 1, 0, len(section), 0, 0, 0x1000, 0x1000)
    optional += struct.pack("<QIIHHHHHHIIIIHH", 0x400000, 0x1000, 0x200, 0, 0, 0, 0, 0, 0, 0, 0x2000, 0x200, 0, 10, 0)
    optional += struct.pack("<QQQQII", 0x10000, 0x10000, 0x10000, 0x10000, 0, 16) + bytes(128)
    header = struct.pack("<8sIIIIIIHHI", b".text", len(code), 0x1000, len(section), 0x200, 0, 0, 0, 0, 0x60000020)
    return (dos + coff + optional + header).ljust(0x200, b"\0") + section


def disk_of(name):
    return str(IMAGES / f"{name}.raw")


def make_disks():
    """For each guest a disk with one file, which firmware starts where nothing else is said: not signed by anybody."""
    IMAGES.mkdir()
    program, disk = IMAGES / "program.efi", IMAGES / "disk.raw"
    program.write_bytes(efi_program(GREETING))
    with open(disk, "wb") as f:
        f.truncate(4 << 20)
    must("mkfs.vfat", str(disk))
    must("mmd", "-i", str(disk), "::/EFI", "::/EFI/BOOT")
    must("mcopy", "-i", str(disk), str(program), "::/EFI/BOOT/BOOTX64.EFI")
    for name in PROFILES:
        shutil.copy(disk, disk_of(name))


def console_log(name):
    return f"/var/log/libvirt/qemu/{name}-console.log"


def console(name):
    try:
        with open(console_log(name), encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def wait_for(name, what, seconds=600):
    deadline = time.monotonic() + seconds
    while not re.search(what, console(name)):
        assert time.monotonic() < deadline, f"{name} does not say '{what}': {console(name)[-1500:]!r}"
        time.sleep(0.2)


def transaction_of(name):
    """The number of the transaction that defined the guest, and the XML that slipway asked for."""
    for path in sorted(glob.glob("/var/lib/slipway/**/*.after", recursive=True)):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if f"<name>{name}</name>" in text:
            return int(re.search(r"/(\d+)/[^/]*$", path)[1]), text
    raise AssertionError(f"{name} is in no journal")


def mib(element):
    units = {"KiB": 1, "MiB": 1024, "GiB": 1 << 20}
    return int(element.text or element.get("memory") or element.get("size")) * units[element.get("unit", "KiB")]


def attributes(element):
    return {k: v for k, v in element.attrib.items() if not (element.get("unit") and k in ("unit", "memory", "size"))}


def same(asked, kept):
    """Is everything that was asked for in what is kept? Sizes may be in another unit."""
    if asked.tag != kept.tag or any(kept.get(k) != v for k, v in attributes(asked).items()):
        return False
    if asked.get("unit"):
        if mib(asked) != mib(kept):
            return False
    elif (asked.text or "").strip() != (kept.text or "").strip() and (asked.text or "").strip():
        return False
    return not lost(asked, kept)


def lost(asked, kept):
    """The elements below that libvirt did not keep, in words."""
    left, missing = list(kept), []
    for child in asked:
        found = next((k for k in left if same(child, k)), None)
        if found is None:
            missing.append(ET.tostring(child, encoding="unicode").strip())
        else:
            left.remove(found)
    return missing


def added(asked, kept):
    names = {e.tag for e in kept.iter()} - {e.tag for e in asked.iter()}
    return names - ADDED


def files_of(name, uuid):
    return glob.glob(f"/var/lib/libvirt/qemu/nvram/{name}_*") + glob.glob(f"/var/lib/libvirt/swtpm/{uuid}/*")


@test
def every_profile_is_defined_as_it_was_asked_for():
    for name, options in PROFILES.items():
        r = slipway("profile", "define", name, "--name", name, *COMMON, *options, "--disk", disk_of(name), "--console-log", console_log(name), status=0)
        assert not r.err and f"guest {name} is defined".encode() in r.out, r.err
        asked, kept = (ET.fromstring(t) for t in (transaction_of(name)[1], virsh("dumpxml", "--inactive", "--security-info", name).stdout))
        missing = lost(asked, kept)
        assert not missing, f"{name}: libvirt lost {missing} in {ET.tostring(kept, encoding='unicode')}"
        assert not added(asked, kept), f"{name}: libvirt added {added(asked, kept)}"
        assert asked.find("os/type").get("machine").startswith("pc-q35-"), "the version of the machine is named"


@test
def the_comparison_sees_what_is_lost():
    asked = ET.fromstring("<d><memory unit='MiB'>2</memory><devices><disk type='file'><target dev='vda'/></disk></devices></d>")
    good = "<d><x/><memory unit='KiB'>2048</memory><devices><disk type='file'><a/><target dev='vda' y='1'/></disk></devices></d>"
    assert not lost(asked, ET.fromstring(good))
    for a, b in (("2048", "2049"), ("'file'", "'block'"), ("vda", "vdb"), ("<target", "<tar"), ("disk", "disc")):
        assert lost(asked, ET.fromstring(good.replace(a, b))), (a, b)


def entry(name, profile, *options):
    """A guest of the spec with the options of the command line."""
    words = dict(zip((o[2:] for o in options[::2]), options[1::2]))
    return json.dumps({"name": name, "profile": profile, **{k: int(v) if v.isdigit() else v for k, v in words.items()}})


def plan(verb, *entries):
    pathlib.Path("/run/host.yaml").write_text("version: 1\nguests:\n" + "".join(f"  - {e}\n" for e in entries), encoding="utf-8")
    answer = slipway("--json", verb, "-f", "/run/host.yaml", *(["--yes"] if verb == "apply" else []), status=0).json()
    return answer["guests"], [c["kind"] for c in answer["changes"]]


@test
def the_spec_knows_every_guest_again_and_defines_the_one_that_is_missing():
    entries = [entry(name, name, *COMMON, *options, "--disk", disk_of(name), "--console-log", console_log(name)) for name, options in PROFILES.items()]
    guests, changes = plan("plan", *entries)
    assert not changes and {g["standing"] for g in guests} == {"as-wished"}, guests
    late = entry("late", "uefi", *COMMON, "--vcpus", "2", "--autostart", "on")
    guests, changes = plan("apply", late)
    assert (guests[0]["standing"], changes) == ("defined", ["domain"]), guests
    guests, changes = plan("apply", late)
    assert (guests[0]["standing"], changes) == ("as-wished", []), guests
    guests, changes = plan("apply", entry("late", "bios", *COMMON, "--vcpus", "3", "--machine", "pc-q35-5.2"))
    assert {d["what"] for d in guests[0]["differences"]} == {"firmware", "vcpus", "machine", "autostart"} and not changes, guests
    slipway("rollback", transaction_of("late")[0], status=0)
    assert virsh("dominfo", "late", check=False).returncode != 0 and not glob.glob("/etc/libvirt/qemu/autostart/*")


@test
def every_profile_starts_and_the_firmware_speaks_on_the_console():
    for name in PROFILES:
        virsh("start", name)
        assert virsh("domstate", name).stdout.strip() == "running", name
        if name not in ON_CONSOLE:
            virsh("suspend", name)  # an emulated guest takes a whole CPU for as long as its firmware looks for a system
    wait_for("bios", "SeaBIOS")
    virsh("suspend", "bios")
    wait_for("uefi", GREETING)
    virsh("suspend", "uefi")


@test
def secure_boot_refuses_what_nobody_has_signed():
    wait_for("uefi-secure", "Access Denied|Security Violation")
    virsh("suspend", "uefi-secure")
    assert GREETING not in console("uefi-secure")
    assert "Access Denied" not in console("uefi")
    assert glob.glob("/var/lib/libvirt/swtpm/*/tpm2/*"), "the TPM has a state"


@test
def the_hotplug_guest_grows():
    virsh("setvcpus", "hotplug", "3", "--live")
    pathlib.Path("/run/dimm.xml").write_text("<memory model='dimm'><target><size unit='MiB'>256</size><node>0</node></target></memory>", encoding="utf-8")
    virsh("attach-device", "hotplug", "/run/dimm.xml", "--live")
    live = ET.fromstring(virsh("dumpxml", "hotplug").stdout)
    assert live.find("vcpu").get("current") == "3" and live.find("vcpu").text == "4", ET.tostring(live.find("vcpu"))
    assert live.find("devices/memory") is not None


@test
def the_ceph_guest_is_on_its_node_and_its_emulator_apart():
    live = ET.fromstring(virsh("dumpxml", "ceph-osd").stdout)
    assert live.find("numatune/memory").attrib == {"mode": "strict", "nodeset": "0"}
    pid = pathlib.Path("/run/libvirt/qemu/ceph-osd.pid").read_text(encoding="utf-8").strip()
    allowed = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        status = pathlib.Path(f"/proc/{pid}/task/{task}/status").read_text(encoding="utf-8")
        allowed[re.search(r"Name:\s*(.*)", status)[1]] = re.search(r"Cpus_allowed_list:\s*(.*)", status)[1]
    pin = live.find("cputune/emulatorpin").get("cpuset")
    assert allowed["qemu-system-x86"] == pin, allowed
    assert next(v for k, v in allowed.items() if k.startswith("IO iothread1")) == pin, allowed
    return f"virtual CPUs on {live.find('vcpu').get('cpuset')}, QEMU on {pin}"


@test
def a_running_guest_is_not_undefined_and_a_stopped_one_goes_with_all_it_has():
    for name in ("uefi-secure", "uefi"):
        number = transaction_of(name)[0]
        uuid = virsh("domuuid", name).stdout.strip()
        r = slipway("rollback", number)
        assert r.status in (4, 5) and b"runs" in r.err and virsh("domstate", name).stdout.strip() == "paused", (r.status, r.err)
        assert files_of(name, uuid)
        virsh("destroy", name)
        slipway("rollback", number, status=0)
        assert virsh("dominfo", name, check=False).returncode != 0 and not files_of(name, uuid), files_of(name, uuid)


@test
def a_guest_of_the_users_own_profile_takes_volumes_macvtap_and_starts_with_the_host():
    virsh("pool-define-as", "images", "dir", "--target", str(IMAGES))
    virsh("pool-start", "images")
    virsh("vol-create-as", "images", "mine.qcow2", "16M", "--format", "qcow2")
    os.makedirs("/etc/slipway/profiles", exist_ok=True)
    pathlib.Path("/etc/slipway/profiles/mine.yaml").write_text("profile: uefi\nmemory: 300M\nautostart: on\ntype: qemu\nmacvtap: out0\n", encoding="utf-8")
    r = slipway("profile", "define", "mine", "--name", "own", "--disk", "images/mine.qcow2", "--explain", status=0)
    assert b"/usr/share/qemu/firmware/" in r.out and b"cache=none io=native" in r.out, r.out
    kept = ET.fromstring(virsh("dumpxml", "--inactive", "own").stdout)
    assert not lost(ET.fromstring(transaction_of("own")[1]), kept)
    assert mib(kept.find("memory")) == 300 * 1024 and kept.find("devices/disk/driver").get("type") == "qcow2"
    assert re.search(r"Autostart:\s*enable", virsh("dominfo", "own").stdout)
    slipway("rollback", transaction_of("own")[0], status=0)
    assert not glob.glob("/etc/libvirt/qemu/autostart/*")


@test
def what_libvirt_does_not_offer_is_refused_by_name_and_nothing_is_defined():
    before = virsh("list", "--all", "--name").stdout
    rows = [(("--machine", "pc-q35-99.0"), "pc-q35-99.0"), (("--disk", "images/gone"), "gone"), (("--hugepages", "1G", "--memory", "4T"), "hugepages 1G")]
    rows += [(("--tpm", "2.0"), "no TPM in software here"), (("--type", "kvm"), "--type qemu emulates")]
    must("mount", "--bind", "/dev/null", "/usr/bin/swtpm")
    try:
        for options, word in rows:
            r = slipway("profile", "define", "uefi", "--name", "no", "--network", "none", *(() if "--type" in options else ("--type", "qemu")), *options, status=(3, 4))
            assert word.encode() in r.err and not r.out, (options, r.err)
    finally:
        must("umount", "/usr/bin/swtpm")
    assert virsh("list", "--all", "--name").stdout == before


@test
def the_audit_knows_qemus_machines_by_libvirts_cache():
    m = slipway("--json", "audit", status=(0, 1)).json()["host"]["migration"]
    assert "pc-q35-7.2" in m["machines"] and m["machines"] == sorted(set(m["machines"])) and re.fullmatch(r"7\.2\.\d+", m["qemu_version"]), m
    assert m["libvirt_version"] == virsh("--version").stdout.strip(), m


@contextlib.contextmanager
def on_s390x():
    must("mount", "--bind", str(MAINFRAME), "/proc/cpuinfo")
    try:
        yield
    finally:
        must("umount", "/proc/cpuinfo")


@test
def every_profile_of_s390x_is_defined_as_it_was_asked_for_and_its_firmware_speaks_on_the_console():
    if not os.path.exists("/usr/bin/qemu-system-s390x"):
        raise Skip("there is no qemu-system-s390x here")
    for profile, options in PROFILES_S390X.items():
        name = f"z-{profile}"
        with open(disk_of(name), "wb") as f:
            f.truncate(4 << 20)
        with on_s390x():
            r = slipway("profile", "define", profile, "--name", name, *COMMON, *options, "--disk", disk_of(name), "--console-log", console_log(name), status=0)
        assert not r.err and f"guest {name} is defined".encode() in r.out, r.err
        asked, kept = (ET.fromstring(t) for t in (transaction_of(name)[1], virsh("dumpxml", "--inactive", "--security-info", name).stdout))
        assert asked.find("os/type").get("arch") == "s390x" and asked.find("os/type").get("machine").startswith("s390-ccw-virtio-")
        missing = lost(asked, kept)
        assert not missing, f"{name}: libvirt lost {missing} in {ET.tostring(kept, encoding='unicode')}"
        assert not added(asked, kept) - ADDED_ON_S390X, f"{name}: libvirt added {added(asked, kept)}"
        virsh("start", name)
        # The disk is empty, so that is also the end of it.
        wait_for(name, "LOADPARM=.*(?s:.*)No zIPL section")


def main():
    if LACKS:
        print(f"1..0 # SKIP {LACKS}")
        return
    must("ip", "link", "add", "br0", "type", "bridge")
    must("ip", "link", "set", "br0", "up")
    with private_libvirt.libvirtd():
        try:
            make_disks()
            tap.main()
        finally:
            for name in virsh("list", "--name").stdout.split():
                run("virsh", "--connect", "qemu:///system", "destroy", name)
            shutil.rmtree(IMAGES, ignore_errors=True)


if __name__ == "__main__":
    main()
