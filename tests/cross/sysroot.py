#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian 12's libraries for s390x, unpacked beside this machine's own packages, and meson's cross file for them.

sysroot.py CROSS-FILE: as TAP. The libraries are kept in the lab's cache and fetched where they are not there yet. What is built with the
file finds them by itself, so qemu-user needs no -L, which would also turn the paths of the program's own files into that folder."""

import hashlib
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))

import apt
import cache
import image

ARCHITECTURE, TRIPLET, LOADER = "s390x", "s390x-linux-gnu", "lib/ld64.so.1"
PACKAGES = ("libblkid-dev", "libc6-dev", "libjson-c-dev", "libkmod-dev", "libmount-dev", "libpci-dev", "libudev-dev", "libvirt-dev",
            "libxml2-dev", "libyaml-dev", "zlib1g-dev")  # fmt: skip
EMULATOR = "/usr/bin/qemu-s390x-static"
CROSS_FILE = """\
[constants]
root = '{root}'

[binaries]
c = ['{triplet}-gcc', '--sysroot=' + root]
ar = '{triplet}-ar'
strip = '{triplet}-strip'
pkgconfig = '/usr/bin/pkg-config'
exe_wrapper = ['{emulator}']

[properties]
sys_root = root
pkg_config_libdir = root / 'usr/lib/{triplet}/pkgconfig:' + root / 'usr/share/pkgconfig'

[built-in options]
buildtype = 'plain'
optimization = '0'
c_link_args = ['-Wl,--dynamic-linker=' + root / '{loader}', '-Wl,--disable-new-dtags',
               '-Wl,-rpath=' + root / 'lib/{triplet}:' + root / 'usr/lib/{triplet}']

[host_machine]
system = 'linux'
cpu_family = '{architecture}'
cpu = '{architecture}'
endian = 'big'
"""


def ensure():
    folder = cache.folder() / "cross"
    folder.mkdir(parents=True, exist_ok=True)
    root = folder / f"{ARCHITECTURE}-{hashlib.sha256(repr((image.SUITE, PACKAGES)).encode()).hexdigest()[: image.HASH_LENGTH]}"
    with cache.lock(folder / f"{ARCHITECTURE}.lock"):
        if not root.exists():
            for old in folder.glob(f"{ARCHITECTURE}-*"):
                shutil.rmtree(old)
            fetch(root)
    return root


def fetch(root):
    """Nothing of these packages runs: they are unpacked, and that is all."""
    work = root.with_name(f"fetching-{ARCHITECTURE}")
    cache.clear(work)
    sources = root.with_name("sources.list")
    sources.write_text(apt.sources(image.SUITE))
    command = ["mmdebstrap", "--variant=extract", f"--architectures={ARCHITECTURE}", f"--include={','.join(PACKAGES)}"]
    command += [f"--aptopt={option}" for option in apt.options()]
    command += [image.SUITE, str(work), str(sources), "--format=directory"]
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    work.rename(root)


def main():
    said = []
    try:
        text = CROSS_FILE.format(root=ensure(), triplet=TRIPLET, loader=LOADER, emulator=EMULATOR, architecture=ARCHITECTURE)
        pathlib.Path(sys.argv[1]).write_text(text)
    except (OSError, subprocess.CalledProcessError) as error:
        said = [*(getattr(error, "output", None) or "").splitlines()[-30:], str(error)]
    for line in said:
        print(f"# {line}")
    print(f"{'not ok' if said else 'ok'} 1 - Debian's libraries for {ARCHITECTURE} are here\n1..1")
    return bool(said)


if __name__ == "__main__":
    sys.exit(main())
