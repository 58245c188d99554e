#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
First boots: what an apply below --root left to the image is carried out by the booted image, with one reboot at most, and the end is
written down.
"""

import os

import crash
from image import ARGUMENT, DROPIN, PENDING, REBOOT, RECORD, Image, ends, prepared
from tap import Folder, main, test


@test
def an_image_is_finished_rebooted_once_and_judged():
    with Folder() as folder:
        image = prepared(folder)
        assert image.first_boot()["state"] == "waiting"
        image.boot()
        p = image.unit(status=1)
        assert image.calls() == ["update-grub ", REBOOT], (image.calls(), p)
        assert image.first_boot()["state"] == "rebooting" and image.story()["reboot_pending"]
        # The unit once more before the machine goes down: it waits.
        image.unit(status=1)
        assert image.calls() == ["update-grub ", REBOOT]
        image.boot()
        p = image.unit()
        assert b"the first boot is done" in p.stderr, p.stderr
        now = ends(image, "done")
        assert now["rebooted"] and now["attempts"] == 1 and now["transaction"] == 1 and now["verdict"], now
        assert "kvm.ignore_msrs=1" in image.file("boot/grub/grub.cfg").read_text()
        assert image.calls() == ["update-grub ", REBOOT]
        image.boot()
        assert image.unit() is None and not image.story()["drift"]
        image.slipway("rollback", status=0)
        assert not image.file(DROPIN).exists() and "kvm.ignore_msrs" not in image.file("boot/grub/grub.cfg").read_text()


@test
def an_image_that_boots_as_wished_already_is_not_rebooted():
    with Folder() as folder:
        image = prepared(folder)
        # The builder of the image ran update-grub in it.
        image.command(["/usr/sbin/update-grub"])
        image.forget_calls()
        image.boot()
        image.unit()
        now = ends(image, "done")
        assert not now["rebooted"] and image.calls() == ["update-grub "], (now, image.calls())


@test
def devices_that_are_set_aside_must_be_bound_after_the_reboot():
    for bound in (True, False):
        with Folder() as folder:
            image = prepared(folder, "--passthrough", "serial=data1")
            image.boot()
            image.unit(status=1)
            assert image.calls()[-1] == REBOOT and image.calls()[0].startswith("update-initramfs"), image.calls()
            image.boot()
            if bound:
                driver = image.file("sys/devices/pci0000:00/0000:00:07.0/0000:02:00.0/driver")
                target = os.path.dirname(os.readlink(driver)) + "/vfio-pci"
                driver.unlink()
                driver.symlink_to(target)
            image.unit()
            now = ends(image, "done" if bound else "failed")
            assert bound or "devices." in now["reason"] and "after the one reboot" in now["reason"], now
            # Nothing is taken back, and nothing restarts, when the host is up: it is told.
            assert image.calls().count(REBOOT) == 1 and image.story()["last"] == "applied"


@test
def a_command_that_fails_takes_everything_back_and_the_host_stays_up():
    for trouble in ("fail-update-grub", "lie-update-grub", "fail-update-initramfs"):
        with Folder() as folder:
            image = Image(folder / "image")
            before = crash.host_of(image.look())
            image.offline("apply", "--yes", "--passthrough", "serial=data*", *ARGUMENT)
            image.write(trouble, "")
            image.boot()
            p = image.unit(status=(4, 5))
            # What failed when it was to be done fails when it is to be taken back: that is told, too.
            assert b"the first boot failed" in p.stderr, p.stderr
            now = ends(image, "failed")
            assert trouble.split("-", 1)[1] in now["reason"], now
            assert REBOOT not in image.calls()
            left = [x for x in crash.difference(before, crash.host_of(image.look())) if x != "boot/grub/grub.cfg"]
            assert not left, (trouble, left)
            assert "ignore_msrs" not in image.file("boot/grub/grub.cfg").read_text()
            status = image.story()
            assert status["transactions"][0]["failure"], status
            image.boot()
            assert image.unit() is None


@test
def two_applies_to_an_image_are_finished_by_one_run_of_each_command():
    with Folder() as folder:
        image = prepared(folder, "--passthrough", "serial=data1")
        image.offline("apply", "--yes", *ARGUMENT)
        image.boot()
        image.unit(status=1)
        assert sorted(image.calls()) == [REBOOT, "update-grub ", "update-initramfs -u -k all"], image.calls()
        image.boot()
        image.unit()
        assert ends(image, "done")["transaction"] == 2


@test
def a_rollback_of_the_image_takes_the_marker_along():
    with Folder() as folder:
        image = prepared(folder)
        image.offline("rollback")
        assert not image.file(PENDING).exists() and image.first_boot() is None
        image.boot()
        assert image.unit() is None and image.calls() == []


@test
def a_rollback_between_the_two_boots_is_told():
    with Folder() as folder:
        image = prepared(folder)
        image.boot()
        image.unit(status=1)
        image.slipway("rollback", status=0)
        # The marker went along: who looks is told.
        image.boot()
        image.slipway("verify", status=1)
        assert "was taken back" in ends(image, "failed")["reason"]


@test
def markers_that_are_damaged_do_no_harm():
    for name, text in ((PENDING, "something else\n"), (RECORD, "{"), (RECORD, ""), (RECORD, '{"state": "done"'), (RECORD, '{"attempts": -1, "state": "rebooting"}')):
        with Folder() as folder:
            image = prepared(folder)
            image.write(name, text)
            image.boot()
            p = image.unit()
            if name == PENDING:
                image.boot()
                image.unit()
                ends(image, "done")
            else:
                # Whether there was a reboot is not known: there is none.
                assert b"no record of slipway's" in p.stderr and REBOOT not in image.calls()
                assert "update-grub " in image.calls()
                assert ends(image, "failed")["reason"].startswith("kernel.arguments")
    with Folder() as folder:
        image = prepared(folder)
        image.file(PENDING).unlink()
        image.file(PENDING).mkdir()
        image.boot()
        image.unit()
        image.boot()
        image.unit()
        assert image.first_boot()["state"] == "done"
        image.boot()
        image.unit()
        assert image.calls().count(REBOOT) == 1


@test
def drift_in_the_image_is_told_and_left():
    with Folder() as folder:
        image = prepared(folder)
        image.write(DROPIN, image.file(DROPIN).read_text() + "# mine\n")
        image.boot()
        image.unit(status=1)
        image.boot()
        p = image.unit(status=1)
        assert DROPIN.encode() in p.stderr
        assert "of the changes does not hold" in ends(image, "failed")["reason"]
        assert image.file(DROPIN).read_text().endswith("# mine\n")


if __name__ == "__main__":
    main()
