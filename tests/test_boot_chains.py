#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel arguments wherever boot chains other than GRUB's script keep them: added once, seen by the real tools, taken back."""

import json
import os
import shutil
import subprocess

from boot_host import (ADDED, FILES, MACHINE, WORDS, Host, bootctl_list, check, grub_bls, holds, kernel_install, loader_options, proxmox,
                       refused, split, systemd_boot, zipl)  # fmt: skip
from tap import HERE, Folder, Skip, difference, main, slipway, snapshot, test


@test
def every_entry_of_the_wild_works_under_systemd_boot():
    for file in sorted((FILES / "bls").iterdir()):
        with Folder() as root:
            host = Host(root)
            systemd_boot(host, file.read_text(), file.name)
            check(host, lambda: loader_options(host, f"boot/efi/loader/entries/{file.name}"))


@test
def every_command_line_of_the_wild_is_kept_in_step_and_read_by_kernel_install():
    for file in sorted((FILES / "cmdline").iterdir()):
        with Folder() as root:
            host = Host(root)
            systemd_boot(host)
            host.put("etc/kernel/cmdline", file.read_bytes())

            def effective():
                entry = kernel_install(host, "9.9.9")
                options = loader_options(host, entry, "boot/efi/loader/entries/debian-6.1.0.conf")
                (root / entry).unlink()
                shutil.rmtree(root / "boot/efi/debian")
                (root / "image").unlink()
                return options

            check(host, effective)


@test
def every_zipl_conf_of_the_wild_works():
    for file in sorted((FILES / "zipl").iterdir()):
        with Folder() as root:
            host = Host(root)
            zipl(host)
            host.put("etc/zipl.conf", file.read_bytes())

            def effective():
                lines = [line.strip() for line in host.get("etc/zipl.conf").splitlines()]
                values = [line.split("=", 1)[1].strip() for line in lines if line.startswith("parameters")]
                assert all(v[0] == v[-1] and v[0] in "\"'" and v[0] not in v[1:-1] for v in values), values
                return [v[1:-1] for v in values]

            check(host, effective, commands=2)


@test
def proxmox_has_one_line_and_its_own_tool():
    for file in sorted((FILES / "cmdline").iterdir()):
        with Folder() as root:
            host = Host(root)
            proxmox(host)
            host.put("etc/kernel/cmdline", file.read_bytes())
            check(host, lambda: [" ".join(l for l in host.get("etc/kernel/cmdline").splitlines() if not l.startswith("#"))], commands=1)


@test
def proxmox_without_the_file_gets_one_with_the_running_arguments():
    with Folder() as root:
        host = Host(root)
        proxmox(host)
        host.put("proc/cmdline", "initrd=\\EFI\\proxmox\\6.8\\initrd root=ZFS=rpool/ROOT boot=zfs\n")
        before = snapshot(root, ["var"])
        slipway("apply", "--yes", "--kernel-arg", "a=1", root=root, status=0)
        assert host.get("etc/kernel/cmdline") == "root=ZFS=rpool/ROOT boot=zfs a=1\n"
        slipway("rollback", root=root, status=0)
        assert not difference(before, snapshot(root, ["var"]))
        (root / "proc/cmdline").unlink()
        refused(host, "/etc/kernel/cmdline is missing")


ENTRIES = {f"{MACHINE}-5.14.0-70.el9.conf": "title Rocky (70)\nversion 5.14.0-70.el9\nlinux /v\noptions root=/dev/vda2 ro $tuned_params\n",
           f"{MACHINE}-0-rescue.conf": "title Rescue\nlinux /r\noptions root=/dev/vda2 ro\n"}  # fmt: skip


@test
def entries_of_grub_are_edited_and_the_rescue_entry_stays():
    with Folder() as root:
        host = Host(root)
        grub_bls(host, ENTRIES)
        host.put("etc/kernel/cmdline", "root=/dev/vda2 ro\n")
        host.put("etc/default/grub", "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX=\"rd.lvm.lv=r/root\"\nGRUB_ENABLE_BLSCFG=true\n")

        def settings():
            command = ["sh", "-c", ". \"$1\"; printf %s \"$GRUB_CMDLINE_LINUX\"", "sh", root / "etc/default/grub"]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout

        check(host, lambda: [host.options(f"boot/loader/entries/{MACHINE}-5.14.0-70.el9.conf"), host.get("etc/kernel/cmdline"), settings()])
        slipway("apply", "--yes", *WORDS, root=root, status=0)
        assert host.options(f"boot/loader/entries/{MACHINE}-0-rescue.conf") == "root=/dev/vda2 ro"


