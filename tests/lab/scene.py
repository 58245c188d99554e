"""What the demo and the lab tests share: slipway inside a machine, and steps that are counted, timed and printed."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import lab

TOP = pathlib.Path(__file__).resolve().parents[2]


class Steps:
    """Prints TAP points on stdout (for tests) or a story on a terminal (for the demo), and keeps the times."""

    def __init__(self, story=False):
        self.story = story
        self.n = self.failed = 0
        self.times = []
        self.born = self.mark = time.monotonic()

    def step(self, name, good=True, detail=""):
        now = time.monotonic()
        seconds, self.mark = now - self.mark, now
        self.times.append((name, seconds))
        self.n += 1
        self.failed += not good
        if self.story:
            print(f"{'✓' if good else '✗'} {name}  ({seconds:.0f} s)", flush=True)
        else:
            print(f"{'ok' if good else 'not ok'} {self.n} - {name} ({seconds:.0f} s)", flush=True)
        if not good:
            for line in str(detail).splitlines():
                print(f"#   {line}", flush=True)
        return good

    def skip(self, name, why):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {why}", flush=True)

    def must(self, name, good, detail=""):
        """A step that the following ones rest on."""
        if not self.step(name, good, detail):
            raise lab.MachineError(f"cannot go on after: {name}")

    def end(self):
        if not self.story:
            print(f"1..{self.n}", flush=True)
        return 1 if self.failed or not self.n else 0


class Slipway:
    """slipway, installed in a machine, or in a tree below a folder of it."""

    def __init__(self, machine, build, root="/"):
        self.machine = machine
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], check=True,
                           env={**os.environ, "DESTDIR": folder}, stdout=subprocess.DEVNULL)  # fmt: skip
            machine.copy_in(folder, root)

    def __call__(self, *words, timeout=600):
        return self.machine.run(["slipway", *words], timeout=timeout)

    def json(self, *words, timeout=600):
        r = self.machine.run(["slipway", "--json", *words], timeout=timeout)
        try:
            return r.status, json.loads(r.stdout)
        except ValueError:
            raise lab.MachineError(f"slipway {' '.join(words)} printed no JSON: {r.stdout}{r.stderr}") from None

    def devices(self):
        """The NVMe drives by serial number."""
        return {d["serial"]: d for d in self.json("list", "class=nvme")[1]["devices"]}

    def drivers(self):
        return {serial: d["driver"] for serial, d in self.devices().items()}

    def transactions(self):
        return self.json("status")[1]["transactions"]


def fingerprint(machine):
    """Every file, folder and link of /etc and /boot with mode, owner and content, but for what any boot, and libvirt, change, and zipl's
    map of where on the disk the initramfs lies."""
    skip = r"initrd.img|/grubenv( |$)|/boot/bootmap( |$)|/etc/(resolv.conf|adjtime|mtab)|/etc/libvirt(/| )|/boot/efi"
    listing = "find /etc /boot -xdev -printf '%p %y %m %u %g %l\\n'; find /etc /boot -xdev -type f ! -name 'initrd.img*' -print0 | xargs -0 sha256sum"
    return machine.run(f"({listing}) | grep -Ev '{skip}' | sort", timeout=300, check=True).stdout


def difference(before, after):
    a, b = set(before.splitlines()), set(after.splitlines())
    return "\n".join([f"- {line}" for line in sorted(a - b)] + [f"+ {line}" for line in sorted(b - a)])


def build_folder():
    return os.environ.get("SLIPWAY_BUILD", str(TOP / "build"))


def run(main, story=False):
    """Runs a scene: main(steps, build), with a trace instead of a traceback where the machine failed."""
    steps = Steps(story)
    try:
        main(steps, build_folder())
    except (lab.MachineError, TimeoutError, subprocess.CalledProcessError) as error:
        steps.step("the scene goes through to its end", False, error)
    sys.exit(steps.end())
