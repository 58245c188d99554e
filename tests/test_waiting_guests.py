#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Guests of the spec that have to wait: one apply, and when the host has booted and is well, they are there and run. What cannot come makes
no host unwell, nothing comes twice, and where slipway is killed in between, the next boot goes on.
"""

import json
import os
import pathlib
import shutil

from crash import KILLED, difference
from guest_host import ALLOW, DRIVES, host, spec
from tap import main, slipway, test

STATE = "var/lib/slipway/"
PENDING, RECORD = STATE + "guests.pending", STATE + "guests.json"
WISH = f"passthrough:\n  - device: {DRIVES[0]}\n"
APPLY = ("apply", "-f", "/run/host.yaml", "--yes", *ALLOW)
BOOTED = ("intel_iommu=on", "slipway.bind=1")
TRIED = (*BOOTED, "slipway.trial=1", "panic=30")


def file(h, name):
    return pathlib.Path(h.path) / name


def put(h, name, text):
    file(h, name).parent.mkdir(parents=True, exist_ok=True)
    file(h, name).write_text(text)


def boot(h, *words, bound=()):
    """GRUB forgets what counts for one boot alone, and the early binder does its work."""
    h.boot(*words)
    h.command(["/usr/sbin/grub-editenv", "/boot/grub/grubenv", "unset", "next_entry"])
    for address in bound:
        driver = file(h, f"sys/bus/pci/devices/{address}/driver")
        target = os.path.dirname(os.readlink(driver)) + "/vfio-pci"
        driver.unlink()
        driver.symlink_to(target)


def guests(h):
    """As status has them."""
    found = json.loads(h.slipway("--json", "status", status=(0, 1)).stdout)["guests"]
    return {g["name"]: (g["state"], g["reason"]) for g in found or []}


def well(h):
    """A host whose trial goes well, and whose verify is content."""
    put(h, "etc/grub.d/41_custom", "#!/bin/sh\n")
    h.command(["/usr/sbin/update-grub"])
    put(h, "proc/self/mounts", "/dev/nvme0n1p2 / ext4 rw,relatime 0 0\n")
    boot(h)
    return h


def waiting(h, *more, trial=False, wish=WISH):
    """Applied: c waits for nothing of its own, d for its drive."""
    spec(h, "name: c, autostart: on", f"name: d, autostart: on, devices: [{DRIVES[0]}]", *more, more=wish)
    return h.said(*APPLY, *(["--trial"] if trial else []))


def verify(h, status=(0, 1)):
    return h.said("verify", status=status)


@test
def one_apply_and_a_boot_lead_to_guests_that_run():
    h = well(host())
    before = h.look()
    said = waiting(h)
    assert f"Guest d waits: {DRIVES[0]} is set aside at the next boot; then slipway defines the guest." in said, said
    assert file(h, PENDING).stat().st_mode & 0o777 == 0o600 and guests(h)["d"] == ("waits", None), guests(h)
    # In the same boot nothing comes, however often somebody looks.
    assert "guests wait for the next boot" in verify(h) and not (h.guests / "d.saved").exists()
    # What the spec is by then counts for nothing.
    file(h, "run/host.yaml").unlink()
    boot(h, *BOOTED, bound=DRIVES[:1])
    said = verify(h)
    assert h.has("d", "saved") == DRIVES[:1] and h.runs("d") and (h.guests / "d.autostart").exists(), said
    assert not file(h, PENDING).exists() and guests(h)["d"] == ("done", None), (said, guests(h))
    assert "Guest" not in h.said("status", status=(0, 1))
    # Once.
    state = h.look()
    verify(h)
    assert not [n for n in difference(state, h.look()) if not n.startswith("run")]
    # A rollback takes the guests, then the host; one that runs is nobody's to stop.
    said = h.said("rollback", status=3)
    assert "guest d runs, so its definition stays" in said, said
    assert not [n for n in difference(state, h.look()) if not n.startswith("run")]
    for name in "cd":
        (h.guests / f"{name}.live").unlink(missing_ok=True)
    put(h, "usr/bin/qemu-system-x86_64", "")
    said = h.said("rollback")
    assert "taking back transaction 2, the guests that came after transaction 1" in said, said
    wrong = [n for n in difference(before, h.look()) if not n.startswith((STATE[:-1], "run", "sys", "guests/a.live"))]
    assert not wrong, (wrong, said)


@test
def a_trial_that_goes_well_brings_them_and_one_that_fails_does_not():
    h = well(host())
    start = h.look()
    for good in (True, False):
        h.put_back(start)
        said = waiting(h, trial=True)
        assert said.count("the trial is for the host alone; when it has gone well, slipway defines the guest") == 2, said
        boot(h, *(TRIED if good else BOOTED), bound=DRIVES[:1] if good else ())
        said = verify(h)
        assert ("transaction 1 is committed" in said) == good and (h.runs("c"), h.runs("d")) == (good, good), said
        assert not file(h, PENDING).exists() and [n for n, (state, _) in guests(h).items() if state == "done"] == (["c", "d"] if good else []), said


@test
def what_cannot_come_leaves_the_host_well_and_says_why():
    h = well(host())
    put(h, "disk.raw", "x" * 512)
    waiting(h, "name: e, disk: /disk.raw", trial=True)
    file(h, "disk.raw").unlink()
    boot(h, *TRIED)
    # The early binder has not done its work.
    said = verify(h, status=1)
    assert guests(h)["e"][1].startswith("cannot look into the disk /disk.raw") and h.runs("c"), (guests(h), said)
    assert guests(h)["d"] == ("waits", f"{DRIVES[0]} is not set aside, or not yet; 'slipway audit' says why"), (guests(h), said)
    assert f"Guest d waits: {DRIVES[0]} is not set aside" in h.said("status", status=(0, 1)) and file(h, PENDING).exists()
    put(h, "disk.raw", "x" * 512)
    # libvirt refuses one: the other comes. The third time is the last.
    for attempt in (1, 2, 3):
        boot(h, bound=DRIVES[:1])
        h.set(faults="define 1 fail")
        said = verify(h, status=0)
        assert "it was to fail" in guests(h)["d"][1], (guests(h), said)
        assert guests(h)["d"][0] == ("failed" if attempt == 3 else "waits") and (h.guests / "e.saved").exists()
    (h.guests / "faults").unlink()
    assert "Guest d: domain d: " in h.said("status", status=(0, 1))
    assert not file(h, PENDING).exists() and not (h.guests / "d.saved").exists()
    # By hand it comes all the same.
    h.said(*APPLY)
    assert h.has("d", "saved") == DRIVES[:1]


@test
def one_that_fails_does_not_keep_the_others_away():
    h = well(host())
    spec(h, *(f"name: {n}, autostart: on, devices: ['{d}']" for n, d in zip("cde", DRIVES, strict=True)),
         more="passthrough:\n" + "".join(f"  - device: {d}\n" for d in DRIVES))
    h.said(*APPLY, "--trial")
    boot(h, *TRIED, bound=DRIVES)
    h.set(faults="define 2 fail")
    said = verify(h)
    assert {n: s for n, (s, _) in guests(h).items()} == {"c": "done", "d": "waits", "e": "done"}, (guests(h), said)
    assert h.runs("c") and h.runs("e") and not (h.guests / "d.saved").exists()
    (h.guests / "faults").unlink()
    # One that the user has removed since does not come again with the one that waited.
    for kind in ("live", "saved", "autostart"):
        (h.guests / f"c.{kind}").unlink()
    boot(h)
    verify(h)
    assert h.runs("d") and not (h.guests / "c.saved").exists() and not file(h, PENDING).exists()


@test
def one_that_does_not_start_is_defined_and_said():
    h = well(host())
    waiting(h, trial=True)
    boot(h, *TRIED, bound=DRIVES[:1])
    h.set(faults="create 1 fail")
    verify(h)
    assert guests(h)["c"] == ("failed", "it is defined, but does not start: cannot start guest 'c': it was to fail"), guests(h)
    assert guests(h)["d"][0] == "done" and h.runs("d") and (h.guests / "c.autostart").exists() and not h.runs("c")


@test
def a_host_that_does_not_hold_gets_no_guests():
    h = well(host())
    waiting(h)
    boot(h, *BOOTED, bound=DRIVES[:1])
    owned = file(h, "etc/modules-load.d/slipway.conf")
    changed = next(p for p in (owned, file(h, "etc/default/grub.d/zz-slipway.cfg")) if p.exists())
    text = changed.read_text()
    changed.write_text("")
    verify(h, status=1)
    assert guests(h)["d"][1].startswith("not all changes of the host hold") and not (h.guests / "d.saved").exists(), guests(h)
    changed.write_text(text)
    verify(h)
    assert h.runs("d")


@test
def what_needs_no_boot_is_done_at_the_end_of_the_apply():
    h = well(host())
    library = next(pathlib.Path(h.path).rglob("libvirt.so.0"))
    library.rename(library.with_name("gone"))
    try:
        spec(h, "name: c, autostart: on")
        said = h.said(*APPLY)
        assert "Guest c waits: libvirt does not answer, since it is not installed; slipway tries again at the next boot." in said, said
        assert "libvirt does not answer" in guests(h)["c"][1]
        assert "Nothing to do for now" in h.said(*APPLY)
    finally:
        library.with_name("gone").rename(library)
    # The next apply defines it, and then none waits any more.
    h.said(*APPLY)
    assert (h.guests / "c.saved").exists() and not file(h, PENDING).exists()
    h.said("rollback")
    assert not (h.guests / "c.saved").exists() and file(h, PENDING).exists()
    h.said("rollback")
    assert not file(h, PENDING).exists() and guests(h) == {}


@test
def an_image_s_guests_come_at_its_first_boot():
    h = well(host())
    spec(h, "name: c, autostart: on")
    slipway("apply", "--yes", "-f", file(h, "run/host.yaml"), root=h.path, status=0)
    boot(h)
    assert "guest c is started" in verify(h) and h.runs("c") and not file(h, PENDING).exists()


@test
def damaged_files_do_no_harm():
    h = well(host())
    waiting(h)
    boot(h, *BOOTED, bound=DRIVES[:1])
    state = h.look()
    for name, text in ((PENDING, "{"), (PENDING, "{}"), (PENDING, '{"spec": "version: 7"}'), (RECORD, "{"), (RECORD, '{"transaction": -1, "guests": []}'),
                       (RECORD, '{"transaction": 1, "guests": [{"name": "d", "state": "odd"}]}'), (RECORD, '{"transaction": 9, "guests": []}')):
        h.put_back(state)
        file(h, name).write_text(text)
        verify(h)
        assert h.runs("d") == (name == RECORD), (name, text)
    h.put_back(state)


@test
def killed_at_any_point_the_next_boot_goes_on():
    h = well(host())
    waiting(h, trial=True)
    boot(h, *TRIED, bound=DRIVES[:1])
    before = h.look()
    points = h.points(("verify",), 0)
    first = next(n for n, p in enumerate(points) if "guests.json" in p.path)
    points = points[first:]
    assert len(points) > 40, len(points)
    for point in points[::max(1, len(points) // 16)]:
        h.put_back(before)
        h.slipway("verify", status=KILLED, options=["-n", str(point.number), "-a", "kill"])
        boot(h)
        said = verify(h)
        assert all(h.runs(n) and (h.guests / f"{n}.autostart").exists() for n in "cd") and h.has("d", "saved") == DRIVES[:1], (point, said)
        if file(h, PENDING).exists():
            verify(h)
        assert not file(h, PENDING).exists() and {s for s, _ in guests(h).values()} == {"done"}, (point, said, guests(h))
        states = {t["state"] for t in json.loads(h.slipway("--json", "status", status=(0, 1)).stdout)["transactions"]}
        assert states <= {"applied", "undone"}, (point, states)


@test
def cut_off_each_time_it_is_given_up():
    h = well(host())
    waiting(h, trial=True)
    boot(h, *TRIED, bound=DRIVES[:1])
    # The power fails when the first definition has just been written.
    for _ in range(3):
        before = h.look()
        number = next(p.number for p in h.points(("verify",), (0, 1)) if p.path.startswith("/guests/c.saved"))
        h.put_back(before)
        h.slipway("verify", status=KILLED, options=["-n", str(number), "-a", "kill"])
        boot(h)
    verify(h)
    assert guests(h) == {n: ("failed", "it was begun 3 times, and interrupted each time") for n in "cd"}, guests(h)
    assert not file(h, PENDING).exists() and not list(h.guests.glob("[cd].*[!w]"))


@test
def a_network_that_cannot_come_is_told_and_given_up():
    h = well(host())
    put(h, "sys/class/net/br7/bridge/stp_state", "0\n")
    said = waiting(h, trial=True, wish=WISH + "networks:\n  - { name: lan, bridge: br7 }\n")
    objects = lambda: json.loads(h.slipway("--json", "status", status=(0, 1)).stdout)["objects"]  # noqa: E731
    assert objects() == [{"kind": "network", "name": "lan", "state": "waits", "reason": None}], (said, objects())
    assert "libvirt's network lan waits: slipway-guests.service makes it at the next boot." in h.said("status", status=(0, 1))
    shutil.rmtree(file(h, "sys/class/net/br7"))
    boot(h, *TRIED, bound=DRIVES[:1])
    reason = "networks: lan: there is no bridge br7 here; wish for it in bridges, too"
    for attempt in (1, 2, 3):
        said = verify(h)
        assert objects() == [{"kind": "network", "name": "lan", "state": "failed" if attempt == 3 else "waits", "reason": reason}], (said, objects())
        # The guests come without it, and it comes no more.
        assert h.runs("d") and file(h, PENDING).exists() == (attempt < 3), said
        boot(h, bound=DRIVES[:1])
    assert f"libvirt's network lan: {reason}; given up: 'slipway apply' tries again." in h.said("status", status=(0, 1))


if __name__ == "__main__":
    main()
