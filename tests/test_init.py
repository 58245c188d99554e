#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""slipway init: the spec that it writes for each host is valid, so are its proposals, and what it calls free is."""

import os
import re

import make_host
import make_rack
from captured import NAMES, Captured
from tap import Folder, main, slipway, test


def uncommented(text):
    """With all that is proposed: what stands behind # and no blank."""
    return re.sub(r"(?m)^( *)#(?! |$)", r"\1", text)


def check(folder, *texts):
    files = []
    for i, text in enumerate(texts):
        files.append(folder / f"{i}.yaml")
        files[-1].write_text(text, encoding="utf-8")
    slipway("check-spec", *files, status=0)
    return files


def written(root):
    r = slipway("init", root=root, status=0)
    text = r.out.decode()
    assert r.out == slipway("init", root=root, status=0).out, "two runs differ"
    assert slipway("--json", "init", root=root, status=0).json() == {"schema": "slipway.init/1", "file": None, "spec": text}
    for line in text.splitlines():
        assert re.match(r"# | *#(- )?\w|version: 1$|kernel:$|  iommu: on$|$", line), line
    return text


def proposed(text):
    return re.findall(r'^  #- device: "(.*)"$', text, re.M)


def passthrough(devices):
    return "version: 1\npassthrough:\n" + "".join(f'  - device: "{d}"\n    count: 1\n' for d in devices)


def refusals(root, folder, devices):
    """Whom a plan for these refuses; each selector must name one device."""
    (file,) = check(folder, passthrough(devices))
    p = slipway("--json", "plan", "-f", file, root=root)
    # That no boot chain was captured is no matter of the devices, and is told of those alone that nothing speaks against.
    assert p.status in (0, 3) or not re.search(rb"match|selector", p.err), p.err
    return p.json()["refusals"] if p.status == 3 else []


@test
def every_captured_host_gets_a_valid_spec_and_valid_proposals():
    n = 0
    for name in [*NAMES, "lab"]:
        with Captured(name) as root, Folder() as folder:
            text = written(root)
            check(folder, text, uncommented(text))
            devices = proposed(text)
            if devices:
                assert refusals(root, folder, devices) == [], (name, text)
            n += len(devices)
    assert n > 5
    return f"{n} devices are free"


@test
def made_hosts_get_a_valid_spec_and_valid_proposals():
    for make, options in ((make_host.lab, {"iommu": False, "dmar": False}), (make_host.lab, {"on_vfio": (1,)}), (make_rack.rack, {}), (None, {})):
        with Folder() as root, Folder() as folder:
            if make:
                make(root, **options)
            text = written(root)
            check(folder, text, uncommented(text))
            assert "\npassthrough" not in text and "\nversion: 1\n" in text
            if not make:
                assert "# None is free." in text and "#passthrough" not in text


@test
def what_is_free_is_offered_and_what_is_not_is_told_with_the_reason():
    with Captured("lab") as root:
        text = written(root)
    assert proposed(text) == ["serial=data1", "serial=data2", "serial=data3"]
    kept = text.split("# What is not free")[1]
    assert "serial=boot0" in kept and "ext4 on /" in kept and "enp0s5" in kept and "fec0::5054:ff:fe12:3456/64" in kept, kept
    assert "# The IOMMU is on, with 12 groups" in text
    assert "#   enp0s5 at 0000:00:05.0" in text
    with Folder() as root:
        make_host.lab(root, iommu=False)
        text = written(root)
        # The next boot has an IOMMU: that there is none now does not make the drives less free.
        assert "needs the kernel argument intel_iommu=on" in text and len(proposed(text)) == 3, text


@test
def twins_and_odd_serial_numbers_are_named_by_their_place():
    names = ["a b", "x*", "a,b", 'q"q', "\u2028passthrough: [1]", "\u0085kernel: 1", "\n#kernel: 2", "\x1b[31m", "\\n", "#x", "data3"]
    with Captured("lab") as root, Folder() as folder:
        for name in names:
            (root / "sys/bus/pci/devices/0000:02:00.0/nvme/nvme1/serial").write_bytes(name.encode() + b"\n")
            (root / "sys/bus/pci/devices/0000:02:00.0/nvme/nvme1/model").write_bytes(name.encode() + b"\n")
            text = written(root)
            assert "\x1b" not in text
            check(folder, text, uncommented(text))
            devices = proposed(text)
            assert len(devices) == 3 and not any("data1" in d for d in devices), devices
            assert refusals(root, folder, devices) == [], (name, devices)
            assert any(d.startswith("path=") for d in devices), (name, devices)


