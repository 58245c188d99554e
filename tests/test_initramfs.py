#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Images made for real: slipway's files, the generators that Debian ships, and the kernels of Debian's cloud image."""

import os
import shutil
import subprocess

import chroot_tree
from image_server import KERNELS, TRIAL_LIST, Server, has, mark
from tap import HERE, difference, main, slipway, test

INSIDE = ("usr/libexec/slipway/slipway-bind", "etc/slipway/devices.conf")
# As they are found on hosts: a terminal's transcript, and a list without blanks at its ends.
MODULES_FILE = (HERE / "boot/initramfs/adrianlsy.initramfs-tools-modules").read_text()
DRACUT_FILE = (HERE / "boot/initramfs/p7cq.dracut.conf").read_text()
VFIO = ("vfio-pci.ko", "vfio_iommu_type1.ko", "vfio.ko", "vfio-pci-core.ko", "vfio_virqfd.ko")


class Debian(Server):
    tools = ("usr/sbin/update-initramfs", "usr/bin/lsinitramfs")
    image = "boot/initrd.img-{}"
    config = {"etc/initramfs-tools/initramfs.conf": "MODULES=list\nBUSYBOX=y\nCOMPRESS=gzip\nFSTYPE=ext4\n"}
    found = {"etc/initramfs-tools/modules": MODULES_FILE}

    def make(self, release):
        chroot_tree.enter(self.root, "update-initramfs", "-c", "-k", release)

    def unpack(self, image, folder):
        subprocess.run(["unmkinitramfs", str(image), str(folder)], check=True, stdout=subprocess.DEVNULL)


class Dracut(Server):
    tools = ("usr/bin/dracut", "usr/bin/lsinitrd")
    image = "boot/initrd.img-{}"
    config = {"etc/dracut.conf.d/10-test.conf": 'hostonly="no"\ncompress="cat"\n'}
    found = {"etc/dracut.conf.d/vfio.conf": DRACUT_FILE}

    def copy_tool(self):
        super().copy_tool()
        module = self.root / "usr/lib/dracut/modules.d/90slipway"
        module.mkdir(parents=True)
        for file in (HERE.parent / "early/dracut").iterdir():
            shutil.copy(file, module)

    def make(self, release):
        chroot_tree.enter(self.root, "dracut", "--force", "/" + self.image.format(release), release)

    def unpack(self, image, folder):
        with open(image, "rb") as f:
            subprocess.run(["cpio", "-id", "--quiet"], check=True, stdin=f, cwd=folder)


def check_image(server, release):
    """Binder, list and modules are inside; returns the image's files."""
    files = server.files(server.image.format(release))
    for path in INSIDE:
        assert files[path] == (server.root / path).read_bytes(), (release, path)
    for module in VFIO:
        assert len(has(files, module)) == 1, (release, module)
    return files


def check_udev_waits(files):
    """In the image, what starts udev begins with slipway."""
    udev = files["scripts/init-top/udev"].decode().splitlines()
    assert "/scripts/init-top/slipway" in udev[1], udev[:3]


def check_hook_stage(files):
    """In dracut's image all of pre-udev runs before udev: by init.sh, or by a unit that is there."""
    assert has(files, "hooks/pre-udev/00-slipway-bind.sh")
    if has(files, "systemd-udevd.service"):
        unit = next(path for path in has(files, "dracut-pre-udev.service") if files[path])
        before = [line for line in files[unit].decode().splitlines() if line.startswith("Before=")]
        assert "systemd-udevd.service" in before[0], before


