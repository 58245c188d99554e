#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A journal that somebody has been at, or that lies where nothing can be written: nothing is done on its word, it is said why and
what to do, and the host stays as it is. test_crash.py has the crashes and disks that fail; test_lock.py the other slipway.
"""

import json
import os
import shutil
import subprocess

import crash
import make_host
from crash import JOURNAL, difference
from tap import HERE, SLIPWAY, Folder, Skip, main, slipway, test

ARGUMENT = ("apply", "--yes", "--kernel-arg", "kvm.ignore_msrs=1")
MORE = (*ARGUMENT, "--passthrough", "serial=data*")
AREAS = ("etc", "boot")
WAY_OUT = "put it back from a backup, or, to keep the host as it stands, move /var/lib/slipway away"


class Hurt:
    """A host with two applies, the second of which may have been cut off at its very end; then something happens to the journal."""

    def __init__(self, root, interrupted=False):
        make_host.lab(root)
        self.root, self.folder = root, root / JOURNAL
        for verb in (ARGUMENT, MORE):
            slipway(*verb, root=root, status=0)
        if interrupted:
            self.write("".join(line + "\n" for line in self.lines() if '"transaction":2,"event":"committed"' not in line))

    def lines(self):
        return (self.folder / "journal").read_text().splitlines()

    def write(self, text):
        (self.folder / "journal").write_text(text)

    def plan(self, edit):
        path = self.folder / "transactions/2/plan.json"
        plan = json.loads(path.read_text())
        edit(plan["changes"])
        path.write_text(json.dumps(plan))

    def does_nothing(self, verb, status, *said):
        before, words = crash.look(self.root, AREAS), self.lines()
        r = slipway(*verb, root=self.root, status=status)
        for sentence in said:
            assert sentence in r.err.decode(), (verb, sentence, r.err)
        left = difference(crash.look(self.root, AREAS), before)
        assert not left, (verb, left)
        assert [w for w in self.lines() if '"undoing"' not in w][:len(words)] == words, "the journal was not only appended to"


def retarget(changes):
    changes[0]["target"] = "etc/passwd"


DAMAGES = {
    "its folder is gone": (lambda h: shutil.rmtree(h.folder / "transactions/2"), "No such file or directory"),
    "it is cut off": (lambda h: (h.folder / "transactions/2/plan.json").write_text('{"chan'), "was changed by somebody else"),
    "a target is another": (lambda h: h.plan(retarget), "was changed by somebody else"),
    "a target leads out": (lambda h: h.plan(lambda c: c[0].update(target="../../../etc/x")), "was changed by somebody else"),
    "a change is gone": (lambda h: h.plan(lambda c: c.pop()), "was changed by somebody else"),
    "what was there before is other": (lambda h: [p.write_text("other\n") for p in (h.folder / "transactions/2").glob("*.before")],
                                       "was changed by somebody else"),
}


@test
def a_plan_that_is_not_what_was_stored_is_not_gone_by():
    for damage, said in DAMAGES.values():
        with Folder() as root:
            hurt = Hurt(root)
            damage(hurt)
            for verb in (("rollback",), ("rollback", "1"), ("verify",)):
                hurt.does_nothing(verb, 4, "/var/lib/slipway/transactions/2", said, WAY_OUT)


@test
def an_interrupted_apply_whose_plan_is_damaged_stops_everything_with_the_way_out():
    for damage, said in DAMAGES.values():
        with Folder() as root:
            hurt = Hurt(root, interrupted=True)
            damage(hurt)
            for verb in (("rollback",), ("verify",), MORE):
                hurt.does_nothing(verb, 5, said, WAY_OUT)
            # The way out is one.
            before = crash.look(root, AREAS)
            os.rename(hurt.folder, root / "away")
            slipway("rollback", root=root, status=0)
            assert not difference(crash.look(root, AREAS), before)


@test
def a_journal_without_checksums_is_an_older_one():
    with Folder() as root:
        hurt = Hurt(root)
        lines = [json.loads(line) for line in hurt.lines()]
        for line in lines:
            line.pop("checksum", None)
            line.pop("version", None)
        hurt.write("".join(json.dumps(line) + "\n" for line in lines))
        slipway("rollback", root=root, status=0)
        slipway("rollback", root=root, status=0)


@test
def a_newer_slipways_journal_is_left_to_it():
    newer = ('{"transaction":2,"event":"frozen"}', '{"transaction":3,"event":"begin","version":2,"verb":"apply","time":"x","changes":0}')
    for line in newer:
        with Folder() as root:
            hurt = Hurt(root)
            hurt.write("\n".join((*hurt.lines(), line, "")))
            for verb in (("rollback",), ("verify",), MORE, ("status",)):
                hurt.does_nothing(verb, 4, f"/var/lib/slipway/journal:{len(hurt.lines())}: written by a newer slipway")


@test
def a_journal_that_is_gone_does_not_cost_the_plans():
    with Folder() as root:
        hurt = Hurt(root)
        text = "\n".join(hurt.lines()) + "\n"
        plans = crash.look(root, [JOURNAL + "/transactions"])
        (hurt.folder / "journal").unlink()
        for verb in (("rollback",), ARGUMENT, ("verify",)):
            r = slipway(*verb, root=root, status=4)
            assert b"/var/lib/slipway/journal is gone" in r.err and WAY_OUT.encode() in r.err, r.err
        assert not difference(crash.look(root, [JOURNAL + "/transactions"]), plans)
        hurt.write(text)
        slipway("rollback", root=root, status=0)


@test
def the_clock_may_run_backwards():
    with Folder() as root:
        hurt = Hurt(root)
        hurt.write("\n".join(hurt.lines()).replace('"time":"20', '"time":"29') + "\n")
        slipway(*ARGUMENT, "--kernel-arg", "quiet", root=root, status=0)
        for _ in range(3):
            slipway("rollback", root=root, status=0)
        assert b"no apply stands" in slipway("rollback", root=root, status=0).err


@test
def what_is_no_folder_and_no_file_is_said():
    """A link in the place of the folder is the administrator's way to have it elsewhere, but for one that leads nowhere."""
    with Folder() as root:
        hurt = Hurt(root)
        os.rename(hurt.folder, root / "srv")
        hurt.folder.symlink_to("/srv")
        slipway("rollback", root=root, status=0)
        for make in (lambda: hurt.folder.symlink_to("/nowhere"), lambda: hurt.folder.write_text("")):
            hurt.folder.unlink()
            make()
            before = crash.look(root, AREAS)
            r = slipway(*MORE, root=root, status=4)
            assert b"cannot open the folder /var/lib/slipway" in r.err, r.err
            assert not difference(crash.look(root, AREAS), before)
    with Folder() as root, Folder() as outside:
        hurt = Hurt(root)
        os.rename(hurt.folder / "journal", outside / "journal")
        (hurt.folder / "journal").symlink_to(outside / "journal")
        text = (outside / "journal").read_text()
        slipway("rollback", root=root, status=(0, 4))
        assert (outside / "journal").read_text() == text, "written through a link that leads out of the root"


