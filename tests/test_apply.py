#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""plan, apply, verify, rollback and status on pretended servers below --root."""

import json
import os
import re
import subprocess

import make_host
from tap import HERE, SLIPWAY, Folder, difference, main, slipway, snapshot, test

JOURNAL = "var/lib/slipway"
DATA = ("--passthrough", "serial=data*")
DROPIN = "etc/default/grub.d/zz-slipway.cfg"


def plan(root, *arguments, status=0):
    return slipway("--json", "plan", *arguments, root=root, status=status).json()


def after_of(document, target):
    """What a planned file would hold, from its diff."""
    change = next((c for c in document["changes"] if c["target"].lstrip("/") == target), None)
    return change and "\n".join(line[1:] for line in change["diff"].splitlines() if line.startswith("+") and not line.startswith("+++"))


@test
def the_boot_disk_is_refused_with_the_chain_and_nothing_is_written():
    with Folder() as root:
        make_host.lab(root)
        before = snapshot(root)
        document = plan(root, "--passthrough", "class=nvme", status=3)
        assert document["changes"] == [] and not document["reboot_required"]
        refusals = {(r["rule"], r["kind"], r["reason"].split(";")[0]) for r in document["refusals"]}
        assert {r["address"] for r in document["refusals"]} == {"0000:01:00.0"}
        assert ("in-use", "mount", "0000:01:00.0 → nvme0n1 → nvme0n1p2 → ext4 on /") in refusals, refusals
        assert ("in-use", "mount", "0000:01:00.0 → nvme0n1 → nvme0n1p1 → vfat on /boot/efi") in refusals
        assert ("in-use", "swap", "0000:01:00.0 → nvme0n1 → nvme0n1p3 → swap on /dev/nvme0n1p3") in refusals
        assert not difference(before, snapshot(root))
        said = slipway("plan", "--passthrough", "class=nvme", root=root, status=3)
        assert said.out == b"" and b"nothing was changed" in said.err


@test
def apply_refuses_the_boot_disk_whatever_is_allowed():
    kinds = "mount swap esp holder data network display vfio guest unknown".split()
    allow = [w for kind in kinds for w in ("--allow", f"0000:01:00.0={kind}")]
    with Folder() as root:
        make_host.lab(root)
        before = snapshot(root)
        for selector in ("class=nvme", "0000:01:00.0", "serial=boot0", "id=1b36:0010"):
            slipway("apply", "--yes", "--passthrough", selector, *allow, root=root, status=3)
            # The lock lives beside the journal; nothing else may come into being.
            assert not difference(before, snapshot(root, leave_out=["var"])), selector
            assert not os.path.exists(root / JOURNAL / "journal")


@test
def the_network_port_is_refused_in_both_families():
    for table in ("proc/net/route", "proc/net/if_inet6"):
        with Folder() as root:
            make_host.lab(root)
            os.unlink(root / table)
            document = plan(root, "--passthrough", "class=net", status=3)
            assert {r["kind"] for r in document["refusals"]} == {"network"}, document


@test
def ids_are_not_used_where_they_would_take_the_boot_disk():
    with Folder() as root:
        make_host.lab(root)
        document = plan(root, *DATA)
        assert "vfio-pci.ids" not in after_of(document, DROPIN)
        devices = after_of(document, "etc/slipway/devices.conf").splitlines()
        assert [d.split()[:2] for d in devices if d[0] != "#"] == [[f"0000:0{n}:00.0", "bind=address"] for n in (2, 3, 4)]
        slipway("plan", "--bind", "ids", *DATA, root=root, status=3)


@test
def ids_are_used_where_the_boot_disk_is_of_another_kind():
    drives = [{**make_host.DRIVES[0], "id": "144d:a808"}, *make_host.DRIVES[1:]]
    with Folder() as root:
        make_host.lab(root, drives=drives)
        document = plan(root, *DATA)
        assert "slipway_wanted='slipway.bind=1 vfio-pci.ids=1b36:0010'" in after_of(document, DROPIN).splitlines()
        devices = [d for d in after_of(document, "etc/slipway/devices.conf").splitlines() if d[0] != "#"]
        assert len(devices) == 3 and all("bind=ids" in d for d in devices)
        # Two of three: the id would take the third.
        document = plan(root, "--passthrough", "serial=data1", "--passthrough", "serial=data2")
        assert "vfio-pci.ids" not in after_of(document, DROPIN)


@test
def apply_and_rollback_restore_every_byte_and_mode():
    with Folder() as root:
        make_host.lab(root)
        before = snapshot(root)
        slipway("apply", "--yes", *DATA, "--kernel-arg", "kvm.ignore_msrs=1", root=root, status=0)
        after = snapshot(root)
        changed = [x for x in difference(before, after) if not x.startswith("var")]
        assert changed == ["etc/default/grub.d/zz-slipway.cfg", "etc/grub.d/42_slipway", "etc/initramfs-tools/hooks/slipway",
                           "etc/initramfs-tools/scripts/init-top/slipway", "etc/slipway", "etc/slipway/devices.conf"], changed
        assert all(after[x][0] & 0o111 for x in changed if "grub.d/42" in x or "initramfs" in x)
        slipway("rollback", root=root, status=0)
        assert not difference(before, snapshot(root, leave_out=["var"]))
        # And again: nothing is left to undo.
        slipway("rollback", root=root, status=0)
        assert not difference(before, snapshot(root, leave_out=["var"]))


