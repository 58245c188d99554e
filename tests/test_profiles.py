#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Guest profiles on pretended hosts: what two nodes, huge pages, a bridge and the user's files make of them. Prints TAP."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import make_host
import make_rack
from tap import Folder, main, slipway, test

NODE = "sys/devices/system/node/node"
CEPH = ("profile", "define", "ceph-osd", "--name", "osd1", "--print", "--disk", "/dev/vg/osd1")


class Rack(Folder):
    """Two sockets of 16 threads, a drive in each; QEMU, firmware, huge pages on node 1, and a bridge."""

    def __enter__(self):
        path = super().__enter__()
        t = make_rack.rack(path, drives=8, vfs=0, uncore=2, hostile=False)
        for node, cpus in enumerate(("0-7,16-23", "8-15,24-31")):
            t.put(f"{NODE}{node}/cpulist", cpus + "\n")
            t.put(f"{NODE}{node}/meminfo", f"Node {node} MemTotal:       65998092 kB\n")
            t.put(f"{NODE}{node}/hugepages/hugepages-2048kB/free_hugepages", f"{node * 8192}\n")
            t.put(f"{NODE}{node}/hugepages/hugepages-1048576kB/free_hugepages", "0\n")
        for cpu in range(16):
            t.put(f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", f"{cpu},{cpu + 16}\n")
        t.put("usr/bin/qemu-system-x86_64")
        t.put("usr/share/qemu/firmware/60-plain.json", make_host.OVMF)
        for image in ("code.fd", "vars.fd"):
            t.put("usr/share/OVMF/" + image)
        t.put("proc/self/mountinfo", "1 0 0:1 / / rw - tmpfs tmpfs rw\n30 1 0:30 / /dev/hugepages rw - hugetlbfs hugetlbfs rw,pagesize=2M\n")
        return path


def valid(text):
    r = subprocess.run(["virt-xml-validate", "-", "domain"], input=text, capture_output=True, timeout=60, check=False)
    assert r.returncode == 0, r.stdout + r.stderr
    return ET.fromstring(text)


def drives(root):
    """The serial of a drive of each node."""
    found = {}
    for d in slipway("--json", "list", "class=nvme", root=root, status=0).json()["devices"]:
        if d["serial"] and d["numa_node"] is not None:
            found.setdefault(d["numa_node"], d["serial"])
    return found


@test
def the_guest_is_on_the_node_of_its_drive():
    with Rack() as root:
        serials = drives(root)
        assert sorted(serials) == [0, 1], serials
        for node, vcpus, emulator in ((0, "1-7,17-23", "0,16"), (1, "9-15,25-31", "8,24")):
            r = slipway(*CEPH, "--bridge", "br0", "--device", f"serial={serials[node]}", "--explain", root=root, status=0)
            domain = valid(r.out)
            assert domain.find("vcpu").get("cpuset") == vcpus
            assert domain.find("numatune/memory").get("nodeset") == str(node)
            assert {e.get("cpuset") for e in domain.find("cputune")} == {emulator}
            page = domain.find("memoryBacking/hugepages/page")
            assert (page is not None) == (node == 1), "huge pages are free on node 1 alone"
            assert re.search(rf"NUMA node +{node}: .*\(/sys/bus/pci/devices/.*/numa_node: {node}\)", r.err.decode()), r.err


@test
def drives_of_two_nodes_pin_nothing_unless_a_node_is_named():
    with Rack() as root:
        both = [word for serial in drives(root).values() for word in ("--device", f"serial={serial}")]
        domain = valid(slipway(*CEPH, "--bridge", "br0", *both, root=root, status=0).out)
        assert domain.find("numatune") is None and domain.find("cputune") is None and "cpuset" not in domain.find("vcpu").attrib
        domain = valid(slipway(*CEPH, "--bridge", "br0", *both, "--numa-node", "1", root=root, status=0).out)
        assert domain.find("numatune/memory").get("nodeset") == "1"


@test
def a_host_of_one_node_has_no_pinning():
    with Rack() as root:
        serial = drives(root)[0]
        shutil.rmtree(root / (NODE + "1"))
        r = slipway(*CEPH, "--bridge", "br0", "--device", f"serial={serial}", "--explain", root=root, status=0)
        assert b"numatune" not in r.out and b"cpuset" not in r.out and b"NUMA" not in r.err


@test
def what_the_host_has_not_got_is_refused_with_the_way_out():
    with Rack() as root:
        serial = f"serial={drives(root)[0]}"
        rows = [
            (("--hugepages", "2M"), r"4096 pages of 2M are wanted, and 0 are free \(/sys/devices/system/node/node0/.*nr_hugepages"),
            (("--hugepages", "1G"), "--kernel-arg hugepagesz=1G"), (("--vcpus", "17"), "17 virtual CPUs are more than NUMA node 0 has"),
            (("--memory", "128G"), "131072 MiB are more than NUMA node 0 has"), (("--bridge", "auto"), "no bridge with a port of its own"),
            (("--secure-execution", "on"), "for s390x guests"),
        ]  # fmt: skip
        for options, words in rows:
            bridge = () if "--bridge" in options else ("--bridge", "br0")
            r = slipway(*CEPH, *bridge, "--device", serial, *options, root=root, status=3)
            assert not r.out and re.search(words, r.err.decode()), (options, r.err)


@test
def the_users_profile_goes_before_slipways_and_the_command_line_before_both():
    with Rack() as root:
        folder = root / "etc/slipway/profiles"
        folder.mkdir(parents=True)
        (folder / "mine.yaml").write_text("profile: ceph-osd\nmemory: 16G\nvcpus: 6\nnetwork: storage\n", encoding="utf-8")
        (folder / "uefi.yaml").write_text("vcpus: 3\n", encoding="utf-8")
        (root / "more.yaml").write_text("vcpus: 7\nbridge: br7\n", encoding="utf-8")
        listed = {p["name"]: p for p in slipway("--json", "profile", "list", root=root, status=0).json()["profiles"] if p["file"]}
        assert sorted(listed) == ["mine", "uefi"] and listed["mine"]["file"] == "/etc/slipway/profiles/mine.yaml"
        assert b"Yours      memory 16G, vcpus 6, network storage\n" in slipway("profile", "show", "mine", root=root, status=0).out
        define = ("profile", "define", "mine", "--name", "x", "--print")
        mine = valid(slipway(*define, root=root, status=0).out)
        assert mine.find("vcpu").text == "6" and mine.find("memory").text == "16384" and mine.find(".//interface/source").get("network") == "storage"
        more = valid(slipway(*define, "-f", root / "more.yaml", "--memory", "4G", root=root, status=0).out)
        assert more.find("vcpu").text == "7" and more.find("memory").text == "4096" and more.find(".//interface/source").get("bridge") == "br7"
        changed = valid(slipway("profile", "define", "uefi", "--name", "x", "--print", "--network", "none", root=root, status=0).out)
        assert changed.find("vcpu").text == "3" and changed.find(".//interface") is None


@test
def errors_in_a_file_have_their_place():
    rows = [("memory: 8G\nvcpu: 2\n", b"mine.yaml:2:1: unknown key 'vcpu'"), ("vcpus: 0\n", b"mine.yaml:1:8: "), ("profile: nope\n", b"there is no profile 'nope'"),
            ("vcpus: 2\n", b"it must say which profile it is made of"), ("profile: uefi\ndevices: [class=nope]\n", b"class")]  # fmt: skip
    with Rack() as root:
        file = root / "etc/slipway/profiles/mine.yaml"
        file.parent.mkdir(parents=True)
        for text, words in rows:
            file.write_text(text, encoding="utf-8")
            r = slipway("profile", "define", "mine", "--name", "x", "--print", root=root, status=2)
            assert not r.out and words in r.err, (text, r.err)
        for name in ("../mine", "", "nope", "mine\n"):
            slipway("profile", "define", name, "--name", "x", "--print", root=root, status=2)


@test
def two_runs_say_the_same():
    with Rack() as root:
        words = (*CEPH, "--bridge", "br0", "--device", f"serial={drives(root)[1]}", "--explain")
        assert vars(slipway(*words, root=root, status=0)) == vars(slipway(*words, root=root, status=0))
        show = ("profile", "show", "ceph-osd", "--explain", "--bridge", "br0", "--device", "class=nvme")
        assert slipway(*show, root=root, status=0).out == slipway(*show, root=root, status=0).out


if __name__ == "__main__":
    main()
