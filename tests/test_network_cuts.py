#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The power fails while a bridge is made or taken back: the next boot has the old files before it sets the network up, by the unit whose
condition is slipway's marker, and everything else when it is up.
"""

import os
import pathlib
import re

from crash import KILLED, Host, add_programs, difference, each, must_live
from tap import HERE, Folder, main, test

PENDING = "var/lib/slipway/network.pending"
# Stand for ifupdown and iproute2: the port is in the bridge while that is up, and the gateway answers.
TOOL = "#!/bin/sh\necho {} $* >>/calls\nfor last; do :; done\n"
TOOLS = {"ifup": TOOL + "[ $last != br0 ] || ln -sfn ../br0 /sys/class/net/enp0s5/master\n",
         "ifdown": TOOL + "[ $last != br0 ] || rm -f /sys/class/net/enp0s5/master\n",
         "ip": TOOL + "echo 10.0.2.2 dev enp0s5 lladdr 52:54:00:00:00:01 REACHABLE\n"}
EARLY = ("rollback", "--interrupted", "--before-network")
LATE = ("rollback", "--interrupted")


class Bridged(Host):
    """A host with a port of ifupdown's, and a spec with a bridge over it and a kernel argument."""

    def __init__(self, path):
        super().__init__(path, live=True, areas=("sys/class/net",))
        must_live()
        self.build()
        add_programs(self.path, programs=("ln", "rm"))
        for name, text in TOOLS.items():
            self.put(f"usr/sbin/{name}", text.replace("{}", name), 0o755)
        self.put("proc/self/environ", "")
        pathlib.Path(self.path, "proc/self/exe").symlink_to("/usr/bin/slipway")
        self.put("etc/network/interfaces", "auto enp0s5\niface enp0s5 inet manual\n")
        self.put("etc/slipway/host.yaml", "version: 1\nkernel: { arguments: [kvm.ignore_msrs=1] }\n"
                                          "bridges: [{ name: br0, ports: [enp0s5], addresses: none, confirm: 5 }]\n")
        self.start = self.look()

    def put(self, name, text, mode=0o644):
        path = pathlib.Path(self.path, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def is_marked(self):
        return os.path.exists(os.path.join(self.path, PENDING))

    def network(self):
        return {name: entry for name, entry in self.look().items() if name.startswith("etc/network")}

    def run(self, is_bridged):
        """What the kernel knows of the port: whether it is in the bridge."""
        master = pathlib.Path(self.path, "sys/class/net/enp0s5/master")
        master.unlink(missing_ok=True)
        if is_bridged:
            master.symlink_to("../br0")

    def boot(self):
        """What was running is gone; then what the units do, each where its condition holds. The network's files in between."""
        self.put("calls", "")
        self.run(False)
        if self.is_marked():
            self.slipway(*EARLY, status=0)
            # Nobody has set the network up.
            said = pathlib.Path(self.path, "calls").read_text()
            assert said == "", said
        files = self.network()
        if self.is_marked():
            self.slipway(*LATE, status=0)
        assert not self.is_marked()
        return files


def everything(h):
    return {name: entry for name, entry in h.look().items() if not name.startswith("var/lib/slipway")}


def cut(h, arguments, before, after, step):
    """Killed at every so many-th point, each followed by a boot: it is as before or as after, and the files are it at once."""
    state, is_bridged = h.look(), arguments == ("rollback",)
    h.run(is_bridged)
    points = h.points(arguments, 0)
    seen = set()
    for point in points[:: each(step)]:
        h.put_back(state)
        h.run(is_bridged)
        h.slipway(*arguments, status=KILLED, options=["-n", str(point.number), "-a", "kill"])
        marked = h.is_marked()
        files = h.boot()
        h.slipway("rollback", "999", status=2)
        now = everything(h)
        end = next((name for name, wanted in (("before", before), ("after", after)) if not difference(wanted, now)), None)
        assert end, (arguments, point, difference(before, now), difference(after, now))
        if marked:
            assert not difference(files, h.network()), (arguments, point, difference(files, h.network()))
        seen.add((marked, end))
    return seen, len(points[:: each(step)])


@test
def wherever_the_power_fails_the_next_boot_has_the_old_files_or_the_new():
    with Folder() as folder:
        h = Bridged(folder / "host")
        before = everything(h)
        h.slipway("apply", "--yes", status=0)
        assert not h.is_marked() and h.transaction(1) == "committed"
        after, applied = everything(h), h.look()
        assert difference(before, after) and any("br0" in name for name in after)
        h.put_back(h.start)
        seen, n = cut(h, ("apply", "--yes"), before, after, 9)
        assert (True, "before") in seen and (False, "before") in seen, seen
        h.put_back(applied)
        seen, more = cut(h, ("rollback",), after, before, 9)
        assert (True, "before") not in seen and (True, "after") in seen, seen
        h.put_back(applied)
        h.slipway("rollback", status=0)
        assert not difference(before, everything(h)) and not h.is_marked()
        return f"{n + more} points"


@test
def before_the_network_is_for_what_was_interrupted():
    with Folder() as folder:
        h = Bridged(folder / "host")
        p = h.slipway("rollback", "--before-network", status=2)
        assert b"--before-network is for --interrupted" in p.stderr
        h.slipway("apply", "--yes", status=0)
        state = everything(h)
        # A marker that was left over goes, and what stands stays.
        h.put(PENDING, "anything\n")
        h.boot()
        assert not difference(state, everything(h)) and h.transaction(1) == "committed"


@test
def the_unit_comes_before_anybody_who_sets_up_a_network():
    text = (HERE.parent / "installer/units/slipway-network.service.in").read_text()
    assert f"ConditionPathExists=/{PENDING}\n" in text and "--interrupted --before-network\n" in text
    assert re.search(r"^Before=.*network-pre\.target", text, re.M) and "Wants=network-pre.target\n" in text and "DefaultDependencies=no\n" in text
    assert f"ConditionPathExists=/{PENDING}\n" in (HERE.parent / "installer/units/slipway-recover.service.in").read_text()


if __name__ == "__main__":
    main()