@test
def a_second_apply_changes_nothing_and_says_so():
    with Folder() as root:
        make_host.lab(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        before = snapshot(root)
        said = slipway("apply", "--yes", *DATA, root=root, status=0)
        after = snapshot(root, leave_out=[JOURNAL + "/lock"])
        changed = [x for x in difference(before, after) if x != JOURNAL + "/lock"]
        assert b"Nothing to do" in said.out, said.out
        assert not changed, changed
        assert plan(root, *DATA)["changes"] == []


@test
def below_root_no_command_of_the_host_runs():
    with Folder() as root, Folder() as tools:
        make_host.lab(root)
        for name in ("update-grub", "update-initramfs", "lsinitramfs", "systemctl"):
            (tools / name).write_text(f"#!/bin/sh\necho {name} >> {tools}/calls\n")
            (tools / name).chmod(0o755)
        env = {"PATH": f"{tools}:{os.environ['PATH']}"}
        slipway("apply", "--yes", "--reboot", *DATA, root=root, status=0, env=env)
        slipway("verify", root=root, status=1, env=env)
        slipway("rollback", root=root, status=0, env=env)
        assert not (tools / "calls").exists(), (tools / "calls").read_text()


@test
def below_root_the_spec_s_guests_are_left_for_the_running_host():
    with Folder() as root:
        make_host.lab(root)
        spec = root / "host.yaml"
        spec.write_text("version: 1\nguests: [{ name: a, profile: uefi, devices: [serial=not-in-the-image] }]\n")
        before = snapshot(root)
        said = slipway("apply", "--yes", "-f", spec, root=root, status=0).out.decode()
        assert said.endswith("Guest a waits: guests are defined on the running host, when it has booted.\n") and "not-in-the-image" not in said, said
        assert "Nothing to do for now.\nGuest a waits" in slipway("apply", "--yes", "-f", spec, root=root, status=0).out.decode()
        (guest,) = plan(root, "-f", spec)["guests"]
        assert (guest["name"], guest["standing"], guest["differences"]) == ("a", "waits", []), guest
        spec.write_text("version: 1\nguests: [{ name: a, profile: none }]\n")
        assert b"there is no profile 'none'" in slipway("plan", "-f", spec, root=root, status=2).err
        assert not [n for n in difference(before, snapshot(root)) if not n.startswith(("var", "host.yaml", "run"))], difference(before, snapshot(root))


@test
def what_must_run_is_journalled_as_deferred():
    with Folder() as root:
        make_host.lab(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        events = [json.loads(line) for line in (root / JOURNAL / "journal").read_text().splitlines()]
        kinds = [e["event"] for e in events]
        assert kinds[0] == "begin" and kinds[-1] == "committed" and kinds.count("deferred") == 2, kinds


@test
def the_administrators_ids_are_merged_and_not_doubled():
    drives = [{**make_host.DRIVES[0], "id": "144d:a808"}, *make_host.DRIVES[1:]]
    for present, wanted in (("vfio-pci.ids=10de:1b80", "vfio-pci.ids=10de:1b80,1b36:0010"),
                            ("vfio_pci.ids=10de:1b80", "vfio-pci.ids=10de:1b80,1b36:0010"),
                            ("vfio-pci.ids=1:2 vfio-pci.ids=10de:1b80", "vfio-pci.ids=10de:1b80,1b36:0010")):
        with Folder() as root:
            make_host.lab(root, drives=drives, cmdline=make_host.COMMON + " " + present)
            dropin = after_of(plan(root, *DATA), DROPIN)
            assert f"slipway_wanted='slipway.bind=1 {wanted}'" in dropin.splitlines(), (present, dropin)
            assert all(f"= '{word}' ]" in dropin for word in present.split()), (present, dropin)
    with Folder() as root:
        make_host.lab(root, drives=drives, cmdline=make_host.COMMON + " vfio-pci.ids=1b36:0010,10de:1b80")
        dropin = after_of(plan(root, *DATA), DROPIN)
        assert "vfio-pci.ids=" not in dropin and "slipway.bind=1" in dropin, dropin


@test
def the_iommu_argument_is_added_only_where_it_is_needed():
    off, on = "# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set", "CONFIG_INTEL_IOMMU_DEFAULT_ON=y"
    rows = [
        # cpu, DMAR, groups, config, further arguments, wanted
        ("GenuineIntel", True, False, off, "", True),
        ("GenuineIntel", True, False, on, "", False),
        ("GenuineIntel", True, True, off, "", False),
        ("GenuineIntel", True, True, off, " intel_iommu=on", False),
        ("GenuineIntel", True, False, off, " intel_iommu=off", True),
        ("GenuineIntel", True, False, on, " intel_iommu=off", True),
        ("AuthenticAMD", False, False, off, "", False),
        ("AuthenticAMD", True, False, off, "", True),
    ]
    for cpu, dmar, groups, config, more, wanted in rows:
        with Folder() as root:
            make_host.lab(root, cpu=cpu, dmar=dmar, iommu=groups, config=config, cmdline=make_host.COMMON + more)
            dropin = after_of(plan(root, *DATA), DROPIN)
            assert ("intel_iommu=on" in dropin) == wanted, (cpu, dmar, groups, config, more, dropin)
            assert "amd_iommu" not in dropin and "iommu=pt" not in dropin


@test
def a_file_changed_by_somebody_else_is_reported_and_left():
    with Folder() as root:
        make_host.lab(root)
        before = snapshot(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        dropin = root / DROPIN
        dropin.write_text(dropin.read_text() + "# mine\n")
        status = slipway("--json", "status", root=root, status=1).json()
        assert status["drift"] == ["/" + DROPIN], status
        slipway("verify", root=root, status=1)
        said = slipway("rollback", root=root, status=5)
        assert DROPIN.encode() in said.err
        assert dropin.read_text().endswith("# mine\n")
        assert difference(before, snapshot(root, leave_out=["var"])) == [DROPIN]


@test
def a_tree_that_changed_since_the_plan_is_not_overwritten():
    with Folder() as root:
        make_host.lab(root)
        hook = root / "etc/initramfs-tools/hooks/slipway"
        hook.mkdir()
        slipway("apply", "--yes", *DATA, root=root, status=4)
        assert hook.is_dir()


@test
def links_out_of_the_tree_are_not_written_through():
    with Folder() as root, Folder() as outside:
        make_host.lab(root)
        (outside / "victim").write_text("mine\n")
        (outside / "folder").mkdir()
        os.symlink(outside / "victim", root / DROPIN)
        slipway("apply", "--yes", *DATA, root=root, status=4)
        assert (outside / "victim").read_text() == "mine\n"
        os.unlink(root / DROPIN)
        os.rmdir(root / "etc/initramfs-tools/hooks")
        os.symlink(outside / "folder", root / "etc/initramfs-tools/hooks")
        slipway("apply", "--yes", *DATA, root=root, status=4)
        assert list((outside / "folder").iterdir()) == []
        os.unlink(root / "etc/initramfs-tools/hooks")
        os.symlink("../" * 20 + str(outside / "folder").lstrip("/"), root / "etc/initramfs-tools/hooks")
        slipway("apply", "--yes", *DATA, root=root, status=4)
        assert list((outside / "folder").iterdir()) == []


@test
def without_a_yes_nothing_is_done():
    with Folder() as root:
        make_host.lab(root)
        before = snapshot(root)
        slipway("apply", *DATA, root=root, status=4)
        assert not difference(before, snapshot(root, leave_out=["var"]))


@test
def an_image_of_another_distribution_is_refused_whole():
    for missing in ("usr/sbin/update-grub", "usr/sbin/update-initramfs", "usr/libexec/slipway/slipway-bind", "etc/grub.d/10_linux"):
        with Folder() as root:
            make_host.lab(root)
            os.unlink(root / missing)
            before = snapshot(root)
            slipway("apply", "--yes", *DATA, root=root, status=(2, 4))
            assert not difference(before, snapshot(root, leave_out=["var"])), missing


@test
def the_later_apply_goes_first_in_a_rollback():
    with Folder() as root:
        make_host.lab(root)
        before = snapshot(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        between = snapshot(root, leave_out=["var"])
        slipway("apply", "--yes", *DATA, "--kernel-arg", "kvm.ignore_msrs=1", root=root, status=0)
        slipway("rollback", "1", root=root, status=3)
        slipway("rollback", root=root, status=0)
        assert not difference(between, snapshot(root, leave_out=["var"]))
        slipway("rollback", root=root, status=0)
        assert not difference(before, snapshot(root, leave_out=["var"]))


@test
def a_lock_that_is_held_gives_status_6():
    with Folder() as root:
        make_host.lab(root)
        slipway("rollback", root=root, status=0)
        lock = root / JOURNAL / "lock"
        before = snapshot(root)
        for verb in (["apply", "--yes", *DATA], ["rollback"], ["verify"]):
            p = subprocess.run(["flock", "-n", str(lock), SLIPWAY, "--root", str(root), *verb], capture_output=True)
            assert p.returncode == 6, (verb, p)
            assert b"another slipway is at work" in p.stderr
        assert not difference(before, snapshot(root))


@test
def an_untouched_journal_is_needed_for_any_change():
    with Folder() as root:
        make_host.lab(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        journal = root / JOURNAL / "journal"
        journal.write_text(journal.read_text() + '{"somebody":"else"}\n')
        before = snapshot(root, leave_out=[JOURNAL + "/lock"])
        for verb in (["rollback"], ["apply", "--yes", "--kernel-arg", "a=b"], ["verify"], ["status"]):
            said = slipway(*verb, root=root, status=4)
            assert re.search(rb"journal:\d+:", said.err), said.err
        assert not difference(before, snapshot(root, leave_out=[JOURNAL + "/lock"]))


if __name__ == "__main__":
    os.chdir(HERE)
    main()
