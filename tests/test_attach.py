#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Devices and guests, with the program as a whole: attach, detach and move on a pretended host with a pretended libvirt, where a step fails, a
guest stops or goes, libvirt is restarted, or a drive is unplugged. test_crash.py has what becomes of them where slipway is killed.
"""

import json
import os
import pathlib
import re
import shutil

from crash import difference
from guest_host import ALLOW, DRIVES, guest, host, plan, spec, unchanged
from tap import main, test


@test
def several_go_and_come_back_together():
    h = host()
    said = h.said("attach", "a", *DRIVES[:2], *ALLOW)
    assert h.has("a", "live") == h.has("a", "saved") == DRIVES[:2], said
    # Both definitions have the same places, each drive a root port of its own.
    places = [re.findall(r'type="pci" domain="0x0000" bus="(\w+)"', (h.guests / f"a.{kind}").read_text()) for kind in ("live", "saved")]
    assert places == [["0x02", "0x03"]] * 2, places
    assert "Nothing to do" in h.said("attach", "a", *DRIVES[:2])
    h.said("detach", "a", *DRIVES[:2])
    unchanged(h)


@test
def live_and_saved_are_chosen():
    h = host()
    h.said("attach", "a", DRIVES[0], "--no-live", *ALLOW)
    assert (h.has("a", "live"), h.has("a", "saved")) == ([], DRIVES[:1])
    h.said("detach", "a", DRIVES[0], "--no-saved", status=2)
    h.said("attach", "a", DRIVES[0], "--no-saved", *ALLOW)
    assert h.has("a", "live") == h.has("a", "saved") == DRIVES[:1]
    h.undo()
    assert (h.has("a", "live"), h.has("a", "saved")) == ([], DRIVES[:1]), "what was there before stays"
    h.said("attach", "b", DRIVES[1], *ALLOW)
    assert h.has("b", "saved") == [DRIVES[1]]
    h.said("attach", "b", DRIVES[2], "--no-saved", status=2)


# What goes wrong, the exit status, what is said, and who has the drives then: live and saved of guest a.
WRONG = [
    ("attach-live 3 fail", 4, "cannot give 0000:04:00.0 to the running guest 'a': it was to fail", [], []),
    ("attach-saved 2 fail", 4, "cannot give 0000:03:00.0 to the saved definition", [], []),
    ("attach-live 2 dead", 0, "the connection to libvirt broke off", DRIVES, DRIVES),
    ("attach-saved 3 dead", 0, "the connection to libvirt broke off", DRIVES, DRIVES),
    ("attach-live 2 dead\nattach-live 3 dead", 4, "the connection to libvirt broke off", [], []),
    ("attach-live 2 stop", 0, "guest a has stopped in the meantime: it has 0000:03:00.0 from its next start", [], DRIVES),
    ("attach-live 2 gone", 4, "guest 'a'", [], []),
    ("attach-live 2 unplug", 4, "Device 0000:03:00.0 not found", [], []),
]


@test
def what_goes_wrong_in_the_middle_has_an_end_of_its_own():
    for faults, status, words, live, saved in WRONG:
        h = host()
        h.set(faults=faults)
        said = h.said("attach", "a", *DRIVES, *ALLOW, status=status)
        assert words in said, (faults, said)
        assert (h.has("a", "live"), h.has("a", "saved")) == (live, saved), (faults, said)
        if status and "gone" not in faults and "unplug" not in faults:
            unchanged(h)
        (h.guests / "faults").unlink()
        assert "interrupted" not in h.said("status"), faults


# The same on the way back: of two drives, both on vfio-pci, with the options that somebody gave them.
BACK = [
    ("detach-live 2 fail", 4, "cannot take 0000:03:00.0 from the running guest 'a'", DRIVES[:2], DRIVES[:2]),
    ("detach-live 2 dead", 0, "the connection to libvirt broke off", [], []),
    ("detach-live 1 stop", 0, "0000:03:00.0 came back from guest a", [], []),
    ("detach-live 2 gone", 0, "0000:03:00.0 came back from guest a", [], []),
    ("detach-live 2 unplug", 4, "0000:03:00.0", DRIVES[:2], DRIVES[:2]),
]


def bind_and_attach(h, guest="a"):
    for address in DRIVES[:2]:
        h.bound_at_boot(address) if address == DRIVES[0] else None
        h.said("bind", address, *ALLOW)
    h.said("attach", guest, *DRIVES[:2], *ALLOW)
    for kind in ("live", "saved"):
        path = h.guests / f"{guest}.{kind}"
        if path.exists():
            path.write_text(path.read_text().replace("</source>\n", '</source>\n  <boot order="3"/>\n'))


@test
def what_comes_back_comes_back_as_it_was():
    for faults, status, words, live, saved in BACK:
        h = host()
        bind_and_attach(h)
        before = [(h.guests / f"a.{kind}").read_text() for kind in ("live", "saved")]
        h.set(faults=faults)
        said = h.said("detach", "a", *DRIVES[:2], status=status)
        assert words in said, (faults, said)
        assert (h.has("a", "live"), h.has("a", "saved")) == (live, saved), (faults, said)
        if status:
            after = [(h.guests / f"a.{kind}").read_text() for kind in ("live", "saved")]
            assert [t.count("boot order") for t in after] == [t.count("boot order") for t in before] == [2, 2], after
            assert h.driver(DRIVES[0]) == "vfio-pci", (faults, said)
        else:
            assert h.driver(DRIVES[0]) == "nvme", (faults, said)


@test
def what_the_boot_binds_is_not_libvirts_to_bind():
    h = host()
    h.bound_at_boot(DRIVES[0])
    h.said("attach", "a", DRIVES[0], *ALLOW)
    assert h.driver(DRIVES[0]) == "vfio-pci" and 'managed="no"' in (h.guests / "a.saved").read_text()
    h.said("detach", "a", DRIVES[0])
    assert h.driver(DRIVES[0]) == "nvme"
    h.said("attach", "a", DRIVES[0], *ALLOW)
    assert h.driver(DRIVES[0]) == "vfio-pci", "a second time, too"
    h.undo()
    assert h.driver(DRIVES[0]) == "nvme" and not h.has("a", "live")


@test
def a_full_guest_is_told_before_anything_is_changed():
    h = host()
    h.set(live_a=guest("a", 2))
    before = h.look()
    said = h.said("attach", "a", *DRIVES[:2], *ALLOW, status=3)
    assert "no free PCIe root port: all 2 are taken (bus 1: interface, bus 2: 0000:02:00.0)" in said and "--no-live" in said, said
    assert not [n for n in difference(before, h.look()) if n.startswith("guests")]
    h.said("attach", "a", DRIVES[0], "--at", "02:00", *ALLOW)
    assert "that slot is taken (hostdev)" in h.said("attach", "a", DRIVES[1], "--at", "02:00", *ALLOW, status=3)
    h.said("attach", "a", DRIVES[1], "--at", "2", *ALLOW, status=2)
    h.said("attach", "a", *DRIVES[1:], "--at", "03:00", *ALLOW, status=2)


@test
def data_is_refused_until_it_is_allowed():
    h = host()
    udev = pathlib.Path(h.path) / "run/udev/data"
    number = (pathlib.Path(h.path) / f"sys/bus/pci/devices/{DRIVES[0]}/nvme/nvme1/nvme1n1/dev").read_text().strip()
    (udev / f"b{number}").write_text("E:ID_FS_TYPE=ceph_bluestore\nE:ID_FS_USAGE=other\n")
    for way in ("hostdev", "disk", "block"):
        said = h.said("attach", "a", DRIVES[0], "--as", way, status=3)
        assert "nothing was changed" in said and f"{DRIVES[0]} →" in said, said
    assert not h.has("a", "live") and not h.has("a", "saved")


@test
def a_drive_goes_in_three_ways():
    h = host()
    by_id = pathlib.Path(h.path) / "dev/disk/by-id"
    by_id.mkdir(parents=True)
    said = h.said("attach", "a", DRIVES[0], "--as", "block", *ALLOW, status=3)
    assert "there is no link to nvme1n1 in /dev/disk/by-id" in said, said
    for name in ("nvme-eui.1234", "nvme-QEMU_NVMe_Ctrl_data1", "nvme-QEMU_NVMe_Ctrl_data1-part1"):
        (by_id / name).symlink_to("../../nvme1n1p1" if name.endswith("part1") else "../../nvme1n1")
    said = h.said("attach", "a", DRIVES[0], "--as", "block", *ALLOW)
    xml = (h.guests / "a.saved").read_text()
    assert 'source dev="/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_data1"' in xml and 'target dev="vda"' in xml and "<serial>data1</serial>" in xml, xml
    assert "works without an IOMMU" in said, said
    # The drive stays the host's, and is another guest's no more.
    assert h.driver(DRIVES[0]) == "nvme" and not (by_id.parent / "x").exists()
    assert "guest a has it and runs" in h.said("attach", "b", DRIVES[0], *ALLOW, status=3)
    h.said("attach", "a", DRIVES[1], "--as", "disk", *ALLOW)
    xml = (h.guests / "a.live").read_text()
    assert 'type="nvme"' in xml and 'namespace="1"' in xml and 'target dev="vdb"' in xml, xml
    h.said("detach", "a", *DRIVES[:2])
    assert "<disk" not in (h.guests / "a.live").read_text() + (h.guests / "a.saved").read_text()
    shutil.rmtree(by_id.parent)
    h.said("attach", "a", "address=0000:00:05.0", "--as", "disk", "--allow", "0000:00:05.0=network", status=3)
    h.said("attach", "a", DRIVES[0], "--as", "nbd", status=2)


@test
def a_move_is_whole_or_nothing():
    h = host()
    h.said("attach", "a", DRIVES[0], *ALLOW)
    h.said("move", DRIVES[0], "a", "b", *ALLOW)
    assert not h.has("a", "live") and not h.has("a", "saved") and h.has("b", "saved") == DRIVES[:1]
    h.said("move", DRIVES[0], "a", "b", *ALLOW, status=2)
    # The other guest does not take it: it is where it was.
    h.set(faults="attach-live 1 fail")
    h.said("move", DRIVES[0], "b", "a", *ALLOW, status=4)
    assert not h.has("a", "live") and not h.has("a", "saved") and h.has("b", "saved") == DRIVES[:1]
    h.said("move", DRIVES[0], "a", "a", status=2)
    h.said("move", DRIVES[0], "b", "c", status=2)


@test
def the_list_tells_which_guest_has_what():
    h = host()
    for name, kind, folder in (("a", "live", "run/libvirt/qemu"), ("b", "saved", "etc/libvirt/qemu")):
        h.said("attach", name, DRIVES[0 if name == "a" else 1], *ALLOW)
        (pathlib.Path(h.path) / folder).mkdir(parents=True, exist_ok=True)
        xml = (h.guests / f"{name}.{kind}").read_text()
        (pathlib.Path(h.path) / folder / f"{name}.xml").write_text(f"<domstatus state='running'>{xml}</domstatus>" if kind == "live" else xml)
    for name, text in (("broken", "<domain><hostdev"), ("other", "<network><hostdev/></network>")):
        (pathlib.Path(h.path) / f"etc/libvirt/qemu/{name}.xml").write_text(text)
    said = h.said("list")
    assert "guest a has it and runs" in said and "guest b has it in its saved definition" in said, said
    p = json.loads(h.slipway("--json", "show", DRIVES[1], status=0).stdout)["devices"][0]
    assert p["verdict"] == "attached" and {"kind": "guest", "what": "guest b has it in its saved definition", "via": ""} in p["uses"], p
    shutil.rmtree(h.path + "/run/libvirt")


AGENT = json.dumps({"return": [
    {"name": "/dev/nvme0n1p1", "partition": True, "dependencies": ["/dev/nvme0n1"], "address": {"serial": "QEMU_NVMe_Ctrl_data1"}},
    {"name": "/dev/vda", "partition": False, "dependencies": []},
    {"name": "/dev/nvme0n1", "partition": False, "dependencies": [], "address": {"serial": "QEMU_NVMe_Ctrl_data1"}}]})


@test
def it_is_said_how_it_is_known():
    h = host()
    h.set(agent=AGENT)
    assert "the guest's agent shows its serial data1 as /dev/nvme0n1" in h.said("attach", "a", DRIVES[0], *ALLOW)
    assert "the host has it again: driver nvme, serial data1" not in h.said("detach", "a", DRIVES[0], "--no-live")
    p = json.loads(h.slipway("--json", "detach", "a", DRIVES[0], status=0).stdout)["proofs"]
    assert [(one["by"], one["missing"]) for one in p] == [("definition", False)], p
    # Another serial, as long as one waits.
    said = h.said("attach", "a", DRIVES[1], *ALLOW)
    assert "warning: 0000:03:00.0: the guest's agent answers, but shows no serial data2" in said, said
    (h.guests / "agent").unlink()
    said = h.said("attach", "a", DRIVES[2], *ALLOW)
    assert "no guest agent answers; libvirt has it in the running definition; the kernel: driver nvme" in said, said
    assert "it has it from its next start" in h.said("attach", "b", DRIVES[0], *ALLOW).replace("the guest has", "it has")
    h.said("detach", "b", DRIVES[0])
    h.bound_at_boot(DRIVES[0])
    h.said("attach", "a", DRIVES[0], *ALLOW)
    assert "the host has it again: driver nvme, serial data1" in h.said("detach", "a", DRIVES[0])


def add_function(h):
    """A second function of the first drive's slot."""
    devices = pathlib.Path(h.path) / "sys/bus/pci/devices"
    first = pathlib.Path(os.path.realpath(devices / DRIVES[0]))
    second = first.parent / "0000:02:00.1"
    shutil.copytree(first, second, symlinks=True, ignore=shutil.ignore_patterns("nvme", "driver"))
    (devices / second.name).symlink_to(f"../../../devices/{second.relative_to(pathlib.Path(os.path.realpath(h.path)) / 'sys/devices')}")
    (pathlib.Path(h.path) / "host-drivers" / second.name).write_text("nvme\n")
    return [DRIVES[0], second.name]


