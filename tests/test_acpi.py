#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The firmware's IOMMU tables through the program: against iasl, against what is known of a real server, as a user sees them."""

import re
import shutil
import subprocess
import tarfile

import make_host
from tap import HERE, Folder, Skip, main, slipway, test

TABLES = sorted((HERE / "hosts/acpi").iterdir())


def host_with(root, table):
    """A host of which nothing is known but its table."""
    folder = root / "sys/firmware/acpi/tables"
    folder.mkdir(parents=True)
    (folder / table.suffix[1:]).write_bytes(table.read_bytes())
    return root


def audit(root):
    return slipway("--json", "audit", root=root, status=(0, 1)).json()


def check(document, name):
    (found,) = [c for c in document["checks"] if c["id"] == name]
    return found


def structures(table):
    """How many of each type iasl finds, as far as it goes: it ends at the first type of DMAR that it does not know."""
    if not shutil.which("iasl"):
        raise Skip("iasl is not installed (package acpica-tools)")
    with Folder() as folder:
        copy = folder / "table.dat"
        copy.write_bytes(table.read_bytes())
        subprocess.run(["iasl", "-d", copy], capture_output=True, cwd=folder, check=True)
        text = (folder / "table.dsl").read_text(errors="replace")
    counts = {}
    for number, name in re.findall(r"Subtable Type : ([0-9A-F]+) \[(.*?)\]", text):
        counts[int(number, 16)] = counts.get(int(number, 16), 0) + 1
        if table.suffix == ".DMAR" and "Unknown" in name:
            break
    units = {int(a, 16) for a in re.findall(r"(?:Register Base|^\[.*\] +Base) Address : ([0-9A-F]+)", text, re.M)}
    return counts, units


@test
def units_and_structures_are_those_of_iasl():
    n = 0
    for table in TABLES:
        counts, bases = structures(table)
        with Folder() as root:
            ours = audit(host_with(root, table))["host"]["firmware"][table.suffix[1:].lower()]
        if table.suffix == ".DMAR":
            assert len(ours["units"]) == counts[0], table.name
            assert len(ours["regions"]) == counts.get(1, 0), table.name
            assert (ours["atsr"], ours["rhsa"], ours["andd"]) == tuple(counts.get(i, 0) for i in (2, 3, 4)), table.name
        else:
            assert sum(u["blocks"] for u in ours["units"]) == sum(counts.get(t, 0) for t in (0x10, 0x11, 0x40)), table.name
            assert len(ours["regions"]) == sum(counts.get(t, 0) for t in (0x20, 0x21, 0x22)), table.name
            assert ours["unknown"] == sum(v for t, v in counts.items() if t not in (0x10, 0x11, 0x40, 0x20, 0x21, 0x22)), table.name
        assert {int(u["base"], 16) for u in ours["units"]} <= bases, (table.name, bases)
        n += sum(counts.values())
    return f"{n} structures of {len(TABLES)} tables"


@test
def each_table_is_judged():
    for table in TABLES:
        with Folder() as root:
            found = check(audit(host_with(root, table)), "firmware.iommu-table-valid")
        wanted = "warn" if "zero-rmrr" in table.name else "pass"
        assert found["verdict"] == wanted, (table.name, found)
        if wanted == "warn":
            assert {"path": "/sys/firmware/acpi/tables/DMAR", "value": "offset 0x78: an RMRR from 0x0 to 0x0, which holds nothing"} in found["evidence"]


@test
def the_servers_locked_devices_are_those_that_are_known():
    with Folder() as path:
        with tarfile.open(HERE / "hosts/roots/hp-dl380e-gen8.tar.gz") as t:
            t.extractall(path)
        (root,) = path.iterdir()
        wanted = {}
        for line in (root / "EXPECTED.rmrr.txt").read_text().splitlines():
            if not line.startswith("(absent)"):
                address, rest = line.split(" ", 1)
                wanted["0000:" + address] = ("LOCKED" in rest, int(rest.rsplit(" ", 1)[1]))
        document = audit(root)
        # A function of the same slot may be locked, which is another reason.
        got = {d["address"]: (any(r.startswith(d["address"] + ": the firmware demands") for r in d["reasons"]), len(d["firmware_regions"]))
               for d in document["devices"] if d["firmware_regions"]}
        assert got == wanted and got, (got, wanted)
        assert document["host"]["firmware"]["dmar"]["absent"] == 7
        found = check(document, "iommu.reserved-regions")
        locked = sorted(a for a, (is_locked, _) in wanted.items() if is_locked)
        assert found["verdict"] == "warn" and [e["value"].split(": ")[0] for e in found["evidence"]] == locked, found
        shown = slipway("show", "0000:01:00.4", root=root, status=0).out.decode()
        shown = " ".join(shown.split())
        assert "RMRR of DMAR, which the kernel lets go of" in shown and "01:00.4: the firmware demands" not in shown, shown
        slipway("plan", "--passthrough", "0000:04:00.0", root=root, status=3)


@test
def a_capture_brings_tables_interrupts_and_nodes():
    with Folder() as root, Folder() as out:
        make_host.lab(root)
        (root / "sys/firmware/acpi/tables/DMAR").write_bytes(TABLES[0].read_bytes())
        for name, text in (("proc/interrupts", " 0: 3 IR-IO-APIC 2-edge timer\n"), ("dev/iommu", ""), ("dev/vfio/vfio", ""),
                           ("dev/vfio/noiommu-0", ""), ("dev/vfio/devices/vfio0", "")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        slipway("capture", out / "copy", root=root, status=0)
        ours, replayed = audit(root), audit(out / "copy")
        assert replayed["host"] == ours["host"] and replayed["checks"] == ours["checks"]
        iommu = replayed["host"]["iommu"]
        assert iommu["interrupts_remapped"] == "yes" and iommu["iommufd"] and iommu["vfio_devices"] == ["vfio0"], iommu
        assert check(replayed, "iommu.noiommu")["verdict"] == "fail"


if __name__ == "__main__":
    main()
