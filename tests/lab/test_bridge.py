#!/usr/bin/python3
"""A bridge over the port that the test itself logs in through, for each of Debian's four systems: made, kept over a reboot, taken back."""

import time

import archive
import lab
import scene

SPEC = "version: 1\nbridges: [{ name: br0, ports: [PORT] }]\n"
# A gateway that is not there: nobody confirms this.
WRONG = "version: 1\nbridges: [{ name: br0, ports: [PORT], addresses: [10.0.2.15/24], gateway: 10.0.2.99, confirm: CONFIRM }]\n"
ADDRESS = "10.0.2.15/24"
DRIVES = (lab.Drive("boot0", boot=True),)

NETPLAN = "network:\n  version: 2\n  ethernets:\n    PORT:\n      # the only port\n      dhcp4: true\n"
INTERFACES = "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\nallow-hotplug PORT\niface PORT inet dhcp\n"

# What makes a server of the lab, which has systemd-networkd, one of each.
MANAGERS = {
    "systemd-networkd": ((), {}, "true"),
    "ifupdown": (("ifupdown", "isc-dhcp-client", "bridge-utils"), {"/etc/network/interfaces": INTERFACES},
                 "systemctl disable systemd-networkd; rm /etc/systemd/network/lan.network; systemctl enable networking"),
    "netplan": (("netplan.io",), {"/etc/netplan/50-lab.yaml": NETPLAN}, "chmod 600 /etc/netplan/*; rm /etc/systemd/network/lan.network"),
    "NetworkManager": (("network-manager",), {},
                       "systemctl disable systemd-networkd; rm -f /etc/systemd/network/lan.network /etc/network/interfaces; systemctl enable NetworkManager"),
}


def make(steps, machine, name):
    """The machine gets this system, and boots with it. Its port's name."""
    packages, files, command = MANAGERS[name]
    port = machine.run("ls /sys/class/net | grep ^en", check=True).stdout.split()[0]
    if packages:
        with archive.Archive(machine, *packages):
            r = machine.run(f"DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends {' '.join(packages)}", timeout=900)
            steps.must(f"{name}: its packages are installed", r.status == 0, r.stdout[-1500:] + r.stderr[-1500:])
    for path, content in files.items():
        machine.write(path, content.replace("PORT", port))
    machine.run(command, check=True)
    if packages:
        machine.reboot()
    steps.must(f"{name}: the server has its address by it", state(machine, port)[0] == [ADDRESS], state(machine, port))
    return port


def state(machine, port):
    """The addresses of the port and of br0, and what the port is in."""
    out = machine.run(f"for n in {port} br0; do echo $(ip -br -4 address show dev $n 2>/dev/null); done; readlink /sys/class/net/{port}/master").stdout.split("\n")
    return [[word for word in line.split() if "/" in word] for line in out[:2]] + [out[2].rsplit("/", 1)[-1]]


def wait_for(condition, seconds, awaited):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {awaited}")
        time.sleep(3)


def is_back(machine, port, before):
    return state(machine, port) == [[ADDRESS], [], ""] and not scene.difference(before, scene.fingerprint(machine))


def apply(slipway, text, port):
    slipway.machine.write("/root/spec.yaml", text.replace("PORT", port))
    return slipway("apply", "--yes", "-f", "/root/spec.yaml")


def with_manager(steps, build, name):
    with lab.machine(lab.Hardware(drives=DRIVES)) as machine:
        machine.start()
        port = make(steps, machine, name)
        slipway = scene.Slipway(machine, build)
        slipway("status")
        before = scene.fingerprint(machine)

        r = apply(slipway, WRONG.replace("CONFIRM", "10"), port)
        steps.step(f"{name}: a bridge that does not reach its gateway is taken back by itself", r.status == 4 and "10.0.2.99 does not answer" in r.stderr
                   and is_back(machine, port, before), [r, state(machine, port)])  # fmt: skip

        machine.write("/root/spec.yaml", WRONG.replace("CONFIRM", "30").replace("PORT", port))
        machine.run("setsid slipway apply --yes -f /root/spec.yaml >/dev/null 2>&1 </dev/null & "
                    f"for i in $(seq 100); do ip -br -4 address show dev br0 2>/dev/null | grep -q {ADDRESS} && break; sleep 0.3; done; kill -9 $!", timeout=200)
        half = state(machine, port)
        wait_for(lambda: is_back(machine, port, before), 240, "the timer to take the killed slipway's bridge back")
        steps.step(f"{name}: a slipway that is killed half-way is undone by the timer", half != state(machine, port), half)

        r = apply(slipway, SPEC, port)
        steps.must(f"{name}: the address moves to the bridge, and the session stays", r.status == 0 and state(machine, port) == [[], [ADDRESS], "br0"],
                   [r, state(machine, port)])
        r = slipway("plan", "-f", "/root/spec.yaml")
        steps.step(f"{name}: a second plan is empty", "Nothing to do" in r.stdout, r)
        machine.reboot()
        wait_for(lambda: state(machine, port) == [[], [ADDRESS], "br0"], 60, "br0 to have its address")
        steps.step(f"{name}: after a reboot the bridge is there with the address")
        r = slipway("rollback")
        steps.step(f"{name}: rollback restores every byte and the addresses", r.status == 0 and is_back(machine, port, before),
                   [r, state(machine, port), scene.difference(before, scene.fingerprint(machine))])


def main(steps, build):
    for name in MANAGERS:
        with_manager(steps, build, name)


if __name__ == "__main__":
    scene.run(main)