@test
def functions_of_one_slot_keep_their_layout():
    h = host()
    both = add_function(h)
    said = h.said("attach", "a", *both, *ALLOW, status=3)
    assert "libvirt plugs only single functions into a running guest; use --no-live" in said and "--apart" in said, said
    h.said("attach", "a", *both, "--no-live", *ALLOW)
    places = re.findall(r'bus="(0x\w+)" slot="0x00" function="(0x\d)"( multifunction="on")?/>\s*</hostdev>', (h.guests / "a.saved").read_text())
    assert places == [("0x02", "0x0", ' multifunction="on"'), ("0x02", "0x1", "")], places
    # As it will be after the next start: none of them can leave alone.
    h.set(live_a=(h.guests / "a.saved").read_text())
    assert "libvirt takes none of them out of a running guest" in h.said("detach", "a", both[1], status=3)
    said = h.said("detach", "a", both[0], "--no-live", status=3)
    assert "without it the guest does not see 0000:02:00.1 there; take both" in said, said
    h.said("detach", "a", *both, "--no-live")
    h.set(live_a=guest("a"))
    h.said("attach", "a", *both, "--apart", *ALLOW)
    assert "multifunction" not in (h.guests / "a.live").read_text()
    h.said("detach", "a", *both)


@test
def a_group_is_on_vfio_pci_as_a_whole_before_a_running_guest_gets_the_first_of_it():
    h = host()
    both = add_function(h)
    sys = pathlib.Path(h.path) / "sys"
    group = sys / "kernel/iommu_groups" / os.path.basename(os.readlink(sys / "bus/pci/devices" / both[0] / "iommu_group")) / "devices"
    (group / both[1]).symlink_to(os.readlink(group / both[0]).replace(both[0], both[1]))
    try:
        said = h.slipway("--json", "attach", "a", *both, "--apart", *ALLOW, status=0).stdout
        changes = [(c["kind"], c["target"]) for c in json.loads(said)["changes"]]
        assert changes == [(kind, address) for kind in ("driver", "hostdev") for address in both], changes
        assert [h.driver(address) for address in both] == ["vfio-pci"] * 2
        h.said("detach", "a", *both)
        assert h.driver(both[0]) == "nvme" and not h.has("a", "live")
        # A guest that starts gets all at once, and libvirt binds them.
        h.said("attach", "b", *both, *ALLOW)
        assert h.driver(both[0]) == "nvme"
        h.said("detach", "b", *both)
    finally:
        (group / both[1]).unlink()


