#!/usr/bin/python3
"""
A server whose SELinux enforces: pools in a folder and on NFS get the rule, the labels and the boolean that guests need, and nothing else
is loosened; all of it is taken back, and SELinux is never off.
"""

import re

import archive
import lab
import scene

PACKAGES = ("selinux-basics", "selinux-policy-default", "policycoreutils-python-utils", "nfs-kernel-server")
SPEC = """version: 1
services: [libvirt]
pools:
  - { name: images, path: /data/images }
  - { name: shared, nfs: "127.0.0.1:/srv/export", path: /srv/shared }
guests:
  - { name: pooled, profile: bios, type: qemu, memory: 128M, vcpus: 1, hugepages: off, network: none, disk: /data/images/a.raw, format: raw }
"""
# Every file has its label before the first boot with it, and so no boot labels them anew.
PREPARE = """
sed -i 's/^SELINUX=.*/SELINUX=permissive/' /etc/selinux/config
mkdir -p /srv/export && echo '/srv/export 127.0.0.1(rw,no_root_squash,no_subtree_check)' > /etc/exports
systemctl -q enable nfs-server
setfiles -q /etc/selinux/default/contexts/files/file_contexts /
"""
# Of slipway's tools, and of what guests may use; but for what each command of slipway is given along: the lock, and the pipe for what it says.
OURS, GIVEN = re.compile(r'comm="(restorecon|semanage|setsebool)"|:virt_image_t:'), re.compile(r'path="(/var/lib/slipway/lock"|pipe:)')
# semanage's own store, made anew of what is in it each time: the rules and the boolean themselves are looked at.
STORE = re.compile(r"/etc/selinux/default/(policy/policy\.|contexts/files/file_contexts\.local)")


class Host:
    def __init__(self, machine):
        self.machine = machine

    def state(self):
        """SELinux' mode, the boolean now and after a boot, the rules of this host's own, and the labels of the pool's folder."""
        commands = ("getenforce", "semanage boolean -l | grep '^virt_use_nfs '", "semanage fcontext -l -C -n", "stat -c '%C' /data/images /data/images/a.raw")
        return [self.machine.run(c, timeout=300).stdout.strip() for c in commands]

    def denied(self):
        """What was refused to slipway's work, or to a guest at its disk."""
        return [line for line in self.machine.run("dmesg | grep 'avc:  denied'").stdout.splitlines() if OURS.search(line) and not GIVEN.search(line)]


def main(steps, build):
    with lab.machine(lab.Hardware(drives=(lab.Drive("boot0", boot=True),), cpus=2)) as machine:
        machine.start()
        with archive.Archive(machine, *PACKAGES):
            r = machine.run(f"DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends {' '.join(PACKAGES)}", timeout=1200)
            steps.must("a server with SELinux", r.status == 0, r.stdout[-1500:] + r.stderr[-1500:])
        machine.run("set -e" + PREPARE, check=True, timeout=900)
        machine.kernel_arguments("security=selinux", "selinux=1")
        machine.reboot()
        slipway, host = scene.Slipway(machine, build), Host(machine)
        slipway("status")
        # A pool's folder that was there before, with an image.
        machine.run("mkdir -p /data/images && truncate -s 16M /data/images/a.raw && restorecon -R /data && setenforce 1", check=True)
        before, files = host.state(), scene.fingerprint(machine)
        steps.must("SELinux enforces, and has no rule for the folder yet", before[0] == "Enforcing" and not before[2]
                   and "(off  ,  off)" in before[1] and "virt_image_t" not in before[3], before)  # fmt: skip

        machine.write("/root/host.yaml", SPEC)
        r = slipway("apply", "--yes", "-f", "/root/host.yaml")
        now = host.state()
        steps.must("apply: the boolean is on for good, and the folder with what is in it has the label", r.status == 0 and now[0] == "Enforcing"
                   and "(on   ,   on)" in now[1] and "/data/images" in now[2] and now[3].count(":virt_image_t:") == 2, [r, now])  # fmt: skip
        pools = machine.run("virsh pool-list --name; findmnt -n -o SOURCE /srv/shared").stdout.split()
        steps.step("both pools run", pools == ["images", "shared", "127.0.0.1:/srv/export"], pools)
        r = slipway("plan", "-f", "/root/host.yaml")
        steps.step("a second plan is empty", "Nothing to do" in r.stdout, r)
        # Debian's policy does not let libvirt take mounts down, which it does for each guest: that is to be told, and let be.
        r = machine.run("setenforce 0; virsh start --paused pooled && virsh dumpxml pooled && ls -Z /data/images/a.raw; virsh destroy pooled; setenforce 1", timeout=300)
        label = re.search(r"<label>\S*:svirt_t:s0:(\S+)</label>", r.stdout)
        steps.step("a guest starts from the folder, confined by SELinux, and has the image to itself", label is not None
                   and f":svirt_image_t:s0:{label[1]} /data/images/a.raw" in r.stdout, r)  # fmt: skip
        steps.step("nothing that slipway did was denied", not host.denied(), "\n".join(host.denied()))

        r = slipway("rollback")
        now = host.state()
        left = [line for line in scene.difference(files, scene.fingerprint(machine)).splitlines() if not STORE.search(line)]
        steps.step("rollback: rule, boolean and labels are as before, and SELinux enforces", r.status == 0 and now == before, [r, before, now])
        steps.step("every file of /etc and /boot is byte for byte as before", not left, "\n".join(left))


if __name__ == "__main__":
    scene.run(main)
