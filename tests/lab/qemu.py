"""
The emulator: this machine's, or where that is an old one the one of Debian's backports, unpacked into the cache and installed nowhere. It
starts programs in a server at twice the speed (QEMU 10 rewrote x86's string instructions), has network cards with virtual functions, and
NVMe drives on s390x. An emulated guest in a server takes a quarter longer to come up in it.
"""

import dataclasses
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys

import apt
import cache

# The program, its package, and the folder of the cache that holds it.
PROGRAMS = {"x86_64": ("qemu-system-x86_64", "qemu-system-x86", "qemu"), "s390x": ("qemu-system-s390x", "qemu-system-s390x", "qemu-s390x")}
WANTED = 10
# With virtual functions; QEMU has one since its version 8.
NETWORK_CARD = ("-device", "pcie-root-port,id=network,bus=pcie.0,chassis=23,slot=23", "-device", "igb,bus=network")
SUITE = "bookworm"


@dataclasses.dataclass(frozen=True)
class Emulator:
    command: tuple
    environment: tuple = ()
    version: int = 0

    def environ(self):
        return {**os.environ, **dict(self.environment)}


def version(emulator):
    """Its major version, 0 where it does not run."""
    try:
        r = subprocess.run([*emulator.command, "-version"], env=emulator.environ(), capture_output=True, text=True)
    except OSError:
        return 0
    found = re.match(r"QEMU emulator version (\d+)\.", r.stdout)
    return int(found[1]) if found else 0


def with_version(emulator):
    return dataclasses.replace(emulator, version=version(emulator))


def unpacked(root, program):
    libraries = root / "usr/lib/x86_64-linux-gnu"
    return with_version(Emulator((str(root / "usr/bin" / program), "-L", str(root / "usr/share/qemu")),
                                 (("LD_LIBRARY_PATH", str(libraries)), ("QEMU_MODULE_DIR", str(libraries / "qemu")))))  # fmt: skip


@functools.cache
def emulator(architecture="x86_64"):
    """Of a server with that architecture. A newer one is fetched by the first that asks, while the others wait."""
    program, package, name = PROGRAMS[architecture]
    own = with_version(Emulator((program,)))
    if own.version >= WANTED:
        return own
    folder = cache.folder()
    folder.mkdir(parents=True, exist_ok=True)
    with cache.lock(folder / f"{name}.lock"):
        newer = unpacked(folder / name, program)
        if newer.version < WANTED:
            try:
                fetch(folder / name, package)
            except (apt.Error, OSError, subprocess.CalledProcessError) as error:
                print(f"[lab] {fallback(own)}: there is no newer one: {error}", file=sys.stderr, flush=True)
                return own
            newer = unpacked(folder / name, program)
    return newer if newer.version >= WANTED else own


def has_network_card():
    return emulator().version >= 8


def fallback(own):
    return f"QEMU {own.version} does it, slowly" if own.version else f"{own.command[0]} is not installed"


def fetch(root, name):
    """What this machine lacks for that package, from Debian's archive and its backports."""
    work = root.with_name(f"building-{root.name}")
    shutil.rmtree(work, ignore_errors=True)
    status = pathlib.Path("/var/lib/dpkg/status").read_text()
    folder = apt.download(work, (name,), status, apt.sources(SUITE, backports=True), f"--target-release={SUITE}-backports")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, work / "root"], check=True)
    shutil.rmtree(root, ignore_errors=True)
    (work / "root").rename(root)
    shutil.rmtree(work)
