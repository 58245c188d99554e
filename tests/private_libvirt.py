# SPDX-License-Identifier: GPL-2.0-or-later
"""A libvirt daemon of a test's own, in namespaces of its own: nothing of the machine is touched, and it all ends with the test."""

import contextlib
import glob
import os
import shutil
import subprocess
import sys
import time

# What Debian installed is what is meant, whatever else stands first in the caller's PATH.
os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
INSIDE = "SLIPWAY_TEST_NAMESPACES"
QEMU = "/usr/bin/qemu-system-"
NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")
QEMU_CONF = """user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
remember_owner = 0
swtpm_user = "root"
swtpm_group = "root"
"""


def missing():
    """What this machine lacks for it, as a sentence, or None."""
    if os.geteuid() != 0:
        return "namespaces and guests need root"
    for program in ("libvirtd", "virsh", "unshare", "ip", "qemu-system-x86_64", "swtpm", "swtpm_setup"):
        if not shutil.which(program):
            return f"there is no {program} here"
    if INSIDE not in os.environ and run(*NAMESPACES, "true").returncode != 0:
        return "this machine gives no namespaces, as in some containers"
    return None


def enter(emulators=("x86_64",)):
    """
    Starts this program again in namespaces for mounts, processes and the network; the last of it ends with the first. emulators: those of QEMU
    that libvirt finds, if they are installed; it tries each of them out when it starts.
    """
    if INSIDE in os.environ:
        be_init()
        private_folders()
        hide_emulators({os.path.realpath(QEMU + name) for name in emulators})
        return
    os.execvpe("unshare", [*NAMESPACES, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


def be_init():
    """Process 1 of the namespace buries those who lost their parents: libvirt waits for a QEMU to be gone, and a zombie is not."""
    test = os.fork()
    if test == 0:
        return
    while True:
        pid, status = os.wait()
        if pid == test:
            os._exit(os.waitstatus_to_exitcode(status) & 0xff)


def run(*argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, **more)


def must(*argv):
    r = run(*argv)
    assert r.returncode == 0, f"{argv}: {r.stderr}{r.stdout}"
    return r.stdout


def private_folders():
    """What libvirt, swtpm and slipway write to is in memory, and the users that libvirt asks for are there."""
    must("mount", "-t", "tmpfs", "tmpfs", "/run")
    must("cp", "-a", "/etc", "/run/etc")
    must("mount", "--bind", "/run/etc", "/etc")
    for folder in ("/var/lib", "/var/log", "/var/cache"):
        must("mount", "-t", "tmpfs", "tmpfs", folder)
    for folder in ("/etc/libvirt", "/var/lib/libvirt/images", "/var/lib/swtpm-localca", "/var/log/libvirt/qemu", "/var/log/swtpm/libvirt/qemu"):
        os.makedirs(folder, exist_ok=True)
    for name, line in (("passwd", "libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin"), ("group", "libvirt-qemu:x:64055:")):
        with open("/etc/" + name, "r+", encoding="utf-8") as f:
            if "libvirt-qemu:" not in f.read():
                f.write(line + "\n")
    if os.path.exists("/dev/kvm"):
        must("mount", "--bind", "/dev/null", "/dev/kvm")  # the same test on every machine
    must("ip", "link", "set", "lo", "up")


def hide_emulators(kept):
    for program in {os.path.realpath(path) for path in glob.glob(QEMU + "*")} - kept:
        must("mount", "--bind", "/dev/null", program)


@contextlib.contextmanager
def libvirtd():
    """The daemon, until the block ends."""
    with open("/etc/libvirt/qemu.conf", "w", encoding="utf-8") as f:
        f.write(QEMU_CONF)
    with open("/etc/libvirt/libvirtd.conf", "w", encoding="utf-8") as f:
        f.write('auth_unix_rw = "none"\n')
    with open("/var/log/libvirt/libvirtd.log", "wb") as log:
        daemon = subprocess.Popen(["/usr/sbin/libvirtd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 300
        while virsh("version", check=False).returncode != 0:
            assert daemon.poll() is None and time.monotonic() < deadline, open("/var/log/libvirt/libvirtd.log", encoding="utf-8").read()[-3000:]
            time.sleep(0.1)
        yield daemon
    finally:
        daemon.terminate()
        daemon.wait(30)


def virsh(*arguments, check=True):
    r = run("virsh", "--connect", "qemu:///system", *arguments)
    assert not check or r.returncode == 0, f"virsh {arguments}: {r.stderr}{r.stdout}"
    return r
