#!/usr/bin/python3
"""
A bridge over the port that the test itself logs in through, for each of Debian's four systems, and beside it one over a VLAN of a bond
of another port: made, kept over a reboot, taken back. test_bridge.py [NAME...]: of these systems only.
"""

import json
import sys
import time

import archive
import lab
import scene

SPEC = """version: 1
bonds: [{ name: bond0, ports: [SPARE], mode: active-backup, primary: SPARE }]
bridges:
  - { name: br0, ports: [PORT] }
  - { name: br1, ports: [bond0], vlan: 7, addresses: [192.0.2.7/24, "2001:db8::7/64"], mtu: 1400, stp: on }
"""
# Of br1 and what is below it: its master, what its link says of itself, and its addresses but for those of the link.
BELOW = {
    "br1": (None, "stp_state 1", {"192.0.2.7/24", "2001:db8::7/64"}),
    "bond0.7": ("br1", "id 7", set()),
    "bond0": (None, "mode active-backup", set()),
    "SPARE": ("bond0", "", set()),
}
# A gateway that is not there: nobody confirms this.
WRONG = "version: 1\nbridges: [{ name: br0, ports: [PORT], addresses: [10.0.2.15/24], gateway: 10.0.2.99, confirm: CONFIRM }]\n"
ADDRESS = "10.0.2.15/24"
DRIVES = (lab.Drive("boot0", boot=True),)
# A network with nobody on it.
ALONE = ("-netdev", "hubport,id=spare,hubid=1", "-device", "virtio-net-pci,netdev=spare,romfile=,bus=pcie.0")

NETWORK = "[Match]\nName=SPARE\n[Network]\nLinkLocalAddressing=no\n"
NETPLAN = "network:\n  version: 2\n  ethernets:\n    PORT:\n      # where the administrator logs in\n      dhcp4: true\n    SPARE: {}\n"
INTERFACES = "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\nallow-hotplug PORT\niface PORT inet dhcp\n\niface SPARE inet manual\n"

# What makes a server of the lab, which has systemd-networkd, one of each.
MANAGERS = {
    "systemd-networkd": ((), {"/etc/systemd/network/10-spare.network": NETWORK}, "networkctl reload"),
    "ifupdown": (("ifupdown", "isc-dhcp-client", "bridge-utils"), {"/etc/network/interfaces": INTERFACES},
                 "systemctl disable systemd-networkd; rm /etc/systemd/network/lan.network; systemctl enable networking"),
    "netplan": (("netplan.io",), {"/etc/netplan/50-lab.yaml": NETPLAN}, "chmod 600 /etc/netplan/*; rm /etc/systemd/network/lan.network"),
    "NetworkManager": (("network-manager",), {},
                       "systemctl disable systemd-networkd; rm -f /etc/systemd/network/lan.network /etc/network/interfaces; systemctl enable NetworkManager"),
}


def links(machine):
    """By name, as ip(8) has them."""
    return {link["ifname"]: link for link in json.loads(machine.run("ip -j -d address", check=True).stdout)}


