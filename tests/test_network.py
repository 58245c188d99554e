#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Bridges made live, by Debian's own tools, in network and mount namespaces of the test's own: a host with one port, and its gateway."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import tap
from tap import Folder, Skip, packaged, test

GATEWAY, ADDRESS = "192.0.2.1", "192.0.2.7"
GATEWAY6, ADDRESS6 = "2001:db8::1", "2001:db8::7"

# Files and run-time state of the host are the test's: nothing outlives the namespaces. /sys is read-only, as in a container,
# where networkd does not wait for udev.
SETUP = """
set -e
mount -t tmpfs tmpfs /mnt
for d in etc usr var; do
  mkdir -p /mnt/$d.up /mnt/$d.work
  mount -t overlay overlay -o lowerdir=/$d,upperdir=/mnt/$d.up,workdir=/mnt/$d.work /$d
done
mount -t tmpfs tmpfs /run
mount -t sysfs -o ro sysfs /sys
mkdir -p /run/systemd/system /run/network /run/lock /var/lib/slipway
rm -rf /etc/netplan /etc/network /etc/NetworkManager /etc/systemd/network/* /var/lib/slipway/*
rm -f /etc/systemd/system/*.wants/systemd-networkd.service /etc/systemd/system/*.wants/NetworkManager.service
cp -a "$FILES"/. /
ip link set lo up
echo ready
exec sleep 600
"""

# Starts what it is given when its time has come, a tenth of what was asked for: systemd does not run here.
SYSTEMD_RUN = """#!/bin/sh
echo "$@" >>/run/systemd-run.calls
for word; do
  case $word in
    --on-active=*) seconds=${word#--on-active=} ;;
    --*) [ -z "$started" ] || break ;;
    *) break ;;
  esac
done
while case $1 in --*) true ;; *) false ;; esac; do shift; done
( sleep ${TIMER:-60}; exec "$@" ) >/run/return.log 2>&1 </dev/null &
"""