@test
def settings_that_only_running_them_would_tell_are_no_obstacle():
    with Folder() as root:
        host = Host(root)
        grub_bls(host, ENTRIES)
        text = "GRUB_CMDLINE_LINUX=\"$(cat /proc/cmdline)\"\n"
        host.put("etc/default/grub", text)
        check(host, lambda: [host.options(f"boot/loader/entries/{MACHINE}-5.14.0-70.el9.conf")])
        slipway("apply", "--yes", *WORDS, root=root, status=0)
        assert host.get("etc/default/grub") == text


@test
def kernelopts_in_the_environment_block_are_edited_and_grub_reads_them():
    if not shutil.which("grub-editenv"):
        raise Skip("grub-editenv is not here")
    for file in ("fedora39.conf", "rocky8-6.5.7-custom.conf"):
        with Folder() as root:
            host = Host(root)
            text = (FILES / "bls" / file).read_text()
            grub_bls(host, {file: text}, {"saved_entry": file[:-5], "kernelopts": "root=/dev/vda2 ro rd.lvm.lv=a\\\\b", "boot_success": "1"})

            def effective():
                listed = subprocess.run(["grub-editenv", root / "boot/grub2/grubenv", "list"], capture_output=True, text=True, check=True)
                values = dict(line.split("=", 1) for line in listed.stdout.splitlines())
                assert (root / "boot/grub2/grubenv").stat().st_size == 1024
                assert values["saved_entry"] == file[:-5] and values["boot_success"] == "1"
                return [values["kernelopts"]]

            check(host, effective)
            slipway("apply", "--yes", *WORDS, root=root, status=0)
            assert host.get(f"boot/loader/entries/{file}") == text


@test
def a_full_environment_block_is_refused():
    with Folder() as root:
        host = Host(root)
        grub_bls(host, {"a.conf": "title A\nlinux /v\noptions $kernelopts\n"}, {"kernelopts": "x" * 950})
        refused(host, "the environment block is full")


@test
def a_new_kernel_carries_the_arguments_and_loses_them_at_rollback():
    with Folder() as root:
        host = Host(root)
        systemd_boot(host, "title A\nlinux /vmlinuz-6.1.0\noptions root=/dev/vda2 amd_iommu=off quiet\n")
        host.put("etc/kernel/cmdline", "root=/dev/vda2 quiet\n")
        slipway("apply", "--yes", *WORDS, root=root, status=0)
        entry = kernel_install(host, "6.9.0")
        assert split(*loader_options(host, entry)) == ["root=/dev/vda2", "quiet", *ADDED]
        holds(host)
        # A kernel goes, with its entry; that is nothing to verify, and no obstacle.
        (root / "boot/efi/loader/entries/debian-6.1.0.conf").unlink()
        holds(host)
        slipway("rollback", root=root, status=0)
        assert split(*loader_options(host, entry)) == ["root=/dev/vda2", "quiet"], host.get(entry)
        assert host.get("etc/kernel/cmdline") == "root=/dev/vda2 quiet\n"
        assert not (root / "boot/efi/loader/entries/debian-6.1.0.conf").exists()


@test
def an_entry_without_the_arguments_is_named_by_verify():
    with Folder() as root:
        host = Host(root)
        systemd_boot(host)
        slipway("apply", "--yes", "--kernel-arg", "a=1", root=root, status=0)
        assert host.get("etc/kernel/cmdline") == "root=/dev/vda2 ro quiet a=1\n"
        host.put("boot/efi/loader/entries/hand.conf", "title By hand\nlinux /v\noptions root=/dev/vda2\n")
        said = slipway("verify", root=root, status=1).err.decode()
        assert "/boot/efi/loader/entries/hand.conf lacks a=1" in said, said
        slipway("rollback", root=root, status=0)
        assert loader_options(host, "boot/efi/loader/entries/hand.conf") == ["root=/dev/vda2"]
        assert not (root / "etc/kernel/cmdline").exists()


@test
def what_an_entry_had_by_itself_stays_in_it():
    with Folder() as root:
        host = Host(root)
        systemd_boot(host)
        host.put("boot/efi/loader/entries/old.conf", "title Old\nlinux /v\noptions a=1 root=/dev/vda2\n")
        before = snapshot(root, ["var"])
        slipway("apply", "--yes", "--kernel-arg", "a=1", root=root, status=0)
        assert loader_options(host, "boot/efi/loader/entries/old.conf") == ["a=1 root=/dev/vda2"]
        host.put("boot/efi/loader/entries/old.conf", "title Old, edited\nlinux /v\noptions a=1 root=/dev/vda2\n")
        slipway("rollback", root=root, status=0)
        host.put("boot/efi/loader/entries/old.conf", "title Old\nlinux /v\noptions a=1 root=/dev/vda2\n")
        assert not difference(before, snapshot(root, ["var"]))


