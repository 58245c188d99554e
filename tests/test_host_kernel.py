#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own values, in a network namespace of their own: what slipway sets, what the system's programs make of its files."""

import json
import os
import pathlib
import shutil
import subprocess

import make_host
from crash import Host as Live, add_programs, difference, host_of, must_live
from tap import NOISE, Folder, Skip, main, slipway, test

BRIDGE = "proc/sys/net/bridge/bridge-nf-call-"
FAMILIES = ("iptables", "ip6tables", "arptables")
SYSCTL = "/usr/lib/systemd/systemd-sysctl"
FILE = "etc/sysctl.d/zz-slipway-bridge-filter.conf"
RULES = "etc/udev/rules.d/99-slipway-bridge-filter.rules"


class Host:
    """A pretended host below a folder, on the real /proc, with a network of its own: one shell runs all."""

    def __init__(self, path, spec):
        self.path = pathlib.Path(path)
        make_host.lab(self.path)
        add_programs(self.path, programs=("cat",))
        shutil.rmtree(self.path / "proc")
        (self.path / "proc").mkdir()
        (self.path / "etc/slipway").mkdir(exist_ok=True)
        (self.path / "etc/slipway/host.yaml").write_text("version: 1\n" + spec)
        (self.path / SYSCTL[1:]).parent.mkdir(parents=True, exist_ok=True)
        (self.path / SYSCTL[1:]).touch()

    def run(self, script):
        """The words that the script says, with $R for the root and `slipway` on it."""
        whole = f'set -e; R={self.path}; mount --rbind /proc $R/proc; slipway() {{ chroot $R /usr/bin/slipway "$@"; }}; {script}'
        p = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", whole], capture_output=True, text=True, timeout=120,
                           env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0"})
        assert not any(word in p.stderr for word in NOISE), p.stderr
        assert p.returncode == 0, (script, p.returncode, p.stdout, p.stderr)
        return p.stdout


def must_have_bridge_filter():
    if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        raise Skip("a network namespace is root's to make")
    if not os.path.exists("/" + BRIDGE + "iptables"):
        raise Skip("br_netfilter is not in this kernel")


@test
def the_bridge_filter_goes_off_and_comes_back():
    must_have_bridge_filter()
    show = "cat " + " ".join(f"$R/{BRIDGE}{family}" for family in FAMILIES)
    with Folder() as folder:
        host = Host(folder / "host", "bridge_filter: off\nforwarding: on\n")
        said = host.run(f"{show}; slipway apply --yes; echo ---; {show}; cat $R/proc/sys/net/ipv4/ip_forward; slipway --json plan; "
                        f"slipway rollback; echo ---; {show}; cat $R/proc/sys/net/ipv4/ip_forward")
        before, after, back = said.split("---\n")
        assert before.split()[:3] == ["1", "1", "1"], before
        assert after.split()[:4] == ["0", "0", "0", "1"], after
        assert '"changes":[]' in "".join(after.split()), after
        assert back.split() == ["1", "1", "1", "0"], back
        assert not (host.path / FILE).exists() and not (host.path / RULES).exists()


@test
def a_value_that_others_have_set_since_is_kept():
    must_have_bridge_filter()
    with Folder() as folder:
        host = Host(folder / "host", "bridge_filter: off\n")
        said = host.run(f"echo 0 > $R/{BRIDGE}arptables; slipway apply --yes > $R/apply; echo 1 > $R/{BRIDGE}arptables; slipway rollback > $R/undo; "
                        f"cat $R/{BRIDGE}arptables $R/{BRIDGE}iptables; cat $R/apply")
        # It was 0 before: no change of slipway's, and so nobody takes it back.
        assert said.split()[:2] == ["1", "1"] and "arptables" not in said.replace("bridge-nf-call-arptables = 0", ""), said


@test
def the_systems_own_program_does_at_boot_what_was_done_now():
    must_have_bridge_filter()
    if not os.path.exists(SYSCTL):
        raise Skip("systemd-sysctl is not installed")
    with Folder() as folder:
        host = Host(folder / "host", "bridge_filter: off\n")
        said = host.run(f"slipway apply --yes > $R/apply; for f in {' '.join(FAMILIES)}; do echo 1 > $R/{BRIDGE}$f; done; "
                        f"{SYSCTL} --prefix=/net/bridge $R/{FILE}; cat " + " ".join(f"/{BRIDGE}{family}" for family in FAMILIES))
        assert said.split() == ["0", "0", "0"], said


@test
def udev_runs_that_program_when_the_module_comes():
    must_have_bridge_filter()
    if not shutil.which("udevadm") or not os.path.isdir("/sys/module/bridge"):
        raise Skip("there is no udevadm, or no module bridge to ask it about")
    with Folder() as folder:
        host = Host(folder / "host", "bridge_filter: off\n")
        # Where br_netfilter is built in, it has no folder in /sys/module: the rule is asked about one that has.
        said = host.run(f"slipway apply --yes > $R/apply; mkdir -p /run/udev; mount -t tmpfs none /run/udev; mkdir /run/udev/rules.d; "
                        f"sed s/br_netfilter/bridge/ $R/{RULES} > /run/udev/rules.d/99-slipway.rules; "
                        "udevadm test --action=add /sys/module/bridge 2>&1; echo ---; udevadm test --action=remove /sys/module/bridge 2>&1")
        added, removed = said.split("---\n")
        assert f"run: '{SYSCTL} --prefix=/net/bridge'" in added, added
        assert SYSCTL not in removed, removed


