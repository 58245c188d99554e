#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a capture brings of who uses a device: each use of the host is in the replay, too, and no secret beside it."""

import os

import make_host
from captured import answer
from tap import Folder, Skip, main, slipway, test

DISK, NIC, VGA = "0000:02:00.0", "0000:00:05.0", "0000:00:01.0"
DISK_PATH = "pci0000:00/0000:00:07.0/0000:02:00.0"


def opened(pid, command, node):
    return {f"proc/{pid}/fd/7": "->" + node, f"proc/{pid}/fd/8": "->/var/lib/secret", f"proc/{pid}/comm": command + "\n",
            f"proc/{pid}/environ": "TOKEN=hush\0"}


ZFS = "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n"
KEYS = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe\n"
# A name, files (a text, or "->TARGET"), whose use it is, its kind, and a part of what it says.
CASES = [
    ("a mount in another namespace", {"proc/77/ns/mnt": "->mnt:[4026532000]", "proc/77/root": "->/",
     "proc/77/mountinfo": "30 1 259:10 / /srv rw - ext4 /dev/nvme1n1 rw\n"}, DISK, "mount", "/srv in another mount namespace"),
    ("a raw disk open", opened(4711, "qemu", "/dev/nvme1n1"), DISK, "open", "process 4711 (qemu)"),
    ("its controller open", {**opened(4711, "spdk", "/dev/nvme1"), "sys/class/nvme/nvme1": f"->../../devices/{DISK_PATH}/nvme/nvme1"},
     DISK, "open", "/dev/nvme1 open"),
    ("a display open", {**opened(900, "Xorg", "/dev/dri/card0"), "sys/class/drm/card0": f"->../../devices/pci0000:00/{VGA}/drm/card0"},
     VGA, "open", "(Xorg)"),
    ("a clock of the network port", {**opened(901, "ptp4l", "/dev/ptp0"), "sys/class/ptp/ptp0": f"->../../devices/{DISK_PATH}/ptp/ptp0"},
     DISK, "open", "(ptp4l)"),
    ("a guest with a USB device", {**opened(78, "qemu", "/dev/bus/usb/003/007"), "sys/bus/usb/devices/usb3": f"->../../../devices/{DISK_PATH}/usb3"},
     DISK, "open", "(qemu)"),
    ("a guest by vDPA", {**opened(79, "qemu", "/dev/vhost-vdpa-0"), "sys/class/vhost-vdpa/vhost-vdpa-0": f"->../../devices/{DISK_PATH}/vdpa0/vhost-vdpa-0"},
     DISK, "open", "(qemu)"),
    ("a line of fstab", {"etc/fstab": "/dev/nvme1n1 /srv ext4 password=hush 0 2\n"}, DISK, "configured", "/srv in /etc/fstab"),
    ("a line of crypttab", {"etc/crypttab": "vault /dev/nvme1n1 /root/hush luks\n"}, DISK, "configured", "vault in /etc/crypttab"),
    ("a dump target", {"etc/kdump.conf": "raw /dev/nvme1n1\n"}, DISK, "dump", "raw /dev/nvme1n1"),
    ("pstore", {"sys/module/pstore_blk/parameters/blkdev": "/dev/nvme1n1\n"}, DISK, "dump", "pstore"),
    ("hibernation", {"sys/power/resume": "259:10\n"}, DISK, "resume", "/sys/power/resume"),
    ("hibernation by the initramfs", {"etc/initramfs-tools/conf.d/resume": "RESUME=/dev/nvme1n1\n"}, DISK, "resume", "conf.d/resume"),
    ("a pool of ZFS", {"run/udev/data/b259:10": ZFS, "proc/spl/kstat/zfs/tank/state": "ONLINE\n"}, DISK, "holder", "pool tank"),
    ("a set of bcache", {"sys/fs/bcache/5e7/cache0": f"->../../../devices/{DISK_PATH}/nvme/nvme1/nvme1n1/bcache"}, DISK, "holder", "bcache set 5e7"),
    ("a file system in no table", {"sys/fs/ext4/nvme1n1/errors_count": "0\n"}, DISK, "mount", "where no mount table shows it"),
    ("a disk of the NVMe target", {"sys/kernel/config/nvmet/subsystems/nqn/namespaces/1/device_path": "/dev/nvme1n1\n"}, DISK, "holder",
     "the NVMe target"),
    ("a disk of the SCSI target", {"sys/kernel/config/target/core/iblock_0/x/udev_path": "/dev/nvme1n1\n"}, DISK, "holder", "the SCSI target"),
    ("a bcachefs in no table", {"sys/fs/bcachefs/12/dev-0/block": f"->../../../../devices/{DISK_PATH}/nvme/nvme1/nvme1n1"}, DISK, "mount", "bcachefs"),
    ("a journal", {"proc/fs/jbd2/nvme1n1/info": "\n"}, DISK, "mount", "the journal of a file system"),
    ("a drive of the NVMe target", {"sys/kernel/config/nvmet/subsystems/nqn/passthru/device_path": "/dev/nvme1\n",
     "sys/class/nvme/nvme1": f"->../../devices/{DISK_PATH}/nvme/nvme1"}, DISK, "holder", "the NVMe target"),
    ("a dock", {"sys/bus/thunderbolt/devices/0-1": f"->../../../devices/{DISK_PATH}/domain0/0-0/0-1",
     f"sys/devices/{DISK_PATH}/domain0/0-0/0-1/vendor_name": "Dell\n", f"sys/devices/{DISK_PATH}/domain0/0-0/0-1/device_name": "Dock\n"},
     DISK, "board", "Dell Dock is connected"),
    ("a DMA engine", {"sys/class/dma/dma0chan0": f"->../../devices/{DISK_PATH}/dma/dma0chan0", f"sys/devices/{DISK_PATH}/dma/dma0chan0/in_use": "2\n"},
     DISK, "holder", "dma0chan0"),
    ("a share of the hypervisor", {"sys/bus/virtio/drivers/virtiofs/virtio9": f"->../../../../devices/{DISK_PATH}/virtio9",
     "proc/self/mountinfo": "21 1 0:60 / /srv rw - virtiofs data rw\n"}, DISK, "mount", "virtiofs on /srv"),
    ("the disk that the BIOS booted", {"sys/firmware/edd/int13_dev80/pci_dev": f"->../../../devices/{DISK_PATH}", "sys/firmware/efi": None},
     DISK, "boot", ""),
    ("zram's overflow", {"sys/devices/virtual/block/zram0/backing_dev": "/dev/nvme1n1\n", "sys/devices/virtual/block/zram0/dev": "251:0\n",
     "sys/block/zram0": "->../devices/virtual/block/zram0"}, DISK, "holder", "held by zram0"),
    ("a serial console", {"proc/consoles": "ttyS4 -W- (EC p a) 4:68\n", "sys/class/tty/ttyS4": f"->../../devices/{DISK_PATH}/tty/ttyS4"},
     DISK, "console", "ttyS4"),
    ("a console, for an ordinary user", {"sys/devices/virtual/tty/console/active": "ttyS4\n", "sys/class/tty/console": "->../../devices/virtual/tty/console",
     "sys/class/tty/ttyS4": f"->../../devices/{DISK_PATH}/tty/ttyS4"}, DISK, "console", "ttyS4"),
    ("the only keyboard", {"sys/class/input/input3": f"->../../devices/{DISK_PATH}/usb1/input/input3",
     f"sys/devices/{DISK_PATH}/usb1/input/input3/capabilities/key": KEYS}, DISK, "input", "the only keyboard"),
    ("the console's framebuffer", {"sys/class/graphics/fb0": f"->../../devices/{DISK_PATH}/graphics/fb0"}, DISK, "display", "fb0"),
    ("PPPoE", {"proc/net/pppoe": "Id Address Device\n00000A00 52:54:00:12:34:56 enp0s5\n"}, NIC, "network", "PPPoE"),
    ("an IPv4 address", {"proc/net/fib_trie": "Local:\n     |-- 10.0.2.15\n        /32 host LOCAL\n"}, NIC, "network", "10.0.2.15"),
    ("an NVMe disk over Fibre Channel", {"sys/block/nvme5n1": "->../devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1",
     "sys/devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1/dev": "259:50\n", "sys/class/nvme/nvme5": "->../../devices/virtual/nvme-fabrics/ctl/nvme5",
     "sys/devices/virtual/nvme-fabrics/ctl/nvme5/transport": "fc\n",
     "sys/devices/virtual/nvme-fabrics/ctl/nvme5/address": "traddr=nn-0x1:pn-0x2,host_traddr=nn-0x3:pn-0x4\n",
     "sys/class/fc_host/host3": f"->../../devices/{DISK_PATH}/host3/fc_host/host3",
     f"sys/devices/{DISK_PATH}/host3/fc_host/host3/port_name": "0x4\n",
     "proc/self/mountinfo": "21 1 259:50 / / rw - xfs /dev/nvme5n1 rw\n"}, DISK, "mount", "xfs on /"),
    ("an iSCSI disk", {"sys/block/sda": "->../devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sda",
     "sys/devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sda/dev": "8:0\n",
     "sys/class/iscsi_connection/connection1:0": "->../../devices/platform/host3/session1/connection1:0/iscsi_connection/connection1:0",
     "sys/devices/platform/host3/session1/connection1:0/iscsi_connection/connection1:0/address": "10.0.2.9\n",
     "proc/self/mountinfo": "21 1 8:0 / / rw - ext4 /dev/sda rw\n"}, NIC, "remote", "ext4 on /"),
]


