#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands that slipway gives to dnf, zypper and pacman, judged by the real ones: Debian has them as packages. Nothing is installed by them."""

import contextlib
import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile

import boot_host
import tap
from tap import Folder, Skip, slipway, test

SPEC = "version: 1\npackages: [virtualization, tools, cockpit]\n"
PACKAGE = """<package type="rpm"><name>{0}</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256" pkgid="YES">{1}</checksum><summary/><description/>
<packager/><url/><time file="1" build="1"/><size package="1" installed="1" archive="1"/><location href="{0}.rpm"/><format><rpm:license/><rpm:vendor/><rpm:group/><rpm:buildhost/>
<rpm:sourcerpm/><rpm:header-range start="1" end="1"/><rpm:provides><rpm:entry name="{0}" flags="EQ" epoch="0" ver="1" rel="1"/></rpm:provides></format></package>"""


@contextlib.contextmanager
def unpacked(*packages):
    """The packages with all that they need and this machine lacks, in a folder; and the environment in which they run there."""
    with Folder() as folder:
        p = subprocess.run(["apt-get", "-qq", "-s", "install", "--no-install-recommends", *packages], capture_output=True, text=True)
        names = [line.split()[1] for line in p.stdout.splitlines() if line.startswith("Inst ")]
        if p.returncode == 0 and names:
            p = subprocess.run(["apt-get", "-qq", "download", *names], cwd=folder, capture_output=True, text=True)
        if p.returncode:
            raise Skip(f"{packages[0]} cannot be had: {p.stderr.strip()[-200:]}")
        for path in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", path, folder / "system"], check=True)
        system = folder / "system/usr"
        # zypper's library asks for it by its other name, which Debian's package does not have.
        (folder / "bin").mkdir()
        (folder / "bin/repo2solv.sh").symlink_to(system / "bin/repo2solv")
        (folder / "home").mkdir()
        libraries = f"{system}/lib/x86_64-linux-gnu:{folder}/system/lib/x86_64-linux-gnu"
        yield folder, {"PATH": f"{system}/bin:{folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH": libraries, "PYTHONPATH": f"{system}/lib/python3/dist-packages",
                       "RPM_CONFIGDIR": f"{system}/lib/rpm", "HOME": f"{folder}/home", "LC_ALL": "C"}


def commands(release, tool):
    """What slipway would run on a host that lacks everything, and on the way back."""
    with Folder() as root:
        tree = boot_host.Host(root)
        tree.put("etc/os-release", release)
        tree.put(f"usr/bin/{tool}", "")
        tree.put("etc/slipway/host.yaml", SPEC)
        slipway("apply", "--yes", root=root, status=0)
        plan = json.loads((root / "var/lib/slipway/transactions/1/plan.json").read_text())
    [command] = [c for c in plan["changes"] if c["kind"] == "command"]
    assert command["argv"][0] == command["undo"][0] == tool, command
    return command["argv"], command["undo"], [word for word in command["undo"][2:] if not word.startswith("-") and word != "remove"]


def rpm_repository(folder, names):
    (folder / "repository/repodata").mkdir(parents=True)
    body = "".join(PACKAGE.format(name, hashlib.sha256(name.encode()).hexdigest()) for name in names)
    primary = f'<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="{len(names)}">{body}</metadata>'
    (folder / "repository/repodata/primary.xml").write_text(primary)
    (folder / "repository/repodata/repomd.xml").write_text(
        f'<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision><data type="primary"><checksum type="sha256">{hashlib.sha256(primary.encode()).hexdigest()}</checksum>'
        '<location href="repodata/primary.xml"/><timestamp>1</timestamp></data></repomd>')