def on_its_own(root, options, *verbs):
    """The verbs, where /var is a file system of its own."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    script = 'mount -t tmpfs -o size=8m tmpfs "$1/var" && cp -a "$1/old-var/." "$1/var" && mount -o remount,$2 "$1/var" || exit 99; shift 2; exec "$@"'
    os.rename(root / "var", root / "old-var")
    (root / "var").mkdir()
    results = []
    for verb in verbs:
        argv = ["unshare", "-m", "sh", "-c", script, "sh", str(root), options, SLIPWAY, "--root", str(root), *verb]
        p = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        if p.returncode == 99 or "unshare" in p.stderr:
            raise Skip("mount(2) is not possible here")
        results.append(p)
    return results


@test
def var_may_be_a_file_system_of_its_own():
    with Folder() as root:
        make_host.lab(root)
        (root / JOURNAL).mkdir(parents=True)
        p, = on_its_own(root, "rw", MORE)
        assert p.returncode == 0, p.stderr
        assert (root / "etc/slipway/devices.conf").exists()


@test
def a_var_that_cannot_be_written_is_said_and_nothing_is_done():
    with Folder() as root:
        Hurt(root)
        before = crash.look(root, AREAS)
        for p in on_its_own(root, "ro", ("rollback",), (*MORE, "--kernel-arg", "quiet")):
            assert p.returncode == 4 and "Read-only file system" in p.stderr, p
        assert not difference(crash.look(root, AREAS), before)


if __name__ == "__main__":
    os.chdir(HERE)
    main()
