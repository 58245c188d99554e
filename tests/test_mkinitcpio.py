#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mkinitcpio, which Debian does not have: slipway's files for it, and Arch's as they are found, read by bash and a stand-in."""

import os
import shutil
import subprocess

import chroot_tree
from image_server import KERNELS, TRIAL_LIST, Server, has, mark
from tap import HERE, difference, main, snapshot, test

PRESET = ("ALL_kver='/boot/vmlinuz-linux'\nPRESETS=('default' 'fallback')\n#default_config='/etc/mkinitcpio.conf'\n"
          "default_image=\"/boot/initramfs-linux.img\"\nfallback_image=\"/boot/initramfs-linux-fallback.img\"\nfallback_options=\"-S autodetect\"\n")
OLD_PRESET = "ALL_config=\"/etc/mkinitcpio.conf\"\n" + PRESET
HOOKS = ("base", "udev", "systemd", "autodetect", "modconf", "block", "filesystems")
# As it is found on a host, and the hooks of the time.
UNICORN = (HERE / "boot/initramfs/unicorn.mkinitcpio.conf").read_text()
CONFIGS = {
    "udev": UNICORN + "HOOKS=(base udev autodetect modconf block filesystems)\n",
    "systemd": UNICORN + "HOOKS=(systemd autodetect modconf block filesystems)\n",
    "a string, as before 2014": UNICORN + "HOOKS=\"base udev block filesystems\"\n",
    "no newline at its end": UNICORN + "HOOKS=(base udev block filesystems)",
    "slipway, put there by hand": UNICORN + "HOOKS=(base udev slipway block filesystems)\n",
}
DROPIN = "etc/mkinitcpio.conf.d/zz-slipway.conf"


class Arch(Server):
    tools = ("usr/bin/mkinitcpio", "usr/bin/lsinitcpio")
    conf, preset, reads_dropins = CONFIGS["udev"], PRESET, True

    def __enter__(self):
        # What Server copies from this machine lies in the test's own folder.
        self.config = {"etc/mkinitcpio.conf": self.conf, "etc/mkinitcpio.d/linux.preset": self.preset,
                       f"usr/lib/modules/{KERNELS[0]}/pkgbase": "linux\n", "boot/initramfs-linux.img": "image\n",
                       "boot/initramfs-linux-fallback.img": "image\n"}
        return super().__enter__()

    def copy_tool(self):
        program = (HERE / "tools/mkinitcpio").read_text()
        if not self.reads_dropins:
            program = program.replace("/etc/mkinitcpio.conf.d", "/nowhere")
        self.tree.put("usr/bin/mkinitcpio", program, 0o755)
        shutil.copy(HERE / "tools/lsinitcpio", self.root / "usr/bin/lsinitcpio")
        for name in HOOKS:
            self.tree.put(f"usr/lib/initcpio/install/{name}", "build() {\n\tadd_runscript\n}\n" if name == "udev" else "build() {\n\t:\n}\n")
        self.tree.put("usr/lib/initcpio/hooks/udev", "run_earlyhook() {\n\t:\n}\n")

    def state(self):
        return snapshot(self.root, leave_out=["var", "calls", "boot/grub/grub.cfg", "boot/initramfs-linux.img", "boot/initramfs-linux-fallback.img"])

    def unpack(self, image, folder):
        with open(image, "rb") as f:
            subprocess.run(["cpio", "-id", "--quiet"], check=True, stdin=f, cwd=folder)

    def effective(self, variable):
        """What mkinitcpio reads, by bash: a list."""
        files = "etc/mkinitcpio.conf" + (" etc/mkinitcpio.conf.d/*.conf" if self.reads_dropins and self.preset is PRESET else "")
        words = f'shopt -s nullglob; for f in {files}; do . ./"$f"; done; echo ${{{variable}[@]}}'
        return chroot_tree.run("bash", "-c", words, cwd=self.root).split()


def variant(**fields):
    return type("Variant", (Arch,), fields)


def with_slipway(hooks):
    """The hooks with slipway once, before the first that starts udev."""
    hooks = [h for h in hooks if h != "slipway"]
    first = next(i for i, h in enumerate(hooks) if h in ("udev", "systemd"))
    return hooks[:first] + ["slipway"] + hooks[first:]


