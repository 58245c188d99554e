#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of virt-install that a profile prints, given to the real virt-install: the guest it would make is ours. Prints TAP.

virt-install gets libvirt's test driver with the capabilities of a host that has KVM, and prints its XML (virt-install --print-xml --dry-run)."""

import os
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ET

import tap
from tap import Folder, Skip, main, slipway, test
from test_profiles import Rack, drives
from test_schema import valid

tap.tests.clear()  # those of the files that this borrows from have runs of their own

CAPABILITIES = """<capabilities><host><uuid>0b6e1c5c-2b44-4d1c-9d0b-3c7c6a3f5a10</uuid><cpu><arch>x86_64</arch><model>EPYC</model></cpu></host>
<guest><os_type>hvm</os_type><arch name='x86_64'><wordsize>64</wordsize><emulator>/usr/bin/qemu-system-x86_64</emulator>
<machine maxCpus='255'>pc-q35-7.2</machine><machine canonical='pc-q35-7.2' maxCpus='255'>q35</machine><domain type='qemu'/><domain type='kvm'/></arch>
<features><acpi default='on' toggle='yes'/><apic default='on' toggle='no'/></features></guest></capabilities>
"""
DOMAIN = """<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain><machine>pc-q35-7.2</machine><arch>x86_64</arch>
<os supported='yes'><loader supported='yes'><enum name='type'><value>pflash</value></enum></loader></os>
<cpu><mode name='host-passthrough' supported='yes'/></cpu></domainCapabilities>
"""
NODE = """<node><cpu><mhz>6000</mhz><model>i986</model><active>4</active><nodes>1</nodes><sockets>1</sockets><cores>4</cores><threads>1</threads></cpu>
<memory>8192000</memory><network><name>default</name><bridge name='virbr0'/><forward/><ip address='192.168.122.1' netmask='255.255.255.0'/></network>
<pool type='dir'><name>images</name><target><path>/srv/images</path></target><volume type='file'><name>a,b.qcow2</name><capacity>1000000</capacity>
<allocation>50000</allocation><target><path>/srv/images/a,b.qcow2</path><format type='qcow2'/></target></volume></pool></node>
"""
HOSTILE = "/bait/its, so \\\\$(touch x)`y`;a=b,path=c #.raw"
# virt-install escapes these twice, in an attribute.
WRONG = "/bait/it's \"so\" & <b>.raw"
# Where in a domain what matters stands: the elements at these paths must be the same, with all their attributes and texts.
SAME = ["./os/loader", "./os/bios", "./os/nvram", "./memory", "./maxMemory", "./memoryBacking/hugepages/page", "./vcpu", "./iothreads", "./cputune/*", "./numatune/*",
        "./cpu/model", "./cpu/topology", "./cpu/feature", "./cpu/numa/cell", "./features/kvm/hidden", "./features/smm", "./devices/disk/*",
        "./devices/interface/*", "./devices/tpm/*", "./devices/rng/backend", "./devices/memballoon", "./devices/serial/*", "./devices/channel/target",
        "./devices/video/model", "./devices/input", "./devices/sound", "./{http://libvirt.org/schemas/domain/qemu/1.0}commandline/*"]  # fmt: skip
# Their elements alone, with these attributes.
WITH = {".": ["type"], "./os/type": ["arch", "machine"], "./cpu": ["mode", "check", "migratable", "match"], "./devices/disk": ["type", "device"],
        "./devices/interface": ["type"], "./devices/controller": ["type", "model"], "./devices/tpm": ["model"], "./devices/rng": ["model"],
        "./devices/graphics": ["type", "port", "listen"]}  # fmt: skip
KIB = {"KiB": 1, "MiB": 1024, "GiB": 1 << 20}
# What libvirt would put there by itself.
BY_DEFAULT = {("vcpu", "placement", "static"), ("graphics", "port", "-1"), ("model", "heads", "1"), ("model", "primary", "yes"), ("driver", "name", "qemu"), ("topology", "dies", "1")}
# libvirt adds these to each q35 guest: virt-install need not.
OWN_ROOT = ("controller", (("model", "pcie-root"), ("type", "pci")))
OWN_SERIAL = ("controller", (("type", "virtio-serial"),))