def make(tree, files):
    for path, text in files.items():
        if text is None:
            os.rename(tree.full(path), tree.full(path) + ".away")
        elif text.startswith("->"):
            tree.link(path, text[2:])
        else:
            tree.put(path, text)


def uses(root, address):
    """`show` alone looks into the processes of every host."""
    return slipway("--json", "show", address, root=root, status=0).json()["devices"][0]["uses"]


def has(found, kind, what):
    return any(u["kind"] == kind and what in u["what"] for u in found)


@test
def every_use_of_the_host_is_in_its_capture():
    missing = []
    with Folder() as plain:
        make_host.lab(plain)
        before = {address: uses(plain, address) for address in (DISK, NIC, VGA)}
    for name, files, address, kind, what in CASES:
        with Folder() as root, Folder() as out:
            make(make_host.lab(root), files)
            assert not has(before[address], kind, what), f"{name}: a host without it has it, too"
            here = uses(root, address)
            assert has(here, kind, what), f"{name}: {here}"
            slipway("capture", out / "copy", root=root, status=0)
            if uses(out / "copy", address) != here:
                missing.append(name)
            for folder, _, names in os.walk(out / "copy"):
                for n in names:
                    full = os.path.join(folder, n)
                    content = os.readlink(full) if os.path.islink(full) else open(full, errors="replace").read()
                    assert "hush" not in content and "secret" not in content, f"{name}: {full}"
    assert not missing, missing