class Namespace:
    """A process that holds namespaces; commands enter them."""

    def __init__(self, *flags, script="echo ready; exec sleep 600", env=None):
        self.flags = flags
        self.holder = subprocess.Popen(["unshare", *flags, "sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}, start_new_session=True)
        if self.holder.stdout.readline() != "ready\n":
            said = self.holder.communicate()[1]
            raise Skip(f"namespaces are not possible here: {said.strip()[-200:]}")
        self.enter = ["nsenter", "-t", str(self.holder.pid), *flags]

    def run(self, *argv, check=True, env=None):
        p = subprocess.run([*self.enter, "--", *map(str, argv)], capture_output=True, text=True, timeout=200, stdin=subprocess.DEVNULL,
                           env={**os.environ, **(env or {})})
        assert not check or p.returncode == 0, f"{argv}: {p.returncode}\n{p.stdout}\n{p.stderr}"
        return p

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.holder.pid, signal.SIGKILL)
        self.holder.wait()


class Host:
    """A server whose port eno1 is one end of a cable; at the other is its gateway."""

    def __init__(self, folder, files):
        if os.geteuid() != 0:
            raise Skip("needs root")
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.bin / "systemd-run").write_text(SYSTEMD_RUN)
        (self.bin / "systemd-run").chmod(0o755)
        self.env = {"PATH": f"{self.bin}:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "ASAN_OPTIONS": "detect_leaks=0"}
        self.host = Namespace("-n", "-m", script=SETUP, env={"FILES": str(files)})
        self.router = Namespace("-n")
        self.host.run("ip", "link", "add", "eno1", "address", "52:54:00:aa:00:01", "type", "veth", "peer", "name", "cable", "netns", str(self.router.holder.pid))
        self.router.run("ip", "link", "set", "cable", "up")
        self.router.run("ip", "address", "add", f"{GATEWAY}/24", "dev", "cable")
        self.router.run("ip", "address", "add", f"{GATEWAY6}/64", "dev", "cable", "nodad")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # What was started in the network namespace ends with it: it is the test's alone.
        for namespace in (self.host, self.router):
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    if os.readlink(process / "ns/net") == os.readlink(f"/proc/{namespace.holder.pid}/ns/net") and int(process.name) != namespace.holder.pid:
                        os.kill(int(process.name), signal.SIGKILL)
            namespace.close()

    def run(self, *argv, **more):
        return self.host.run(*argv, env={**self.env, **(more.pop("env", None) or {})}, **more)

    def slipway(self, *words, status=0, env=None):
        p = self.run(tap.SLIPWAY, *words, check=False, env=env)
        assert not any(noise in p.stderr for noise in tap.NOISE), p.stderr
        assert p.returncode == status, f"{words}: status {p.returncode}, not {status}\n{p.stdout}\n{p.stderr}"
        return p

    def spec(self, entry, before=""):
        self.run("sh", "-c", 'printf "version: 1\\n%sbridges: [%s]\\n" "$2" "$1" >/run/spec.yaml', "sh", entry, before)

    def apply(self, status=0, env=None):
        return self.slipway("apply", "--yes", "-f", "/run/spec.yaml", status=status, env=env)

    def addresses(self, name):
        p = self.run("ip", "-br", "-4", "address", "show", "dev", name, check=False)
        return p.stdout.split()[2:] if p.returncode == 0 else None

    def reaches_gateway(self):
        return "lladdr" in self.run("sh", "-c", f"ip neigh flush to {GATEWAY}; timeout 3 bash -c 'echo >/dev/udp/{GATEWAY}/9'; sleep 1; ip neigh show to {GATEWAY}").stdout

    def link(self, name):
        return json.loads(self.run("ip", "-j", "-d", "link", "show", "dev", name).stdout)[0]

    def network(self, name):
        """What an interface has: MTU, what it is in, addresses and routes, but those that the kernel makes by itself."""
        link = json.loads(self.run("ip", "-j", "address", "show", "dev", name).stdout)[0]
        found = [f"mtu {link['mtu']}", f"master {link.get('master')}", *(f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"] if a["scope"] == "global")]
        for family in ("-4", "-6"):
            for route in json.loads(self.run("ip", "-j", family, "route", "show", "dev", name).stdout):
                if route.get("protocol") != "kernel":
                    found.append(" ".join(f"{key} {route[key]}" for key in ("dst", "gateway", "prefsrc", "metric", "protocol") if key in route))
        return found

    def link_mode(self):
        """How the port makes IPv6 addresses of its link."""
        return self.run("cat", "/proc/sys/net/ipv6/conf/eno1/addr_gen_mode").stdout

    def files(self):
        """Everything in /etc, with modes and contents."""
        return self.run("sh", "-c", "cd /etc && find . -type f -print0 | sort -z | xargs -0 stat -c '%n %a %u %g'; find . -type f -print0 | sort -z | xargs -0 sha256sum").stdout

    def is_as_before(self, files):
        assert self.files() == files
        assert self.addresses("br0") is None, self.addresses("br0")
        assert self.addresses("eno1") == [f"{ADDRESS}/24"], self.addresses("eno1")
        assert self.link_mode() == self.mode, self.link_mode()
        assert self.reaches_gateway()


def wait(what, seconds):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.3)


def ifupdown_files(folder, more=""):
    files = folder / "files"
    (files / "usr").mkdir(parents=True)
    for package in ("ifupdown", "bridge-utils"):
        packaged(package, f"/no/{package}-program", folder)
    for name in ("sbin", "usr", "etc", "lib"):
        if (folder / name).is_dir():
            shutil.copytree(folder / name, files / ("usr" if name in ("sbin", "lib") else "") / (name if name != "usr" else "usr"), dirs_exist_ok=True, symlinks=True)
    (files / "etc/network/interfaces.d").mkdir(parents=True, exist_ok=True)
    (files / "etc/network/interfaces").write_text("source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\n# the port\nallow-hotplug eno1\n"
                                                   f"iface eno1 inet static\n\taddress {ADDRESS}/24\n\tgateway {GATEWAY}\n{more}")
    return files


@contextlib.contextmanager
def ifupdown(more=""):
    with Folder() as folder, Host(folder, ifupdown_files(folder, more)) as host:
        host.run("ifup", "eno1")
        assert host.addresses("eno1") == [f"{ADDRESS}/24"]
        host.mode = host.link_mode()
        yield host


@test
def ifupdown_has_the_address_at_the_bridge_and_all_comes_back():
    with ifupdown() as host:
        before = host.files()
        host.spec("{ name: br0, ports: [eno1] }")
        p = host.apply()
        assert host.addresses("br0") == [f"{ADDRESS}/24"], (p.stdout, p.stderr)
        assert host.addresses("eno1") == []
        assert host.reaches_gateway()
        assert "52:54:00:aa:00:01" in host.run("ip", "link", "show", "br0").stdout
        assert host.run("ifquery", "--list").stdout.split().count("br0") == 1
        assert "Nothing to do" in host.slipway("plan", "-f", "/run/spec.yaml").stdout
        assert "rollback --interrupted" in host.run("cat", "/run/systemd-run.calls").stdout
        host.slipway("rollback")
        host.is_as_before(before)


@test
def ifupdown_without_a_gateway_that_answers_is_taken_back():
    with ifupdown() as host:
        before = host.files()
        host.spec("{ name: br0, ports: [eno1], addresses: [192.0.2.7/24], gateway: 192.0.2.99, confirm: 5 }")
        p = host.apply(status=4)
        assert "the gateway 192.0.2.99 does not answer on br0 after 5 seconds" in p.stderr, p.stderr
        host.is_as_before(before)


@test
def a_slipway_that_is_killed_is_undone_by_the_timer():
    with ifupdown() as host:
        before = host.files()
        host.spec("{ name: br0, ports: [eno1], addresses: [192.0.2.7/24], gateway: 192.0.2.99, confirm: 60 }")
        p = subprocess.Popen([*host.host.enter, "--", tap.SLIPWAY, "apply", "--yes", "-f", "/run/spec.yaml"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, env={**os.environ, **host.env, "TIMER": "8"})
        wait(lambda: host.addresses("br0"), 60)
        p.kill()
        p.wait()
        assert host.addresses("eno1") == []
        wait(lambda: host.addresses("eno1") == [f"{ADDRESS}/24"] and host.addresses("br0") is None, 60)
        wait(lambda: '"undone"' in host.run("cat", "/var/lib/slipway/journal").stdout, 30)
        host.is_as_before(before)


@test
def a_power_cut_is_undone_by_the_next_boot_before_it_has_a_network():
    with ifupdown() as host:
        before = host.files()
        host.spec("{ name: br0, ports: [eno1], addresses: [192.0.2.7/24], gateway: 192.0.2.99, confirm: 60 }")
        p = subprocess.Popen([*host.host.enter, "--", tap.SLIPWAY, "apply", "--yes", "-f", "/run/spec.yaml"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, env={**os.environ, **host.env})
        wait(lambda: host.addresses("br0"), 60)
        p.kill()
        p.wait()
        host.run("sh", "-c", "test -e /var/lib/slipway/network.pending && ip link delete br0 && ip address flush dev eno1 && ip link set eno1 down addrgenmode eui64 && rm -rf /run/network/*")
        assert host.files() != before
        host.slipway("rollback", "--interrupted", "--before-network")
        assert host.files() == before and host.addresses("eno1") == [], "no network is made of the files yet"
        assert '"undone"' in host.run("cat", "/var/lib/slipway/journal").stdout and host.run("test", "-e", "/var/lib/slipway/network.pending", check=False).returncode == 1
        host.run("ifup", "eno1")
        host.is_as_before(before)


@contextlib.contextmanager
def networkd(more=""):
    """systemd-networkd with a bus of its own, which networkctl needs."""
    if not os.access("/usr/lib/systemd/systemd-networkd", os.X_OK) or not shutil.which("dbus-daemon"):
        raise Skip("systemd-networkd or dbus-daemon is not installed")
    with Folder() as folder:
        files = folder / "files"
        wants = files / "etc/systemd/system/multi-user.target.wants"
        wants.mkdir(parents=True)
        (wants / "systemd-networkd.service").symlink_to("/lib/systemd/system/systemd-networkd.service")
        (files / "etc/systemd/network").mkdir()
        (files / "etc/systemd/network/20-wired.network").write_text(
            f"[Match]\nName=eno1\n\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n\n[Address]\nAddress={ADDRESS}/24\n\n[Route]\nGateway={GATEWAY}\n{more}")
        with Host(folder, files) as host:
            host.run("sh", "-c", "mkdir -p /run/dbus /run/systemd/netif/links /run/systemd/netif/leases && chown -R systemd-network: /run/systemd/netif && "
                                 "dbus-daemon --system --fork --nopidfile && "
                                 "{ /usr/lib/systemd/systemd-networkd >/run/networkd.log 2>&1 & }")
            wait(lambda: host.addresses("eno1") == [f"{ADDRESS}/24"], 20)
            host.mode = host.link_mode()
            yield host


@test
def networkd_has_the_address_at_the_bridge_and_all_comes_back():
    with networkd() as host:
        before = host.files()
        host.spec("{ name: br0, ports: [eno1] }")
        p = host.apply()
        assert host.addresses("br0") == [f"{ADDRESS}/24"], (p.stdout, p.stderr)
        assert host.addresses("eno1") == []
        assert "52:54:00:aa:00:01" in host.run("ip", "link", "show", "br0").stdout
        assert "nknown" not in host.run("cat", "/run/networkd.log").stdout
        assert "Nothing to do" in host.slipway("plan", "-f", "/run/spec.yaml").stdout
        host.slipway("rollback")
        host.is_as_before(before)


@test
def networkd_without_a_gateway_that_answers_is_taken_back():
    with networkd() as host:
        before = host.files()
        host.spec("{ name: br0, ports: [eno1], addresses: [192.0.2.7/24], gateway: 192.0.2.99, confirm: 5 }")
        p = host.apply(status=4)
        assert "the gateway 192.0.2.99 does not answer on br0 after 5 seconds" in p.stderr, p.stderr
        host.is_as_before(before)


IFUPDOWN_6 = f"\niface eno1 inet6 static\n\taddress {ADDRESS6}/64\n\tgateway {GATEWAY6}\n"
NETWORKD_6 = f"\n[Address]\nAddress={ADDRESS6}/64\n\n[Route]\nGateway={GATEWAY6}\n"


def is_carried(host):
    """Both families, an MTU, STP and name servers, for whoever manages the port; and the way back. What is told of br0."""
    wait(lambda: f"{ADDRESS6}/64" in host.network("eno1") and "tentative" not in host.run("ip", "address").stdout, 20)
    files, before = host.files(), host.network("eno1")
    assert before[0] == "mtu 1500" and len([line for line in before if "default" in line]) == 2, before
    # A bridge with STP carries nothing for its first 30 seconds.
    host.spec("{ name: br0, ports: [eno1], addresses: [192.0.2.9/24, '2001:db8::9/64'], gateway: [192.0.2.1, '2001:db8::1'], dns: [192.0.2.53, '2001:db8::53'], "
              "search: [example.org], mtu: 1400, stp: on, mac: '02:00:00:00:00:01' }")
    p = host.apply()
    now = host.network("br0")
    assert now[:4] == ["mtu 1400", "master None", "192.0.2.9/24", "2001:db8::9/64"], (now, p.stderr)
    assert [line.split()[:4] for line in now if "default" in line] == [["dst", "default", "gateway", GATEWAY], ["dst", "default", "gateway", GATEWAY6]], now
    assert host.network("eno1") == ["mtu 1400", "master br0"], host.network("eno1")
    bridge = host.link("br0")
    assert bridge["address"] == "02:00:00:00:00:01" and bridge["linkinfo"]["info_data"]["stp_state"] == 1, bridge
    assert "Nothing to do" in host.slipway("plan", "-f", "/run/spec.yaml").stdout
    told = host.run("sh", "-c", "ifquery br0 2>/dev/null || cat /run/systemd/netif/links/$(cat /sys/class/net/br0/ifindex)").stdout
    host.slipway("rollback")
    wait(lambda: host.network("eno1") == before, 10)
    host.is_as_before(files)
    return told


@test
def ifupdown_carries_both_families_with_mtu_and_stp():
    with ifupdown(IFUPDOWN_6) as host:
        told = is_carried(host)
        assert "dns-nameservers: 192.0.2.53 2001:db8::53\n" in told and "dns-search: example.org\n" in told, told


@test
def networkd_carries_both_families_with_mtu_and_stp():
    with networkd(NETWORKD_6) as host:
        told = is_carried(host)
        assert "DNS=192.0.2.53 2001:db8::53\n" in told and "DOMAINS=example.org\n" in told, told


def is_carried_by_a_vlan(host):
    """A bridge over a VLAN, with a gateway of its own there; the port stays what it was all the time."""
    if (p := host.router.run("ip", "link", "add", "link", "cable", "name", "cable.10", "type", "vlan", "id", "10", check=False)).returncode:
        raise Skip(f"this kernel has no VLANs: {p.stderr.strip()}")
    host.router.run("ip", "link", "set", "cable.10", "up")
    host.router.run("ip", "address", "add", "2001:db8:10::1/64", "dev", "cable.10", "nodad")
    files, before = host.files(), host.network("eno1")
    host.spec("{ name: br10, ports: [eno1], vlan: 10, addresses: ['2001:db8:10::9/64'], gateway: '2001:db8:10::1', mtu: 1400 }")
    p = host.apply()
    now = host.network("br10")
    assert now[:3] == ["mtu 1400", "master None", "2001:db8:10::9/64"] and "gateway 2001:db8:10::1" in " ".join(now), (now, p.stderr)
    assert host.network("eno1.10") == ["mtu 1400", "master br10"] and host.network("eno1") == before, (host.network("eno1.10"), host.network("eno1"))
    assert host.link("eno1.10")["linkinfo"]["info_data"]["id"] == 10
    assert "Nothing to do" in host.slipway("plan", "-f", "/run/spec.yaml").stdout
    host.slipway("rollback")
    wait(lambda: host.network("eno1") == before, 10)
    host.is_as_before(files)
    assert host.run("ip", "link", "show", "eno1.10", check=False).returncode and host.run("ip", "link", "show", "br10", check=False).returncode


@test
def ifupdown_has_a_bridge_over_a_vlan_also_at_boot():
    with ifupdown() as host:
        is_carried_by_a_vlan(host)
        host.apply()
        # interfaces.d is read before the port's own lines: its interfaces have their turn while the port is down.
        host.run("ifdown", "--force", "br10", "eno1.10", "eno1")
        host.run("ifup", "--all", "--verbose")
        assert host.network("br10")[0] == "mtu 1400" and host.network("eno1.10") == ["mtu 1400", "master br10"]


@test
def networkd_has_a_bridge_over_a_vlan():
    with networkd() as host:
        is_carried_by_a_vlan(host)


def is_carried_by_a_bond(host):
    """Both ports of a bond below the bridge, at a switch; and out of it again."""
    if (p := host.run("ip", "link", "add", "bond9", "type", "bond", check=False)).returncode:
        raise Skip(f"this kernel has no bonds: {p.stderr.strip()}")
    host.run("ip", "link", "delete", "bond9")
    host.run("ip", "link", "add", "eno2", "address", "52:54:00:aa:00:02", "type", "veth", "peer", "name", "cable2", "netns", str(host.router.holder.pid))
    host.router.run("ip", "link", "add", "lan", "type", "bridge")
    host.router.run("ip", "address", "flush", "dev", "cable")
    for cable in ("cable", "cable2"):
        host.router.run("ip", "link", "set", cable, "master", "lan", "up")
    host.router.run("ip", "address", "add", f"{GATEWAY}/24", "dev", "lan")
    host.router.run("ip", "link", "set", "lan", "up")
    files, before, second = host.files(), host.network("eno1"), host.network("eno2")
    host.spec("{ name: br0, ports: [bond0], mtu: 1400 }", "bonds: [{ name: bond0, ports: [eno1, eno2], mode: active-backup, primary: eno1 }]\n")
    p = host.apply()
    now = host.network("br0")
    assert now[:3] == ["mtu 1400", "master None", f"{ADDRESS}/24"] and f"gateway {GATEWAY}" in " ".join(now), (now, p.stderr)
    assert host.network("bond0") == ["mtu 1400", "master br0"] and [host.network(port)[1] for port in ("eno1", "eno2")] == ["master bond0"] * 2, host.run("ip", "link").stdout
    bond = host.link("bond0")["linkinfo"]["info_data"]
    assert (bond["mode"], bond["miimon"], bond["primary"], bond["active_slave"]) == ("active-backup", 100, "eno1", "eno1"), bond
    p = host.slipway("plan", "-f", "/run/spec.yaml")
    assert "Nothing to do" in p.stdout, (p.stdout, p.stderr)
    host.run("ip", "link", "set", "eno1", "down")
    assert host.reaches_gateway(), "the second port does not stand in for the first"
    host.slipway("rollback")
    wait(lambda: host.network("eno1") == before, 10)
    host.is_as_before(files)
    assert host.network("eno2") == second and host.run("ip", "link", "show", "bond0", check=False).returncode, host.run("ip", "link").stdout


@test
def ifupdown_has_a_bridge_over_a_bond():
    with ifupdown() as host:
        is_carried_by_a_bond(host)


@test
def networkd_has_a_bridge_over_a_bond():
    with networkd() as host:
        is_carried_by_a_bond(host)


SPECS = ("{ name: br0, ports: [eno1] }", "{ name: br0, ports: [eno1], addresses: dhcp }", "{ name: br0, ports: [eno1], addresses: none }",
         "{ name: br0, ports: [eno1], addresses: [192.0.2.9/24, '2001:db8::9/64'], gateway: [192.0.2.1, 'fe80::1'], dns: [192.0.2.53], search: [example.org], "
         "mtu: 9000, stp: on, mac: '02:00:00:00:00:01' }", "{ name: br0, ports: [eno1], vlan: 10 }", "{ name: br0, ports: [bond0] }")
BONDS = "bonds: [{ name: bond0, ports: [eno1, eno2], mode: 802.3ad, hash: layer3+4 }]\n"


def written(folder, files, spec):
    """A tree with these files, to which the spec was applied."""
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.symlink_to("/lib/systemd/system/nothing")
        else:
            path.write_text(content)
            path.chmod(0o600)
    (folder / "spec.yaml").write_text(f"version: 1\n{BONDS if 'bond0' in spec else ''}bridges: [{spec}]\n")
    tap.slipway("apply", "--yes", "-f", folder / "spec.yaml", root=root, status=0)
    return root


@test
def netplan_understands_what_is_written_for_it():
    files = {"usr/sbin/netplan": "", "etc/netplan/50-cloud-init.yaml":
             "network:\n  version: 2\n  ethernets:\n    eno1:\n      addresses: [192.0.2.7/24]\n      routes:\n      - to: default\n        via: 192.0.2.1\n    eno2: {dhcp4: true}\n"}
    with Folder() as folder:
        packaged("netplan.io", "/no/netplan-program", folder)
        packaged("libnetplan0", "/no/netplan-library", folder)
        for spec in SPECS:
            root = written(folder, files, spec)
            p = subprocess.run([folder / "usr/libexec/netplan/generate", "--root-dir", root], capture_output=True, text=True,
                               env={"LD_LIBRARY_PATH": f"{folder}/usr/lib/x86_64-linux-gnu:{folder}/lib/x86_64-linux-gnu"})
            assert p.returncode == 0 and not p.stderr, (spec, p.stderr)
            made = {path.name: path.read_text() for path in (root / "run/systemd/network").iterdir()}
            assert "Kind=bridge" in made["10-netplan-br0.netdev"], (spec, made)
            port = made["10-netplan-eno1.network"]
            assert ("Address=192.0.2.7/24" in port) == ("vlan" in spec), (spec, port)
            assert ("Bond=bond0" if "bond0" in spec else "VLAN=eno1.10" if "vlan" in spec else "Bridge=br0") in port, (spec, port)


@test
def ifupdown_understands_what_is_written_for_it():
    files = {"usr/sbin/ifup": "", "etc/network/interfaces":
             "source interfaces.d/*\nauto lo\niface lo inet loopback\n\niface eno1 inet static\n\taddress 192.0.2.7/24\n\tgateway 192.0.2.1\n\niface eno2 inet dhcp\n"}
    kept = ("ip addr add 192.0.2.7/255.255.255.0 ", "ip route add default via 192.0.2.1 ")
    # What it would run for all of it, besides the hook's part.
    runs = (kept, ("net.ipv6.conf.br0.accept_ra=2",), (), ("ip addr add 192.0.2.9/255.255.255.0 ", "ip -6 addr add 2001:db8::9/64 ", "default via 192.0.2.1 ", "default via fe80::1 ", "mtu 9000"),
            ("ip link add link eno1 name eno1.10 type vlan id 10",), (*kept, "ip link add name bond0 type bond mode 802.3ad miimon 100 xmit_hash_policy layer3+4"))
    with Folder() as folder:
        packaged("ifupdown", "/no/ifupdown-program", folder)
        for hook in (True, False):
            for spec, wanted in zip(SPECS, runs, strict=True):
                root = written(folder, {**files, **({"etc/network/if-pre-up.d/bridge": ""} if hook else {})}, spec)
                names = ["lo", *(["bond0"] if "bond0" in spec else ["eno1.10"] if "vlan" in spec else []), "br0"]
                for program, *words in (("ifquery", "--list"), ("ifup", "--no-act", "--force", *names[1:])):
                    p = subprocess.run([folder / "sbin" / program, "--interfaces", root / "etc/network/interfaces", *words], capture_output=True, text=True,
                                       env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
                    assert p.returncode == 0, (spec, words, p.stderr)
                    assert program != "ifquery" or (p.stdout.split(), p.stderr) == (names, ""), (spec, p.stdout, p.stderr)
                assert all(word in p.stderr for word in wanted) and ("ip link add name br0 type bridge" in p.stderr) != hook, (spec, hook, p.stderr)


@test
def networkmanager_understands_what_is_written_for_it():
    folder_of = "etc/NetworkManager/system-connections"
    files = {"etc/systemd/system/multi-user.target.wants/NetworkManager.service": None, f"{folder_of}/eno1.nmconnection":
             "[connection]\nid=eno1\nuuid=11111111-2222-4333-8444-555555555555\ntype=ethernet\ninterface-name=eno1\n\n[ipv4]\naddress1=192.0.2.7/24,192.0.2.1\nmethod=manual\n"}
    with Folder() as folder:
        for package in ("network-manager", "libnm0"):
            packaged(package, f"/no/{package}-program", folder)
        for spec in SPECS:
            root = written(folder, files, spec)
            for path in (root / folder_of).glob("*.nmconnection"):
                p = subprocess.run([folder / "usr/bin/nmcli", "--offline", "connection", "modify", "connection.zone", "test"], capture_output=True, text=True, input=path.read_text(),
                                   env={"LD_LIBRARY_PATH": f"{folder}/usr/lib/x86_64-linux-gnu:{folder}/lib/x86_64-linux-gnu"})
                if "error while loading shared libraries" in p.stderr:
                    raise Skip(f"nmcli: {p.stderr.strip()}")
                assert p.returncode == 0 and not p.stderr and "zone=test" in p.stdout, (spec, path.name, p.stderr)
                assert path.stat().st_mode & 0o777 == 0o600
            assert "autoconnect=false" in (root / folder_of / "eno1.nmconnection").read_text() or "vlan" in spec


if __name__ == "__main__":
    tap.main()