USB = {"1-4": ("0951", "1666", "7"), "1-2": ("046d", "c52b", "5"), "2-1": ("046d", "c52b", "3")}


def add_usb(h):
    root = pathlib.Path(h.path) / "sys"
    for port, (vendor, product, number) in USB.items():
        base = root / f"devices/pci0000:00/0000:00:05.0/usb{port[0]}/{port}"
        base.mkdir(parents=True)
        for name, value in (("idVendor", vendor), ("idProduct", product), ("busnum", port[0]), ("devnum", number), ("product", "Receiver"),
                            ("bDeviceClass", "00")):
            (base / name).write_text(value + "\n")
        (root / "bus/usb/devices").mkdir(parents=True, exist_ok=True)
        (root / f"bus/usb/devices/{port}").symlink_to(f"../../../devices/pci0000:00/0000:00:05.0/usb{port[0]}/{port}")


@test
def usb_devices_go_by_port_or_ids():
    h = host()
    add_usb(h)
    try:
        said = h.said("attach", "a", "usb=0951:1666", status=3)
        assert "guest a has no USB controller to plug usb=0951:1666 into" in said and "'virsh edit a'" in said and "--usb on" in said, said
        able = {name: guest(name).replace("<interface", "<controller type='usb' index='0' model='qemu-xhci'/><interface") for name in "ab"}
        h.set(saved_a=able["a"], saved_b=able["b"])
        said = h.said("attach", "a", "usb=0951:1666", status=3)
        assert "the running guest a has no USB controller to plug usb=0951:1666 into; use --no-live" in said, said
        h.set(live_a=able["a"], saved_a=guest("a"))
        said = h.said("attach", "a", "usb=0951:1666", status=3)
        assert "guest a has no USB controller" in said and "--no-live" not in said, said
        h.set(live_a=able["a"], saved_a=able["a"])
        h.said("attach", "a", "usb=0951:1666")
        live, saved = ((h.guests / f"a.{kind}").read_text() for kind in ("live", "saved"))
        assert '<address bus="1" device="7"/>' in live and "device=" not in saved.split("<source")[-1], (live, saved)
        assert "Nothing to do" in h.said("attach", "a", "usb=1-4")
        assert "guest a has it and runs" in h.said("attach", "b", "usb=1-4", status=3)
        h.said("move", "usb=1-4", "a", "b")
        os.unlink(h.path + "/sys/bus/usb/devices/1-4")
        h.said("detach", "b", "usb=1-4", status=2)
        h.said("detach", "b", "usb=0951:1666")
        said = h.said("attach", "a", "usb=046d:c52b", status=2)
        assert "2 USB devices are 046d:c52b; name one by its port: usb=1-2, usb=2-1" in said, said
        said = h.said("attach", "a", "usb=2-1", status=3)
        assert "use --no-saved" in said, said
        h.said("attach", "a", "usb=2-1", DRIVES[0], "--no-saved", *ALLOW)
        assert '<address bus="2" device="3"/>' in (h.guests / "a.live").read_text() and h.has("a", "live") == DRIVES[:1]
    finally:
        shutil.rmtree(h.path + "/sys/bus/usb")


