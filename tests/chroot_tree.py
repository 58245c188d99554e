# SPDX-License-Identifier: GPL-2.0-or-later
"""A pretended server whose /usr is this machine's: the tools that Debian ships run within it for real, on real kernels."""

import fcntl
import glob
import os
import pathlib
import shutil
import subprocess

import make_host
from tap import Skip

# What an initramfs of the pretended servers needs of a kernel, so that an image is made in seconds.
MODULES = ("drivers/vfio", "drivers/nvme", "fs/ext4", "fs/jbd2", "fs/mbcache.ko", "lib/crc16.ko", "crypto/crc32c_generic.ko",
           "arch/x86/crypto/crc32c-intel.ko")
ETC = ("passwd", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "os-release", "udev", "initramfs-tools", "dracut.conf")
# The tool within the tree: /usr is put together of the tree's own and this machine's, and nothing outlives the process.
ENTER = """
root=$SLIPWAY_TEST_ROOT
mount --bind "$root/usr/lib/modules" "$root/mnt" &&
mount -t overlay overlay -o "lowerdir=$root/usr:/usr" "$root/usr" && mount --bind "$root/mnt" "$root/usr/lib/modules" &&
mount --rbind /proc "$root/proc" && mount --rbind /sys "$root/sys" && mount --rbind /dev "$root/dev" &&
mount -t tmpfs tmpfs "$root/run" && mount -t tmpfs tmpfs "$root/tmp" &&
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin LC_ALL=C "$@"
"""
KERNEL_CACHE = pathlib.Path(os.environ.get("SLIPWAY_LAB_CACHE") or "~/.cache/slipway-lab").expanduser() / "kernel"


def run(*argv, **more):
    p = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, text=True, errors="replace", **more)
    assert p.returncode == 0, f"{argv}: status {p.returncode}\n{p.stdout}\n{p.stderr}"
    return p.stdout


def kernel():
    """Debian's kernel for cloud machines, unpacked; fetched once. Its folder."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    if subprocess.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True).returncode:
        raise Skip("mount(2) is not possible here")
    KERNEL_CACHE.mkdir(parents=True, exist_ok=True)
    with open(KERNEL_CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not glob.glob(f"{KERNEL_CACHE}/root/boot/vmlinuz-*"):
            depends = run("apt-cache", "depends", "linux-image-cloud-amd64")
            name = next(line.split()[1] for line in depends.splitlines() if "Depends:" in line)
            run("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", name, cwd=KERNEL_CACHE)
            package, = KERNEL_CACHE.glob(f"{name}_*.deb")
            run("dpkg-deb", "-x", str(package), str(KERNEL_CACHE / "root"))
            package.unlink()
    return KERNEL_CACHE / "root"


def add_kernel(root, source, release, modules=MODULES):
    """Some modules, and what depmod makes of them; another release is the same kernel by another name."""
    original = os.path.basename(glob.glob(f"{source}/lib/modules/*")[0])
    folder = root / "usr/lib/modules" / release
    for name in modules:
        path = f"{source}/lib/modules/{original}/kernel/{name}"
        if os.path.isdir(path):
            shutil.copytree(path, folder / "kernel" / name)
        elif os.path.exists(path):
            (folder / "kernel" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / "kernel" / name)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(f"{source}/lib/modules/{original}/{name}", folder / name)
    run("depmod", "-b", str(root), release)
    for name in ("vmlinuz", "config"):
        shutil.copy(f"{source}/boot/{name}-{original}", root / f"boot/{name}-{release}")


def build(root, releases, source):
    """A server as make_host has it, without a tool for its initramfs: the test gives it one."""
    for name in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(root / "usr" / name, exist_ok=True)
        os.symlink(f"usr/{name}", root / name)
    tree = make_host.lab(root, dmar=False, cmdline=make_host.COMMON)
    shutil.rmtree(root / "etc/initramfs-tools")
    for name in ("usr/sbin/update-initramfs", f"boot/initrd.img-{make_host.KERNEL}", f"boot/vmlinuz-{make_host.KERNEL}"):
        os.unlink(root / name)
    shutil.rmtree(root / "usr/lib/modules" / make_host.KERNEL)
    for name in ETC:
        if os.path.isdir(f"/etc/{name}"):
            shutil.copytree(f"/etc/{name}", root / "etc" / name, symlinks=True)
        elif os.path.exists(f"/etc/{name}"):
            shutil.copy(f"/etc/{name}", root / "etc" / name)
    for name in ("run", "tmp", "var/tmp", "var/lib/initramfs-tools", "dev", "mnt"):
        tree.folder(name)
    for release in releases:
        add_kernel(root, source, release)
    return tree


def enter(root, *argv):
    """Runs a program within the tree."""
    return run("unshare", "-m", "sh", "-c", ENTER, "sh", *argv, env={**os.environ, "SLIPWAY_TEST_ROOT": str(root)})


def add_tools(folder, *names):
    """Programs for $PATH that run those of the same names within the tree, and note that they did."""
    for name in names:
        (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"$SLIPWAY_TEST_ROOT/calls"\n'
                                   f"exec unshare -m sh -c '{ENTER}' sh {name} \"$@\"\n")
        (folder / name).chmod(0o755)
