#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The lock: one slipway at a time, and the others wait, or say who is at work."""

import concurrent.futures
import fcntl
import json
import os
import pty
import re
import subprocess
import threading
import time

import make_host
from tap import HERE, SLIPWAY, Folder, main, slipway, test

JOURNAL = "var/lib/slipway"
DATA = ("--passthrough", "serial=data*")
BUSY = 6


class Held:
    """Somebody has the lock, and has written this into it."""

    def __init__(self, root, text="", how=fcntl.LOCK_EX):
        slipway("rollback", root=root, status=0)
        self.path, self.text, self.how = root / JOURNAL / "lock", text, how

    def __enter__(self):
        self.file = open(self.path, "r+")
        fcntl.flock(self.file, self.how)
        self.file.truncate(0)
        self.file.write(self.text)
        self.file.flush()
        return self

    def __exit__(self, *_):
        self.file.close()


def holder(pid, verb="apply"):
    return json.dumps({"pid": pid, "verb": verb, "since": "2026-01-31T12:00:00Z"}) + "\n"


@test
def who_comes_second_is_told_who_is_at_work():
    with Folder() as root:
        make_host.lab(root)
        for text, said in ((holder(os.getpid()), f"process {os.getpid()}, 'apply', since 2026-01-31T12:00:00Z"),
                           (holder(1 << 22), "a command that 'slipway apply' started at 2026-01-31T12:00:00Z is still at work"),
                           ("", "another slipway is at work"), ("{", "another slipway is at work"), ("\0\n", "another slipway is at work"),
                           ('{"pid":"x","verb":7}', "another slipway is at work")):
            with Held(root, text):
                for verb in (["apply", "--yes", *DATA], ["rollback"], ["verify"]):
                    r = slipway(*verb, root=root, status=BUSY)
                    assert said in r.err.decode(), (text, r.err)
                    assert not r.out and "--wait SECONDS" in r.err.decode()


@test
def the_holder_is_written_down_while_it_works():
    with Folder() as root:
        make_host.lab(root)
        ours, theirs = pty.openpty()
        asking = subprocess.Popen([SLIPWAY, "--root", str(root), "apply", *DATA], stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            asking.stderr.read(4)
            r = slipway("verify", root=root, status=BUSY)
            assert re.search(f"process {asking.pid}, 'apply', since 20..-..-..T..:..:..Z".encode(), r.err), r.err
            os.write(ours, b"n\n")
            assert asking.wait(20) == 4
        finally:
            asking.kill()
            asking.wait()
            asking.stderr.close()
            os.close(ours)
            os.close(theirs)
        assert (root / JOURNAL / "lock").read_text() == ""


@test
def with_wait_it_waits_and_then_goes_on():
    with Folder() as root:
        make_host.lab(root)
        with Held(root, holder(os.getpid())) as held:
            threading.Timer(1.0, held.file.close).start()
            started = time.monotonic()
            r = slipway("--wait", "30", "apply", "--yes", *DATA, root=root, status=0)
            assert 0.5 < time.monotonic() - started < 25
        assert f"process {os.getpid()}".encode() in r.err and b"waiting up to 30 s" in r.err


@test
def with_wait_it_gives_up_in_the_end():
    with Folder() as root:
        make_host.lab(root)
        with Held(root, holder(os.getpid())):
            started = time.monotonic()
            r = slipway("--wait=1", "verify", root=root, status=BUSY)
            assert 0.9 < time.monotonic() - started < 20
        assert b"did not end in time" in r.err and f"process {os.getpid()}".encode() in r.err


@test
def seconds_are_a_number():
    for value in ("", "x", "-1", "1.5", "86401", "99999999999999999999"):
        slipway("--wait", value, "rollback", status=2)
        slipway("--wait=" + value, "rollback", status=2)
    slipway("--wait", status=2)


@test
def who_only_looks_does_not_keep_others_from_working():
    with Folder() as root:
        make_host.lab(root)
        with Held(root, "", fcntl.LOCK_SH) as held:
            threading.Timer(0.05, held.file.close).start()
            slipway("rollback", root=root, status=0)


@test
def many_at_once_on_a_fresh_host_go_one_after_the_other():
    with Folder() as root:
        make_host.lab(root)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            runs = list(pool.map(lambda _: slipway("--wait", "60", "apply", "--yes", *DATA, root=root, status=0), range(8)))
        assert sum(b"Nothing to do" in r.out for r in runs) == 7
        events = [json.loads(line)["event"] for line in (root / JOURNAL / "journal").read_text().splitlines()]
        assert events.count("begin") == events.count("committed") == 1, events


@test
def a_lock_that_is_a_link_is_not_followed():
    with Folder() as root, Folder() as outside:
        make_host.lab(root)
        slipway("rollback", root=root, status=0)
        os.unlink(root / JOURNAL / "lock")
        (outside / "file").write_text("mine\n")
        os.symlink(outside / "file", root / JOURNAL / "lock")
        slipway("rollback", root=root, status=4)
        assert (outside / "file").read_text() == "mine\n"


@test
def a_command_that_outlives_its_slipway_keeps_the_lock():
    with Folder() as root:
        make_host.lab(root)
        slipway("rollback", root=root, status=0)
        # As process_run() starts commands: what the lock's descriptor is inherited by holds it.
        file = open(root / JOURNAL / "lock", "r+")
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(holder(1 << 22))
        file.flush()
        command = subprocess.Popen(["sleep", "60"], pass_fds=[file.fileno()])
        file.close()
        try:
            r = slipway("rollback", root=root, status=BUSY)
            assert b"is still at work" in r.err
        finally:
            command.kill()
            command.wait()
        slipway("rollback", root=root, status=0)


if __name__ == "__main__":
    os.chdir(HERE)
    main()
