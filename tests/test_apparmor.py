#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What slipway writes for AppArmor, judged by its own parser, with Debian's profiles. The kernel is not asked: it may have no AppArmor."""

import os
import shutil
import subprocess

import tap
from tap import Folder, Skip, packaged, test

HELPER = "usr.lib.libvirt.virt-aa-helper"
LOCAL = (f"local/{HELPER}", "local/abstractions/libvirt-qemu")
FOLDER = "/run/images/b.c+d@e:f-g"
POOLS = f"version: 1\npools:\n  - {{ name: shelf, path: '{FOLDER}', autostart: off }}\nguests:\n  - {{ name: g, profile: uefi, hugepages: off, disk: shelf/a.raw }}\n"
# libvirt's driver for tests forgets what it is told with each process: pool and guest are there already.
NODE = f"""<node>
  <domain type='test'><name>g</name><memory>131072</memory><os><type>hvm</type></os></domain>
  <pool type='dir'><name>shelf</name><target><path>{FOLDER}</path></target><volume type='file'><name>a.raw</name><capacity>1048576</capacity></volume></pool>
</node>"""
# The folders that are the test's, at their places; what is in them outlives each command.
ENTER = """
set -e
for folder in etc var/lib run sys/module; do mount --bind "$FILES/$folder" "/$folder"; done
exec "$@"
"""
PARSER = """#!/bin/sh
echo "$*" >>"$FILES/calls"
exec "$FILES/sbin/apparmor_parser" --config-file /dev/null --skip-kernel-load "$@"
"""


class Host:
    def __init__(self, files):
        if os.geteuid() != 0:
            raise Skip("needs root")
        self.files = files
        for package in ("apparmor", "libvirt-daemon-system"):
            packaged(package, f"/no/{package}-files", files)
        for folder in ("var/lib/slipway", "run", "bin", "sys/module/apparmor/parameters"):
            (files / folder).mkdir(parents=True, exist_ok=True)
        for path, text in (("etc/os-release", "ID=debian\n"), ("etc/machine-id", "0123456789abcdef0123456789abcdef\n"), ("sys/module/apparmor/parameters/enabled", "Y\n"),
                           ("bin/apparmor_parser", PARSER), ("calls", ""), ("run/node.xml", NODE)):
            (files / path).write_text(text)
        (files / "bin/apparmor_parser").chmod(0o755)
        self.apparmor = files / "etc/apparmor.d"
        # As the packages' scripts do it: what the profiles include must be there.
        for path in LOCAL:
            (self.apparmor / path).parent.mkdir(parents=True, exist_ok=True)
            (self.apparmor / path).write_text("")
        shutil.copy(self.apparmor / "libvirt/TEMPLATE.qemu", self.apparmor / "libvirt/guest")
        self.env = {"FILES": str(files), "PATH": f"{files}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LIBVIRT_DEFAULT_URI": "test:///run/node.xml"}
        self.enter = ("unshare", "--mount", "sh", "-c", ENTER, "sh")
        if (p := subprocess.run([*self.enter, "true"], env=self.env, capture_output=True, text=True)).returncode:
            raise Skip(f"mounts of its own are not possible here: {p.stderr.strip()}")

    def slipway(self, *words):
        tap.slipway(*words, before=self.enter, env=self.env, status=0)

    def apply(self, spec):
        (self.files / "run/spec.yaml").write_text(spec)
        self.slipway("apply", "--yes", "-f", "/run/spec.yaml")

    def parsed(self, profile):
        """The profile as the parser has read it, with all that it includes, after it was compiled."""
        for words in ((), ("--preprocess",)):
            p = subprocess.run([self.files / "sbin/apparmor_parser", "--config-file", "/dev/null", "--skip-kernel-load", "--skip-cache", "--base", self.apparmor, *words, self.apparmor / profile],
                               capture_output=True, text=True)
            assert p.returncode == 0 and "error" not in p.stderr, (profile, p.stderr)
        return p.stdout

    def calls(self):
        lines = (self.files / "calls").read_text().splitlines()
        (self.files / "calls").write_text("")
        return lines


@test
def the_parser_takes_the_profiles_with_slipway_s_lines_and_when_they_have_gone():
    load = f"--replace /etc/apparmor.d/{HELPER}"
    with Folder() as folder:
        host = Host(folder)
        before = tap.snapshot(host.apparmor)
        assert not any(FOLDER in host.parsed(profile) for profile in (HELPER, "libvirt/guest"))
        host.apply(POOLS)
        assert f'"{FOLDER}/**" r,' in host.parsed(HELPER) and f'"{FOLDER}/**" rwk,' in host.parsed("libvirt/guest")
        assert host.calls() == [load]
        # Who wants no pools any more still wants guests that start.
        host.apply("version: 1\nguests:\n  - { name: g, profile: uefi, hugepages: off }\n")
        assert not any(FOLDER in host.parsed(profile) for profile in (HELPER, "libvirt/guest"))
        assert host.calls() == [load] and tap.snapshot(host.apparmor) == before
        host.slipway("rollback")
        assert f'"{FOLDER}/**" r,' in host.parsed(HELPER) and host.calls() == [load]
        host.slipway("rollback")
        assert tap.snapshot(host.apparmor) == before and host.calls() == [load]


if __name__ == "__main__":
    tap.main()
