#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: help, wrong usage, exit statuses, an ordinary user, and trees made to harm."""

import json
import os
import pathlib
import random
import re
import shutil
import subprocess

import make_host
from tap import HERE, SLIPWAY, Folder, Skip, main, slipway, snapshot, test

VERBS = "audit list show plan apply verify rollback status bind release profile attach detach move vfs capture".split()
READING = (("audit",), ("list",), ("show", "address=*"), ("--json", "audit"), ("--json", "list"), ("--json", "show", "address=*"),
           ("status",), ("plan", "--kernel-arg", "a=b"), ("--json", "plan", "--passthrough", "class=nvme"))


@test
def every_verb_has_help_on_stdout():
    everything = slipway("--help", status=0).out.decode()
    for verb in VERBS:
        assert re.search(rf"^\s+{verb}\b", everything, re.M), verb
        for words in ((verb, "--help"), (verb, "-h"), (verb, "--help", "more")):
            r = slipway(*words, status=0)
            assert f"slipway {verb}".encode() in r.out and not r.err, (words, r.err)
    assert slipway("--version", status=0).out.startswith(b"slipway ")


@test
def an_option_of_slipway_behind_the_verb_is_told_where_it_stands():
    for word in ("--json", "--no-color", "--root=/x", "--wait"):
        r = slipway("audit", word, status=2)
        assert r.err == f"error: option {word} stands before the verb: slipway {word} audit\n".encode(), r.err


@test
def what_messages_tell_to_run_is_no_wrong_usage():
    """Commands in quotes, 'slipway --json audit', in help and source: their options stand where the program takes them."""
    for path in sorted(HERE.parent.glob("*/*.[ch]")) + [HERE.parent / "man/slipway.8"]:
        for found in re.findall(r"slipway [a-z-]+ --(?:json|root|wait|no-color)\b", path.read_text()):
            assert False, (path, found)


@test
def a_folder_that_is_of_no_host_is_named():
    with Folder() as root:
        make_host.lab(os.path.join(root, "host1"))
        r = slipway("list", root=root, status=0)
        assert f"{root} has neither sys nor proc nor etc".encode() in r.err, r.err
        assert not slipway("list", root=os.path.join(root, "host1"), status=0).err


@test
def wrong_usage_is_status_2_with_nothing_on_stdout():
    rows = [[], ["fly"], ["--fly", "audit"], ["audit", "--fly"], ["audit", "extra"], ["show"], ["list", "a", "b"], ["--root"],
            ["--root", "/nonexistent/x", "audit"], ["apply", "--yes=1"], ["plan"], ["plan", "-f"], ["plan", "-f", "/nonexistent"],
            ["plan", "--passthrough"], ["audit", "--require", "no.such"], ["audit", "--device", "class=nope"], ["audit", "--policy", "/nonexistent"],
            ["rollback", "x"], ["rollback", "99"], ["profile", "show", "nope"],
            ["list", "class=nope"], ["list", "colour=red"], ["plan", "--bind", "never", "--kernel-arg", "a"],
            ["plan", "--allow", "all", "--kernel-arg", "a"], ["plan", "--passthrough", "serial=nobody"],
            ["plan", "--kernel-arg", "a b"], ["plan", "--kernel-arg", "a`reboot`"], ["plan", "--kernel-arg", "$(id)"],
            ["plan", "--kernel-arg", "a\nb"], ["plan", "--kernel-arg", ""], ["plan", "--kernel-arg", "--"], ["capture", "/proc/x"]]
    with Folder() as root:
        make_host.lab(root)
        before = snapshot(root)
        for words in rows:
            live = not words or words[0].startswith("--root") or "--fly" in words[:1]
            r = slipway(*words, root=None if live else root, status=2)
            assert not r.out and r.err.startswith(b"error: "), (words, r.out, r.err)
        after = snapshot(root, leave_out=["var"])
        assert before == after


@test
def a_mistyped_verb_is_guessed():
    assert b"did you mean 'audit'" in slipway("audt", status=2).err


@test
def an_answer_that_cannot_be_written_is_no_success():
    with Folder() as root:
        make_host.lab(root)
        for words in (["list"], ["--json", "list"], ["status"], ["plan", "--kernel-arg", "a=b"], ["show", "address=*"]):
            with open("/dev/full", "w") as full:
                p = subprocess.run([SLIPWAY, "--root", str(root), *words], stdout=full, stderr=subprocess.PIPE)
            assert p.returncode not in (0, None) and p.returncode > 0, (words, p)
            assert b"standard output" in p.stderr, p.stderr