def add_memory(t, sizes, nodes, total):
    t.put("proc/meminfo", f"MemTotal:       {total} kB\n")
    for size in sizes:
        t.put(f"sys/kernel/mm/hugepages/hugepages-{size}kB/nr_hugepages", "0\n")
    for node in range(nodes):
        t.put(f"sys/devices/system/node/node{node}/meminfo", f"Node {node} MemTotal:       {total // nodes} kB\n")


@test
def half_of_each_nodes_memory_is_proposed_in_huge_pages():
    gib = 1024 * 1024
    for sizes, nodes, total, wanted in (((gib, 2048), 2, 131996184, ["size: 1G", "count: 31", "node: 0", "size: 1G", "count: 31", "node: 1"]),
                                        ((2048,), 1, 16 * gib, ["size: 2M", "count: 4096"]), ((gib, 2048), 1, gib, []), ((), 1, 16 * gib, [])):  # fmt: skip
        with Folder() as root, Folder() as folder:
            add_memory(make_host.lab(root), sizes, nodes, total)
            text = written(root)
            assert re.findall(r"^ +#(?:- )?((?:size|count|node): .*)$", text.split("# Memory: ")[1].split("\n\n")[0], re.M) == wanted, text
            check(folder, text, uncommented(text))


@test
def a_bridge_is_proposed_over_the_port_with_the_default_route():
    for name, files, offered, said in (("eth0", (), True, ""), ("wlan0", ("wireless/x",), False, "which is wireless"), ("br0", ("bridge/x",), False, "is a bridge already"),
                                       ("dummy0", ("remove:device",), False, "no port of this machine"), ("a:[b", (), False, "no network configuration can hold")):
        with Folder() as root, Folder() as folder:
            t = make_host.lab(root)
            t.put("proc/net/route", "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
                  f"{name}\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\n")
            t.put(f"sys/class/net/{name}/ifindex", "7\n")
            for file in files or ("x",):
                t.put(f"sys/class/net/{name}/{file}", "")
            if "remove:device" not in files:
                t.put(f"sys/class/net/{name}/device/vendor", "0x1\n")
            text = written(root)
            assert ("#bridges:" in text) == offered and f"# The default route goes by {name}" in text and said in text, text
            check(folder, text, uncommented(text))
            if offered:
                assert '  #- name: br0\n    #ports: ["eth0"]\n    #addresses: keep\n' in text


@test
def an_argument_is_not_called_enough_where_the_firmware_has_no_iommu():
    for has_table, told in ((True, "needs the kernel argument intel_iommu=on"), (False, "the firmware describes none")):
        with Folder() as root:
            t = make_host.lab(root, iommu=False, dmar=has_table, cpu="GenuineIntel")
            t.put("sys/firmware/acpi/tables/FACP", "FACP")
            (line,) = (line for line in written(root).splitlines() if "The IOMMU is off" in line)
            assert told in line, line


@test
def a_file_that_is_there_is_never_touched():
    with Captured("lab") as root, Folder() as folder:
        file = folder / "host.yaml"
        r = slipway("init", "--output", file, root=root, status=0)
        assert b"check-spec" in r.out and not r.err
        assert file.read_bytes() == slipway("init", root=root, status=0).out and file.stat().st_mode & 0o777 == 0o644
        file.write_text("mine")
        (folder / "link").symlink_to(folder / "none")
        (folder / "folder").mkdir()
        for name in ("host.yaml", "link", "folder"):
            r = slipway("init", "--output", folder / name, root=root, status=2)
            assert b"is there already" in r.err and not r.out, r.err
        assert file.read_text() == "mine"
        slipway("init", "--output", folder / "none/host.yaml", root=root, status=4)
        assert sorted(os.listdir(folder)) == ["folder", "host.yaml", "link"]
        document = slipway("--json", "init", "--output", folder / "b.yaml", root=root, status=0).json()
        assert document["file"] == str(folder / "b.yaml") and document["spec"] == (folder / "b.yaml").read_text()


@test
def nothing_else_of_the_host_is_changed():
    with Captured("lab") as root:
        before = sorted(p for p in root.rglob("*"))
        slipway("init", root=root, status=0)
        assert before == sorted(p for p in root.rglob("*"))


if __name__ == "__main__":
    main()
