#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""First boots that somebody asked for: a spec and a wish, by hand, by cloud-init or by kickstart; and the units that see to them."""

import re
import shutil
import subprocess

import crash
import make_host
from image import ARGUMENT, DROPIN, PENDING, REBOOT, RECORD, SPEC, WISH, Image, ends, wished
from tap import HERE, SLIPWAY, Folder, Skip, main, slipway, test


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
        assert len(units) == len(list(UNITS.glob("*.service.in"))) > 2
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
