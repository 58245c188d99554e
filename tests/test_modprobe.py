#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Administrators' modprobe.d files as they are found: what modprobe itself makes of them before, with and after slipway."""

import os
import re
import shutil
import subprocess

import chroot_tree
import make_host
from tap import HERE, Folder, difference, main, slipway, snapshot, test

RELEASE = "6.1.0-1-test"
OURS = "etc/modprobe.d/zz-slipway.conf"
DROPIN = "etc/default/grub.d/zz-slipway.cfg"
# As they are found on hosts, and the ids that count there.
FOUND = {"adrianlsy.conf": "8086:125c", "iroger-trx40.conf": "14e4:43a0", "mikumeow.conf": "10de:0be3,10de:10c5"}
FILES = {
    **{name: ((HERE / "boot/modprobe" / name).read_text(), ids) for name, ids in FOUND.items()},
    "none": ("# nothing\n", None),
    "ours already": ("options vfio-pci ids=1d0f:ec20\n", "1d0f:ec20"),
}


def make(root, conf):
    """Two network cards that can be had, of an id that nothing else has, whose driver is a module."""
    for name in ("lib",):
        os.makedirs(root / "usr" / name)
        os.symlink(f"usr/{name}", root / name)
    tree = make_host.lab(root, dmar=False, cmdline=make_host.COMMON)
    for n in (1, 2):
        tree.pci(f"0000:00:1{n}.0", "1d0f:ec20", "020000", 40 + n, "ena")
    chroot_tree.add_kernel(root, chroot_tree.kernel(), RELEASE, (*chroot_tree.MODULES, "drivers/net/ethernet/amazon"))
    tree.put("etc/modprobe.d/vfio.conf", conf)


def effective(root):
    """The ids that vfio-pci would be loaded with: by modprobe, with the command line that the next boot has."""
    words = ". ./etc/default/grub; for f in etc/default/grub.d/*.cfg; do [ ! -e $f ] || . ./$f; done; echo $GRUB_CMDLINE_LINUX_DEFAULT"
    cmdline = subprocess.run(["sh", "-c", words], cwd=root, check=True, capture_output=True, text=True).stdout
    with Folder() as folder:
        (folder / "cmdline").write_text(cmdline)
        said = chroot_tree.run("unshare", "-m", "sh", "-c", 'mount --bind "$1" /proc/cmdline && shift && exec "$@"', "sh", folder / "cmdline",
                               "modprobe", "-d", root, "-C", root / "etc/modprobe.d", "-S", RELEASE, "--show-depends", "vfio-pci")
    line, = [line for line in said.splitlines() if "/vfio-pci.ko" in line]
    ids = re.findall(r" ids=(\S+)", line)
    return ids[-1] if ids else None


@test
def the_effective_ids_are_the_old_ones_plus_ours_and_afterwards_the_old():
    for name, (conf, old) in FILES.items():
        with Folder() as root:
            make(root, conf)
            assert effective(root) == old, (name, effective(root))
            before = snapshot(root)
            said = slipway("apply", "--yes", "--passthrough", "id=1d0f:ec20", root=root, status=0)
            ids = effective(root).split(",")
            wanted = (old.split(",") if old else []) + ["1d0f:ec20"]
            assert ids == list(dict.fromkeys(wanted)), (name, ids)
            assert (b"has no effect" in said.err) == (conf.count("\noptions vfio-pci ids") > 1), said.err
            again = slipway("apply", "--yes", "--passthrough", "id=1d0f:ec20", root=root, status=0)
            assert b"Nothing to do" in again.out, again.out
            slipway("rollback", root=root, status=0)
            changed = difference(before, snapshot(root, leave_out=["var"]))
            assert not changed, (name, changed)
            assert effective(root) == old
    assert sorted(FOUND) == sorted(os.listdir(HERE / "boot/modprobe"))
    return f"{len(FILES)} files"


@test
def what_would_take_the_device_first_waits_for_vfio_pci():
    with Folder() as root:
        make(root, "")
        slipway("apply", "--yes", "--passthrough", "id=1d0f:ec20", root=root, status=0)
        assert (root / OURS).read_text().splitlines()[1:] == ["softdep ena pre: vfio-pci"], (root / OURS).read_text()
        said = chroot_tree.run("modprobe", "-d", root, "-C", root / "etc/modprobe.d", "-S", RELEASE, "--show-depends", "ena")
        order = [line.split("/")[-1].split(".ko")[0] for line in said.splitlines() if line.startswith("insmod")]
        assert order.index("vfio-pci") < order.index("ena"), said
        # A drive whose driver is built in, and one that is bound by address, need nothing of that kind.
        slipway("rollback", root=root, status=0)
        slipway("apply", "--yes", "--passthrough", "serial=data*", root=root, status=0)
        assert not (root / OURS).exists()


@test
def nested_comes_with_the_spec_and_goes_with_it():
    with Folder() as root:
        make(root, "options kvm_amd nested=0\n")
        (root / "spec.yaml").write_text("version: 1\nkernel:\n  nested: on\n")
        before = snapshot(root)
        slipway("apply", "--yes", "-f", root / "spec.yaml", root=root, status=0)
        said = chroot_tree.run("modprobe", "-C", root / "etc/modprobe.d", "--showconfig")
        options = [line.split()[2] for line in said.splitlines() if line.startswith("options kvm_amd ")]
        assert options == ["nested=0", "nested=1"], options
        slipway("rollback", root=root, status=0)
        assert not difference(before, snapshot(root, leave_out=["var"]))


@test
def a_driver_whose_module_rests_on_another_one_is_named_and_nobody_complains():
    with Folder() as root:
        make(root, "")
        said = slipway("plan", "--passthrough", "serial=data*", root=root, status=0)
        # libkmod 34 says so where a module that this one rests on (nvme_core) is not to be found any more.
        assert b"manual_add_modules vfio-pci vfio_iommu_type1 vfio nvme\n" in said.out and said.err == b"", said.err


@test
def a_kernel_with_vfio_pci_built_in_needs_no_initramfs_where_ids_are_enough():
    with Folder() as root:
        make(root, "")
        shutil.rmtree(root / "lib/modules" / make_host.KERNEL)
        for name in (f"boot/initrd.img-{make_host.KERNEL}", "usr/sbin/update-initramfs", "sys/module/vfio_pci/initstate"):
            os.unlink(root / name)
        said = slipway("plan", "--passthrough", "id=1d0f:ec20", root=root, status=(2, 4))
        assert b"boots without an initramfs" in said.err, said.err
        with open(root / "lib/modules" / RELEASE / "modules.builtin", "a") as builtin:
            builtin.write("kernel/drivers/vfio/pci/vfio-pci.ko\n")
        shutil.rmtree(root / "lib/modules" / RELEASE / "kernel/drivers/vfio/pci")
        chroot_tree.run("depmod", "-b", root, RELEASE)
        document = slipway("--json", "plan", "--passthrough", "id=1d0f:ec20", root=root, status=0).json()
        assert [c["target"] for c in document["changes"] if c["kind"] == "command"] == ["update-grub"], document
        assert not any("initramfs" in c["target"] or "modprobe.d" in c["target"] for c in document["changes"]), document
        # By address there is nobody to do it.
        said = slipway("plan", "--passthrough", "serial=data*", root=root, status=(2, 4))
        assert b"boots without an initramfs" in said.err, said.err


if __name__ == "__main__":
    os.chdir(HERE)
    main()
