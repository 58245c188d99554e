# SPDX-License-Identifier: GPL-2.0-or-later
"""Pretended hosts with little but a boot chain in them, for tests of kernel arguments."""

import atexit
import functools
import json
import os
import subprocess

from tap import HERE, Folder, Skip, difference, packaged, slipway, snapshot

FILES = HERE / "boot"
ADDED = ["slipway.bind=1", "dyndbg=\"file drivers/vfio/* +p\"", "vfio-pci.ids=144d:a80a,8086:5845"]
WORDS = [word for a in ADDED for word in ("--kernel-arg", a)]
EFI = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
MACHINE = "0123456789abcdef0123456789abcdef"
PLUGIN = "/usr/lib/kernel/install.d/90-loaderentry.install"


class Host:
    """A tree with little but a boot chain in it."""

    def __init__(self, path):
        self.path = path
        self.put("proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu svm\n\n")
        self.put("proc/cmdline", "root=/dev/vda2 ro quiet\n")
        self.put("proc/sys/kernel/osrelease", "6.1.0\n")
        (path / "lib/modules/6.1.0").mkdir(parents=True)
        (path / "var/lib/slipway").mkdir(parents=True)

    def put(self, name, content, mode=0o644):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(mode)

    def program(self, name):
        self.put(name, "#!/bin/false\n", 0o755)

    def variable(self, name, text):
        self.put(f"sys/firmware/efi/efivars/{name}-{EFI}", b"\x06\0\0\0" + text.encode("utf-16-le") + b"\0\0")

    def get(self, name):
        return (self.path / name).read_text()

    def options(self, name):
        """Of a boot loader entry, all its lines."""
        lines = [line.split(None, 1) for line in self.get(name).splitlines()]
        return " ".join(line[1] for line in lines if line[:1] == ["options"] and len(line) > 1)


def systemd_boot(host, entry="title A\nlinux /vmlinuz-6.1.0\noptions root=/dev/vda2 ro quiet\n", name="debian-6.1.0.conf"):
    host.variable("LoaderInfo", "systemd-boot 252.39-1~deb12u2")
    host.put("boot/efi/EFI/systemd/systemd-bootx64.efi", "MZ")
    host.put(f"boot/efi/loader/entries/{name}", entry)
    host.program("usr/bin/kernel-install")


def environment(values):
    text = "# GRUB Environment Block\n" + "".join(f"{name}={value}\n" for name, value in values.items())
    return text + "#" * (1024 - len(text))


def grub_bls(host, entries, env=None, cfg="set default=\"${saved_entry}\"\ninsmod blscfg\nblscfg\n"):
    host.put("proc/cmdline", "BOOT_IMAGE=(hd0,gpt2)/vmlinuz root=/dev/vda2 ro\n")
    host.put("boot/grub2/grub.cfg", cfg)
    host.put("boot/grub2/grubenv", environment(env or {}))
    host.program("usr/sbin/grub2-mkconfig")
    for name, text in entries.items():
        host.put(f"boot/loader/entries/{name}", text)


def zipl(host):
    host.put("proc/cpuinfo", "vendor_id       : IBM/S390\n# processors    : 1\n")
    host.put("proc/cmdline", "root=/dev/dasda1 BOOT_IMAGE=0\n")
    host.program("usr/sbin/zipl")


def proxmox(host):
    host.variable("LoaderInfo", "systemd-boot 252")
    host.program("usr/sbin/proxmox-boot-tool")
    host.put("etc/kernel/proxmox-boot-uuids", "AAAA-BBBB\n")


