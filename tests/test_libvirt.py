#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Storage pools and networks of the spec on a real libvirt, and the guests on them: made, left, taken back. Prints TAP.

The daemon is a private one (private_libvirt.py): it needs root, and neither KVM nor the lab."""

import os
import pathlib
import re

import private_libvirt
import tap
from private_libvirt import must, run, virsh
from tap import slipway, test

LACKS = private_libvirt.missing()
if not LACKS:
    private_libvirt.enter()

POOL = "/srv/slipway-pool"
PENDING = ("file", "/var/lib/slipway/guests.pending")
OBJECTS = f"""version: 1
pools:
  - {{ name: shelf, path: {POOL} }}
networks:
  - {{ name: default, active: off }}
  - {{ name: lan, bridge: br0 }}
guests:
  - {{ name: shelved, profile: uefi, type: qemu, memory: 256M, hugepages: off, network: lan, disk: shelf/a.qcow2 }}
"""


def objects(verb, *more):
    answer = slipway("--json", verb, "-f", "/run/objects.yaml", *more, status=0).json()
    return [(c["kind"], c["target"]) for c in answer["changes"]], {(k, o["name"]): o["standing"] for k in ("pools", "networks", "guests") for o in answer.get(k, [])}


def state_of_objects():
    """Definitions, and what runs and starts with the host."""
    text = "".join(virsh("net-dumpxml", n).stdout + virsh("net-info", n).stdout for n in virsh("net-list", "--all", "--name").stdout.split())
    return text + "".join(virsh("pool-dumpxml", n).stdout for n in virsh("pool-list", "--all", "--name").stdout.split())


@test
def pools_and_networks_are_made_and_taken_back_and_the_data_stays():
    must("mount", "-t", "tmpfs", "tmpfs", "/srv")
    pathlib.Path("/run/default.xml").write_text("<network><name>default</name><forward mode='bridge'/><bridge name='br0'/></network>", encoding="utf-8")
    pathlib.Path("/run/objects.yaml").write_text(OBJECTS, encoding="utf-8")
    virsh("net-define", "/run/default.xml")
    virsh("net-autostart", "default")
    virsh("net-start", "default")
    before = state_of_objects()
    changes, standings = objects("apply", "--yes")
    assert changes == [("directory", POOL), ("pool", "shelf"), ("libvirt-network", "default"), ("libvirt-network", "lan"), PENDING], changes
    assert standings == {("pools", "shelf"): "defined", ("networks", "default"): "defined", ("networks", "lan"): "defined", ("guests", "shelved"): "waits"}
    assert re.search(r"State:\s*running[^$]*Autostart:\s*yes", virsh("pool-info", "shelf").stdout), virsh("pool-info", "shelf").stdout
    assert re.search(r"Active:\s*no[^$]*Autostart:\s*no", virsh("net-info", "default").stdout), virsh("net-info", "default").stdout
    assert re.search(r"Active:\s*yes[^$]*Autostart:\s*yes", virsh("net-info", "lan").stdout), virsh("net-info", "lan").stdout
    virsh("vol-create-as", "shelf", "a.qcow2", "16M", "--format", "qcow2")
    # The guest waited for its disk.
    changes = objects("apply", "--yes")[0]
    assert changes == [("domain", "shelved"), PENDING], changes
    changes, standings = objects("apply", "--yes")
    assert not changes and set(standings.values()) == {"as-wished"}, (changes, standings)
    # The guest first, which was the later apply's; its disk stays.
    slipway("rollback", status=0)
    r = slipway("rollback", status=0)
    assert b"holds files of others" in r.err and state_of_objects() == before, r.err
    assert os.path.getsize(f"{POOL}/a.qcow2") > 1000
    virsh("net-destroy", "default")
    virsh("net-undefine", "default")


def refused(pools, word):
    """An apply of these pools ends in a refusal of libvirt's, and with nothing of it left."""
    before = state_of_objects()
    pathlib.Path("/run/objects.yaml").write_text("version: 1\npools:\n" + pools, encoding="utf-8")
    r = slipway("apply", "--yes", "-f", "/run/objects.yaml", status=4)
    assert word in r.err, r.err
    assert state_of_objects() == before and not os.path.exists("/srv/first") and not os.path.exists("/srv/second"), [state_of_objects(), os.listdir("/srv")]
    last = slipway("--json", "status", status=0).json()["transactions"][-1]
    assert (last["state"], bool(last["failure"])) == ("undone", True), last


@test
def a_pool_that_libvirt_does_not_define_takes_the_one_before_it_back():
    pathlib.Path("/run/theirs.xml").write_text("<pool type='dir'><name>theirs</name><target><path>/srv/second</path></target></pool>", encoding="utf-8")
    virsh("pool-define", "/run/theirs.xml")
    try:
        refused("  - { name: first, path: /srv/first }\n  - { name: second, path: /srv/second }\n", b"theirs")
    finally:
        virsh("pool-undefine", "theirs")


@test
def a_pool_that_libvirt_does_not_start_is_not_defined_either():
    os.makedirs("/etc/lvm/backup", exist_ok=True)
    pathlib.Path("/etc/lvm/backup/slipway-gone").write_text("# of a volume group that is no more\n", encoding="utf-8")
    refused("  - { name: first, path: /srv/first }\n  - { name: volumes, lvm: slipway-gone }\n", b"volumes")


@test
def a_network_with_running_guests_is_not_stopped():
    pathlib.Path("/run/objects.yaml").write_text("version: 1\nnetworks:\n  - { name: lan, bridge: br0 }\n", encoding="utf-8")
    slipway("apply", "--yes", "-f", "/run/objects.yaml", status=0)
    slipway("profile", "define", "bios", "--name", "user", "--type", "qemu", "--memory", "128M", "--hugepages", "off", "--network", "lan", status=0)
    virsh("start", "--paused", "user")
    pathlib.Path("/run/objects.yaml").write_text("version: 1\nnetworks:\n  - { name: lan, bridge: br0, active: off }\n", encoding="utf-8")
    r = slipway("apply", "--yes", "-f", "/run/objects.yaml", status=3)
    assert b"running guests have 1 ports on it" in r.err + r.out, r.err
    virsh("destroy", "user")
    virsh("undefine", "user")
    slipway("rollback", status=0)
    assert "lan" not in virsh("net-list", "--all", "--name").stdout.split()


@test
def one_that_is_gone_with_the_next_boot_is_not_as_wished():
    pathlib.Path("/run/lan.xml").write_text("<network><name>lan</name><forward mode='bridge'/><bridge name='br0'/></network>", encoding="utf-8")
    pathlib.Path("/run/objects.yaml").write_text("version: 1\nnetworks:\n  - { name: lan, bridge: br0 }\n", encoding="utf-8")
    virsh("net-create", "/run/lan.xml")
    try:
        assert objects("plan") == ([], {("networks", "lan"): "differs"}), objects("plan")
    finally:
        virsh("net-destroy", "lan")


def main():
    if LACKS:
        print(f"1..0 # SKIP {LACKS}")
        return
    must("mount", "-t", "sysfs", "sysfs", "/sys")  # of this network
    must("ip", "link", "add", "br0", "type", "bridge")
    must("ip", "link", "set", "br0", "up")
    with private_libvirt.libvirtd():
        try:
            tap.main()
        finally:
            run("virsh", "--connect", "qemu:///system", "destroy", "user")


if __name__ == "__main__":
    main()