# --- guests of the spec ---

@test
def guests_of_the_spec_are_defined_once_with_their_devices():
    h = host()
    serial = json.loads(h.slipway("--json", "show", DRIVES[1], status=0).stdout)["devices"][0]["serial"]
    spec(h, "name: c, memory: 1G, autostart: on", f"name: d, devices: [{DRIVES[0]}, serial={serial}]")
    guests, changes = plan(h)
    assert [guests[n]["standing"] for n in "cd"] == ["defined"] * 2 and changes == [("domain", "c"), ("domain", "d")], (guests, changes)
    assert not (h.guests / "c.saved").exists() and not list(pathlib.Path(h.path).glob("run/slipway/seen*")), "a plan changes nothing"
    plan(h, "apply")
    assert (h.guests / "c.autostart").exists() and not (h.guests / "d.autostart").exists() and h.has("c", "saved") == []
    assert h.has("d", "saved") == DRIVES[:2], (h.guests / "d.saved").read_text()
    # The guest runs, and nobody sees the serial of a drive any more: it is the same guest all the same.
    shutil.copy(h.guests / "d.saved", h.guests / "d.live")
    for address in DRIVES[:2]:
        h.said("bind", address, *ALLOW)
    guests, changes = plan(h, "apply")
    assert [guests[n]["standing"] for n in "cd"] == ["as-wished"] * 2 and not changes, (guests, changes)
    assert "the host is as wished" in h.said("plan", "-f", "/run/host.yaml")
    for address in DRIVES[:2]:
        h.said("release", address)
    (h.guests / "d.live").unlink()
    h.said("rollback", "1")
    unchanged(h)


