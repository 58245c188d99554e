#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Crypto queues and DASDs of s390x and guests, with the program as a whole, on a pretended host with a pretended kernel and libvirt: with a pretended
mdevctl, and with Debian's own, which is the judge of what it is asked for.
"""

import atexit
import contextlib
import functools
import json
import pathlib
import shutil

from crash import add_programs, add_real_programs
from guest_host import guest, host
from tap import Folder, main, packaged, test

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
PROGRAMS = ("mkdir", "ln", "rm", "cat")
REAL, PRETENDED = "/usr/sbin/mdevctl", "/usr/sbin/pretended-mdevctl"


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def link(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def add_type(sys, folder, parent, name):
    """What the driver offers there."""
    for attribute, text in (("create", ""), ("available_instances", "1\n"), ("device_api", f"{name}\n")):
        put(sys / folder / f"mdev_supported_types/{name}" / attribute, text)
    link(sys / "class/mdev_bus" / parent, f"../../{folder}")


def add_queues(sys):
    for name, text in (("module/vfio_ap/initstate", "live"), ("bus/ap/apmask", "0x" + "f" * 64), ("bus/ap/aqmask", "0x" + "f" * 64), ("bus/ap/ap_domain", "6")):
        put(sys / name, text)
    for queue in ("05.0004", "05.0005", "06.0006"):
        folder = sys / f"devices/ap/card{queue[:2]}/{queue}"
        put(folder / "online", "1\n")
        link(folder / "driver", "../../../../bus/ap/drivers/cex4queue")
        link(sys / "bus/ap/devices" / queue, f"../../../devices/ap/card{queue[:2]}/{queue}")
    add_type(sys, "devices/vfio_ap/matrix", "matrix", "vfio_ap-passthrough")


def add_dasd_aside(sys):
    """One that vfio_ccw has."""
    put(sys / "module/vfio_ccw/initstate", "live")
    folder = sys / "devices/css0/0.0.0003"
    put(folder / "dev_busid", "0.0.0200\n")
    put(folder / "driver_override", "vfio_ccw\n")
    link(folder / "driver", "../../../bus/css/drivers/vfio_ccw")
    link(sys / "bus/css/devices/0.0.0003", "../../../devices/css0/0.0.0003")
    add_type(sys, "devices/css0/0.0.0003", "0.0.0003", "vfio_ccw-io")


@contextlib.contextmanager
def mainframe():
    """The host with what a mainframe has besides, until the block ends; the pretended mdevctl is in its place."""
    h = host()
    root = pathlib.Path(h.path)
    add_programs(root, ("mdevctl",), PROGRAMS)
    for folder in ("callouts", "notifiers"):
        (root / "etc/mdevctl.d/scripts.d" / folder).mkdir(parents=True, exist_ok=True)
    add_queues(root / "sys")
    add_dasd_aside(root / "sys")
    (root / "sys/bus/mdev/devices").mkdir(parents=True)
    try:
        yield h, root
    finally:
        for folder in ("bus/ap", "bus/css", "bus/mdev", "class/mdev_bus", "devices/ap", "devices/vfio_ap", "devices/css0"):
            shutil.rmtree(root / "sys" / folder, ignore_errors=True)


@functools.cache
def debians_mdevctl():
    folder = Folder()
    atexit.register(folder.__exit__)
    return packaged("mdevctl", "usr/bin/mdevctl", folder.__enter__())


@contextlib.contextmanager
def real_mainframe():
    """With Debian's mdevctl, and the pretended one beside it."""
    program = debians_mdevctl()
    with mainframe() as (h, root):
        (root / REAL[1:]).rename(root / PRETENDED[1:])
        add_real_programs(root, [(program, REAL[1:])])
        yield h, root


def definitions(root):
    return [path for parent in ("matrix", "0.0.0003") for path in (root / "etc/mdevctl.d" / parent).glob("*")]


def active(root):
    return sorted(p.name for p in (root / "sys/bus/mdev/devices").iterdir())


@test
def crypto_queues_go_as_one_device_and_come_back():
    with mainframe() as (h, root):
        mask, rules = root / "sys/bus/ap/apmask", root / "etc/udev/rules.d/41-slipway-ap.rules"
        said = h.said("attach", "a", "ap=06.*", status=3)
        assert "06.0006 → its domain is the host's default" in said, said
        said = h.said("attach", "a", "ap=05.*")
        assert "ap=05.0004,05.0005 went to guest a, running, saved definition" in said, said
        assert mask.read_text() == "0xfb" + "f" * 62 and "# cards 05\n" in rules.read_text(), mask.read_text()
        [definition] = definitions(root)
        assert json.loads(definition.read_text())["attrs"] == [{"assign_adapter": "0x05"}, {"assign_domain": "0x0004"}, {"assign_domain": "0x0005"}]
        assert all(definition.name in (h.guests / f"a.{kind}").read_text() for kind in ("live", "saved"))
        assert "made for a guest" in h.said("attach", "b", "ap=05.*", status=3)
        h.said("move", "ap=05.*", "a", "b")
        assert definition.name in (h.guests / "b.saved").read_text() and definition.name not in (h.guests / "a.saved").read_text()
        assert "they leave it together" in h.said("detach", "b", "ap=05.0004", status=3)
        h.said("detach", "b", "ap=05.*")
        assert mask.read_text() == "0x" + "f" * 64 and not rules.exists() and not definitions(root)
        # libvirt refuses at the end: all that was made for it goes.
        h.set(faults="attach-saved 1 fail")
        h.said("attach", "a", "ap=05.*", status=4)
        assert mask.read_text() == "0x" + "f" * 64 and not rules.exists() and not definitions(root)


