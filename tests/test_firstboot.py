#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
First boots: what an apply below --root left to the image, or a spec and a wish that somebody put there, is carried out by the
booted image (a chroot with pretended tools), with one reboot at most, and the end is written down.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

import crash
import make_host
from tap import HERE, SLIPWAY, Folder, Skip, main, slipway, test

STATE = "var/lib/slipway"
PENDING, RECORD, WISH = f"{STATE}/first-boot.pending", f"{STATE}/first-boot.json", "etc/slipway/first-boot"
DROPIN = "etc/default/grub.d/zz-slipway.cfg"
ARGUMENT = ("--kernel-arg", "kvm.ignore_msrs=1")
SPEC = "version: 1\nkernel:\n  arguments: [kvm.ignore_msrs=1]\n"
REBOOT = "systemctl reboot"


class Image(crash.Host):
    """An image: first it is worked on from outside, then it is booted, and booted again."""

    def __init__(self, path):
        super().__init__(path, live=True)
        if os.geteuid() != 0:
            raise Skip("needs root")
        self.build()
        self.write("usr/lib/systemd/system/slipway-first-boot.service", "[Unit]\n")
        shutil.copy(HERE / "tools/systemctl", self.file("usr/bin/systemctl"))
        wants = self.file("usr/lib/systemd/system/multi-user.target.wants")
        wants.mkdir()
        (wants / "slipway-first-boot.service").symlink_to("../slipway-first-boot.service")
        # Where the sanitizers read their options, which is no place for them to look for leaks.
        self.write("proc/self/environ", "ASAN_OPTIONS=detect_leaks=0\0")
        self.forget_calls()
        self.n_boots = 0

    def file(self, name):
        return pathlib.Path(self.path) / name

    def write(self, name, text):
        self.file(name).parent.mkdir(parents=True, exist_ok=True)
        self.file(name).write_text(text)

    def offline(self, *arguments, status=0):
        return slipway(*arguments, root=self.path, status=status)

    def forget_calls(self):
        self.file("calls").unlink(missing_ok=True)

    def calls(self):
        path = self.file("calls")
        return path.read_text().splitlines() if path.exists() else []

    def boot(self):
        """The kernel that GRUB would start now, and another boot id."""
        self.n_boots += 1
        self.write("proc/sys/kernel/random/boot_id", f"boot-{self.n_boots}\n")
        line = re.search(r"^\s*linux\s+(.*)$", self.file("boot/grub/grub.cfg").read_text(), re.M)
        # The pretended update-grub can be killed in the middle of the file; the real one writes another, and renames that.
        if line:
            self.write("proc/cmdline", f"BOOT_IMAGE={line[1]}\n")

    def unit(self, status=(0, 1), options=()):
        """As slipway-first-boot.service does it: only where one of its conditions holds. None: they do not."""
        if not self.file(PENDING).exists() and not self.file(WISH).exists():
            return None
        return self.slipway("verify", "--reboot", status=status, options=options)

    def story(self):
        return json.loads(self.slipway("--json", "status", status=(0, 1)).stdout)

    def first_boot(self):
        return self.story()["first_boot"]


def prepared(folder, *arguments):
    image = Image(folder / "image")
    image.offline("apply", "--yes", *(arguments or ARGUMENT))
    assert image.calls() == [] and image.file(PENDING).exists()
    return image


def wished(folder, spec=SPEC):
    image = Image(folder / "image")
    if spec is not None:
        image.write("etc/slipway/host.yaml", spec)
    image.write(WISH, "")
    return image


def ends(image, state):
    """The end: told, with nothing left that starts the unit again."""
    now = image.first_boot()
    assert now["state"] == state, now
    assert not image.file(PENDING).exists() and not image.file(WISH).exists()
    assert image.unit() is None
    return now


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