def addresses(link):
    return {f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"] if a["scope"] == "global"}


class Network:
    """The server's two ports: the one that the test logs in through, and the spare one."""

    def __init__(self, machine):
        self.machine = machine
        found = {name: link for name, link in links(machine).items() if name.startswith("en")}
        [self.port] = [name for name, link in found.items() if ADDRESS in addresses(link)]
        [self.spare] = set(found) - {self.port}

    def fill(self, text):
        return text.replace("PORT", self.port).replace("SPARE", self.spare)

    def state(self):
        """The addresses of the port and of br0, and what the port is in."""
        now = links(self.machine)
        return [addresses(now[self.port]), addresses(now.get("br0", {"addr_info": []})), now[self.port].get("master")]

    def wrong(self):
        """What is wrong with the bridges of SPEC; nothing where both are as they were asked for."""
        now, wrong = links(self.machine), []
        if self.state() != [set(), {ADDRESS}, "br0"]:
            wrong.append(self.state())
        for name, (master, word, has) in BELOW.items():
            link = now.get(self.fill(name), {"addr_info": []})
            said = " ".join(f"{key} {value}" for key, value in link.get("linkinfo", {}).get("info_data", {}).items())
            if (link.get("master"), link.get("mtu"), addresses(link)) != (master, 1400, has) or f"{word} " not in f"{said} ":
                wrong.append((name, link))
        return wrong

    def changed(self, before):
        """What is not as it was."""
        now = links(self.machine)
        found = [self.state(), {"br0", "br1", "bond0", "bond0.7"} & set(now), now[self.spare]["mtu"], scene.difference(before, scene.fingerprint(self.machine))]
        return [] if found == [[{ADDRESS}, set(), None], set(), 1500, ""] else found


def make(steps, machine, name):
    """The machine gets this system, and boots with it."""
    packages, files, command = MANAGERS[name]
    network = Network(machine)
    if packages:
        with archive.Archive(machine, *packages):
            r = machine.run(f"DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends {' '.join(packages)}", timeout=900)
            steps.must(f"{name}: its packages are installed", r.status == 0, r.stdout[-1500:] + r.stderr[-1500:])
    for path, content in files.items():
        machine.write(path, network.fill(content))
    machine.run(command, check=True)
    if packages:
        machine.reboot()
    steps.must(f"{name}: the server has its address by it", network.state()[0] == {ADDRESS}, network.state())
    return network


def wait_for(condition, seconds, awaited):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {awaited}")
        time.sleep(3)


def apply(slipway, text):
    slipway.machine.write("/root/spec.yaml", text)
    return slipway("--wait", "120", "apply", "--yes", "-f", "/root/spec.yaml")  # what undid the change before may not have ended


def with_manager(steps, build, name):
    with lab.machine(lab.Hardware(drives=DRIVES, qemu_args=ALONE)) as machine:
        machine.start()
        network = make(steps, machine, name)
        slipway = scene.Slipway(machine, build)
        slipway("status")
        before = scene.fingerprint(machine)

        r = apply(slipway, network.fill(WRONG.replace("CONFIRM", "10")))
        left = network.changed(before)
        steps.step(f"{name}: a bridge that does not reach its gateway is taken back by itself", r.status == 4 and "10.0.2.99 does not answer" in r.stderr
                   and not left, [r, left])  # fmt: skip

        machine.write("/root/spec.yaml", network.fill(WRONG.replace("CONFIRM", "30")))
        machine.run("setsid slipway apply --yes -f /root/spec.yaml >/dev/null 2>&1 </dev/null & "
                    f"for i in $(seq 100); do ip -br -4 address show dev br0 2>/dev/null | grep -q {ADDRESS} && break; sleep 0.3; done; kill -9 $!",
                    timeout=200)  # fmt: skip
        half = network.changed(before)
        wait_for(lambda: not network.changed(before), 240, "the timer to take the killed slipway's bridge back")
        steps.step(f"{name}: a slipway that is killed half-way is undone by the timer", half != [], half)

        r = apply(slipway, network.fill(SPEC))
        wrong = network.wrong()
        steps.must(f"{name}: the address moves to the bridge, and the session stays; the other is over a VLAN of a bond",
                   r.status == 0 and not wrong, [r, wrong])  # fmt: skip
        r = slipway("plan", "-f", "/root/spec.yaml")
        steps.step(f"{name}: a second plan is empty", "Nothing to do" in r.stdout, r)
        machine.reboot()
        wait_for(lambda: not network.wrong(), 60, "the bridges to be there")
        steps.step(f"{name}: after a reboot the bridges are there with their addresses")
        r = slipway("rollback")
        left = network.changed(before)
        steps.step(f"{name}: rollback restores every byte and the addresses", r.status == 0 and not left, [r, left])


def main(steps, build):
    for name in sys.argv[1:] or MANAGERS:
        with_manager(steps, build, name)


if __name__ == "__main__":
    scene.run(main)
