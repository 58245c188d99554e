#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person sees: the audit and the list on a screen, within its width."""

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import termios

import make_host
from tap import HERE, SLIPWAY, Folder, main, slipway, test

LONG = "a model name that is so long that no screen of the world shows it in one line " * 2


def on_terminal(root, width, *arguments):
    """What the program writes to a terminal that wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    env = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    env.pop("NO_COLOR", None)
    p = subprocess.Popen([SLIPWAY, "--root", str(root), *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL,
                         env=env)
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert p.wait(timeout=60) in (0, 1)
    return said.decode().replace("\r\n", "\n")


def plain(text):
    return re.sub(r"\033\[[0-9;]*m", "", text)


def words(text):
    return text.split()


@test
def the_audit_is_wrapped_at_words_and_loses_none():
    with Folder() as root:
        make_host.lab(root, iommu=False, dmar=False)
        wide = plain(on_terminal(root, 1000, "audit"))
        for width in (40, 80, 120):
            text = plain(on_terminal(root, width, "audit"))
            assert words(text) == words(wide), width
            for line in text.splitlines():
                # A word longer than the screen stays whole.
                assert len(line) <= width or len(line.split()[-1]) > width - 16, (width, line)
        assert any(line.startswith(" " * 13) for line in plain(on_terminal(root, 80, "audit")).splitlines())


@test
def color_is_for_terminals_only():
    with Folder() as root:
        make_host.lab(root)
        for verb in ("audit", "list"):
            assert "\033[3" in on_terminal(root, 80, verb)
            assert "\033" not in on_terminal(root, 80, "--no-color", verb)
            assert b"\033" not in slipway(verb, root=root, status=(0, 1)).out


@test
def the_list_fits_its_screen():
    with Folder() as root:
        make_host.lab(root, drives=[{"serial": "boot0"}, {"serial": LONG}, {"serial": "ü" * 90}])
        for width in (60, 80, 132):
            for line in plain(on_terminal(root, width, "list")).splitlines():
                assert len(line) <= width, (width, line)
        for line in slipway("list", root=root, status=0).out.decode().splitlines():
            assert len(line) <= 80, line


@test
def the_wide_list_has_one_line_for_each_device_and_cuts_nothing():
    with Folder() as root:
        make_host.lab(root, drives=[{"serial": "boot0"}, {"serial": LONG}])
        title, *lines = slipway("list", "--wide", root=root, status=0).out.decode().splitlines()
        devices = slipway("--json", "list", root=root, status=0).json()["devices"]
        assert [line.split()[0] for line in lines] == [d["address"] for d in devices]
        assert any(LONG.strip() in line for line in lines) and "…" not in "".join(lines)
        for name, key in (("PATH", "path"), ("SLOT", "slot"), ("DRIVER", "driver"), ("VERDICT", "verdict")):
            at = re.search(rf"\b{name}\b", title).start()
            assert [line[at:].split()[0] for line in lines] == [d[key] or "-" for d in devices], name
        assert slipway("list", "-w", root=root, status=0).out == slipway("list", "--wide", root=root, status=0).out


@test
def mediated_devices_are_told_with_who_has_them():
    with Folder() as root:
        make_host.add_mediated(make_host.lab(root), "0000:00:01.0", "\033[2J")
        text = slipway("list", root=root, status=0).out.decode()
        below = " ".join(words(text.split("Mediated devices")[1]))
        for told in ("0000:00:01.0 offers i915-GVTg_V5_4, 1 available; resolution: 1920x1200\\x1b[2J,weight: 4",
                     f"has {make_host.MEDIATED}, i915-GVTg_V5_4, active, gone with the next boot; process 4711 (qemu-system-x86) has /dev/vfio/70 open",
                     f"has {make_host.MEDIATED[:-1]}2, i915-GVTg_V5_8, defined, not active, starts by itself"):
            assert told in below, (told, below)
        assert "Mediated" not in slipway("list", "class=nvme", root=root, status=0).out.decode()
        shown = " ".join(words(slipway("show", "0000:00:01.0", root=root, status=0).out.decode()))
        assert "mediated types i915-GVTg_V5_4, 1 available" in shown and f"mediated {make_host.MEDIATED}, " in shown, shown
        # It goes nowhere while a guest has a part of it.
        assert f"mediated device {make_host.MEDIATED} → process 4711 (qemu-system-x86) has /dev/vfio/70 open" in shown, shown
        mediated = slipway("--json", "list", root=root, status=0).json()["mediated"]
        assert [p["parent"] for p in mediated] == ["0000:00:01.0"] and len(mediated[0]["devices"]) == 2
        assert not slipway("--json", "list", "class=nvme", root=root, status=0).json()["mediated"]


@test
def what_s390x_has_beside_pci_is_told_with_its_reasons():
    with Folder() as root:
        t = make_host.Tree(root)
        t.put("proc/cpuinfo", "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch stfle vx sie\n")
        t.put("usr/sbin/mdevctl")
        make_host.add_channel(t)
        text = " ".join(words(slipway("list", root=root, status=0).out.decode()))
        for told in ("0.0.0100 DASD, dasd-eckd, online, dasda: blocked 0.0.0100 → dasda → dasda1 → ext4 on /; the host lives on it",
                     "0.0.0300 DASD, vfio_ccw: bound", "0.0.f500 qeth network port, qeth, online, encf500: blocked",
                     "05.0004 CEX8C (CCA coprocessor), cex4queue: blocked", "05.0005 CEX8C (CCA coprocessor), cex4queue: assignable"):
            assert told in text, (told, text)
        one = slipway("--json", "show", "ap=05.0004", root=root, status=0).json()
        assert not one["devices"] and not one["ccw"] and [q["apqn"] for q in one["ap"]["queues"]] == ["05.0004"], one
        assert one["ap"]["queues"][0]["uses"][0]["kind"] == "crypto" and one["ap"]["queues"][0]["verdict"] == "blocked"
        assert "CCW devices" not in slipway("list", "ap=05.*", root=root, status=0).out.decode()
        for selector, status, verdict, said in (("ccw=0300", (0, 1), "pass", "0.0.0300 (DASD) can be given to a guest"),
                                                ("ccw=0.0.0100", 1, "fail", "0.0.0100 (DASD) cannot be given to a guest now"),
                                                ("ap=05.*", 1, "fail", "1 of 2 devices cannot be given to a guest now")):
            document = slipway("--json", "audit", "--device", selector, root=root, status=status).json()
            (ready,) = [c for c in document["checks"] if c["id"] == "device.ready"]
            assert (ready["verdict"], ready["summary"]) == (verdict, said) and not document["devices"], ready
            reasons = [r for d in document["ccw"] + document["ap"]["queues"] for r in d["reasons"]]
            assert all(any(reason.endswith(e["value"]) for e in ready["evidence"]) for reason in reasons), (reasons, ready)
        assert b"no CCW device matches 'ccw=0400'" in slipway("audit", "--device", "ccw=0400", root=root, status=2).err
        # What attach sets aside itself is nothing for plan, from the command line or from a spec.
        spec = root / "spec.yaml"
        spec.write_text("version: 1\npassthrough:\n  - device: ccw=0.0.0300\n")
        for asked in (("--passthrough", "ccw=0.0.0300"), ("-f", str(spec))):
            assert b"by 'slipway attach GUEST ccw=0.0.0300', and nothing sets them aside before" in slipway("plan", *asked, root=root, status=2).err
        assert b"spec.yaml:3:13: " in slipway("check-spec", str(spec), status=2).err
        assert b"no crypto queue matches 'ap=07.*'" in slipway("list", "ap=07.*", root=root, status=2).err
        assert slipway("--json", "list", root=root, status=0).out == slipway("--json", "list", root=root, status=0).out
        # A capture has all that counts.
        with Folder() as copy:
            slipway("capture", str(copy / "c"), root=root, status=0)
            a, b = (slipway("--json", "list", root=r, status=0).json() for r in (root, copy / "c"))
            assert a["ccw"] == b["ccw"] and a["ap"] == b["ap"] and a["ccw"], (a["ccw"], b["ccw"])


@test
def a_drive_is_ready_or_says_all_that_speaks_against_it():
    with Folder() as root:
        make_host.lab(root)
        r = slipway("audit", "--device", "serial=data1", root=root, status=0)
        assert b"0000:02:00.0 (QEMU NVMe Ctrl data1) can be given to a guest" in r.out and r.out.rstrip().endswith(b"ready"), r.out
        assert b"set aside" not in r.out
        document = slipway("--json", "audit", "--device", "serial=boot0", root=root, status=1).json()
        (device,) = document["devices"]
        (ready,) = [c for c in document["checks"] if c["id"] == "device.ready"]
        assert document["first_broken"] == "device.ready" and ready["verdict"] == "fail" and ready["required"]
        said = [e["value"] for e in ready["evidence"]]
        assert {e["path"] for e in ready["evidence"]} == {"0000:01:00.0"} and said[0] == "blocked"
        assert all(any(reason.endswith(value) for value in said) for reason in device["reasons"]), (said, device["reasons"])
        document = slipway("--json", "audit", "--device", "class=nvme", root=root, status=1).json()
        assert len(document["devices"]) == 4
        assert "1 of 4" in [c["summary"] for c in document["checks"] if c["id"] == "device.ready"][0]
        slipway("audit", "--device", "serial=data1", "--require", "devices.set-aside", root=root, status=1)


@test
def a_drive_that_a_process_has_open_is_not_ready():
    with Folder() as root:
        t = make_host.lab(root)
        t.put("proc/4711/comm", "spdk_tgt\n")
        t.link("proc/4711/fd/9", "/dev/nvme1n1")
        document = slipway("--json", "audit", "--device", "serial=data1", root=root, status=1).json()
        assert any("process 4711 (spdk_tgt) has /dev/nvme1n1 open" in reason for reason in document["devices"][0]["reasons"]), document["devices"]
        slipway("audit", "--device", "serial=data2", root=root, status=0)


@test
def a_drive_is_not_ready_on_a_host_that_is_not():
    with Folder() as root:
        make_host.lab(root, iommu=False, dmar=False)
        document = slipway("--json", "audit", "--device", "serial=data1", root=root, status=1).json()
        assert document["first_broken"] == "firmware.iommu-table"


@test
def a_policy_adds_and_takes_away():
    with Folder() as root:
        make_host.lab(root)
        policy = root / "policy.yaml"
        for text, status, broken in (
                ("version: 1\nignore: [devices.set-aside]\n", 0, None),
                ("version: 1\n", 1, "devices.set-aside"),
                ("version: 1\nignore: [devices.set-aside]\ndevices: [{ device: 'class=nvme,serial=data*', verdict: assignable, count: 3 }]\n", 0, None),
                ("version: 1\nignore: [devices.set-aside]\ndevices: [{ device: class=nvme, verdict: assignable }]\n", 1, "policy.devices")):
            policy.write_text(text)
            document = slipway("--json", "audit", "--policy", policy, root=root, status=status).json()
            assert document["first_broken"] == broken, (text, document["first_broken"])
        (rule,) = [c for c in document["checks"] if c["id"] == "policy.devices"]
        assert rule["evidence"][0]["path"] == f"{policy}:3" and "0000:01:00.0 blocked" in rule["evidence"][0]["value"]
        for folder in ("sys/firmware/efi",):
            shutil.rmtree(root / folder)
        policy.write_text("version: 1\nrequire: [firmware.mode]\nignore: [devices.set-aside]\n")
        checks = {c["id"]: c for c in slipway("--json", "audit", "--policy", policy, root=root, status=(0, 1)).json()["checks"]}
        assert checks["firmware.mode"]["required"] and not checks["devices.set-aside"]["required"]
        policy.write_text("version: 1\nrequires: [firmware.mode]\n")
        r = slipway("audit", "--policy", policy, root=root, status=2)
        assert b"policy.yaml:2:1: unknown key 'requires' in the policy; did you mean 'require'?" in r.err and not r.out


def readme_blocks():
    """(arguments, lines) of what README.md shows of the audit and the list."""
    text = (HERE.parent / "README.md").read_text()
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S):
        for call in re.split(r"^# ", block, flags=re.M)[1:]:
            line, *shown = call.rstrip("\n").split("\n")
            if line.startswith(("slipway audit", "slipway list")):
                yield line.split()[1:], shown


@test
def the_readme_shows_what_is_printed():
    with Folder() as root:
        make_host.lab(root)
        blocks = list(readme_blocks())
        for arguments, shown in blocks:
            said = slipway(*arguments, root=root, status=(0, 1)).out.decode().splitlines()
            rest = iter(said)
            for line in shown:
                assert line == "..." or line in rest, (arguments, line, said)
            assert shown[-1] == said[-1], arguments
        assert len(blocks) >= 3, blocks


if __name__ == "__main__":
    main()
