# SPDX-License-Identifier: GPL-2.0-or-later
"""A server whose initramfs a real tool makes, and what slipway does on it as if it were live."""

import os
import pathlib
import shutil
import subprocess

import chroot_tree
from tap import HERE, Folder, snapshot

DRIVE = os.environ.get("DRIVE", "drive")
BINDER = os.environ.get("SLIPWAY_BIND", "slipway-bind")
KERNELS = ("6.1.0-1-test", "6.1.0-2-test")


TRIAL_LIST = "# what a trial boot binds\n"


def mark(kind, text):
    """The file that tells which list went into an image."""
    said = subprocess.run(["cksum"], input=text.encode(), capture_output=True, check=True).stdout.split()
    return f"etc/slipway/{kind}-{said[0].decode()}-{said[1].decode()}"


def has(files, end):
    return [path for path in files if path == end or path.endswith("/" + end)]


class Server(Folder):
    """A server with real kernels, one generator, and an image of each kernel; made by that where the test looks at what was before."""

    kernels, made = KERNELS[:1], False
    tools, image, config = (), "", {}
    place = "/var/tmp"  # not below /dev, which is bound into the tree

    def __enter__(self):
        self.root = super().__enter__()
        self.root = pathlib.Path(os.path.realpath(self.root))
        self.tree = chroot_tree.build(self.root, self.kernels, chroot_tree.kernel())
        shutil.copy(BINDER, self.root / "usr/libexec/slipway/slipway-bind")
        shutil.rmtree(self.root / "etc/initramfs-tools", ignore_errors=True)
        for path, content in self.config.items():
            self.tree.put(path, content)
        self.bin = self.root / "tools"
        self.bin.mkdir()
        chroot_tree.add_tools(self.bin, *(os.path.basename(tool) for tool in self.tools))
        self.copy_tool()
        for release in self.kernels if self.image else ():
            self.tree.put(self.image.format(release), "image\n")
            if self.made:
                self.make(release)
        return self

    def copy_tool(self):
        """What detection looks for must be in the tree itself; the rest is there while a tool runs."""
        shutil.copy("/" + self.tools[0], self.root / self.tools[0])

    def drive(self, *words, status=0):
        env = {**os.environ, "PATH": f"{self.bin}:{HERE}/tools:{os.environ['PATH']}", "SLIPWAY_TEST_ROOT": str(self.root),
               "ASAN_OPTIONS": "detect_leaks=0"}
        p = subprocess.run([DRIVE, str(self.root), *words], capture_output=True, stdin=subprocess.DEVNULL, text=True, env=env)
        assert p.returncode == status, f"{words}: status {p.returncode}, not {status}\n{p.stdout}\n{p.stderr}"
        return p.stdout + p.stderr

    def calls(self):
        return (self.root / "calls").read_text().splitlines()

    def state(self):
        """All but the images, which are made anew, and slipway's memory."""
        images = [self.image.format(release) for release in self.kernels]
        return snapshot(self.root, leave_out=["var", "calls", "boot/grub/grub.cfg", *images])

    def files(self, image):
        """What is in an image, told by cpio and not by what slipway asks: path → content."""
        with Folder() as folder:
            self.unpack(self.root / image, folder)
            found = {}
            for base, _, names in os.walk(folder):
                for name in names:
                    full = pathlib.Path(base, name)
                    path = str(full.relative_to(folder))
                    found[path] = full.read_bytes() if full.is_file() and not full.is_symlink() else None
            return found
