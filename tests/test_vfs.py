#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""slipway vfs: on a host that a chroot sees, whose sriov_numvfs behaves as the kernel's; and below --root."""

import os
import pathlib
import shutil

import make_host
from crash import KILLED, Host, difference, host_of, must_live
from tap import HERE, Folder, main, slipway, snapshot, test

PORT, PF = "0000:00:0e.0", "0000:05:00.0"
FOLDER = f"sys/devices/pci0000:00/{PORT}/{PF}"
KEPT = f"etc/slipway/vfs/{PF}"
AREAS = ("sys/devices/pci0000:00", "sys/bus/pci/devices", "run")
MAKE = ("vfs", PF, "--count", "2", "--yes")
REMOVE = ("vfs", PF, "--count", "0", "--yes")
FIRST = f"sys/devices/pci0000:00/{PORT}/0000:05:10.0"


def add_port(path, autoprobe="1"):
    """A network port with SR-IOV, that nobody uses."""
    t = make_host.Tree(path)
    t.pci(PORT, "1b36:000c", "060400", 40, "pcieport", make_host.config_space("1b36:000c", 4, acs=0x1d))
    t.pci(f"{PORT}/{PF}", "8086:10c9", "020000", 41, "igb", sriov_totalvfs="7", sriov_numvfs="0", sriov_drivers_autoprobe=autoprobe)
    t.folder("etc/slipway/vfs")
    if os.path.isdir(t.full("host-drivers")):
        t.put(f"host-drivers/{PF}", "igb\n")
        t.put("sys/bus/pci/drivers/igb/unbind")


def put_into_group(path, n):
    """The pretended kernel gives its VFs no IOMMU group."""
    t = make_host.Tree(path)
    t.link(FIRST + "/iommu_group", f"../../../../kernel/iommu_groups/{n}")
    t.link(f"sys/kernel/iommu_groups/{n}/devices/0000:05:10.0", f"../../../../devices/pci0000:00/{PORT}/0000:05:10.0")


def on_host(function):
    """A test on a fresh live host."""
    def run():
        must_live()
        with Folder() as folder:
            host = Host(folder / "host", True, AREAS).build()
            add_port(host.path)
            return function(host)
    run.__name__ = function.__name__
    return test(run)


def attribute(host, name):
    return pathlib.Path(host.path, FOLDER, name).read_text().strip()


def functions(host):
    return sorted(name for name in os.listdir(os.path.join(host.path, FOLDER)) if name.startswith("virtfn"))


def said(p):
    return p.stderr.decode("utf-8", "replace")


@on_host
def they_are_made_now_and_kept_for_every_boot(host):
    before = host_of(host.look())
    p = host.slipway(*MAKE, status=0)
    assert b"0000:05:10.0 is VF 0 of " + PF.encode() in p.stdout and b"0000:05:10.1 is VF 1 of" in p.stdout, p.stdout
    assert functions(host) == ["virtfn0", "virtfn1"] and attribute(host, "sriov_numvfs") == "2"
    assert attribute(host, "sriov_drivers_autoprobe") == "0", "the host's driver would have taken them"
    kept = pathlib.Path(host.path, KEPT).read_text()
    assert f"\n{PF} bind=none id=8086:10c9 " in kept and "\nvfs count=2 autoprobe=0\n" in kept, kept
    # Again: nothing to do, and no transaction.
    p = host.slipway(*MAKE, status=0)
    assert b"Nothing to do" in p.stdout and host.transaction(2) is None, p.stdout
    # Another number: through none, as the kernel wants it.
    host.slipway("vfs", PF, "--count", "3", "--yes", status=0)
    assert len(functions(host)) == 3
    host.slipway("rollback", "1", status=3)
    host.slipway("rollback", "2", status=0)
    assert len(functions(host)) == 2 and pathlib.Path(host.path, KEPT).read_text() == kept
    host.slipway("rollback", "1", status=0)
    assert not difference(host_of(host.look()), before), difference(host_of(host.look()), before)


@on_host
def none_of_them_brings_back_the_host_s_own_ways(host):
    before = host_of(host.look())
    host.slipway(*MAKE, status=0)
    host.slipway(*REMOVE, status=0)
    assert not difference(host_of(host.look()), before), difference(host_of(host.look()), before)
    assert b"Nothing to do" in host.slipway(*REMOVE, status=0).stdout


@on_host
def the_boot_makes_what_is_kept(host):
    empty = host.look()
    host.slipway(*MAKE, "--no-live", status=0)
    assert not functions(host)
    kept = host.look()
    assert b"has 2 VFs" in host.slipway("vfs", "--boot", status=0).stdout
    assert len(functions(host)) == 2 and attribute(host, "sriov_drivers_autoprobe") == "0"
    host.slipway("vfs", "--boot", status=0)  # a unit that is started again
    # Somebody else was first.
    host.put_back(kept)
    pathlib.Path(host.path, FOLDER, "sriov_numvfs").write_text("1\n")
    assert "has 1 VFs already, not 2" in said(host.slipway("vfs", "--boot", status=1))
    # Another card at that address.
    host.put_back(kept)
    pathlib.Path(host.path, FOLDER, "subsystem_device").write_text("0x9999\n")
    p = host.slipway("vfs", "--boot", status=1)
    assert "differs from the device that was meant in subsystem id" in said(p) and not functions(host), said(p)
    # A host that keeps nothing.
    host.put_back(empty)
    host.slipway("vfs", "--boot", status=0)
    assert not functions(host)