def run(env, argv, *more, after=1):
    """The command, with words of the test's own behind the program's name or its verb."""
    p = subprocess.run([*argv[:after], *map(str, more), *argv[after:]], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return p.returncode, p.stdout, p.stdout + p.stderr


def with_a_word_that_is_none(argv):
    return [argv[0], "--no-such-option", *argv[1:]]


@test
def dnf_takes_its_commands_and_would_install_all_of_it():
    argv, undo, names = commands("ID=fedora\n", "dnf")
    with unpacked("dnf") as (folder, env):
        rpm_repository(folder, names)
        for name in ("root", "log"):
            (folder / name).mkdir()
        (folder / "r.repo").write_text(f"[r]\nname=r\nbaseurl=file://{folder}/repository\ngpgcheck=0\n")
        own = [f"--installroot={folder}/root", "--releasever=39", *(f"--setopt={key}={folder}/{value}" for key, value in (
            ("reposdir", ""), ("cachedir", "cache"), ("logdir", "log"), ("pluginpath", "none"))), "--assumeno"]  # fmt: skip
        status, out, said = run(env, argv, *own)
        assert status == 1 and "Operation aborted" in said and f"Install  {len(names)} Packages" in out, said
        assert "did not have" not in said and all(f" {name} " in out for name in names), said
        status, out, said = run(env, undo, *own)
        assert status == 0 and "No match for argument: qemu-kvm" in said, said
        status, out, said = run(env, with_a_word_that_is_none(argv), *own)
        assert status and "unrecognized arguments" in said, said


@test
def zypper_takes_its_commands_and_would_install_all_of_it():
    argv, undo, names = commands("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", "zypper")
    with unpacked("zypper") as (folder, env):
        rpm_repository(folder, names)
        root = folder / "root"
        root.mkdir()
        run(env, ["zypper", "--root", root, "--non-interactive", "addrepo", "--no-gpgcheck", f"file://{folder}/repository", "r"])
        run(env, ["zypper", "--root", root, "--non-interactive", "refresh"])
        verb = argv.index("install")
        status, out, said = run(env, [*argv[:1], "--root", root, *argv[1:verb + 1], "--dry-run", *argv[verb + 1:]])
        assert status == 0 and f"{len(names)} new packages to install" in out and all(name in out for name in names), said
        verb = undo.index("remove")
        status, out, said = run(env, [*undo[:1], "--root", root, *undo[1:verb + 1], "--dry-run", *undo[verb + 1:]])
        assert status == 104 and "No provider of 'qemu-tools' found" in said, said
        status, out, said = run(env, with_a_word_that_is_none(argv), "--root", root)
        assert status and "--no-such-option" in said, (status, said)


@test
def pacman_takes_its_commands_and_would_install_all_of_it():
    argv, undo, names = commands("ID=arch\n", "pacman")
    with unpacked("pacman-package-manager") as (folder, env):
        root = folder / "root"
        described = {name: f"%NAME%\n{name}\n\n%VERSION%\n1-1\n\n%FILENAME%\n{name}.pkg.tar\n\n%CSIZE%\n1\n\n%ISIZE%\n1\n\n%ARCH%\nany\n".encode() for name in names}
        (root / "var/lib/pacman/sync").mkdir(parents=True)
        with gzip.open(root / "var/lib/pacman/sync/r.db", "wb") as compressed, tarfile.open(fileobj=compressed, mode="w") as archive:
            for name, text in described.items():
                entry = tarfile.TarInfo(f"{name}-1-1/desc")
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text))
        (folder / "pacman.conf").write_text(f"[options]\nArchitecture = auto\nSigLevel = Never\n[r]\nServer = file://{folder}/repository\n")
        own = ["--config", folder / "pacman.conf", "--root", root, "--print"]
        status, out, said = run(env, argv, *own)
        assert status == 0 and sorted(pathlib.Path(line).name for line in out.split()) == sorted(f"{name}.pkg.tar" for name in names), said
        for name, text in described.items():
            (root / f"var/lib/pacman/local/{name}-1-1").mkdir(parents=True)
            (root / f"var/lib/pacman/local/{name}-1-1/desc").write_bytes(text)
            (root / f"var/lib/pacman/local/{name}-1-1/files").write_bytes(b"")
        status, out, said = run(env, undo, *own)
        assert status == 0 and sorted(out.split()) == sorted(f"{name}-1-1" for name in names), said
        # What is there already is not fetched again.
        status, out, said = run(env, argv, *own)
        assert status == 0 and not out.strip(), said
        status, out, said = run(env, with_a_word_that_is_none(argv), *own)
        assert status == 1 and "unrecognized option" in said, said


if __name__ == "__main__":
    if os.uname().machine != "x86_64":
        print("1..0 # SKIP the names are those of x86")
    else:
        tap.main()