def kernel_install(host, version, folder="boot/efi"):
    """A kernel comes: what systemd's own plugin writes for it."""
    if not os.path.exists(PLUGIN):
        raise Skip("kernel-install is not here")
    entry_dir = host.path / folder / "debian" / version
    entry_dir.mkdir(parents=True)
    host.put("image", "kernel")
    env = {**os.environ, "KERNEL_INSTALL_LAYOUT": "bls", "KERNEL_INSTALL_MACHINE_ID": MACHINE, "KERNEL_INSTALL_ENTRY_TOKEN": "debian",
           "KERNEL_INSTALL_BOOT_ROOT": str(host.path / folder), "KERNEL_INSTALL_CONF_ROOT": str(host.path / "etc/kernel"),
           "KERNEL_INSTALL_VERBOSE": "0", "KERNEL_INSTALL_STAGING_AREA": str(entry_dir)}  # fmt: skip
    subprocess.run([PLUGIN, "add", version, str(entry_dir), str(host.path / "image")], env=env, check=True)
    return f"{folder}/loader/entries/debian-{version}.conf"


@functools.cache
def bootctl():
    """systemd-boot's own tool; what Skip says where it is not to be had."""
    folder = Folder()
    atexit.register(folder.__exit__)
    try:
        return packaged("systemd-boot", "usr/bin/bootctl", folder.__enter__()), None
    except Skip as why:
        return None, str(why)


def bootctl_list(entries):
    """The menu as the real bootctl has it, each file with its arguments; it wants a file system of its own, and plain names."""
    tool, why = bootctl()
    if not tool:
        raise Skip(why)
    script = ('mount -t tmpfs none /mnt && mkdir -p /mnt/loader /mnt/EFI/systemd && cp -r "$1" /mnt/loader/entries && touch /mnt/vmlinuz && '
              'SYSTEMD_RELAX_ESP_CHECKS=1 SYSTEMD_RELAX_XBOOTLDR_CHECKS=1 "$2" --esp-path=/mnt --boot-path=/mnt --json=short list')  # fmt: skip
    r = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", entries, tool], capture_output=True, text=True)
    if r.returncode:
        raise Skip(f"bootctl cannot be run here: {r.stderr.strip()[:80]}")
    text = r.stdout.strip()
    listed = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    return [(os.path.basename(e["path"]), e.get("options", "")) for e in listed if e.get("path", "").endswith(".conf")]


def loader_options(host, *names):
    """The arguments in these entries of one folder: as the real bootctl reads them, and where it cannot be had as we do."""
    try:
        listed = dict(bootctl_list(host.path / os.path.dirname(names[0])))
    except Skip:
        return [host.options(name) for name in names]
    return [listed[os.path.basename(name)] for name in names]


def split(line):
    """As the kernel does (lib/cmdline.c)."""
    words, word, quoted = [], "", False
    for c in line:
        quoted ^= c == '"'
        if c.isspace() and not quoted:
            words += [word] if word else []
            word = ""
        else:
            word += c
    return words + ([word] if word else [])


def check(host, effective, commands=0, arguments=ADDED):
    """Applied, each value is the old one and what was asked, once; again changes nothing; rolled back, every byte is as before."""
    before, old = snapshot(host.path, ["var"]), [split(e) for e in effective()]
    slipway("apply", "--yes", *WORDS, root=host.path, status=0)
    for was, now in zip(old, [split(e) for e in effective()], strict=True):
        assert now == was + [a for a in arguments if a not in was], (was, now)
    document = slipway("--json", "plan", *WORDS, root=host.path, status=0).json()
    assert document["changes"] == [], document
    holds(host)
    plan = json.loads((host.path / "var/lib/slipway/transactions/1/plan.json").read_text())
    assert sum(c["kind"] == "command" for c in plan["changes"]) == commands, plan
    slipway("rollback", root=host.path, status=0)
    left = difference(before, snapshot(host.path, ["var"]))
    assert not left, left


def holds(host):
    said = slipway("verify", root=host.path)
    assert b"all of its changes hold" in said.out, said.err.decode()


def refused(host, *parts):
    before = snapshot(host.path, ["var"])
    said = slipway("apply", "--yes", *WORDS, root=host.path).err.decode()
    for part in parts:
        assert part in said, said
    assert not difference(before, snapshot(host.path, ["var"]))