@test
def power_cuts_at_every_point_lead_to_the_end_with_one_reboot_at_most():
    n = 0
    for make in (prepared, wished):
        with Folder() as folder:
            image = make(folder)
            image.boot()
            image.areas += ["calls", "proc/cmdline", "proc/sys/kernel"]
            start = image.look()
            points = [p.number for p in image.points(("verify", "--reboot"), (0, 1))]
            step = 4 if crash.is_sanitized() else 1
            for point in points[::step]:
                image.put_back(start)
                image.forget_calls()
                image.n_boots = 1
                image.unit(status=(crash.KILLED, 1), options=["-n", str(point), "-a", "kill"])
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
            for point in points[:: 6 if crash.is_sanitized() else 2]:
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


@test
def a_spec_and_a_wish_are_enough():
    with Folder() as folder:
        image = wished(folder)
        image.boot()
        # Who looks is told, and nothing is done.
        p = image.slipway("verify", status=(0, 1))
        assert b"asks for /etc/slipway/host.yaml" in p.stderr and image.calls() == [] and image.file(WISH).exists()
        assert image.first_boot()["state"] == "waiting"
        image.unit(status=1)
        assert image.calls() == ["update-grub ", REBOOT], image.calls()
        assert not image.file(WISH).exists() and image.file(PENDING).exists()
        image.boot()
        image.unit()
        now = ends(image, "done")
        assert now["from_spec"] and now["rebooted"] and now["transaction"] == 1, now
        # A wish is for once; a new one is a new one.
        image.write("etc/slipway/host.yaml", SPEC.replace("=1", "=0"))
        image.boot()
        assert image.unit() is None
        image.write(WISH, "")
        image.unit(status=1)
        image.boot()
        image.unit()
        assert ends(image, "done")["transaction"] == 2 and "kvm.ignore_msrs=0" in image.file("boot/grub/grub.cfg").read_text()


@test
def a_spec_alone_does_nothing():
    with Folder() as folder:
        image = Image(folder / "image")
        image.write("etc/slipway/host.yaml", SPEC)
        image.boot()
        assert image.unit() is None
        image.slipway("verify", "--reboot", status=(0, 1))
        assert image.calls() == [] and image.first_boot() is None


@test
def a_wish_that_cannot_be_fulfilled_changes_nothing_and_says_why():
    boot_disk = "version: 1\npassthrough:\n  - device: serial=boot0\n"
    for spec, status, said in ((None, 2, "nothing is wished for"), ("", 2, "host.yaml"), ("version: 9\n", 2, "host.yaml"),
                               ("version: 1\npassthrough:\n  - device: serial=nobody\n", 2, "serial=nobody"),
                               (boot_disk, 3, "refused: 0000:01:00.0"), ("version: 1\nkernel:\n  iommu: on\n", (0, 1), None)):
        with Folder() as folder:
            image = wished(folder, spec)
            before = crash.host_of(image.look())
            image.boot()
            image.unit(status=status)
            if said:
                now = ends(image, "failed")
                assert said in now["reason"], (spec, now)
            assert REBOOT not in image.calls() or not said
            assert set(crash.difference(before, crash.host_of(image.look()))) <= {WISH, "etc/slipway", "boot/grub/grub.cfg"}, spec


@test
def a_spec_whose_apply_fails_is_undone_and_told():
    with Folder() as folder:
        image = wished(folder)
        image.write("fail-update-grub", "")
        image.boot()
        image.unit(status=(4, 5))
        assert "update-grub" in ends(image, "failed")["reason"]
        assert not image.file(DROPIN).exists() and REBOOT not in image.calls()


@test
def below_root_a_wish_is_left_for_the_image():
    with Folder() as folder:
        image = wished(folder)
        image.offline("verify", "--reboot", status=(0, 1))
        assert image.file(WISH).exists() and not image.file(RECORD).exists() and image.calls() == []


