#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Capabilities as lspci -vvv prints them, on captured hosts and on this one; and what a user may see of them."""

import json
import os
import re
import shutil
import subprocess

from captured import NAMES, Captured, answer
from tap import Folder, Skip, main, slipway, test

# Captures made by a user hold 64 bytes of configuration space: nothing to compare.
WITH_SPACE = ["lab", *NAMES]
BITS = {"SrcValid": "SV", "ReqRedir": "RR", "CmpltRedir": "CR", "UpstreamFwd": "UF"}
TYPES = {"Root Port": "root port", "Upstream Port": "switch upstream port", "Downstream Port": "switch downstream port",
         "Endpoint": "endpoint", "Legacy Endpoint": "legacy endpoint", "Root Complex Integrated Endpoint": "integrated endpoint",
         "PCI-Express to PCI/PCI-X Bridge": "PCIe-to-PCI bridge", "Root Complex Event Collector": "event collector"}


def lspci(root):
    """{address: its block of text}."""
    if not shutil.which("lspci"):
        raise Skip("lspci is not installed")
    where = ["-A", "linux-sysfs", "-O", f"sysfs.path={root}/sys/bus/pci"] if root else []
    if root:
        for device in (root / "sys/bus/pci/devices").iterdir():
            if not (device / "irq").exists():  # slipway has no use for it, so its captures have none; lspci ends without
                (device / "irq").write_text("0\n")
    text = subprocess.run(["lspci", *where, "-D", "-vvv"], capture_output=True, text=True, errors="replace").stdout
    blocks = re.split(r"(?m)^(?=[0-9a-f]{4,}:[0-9a-f]{2}:)", text)
    return {block.split()[0]: block for block in blocks if block.strip()}


def switched_off(block):
    """The bits that it could switch on, and has not; None without the capability."""
    able, on = (re.search(rf"ACS{what}:\s*(.*)", block) for what in ("Cap", "Ctl"))
    if not on:
        return None
    return [short for long, short in BITS.items() if long + "+" in able[1] and long + "-" in on[1]]


def number(pattern, block):
    m = re.search(pattern, block)
    return int(m[1]) if m else 0


def compare(d, block):
    """How many facts agree; the first that does not is an error."""
    n = 0

    def same(what, ours, theirs):
        nonlocal n
        assert ours == theirs, (d["address"], what, ours, theirs)
        n += 1

    if "Capabilities: <access denied>" in block or d["interrupts"] is None:
        assert d["interrupts"] is None and d["flr"] is None and d["acs"] == "unknown", d["address"]
        return 0
    same("MSI", d["interrupts"]["msi"], number(r"MSI: Enable. Count=\d+/(\d+)", block))
    same("MSI on", d["interrupts"]["msi_enabled"], "MSI: Enable+" in block)
    same("MSI-X", d["interrupts"]["msix"], number(r"MSI-X: Enable. Count=(\d+)", block))
    same("MSI-X on", d["interrupts"]["msix_enabled"], "MSI-X: Enable+" in block)
    same("FLR", d["flr"], "FLReset+" in block or "AFCap: TP+ FLR+" in block)
    same("VFs", (d["sriov"] or {}).get("capable_virtual_functions") or 0, number(r"Total VFs: (\d+)", block))
    m = re.search(r"Device Serial Number ([0-9a-f-]+)", block)
    serial = m[1].replace("-", "") if m and set(m[1]) not in ({"0", "-"}, {"f", "-"}) else None
    same("serial", d["pcie_serial"], serial)
    m = re.search(r"Express(?: \(v\d\))? ([A-Za-z/ -]+?)(?: \(|,| IntMsgNum)", block)
    if m and m[1] in TYPES:
        same("type", d["type"], TYPES[m[1]])
    if d["bars"]:  # without "resource" lspci reads the registers, which have no sizes
        same("ROM", d["rom"] is not None, "Expansion ROM" in block)
    sizes = {int(i): s for i, s in re.findall(r"Region (\d): .*\[size=(\w+)\]", block)}
    for bar in d["bars"]:
        if bar["index"] in sizes:
            same("BAR", bar["size"], size(sizes[bar["index"]]))
    return n


def size(text):
    return int(text.rstrip("KMGT")) << 10 * " KMGT".index(text[-1] if text[-1] in "KMGT" else " ")


@test
def capabilities_are_those_of_lspci():
    n = 0
    for name in WITH_SPACE:
        with Captured(name) as root:
            theirs = lspci(root)
            for d in answer(root, "list")["devices"]:
                n += compare(d, theirs.get(d["address"], ""))  # lspci gives up where there is no configuration space
    assert n > 450, n
    return f"{n} facts"


@test
def acs_on_the_way_to_the_root_is_that_of_lspci():
    n = 0
    for name in ("pciutils-tree-asus-p6t6", "lab"):
        with Captured(name) as root:
            theirs = lspci(root)
            for d in answer(root, "list")["devices"]:
                for hop in d["acs_path"]:
                    off = switched_off(theirs[hop["address"]])
                    if off is None:
                        assert hop["acs"] in ("none", "unknown", "not-needed"), hop
                    else:
                        assert (hop["acs"], hop["missing"]) == ("missing" if off else "full", off), (hop, off)
                        n += 1
    assert n >= 5, n
    return f"{n} ports"


@test
def this_host_is_seen_as_lspci_sees_it():
    theirs = lspci(None)
    n = sum(compare(d, theirs[d["address"]]) for d in slipway("--json", "list", status=0).json()["devices"])
    if not n:
        raise Skip("no PCI device, or not root")
    return f"{n} facts"


@test
def a_user_is_told_unknown_and_never_no():
    if os.geteuid() or not shutil.which("runuser"):
        raise Skip("not root")
    with Folder() as folder:
        program = folder / "slipway"
        shutil.copy(os.environ["SLIPWAY"], program)
        os.chmod(folder, 0o755)
        os.chmod(program, 0o755)
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
        p = subprocess.run(["runuser", "-u", "nobody", "--", str(program), "--json", "list"], capture_output=True, env=env)
    if p.returncode == 126:
        raise Skip("nobody cannot run it here")
    devices = json.loads(p.stdout)["devices"]
    for d in devices:
        assert d["interrupts"] is None and d["flr"] is None and d["acs"] == "unknown" and d["pcie_serial"] is None, d["address"]
        assert all(hop["acs"] == "unknown" and not hop["missing"] for hop in d["acs_path"]), d["address"]
        assert d["verdict"] != "assignable", d["address"]
    if not devices:
        raise Skip("no PCI device")
    return f"{len(devices)} devices"


if __name__ == "__main__":
    main()