@test
def a_capture_by_an_ordinary_user_knows_what_it_could_not_see():
    if os.getuid() != 0:
        raise Skip("needs root, to be somebody else")
    with Folder() as root, Folder() as out:
        make(make_host.lab(root), {**opened(77, "qemu", "/dev/nvme1n1"), **opened(78, "qemu", "/dev/nvme2n1"),
                                   "proc/77/ns/mnt": "", "proc/77/fd": None, "proc/78/ns/mnt": "", "proc/78/fd": None})
        for pid in 77, 78:
            (root / f"proc/{pid}/fd").write_text("")
        slipway("capture", out / "copy", root=root, status=0)
        slipway("capture", out / "again", root=out / "copy", status=0)
        ours = answer(root, "audit")
        for name in "copy", "again":
            assert answer(out / name, "audit") == ours, name
        # One stands for all of them: a host has thousands.
        assert sorted(os.listdir(out / "copy/proc/77")) == ["fd", "ns"] and not (out / "copy/proc/78").exists()


@test
def a_capture_of_this_machine_replays_as_this_machine():
    with Folder() as out:
        slipway("capture", out / "copy", status=0)
        ours = [(d["address"], {(u["kind"], u["what"]) for u in d["uses"] if u["kind"] not in ("open", "session")})
                for d in slipway("--json", "list", status=(0, 1, 4)).json().get("devices", [])]
        theirs = [(d["address"], {(u["kind"], u["what"]) for u in d["uses"] if u["kind"] not in ("open", "session")})
                  for d in answer(out / "copy", "list").get("devices", [])]
        assert theirs == ours, [(a, b) for a, b in zip(ours, theirs) if a != b][:3]


if __name__ == "__main__":
    main()