def facts(element, names=None):
    """What an element says, whatever the unit that it says it in."""
    found = {k: v for k, v in element.attrib.items() if (names is None or k in names) and (element.tag, k, v) not in BY_DEFAULT}
    text = (element.text or "").strip() if names is None else ""
    unit = KIB.get(found.pop("unit", "KiB"))
    if element.tag in ("memory", "maxMemory") and text:
        text = str(int(text) * unit)
    for key in ("size", "memory"):
        if found.get(key, "").isdigit():
            found[key] = str(int(found[key]) * unit)
    children = tuple(sorted(facts(e) for e in element)) if names is None else ()
    return (element.tag, tuple(sorted(found.items())), *((text, children) if text or children else ()))


def points(domain):
    found = {}
    for path, names in [(p, None) for p in SAME] + list(WITH.items()):
        rows = [facts(e, names) for e in domain.findall(path)]
        found[path] = sorted(r for r in rows if r not in (OWN_ROOT, OWN_SERIAL) and r[0] != "mac")
    # The console's target is libvirt's default.
    found["./devices/serial/*"] = [r for r in found["./devices/serial/*"] if r[0] == "log"]
    return found


class Theirs(Folder):
    """virt-install's side: a fake connection, and disks that it finds."""

    def __enter__(self):
        if not shutil.which("virt-install"):
            raise Skip("there is no virt-install here")
        path = super().__enter__()
        (path / "capabilities.xml").write_text(CAPABILITIES, encoding="utf-8")
        (path / "domain.xml").write_text(DOMAIN, encoding="utf-8")
        (path / "node.xml").write_text(NODE, encoding="utf-8")
        (path / "disk.raw").write_bytes(bytes(1 << 16))
        self.uri = f"__virtinst_test__test://{path}/node.xml,fakeuri=qemu:///system,caps={path}/capabilities.xml,domcaps={path}/domain.xml"
        return path

    def domain(self, words):
        assert words[0] == "virt-install", words
        at = words.index("--connect")
        argv = [*words[:at], *words[at + 2 :], "--connect", self.uri, "--print-xml", "--dry-run"]
        home = {**os.environ, "HOME": str(self.path), "XDG_CACHE_HOME": str(self.path)}
        p = subprocess.run(argv, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, env=home, check=False)
        assert p.returncode == 0, f"{argv}: {p.stderr}{p.stdout}"
        return ET.fromstring(p.stdout)


