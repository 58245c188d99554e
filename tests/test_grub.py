#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""GRUB's settings as they are found: what the real shells and the real grub-mkconfig make of them before, with and after slipway."""

import os
import re
import shutil
import subprocess

import make_host
from tap import HERE, Folder, Skip, difference, main, slipway, snapshot, test

FILES = HERE / "boot/grub/files"
CLOUD = HERE / "boot/grub/grub.d/50-cloudimg-settings.cfg"
DATA = ("--passthrough", "serial=data1")
DYNDBG = 'dyndbg="file drivers/x/* +p; file y.c +p"'
ASK = (*DATA, "--kernel-arg", "slipway.test=a,b", "--kernel-arg", DYNDBG)
# Upstream's script reads one file, Debian's reads the drop-ins, too; this is the part that tells.
ONE_FILE = "#!/bin/sh\nif test -f /etc/default/grub ; then\n  . /etc/default/grub\nfi\n"
DROPINS = ONE_FILE + 'for x in /etc/default/grub.d/*.cfg ; do\n  if [ -e "${x}" ]; then\n    . "${x}"\n  fi\ndone\n'
PROBE = """#!/bin/sh
case "$*" in
*target=device*) echo /dev/sda1 ;;
*target=fs_uuid*) echo 1234-abcd ;;
*target=fs) echo ext2 ;;
*target=drive*) echo '(hd0)' ;;
*target=partmap*) echo gpt ;;
esac
"""
# This machine's grub-mkconfig over the tree's settings.
MKCONFIG = """
for name in boot etc/default etc/grub.d; do mount --bind "$1/$name" "/$name" || exit; done
mount --bind "$1/probe" /usr/sbin/grub-probe && exec "$2" /usr/sbin/grub-mkconfig -o /boot/grub/grub.cfg
"""


def words(line):
    """As the kernel splits them; quotes around a value are its own affair."""
    return [re.sub(r'^"(.*)"$', r"\1", w.replace('="', "=", 1).rstrip('"') if '="' in w else w) for w in re.findall(r'(?:[^\s"]|"[^"]*")+', line)]


def make(root, text, script=ONE_FILE, sh="dash"):
    tree = make_host.lab(root, cmdline=make_host.COMMON)
    os.unlink(root / "usr/sbin/update-grub")
    shutil.rmtree(root / "etc/default/grub.d")
    tree.put("usr/sbin/grub-mkconfig", script, 0o755)
    (root / "etc/default/grub").write_bytes(text)
    (root / "bin").mkdir(exist_ok=True)
    os.symlink(sh, root / "bin/sh")
    return tree


