#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Live migration between two hosts by two audits: what stops which guests, in which direction. Prints TAP."""

import copy
import json
import shutil

import make_host
import tap
from captured import Captured
from tap import Folder, main, slipway, test
from test_schema import valid

tap.tests.clear()  # those of the file that this borrows from have a run of their own

CPU = """processor	: 0
vendor_id	: {vendor}
cpu family	: 6
model		: {model}
model name	: A CPU {model}
stepping	: 7
flags		: {flags}
vmx flags	: vnmi

processor	: 1
vendor_id	: {vendor}
model name	: A CPU {model}
flags		: {flags}
"""
CACHE = """<!--
WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE
-->
<qemuCaps>
  <emulator>{emulator}</emulator>
  <qemuctime>1700000000</qemuctime>
  <selfctime>1700000001</selfctime>
  <selfvers>{libvirt}</selfvers>
  <flag name='kvm'/>
  <version>{qemu}</version>
  <kvmVersion>0</kvmVersion>
  <arch>x86_64</arch>
  <cpu type='kvm' name='Skylake-Server' usable='yes'/>
{machines}</qemuCaps>
"""
MACHINE = "  <machine type='{}' name='{}' hotplugCpus='yes' maxCpus='255' defaultCPU='qemu64-x86_64-cpu'/>\n"
NEW = ["pc-q35-7.2", "pc-q35-7.1", "pc-i440fx-7.2"]


def put(root, path, text=""):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


class Host(Folder):
    """A host with all that guests need; what differs from the other one is given."""

    def __init__(self, **more):
        self.more = more

    def __enter__(self):
        root, more = super().__enter__(), self.more
        make_host.lab(root, iommu=True)
        put(root, "proc/cpuinfo", CPU.format(vendor=more.get("vendor", "GenuineIntel"), model=more.get("model", "85"), flags=more.get("flags", "fpu vmx avx avx512f")))
        for path in ("dev/kvm", "usr/bin/qemu-system-x86_64", "usr/sbin/libvirtd"):
            put(root, path)
        for path in more.get("firmwares", []):  # beside the one of any lab host
            put(root, "usr/share/qemu/firmware/" + path, "{}")
        machines = "".join(MACHINE.format(way, name) for way in ("kvm", "tcg") for name in more.get("machines", NEW))
        cache = CACHE.format(emulator=more.get("cached", "/usr/bin/qemu-system-x86_64"), libvirt=more.get("libvirt", 9000000), qemu=more.get("qemu", 7002005), machines=machines)
        put(root, "var/cache/libvirt/qemu/capabilities/1234.xml", cache)
        for name in more.get("pools", ["images"]):
            put(root, f"etc/libvirt/storage/{name}.xml", "<pool/>")
        for name in more.get("networks", ["default"]):
            put(root, f"etc/libvirt/qemu/networks/{name}.xml", "<network/>")
        for name in more.get("bridges", ["br0"]):
            put(root, f"sys/class/net/{name}/bridge/bridge_id", "8000.0")
        return root


def document(root):
    return slipway("--json", "audit", root=root, status=(0, 1)).json()


def compare(root, folder, peer):
    """The findings by id and direction, both directions' verdicts, and the exit status."""
    path = folder / "peer.json"
    path.write_text(json.dumps(peer) if isinstance(peer, dict) else peer, encoding="utf-8")
    r = slipway("--json", "audit", "--peer", path, root=root, status=(0, 1))
    found = r.json()["peer"]
    checks = {}
    for c in found["checks"]:
        for direction in ("to-peer", "from-peer") if c["direction"] == "both" else (c["direction"],):
            assert (c["id"], direction) not in checks
            checks[c["id"], direction] = c
    assert len(checks) == 22, sorted(checks)
    return checks, found, r.status


