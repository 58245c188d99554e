# SPDX-License-Identifier: GPL-2.0-or-later
"""Images that boot: first worked on from outside, then a chroot with pretended tools, which boots and boots again."""

import json
import os
import pathlib
import re
import shutil

import crash
from tap import HERE, Skip, slipway

STATE = "var/lib/slipway"
PENDING, RECORD, WISH = f"{STATE}/first-boot.pending", f"{STATE}/first-boot.json", "etc/slipway/first-boot"
DROPIN = "etc/default/grub.d/zz-slipway.cfg"
ARGUMENT = ("--kernel-arg", "kvm.ignore_msrs=1")
SPEC = "version: 1\nkernel:\n  arguments: [kvm.ignore_msrs=1]\n"
REBOOT = "systemctl reboot"


class Image(crash.Host):
    """An image: first it is worked on from outside, then it is booted, and booted again."""

    def __init__(self, path):
        super().__init__(path, live=True)
        if os.geteuid() != 0:
            raise Skip("needs root")
        self.build()
        self.write("usr/lib/systemd/system/slipway-first-boot.service", "[Unit]\n")
        shutil.copy(HERE / "tools/systemctl", self.file("usr/bin/systemctl"))
        wants = self.file("usr/lib/systemd/system/multi-user.target.wants")
        wants.mkdir()
        (wants / "slipway-first-boot.service").symlink_to("../slipway-first-boot.service")
        # Where the sanitizers read their options, which is no place for them to look for leaks.
        self.write("proc/self/environ", "ASAN_OPTIONS=detect_leaks=0\0")
        self.forget_calls()
        self.n_boots = 0

    def file(self, name):
        return pathlib.Path(self.path) / name

    def write(self, name, text):
        self.file(name).parent.mkdir(parents=True, exist_ok=True)
        self.file(name).write_text(text)

    def offline(self, *arguments, status=0):
        return slipway(*arguments, root=self.path, status=status)

    def forget_calls(self):
        self.file("calls").unlink(missing_ok=True)

    def calls(self):
        path = self.file("calls")
        return path.read_text().splitlines() if path.exists() else []

    def boot(self):
        """The kernel that GRUB would start now, and another boot id."""
        self.n_boots += 1
        self.write("proc/sys/kernel/random/boot_id", f"boot-{self.n_boots}\n")
        line = re.search(r"^\s*linux\s+(.*)$", self.file("boot/grub/grub.cfg").read_text(), re.M)
        # The pretended update-grub can be killed in the middle of the file; the real one writes another, and renames that.
        if line:
            self.write("proc/cmdline", f"BOOT_IMAGE={line[1]}\n")

    def unit(self, status=(0, 1), options=()):
        """As slipway-first-boot.service does it: only where one of its conditions holds. None: they do not."""
        if not self.file(PENDING).exists() and not self.file(WISH).exists():
            return None
        return self.slipway("verify", "--reboot", status=status, options=options)

    def story(self):
        return json.loads(self.slipway("--json", "status", status=(0, 1)).stdout)

    def first_boot(self):
        return self.story()["first_boot"]


def prepared(folder, *arguments):
    image = Image(folder / "image")
    image.offline("apply", "--yes", *(arguments or ARGUMENT))
    assert image.calls() == [] and image.file(PENDING).exists()
    return image


def wished(folder, spec=SPEC):
    image = Image(folder / "image")
    if spec is not None:
        image.write("etc/slipway/host.yaml", spec)
    image.write(WISH, "")
    return image


def ends(image, state):
    """The end: told, with nothing left that starts the unit again."""
    now = image.first_boot()
    assert now["state"] == state, now
    assert not image.file(PENDING).exists() and not image.file(WISH).exists()
    assert image.unit() is None
    return now
