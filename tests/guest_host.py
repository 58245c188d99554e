# SPDX-License-Identifier: GPL-2.0-or-later
"""A pretended host with guests of a pretended libvirt, which slipway changes as a live one."""

import atexit
import json
import os
import pathlib
import re
import shutil
import subprocess

import make_host
from crash import INJECT, Host, add_real_programs, difference, libraries, must_live
from tap import Folder, Skip

DRIVES = [f"0000:0{n}:00.0" for n in (2, 3, 4)]
# On a live host slipway looks into the drives themselves, and here there is nothing to look into.
ALLOW = [word for address in DRIVES for word in ("--allow", address + "=unknown")]
SYSFS = ("sys/devices/pci0000:00", "sys/bus/pci/devices", "guests", "run")
PORT = "<controller type='pci' index='{0}' model='pcie-root-port'><address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x{0}'/></controller>"
GUEST = ("<domain type='kvm'><name>{name}</name><devices><controller type='pci' index='0' model='pcie-root'/>{ports}<interface type='network'>"
         "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface></devices></domain>")
DEVICE = rb"(?s)<hostdev.*?</hostdev>\n?"
LIBVIRT = pathlib.Path(os.environ.get("SLIPWAY_LIBVIRT", pathlib.Path(INJECT).parent / "fake_libvirt.so"))


def guest(name, ports=5):
    return GUEST.format(name=name, ports="".join(PORT.format(n) for n in range(1, ports + 1)))


def in_order(definition):
    devices = iter(sorted(re.findall(DEVICE, definition)))
    return re.sub(DEVICE, lambda _: next(devices), definition)


class GuestHost(Host):
    """A pretended host with guests: a runs, b is off."""

    def __init__(self, path, live=True, areas=()):
        super().__init__(path, live, (*SYSFS, *areas))

    def look(self):
        """A device that comes back to a guest stands behind the others there, which is the same guest."""
        return {name: (*e[:3], in_order(e[3]), e[4]) if name.startswith("guests/") else e for name, e in super().look().items()}

    def build(self):
        super().build()
        lib = pathlib.Path(self.path) / libraries("/bin/sh")[0][1:]
        xml = re.search(r"libxml2\.so\.2 .*=> (\S+)", subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout)
        add_real_programs(self.path, [(xml[1], xml[1][1:])])
        for name in ("libvirt.so.0", "libvirt-qemu.so.0"):
            shutil.copy(LIBVIRT, lib.parent / name)
        self.guests = pathlib.Path(self.path) / "guests"
        self.guests.mkdir()
        for name, kinds in (("a", ("live", "saved")), ("b", ("saved",))):
            for kind in kinds:
                (self.guests / f"{name}.{kind}").write_text(guest(name))
        self.start = self.look()
        return self

    def set(self, **files):
        """live_a=..., faults=...: the pretended libvirt's files."""
        for name, text in files.items():
            name = ".".join(reversed(name.split("_"))) if "_" in name else name
            (self.guests / name).write_text(text)

    def has(self, name, kind):
        """Which drives the guest has there, and where."""
        path = self.guests / f"{name}.{kind}"
        text = path.read_text() if path.exists() else ""
        return sorted(f"0000:{m[1]}:00.0" for m in re.finditer(r'<source[^>]*>\s*<address domain="0x0000" bus="0x(\w\w)"', text))

    def driver(self, address):
        link = f"{self.path}/sys/bus/pci/devices/{address}/driver"
        return os.path.basename(os.readlink(link)) if os.path.islink(link) else None

    def said(self, *arguments, status=0, options=()):
        p = self.slipway(*arguments, status=status, options=options)
        return p.stdout.decode() + p.stderr.decode()

    def boot(self, *words):
        """Another boot, with these kernel arguments more: every guest has stopped, and libvirt has started those that start with the host."""
        self.n_boots = getattr(self, "n_boots", 1) + 1
        root = pathlib.Path(self.path)
        (root / "proc/sys/kernel/random").mkdir(parents=True, exist_ok=True)
        (root / "proc/sys/kernel/random/boot_id").write_text(f"boot-{self.n_boots}\n")
        if words:
            (root / "proc/cmdline").write_text(" ".join((make_host.COMMON, *words)) + "\n")
        for live in self.guests.glob("*.live"):
            live.unlink()
        for mark in self.guests.glob("*.autostart"):
            (self.guests / f"{mark.stem}.live").write_text((self.guests / f"{mark.stem}.saved").read_text())

    def runs(self, name):
        return (self.guests / f"{name}.live").exists()

    def undo(self):
        """Takes back the last transaction."""
        return self.said("rollback", str(max(int(n) for n in os.listdir(f"{self.path}/var/lib/slipway/transactions"))))

    def bound_at_boot(self, address):
        """As apply has it: bound by slipway at every boot."""
        out = self.slipway("--json", "show", address, status=0).stdout
        d = json.loads(out)["devices"][0]
        line = (f"{address} bind=address id={d['vendor'][2:]}:{d['device'][2:]} subsystem={d['subsystem_vendor'][2:]}:{d['subsystem_device'][2:]} "
                f"class={d['class'][2:]} path={d['path']} serial={d['serial']}\n")
        path = pathlib.Path(self.path) / "etc/slipway/devices.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line)


_folder = None
_host = None


def host():
    """The host as it was at the start; built once."""
    global _folder, _host
    must_live()
    if not LIBVIRT.exists():
        raise Skip("no pretended libvirt was built")
    if not _host:
        _folder = Folder()
        atexit.register(_folder.__exit__)
        _host = GuestHost(_folder.__enter__() / "host").build()
    _host.put_back(_host.start)
    return _host


def unchanged(h):
    """The host is as it was, but for what slipway remembers."""
    wrong = [n for n in difference(h.start, h.look()) if not n.startswith(("var/lib/slipway", "run", "guests/faults"))]
    assert not wrong, wrong


LIKE = "profile: bios, type: qemu, network: none"


def spec(h, *guests, more=""):
    (pathlib.Path(h.path) / "usr/bin/qemu-system-x86_64").touch()
    text = "version: 1\n" + more + "guests:\n" + "".join(f"  - {{ {g}, {LIKE} }}\n" for g in guests)
    (pathlib.Path(h.path) / "run/host.yaml").write_text(text)


def plan(h, verb="plan", status=0, more=()):
    """What plan or apply says of each guest, and its changes."""
    answer = h.slipway("--json", verb, "-f", "/run/host.yaml", *more, *(["--yes"] if verb == "apply" else []), *ALLOW, status=status).stdout
    answer = json.loads(answer)
    return {g["name"]: g for g in answer.get("guests", [])}, [(c["kind"], c["target"]) for c in answer["changes"]]
