#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Interruptions: Ctrl-C, a terminal that goes away, and a reader that does, in the middle of a change. test_crash.py has the
signals at every point; here a command is at work, on a terminal.
"""

import contextlib
import fcntl
import os
import pathlib
import pty
import signal
import subprocess
import termios

import crash
import make_host
from crash import difference
from tap import HERE, SLIPWAY, Folder, main, slipway, test

ARGUMENT = ("--kernel-arg", "kvm.ignore_msrs=1")
AREAS = ("etc", "boot")
SLOW = """#!/bin/sh
echo begun >>/notes
[ ! -p /fifo ] || read -r line </fifo
/usr/sbin/update-grub-itself
echo ended >>/notes
"""


class Slow(crash.Host):
    """A pretended host whose update-grub waits for a word; slipway runs on a terminal of its own."""

    def __init__(self, path):
        super().__init__(path, live=True)
        crash.must_live()
        self.build()
        tool = pathlib.Path(self.path, "usr/sbin/update-grub")
        tool.rename(tool.with_name("update-grub-itself"))
        tool.write_text(SLOW)
        tool.chmod(0o755)
        self.fifo = os.path.join(self.path, "fifo")

    def start(self, *arguments, hangup=signal.SIG_DFL):
        os.mkfifo(self.fifo)
        self.ours, theirs = pty.openpty()

        def enter():
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGHUP, hangup)
            os.chroot(self.path)
            os.chdir("/")

        env = {**crash.ENV, "TERM": "dumb"}
        self.process = subprocess.Popen(self.argv(arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=env, preexec_fn=enter)
        os.close(theirs)
        # It opens when update-grub has opened its end.
        self.word = os.open(self.fifo, os.O_WRONLY)
        os.unlink(self.fifo)

    def go_on(self):
        os.write(self.word, b"\n")
        os.close(self.word)

    def end(self):
        """The exit status, and what was said."""
        said = b""
        with contextlib.suppress(OSError):  # EIO: nobody is at the other end any more
            while more := os.read(self.ours, 4096):
                said += more
        os.close(self.ours)
        return self.process.wait(60), said.decode().replace("\r\n", "\n")

    def calls(self):
        return pathlib.Path(self.path, "notes").read_text().split()


@contextlib.contextmanager
def slow_host():
    with Folder() as folder:
        host = Slow(folder / "host")
        try:
            yield host
        finally:
            if getattr(host, "process", None):
                host.process.kill()
                host.process.wait()


def wait_for(host, wanted):
    said = b""
    while wanted not in said:
        said += os.read(host.ours, 4096)


@test
def at_ctrl_c_the_command_ends_and_all_is_taken_back():
    with slow_host() as host:
        before = crash.host_of(host.look())
        host.start("apply", "--yes", *ARGUMENT)
        wait_for(host, b"running update-grub")
        os.write(host.ours, b"\x03")
        wait_for(host, b"interrupted: what is under way is ended")
        # Once more, by somebody who does not like to wait.
        os.write(host.ours, b"\x03")
        assert host.calls() == ["begun"], "the command was cut off"
        host.go_on()
        status, said = host.end()
        assert status == 4 and "error: interrupted by SIGINT\n" in said, (status, said)
        assert host.calls() == ["begun", "ended"] * 2, host.calls()
        assert not difference(crash.host_of(host.look()), before)
        assert host.transaction(1) == "undone"
        host.slipway("status", status=0)


@test
def a_terminal_that_is_lost_ends_undone():
    with slow_host() as host:
        before = crash.host_of(host.look())
        host.start("apply", "--yes", *ARGUMENT)
        os.close(host.ours)
        host.go_on()
        assert host.process.wait(60) == 4
        assert host.calls() == ["begun", "ended"] * 2, host.calls()
        assert not difference(crash.host_of(host.look()), before)
        assert host.transaction(1) == "undone"


@test
def a_terminal_that_is_lost_does_not_stop_a_rollback():
    with slow_host() as host:
        before = crash.host_of(host.look())
        host.slipway("apply", "--yes", *ARGUMENT, status=0)
        host.start("rollback")
        os.close(host.ours)
        host.go_on()
        assert host.process.wait(60) == 0
        assert not difference(crash.host_of(host.look()), before)


@test
def under_nohup_a_terminal_may_go():
    with slow_host() as host:
        host.start("apply", "--yes", *ARGUMENT, hangup=signal.SIG_IGN)
        os.close(host.ours)
        host.go_on()
        assert host.process.wait(60) == 0
        assert host.transaction(1) == "committed"


@test
def a_question_can_be_left_by_ctrl_c():
    with Folder() as root:
        make_host.lab(root)
        before = crash.look(root, AREAS)
        ours, theirs = pty.openpty()
        asking = subprocess.Popen([SLIPWAY, "--root", str(root), "apply", *ARGUMENT], stdin=theirs, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, preexec_fn=lambda: (os.setsid(), fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)))
        asking.stderr.read(4)
        os.write(ours, b"\x03")
        assert asking.wait(30) == -signal.SIGINT
        for end in (ours, theirs):
            os.close(end)
        asking.stderr.close()
        assert not difference(crash.look(root, AREAS), before)


def run_into(root, *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
    return subprocess.run([SLIPWAY, "--root", str(root), *arguments], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, timeout=60)


@contextlib.contextmanager
def nobody_reads():
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@test
def a_story_that_nobody_reads_ends_well():
    with Folder() as root, nobody_reads() as pipe, open("/dev/full", "wb") as full:
        make_host.lab(root)
        before = crash.look(root, AREAS)
        for end in (pipe, full):
            assert run_into(root, "apply", "--yes", *ARGUMENT, stderr=end).returncode == 0
            assert difference(crash.look(root, AREAS), before)
            assert run_into(root, "rollback", stderr=end).returncode == 0
            assert not difference(crash.look(root, AREAS), before)


@test
def a_plan_that_cannot_be_shown_is_not_carried_out():
    with Folder() as root, nobody_reads() as pipe, open("/dev/full", "wb") as full:
        make_host.lab(root)
        before = crash.look(root, AREAS)
        for end in (pipe, full):
            p = run_into(root, "apply", "--yes", *ARGUMENT, stdout=end, stderr=subprocess.PIPE)
            assert p.returncode == 4 and b"cannot write to standard output; nothing was changed" in p.stderr, p
            assert not difference(crash.look(root, AREAS), before)


@test
def a_rollback_is_done_whether_or_not_it_can_be_told():
    with Folder() as root, nobody_reads() as pipe, open("/dev/full", "wb") as full:
        make_host.lab(root)
        for end in (pipe, full):
            before = crash.look(root, AREAS)
            slipway("apply", "--yes", *ARGUMENT, root=root, status=0)
            p = run_into(root, "rollback", stdout=end, stderr=subprocess.PIPE)
            assert p.returncode == 0 and b"'slipway status' tells what was done" in p.stderr, p
            assert not difference(crash.look(root, AREAS), before)


@test
def a_recovery_that_is_interrupted_is_all_that_is_done():
    """The start takes back what a crash left; who asks for an end meanwhile does not want the next change, either."""
    with slow_host() as host:
        before = crash.host_of(host.look())
        host.start("apply", "--yes", *ARGUMENT)
        host.process.kill()
        host.go_on()
        host.end()
        host.start("--wait", "20", "apply", "--yes", *ARGUMENT)
        os.write(host.ours, b"\x03")
        wait_for(host, b"taken back to the end first")
        host.go_on()
        status, said = host.end()
        assert status == 4 and "nothing else was begun" in said, (status, said)
        assert not difference(crash.host_of(host.look()), before)
        assert host.transaction(1) == "undone" and host.transaction(2) is None


if __name__ == "__main__":
    os.chdir(HERE)
    main()