@on_host
def a_function_that_a_guest_has_stays(host):
    host.slipway(*MAKE, status=0)
    put_into_group(host.path, 50)
    host.slipway("bind", "0000:05:10.0", status=0)
    t = make_host.Tree(host.path)
    t.put("proc/4711/comm", "qemu-system-x86\n")
    t.link("proc/4711/fd/31", "/dev/vfio/50")
    before = host.look()
    for words in (REMOVE, ("vfs", PF, "--count", "3", "--yes"), ("rollback", "1")):
        p = host.slipway(*words, status=3)
        assert "0000:05:10.0 → process 4711 (qemu-system-x86) has /dev/vfio/50 open" in said(p), said(p)
        assert len(functions(host)) == 2, words
    left = difference({n: e for n, e in host.look().items() if not n.startswith("var")}, {n: e for n, e in before.items() if not n.startswith("var")})
    assert not left, left
    # The guest has ended; the function was offered to no driver of the host, and is with none.
    shutil.rmtree(os.path.join(host.path, "proc/4711"))
    assert host.slipway("release", "0000:05:10.0", status=0).stdout == b"0000:05:10.0 has no driver\n"
    assert not os.path.lexists(os.path.join(host.path, FIRST, "driver"))
    host.slipway("rollback", "1", status=0)
    assert not functions(host)


@on_host
def a_port_that_cannot_set_a_mac_leaves_nothing_behind(host):
    before = host_of(host.look())
    # No port, since the driver is none of the network's.
    p = host.slipway(*MAKE, "--mac", "0=52:54:00:00:00:01", status=4)
    assert "no network port that could set MAC or VLAN" in said(p), said(p)
    assert not difference(host_of(host.look()), before), difference(host_of(host.look()), before)


@on_host
def killed_anywhere_it_is_all_or_nothing(host):
    before, start = host_of(host.look()), host.look()
    points = host.points(MAKE, 0)
    after = host_of(host.look())
    n = 0
    for point in points:
        if point.call == "fsync":
            continue
        host.put_back(start)
        p = host.slipway(*MAKE, options=["-n", str(point.number), "-a", "kill"])
        assert p.returncode == KILLED, (point, p.returncode)
        wanted = after if host.transaction(1) == "committed" else before
        host.slipway("rollback", "999", status=2)
        left = difference(host_of(host.look()), wanted)
        assert not left, f"killed at {point}: {left}"
        n += 1
    assert n > 15, points
    return f"{n} points"


@on_host
def whatever_fails_it_is_undone_or_done(host):
    before, start = host_of(host.look()), host.look()
    points = [p for p in host.points(MAKE, 0) if "/sys/" in p.path or "vfs" in p.path]
    after = host_of(host.look())
    for point in points:
        host.put_back(start)
        p = host.slipway(*MAKE, options=["-n", str(point.number), "-a", "EIO"], status=(0, 4))
        left = difference(host_of(host.look()), after if p.returncode == 0 else before)
        assert not left, f"{point}, status {p.returncode}: {left}"
    return f"{len(points)} points"


# --- below --root, and wrong usage ---


@test
def an_image_gets_the_file_and_its_boots_do_the_rest():
    with Folder() as root:
        make_host.lab(root)
        add_port(root)
        before = snapshot(root, leave_out=["var"])
        slipway(*MAKE, root=root, status=0)
        now = snapshot(root, leave_out=["var"])
        assert difference(now, before) == [KEPT], difference(now, before)
        slipway("rollback", "1", root=root, status=0)
        assert not difference(snapshot(root, leave_out=["var"]), before)
        assert b"acts on the running host" in slipway("vfs", "--boot", root=root, status=2).err


@test
def wrong_usage_and_refusals_have_their_statuses():
    rows = ((2, ("vfs",)), (2, ("vfs", PF)), (2, ("vfs", PF, "--count", "x")), (2, ("vfs", PF, "--count", "-1")), (2, ("vfs", "--boot", PF)),
            (2, ("vfs", "--boot", "--count", "1")), (2, ("vfs", "class=nvme", "--count", "1")), (2, ("vfs", PF, "--count", "1", "--mac", "0=x")),
            (2, ("vfs", PF, "--count", "1", "--vlan", "1=5")), (2, ("vfs", PF, "--count", "1", "--allow", "all")),
            (2, ("vfs", "0000:77:00.0", "--count", "1")), (3, ("vfs", PF, "--count", "8", "--yes")), (3, ("vfs", "serial=data1", "--count", "1", "--yes")),
            (4, ("vfs", PF, "--count", "2")))
    with Folder() as root:
        make_host.lab(root)
        add_port(root)
        before = snapshot(root, leave_out=["var"])
        for status, words in rows:
            r = slipway(*words, root=root, status=status)
            assert r.err.startswith((b"error: ", b"slipway: ")) or b"error: " in r.err, (words, r.err)
        assert not difference(snapshot(root, leave_out=["var"]), before)
        document = slipway("--json", "vfs", PF, "--count", "8", root=root, status=3).json()
        assert document["schema"] == "slipway.vfs/1" and document["refusals"][0]["rule"] == "sr-iov" and not document["changes"], document


if __name__ == "__main__":
    os.chdir(HERE)
    main()