@test
def a_ready_host_is_status_0_and_a_required_check_counts():
    with Folder() as root:
        make_host.lab(root, on_vfio=(1,))
        slipway("audit", root=root, status=0)
        os.unlink(root / "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c")
        shutil.rmtree(root / "sys/firmware/efi")
        slipway("audit", root=root, status=0)
        shutil.rmtree(root / "sys/class/iommu")
        shutil.rmtree(root / "sys/kernel/iommu_groups")
        (root / "sys/kernel/iommu_groups").mkdir()
        for folder, folders, files in os.walk(root / "sys/devices"):
            if "iommu_group" in folders + files:
                os.unlink(os.path.join(folder, "iommu_group"))
        slipway("audit", root=root, status=1)


def as_nobody():
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        raise Skip("setpriv is not installed")
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@test
def an_ordinary_user_can_look_at_this_machine():
    before = as_nobody()
    with Folder() as folder:
        # The build folder may be closed to him.
        binary = folder / "slipway"
        shutil.copy(SLIPWAY, binary)
        binary.chmod(0o755)
        for words in (["audit"], ["list"], ["--json", "audit"], ["--json", "list"], ["status"]):
            p = subprocess.run([*before, str(binary), *words], capture_output=True, stdin=subprocess.DEVNULL)
            said = p.stderr.decode("utf-8", "replace")
            assert p.returncode in (0, 1), (words, p.returncode, said)
            assert "Sanitizer" not in said and "runtime error" not in said, said
        p = subprocess.run([*before, str(binary), "list"], capture_output=True)
        assert b"not root" in p.stderr, p.stderr
        for words in (["apply", "--yes", "--kernel-arg", "a=b"], ["rollback"], ["verify"], ["bind", "address=*"], ["release", "address=*"]):
            p = subprocess.run([*before, str(binary), *words], capture_output=True, stdin=subprocess.DEVNULL)
            assert p.returncode == 4 and b"root" in p.stderr, (words, p)


@test
def what_needs_root_is_unknown_to_an_ordinary_user():
    before = as_nobody()
    with Folder() as folder:
        root = folder / "root"
        make_host.lab(root)
        binary = folder / "slipway"
        shutil.copy(SLIPWAY, binary)
        binary.chmod(0o755)
        for file in ("sys/firmware/acpi/tables/DMAR", "boot/grub/grub.cfg"):
            (root / file).chmod(0o600)
        (root / "sys/firmware/acpi/tables").chmod(0o700)
        p = subprocess.run([*before, str(binary), "--root", str(root), "--json", "audit"], capture_output=True)
        checks = {c["id"]: c for c in json.loads(p.stdout)["checks"]}
        if before:
            assert checks["kernel.arguments"]["verdict"] == "unknown" and "Permission denied" in checks["kernel.arguments"]["summary"]
            assert checks["iommu.interrupt-remapping"]["verdict"] in ("unknown", "skip"), checks["iommu.interrupt-remapping"]
            assert checks["iommu.enabled"]["verdict"] == "pass"


HOSTILE = [b"\x1b[2J\x1b]0;owned\x07", b"\xff\xfe\xc3(", b"a\"b\\c</x>&amp;", b"%s%n%d", b"\xc2\x9b31m", b"../../etc/passwd", b"x" * 5000,
           "\u202egnp.exe".encode(), b"$(reboot)`id`", b"--yes", b"\xed\xa0\x80", b"tab\there"]