def effective(root, sh):
    """Both variables, as this shell finds them; None where it does not get through the file."""
    # CentOS asks sed for the name of the release, from a file that is not here.
    script = 'set -e; sed() { :; }; . ./etc/default/grub; printf "%s\\n%s\\n" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"'
    p = subprocess.run([sh, "-c", script], cwd=root, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    return None if p.returncode else p.stdout.split("\n")[:2]


def state(root):
    """All but slipway's own journal and lock, and the menu that only grub-mkconfig writes."""
    return snapshot(root, leave_out=["var", "run/lock", "boot/grub/grub.cfg"])


def asked_words(gone):
    """The pretended server's IOMMU is on, unless somebody has switched it off for the next boot."""
    return words(f"slipway.bind=1 slipway.test=a,b {DYNDBG}") + (["intel_iommu=on"] if gone else [])


def check_once(old, new, asked, gone=()):
    """New is old and what was asked, once each, in front of "--"."""
    for word in asked:
        assert new.count(word) == 1, (word, old, new)
    kept = [w for w in new if w not in asked]
    assert kept == [w for w in old if w not in gone], (old, new)
    if "--" in new:
        assert all(new.index(w) < new.index("--") for w in asked), new


@test
def files_edited_in_place_have_the_old_value_and_what_was_asked_once():
    n = refused = 0
    for path in sorted(FILES.iterdir()):
        for sh in ("dash", "bash") if "plus-equals" in path.name else ("dash",):
            with Folder() as root:
                make(root, path.read_bytes(), sh=sh)
                old = effective(root, sh)
                before = state(root)
                if old is None:
                    said = slipway("apply", "--yes", *ASK, root=root, status=(2, 3)).err.decode()
                    assert re.search(r"/etc/default/grub: line \d+, column \d+: .*; write GRUB_CMDLINE_LINUX", said), said
                    assert not difference(before, state(root)), (path, difference(before, state(root)), (root / "etc/default/grub").read_text()[-300:])
                    refused += 1
                    continue
                slipway("apply", "--yes", *ASK, root=root, status=0)
                gone = ["intel_iommu=off"] if "intel_iommu=off" in words(" ".join(old).split("--")[0]) else []
                asked = asked_words(gone)
                for shell in {sh, "bash"}:
                    new = effective(root, shell)
                    check_once(words(" ".join(old)), words(" ".join(new)), asked, gone)
                again = snapshot(root)
                slipway("apply", "--yes", *ASK, root=root, status=0)
                assert not difference(again, snapshot(root)), path
                slipway("rollback", root=root, status=0)
                assert not difference(before, state(root)), (path, difference(before, state(root)), (root / "etc/default/grub").read_text()[-300:])
                n += 1
    assert (n, refused) == (21, 4), (n, refused)
    return f"{n} files edited, {refused} refused"


@test
def a_file_changed_since_keeps_the_change_and_loses_only_ours():
    with Folder() as root:
        make(root, b'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=off \\\nsplash"\n')
        slipway("apply", "--yes", *ASK, root=root, status=0)
        file = root / "etc/default/grub"
        file.write_text("# mine\n" + file.read_text().replace("quiet", "loud"))
        slipway("rollback", root=root, status=0)
        assert file.read_text() == '# mine\nGRUB_CMDLINE_LINUX_DEFAULT="loud intel_iommu=off \\\nsplash"\n', file.read_text()


def plan_of(root, status=0):
    return slipway("--json", "plan", *ASK, root=root, status=status)


def command_of(root):
    return [c["target"] for c in plan_of(root).json()["changes"] if c["kind"] == "command" and "grub" in c["target"]]


@test
def the_menu_is_written_where_grub_reads_it():
    menu = "### BEGIN /etc/grub.d/10_linux ###\nmenuentry 'A' --id a {\n linux /boot/vmlinuz-1 quiet\n}\n"
    with Folder() as root:
        tree = make(root, b"GRUB_CMDLINE_LINUX_DEFAULT=quiet\n")
        assert command_of(root) == ["grub-mkconfig -o /boot/grub/grub.cfg"]
        os.rename(root / "usr/sbin/grub-mkconfig", root / "usr/sbin/grub2-mkconfig")
        os.unlink(root / "boot/grub/grub.cfg")
        assert command_of(root) == ["grub2-mkconfig -o /boot/grub2/grub.cfg"]
        tree.put("boot/efi/EFI/centos/grub.cfg", menu)
        assert command_of(root) == ["grub2-mkconfig -o /boot/efi/EFI/centos/grub.cfg"]
        tree.put("boot/efi/EFI/redhat/grub.cfg", menu)
        said = plan_of(root, status=(2, 3, 4)).err.decode()
        assert "nothing tells which one is this system's" in said, said
        os.unlink(root / "boot/efi/EFI/redhat/grub.cfg")
        tree.put("boot/grub2/grub.cfg", menu)
        tree.put("boot/efi/EFI/centos/grub.cfg", "configfile $prefix/grub.cfg\n")
        assert command_of(root) == ["grub2-mkconfig -o /boot/grub2/grub.cfg"]
        tree.put("usr/sbin/grub2-mkconfig", DROPINS)
        assert any("zz-slipway.cfg" in c["target"] for c in plan_of(root).json()["changes"])


@test
def two_loaders_are_refused_and_named():
    with Folder() as root:
        tree = make(root, b"GRUB_CMDLINE_LINUX_DEFAULT=quiet\n")
        for name in os.listdir(root / "sys/firmware/efi/efivars") if (root / "sys/firmware/efi/efivars").exists() else ():
            if name.startswith(("Boot", "Loader")):
                os.unlink(root / "sys/firmware/efi/efivars" / name)
        tree.put("boot/efi/EFI/systemd/systemd-bootx64.efi", "x")
        tree.put("proc/cmdline", "quiet")
        said = plan_of(root, status=(2, 3, 4)).err.decode()
        assert "two boot loaders are installed" in said and "GRUB" in said and "systemd-boot" in said, said


def loader_of(root):
    checks = slipway("--json", "audit", root=root, status=(0, 1)).json()["checks"]
    return next(c for c in checks if c["id"] == "kernel.bootloader")


@test
def a_capture_tells_the_same_of_the_boot_loaders():
    menu = "### BEGIN /etc/grub.d/10_linux ###\nmenuentry 'A' --id a {\n linux /boot/vmlinuz-1 quiet\n}\n"
    with Folder() as root, Folder() as other:
        tree = make(root, b"GRUB_CMDLINE_LINUX_DEFAULT=quiet\n")
        os.rename(root / "usr/sbin/grub-mkconfig", root / "usr/sbin/grub2-mkconfig")
        os.unlink(root / "boot/grub/grub.cfg")
        tree.put("boot/efi/EFI/centos/grub.cfg", menu)
        slipway("capture", other / "one", root=root, status=0)
        assert loader_of(other / "one") == loader_of(root) and loader_of(root)["verdict"] == "pass"
        assert command_of(other / "one") == ["grub2-mkconfig -o /boot/efi/EFI/centos/grub.cfg"]
        tree.put("boot/efi/EFI/systemd/systemd-bootx64.efi", "x")
        tree.put("proc/cmdline", "quiet")
        slipway("capture", other / "two", root=root, status=0)
        assert loader_of(other / "two") == loader_of(root) and loader_of(root)["verdict"] == "warn", loader_of(root)


def mkconfig(root, sh):
    p = subprocess.run(["unshare", "-m", "sh", "-c", MKCONFIG, "sh", str(root), sh], capture_output=True, text=True,
                       env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"})
    assert p.returncode == 0, p.stderr
    cfg = (root / "boot/grub/grub.cfg").read_text()
    return [words(re.sub(r"^\s*linux\s+\S+\s+", "", line)) for line in cfg.splitlines() if re.match(r"\s*linux\s", line)]


def make_real(root, text, dropins=None):
    """A tree whose settings this machine's grub-mkconfig can read."""
    if os.geteuid() != 0 or not os.path.exists("/usr/sbin/grub-mkconfig"):
        raise Skip("needs root and grub-common")
    tree = make(root, text, DROPINS)
    tree.put("probe", PROBE, 0o755)
    tree.folder("etc/default/grub.d")
    for name in ("00_header", "10_linux", "41_custom"):
        shutil.copy(f"/etc/grub.d/{name}", root / "etc/grub.d" / name)
    for name, content in (dropins or {}).items():
        tree.put(f"etc/default/grub.d/{name}", content)
    return tree


CASES = {
    "plain": ('GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"\nGRUB_CMDLINE_LINUX=""\n', {}, []),
    "nothing set": ("GRUB_DEFAULT=0\n", {}, []),
    "-- in the default": ('GRUB_CMDLINE_LINUX_DEFAULT="quiet -- intel_iommu=off x"\n', {}, []),
    "-- alone": ('GRUB_CMDLINE_LINUX_DEFAULT="--"\nGRUB_CMDLINE_LINUX="console=tty0"\n', {}, []),
    "-- in both": ('GRUB_CMDLINE_LINUX="console=tty0 -- y"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=off"\n', {}, []),
    "switched off": ('GRUB_CMDLINE_LINUX="intel_iommu=off a"\nGRUB_CMDLINE_LINUX_DEFAULT="b intel_iommu=off"\n', {}, ["intel_iommu=off"]),
    "quotes": (r'GRUB_CMDLINE_LINUX_DEFAULT="quiet acpi_osi=\"! -- x\" y"' + "\n", {}, []),
    "cloud image": ('GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n', {"50-cloudimg-settings.cfg": CLOUD.read_text()}, []),
    "a command": ("GRUB_CMDLINE_LINUX_DEFAULT=$(echo quiet)\n", {"50-x.cfg": 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT b"\n'}, []),
}


@test
def the_real_grub_mkconfig_writes_the_old_line_and_what_was_asked():
    for name, (text, dropins, gone) in CASES.items():
        for sh in ("dash", "bash") if name in ("-- in both", "quotes") else ("dash",):
            with Folder() as root:
                make_real(root, text.encode(), dropins)
                before = state(root)
                old = mkconfig(root, sh)
                slipway("apply", "--yes", *ASK, root=root, status=0)
                entries = mkconfig(root, sh)
                asked = asked_words(gone)
                check_once(old[0], entries[0], asked, gone)
                # The entries without slipway are the old ones, word for word, and the recovery entry is as it was, too.
                assert entries[len(old):] == old, (name, entries, old)
                in_linux = "-- in both" in name
                assert in_linux or not [w for w in entries[2] if w in asked], entries[2]
                facts = slipway("--json", "audit", root=root, status=(0, 1)).json()["host"]["kernel"]
                have = words(" ".join(facts["arguments_next_boot"]))
                assert all(w in have for w in asked), (name, facts["arguments_next_boot"])
                again = snapshot(root)
                slipway("apply", "--yes", *ASK, root=root, status=0)
                assert not difference(again, snapshot(root)), name
                slipway("rollback", root=root, status=0)
                assert not difference(before, state(root)), name
                assert mkconfig(root, sh) == old, name


@test
def without_drop_ins_the_real_menu_has_both_kinds_of_entries_too():
    for sh in ("dash", "bash"):
        with Folder() as root:
            make_real(root, b'GRUB_CMDLINE_LINUX="a intel_iommu=off"\nGRUB_CMDLINE_LINUX_DEFAULT=\'quiet x="b -- c" -- init\'\n')
            (root / "usr/sbin/grub-mkconfig").write_text(ONE_FILE)
            (root / "etc/default/grub.d").rmdir()
            before, old = state(root), mkconfig(root, sh)
            slipway("apply", "--yes", *ASK, root=root, status=0)
            entries = mkconfig(root, sh)
            check_once(old[0], entries[0], asked_words(["intel_iommu=off"]), ["intel_iommu=off"])
            assert sorted(entries[len(old)]) == sorted(old[0]), (entries, old)
            assert not [w for line in entries[len(old):] for w in line if w.startswith("slipway.")], entries
            slipway("rollback", root=root, status=0)
            assert not difference(before, state(root)) and mkconfig(root, sh) == old


@test
def what_slipway_writes_is_good_shell():
    if not shutil.which("shellcheck"):
        raise Skip("needs shellcheck")
    for script in (ONE_FILE, DROPINS):
        with Folder() as root:
            make(root, b'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=off"\n', script)
            slipway("apply", "--yes", *ASK, root=root, status=0)
            written = [root / "etc/grub.d/42_slipway"] + list((root / "etc/default").glob("grub.d/*.cfg"))
            p = subprocess.run(["shellcheck", "-s", "sh", "-e", "SC2034", *written], capture_output=True, text=True)
            assert p.returncode == 0, p.stdout


@test
def what_grub_cannot_pass_on_is_refused():
    for argument in ("a=it's", "a=b\\c", "a=$b", 'a="b', 'a="b"c', "--", "a b", 'a=b"c d"'):
        with Folder() as root:
            make(root, b"GRUB_CMDLINE_LINUX_DEFAULT=quiet\n")
            said = slipway("plan", "--kernel-arg", argument, root=root, status=2).err.decode()
            assert "kernel argument" in said, said


if __name__ == "__main__":
    main()