def place_disk(root, path):
    (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
    (root / path.lstrip("/")).write_bytes(bytes(1 << 16))


def ours(root, profile, *options):
    """The words, as a shell would hand them on, and our own XML."""
    r = slipway("profile", "show", profile, "--virt-install", *options, root=root, status=0)
    assert b"definition's metadata" in r.err and r.err.count(b"virt-install cannot say") == 1, r.err
    sh = subprocess.run(["sh", "-c", 'eval "set -- $1"; printf "%s\\0" "$@"', "sh", r.out], capture_output=True, check=True, timeout=60)
    words = sh.stdout.decode().split("\0")[:-1]
    document = valid(slipway("--json", "profile", "show", profile, "--virt-install", *options, root=root, status=0).json())
    assert words == document["virt_install"] and len(document["unsaid"]) == 1
    return words, ET.fromstring(slipway("profile", "define", profile, "--print", *options, root=root, status=0).out)


def compare(root, theirs, profile, *options):
    words, asked = ours(root, profile, *options)
    made = points(theirs.domain(words))
    for path, rows in points(asked).items():
        assert made[path] == rows, f"{profile} {options}: {path}\n  ours   {rows}\n  theirs {made[path]}\n{shlex.join(words)}"


@test
def virt_install_makes_the_guest_of_every_profile():
    theirs = Theirs()
    with theirs as folder, Rack() as root:
        disk = str(folder / "disk.raw")
        place_disk(root, disk)
        shutil.copy(root / "usr/share/qemu/firmware/60-plain.json", root / "usr/share/qemu/firmware/50-secure.json")
        text = (root / "usr/share/qemu/firmware/50-secure.json").read_text(encoding="utf-8")
        features = '"features": ["secure-boot", "enrolled-keys", "requires-smm"]'
        (root / "usr/share/qemu/firmware/50-secure.json").write_text(text.replace('"features": []', features), encoding="utf-8")
        drive = f"serial={drives(root)[1]}"
        rows = {
            "uefi": ("--network", "none", "--disk", disk, "--console-log", "/var/log/a,b c.log"),
            "uefi-secure": ("--bridge", "br0", "--disk", disk, "--disk-io", "io_uring"),
            "bios": ("--macvtap", "eno1", "--disk", disk, "--type", "qemu"),
            "gpu": ("--graphics", "vnc", "--kvm-hidden", "on", "--usb", "on", "--hugepages", "2M", "--numa-node", "1", "--memory", "2G", "--vcpus", "2"),
            "hotplug": ("--disk", "images/a,b.qcow2", "--format", "qcow2", "--machine", "pc-q35-7.2"), "ceph-osd": ("--bridge", "br0", "--disk", disk, "--device", drive, "--iothreads", "2"),
        }  # fmt: skip
        for profile, options in rows.items():
            compare(root, theirs, profile, "--name", "guest1", *options)


@test
def hostile_names_arrive_as_they_are():
    theirs = Theirs()
    with theirs as folder, Rack() as root:
        hostile = str(folder) + HOSTILE
        place_disk(root, hostile)
        place_disk(folder, HOSTILE)
        for name in ("-n", "it's", "a b, c='d' $(x)", 'q"\\,r=`s`', "zü"):
            words, _ = ours(root, "uefi", "--name", name, "--disk", hostile)
            made = theirs.domain(words)
            assert made.findtext("./name") == name, (name, words)
            assert made.find("./devices/disk/source").attrib == {"file": hostile}, ET.tostring(made)


@test
def what_virt_install_would_write_wrong_is_named():
    with Rack() as root:
        place_disk(root, WRONG)
        r = slipway("profile", "show", "uefi", "--virt-install", "--disk", WRONG, root=root, status=0)
        assert b"cannot say path as it is" in r.err and WRONG.encode() in r.err, r.err
        assert len(slipway("--json", "profile", "show", "uefi", "--virt-install", "--disk", WRONG, root=root, status=0).json()["unsaid"]) == 2


@test
def a_large_card_needs_qemus_own_command_line():
    theirs = Theirs()
    with theirs, Rack() as root:
        drive = slipway("--json", "list", "class=nvme", root=root, status=0).json()["devices"][0]["address"]
        resource = root / f"sys/bus/pci/devices/{drive}/resource"
        resource.write_text("0x0000380000000000 0x0000381fffffffff 0x000000000014220c\n" + "0x0 0x0 0x0\n" * 12, encoding="utf-8")
        compare(root, theirs, "uefi", "--name", "guest1", "--device", drive)
        words, _ = ours(root, "uefi", "--name", "guest1", "--device", drive)
        assert any(re.fullmatch(r"--qemu-commandline=-fw_cfg name=opt/ovmf/X-PciMmio64Mb,string=[1-9]\d*", w) for w in words), words


@test
def an_option_stands_on_a_line_and_the_name_may_be_missing():
    with Rack() as root:
        r = slipway("profile", "show", "uefi", "--virt-install", root=root, status=0)
        assert b"--qemu-commandline" not in r.out and r.out.endswith(b"--noautoconsole\n") and b"--name GUEST" in r.out, r.out
        lines = r.out.decode().splitlines()
        assert all(re.fullmatch(r"    --\S.* \\", line) for line in lines[1:-1]), lines
        assert r.out == slipway("profile", "show", "uefi", "--virt-install", root=root, status=0).out


@test
def what_cannot_be_made_is_no_command_line():
    with Rack() as root:
        for options, status in ((("--vcpus", "0"), 2), (("--name", "a/b"), 2), (("--secure-execution", "on"), 3), (("--hugepages", "1G"), 3), (("--emulator", "/no"), 4)):
            r = slipway("profile", "show", "uefi", "--virt-install", *options, root=root, status=status)
            assert not r.out and b"error: " in r.err and b"cannot say" not in r.err, (options, r.out, r.err)


if __name__ == "__main__":
    main()