def check_clean(r, words):
    for stream in (r.out, r.err):
        text = stream.decode("utf-8", "surrogateescape")
        assert r"\udc" not in ascii(text), (words, [ascii(line) for line in text.splitlines() if r"\udc" in ascii(line)][:3])
        bad = re.findall(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", text)
        assert not bad, (words, bad[:5])


@test
def hostile_names_are_escaped_everywhere():
    for value in HOSTILE:
        with Folder() as root:
            make_host.lab(root)
            base = root / "sys/devices/pci0000:00/0000:00:07.0/0000:02:00.0"
            for file in ("nvme/nvme1/serial", "nvme/nvme1/model", "nvme/nvme1/firmware_rev"):
                (base / file).write_bytes(value + b"\n")
            (root / "proc/cpuinfo").write_bytes(b"processor\t: 0\nvendor_id\t: " + value + b"\nmodel name\t: " + value + b"\n")
            (root / "sys/class/dmi/id/product_name").write_bytes(value)
            (root / "proc/cmdline").write_bytes(b"quiet " + value + b" iommu=" + value)
            (root / "run/udev/data/b259:10").write_bytes(b"E:ID_FS_TYPE=" + value + b"\n")
            mounts = root / "proc/self/mountinfo"
            mounts.write_bytes(mounts.read_bytes() + b"40 22 259:20 / /mnt/" + value.replace(b"\t", b"\\011") + b" rw - ext4 /dev/nvme2n1 rw\n")
            for words in READING:
                r = slipway(*words, root=root, status=(0, 1, 2, 3, 4))
                check_clean(r, words)
                if words[0] == "--json" and r.out:
                    assert r.json()["schema"] == f"slipway.{words[1]}/1"
            r = slipway("apply", "--yes", "--passthrough", "0000:02:00.0", "--allow", "0000:02:00.0=data", root=root, status=(0, 3, 4))
            check_clean(r, "apply")
            if r.status == 0:
                lines = (root / "etc/slipway/devices.conf").read_bytes().splitlines()
                assert len(lines) == 2 and re.fullmatch(rb"[\x21-\x7e]+( [a-z-]+=[\x21-\x7e]+)+", lines[1]), lines
                slipway("list", root=root, status=0)


def files_of(root):
    return sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink())


def spoil(root, chance, rng, how):
    for p in files_of(root):
        if rng.random() < chance:
            how(p, rng)


def truncate(p, rng):
    p.write_bytes(p.read_bytes()[: rng.randrange(0, max(1, p.stat().st_size))])


def empty(p, _):
    p.write_bytes(b"")


def folder_instead(p, _):
    p.unlink()
    p.mkdir()


def garbage(p, rng):
    p.write_bytes(rng.randbytes(rng.randrange(1, 600)))


def link_out(p, rng):
    p.unlink()
    p.symlink_to(rng.choice(["/etc/shadow", "../" * 30 + "etc/shadow", "/proc/self/environ", p.name, "/"]))


def unreadable_loop(p, _):
    p.unlink()
    os.mkfifo(p)


@test
def no_spoiled_tree_crashes_a_reading_verb():
    secret = pathlib.Path("/etc/shadow").read_bytes().split(b"\n")[0] if os.access("/etc/shadow", os.R_OK) else None
    n = 0
    for how in (truncate, empty, folder_instead, garbage, link_out, unreadable_loop):
        for seed, chance in enumerate((0.02, 0.2, 1.0)):
            rng = random.Random(f"{how.__name__} {seed}")
            with Folder() as root:
                make_host.lab(root, on_vfio=(3,), vfio_users=((4711, 11),))
                slipway("apply", "--yes", "--passthrough", "serial=data1", root=root, status=0)
                spoil(root, chance, rng, how)
                for words in READING:
                    r = slipway(*words, root=root, status=(0, 1, 2, 3, 4))
                    check_clean(r, words)
                    if words[0] == "--json" and r.status in (0, 1):
                        r.json()
                    assert not secret or secret not in r.out + r.err, (how.__name__, words)
                    n += 1
    return f"{n} runs"


@test
def a_pipe_in_the_place_of_a_file_holds_nobody_up():
    """Files that the pretended server lacks, and a host may have."""
    for path in ("proc/interrupts", "var/lib/slipway/lock", "proc/consoles", "proc/swaps", "etc/fstab", "proc/fs/jbd2"):
        with Folder() as root:
            make_host.lab(root)
            place = root / path
            place.unlink(missing_ok=True)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(place)
            for words in READING:
                check_clean(slipway(*words, root=root, status=(0, 1, 2, 3, 4)), words)


@test
def an_empty_folder_is_a_host_too():
    with Folder() as root:
        for words in (["audit"], ["--json", "audit"], ["list"], ["--json", "list"], ["status"], ["--json", "status"]):
            slipway(*words, root=root, status=(0, 1))
        assert slipway("--json", "list", root=root, status=0).json()["devices"] == []


if __name__ == "__main__":
    os.chdir(HERE)
    main()