def host_with_e2(folder):
    """Its function 0000:02:00.0 has the network port e2."""
    host = Host(folder / "host", "")
    t = make_host.Tree(host.path)
    port = "devices/pci0000:00/0000:00:07.0/0000:02:00.0/net/e2"
    t.put(f"sys/{port}/ifindex", "9\n")
    t.link("sys/class/net/e2", f"../../{port}")
    return host


@test
def each_port_of_a_route_with_several_is_in_use():
    """A host that routes to two switches has its address on lo; proc/net/route shows the first of the two ports."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "sh", "-c", "ip link add x type bridge"], capture_output=True).returncode:
        raise Skip("a network namespace with a bridge is root's to make")
    with Folder() as folder:
        host = host_with_e2(folder)
        said = host.run("for p in enp0s5 e2; do ip link add $p type bridge; ip link set $p up; done; "
                        "ip -4 route add 198.51.100.0/24 nexthop via inet6 fe80::1 dev enp0s5 onlink nexthop via inet6 fe80::2 dev e2 onlink; "
                        "ip -4 route add 203.0.113.0/24 dev e2 table 100; slipway --json show 0000:02:00.0")
        uses = [(u["kind"], u["what"]) for u in json.loads(said)["devices"][0]["uses"]]
        assert ("network", "route 198.51.100.0/24") in uses and ("network", "route 203.0.113.0/24 in table 100") in uses, uses


@test
def a_port_below_a_container_is_in_use():
    """The container's macvlan is in its own network namespace: nothing in sysfs leads from the port to it."""
    make = "ip link add e2 type bridge; ip link add link e2 name m1 type macvlan mode bridge"
    if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "sh", "-c", f"set -e; {make}"], capture_output=True).returncode:
        raise Skip("a network namespace with a macvlan is root's to make, or the kernel has none")
    with Folder() as folder:
        host = host_with_e2(folder)
        said = host.run(f"{make}; slipway --json show 0000:02:00.0; echo ---; unshare --net sleep 100 & p=$!; "
                        "while [ $(readlink /proc/$p/ns/net) = $(readlink /proc/self/ns/net) ]; do sleep 0.1; done; ip link set m1 netns $p; "
                        "slipway --json show 0000:02:00.0; kill $p; ip link show e2 > $R/after")
        before, after = (json.loads(part)["devices"][0]["uses"] for part in said.split("---\n"))
        # The tree's sysfs is made of files, and knows no macvlan in either case.
        assert not [u for u in before if u["kind"] == "network"], before
        assert [(u["what"], u["via"]) for u in after if u["kind"] == "network"] == [("port of m1 in another network namespace", "e2")], after
        assert "e2" in (host.path / "after").read_text()


@test
def systemd_tmpfiles_writes_what_the_spec_wishes():
    if not shutil.which("systemd-tmpfiles"):
        raise Skip("systemd-tmpfiles is not installed")
    with Folder() as root:
        make_host.lab(root)
        t = make_host.Tree(root)
        pool = "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages"
        for path in (pool, "sys/kernel/mm/transparent_hugepage/enabled", "sys/kernel/mm/ksm/run", "sys/devices/system/cpu/cpufreq/policy0/scaling_governor",
                     "sys/devices/system/cpu/cpufreq/policy12/scaling_governor"):
            t.put(path, "")
        (root / "sys/kernel/mm/hugepages/hugepages-2048kB").mkdir(parents=True, exist_ok=True)
        for folder in ("etc/tmpfiles.d", "etc/slipway"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "etc/tmpfiles.d/thp.conf").write_text("w /sys/kernel/mm/transparent_hugepage/enabled - - - - always\n")
        (root / "etc/slipway/host.yaml").write_text("version: 1\nmemory:\n  hugepages: [{ size: 2M, count: 16, node: 0 }]\n  transparent_hugepages: never\n"
                                                    "  ksm: { run: on }\ncpu: { governor: performance }\n")
        said = slipway("apply", "--yes", root=root, status=0)
        assert b"/etc/tmpfiles.d/thp.conf:1: 'always'" in said.err and b"has no effect any more" in said.err, said.err
        subprocess.run(["systemd-tmpfiles", "--create", f"--root={root}", "--prefix=/sys"], capture_output=True, check=False)
        now = [(root / path).read_text() for path in (pool, "sys/kernel/mm/transparent_hugepage/enabled", "sys/kernel/mm/ksm/run",
                                                      "sys/devices/system/cpu/cpufreq/policy12/scaling_governor")]
        assert now == ["16", "never", "1", "performance"], now


@test
def huge_pages_that_the_kernel_cannot_make_take_all_back():
    must_live()
    with Folder() as folder:
        host = Live(folder / "host", True, ("proc/sys/vm", "sys/kernel/mm")).build()
        t = make_host.Tree(host.path)
        t.put("etc/slipway/host.yaml", "version: 1\nmemory: { swappiness: 10, hugepages: [{ size: 2M, count: 100 }] }\n")
        t.put("proc/sys/vm/swappiness", "60\n")
        t.put("sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n")
        before = host_of(host.look())
        p = host.slipway("apply", "--yes", status=4)
        assert b"of 100 huge pages the kernel could make 64 (/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages)" in p.stderr, p.stderr
        assert b"ask for fewer" in p.stderr, p.stderr
        assert not difference(before, host_of(host.look()))


main()
