#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What status tells: the story of each transaction, what is under way, and what has drifted."""

import fcntl
import os

import crash
import make_host
from tap import HERE, Folder, main, slipway, test

JOURNAL = "var/lib/slipway"
WAITS = "Something waits for the first boot: slipway-first-boot.service does it.\n"
DATA = ("--passthrough", "serial=data*")
DROPIN = "etc/default/grub.d/zz-slipway.cfg"
HOOK = "etc/initramfs-tools/hooks/slipway"
ALLOW = [word for n in (2, 3, 4) for word in ("--allow", f"0000:0{n}:00.0=unknown")]


def story(root, status):
    """The words on the terminal, and the same as JSON."""
    told = slipway("status", root=root, status=status).out.decode()
    return told, slipway("--json", "status", root=root, status=status).json()


def changes(document, number):
    return {c["target"]: c for c in document["transactions"][number - 1]["changes"]}


@test
def nothing_has_no_story():
    with Folder() as root:
        make_host.lab(root)
        told, document = story(root, 0)
        assert told == "Nothing has been applied here.\n" and document["transactions"] == [] and document["last"] is None
        assert not (root / "var").exists()


@test
def what_is_applied_says_what_waits_for_the_first_boot():
    with Folder() as root:
        make_host.lab(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        told, document = story(root, 0)
        assert told.startswith("1  20") and told.endswith("Z  apply    applied\n" + WAITS), told
        assert document["first_boot"]["state"] == "waiting" and document["first_boot"]["attempts"] == 0
        of = changes(document, 1)
        assert of["/" + DROPIN]["state"] == "applied" and of["update-grub"]["state"] == "waits for the first boot", of
        assert document["transactions"][0]["ended"] >= document["transactions"][0]["time"]


@test
def what_somebody_changed_is_kept_and_the_reason_told():
    with Folder() as root:
        make_host.lab(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        (root / DROPIN).write_text("mine\n")
        told, document = story(root, 1)
        assert f"/{DROPIN} is not as slipway left it: its content was changed (transaction 1)." in told
        assert document["drift_details"] == [{"target": "/" + DROPIN, "what": "its content was changed", "transaction": 1}]
        slipway("rollback", root=root, status=5)
        told, document = story(root, 0)
        assert f"   kept: file /{DROPIN}: " in told and "was changed by somebody else in the meantime" in told, told
        assert "not all undone at 20" in told
        of = changes(document, 1)
        assert of["/" + DROPIN]["state"] == "kept" and "somebody else" in of["/" + DROPIN]["reason"]
        assert of["/" + HOOK]["state"] == "undone" and of["/" + HOOK]["reason"] is None


@test
def what_could_not_be_taken_back_is_left_and_can_be_tried_again():
    with Folder() as root:
        make_host.lab(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        script = (root / HOOK).read_bytes()
        os.unlink(root / HOOK)
        (root / HOOK).mkdir()
        slipway("rollback", root=root, status=5)
        told, document = story(root, 1)
        assert f"   left: file /{HOOK}: it could not be taken back; 'slipway rollback 1' tries again" in told, told
        assert f"   failed: file /{HOOK}: cannot read /{HOOK}: Is a directory" in told, told
        assert changes(document, 1)["/" + HOOK]["state"] == "left"
        (root / HOOK).rmdir()
        (root / HOOK).write_bytes(script)
        slipway("rollback", "1", root=root, status=0)
        told, document = story(root, 0)
        assert "undone at 20" in told and "left:" not in told and "failed:" not in told, told


@test
def why_an_apply_failed_is_told_in_the_words_of_then():
    with Folder() as root:
        make_host.lab(root)
        (root / HOOK).mkdir()
        slipway("apply", "--yes", *DATA, root=root, status=4)
        # Nothing was begun: the plan itself could not be made.
        assert story(root, 0)[1]["transactions"] == []
    crash.must_live()
    with Folder() as root:
        host = crash.Host(root / "host", live=True).build()
        (root / "host/fail-update-grub").touch()
        host.slipway("apply", "--yes", *DATA, *ALLOW, status=5)
        told = host.slipway("status", status=0).stdout.decode()
        assert "   failed: command update-grub: update-grub failed with status 1; it said: no space left on device\n" in told, told
        assert "   left: command update-grub: it could not be taken back; 'slipway rollback 1' tries again" in told, told
        os.unlink(root / "host/fail-update-grub")
        host.slipway("rollback", status=0)
        told = host.slipway("status", status=0).stdout.decode()
        assert "undone at" in told and "left:" not in told, told


@test
def what_is_under_way_is_not_called_interrupted():
    with Folder() as root:
        make_host.lab(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        journal = root / JOURNAL / "journal"
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(lines[:-1]))
        with open(root / JOURNAL / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            told, document = story(root, 1)
            assert "under way" in told and document["at_work"] is True and document["last"] == "under way", told
        told, document = story(root, 1)
        assert "interrupted" in told and document["at_work"] is False


@test
def a_plan_that_is_gone_hides_no_other_story():
    with Folder() as root:
        make_host.lab(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        slipway("rollback", root=root, status=0)
        os.unlink(root / JOURNAL / "transactions/1/plan.json")
        slipway("apply", "--yes", "--kernel-arg", "a=b", root=root, status=0)
        told, document = story(root, 0)
        assert told.count("\n") == 3 and told.endswith(WAITS) and document["transactions"][0]["changes"] is None, told
        assert changes(document, 2)["/" + DROPIN]["state"] == "applied"


@test
def what_is_in_the_way_of_a_rollback_is_named():
    with Folder() as root:
        make_host.lab(root)
        slipway("apply", "--yes", *DATA, root=root, status=0)
        slipway("apply", "--yes", *DATA, "--kernel-arg", "kvm.ignore_msrs=1", root=root, status=0)
        said = slipway("rollback", "1", root=root, status=3).err.decode()
        assert "error: transaction 2 (apply of 20" in said and f"): file /{DROPIN} came later and stands" in said, said
        assert "error: transaction 1 cannot be taken back before these; roll them back first" in said


@test
def bindings_that_do_not_overlap_go_back_in_any_order():
    crash.must_live()
    with Folder() as root:
        host = crash.Host(root / "host", live=True, areas=("sys/devices/pci0000:00",)).build()
        before = crash.host_of(host.look())
        for n in (1, 2, 3):
            host.slipway("bind", f"serial=data{n}", *ALLOW[2 * n - 2:2 * n], status=0)
        for n in (2, 1, 3):
            host.slipway("rollback", str(n), status=0)
        assert not crash.difference(before, crash.host_of(host.look()))


if __name__ == "__main__":
    os.chdir(HERE)
    main()