@test
def what_an_image_lacks_for_its_first_boot_is_named():
    with Folder() as root:
        make_host.lab(root)
        unit = root / "usr/lib/systemd/system/slipway-first-boot.service"
        wants = root / "etc/systemd/system/multi-user.target.wants"
        rows = ((lambda: None, [b"/usr/bin/slipway is missing", b"service is missing"]),
                (lambda: (root / "usr/bin/slipway").write_text(""), [b"service is missing"]),
                (lambda: (unit.parent.mkdir(parents=True), unit.write_text("[Unit]\n")), [b"service is not enabled"]),
                (lambda: (wants.mkdir(parents=True), (wants / unit.name).symlink_to("/" + str(unit.relative_to(root)))), []),
                (lambda: (wants.parent / unit.name).symlink_to("/dev/null"), [b"service is masked"]))
        for act, wanted in rows:
            act()
            said = slipway("apply", "--yes", *ARGUMENT, root=root, status=0).err
            slipway("rollback", root=root, status=0)
            assert said.count(b"cannot finish its first boot by itself") == len(wanted), said
            assert all(w in said for w in wanted), (wanted, said)


def block(language, first):
    """A block of README.md that begins with this line."""
    return re.search(rf"^```{language}\n({re.escape(first)}\n.*?)^```", (HERE.parent / "README.md").read_text(), re.M | re.S)[1]


def does_as_in_readme(image):
    """The spec is one, and its selectors match the three drives of this machine."""
    assert {c["target"] for c in image.offline("--json", "plan").json()["changes"]} >= {"/etc/slipway/devices.conf", "update-grub"}
    assert image.file(WISH).exists()


@test
def the_cloud_init_example_writes_what_the_first_boot_reads():
    try:
        import yaml
    except ImportError:
        raise Skip("yaml is not installed (package python3-yaml)") from None
    with Folder() as folder:
        image = Image(folder / "image")
        for file in yaml.safe_load(block("yaml", "#cloud-config"))["write_files"]:
            assert set(file) == {"path", "content"}
            image.write(file["path"].lstrip("/"), file["content"])
        does_as_in_readme(image)


@test
def the_kickstart_example_writes_what_the_first_boot_reads():
    script = block("sh", "%post").removeprefix("%post\n").rsplit("%end", 1)[0]
    assert script.count("/etc/slipway") == 3
    with Folder() as folder:
        image = Image(folder / "image")
        subprocess.run(["sh", "-eu", "-c", script.replace("/etc/slipway", f"{image.path}/etc/slipway")], check=True)
        does_as_in_readme(image)


UNITS = HERE.parent / "installer/units"


@test
def the_units_are_as_systemd_wants_them():
    with Folder() as folder:
        for source in UNITS.glob("*.in"):
            text = source.read_text().replace("@bindir@/slipway", SLIPWAY)
            (folder / source.name[:-3]).write_text(text)
        units = sorted(str(f) for f in folder.glob("*.service"))
        assert len(units) == 3
        if not shutil.which("systemd-analyze"):
            raise Skip("systemd-analyze is not installed")
        p = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
        assert p.returncode == 0 and not p.stderr, p


@test
def the_first_boot_wants_files_and_devices_but_no_network():
    text = (UNITS / "slipway-first-boot.service.in").read_text()
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] != "#" and "Condition" not in line)
    after = lines["After"].split()
    assert "local-fs.target" in after and "cloud-final.service" in after and "network" not in " ".join(lines.values()), lines
    assert "Wants" not in lines and "Requires" not in lines and "udevadm settle" in lines["ExecStartPre"]
    conditions = {line for line in text.splitlines() if line.startswith("Condition")}
    assert conditions == {f"ConditionPathExists=|/{PENDING}", f"ConditionPathExists=|/{WISH}"}
    header = (HERE.parent / "installer/first_boot.h").read_text()
    assert f'"{PENDING}"' in header and f'"{WISH}"' in header and f'"{RECORD}"' in header


if __name__ == "__main__":
    main()
