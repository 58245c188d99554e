#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Images made for real: slipway's files, the generators that Debian ships, and the kernels of Debian's cloud image."""

import os
import pathlib
import shutil
import subprocess

import chroot_tree
from tap import HERE, Folder, difference, main, snapshot, test

DRIVE = os.environ.get("DRIVE", "drive")
BINDER = os.environ.get("SLIPWAY_BIND", "slipway-bind")
KERNELS = ("6.1.0-1-test", "6.1.0-2-test")
INSIDE = ("usr/libexec/slipway/slipway-bind", "etc/slipway/devices.conf")
VFIO = ("vfio-pci.ko", "vfio_iommu_type1.ko", "vfio.ko", "vfio-pci-core.ko", "vfio_virqfd.ko")


class Server(Folder):
    """A server with real kernels, one generator, and an image of each kernel; made by that where the test looks at what was before."""

    kernels, made = KERNELS[:1], False
    tools, image, config = (), "", {}
    place = "/var/tmp"  # not below /dev, which is bound into the tree

    def __enter__(self):
        self.root = super().__enter__()
        self.root = pathlib.Path(os.path.realpath(self.root))
        self.tree = chroot_tree.build(self.root, self.kernels, chroot_tree.kernel())
        shutil.copy(BINDER, self.root / "usr/libexec/slipway/slipway-bind")
        shutil.rmtree(self.root / "etc/initramfs-tools", ignore_errors=True)
        for path, content in self.config.items():
            self.tree.put(path, content)
        self.bin = self.root / "tools"
        self.bin.mkdir()
        chroot_tree.add_tools(self.bin, *(os.path.basename(tool) for tool in self.tools))
        for tool in self.tools[:1]:
            shutil.copy("/" + tool, self.root / tool)
        self.prepare()
        for release in self.kernels:
            self.tree.put(self.image.format(release), "image\n")
            if self.made:
                self.make(release)
        return self

    def prepare(self):
        pass

    def drive(self, *words, status=0):
        env = {**os.environ, "PATH": f"{self.bin}:{HERE}/tools:{os.environ['PATH']}", "SLIPWAY_TEST_ROOT": str(self.root),
               "ASAN_OPTIONS": "detect_leaks=0"}
        p = subprocess.run([DRIVE, str(self.root), *words], capture_output=True, stdin=subprocess.DEVNULL, text=True, env=env)
        assert p.returncode == status, f"{words}: status {p.returncode}, not {status}\n{p.stdout}\n{p.stderr}"
        return p.stdout + p.stderr

    def calls(self):
        return (self.root / "calls").read_text().splitlines()

    def state(self):
        """All but the images, which are made anew, and slipway's memory."""
        images = [self.image.format(release) for release in self.kernels]
        return snapshot(self.root, leave_out=["var", "calls", "boot/grub/grub.cfg", *images])

    def files(self, release):
        """What is in an image, told by cpio and not by what slipway asks: path → content."""
        with Folder() as folder:
            self.unpack(self.root / self.image.format(release), folder)
            found = {}
            for base, _, names in os.walk(folder):
                for name in names:
                    full = pathlib.Path(base, name)
                    path = str(full.relative_to(folder))
                    found[path] = full.read_bytes() if full.is_file() and not full.is_symlink() else None
            return found


class Debian(Server):
    tools = ("usr/sbin/update-initramfs", "usr/bin/lsinitramfs")
    image = "boot/initrd.img-{}"
    config = {"etc/initramfs-tools/initramfs.conf": "MODULES=list\nBUSYBOX=y\nCOMPRESS=gzip\nFSTYPE=ext4\n"}

    def make(self, release):
        chroot_tree.enter(self.root, "update-initramfs", "-c", "-k", release)

    def unpack(self, image, folder):
        subprocess.run(["unmkinitramfs", str(image), str(folder)], check=True, stdout=subprocess.DEVNULL)


class Dracut(Server):
    tools = ("usr/bin/dracut", "usr/bin/lsinitrd")
    image = "boot/initrd.img-{}"
    config = {"etc/dracut.conf.d/10-test.conf": 'hostonly="no"\ncompress="cat"\n'}

    def prepare(self):
        module = self.root / "usr/lib/dracut/modules.d/90slipway"
        module.mkdir(parents=True)
        for file in (HERE.parent / "early/dracut").iterdir():
            shutil.copy(file, module)

    def make(self, release):
        chroot_tree.enter(self.root, "dracut", "--force", "/" + self.image.format(release), release)

    def unpack(self, image, folder):
        with open(image, "rb") as f:
            subprocess.run(["cpio", "-id", "--quiet"], check=True, stdin=f, cwd=folder)


def has(files, end):
    return [path for path in files if path == end or path.endswith("/" + end)]


def check_image(server, release):
    """Binder, list and modules are inside; returns the image's files."""
    files = server.files(release)
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
        kernels, made = KERNELS, True
    with Both() as server:
        before = server.state()
        bare = {release: set(server.files(release)) for release in KERNELS}
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
        server.make("6.1.0-3-test")
        check_order(check_image(server, "6.1.0-3-test"))
        shutil.rmtree(server.root / "usr/lib/modules/6.1.0-3-test")
        for name in ("vmlinuz", "config", "initrd.img"):
            (server.root / f"boot/{name}-6.1.0-3-test").unlink()
        server.drive("rollback")
        changed = difference(before, server.state())
        assert not changed, changed
        for release in KERNELS:
            assert set(server.files(release)) == bare[release], bare[release] ^ set(server.files(release))


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
        server.drive("apply", "serial=data*")
        files = check_image(server, KERNELS[0])
        check_hook_stage(files)
        assert not has(files, "systemd-udevd.service")


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
