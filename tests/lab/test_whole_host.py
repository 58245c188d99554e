#!/usr/bin/python3
"""
What a host has besides its devices, from one spec and with the real tools: users, huge pages and isolated processors at boot, values of
the running kernel, libvirt by TLS and no more in the clear, pools on LVM and NFS, a guest's disk there under AppArmor. Before and
after a reboot, and all taken back.
"""

import re

import archive
import lab
import scene

PACKAGES = ("apparmor", "gnutls-bin", "lvm2", "nfs-kernel-server")
SPEC = """version: 1
users: [keeper]
services: [libvirt]
cpu: { isolated: "1" }
memory:
  hugepages: [{ size: 2M, count: 64, at: boot }]
  transparent_hugepages: never
  ksm: { run: on, pages_to_scan: 200, sleep_millisecs: 50 }
  swappiness: 20
  memlock: { group: kvm, limit: 2G }
forwarding: on
disks: { scheduler: { nvme: mq-deadline } }
remote: { tls: on, tcp: off }
pools:
  - { name: fast, lvm: vg0 }
  - { name: shared, nfs: "127.0.0.1:/srv/export", path: /srv/shared }
guests:
  - { name: pooled, profile: bios, type: qemu, memory: 128M, vcpus: 1, hugepages: off, network: none, disk: shared/a.raw, format: raw }
"""
# A volume group with a volume, an export, certificates of this host's own authority, and libvirt as old guides have it.
PREPARE = r"""
useradd keeper
vgcreate -q vg0 /dev/disk/by-id/nvme-*_data1 && lvcreate -q -L 64M -n one vg0
mkdir -p /srv/export && truncate -s 16M /srv/export/a.raw
echo '/srv/export 127.0.0.1(rw,no_root_squash,no_subtree_check)' > /etc/exports
systemctl -q enable --now nfs-server && exportfs -ra
mkdir -p /etc/pki/CA /etc/pki/libvirt/private && cd /etc/pki && umask 077
certtool --generate-privkey --no-text > ca.key && printf 'cn = authority\nca\ncert_signing_key\n' > ca.info
certtool --generate-self-signed --no-text --load-privkey ca.key --template ca.info > CA/cacert.pem
certtool --generate-privkey --no-text > libvirt/private/serverkey.pem
printf 'cn = lab\ndns_name = lab\nip_address = 127.0.0.1\ntls_www_server\ntls_www_client\nencryption_key\nsigning_key\n' > lab.info
certify() {
	certtool --generate-certificate --no-text --load-privkey libvirt/private/serverkey.pem --load-ca-certificate CA/cacert.pem \
		--load-ca-privkey ca.key --template "$1" > "$2"
}
certify lab.info libvirt/clientcert.pem && cp libvirt/private/serverkey.pem libvirt/private/clientkey.pem
(cat lab.info; printf 'activation_date = "2020-01-01 00:00:00"\nexpiration_date = "2020-02-01 00:00:00"\n') > old.info
certify old.info libvirt/servercert.pem
printf 'listen_tcp = 1\nauth_tcp = "none"\n' >> /etc/libvirt/libvirtd.conf
systemctl -q enable libvirtd-tcp.socket
"""
# The copies that gpasswd makes of what it edits, and the profile that libvirt's helper made of the guest.
LEFT = re.compile(r"/etc/(group|gshadow)-( |$)|/etc/apparmor.d/libvirt/libvirt-")
VM, MM = "/proc/sys/vm/", "/sys/kernel/mm/"
# What the running kernel says, and what it is to say; the first three are for the command line to make, at a boot.
AT_BOOT = {"/sys/devices/system/cpu/isolated": "1", "/sys/devices/system/cpu/nohz_full": "1", MM + "hugepages/hugepages-2048kB/nr_hugepages": "64"}
AT_ONCE = {
    VM + "swappiness": "20",
    "/proc/sys/net/ipv4/ip_forward": "1",
    MM + "ksm/run": "1",
    MM + "ksm/pages_to_scan": "200",
    MM + "ksm/sleep_millisecs": "50",
    MM + "transparent_hugepage/enabled": "[never]",
    "/sys/block/nvme0c0n1/queue/scheduler": "[mq-deadline]",  # QEMU 10's drives have paths, and choose there
}


