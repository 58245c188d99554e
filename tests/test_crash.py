#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Crashes and failing disks: slipway is killed, or its system calls fail, at every point where it changes something."""

import collections
import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import make_host
from tap import HERE, NOISE, SLIPWAY, Folder, Skip, difference, main, slipway, snapshot, test

CALLS = "openat,openat2,write,pwrite64,fsync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,fchmod,fchown,fsetxattr,ftruncate"
DATA = ("--passthrough", "serial=data*")
APPLY = ("apply", "--yes", *DATA)
# The leak checker cannot work in a traced process.
ENV = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", "LC_ALL": "C.UTF-8"}


def state(root):
    """The host without slipway's own memory, which is to remember."""
    return snapshot(root, leave_out=["var"])


def traced(root, arguments, options):
    with Folder() as folder:
        log = folder / "trace"
        p = subprocess.run(["strace", "-f", "-qq", "-y", "-o", str(log), *options, SLIPWAY, "--root", str(root), *arguments],
                           capture_output=True, stdin=subprocess.DEVNULL, env=ENV, timeout=120)
        return p, log.read_text(errors="replace") if log.exists() else ""


def points(root, arguments):
    """Every state-changing call below the root, as (call, how many of that name came until then)."""
    p, log = traced(root, arguments, ["-e", "trace=" + CALLS])
    if "ptrace" in p.stderr.decode() and not log:
        raise Skip("ptrace is not possible here")
    assert p.returncode == 0, p.stderr
    seen, found = collections.Counter(), []
    for line in log.splitlines():
        m = re.match(r"\d+\s+(\w+)\((.*)", line)
        if not m:
            continue
        call, rest = m.groups()
        seen[call] += 1
        if str(root) not in rest:
            continue
        if call.startswith("open") and not re.search(r"O_CREAT|O_WRONLY|O_RDWR|O_TRUNC", rest):
            continue
        found.append((call, seen[call]))
    assert len(found) > 20, f"only {len(found)} points:\n{log}"
    return found


def in_copies(base, jobs, job):
    """Runs job(root, point) for all, each on a copy of its own."""
    def one(point):
        with Folder() as folder:
            root = folder / "root"
            shutil.copytree(base, root, symlinks=True)
            try:
                job(root, point)
            except Exception as e:
                return f"{point}: {e}"
        return None
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        wrong = [w for w in pool.map(one, jobs) if w]
    assert not wrong, f"{len(wrong)} of {len(jobs)}:\n" + "\n".join(wrong[:10])
    return f"{len(jobs)} points"


class Lab(Folder):
    """A pretended server, before and after an apply."""

    def __enter__(self):
        path = super().__enter__()
        if not shutil.which("strace"):
            raise Skip("strace is not installed")
        make_host.lab(path / "before")
        shutil.copytree(path / "before", path / "after", symlinks=True)
        slipway(*APPLY, root=path / "after", status=0)
        self.before, self.after = state(path / "before"), state(path / "after")
        assert difference(self.before, self.after)
        return self


def inject(root, arguments, point, what):
    call, n = point
    p, _ = traced(root, arguments, ["-e", f"trace={call}", "-e", f"inject={call}:{what}:when={n}"])
    said = p.stderr.decode("utf-8", "replace")
    assert not any(word in said for word in NOISE), said
    return p


def kill(root, arguments, point):
    p = inject(root, arguments, point, "signal=KILL")
    assert p.returncode in (-9, 137), f"was not killed: {p.returncode}"


def committed(root):
    journal = root / "var/lib/slipway/journal"
    return journal.exists() and '"event":"committed"' in journal.read_text()


@test
def apply_killed_anywhere_is_undone_or_done_after_the_next_rollback():
    with Lab() as lab:
        def job(root, point):
            kill(root, APPLY, point)
            was_committed = committed(root)
            # Not even before anybody looks may there be half a file: each is old or new.
            for name, entry in state(root).items():
                if name in lab.before or name in lab.after:
                    assert entry in (lab.before.get(name), lab.after.get(name)), f"{name} is half written"
                else:
                    assert name.endswith(".slipway-new"), f"{name} has come into being"
            slipway("verify", root=root, status=1)
            wanted = lab.after if was_committed else lab.before
            assert not difference(wanted, state(root)), difference(wanted, state(root))
            slipway("rollback", root=root, status=0)
            assert not difference(lab.before, state(root)), difference(lab.before, state(root))
            slipway("status", root=root, status=0)
        with Folder() as f:
            shutil.copytree(lab.path / "before", f / "r", symlinks=True)
            jobs = points(f / "r", APPLY)
        return in_copies(lab.path / "before", jobs, job)


