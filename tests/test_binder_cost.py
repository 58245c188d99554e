#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the early binder costs a boot: its size, and what no busy machine changes, its instructions and system calls.

Five milliseconds for 16 devices are its budget. A call into sysfs takes one or two microseconds, and a million
instructions a quarter of a millisecond."""

import os
import pathlib
import re
import subprocess
import tempfile

from tap import FAST, main, test

BINDER = os.environ["SLIPWAY_BIND"]
SIZE_MAX = 100 * 1024
DEVICES = 16
CALLS_MAX, INSTRUCTIONS_MAX = 2400, 6_500_000
STRANGERS = 48
PROCESSES = {"fork", "vfork", "clone", "clone3", "socket", "connect", "kill"}


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def link(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def config_space(serial):
    config = bytearray(4096)
    config[0x06], config[0x34], config[0x40] = 0x10, 0x40, 0x10  # a list of capabilities, with PCI Express alone
    config[0x100:0x104] = (0x00010003).to_bytes(4, "little")  # the serial number, the first of the extended ones
    config[0x104:0x10C] = serial.to_bytes(8, "little")
    return bytes(config)


def add_drive(root, number, bus, serial=None):
    """Behind bridge `number`. With a serial: on the nvme driver, with a disk, and no PCIe serial number."""
    bridges, address = f"pci0000:00/0000:00:{number:02x}.0", f"0000:{bus:02x}:00.0"
    folder = root / "sys/devices" / bridges / address
    link(root / "sys/bus/pci/devices" / address, f"../../../devices/{bridges}/{address}")
    for name, text in {"vendor": "0x144d", "device": "0xa80a", "subsystem_vendor": "0x144d", "subsystem_device": "0xa801",
                       "class": "0x010802", "driver_override": "(null)"}.items():  # fmt: skip
        put(folder / name, text + "\n")
    put(folder / "config", config_space(0 if serial else number + 1))
    link(folder / "iommu_group", f"../../../../kernel/iommu_groups/{number}")
    if serial:
        disk = f"nvme{number}n1"
        link(folder / "driver", "../../../../bus/pci/drivers/nvme")
        for name, text in {"serial": serial, "model": "Some Drive", "state": "live", f"{disk}/dev": f"259:{number}"}.items():
            put(folder / f"nvme/nvme{number}" / name, text + "\n")
        (folder / f"nvme/nvme{number}/{disk}/holders").mkdir()
        link(root / "sys/class/block" / disk, f"../../devices/{bridges}/{address}/nvme/nvme{number}/{disk}")


def make(root, n, shift=0, strangers=0, has_nvme=False):
    """A host whose list names n drives, all of which are `shift` buses further up than it says."""
    put(root / "proc/cmdline", "ro slipway.bind=1\n")
    put(root / "proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n")
    put(root / "proc/self/mountinfo", "".join(f"{i} 1 0:{i} / /sys/{i} rw - sysfs sysfs rw\n" for i in range(40)))
    put(root / "dev/kmsg", "")
    put(root / "sys/bus/pci/drivers_probe", "")
    (root / "sys/bus/pci/drivers/vfio-pci").mkdir(parents=True)
    (root / "run").mkdir()
    lines = []
    for i in range(n):
        add_drive(root, i, 0x10 + i + shift, f"serial{i}" if has_nvme else None)
        put(root / f"sys/bus/pci/slots/{i}/address", f"0000:{0x10 + i + shift:02x}:00\n")
        identity = f"serial=serial{i}" if has_nvme else f"pcie-serial={i + 1:016x}"
        lines.append(f"0000:{0x10 + i:02x}:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802 "
                     f"path=0000:00/{i:02x}.0/00.0 slot={i} {identity}\n")  # fmt: skip
    for i in range(strangers):
        address = f"0000:00:1f.{i % 8}" if i < 8 else f"0000:{0x80 + i:02x}:00.0"
        link(root / "sys/bus/pci/devices" / address, f"../../../devices/pci0000:00/{address}")
    put(root / "etc/slipway/devices.conf", "".join(lines))


# No driver takes a device here, so that each is offered back to the host: the longest way that there is.
HOSTS = {
    "at their addresses": {},
    "moved": {"shift": 1},
    "moved among others": {"shift": 1, "strangers": STRANGERS},
    "on nvme": {"has_nvme": True},
    "on nvme, and moved": {"has_nvme": True, "shift": 1},
}


def run(n, host, before):
    with tempfile.TemporaryDirectory(prefix="slipway-binder-", dir=FAST) as folder:
        root = pathlib.Path(folder)
        make(root, n, **host)
        p = subprocess.run([*before, BINDER, "--sysroot", folder, "first"], capture_output=True, text=True, timeout=120, check=True)
        early = (root / "run/slipway/early").read_text()
        assert p.stdout == "" and early.count("did%20not%20take%20it") == n, early
        assert early.count("found%20again%20at") == (n if "shift" in host else 0), early
    return p.stderr


def calls(n, host):
    with tempfile.NamedTemporaryFile(dir=FAST) as log:
        run(n, host, ["strace", "-f", "-c", "-U", "calls,name", "-o", log.name])
        counts = {name: int(number) for number, name in re.findall(r"^ *(\d+) +(\w+)$", pathlib.Path(log.name).read_text(), re.M)}
    counts.pop("total")
    return counts


@test
def it_is_static_and_small():
    data = pathlib.Path(BINDER).read_bytes()
    at, size, n = (int.from_bytes(data[offset : offset + length], "little") for offset, length in ((32, 8), (54, 2), (56, 2)))
    kinds = [int.from_bytes(data[at + i * size : at + i * size + 4], "little") for i in range(n)]
    assert data[:5] == b"\x7fELF\x02" and 1 in kinds and not {2, 3} & set(kinds), kinds  # PT_LOAD, PT_DYNAMIC, PT_INTERP
    assert len(data) < SIZE_MAX, len(data)
    return f"{len(data)} bytes"


@test
def sixteen_devices_take_few_system_calls_and_no_process():
    said = []
    for name, host in HOSTS.items():
        counts = calls(DEVICES, host)
        assert counts.pop("execve") == 1 and not counts.keys() & PROCESSES, f"{name}: {counts}"
        assert sum(counts.values()) < CALLS_MAX, f"{name}: {sum(counts.values())} calls: {counts}"
        said.append(f"{name} {sum(counts.values())}")
    return ", ".join(said)


@test
def one_device_more_among_many_costs_what_it_costs_among_few():
    for name in ("at their addresses", "moved"):
        few, some, many = (sum(calls(n, HOSTS[name]).values()) for n in (4, 8, 32))
        assert (many - some) / 24 < 1.1 * (some - few) / 4, f"{name}: {few}, {some}, {many}"
    plain, among = (sum(calls(DEVICES, HOSTS[name]).values()) for name in ("moved", "moved among others"))
    assert among - plain <= STRANGERS + 4, f"{STRANGERS} other devices cost {among - plain} calls"


@test
def sixteen_devices_take_few_instructions():
    said = []
    for name, host in HOSTS.items():
        n = int(re.search(r"Collected : (\d+)", run(DEVICES, host, ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]))[1])
        assert n < INSTRUCTIONS_MAX, f"{name}: {n} instructions"
        said.append(f"{name} {n / 1e6:.2f} million")
    return ", ".join(said)


if __name__ == "__main__":
    main()
