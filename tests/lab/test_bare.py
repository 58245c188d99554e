#!/usr/bin/python3
"""
From a bare server, with no QEMU, no libvirt and no bridge, to a running UEFI guest with its own NVMe drive on a bridged network: one
spec, and one 'slipway apply --trial --reboot'. Before that its packages cannot be downloaded, which changes nothing.
"""

import re
import time

import archive
import guest
import lab
import scene

SECONDS = 2400
LOG = "/var/log/guest1-console.log"
SPEC = f"""version: 1
packages: [virtualization]
services: [libvirt]
kernel:
  iommu: on
passthrough:
  - device: class=nvme,serial=data*
    count: 3
bridges:
  - {{ name: br0, ports: [PORT] }}
bridge_filter: off
memory:
  swappiness: 10
disks:
  scheduler: {{ nvme: none }}
guests:
  - {{ name: guest1, profile: uefi, type: qemu, memory: 512M, vcpus: 1, disk: {guest.DISK}, format: raw, bridge: br0,
      console-log: {LOG}, devices: [serial=data2], autostart: on }}
"""
# What the section `packages` asks for on Debian; that all of it is here shows when apt installs it.
PACKAGES = ("qemu-system-x86", "qemu-utils", "libvirt-daemon-system", "libvirt-clients", "ovmf", "swtpm", "swtpm-tools", "dnsmasq-base")
APPLY = ("apply", "--yes", "--trial", "--reboot", "-f", "/root/host.yaml")
ADDRESS, PEER = "10.0.2.15", "10.0.2.77"
NETWORK = ("for m in failover net_failover virtio_net; do busybox insmod /lib/modules/$m.ko; done; "
           f"busybox ifconfig eth0 {PEER} netmask 255.255.255.0 up && busybox ping -c 3 {ADDRESS}")  # fmt: skip


USERS = re.compile(r"/etc/(passwd|group|shadow|gshadow)-?$")


def installed(machine):
    return machine.run("dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\\n'", check=True).stdout


def until(condition, awaited, seconds=SECONDS):
    """Through the server's reboots."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except (lab.MachineError, TimeoutError):
            pass  # it is on its way down or up
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {awaited}")
        time.sleep(3)


def no_download(steps, slipway, packages, before):
    machine = slipway.machine
    packages.close()
    had = installed(machine)
    r = slipway(*APPLY, timeout=SECONDS)
    steps.step("no package can be downloaded: apply fails, and says so", r.status == 4 and "apt-get" in r.stderr, r)
    now = scene.fingerprint(machine)
    steps.step("every package, every file, and the port are as before", installed(machine) == had and now == before
               and not machine.run("ls -d /sys/class/net/br0").stdout, scene.difference(before, now))  # fmt: skip
    packages.open()


def go(steps, slipway):
    machine = slipway.machine
    boot = machine.boot_id()
    try:
        r = slipway(*APPLY, timeout=SECONDS)
        steps.step("apply --trial --reboot, once", r.status == 0, r)
    except lab.MachineError:
        pass  # it went down before the end was heard
    machine.wait_for_reboot(boot, SECONDS)
    until(lambda: slipway.json("status")[1]["last"] in ("applied", "undone"), "the trial to be judged")
    status = slipway.json("status")[1]
    steps.must("the trial boot is healthy, and committed", status["last"] == "applied", status)
    until(lambda: "running" in machine.run("virsh domstate guest1").stdout, "the guest to run")
    steps.step("the guest runs", True)


def look(steps, slipway):
    machine, guest1 = slipway.machine, guest.Guest(slipway.machine, "guest1", LOG)
    guest1.wait_until_up()
    drives = guest1.wait_for_drives("data2")
    steps.step("it has booted from OVMF, and has its drive", set(drives) == {"data2"}, drives)
    r = guest1.run(NETWORK, check=False)
    steps.step("it pings the host over the bridge", r.status == 0 and "3 packets received" in r.stdout, r)
    drivers = slipway.drivers()
    steps.step("the boot disk is the host's, and the other drives are set aside", drivers["boot0"] == "nvme"
               and drivers["data1"] == drivers["data3"] == "vfio-pci", drivers)  # fmt: skip
    values = machine.run("cat /proc/sys/vm/swappiness; modprobe br_netfilter; udevadm settle; cat /proc/sys/net/bridge/bridge-nf-call-iptables; "
                         "cat /sys/class/nvme/nvme*/nvme*n1/queue/scheduler | head -1").stdout.split("\n")  # fmt: skip
    steps.step("swappiness, the bridge's filter when its module comes, and the scheduler are as told",
               values[:2] == ["10", "0"] and "[none]" in values[2], values)  # fmt: skip
    r = slipway("plan", "-f", "/root/host.yaml")
    steps.step("a second plan is empty", r.status == 0 and "Nothing to do" in r.stdout, r)


def go_back(steps, slipway, before, had):
    machine = slipway.machine
    r = machine.run("virsh destroy guest1")
    for _ in slipway.transactions():
        r = slipway("rollback", timeout=SECONDS)
        if r.status != 0:
            break
    states = [t["state"] for t in slipway.transactions()]
    steps.must("rollback: everything taken back", "applied" not in states, [r, states])
    machine.reboot()
    now = installed(machine)
    left = [line.split()[1] for line in now.splitlines() if line.startswith("rc ")]
    now = "".join(line + "\n" for line in now.splitlines() if not line.startswith("rc "))
    steps.step("so is every package, but for configuration files", now == had and left, scene.difference(had, now))
    # The user's own step where that is to go, too; their users stay, as with every package of Debian's.
    machine.run(["apt-get", "--yes", "purge", *left], check=True, timeout=600)
    now = [line for line in scene.difference(before, scene.fingerprint(machine)).splitlines() if not USERS.search(line)]
    steps.step("without those every file is as before", not now, "\n".join(now))
    steps.step("and every drive is the host's", set(slipway.drivers().values()) == {"nvme"}, slipway.drivers())


def main(steps, build):
    with lab.machine(variant="bare") as machine:
        machine.start()
        port = machine.run("ls /sys/class/net | grep ^en", check=True).stdout.strip()
        steps.step("a bare server boots", machine.run("command -v virsh qemu-system-x86_64").status != 0)
        with archive.Archive(machine, *PACKAGES) as packages:
            slipway = scene.Slipway(machine, build)
            machine.write("/root/host.yaml", SPEC.replace("PORT", port))
            before, had = scene.fingerprint(machine), installed(machine)
            no_download(steps, slipway, packages, before)
            go(steps, slipway)
            look(steps, slipway)
            go_back(steps, slipway, before, had)


if __name__ == "__main__":
    scene.run(main)