@test
def a_guest_that_is_there_is_compared_and_left():
    h = host()
    spec(h, f"name: c, memory: 1G, devices: [{DRIVES[0]}]")
    plan(h, "apply")
    before = (h.guests / "c.saved").read_text()
    h.said("attach", "c", DRIVES[2], *ALLOW)
    before = (h.guests / "c.saved").read_text()
    spec(h, f"name: c, memory: 2G, vcpus: 3, autostart: on, devices: [{DRIVES[1]}]")
    guests, changes = plan(h, "apply")
    assert guests["c"]["standing"] == "differs" and not changes, (guests, changes)
    assert [tuple(d.values()) for d in guests["c"]["differences"]] == [
        ("memory", "2048 MiB", "1024 MiB"), ("vcpus", "3", "2"), ("autostart", "on", "off"), ("device", DRIVES[1], None), ("device", None, DRIVES[0]),
        ("device", None, DRIVES[2])], guests
    said = h.said("plan", "-f", "/run/host.yaml")
    assert "Nothing to do for now" in said and "memory: the spec has 2048 MiB, the guest 1024 MiB" in said and "left as it is" in said, said
    assert (h.guests / "c.saved").read_text() == before


@test
def what_speaks_against_a_guest_of_the_spec_leaves_all_as_it_was():
    h = host()
    h.said("attach", "b", DRIVES[0], *ALLOW)
    h.start, old = h.look(), h.start
    try:
        spec(h, "name: c", f"name: d, devices: [{DRIVES[0]}]")
        assert "guest b has it" in h.said("apply", "-f", "/run/host.yaml", "--yes", *ALLOW, status=3)
        unchanged(h)
        spec(h, f"name: c, devices: [{DRIVES[1]}]", f"name: d, devices: [{DRIVES[1]}]")
        assert f"{DRIVES[1]} is asked for by c and by d" in h.said("apply", "-f", "/run/host.yaml", "--yes", *ALLOW, status=2)
        spec(h, "name: c, devices: [serial=nobody]")
        h.said("plan", "-f", "/run/host.yaml", status=2)
        unchanged(h)
        # The second of two cannot be defined, or not be started with the host: the first one goes, too.
        for faults in ("define 2 fail", "autostart 2 fail"):
            spec(h, "name: c, autostart: on", "name: d, autostart: on")
            h.set(faults=faults)
            assert "it was to fail" in h.said("apply", "-f", "/run/host.yaml", "--yes", status=4)
            (h.guests / "faults").unlink()
            unchanged(h)
    finally:
        h.start = old