@test
def the_facts_are_those_of_the_files():
    with Host() as root:
        m = document(root)["host"]["migration"]
        assert m["cpu_signature"] == "6/85/7" and m["cpu_flags"] == ["avx", "avx512f", "fpu", "vmx"] and m["kvm"], m
        assert m["machines"] == sorted(NEW) and m["qemu_version"] == "7.2.5" and m["libvirt_version"] == "9.0.0", m
        assert m["pools"] == ["images"] and m["networks"] == ["default"] and m["bridges"] == ["br0"] and m["firmwares"] == ["60-edk2-x86_64.json"], m
    with Host(cached="/opt/qemu") as root:
        m = document(root)["host"]["migration"]
        assert m["machines"] is None and m["qemu_version"] is None and m["qemu"] == "/usr/bin/qemu-system-x86_64", "the cache is another QEMU's"


@test
def two_of_a_kind_move_guests_both_ways():
    with Host() as here, Host() as there, Folder() as folder:
        checks, found, _ = compare(here, folder, document(there))
        bad = {k: c for k, c in checks.items() if c["verdict"] not in ("pass", "skip")}
        assert not bad and (found["to_peer"], found["from_peer"]) == ("pass", "pass"), bad
        assert all(c["direction"] == "both" for c in found["checks"])
        text = slipway("audit", "--peer", folder / "peer.json", root=here, status=(0, 1)).out.decode()
        assert "\nlive migration to the peer: pass; from it: pass\n" in text and "peer: both ways\n" in text, text
        assert "peer" not in document(here)
        valid(slipway("--json", "audit", "--peer", folder / "peer.json", root=here, status=(0, 1)).json())


@test
def what_differs_is_said_in_the_direction_where_it_matters():
    small = {"flags": "fpu vmx avx", "machines": ["pc-q35-7.1"], "qemu": 7001000, "libvirt": 8000000, "pools": [], "networks": ["default", "storage"],
             "bridges": ["br1"], "firmwares": ["50-edk2.json"]}  # fmt: skip
    wanted = {
        "peer.kvm": ("pass", "pass"), "peer.cpu": ("fail", "pass"), "peer.cpu-flags": ("warn", "pass"), "peer.qemu": ("warn", "pass"),
        "peer.libvirt": ("warn", "pass"), "peer.machines": ("warn", "pass"), "peer.firmware": ("pass", "warn"), "peer.storage": ("warn", "skip"),
        "peer.networks": ("pass", "warn"), "peer.bridges": ("warn", "warn"), "peer.passthrough": ("pass", "pass"),
    }  # fmt: skip
    with Host() as here, Host(**small) as there, Folder() as folder:
        for a, b, order in ((here, there, ("to-peer", "from-peer")), (there, here, ("from-peer", "to-peer"))):
            checks, found, status = compare(a, folder, document(b))
            for id_, verdicts in wanted.items():
                assert tuple(checks[id_, d]["verdict"] for d in order) == verdicts, (id_, [checks[id_, d] for d in order])
            assert status == 1 and found["to_peer" if order[0] == "to-peer" else "from_peer"] == "fail"
            assert "avx512f" in str(checks["peer.cpu", order[0]]["evidence"]) and "pc-q35-7.2" in str(checks["peer.machines", order[0]]["evidence"])
            assert all(c["remedy"] for c in checks.values() if c["verdict"] == "warn")


@test
def another_model_or_maker_stops_host_passthrough():
    rows = [({"model": "106"}, "fail", "pass", "models"), ({"vendor": "AuthenticAMD", "flags": "fpu svm avx avx512f"}, "fail", "fail", "makers")]
    with Host() as here, Folder() as folder:
        for more, cpu, flags, words in rows:
            with Host(**more) as there:
                checks, _, _ = compare(here, folder, document(there))
                for direction in ("to-peer", "from-peer"):
                    assert (checks["peer.cpu", direction]["verdict"], checks["peer.cpu-flags", direction]["verdict"]) == (cpu, flags), more
                    assert words in checks["peer.cpu", direction]["summary"]