def listed(h):
    """What mdevctl itself says of its definitions, by their UUIDs."""
    out = h.command([REAL, "list", "--defined", "--dumpjson"]).stdout
    return {uuid: (parent, d["mdev_type"], d["start"], d.get("attrs", [])) for one in json.loads(out or "[]") for parent, devices in one.items()
            for device in devices for uuid, d in device.items()}  # fmt: skip


# What is asked for, and what mdevctl keeps of it, and writes to sysfs: parent, type, when it starts, attributes.
THINGS = [
    ("ap=05.*", ("matrix", "vfio_ap-passthrough", "auto", [{"assign_adapter": "0x05"}, {"assign_domain": "0x0004"}, {"assign_domain": "0x0005"}])),
    ("ccw=0.0.0200", ("0.0.0003", "vfio_ccw-io", "auto", [])),
]


@test
def debians_mdevctl_defines_starts_stops_and_undefines_as_it_is_asked():
    with real_mainframe() as (h, root):
        for selector, kept in THINGS:
            h.said("attach", "a", selector)
            [uuid] = active(root)
            assert listed(h) == {uuid: kept}, listed(h)
            for name, last in {name: value for attribute in kept[-1] for name, value in attribute.items()}.items():
                written = (root / "sys/bus/mdev/devices" / uuid / name).read_text()
                assert written == last, (name, written)
            h.said("move", selector, "a", "b")
            assert active(root) == [uuid]
            h.said("detach", "b", selector)
            assert not active(root) and not listed(h) and not definitions(root)


@test
def debians_mdevctl_takes_back_what_it_has_done():
    with real_mainframe() as (h, root):
        for selector, (parent, *_) in THINGS:
            # libvirt refuses at the end.
            h.set(faults="attach-saved 1 fail")
            h.said("attach", "a", selector, status=4)
            assert not active(root) and not definitions(root)
            (h.guests / "faults").unlink()
            # For the running guest alone nothing is defined: it is started by what it is to be.
            h.said("attach", "a", selector, "--no-saved")
            [uuid] = active(root)
            assert not definitions(root)
            if parent == "matrix":
                (root / "sys/bus/mdev/devices" / uuid / "matrix").write_text("05.0004\n05.0005\n")
            h.said("detach", "a", selector)
            assert not active(root)
            # It is there again when its end is taken back; and where it is defined, and not active, it is only started.
            h.said("attach", "a", selector)
            [uuid], [definition] = active(root), definitions(root)
            text = definition.read_text()
            h.said("detach", "a", selector)
            h.undo()
            assert active(root) == [uuid] and definition.read_text() == text
            p = h.command([REAL, "stop", "--uuid", uuid])
            assert p.returncode == 0, p
            h.set(live_a=guest("a"))
            h.said("attach", "a", selector)
            assert active(root) == [uuid] and definition.read_text() == text
            h.said("detach", "a", selector)
            assert not active(root) and not definitions(root)


@test
def the_pretended_mdevctl_refuses_what_debians_refuses():
    one, parent, file = ("--uuid", UUID), ("--parent", "matrix"), ("--jsonfile", "/run/definition.json")
    rows = [
        (2, ()), (2, ("frob", *one)), (2, ("stop", *one, *parent)), (2, ("stop", *one, *one)), (2, ("stop",)), (2, ("stop", "--uuid")),
        (2, ("stop", "--uuid", "83b8f4f2")), (2, ("stop", *one, "matrix")), (2, ("undefine", *parent)), (2, ("undefine", *one, *parent, *file)),
        (2, ("start", *one, *parent, "--json", "/x")), (2, ("define", *one, *parent, *file, *file)),
        (1, ("stop", *one)), (1, ("undefine", *one, *parent)), (1, ("start", *one, *parent)), (1, ("start", *one, *file)), (1, ("define", *one, *file)),
        (1, ("define", *one, *parent)), (1, ("define", *one, *parent, "--jsonfile", "/run/gone.json")),
        (1, ("define", *one, *parent, "--jsonfile", "/run/typeless.json")), (1, ("start", *one, *parent, "--jsonfile", "/run/startless.json")),
        (0, ("define", *one, *parent, *file)), (1, ("define", *one, *parent, *file)), (0, ("start", *one, *parent)), (1, ("start", *one, *parent)),
        (1, ("start", *one, *parent, *file)), (0, ("undefine", *one, *parent)), (0, ("stop", *one)), (0, ("start", *one, *parent, *file)),
        (0, ("stop", *one)), (1, ("stop", *one)),
    ]  # fmt: skip
    texts = {"definition": '{"mdev_type": "vfio_ap-passthrough", "start": "auto", "attrs": []}\n', "typeless": '{"start": "auto"}\n',
             "startless": '{"mdev_type": "vfio_ap-passthrough"}\n'}  # fmt: skip
    with real_mainframe() as (h, root):
        for name, text in texts.items():
            put(root / f"run/{name}.json", text)
        for program in (REAL, PRETENDED):
            for status, arguments in rows:
                p = h.command([program, *arguments])
                assert p.returncode == status, (program, arguments, p)
    return f"{len(rows)} rows"


if __name__ == "__main__":
    main()
