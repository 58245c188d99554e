# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with little but a boot chain in it, that runs: a chroot with pretended tools, in which commands do what they do."""

import os
import pathlib
import shutil
import subprocess

import boot_host
import crash
from tap import Skip

PROGRAMS = (*crash.PROGRAMS, "cat", "rm", "tr")
CLOCK = pathlib.Path(os.environ.get("SLIPWAY_CLOCK", pathlib.Path(crash.INJECT).parent / "fake_clock.so"))


class Live(crash.Host):
    """chain: what sets the boot chain up in the tree; tools: the pretended programs that it has."""

    def __init__(self, path, chain, tools=(), areas=()):
        if os.geteuid() != 0:
            raise Skip("needs root")
        super().__init__(path, live=True, areas=areas)
        self.tree = boot_host.Host(pathlib.Path(path))
        chain(self.tree)
        crash.add_programs(path, tools, PROGRAMS)
        # Where the sanitizers read their options, which is no place for them to look for leaks.
        self.tree.put("proc/self/environ", "ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0\0")

    def pass_time(self):
        """From now on nobody waits here: the two minutes in which a host may come up well are over at once."""
        shutil.copy(CLOCK, self.tree.path / "lib/fake_clock.so")
        self.tree.put("etc/ld.so.preload", "/lib/fake_clock.so\n")

    def calls(self):
        """What the tools were asked for since the last time."""
        path = self.tree.path / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def state(self):
        return crash.host_of(self.look())

    def holds(self):
        p = self.slipway("verify", status=(0, 1))
        assert b"all of its changes hold" in p.stdout, (p.stdout, p.stderr)

    def run(self, *argv):
        """A tool by itself, as the administrator runs it."""
        p = self.command(argv)
        assert p.returncode == 0, (argv, p)
        self.calls()


class Partition:
    """A file system of its own for the tree: a device in it, and a mount for the pretended tools."""

    def __init__(self, tree, uuid):
        self.folder = tree.path / "esp" / uuid
        self.image = tree.path.parent / f"{uuid}.img"
        self.folder.mkdir(parents=True)
        with open(self.image, "wb") as f:
            f.truncate(2 << 20)
        self.run("mkfs.ext4", "-q", "-O", "^has_journal", self.image)
        self.device = self.run("losetup", "--show", "-f", self.image).strip()
        try:
            self.run("mount", self.device, self.folder)
            node = tree.path / "dev/disk/by-uuid" / uuid
            node.parent.mkdir(parents=True, exist_ok=True)
            os.mknod(node, 0o600 | 0o060000, os.stat(self.device).st_rdev)
        except BaseException:
            self.run("losetup", "-d", self.device)
            raise

    def run(self, *argv):
        try:
            p = subprocess.run([str(a) for a in argv], capture_output=True, text=True)
        except FileNotFoundError:
            raise Skip(f"{argv[0]} is not installed") from None
        if p.returncode:
            raise Skip(f"{argv[0]}: {p.stderr.strip()[:80]}")
        return p.stdout

    def close(self):
        self.run("umount", self.folder)
        self.run("losetup", "-d", self.device)
