#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""First boots that are cut off, by the power or by a disk that fails: the end comes all the same, with one reboot at most."""

import signal

import crash
from image import DROPIN, REBOOT, ends, prepared, wished
from tap import Folder, main, test


def cut_off(how, status, pick):
    """How many points were tried: whatever cuts a boot off, the next ones come to the end, with one reboot at most."""
    n = 0
    for make in (prepared, wished):
        with Folder() as folder:
            image = make(folder)
            image.boot()
            image.areas += ["calls", "proc/cmdline", "proc/sys/kernel"]
            start = image.look()
            points = [p.number for p in image.points(("verify", "--reboot"), (0, 1))]
            for point in points[:: crash.each(pick * (4 if crash.is_sanitized() else 1))]:
                image.put_back(start)
                image.forget_calls()
                image.n_boots = 1
                image.unit(status=status, options=["-n", str(point), "-a", how])
                reboots = image.calls().count(REBOOT)
                for _ in range(3):
                    image.boot()
                    image.unit(status=(0, 1))
                # Power fails as a boot ends, too: what was cut off in the one reboot is that reboot.
                assert ends(image, "done")["rebooted"] or not reboots, point
                assert image.calls().count(REBOOT) <= 1, (point, image.calls())
                assert "kvm.ignore_msrs=1" in image.file("boot/grub/grub.cfg").read_text(), point
                n += 1
    return f"{n} points"


@test
def power_cuts_at_every_point_lead_to_the_end_with_one_reboot_at_most():
    return cut_off("kill", (crash.KILLED, 1), 1)


@test
def a_first_boot_in_which_the_host_is_shut_down_goes_on_at_the_next():
    return cut_off("SIGTERM", (0, 1, 4, 128 + signal.SIGTERM), 3)


@test
def a_host_that_is_cut_off_three_times_is_left_in_peace():
    with Folder() as folder:
        image = prepared(folder)
        image.boot()
        points = [p for p in image.points(("verify", "--reboot"), (0, 1)) if p.path.endswith("/journal")]
    with Folder() as folder:
        image = prepared(folder)
        for _ in range(3):
            image.boot()
            image.unit(status=crash.KILLED, options=["-n", str(points[0].number), "-a", "kill"])
        image.boot()
        image.unit(status=4)
        assert "begun 3 times" in ends(image, "failed")["reason"]
        assert not image.file(DROPIN).exists() and REBOOT not in image.calls()


@test
def a_disk_that_fails_never_makes_a_second_reboot():
    n = 0
    with Folder() as folder:
        image = prepared(folder)
        image.boot()
        image.areas += ["calls", "proc/cmdline", "proc/sys/kernel"]
        start = image.look()
        points = [p.number for p in image.points(("verify", "--reboot"), (0, 1))]
        for error in ("EIO", "ENOSPC", "EROFS"):
            for point in points[:: crash.each(6 if crash.is_sanitized() else 2)]:
                image.put_back(start)
                image.forget_calls()
                image.n_boots = 1
                image.unit(status=(0, 1, 4, 5), options=["-n", str(point), "-a", error])
                for _ in range(3):
                    image.boot()
                    image.unit(status=(0, 1, 4, 5))
                assert ends(image, image.first_boot()["state"])["state"] in ("done", "failed"), (error, point)
                assert image.calls().count(REBOOT) <= 1, (error, point, image.calls())
                n += 1
    return f"{n} points"


if __name__ == "__main__":
    main()