@test
def files_that_are_replaced_are_there_whenever_the_power_fails():
    with Lab() as lab:
        # Another choice than before: devices.conf and the drop-in both get another content.
        more = (*APPLY[:2], "--passthrough", "serial=data1", "--kernel-arg", "kvm.ignore_msrs=1")
        with Folder() as f:
            shutil.copytree(lab.path / "after", f / "r", symlinks=True)
            jobs = points(f / "r", more)
            newest = state(f / "r")
        replaced = [n for n in difference(lab.after, newest) if n in lab.after and n in newest]
        assert len(replaced) == 2, replaced

        def job(root, point):
            kill(root, more, point)
            now = state(root)
            for name in lab.after:
                assert now.get(name) in (lab.after[name], newest[name]), f"{name} is gone or half written"
            count = (root / "var/lib/slipway/journal").read_text().count('"event":"committed"')
            slipway("verify", root=root, status=1)
            wanted = newest if count == 2 else lab.after
            assert not difference(wanted, state(root)), difference(wanted, state(root))
        return in_copies(lab.path / "after", jobs, job)


@test
def apply_killed_anywhere_succeeds_when_it_is_run_again():
    with Lab() as lab:
        def job(root, point):
            kill(root, APPLY, point)
            slipway(*APPLY, root=root, status=0)
            assert not difference(lab.after, state(root)), difference(lab.after, state(root))
            said = slipway(*APPLY, root=root, status=0)
            assert b"Nothing to do" in said.out
        with Folder() as f:
            shutil.copytree(lab.path / "before", f / "r", symlinks=True)
            jobs = points(f / "r", APPLY)
        return in_copies(lab.path / "before", jobs[1::4], job)


@test
def rollback_killed_anywhere_is_finished_by_the_next_start():
    with Lab() as lab:
        def job(root, point):
            kill(root, ("rollback",), point)
            began = '"event":"undoing"' in (root / "var/lib/slipway/journal").read_text()
            slipway("verify", root=root, status=1)
            wanted = lab.before if began else lab.after
            assert not difference(wanted, state(root)), difference(wanted, state(root))
            slipway("rollback", root=root, status=0)
            assert not difference(lab.before, state(root)), difference(lab.before, state(root))
        with Folder() as f:
            shutil.copytree(lab.path / "after", f / "r", symlinks=True)
            jobs = points(f / "r", ("rollback",))
        return in_copies(lab.path / "after", jobs, job)


@test
def a_recovery_killed_anywhere_is_finished_by_the_one_after_it():
    with Lab() as lab:
        # Killed in the middle of the apply: the last rename but one.
        with Folder() as f:
            shutil.copytree(lab.path / "before", f / "r", symlinks=True)
            renames = [p for p in points(f / "r", APPLY) if p[0].startswith("rename")]
        kill(lab.path / "before", APPLY, renames[-2])
        assert not committed(lab.path / "before")

        def job(root, point):
            kill(root, ("rollback",), point)
            slipway("rollback", root=root, status=0)
            assert not difference(lab.before, state(root)), difference(lab.before, state(root))
        with Folder() as f:
            shutil.copytree(lab.path / "before", f / "r", symlinks=True)
            jobs = points(f / "r", ("rollback",))
        return in_copies(lab.path / "before", jobs, job)


def failing(error, jobs_step):
    with Lab() as lab:
        def job(root, point):
            p = inject(root, APPLY, point, "error=" + error)
            now = state(root)
            left = difference(lab.before, now)
            if p.returncode == 0:
                assert not difference(lab.after, now), "said that it succeeded"
            elif p.returncode == 4:
                assert not left, f"said that nothing was changed: {left}"
            else:
                assert p.returncode == 5, f"status {p.returncode}: {p.stderr}"
            # The disk is well again: whatever was left is taken back.
            slipway("rollback", root=root, status=0)
            left = difference(lab.before, state(root))
            assert not left, left
        with Folder() as f:
            shutil.copytree(lab.path / "before", f / "r", symlinks=True)
            jobs = points(f / "r", APPLY)
        return in_copies(lab.path / "before", jobs[::jobs_step], job)


@test
def an_apply_on_a_full_disk_is_undone():
    return failing("ENOSPC", 2)


@test
def an_apply_on_a_broken_disk_is_undone():
    return failing("EIO", 5)


@test
def a_rollback_on_a_full_disk_says_so_and_can_be_repeated():
    with Lab() as lab:
        def job(root, point):
            p = inject(root, ("rollback",), point, "error=ENOSPC")
            left = difference(lab.before, state(root))
            if p.returncode == 0:
                assert not left, f"said that it succeeded: {left}"
            journal = json.loads(slipway("--json", "status", root=root, status=(0, 1)).out)
            last = str(journal["transactions"][-1]["id"])
            if journal["transactions"][-1]["state"] != "undone":
                slipway("rollback", *([last] if "interrupted" not in journal["last"] else []), root=root, status=0)
            left = difference(lab.before, state(root))
            assert not left, left
        with Folder() as f:
            shutil.copytree(lab.path / "after", f / "r", symlinks=True)
            jobs = points(f / "r", ("rollback",))
        return in_copies(lab.path / "after", jobs, job)


if __name__ == "__main__":
    os.chdir(HERE)
    main()