@test
def a_guest_waits_for_what_comes_at_the_next_boot():
    h = host()
    wish = f"passthrough:\n  - device: {DRIVES[0]}\n"
    spec(h, "name: c", f"name: d, devices: [{DRIVES[0]}]", more=wish)
    guests, changes = plan(h)
    assert guests["c"]["standing"] == "defined" and guests["d"]["standing"] == "waits", guests
    assert guests["d"]["reason"] == f"{DRIVES[0]} is set aside at the next boot; then slipway defines the guest"
    assert changes[-2:] == [("domain", "c"), ("file", "/var/lib/slipway/guests.pending")] and ("domain", "d") not in changes, changes
    # After the boot that bound it, it is the guest's, and not libvirt's to give back.
    h.bound_at_boot(DRIVES[0])
    h.said("bind", DRIVES[0], *ALLOW)
    guests, changes = plan(h)
    assert guests["d"]["standing"] == "defined", guests


@test
def without_libvirt_the_guests_wait():
    h = host()
    spec(h, "name: c")
    library = next(pathlib.Path(h.path).rglob("libvirt.so.0"))
    library.rename(library.with_name("gone"))
    try:
        guests, changes = plan(h, "apply")
        assert guests["c"] == {"name": "c", "standing": "waits", "reason": "libvirt does not answer, since it is not installed; slipway tries "
                               "again at the next boot",
                               "differences": []} and changes == [("file", "/var/lib/slipway/guests.pending")], (guests, changes)
        assert "Guest c waits: libvirt does not answer" in h.said("plan", "-f", "/run/host.yaml")
    finally:
        library.with_name("gone").rename(library)
    assert plan(h)[0]["c"]["standing"] == "defined"


if __name__ == "__main__":
    main()