def check_image(server, path):
    files = {name: content for name, content in server.files(path).items()}
    for name in ("usr/libexec/slipway/slipway-bind", "etc/slipway/devices.conf"):
        assert files[name] == (server.root / name).read_bytes(), name
    assert has(files, "vfio-pci.ko") and has(files, "vfio_iommu_type1.ko"), sorted(files)
    if "systemd" in server.effective("HOOKS"):
        unit = files["usr/lib/systemd/system/slipway-bind.service"].decode()
        assert "Before=systemd-modules-load.service systemd-udevd.service" in unit and "\t" not in unit, unit
        assert "usr/lib/systemd/system/sysinit.target.wants/slipway-bind.service" in files
    else:
        assert files["config"].decode().startswith('EARLYHOOKS="slipway udev'), files["config"]
        assert files["hooks/slipway"] == (HERE.parent / "early/mkinitcpio-hook").read_bytes()


@test
def the_hook_goes_before_udev_in_every_image_and_nothing_else_changes():
    for name, conf in CONFIGS.items():
        with variant(conf=conf)() as server:
            before, hooks, modules = server.state(), server.effective("HOOKS"), server.effective("MODULES")
            server.drive("apply", "serial=data*")
            assert server.effective("HOOKS") == with_slipway(hooks), (name, server.effective("HOOKS"))
            assert server.effective("MODULES") == modules, name
            assert (server.root / "etc/mkinitcpio.conf").read_text() == conf and (server.root / DROPIN).exists(), name
            assert server.calls()[0] == "mkinitcpio -P", server.calls()
            for image in ("boot/initramfs-linux.img", "boot/initramfs-linux-fallback.img"):
                check_image(server, image)
            calls = server.calls()
            server.drive("apply", "serial=data*")
            assert server.calls() == calls, "a second apply runs nothing"
            server.tree.put("etc/slipway/trial.conf", TRIAL_LIST)
            chroot_tree.enter(server.root, "mkinitcpio", "-P")
            files = server.files("boot/initramfs-linux.img")
            assert files["etc/slipway/trial.conf"] == TRIAL_LIST.encode() and mark("trial", TRIAL_LIST) in files, sorted(files)
            (server.root / "etc/slipway/trial.conf").unlink()
            chroot_tree.enter(server.root, "mkinitcpio", "-P")
            if "slipway" in hooks:
                continue  # without slipway's hook that configuration was broken before
            server.drive("rollback")
            changed = difference(before, server.state())
            assert not changed, (name, changed)
            assert "etc/slipway/devices.conf" not in server.files("boot/initramfs-linux.img"), name
    return f"{len(CONFIGS)} configurations"


@test
def where_no_drop_in_is_read_the_lines_stand_at_the_end_of_the_file():
    for fields in ({"reads_dropins": False}, {"preset": OLD_PRESET}):
        for conf in (CONFIGS["udev"], CONFIGS["no newline at its end"]):
            with variant(conf=conf, **fields)() as server:
                before, hooks = server.state(), server.effective("HOOKS")
                server.drive("apply", "serial=data*")
                text = (server.root / "etc/mkinitcpio.conf").read_text()
                assert text.startswith(conf) and text.count("# slipway: begin\n") == 1, text
                assert not (server.root / DROPIN).exists()
                assert server.effective("HOOKS") == with_slipway(hooks)
                check_image(server, "boot/initramfs-linux.img")
                server.drive("rollback")
                assert not difference(before, server.state())


@test
def what_cannot_be_made_sure_of_is_refused_or_undone():
    rows = (
        ({"preset": PRESET.replace("#default_config='/etc/mkinitcpio.conf'", "default_config=/etc/my.conf")}, {}, "configuration of its own"),
        ({"preset": PRESET.replace("_image", "_uki")}, {}, "image"),
        ({}, {"etc/mkinitcpio.conf.d/zzz-mine.conf": "HOOKS=(base udev block)\n"}, "built without"),
        ({"preset": PRESET.replace("-S autodetect", "-S slipway")}, {}, "fallback.img was built without"),
    )
    for fields, files, said in rows:
        with variant(**fields)() as server:
            for path, content in files.items():
                server.tree.put(path, content)
            before = server.state()
            answer = server.drive("apply", "serial=data*", status=4)
            assert said in answer, answer
            assert not difference(before, server.state())


if __name__ == "__main__":
    os.chdir(HERE)
    main()
