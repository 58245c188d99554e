#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""audit --prometheus, read by the collector that it is written for."""

import re
import shutil
import socket
import subprocess
import time
import urllib.request

import make_host
import make_rack
from tap import Folder, Skip, main, packaged, slipway, test

EXPORTER = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
SERIES = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)')


def parse(text):
    """{(name, labels): value}; every line is one of the format's, and each series stands below its HELP and TYPE, once."""
    found, family = {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split()[2]
        elif line.startswith("#"):
            assert line == f"# TYPE {family} gauge", line
        else:
            name, labels, value = SERIES.fullmatch(line).groups()
            assert name == family, line
            key = (name, tuple(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels or "")))
            assert key not in found, line
            found[key] = float(value)
    return found


def write(root, folder):
    (folder / "metrics").mkdir(exist_ok=True)
    slipway("audit", "--prometheus", folder / "metrics/slipway.prom", root=root, status=(0, 1))
    return (folder / "metrics/slipway.prom").read_text(encoding="utf-8")


class Exporter:
    """node_exporter with nothing but its textfile collector, on a port of the loopback that the kernel chose."""

    def __init__(self, folder):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen([EXPORTER, "--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={folder}",
                                         f"--web.listen-address=127.0.0.1:{self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def scrape(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + 30
        while True:
            try:
                with opener.open(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
                    return answer.read().decode()
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None, "node_exporter does not answer"
                time.sleep(0.1)


def ours(text):
    lines = [line for line in text.splitlines() if line.startswith("slipway_")]
    return {(m[1], tuple(sorted(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', m[2] or "")))): float(m[3]) for m in map(SERIES.fullmatch, lines)}


@test
def the_collector_reads_what_was_written_and_drops_nothing():
    if not EXPORTER:
        raise Skip("node_exporter is not installed")
    with Folder() as folder:
        make_rack.rack(folder / "root")
        text = write(folder / "root", folder)
        with Exporter(folder / "metrics") as exporter:
            said = exporter.scrape()
            assert re.search(r"^node_textfile_scrape_error 0$", said, re.M), said[:2000]
            assert ours(said) == ours(text) and len(ours(text)) > 150
            # That it would notice is worth knowing, too.
            (folder / "metrics/slipway.prom").write_text(text + 'slipway_ready{a="b} 1\n')
            assert re.search(r"^node_textfile_scrape_error 1$", exporter.scrape(), re.M)


@test
def promtool_has_nothing_to_say():
    with Folder() as unpacked:
        says_nothing(packaged("prometheus", "usr/bin/promtool", unpacked))


def says_nothing(program):
    for make in (make_rack.rack, make_host.lab):
        with Folder() as folder:
            make(folder / "root")
            text = write(folder / "root", folder)
        p = subprocess.run([program, "check", "metrics"], input=text, capture_output=True, text=True)
        assert (p.returncode, p.stdout, p.stderr) == (0, "", ""), p


@test
def the_metrics_say_what_the_audit_says():
    with Folder() as folder:
        make_host.lab(folder / "root", on_vfio=(1,))
        found = parse(write(folder / "root", folder))
        document = slipway("--json", "audit", root=folder / "root", status=0).json()
        assert found["slipway_ready", ()] == 1 and found["slipway_reboot_required", ()] == 0
        assert found["slipway_iommu_groups", ()] == document["host"]["iommu"]["groups"]
        checks = {}
        for (name, labels), value in found.items():
            labels = dict(labels)
            if name == "slipway_check" and value:
                assert labels["id"] not in checks
                checks[labels["id"]] = (labels["layer"], labels["required"] == "true", labels["verdict"])
        assert checks == {c["id"]: (c["layer"], c["required"], c["verdict"]) for c in document["checks"]}
        for verdict in ("assignable", "bound", "attached", "blocked", "unknown"):
            wanted = sum(d["verdict"] == verdict and d["class"] == "0x010802" for d in document["devices"])
            assert found["slipway_devices", (("class", "nvme"), ("verdict", verdict))] == wanted, verdict
        single = [dict(labels) for name, labels in found if name == "slipway_device"]
        assert [d["address"] for d in single] == [d["address"] for d in document["devices"] if not d["class"].startswith("0x06")]
        assert {d["serial"] for d in single if d["class"] == "nvme"} >= {"boot0", "data2", "data3"}


@test
def a_host_that_is_not_ready_is_0_and_one_that_waits_for_its_reboot_says_so():
    with Folder() as folder:
        make_host.lab(folder / "root", iommu=False, dmar=False)
        found = parse(write(folder / "root", folder))
        assert found["slipway_ready", ()] == 0 and found["slipway_reboot_required", ()] == 0 and found["slipway_iommu_groups", ()] == 0
    with Folder() as folder:
        tree = make_host.lab(folder / "root", on_vfio=(1,))
        tree.put("proc/cmdline", f"BOOT_IMAGE=/boot/vmlinuz-{make_host.KERNEL} {make_host.COMMON}\n")
        found = parse(write(folder / "root", folder))
        assert found["slipway_ready", ()] == 0 and found["slipway_reboot_required", ()] == 1


@test
def names_cannot_break_a_line():
    with Folder() as folder:
        make_host.lab(folder / "root", drives=[{"serial": "boot0"}, {"serial": 'a"b\\c\x01} 1\n'}])
        found = parse(write(folder / "root", folder))
        serials = [dict(labels)["serial"] for name, labels in found if name == "slipway_device"]
        assert r'a\"b\\c\\x01} 1' in serials, serials
    with Folder() as folder:
        (folder / "root").mkdir()
        assert parse(write(folder / "root", folder))["slipway_ready", ()] == 0


@test
def the_file_can_be_read_by_the_exporter_and_is_written_whole():
    with Folder() as folder:
        make_host.lab(folder / "root")
        first = write(folder / "root", folder)
        assert (folder / "metrics/slipway.prom").stat().st_mode & 0o777 == 0o644
        assert [p.name for p in (folder / "metrics").iterdir()] == ["slipway.prom"]
        assert write(folder / "root", folder) == first
        r = slipway("audit", "--prometheus", "/nonexistent/a.prom", root=folder / "root", status=4)
        assert b"/nonexistent/a.prom" in r.err and not r.out


if __name__ == "__main__":
    main()