@test
def a_count_of_tries_that_goes_down_is_no_obstacle():
    with Folder() as root:
        host, folder = Host(root), "boot/efi/loader/entries"
        systemd_boot(host, name="debian-6.1.0+3.conf")
        host.put("etc/kernel/cmdline", "root=/dev/vda2 ro quiet\n")
        text = host.get(f"{folder}/debian-6.1.0+3.conf")
        slipway("apply", "--yes", "--kernel-arg", "a=1", root=root, status=0)
        (root / folder / "debian-6.1.0+3.conf").rename(root / folder / "debian-6.1.0+2-1.conf")
        holds(host)
        assert slipway("--json", "plan", "--kernel-arg", "a=1", root=root, status=0).json()["changes"] == []
        (root / folder / "debian-6.1.0+2-1.conf").rename(root / folder / "debian-6.1.0.conf")
        slipway("rollback", root=root, status=0)
        assert host.get(f"{folder}/debian-6.1.0.conf") == text
        assert os.listdir(root / folder) == ["debian-6.1.0.conf"]


@test
def a_second_wish_replaces_the_first_in_entries_old_and_new():
    with Folder() as root:
        host = Host(root)
        systemd_boot(host)
        host.put("etc/kernel/cmdline", "root=/dev/vda2 ro quiet\n")
        slipway("apply", "--yes", "--kernel-arg", "a=1", root=root, status=0)
        entry = kernel_install(host, "6.9.0")
        slipway("apply", "--yes", "--kernel-arg", "b=2", root=root, status=0)
        assert split(*loader_options(host, entry)) == split(host.get("etc/kernel/cmdline")) == ["root=/dev/vda2", "ro", "quiet", "b=2"]
        newer = kernel_install(host, "6.10.0")
        slipway("rollback", root=root, status=0)
        files = (entry, newer, "boot/efi/loader/entries/debian-6.1.0.conf")
        for line in loader_options(host, *files):
            assert split(line) == ["root=/dev/vda2", "ro", "quiet", "a=1"], [host.get(file) for file in files]
        slipway("rollback", root=root, status=0)
        for line in loader_options(host, *files):
            assert split(line) == ["root=/dev/vda2", "ro", "quiet"], [host.get(file) for file in files]


@test
def the_menu_is_in_the_order_of_bootctl():
    names = ["debian-6.1.0-9", "debian-6.1.0-44", "debian-6.1.0-rc1+2-1", "debian-6.9.0+0-3", "0123-5.14", "0123-5.14.1+3", "abc_x", "Arch",
             "-slipway-trial", "a_b", "a.b", "a-b"]  # fmt: skip
    keys = ["", "debian", "arch", "debian", "", "debian"]
    with Folder() as root:
        host, folder = Host(root), "boot/efi/loader/entries"
        systemd_boot(host)
        (root / folder / "debian-6.1.0.conf").unlink()
        for n, name in enumerate(names):
            key, version = keys[n % len(keys)], name.split("+")[0]
            head = (f"sort-key {key}\nversion {version}\n" if key else "") + (f"machine-id {MACHINE[n:] + MACHINE[:n]}\n" if n % 4 == 1 else "")
            host.put(f"{folder}/{name}.conf", f"title {name}\n{head}linux /vmlinuz\noptions n={n}\n")
        theirs, ours = [name for name, _ in bootctl_list(root / folder)], []
        while os.listdir(root / folder):
            line = slipway("--json", "audit", root=root).json()["host"]["kernel"]["arguments_next_boot"]
            ours.append(names[int(line[0].split("=")[1])] + ".conf")
            (root / folder / ours[-1]).unlink()
        assert ours == theirs, (ours, theirs)


@test
def a_unified_image_is_refused_with_the_way_out():
    with Folder() as root:
        host = Host(root)
        systemd_boot(host)
        host.variable("StubInfo", "systemd-stub 252")
        refused(host, "unified", "StubInfo says 'systemd-stub 252'", "/etc/kernel/cmdline", "layout=bls")
    with Folder() as root:
        host = Host(root)
        systemd_boot(host)
        host.put("etc/kernel/install.conf", "# how\nlayout=uki\n")
        refused(host, "/etc/kernel/install.conf says layout=uki")
    with Folder() as root:
        host = Host(root)
        systemd_boot(host)
        host.put("boot/efi/EFI/Linux/debian-7.efi", "MZ")
        host.put("boot/efi/loader/loader.conf", "default debian-7*\n")
        refused(host, "/boot/efi/EFI/Linux/debian-7.efi boots next")