@test
def what_is_not_known_is_no_pass():
    with Host() as here, Host() as there, Folder() as folder:
        shutil.rmtree(there / "var/cache/libvirt")
        checks, found, _ = compare(here, folder, document(there))
        for id_ in ("peer.machines", "peer.qemu", "peer.libvirt"):
            assert checks[id_, "to-peer"]["verdict"] == checks[id_, "from-peer"]["verdict"] == "unknown", checks[id_, "to-peer"]
        assert found["to_peer"] == found["from_peer"] == "unknown"
        for path in ("dev/kvm", "usr/bin/qemu-system-x86_64", "usr/sbin/libvirtd"):
            (there / path).unlink()
        checks, found, _ = compare(here, folder, document(there))
        for id_ in ("peer.kvm", "peer.qemu", "peer.libvirt"):
            assert checks[id_, "to-peer"]["verdict"] == "fail", checks[id_, "to-peer"]
        assert checks["peer.kvm", "from-peer"]["verdict"] == "pass"


@test
def captured_hosts_are_compared_in_both_directions():
    names = ("gigabyte-b550-aorus-pro-3900x", "laptop-i7-1270p", "pcengines-apu2-group1")
    with Folder() as folder:
        answers = {}
        for name in names:
            with Captured(name) as root:
                answers[name] = document(root)
        seen = {}
        for name in names:
            with Captured(name) as root:
                for other in names:
                    checks, found, _ = compare(root, folder, answers[other])
                    seen[name, other] = {k: (c["verdict"], c["summary"]) for k, c in checks.items()}, found
        flip = {"to-peer": "from-peer", "from-peer": "to-peer"}
        for (a, b), (checks, found) in seen.items():
            mirrored, back = seen[b, a]
            assert checks == {(i, flip[d]): v for (i, d), v in mirrored.items()}, (a, b)
            assert (found["to_peer"], found["from_peer"]) == (back["from_peer"], back["to_peer"])
        bound = seen["pcengines-apu2-group1", "laptop-i7-1270p"][0]
        assert bound["peer.passthrough", "to-peer"][0] == "warn" and bound["peer.passthrough", "from-peer"][0] == "pass", bound


@test
def what_is_no_audit_of_a_peer_is_an_error():
    with Host() as here, Folder() as folder:
        good = document(here)
        text = json.dumps(good)
        rows = [("", "cut off"), (text[:-200], "cut off"), (text + "x", "cut off"), ("[]", "no answer of slipway"), ("null", "cut off"), ("[" * 5000, "cut off"),
                ('{"schema": 1}', "no answer"), ('{"schema": "slipway.audit/2\\u001b[2J"}', "schema 'slipway.audit/2"), ('{"schema": "slipway.list/1"}', "schema"),
                ('{"schema": "slipway.audit/1"}', "host.migration"), (text[:-1] + "\0}", "cut off")]  # fmt: skip
        for key, value in (("machines", "pc"), ("machines", [1]), ("machines", ["a\0b"]), ("cpu_flags", ["x"] * 10000), ("pools", {}), ("kvm", 1), ("nested", "maybe"),
                           ("cpu_vendor", 7), ("qemu", "a\0")):  # fmt: skip
            bad = copy.deepcopy(good)
            bad["host"]["migration"][key] = value
            rows.append((json.dumps(bad), f"host.migration.{key}"))
        for key in good["host"]["migration"]:
            bad = copy.deepcopy(good)
            del bad["host"]["migration"][key]
            rows.append((json.dumps(bad), f"host.migration.{key}"))
        for content, words in rows:
            (folder / "bad.json").write_text(content, encoding="utf-8")
            r = slipway("audit", "--peer", folder / "bad.json", root=here, status=2)
            assert not r.out and words.encode() in r.err and b"\x1b" not in r.err, (content[:80], r.err)
        for path in (folder, folder / "none.json"):
            assert slipway("audit", "--peer", path, root=here, status=2).err.startswith(b"error: cannot read the audit of the peer")


@test
def hostile_names_are_shown_and_obeyed_nowhere():
    with Host() as here, Folder() as folder:
        peer = document(here)
        peer["host"]["migration"]["pools"] = ["z\x1b[2J\n", "a</script>", "\u202e", "images"]
        checks, _, _ = compare(here, folder, peer)
        assert checks["peer.storage", "from-peer"]["verdict"] == "warn" and checks["peer.storage", "to-peer"]["verdict"] == "pass"
        out = slipway("audit", "--peer", folder / "peer.json", root=here, status=(0, 1)).out
        assert b"\x1b" not in out and b"a</script>" in out


if __name__ == "__main__":
    main()