def round_trip(kind, rebuild, check_order):
    class Both(kind):
        kernels, made, config = KERNELS, True, {**kind.config, **kind.found}
    with Both() as server:
        before = server.state()
        bare = {release: set(server.files(server.image.format(release))) for release in KERNELS}
        server.drive("apply", "serial=data*")
        assert server.calls()[0] == rebuild, server.calls()
        assert sum(call.startswith(rebuild.split()[0]) for call in server.calls()) == 1, server.calls()
        for release in KERNELS:
            check_order(check_image(server, release))
        calls = server.calls()
        server.drive("apply", "serial=data*")
        assert server.calls() == calls, "a second apply runs nothing"
        # A kernel to come: its package runs the generator, and knows nothing of slipway.
        chroot_tree.add_kernel(server.root, chroot_tree.kernel(), "6.1.0-3-test")
        # With a trial boot's list there, that goes into the image beside the other.
        server.tree.put("etc/slipway/trial.conf", TRIAL_LIST)
        server.make("6.1.0-3-test")
        files = check_image(server, "6.1.0-3-test")
        check_order(files)
        assert files["etc/slipway/trial.conf"] == TRIAL_LIST.encode() and mark("trial", TRIAL_LIST) in files, sorted(files)
        (server.root / "etc/slipway/trial.conf").unlink()
        shutil.rmtree(server.root / "usr/lib/modules/6.1.0-3-test")
        for name in ("vmlinuz", "config", "initrd.img"):
            (server.root / f"boot/{name}-6.1.0-3-test").unlink()
        server.drive("rollback")
        changed = difference(before, server.state())
        assert not changed, changed
        for release in KERNELS:
            assert set(server.files(server.image.format(release))) == bare[release], bare[release] ^ set(server.files(server.image.format(release)))


@test
def initramfs_tools_takes_the_binder_into_every_kernels_image_and_out_again():
    round_trip(Debian, "update-initramfs -u -k all", check_udev_waits)


@test
def dracut_takes_the_binder_into_every_kernels_image_and_out_again():
    round_trip(Dracut, "dracut --force --regenerate-all", check_hook_stage)


@test
def dracut_without_systemd_runs_the_binder_before_udev_too():
    class Plain(Dracut):
        config = {**Dracut.config, "etc/dracut.conf.d/20-plain.conf": 'omit_dracutmodules+=" systemd systemd-initrd dracut-systemd "\n'}
    with Plain() as server:
        server.tree.put("usr/lib/modules/5.0.0-gone/modules.dep", "")
        said = server.drive("apply", "serial=data*")
        assert "/lib/modules/5.0.0-gone has no image" in said, said
        files = check_image(server, KERNELS[0])
        check_hook_stage(files)
        assert not has(files, "systemd-udevd.service")


@test
def dracuts_lists_are_the_old_ones_and_slipway():
    with Dracut() as server:
        server.tree.put("etc/dracut.conf.d/vfio.conf", DRACUT_FILE)
        server.tree.put("etc/dracut.conf.d/zz-other.conf", 'add_dracutmodules+="lvm"\n')
        words = 'for f in etc/dracut.conf.d/*.conf; do . ./"$f"; done; echo $add_drivers / $add_dracutmodules'
        before = chroot_tree.run("bash", "-c", words, cwd=server.root).split()
        server.tree.put("boot/initrd.img-" + KERNELS[0], "image\n")
        slipway("apply", "--yes", "--passthrough", "serial=data*", root=server.root, status=0)
        now = chroot_tree.run("bash", "-c", words, cwd=server.root).split()
        assert now == before[:-1] + ["slipway", "lvm"], now
        slipway("rollback", root=server.root, status=0)
        assert chroot_tree.run("bash", "-c", words, cwd=server.root).split() == before


@test
def unified_kernel_images_are_refused_before_anything_is_made():
    with Dracut() as server:
        server.tree.put("etc/dracut.conf.d/50-uki.conf", "uefi=yes\n")
        before = server.state()
        said = server.drive("apply", "serial=data*", status=4)
        assert "/etc/dracut.conf.d/50-uki.conf has uefi=yes" in said, said
        assert not difference(before, server.state()) and not (server.root / "calls").exists()


@test
def what_the_administrator_keeps_out_of_the_image_is_found_missing():
    """The command succeeds; the image tells."""
    rows = ((Dracut, "etc/dracut.conf.d/20-mine.conf", 'omit_drivers+=" vfio_pci "\n', "module vfio_pci"),
            (Dracut, "etc/dracut.conf.d/99-mine.conf", 'omit_dracutmodules+=" slipway "\n', "slipway-bind"),
            (Debian, "etc/initramfs-tools/update-initramfs.conf", "update_initramfs=no\n", "slipway-bind"))
    for kind, path, content, missed in rows:
        class Made(kind):
            made = kind is Debian
        with Made() as server:
            server.tree.put(path, content)
            before = server.state()
            said = server.drive("apply", "serial=data*", status=4)
            assert missed in said and "was built without" in said, said
            assert not difference(before, server.state())


if __name__ == "__main__":
    os.chdir(HERE)
    main()