@test
def an_ostree_host_is_told_by_rpm_ostree_and_the_way_back_is_the_inverse():
    with Folder() as root:
        host = Host(root)
        grub_bls(host, {"ostree-1.conf": "title F\nversion 1\nlinux /v\noptions root=/dev/vda2 ostree=/x\n"})
        host.put("run/ostree-booted", "")
        host.program("usr/bin/rpm-ostree")
        slipway("apply", "--yes", "--kernel-arg", "a=1", "--kernel-arg", "b", root=root, status=0)
        plan = json.loads((root / "var/lib/slipway/transactions/1/plan.json").read_text())
        command = next(c for c in plan["changes"] if c["kind"] == "command")
        assert command["argv"] == ["rpm-ostree", "kargs", "--append-if-missing=a=1", "--append-if-missing=b"], command
        assert command["undo"] == ["rpm-ostree", "kargs", "--delete-if-present=a=1", "--delete-if-present=b"], command
        slipway("apply", "--yes", "--kernel-arg", "b", root=root, status=0)
        plan = json.loads((root / "var/lib/slipway/transactions/2/plan.json").read_text())
        command = next(c for c in plan["changes"] if c["kind"] == "command")
        assert command["argv"] == ["rpm-ostree", "kargs", "--delete-if-present=a=1"], command
        assert command["undo"] == ["rpm-ostree", "kargs", "--append-if-missing=a=1"], command


@test
def a_bootc_image_gets_a_dropin():
    with Folder() as root:
        host = Host(root)
        host.program("usr/bin/bootc")
        host.program("usr/bin/rpm-ostree")
        (root / "ostree/repo").mkdir(parents=True)
        host.put("usr/lib/bootc/kargs.d/10-x.toml", "kargs = [\"mitigations=auto\",\n 'nosmt']\n")
        before = snapshot(root, ["var"])
        slipway("apply", "--yes", "--kernel-arg", "nosmt", *WORDS, root=root, status=0)
        text = host.get("usr/lib/bootc/kargs.d/50-slipway.toml")
        import tomllib

        assert tomllib.loads(text) == {"kargs": ADDED}, text
        slipway("rollback", root=root, status=0)
        assert not difference(before, snapshot(root, ["var"]))


@test
def a_host_of_bootc_without_rpm_ostree_is_told_where_its_arguments_come_from():
    with Folder() as root:
        host = Host(root)
        grub_bls(host, {"ostree-1.conf": "title F\nversion 1\nlinux /v\noptions root=/dev/vda2 ostree=/x\n"})
        host.put("run/ostree-booted", "")
        host.program("usr/bin/bootc")
        refused(host, "this host boots a bootc image", "/usr/lib/bootc/kargs.d", "slipway --root", "rpm-ostree")


@test
def entries_of_zipl_are_edited_and_zipl_runs():
    with Folder() as root:
        host = Host(root)
        zipl(host)
        host.put("etc/zipl.conf", "[defaultboot]\ndefaultauto\nprompt=1\n")
        host.put("boot/loader/entries/a.conf", "title A\nlinux /v\noptions root=/dev/dasda1\n")
        check(host, lambda: [host.options("boot/loader/entries/a.conf")], commands=2)


@test
def every_file_of_the_wild_is_in_a_test():
    """By folder, and where each is read; GRUB's are counted by test_grub.py itself."""
    tests = {"bls": "test_boot_chains.py", "cmdline": "test_boot_chains.py", "zipl": "test_boot_live.py", "grub/files": "test_grub.py",
             "grub/grub.d": "test_grub.py", "modprobe": "test_modprobe.py", "initramfs": "test_initramfs.py test_mkinitcpio.py"}  # fmt: skip
    n = 0
    for folder, names in tests.items():
        texts = "".join((HERE / name).read_text() for name in names.split())
        assert folder.split("/")[0] in texts, folder
        for file in (FILES / folder).iterdir():
            assert folder != "initramfs" or file.name in texts, file
            n += 1
    assert n == sum(len(files) for _, _, files in os.walk(FILES)) - len(["EXPECTED.tsv"]), n
    return f"{n} files"


if __name__ == "__main__":
    main()