class Host:
    def __init__(self, steps, slipway):
        self.steps, self.slipway, self.machine = steps, slipway, slipway.machine
        self.values = self.read(AT_BOOT | AT_ONCE)
        self.libvirt = self.libvirt_now()

    def read(self, paths):
        return dict(zip(paths, self.machine.run(["cat", *paths], check=True).stdout.splitlines()))

    def wrong(self, wanted):
        now = self.read(wanted)
        return {path: now[path] for path, value in wanted.items() if value not in now[path].split()}

    def libvirt_now(self):
        """Who listens for libvirt, what pools run, what is mounted, what volumes are active, and who is in its groups."""
        ports = self.machine.run("ss -Hltn '( sport = :16509 or sport = :16514 )' | sed 's/.*:\\(165[0-9]*\\) .*/\\1/' | sort -u").stdout.split()
        pools = self.machine.run("virsh pool-list --name; findmnt -n -o SOURCE /srv/shared; lvs --noheadings -o lv_active vg0").stdout.split()
        groups = self.machine.run("id -nG keeper").stdout.split()
        return {"ports": ports, "pools": pools, "groups": groups}

    def listener(self):
        """What the audit says of who may come."""
        [check] = [c for c in self.slipway.json("audit")[1]["checks"] if c["id"] == "software.listener"]
        return check["verdict"]

    def as_wished(self, when):
        step, machine = self.steps.step, self.machine
        step(f"{when}: what the running kernel is told", not self.wrong(AT_ONCE), self.wrong(AT_ONCE))
        now = self.libvirt_now()
        step(f"{when}: libvirt listens for TLS alone, both pools run, and the user may use it", now["ports"] == ["16514"]
             and now["pools"] == ["fast", "shared", "127.0.0.1:/srv/export", "active"] and {"libvirt", "kvm"} <= set(now["groups"]), now)  # fmt: skip
        r = machine.run("virsh -c qemu+tls://lab/system vol-list shared; virsh -c qemu+tcp://lab/system version")
        step(f"{when}: it answers by TLS, and in the clear nobody does", "a.raw" in r.stdout and "onnection refused" in r.stderr, r)
        r = machine.run("su keeper -c 'ulimit -l; virsh -c qemu:///system pool-list --name'")
        step(f"{when}: the user may lock so much, and sees the pools", r.stdout.split() == [str(2 << 20), "fast", "shared"], r)

    def run_out(self, before):
        """The certificate is of another year: libvirt does not start with it."""
        r = self.slipway("apply", "--yes", "-f", "/root/host.yaml")
        now, left = self.libvirt_now(), scene.difference(before, scene.fingerprint(self.machine))
        values = self.read(AT_ONCE)
        self.steps.step("with a certificate that has run out libvirt does not start, and apply takes everything back", r.status == 4 and not left
                        and now == self.libvirt and all(values[path] == self.values[path] for path in AT_ONCE), [r, now, left, values])  # fmt: skip
        self.machine.run("cp /etc/pki/libvirt/clientcert.pem /etc/pki/libvirt/servercert.pem", check=True)

    def apply(self):
        r = self.slipway("apply", "--yes", "-f", "/root/host.yaml")
        self.steps.must("the spec is applied", r.status == 0, r)
        self.as_wished("at once")
        self.steps.step("the audit sees no danger any more, but for what a listener would be", self.listener() == "warn", self.listener())
        r = self.slipway("apply", "--yes", "-f", "/root/host.yaml")
        self.steps.step("a second apply defines the guest, whose disk was to come", r.status == 0
                        and "pooled" in self.machine.run("virsh list --all --name").stdout.split(), r)  # fmt: skip
        r = self.slipway("plan", "-f", "/root/host.yaml")
        self.steps.step("then there is nothing to do", "Nothing to do" in r.stdout, r)

    def reboot(self):
        self.machine.reboot()
        self.as_wished("after the boot")
        self.steps.step("processors and huge pages as told on the command line", not self.wrong(AT_BOOT), self.wrong(AT_BOOT))
        broken = self.slipway.json("--wait", "600", "verify")[1]["changes_broken"]
        self.steps.step("verify: all changes hold", broken == 0, broken)
        r = self.machine.run("virsh start --paused pooled && virsh dumpxml pooled | grep -A2 \"model='apparmor'\"; virsh destroy pooled", timeout=300)
        self.steps.step("the guest starts from its disk in the pool, confined by AppArmor", r.status == 0 and "<label>libvirt-" in r.stdout, r)

    def roll_back(self, before):
        results = []
        while "applied" in (t["state"] for t in self.slipway.transactions()) and (not results or results[-1].status == 0):
            results.append(self.slipway("rollback"))
        self.steps.must("rollback: all is taken back", all(r.status == 0 for r in results), results)
        now = self.libvirt_now()
        self.steps.step("libvirt listens as it did, without these pools, and the volume is active", now == self.libvirt, [self.libvirt, now])
        left = {path: value for path, value in self.read(AT_ONCE).items() if value != self.values[path]}
        self.steps.step("the running kernel has its values of before", not left, [left, self.values])
        self.machine.reboot()
        left = {path: value for path, value in self.read(AT_BOOT | AT_ONCE).items() if value != self.values[path]}
        self.steps.step("so it has after a boot", not left, [left, self.values])
        left = [line for line in scene.difference(before, scene.fingerprint(self.machine)).splitlines() if not LEFT.search(line)]
        self.steps.step("every file of /etc and /boot is byte for byte as before", not left, "\n".join(left))


def main(steps, build):
    with lab.machine(lab.Hardware(drives=(lab.Drive("boot0", boot=True), lab.Drive("data1")), cpus=2)) as machine:
        machine.start()
        with archive.Archive(machine, *PACKAGES):
            r = machine.run(f"DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends {' '.join(PACKAGES)}", timeout=1200)
            steps.must("a server with LVM, NFS, AppArmor and TLS's tools", r.status == 0, r.stdout[-1500:] + r.stderr[-1500:])
        machine.run("set -e" + PREPARE, check=True, timeout=300)
        machine.reboot()
        slipway = scene.Slipway(machine, build)
        slipway("status")
        machine.write("/root/host.yaml", SPEC)
        machine.run("systemctl start libvirtd.socket libvirtd-tcp.socket; virsh list", check=True)
        host = Host(steps, slipway)
        steps.step("libvirt listens in the clear, as old guides have it", host.libvirt["ports"] == ["16509"], host.libvirt)
        steps.step("the audit says that this is a danger", host.listener() == "fail", host.listener())
        host.run_out(scene.fingerprint(machine))
        before = scene.fingerprint(machine)
        host.apply()
        host.reboot()
        host.roll_back(before)


if __name__ == "__main__":
    scene.run(main)
