#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sections that become kernel arguments, module options and units, on each family of distributions with the boot chain and the daemons that it has."""

import pathlib

import crash
from boot_host import MACHINE, Host, grub_bls, systemd_boot
from live_host import Live
from tap import Folder, difference, main, packaged, slipway, snapshot, test

GRUB = "GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\n{}GRUB_CMDLINE_LINUX=\"\"\n"
MENU = "menuentry 'Linux' {\n\tlinux /boot/vmlinuz-6.1.0 root=/dev/vda2 ro quiet\n}\n"


def debian(host):
    host.put("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
    host.put("etc/default/grub", GRUB.format("GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"))
    host.put("boot/grub/grub.cfg", MENU)
    host.put("etc/modprobe.d/mdadm.conf", "options md_mod start_ro=1\n")
    host.program("usr/sbin/update-grub")
    host.program("etc/grub.d/10_linux")


def ubuntu(host):
    debian(host)
    host.put("etc/os-release", "NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n")
    host.put("etc/default/grub.d/50-cloudimg-settings.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1 console=ttyS0\"\nGRUB_TERMINAL=console\n")
    host.put("etc/modprobe.d/blacklist.conf", "blacklist evbug\n")


def fedora(host):
    host.put("etc/os-release", "NAME=\"Fedora Linux\"\nID=fedora\nVERSION_ID=40\n")
    grub_bls(host, {f"{MACHINE}-6.1.0.conf": "title Fedora\nversion 6.1.0\nlinux /vmlinuz-6.1.0\noptions root=UUID=1 ro rhgb quiet\n",
                    f"{MACHINE}-0-rescue.conf": "title Rescue\nlinux /r\noptions root=UUID=1 ro\n"}, {"saved_entry": f"{MACHINE}-6.1.0"})  # fmt: skip
    host.put("etc/kernel/cmdline", "root=UUID=1 ro rhgb quiet\n")
    host.put("etc/default/grub", GRUB.format("GRUB_ENABLE_BLSCFG=true\n"))
    host.put("etc/modprobe.d/kvm.conf", "#options kvm_intel nested=1\n#options kvm_amd nested=1\n")


def suse(host):
    host.put("etc/os-release", "NAME=\"openSUSE Leap\"\nID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n")
    host.put("etc/default/grub", GRUB.format("GRUB_CMDLINE_LINUX_DEFAULT=\"splash=silent quiet security=apparmor mitigations=auto\"\n"))
    host.put("boot/grub2/grub.cfg", MENU)
    host.put("boot/grub2/grubenv", "# GRUB Environment Block\n" + "#" * 999)
    host.put("etc/modprobe.d/99-local.conf", "# local\n")
    host.program("usr/sbin/grub2-mkconfig")
    host.program("etc/grub.d/10_linux")


def arch(host):
    host.put("etc/os-release", "NAME=\"Arch Linux\"\nID=arch\n")
    systemd_boot(host, "title Arch\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\noptions root=PARTUUID=1 rw\n", "arch.conf")
    host.put("boot/efi/loader/loader.conf", "default arch.conf\ntimeout 3\n")
    (host.path / "etc/modprobe.d").mkdir(parents=True)


# Where each keeps the arguments of the next boots.
FAMILIES = ((debian, ("etc/default/grub.d/",)), (ubuntu, ("etc/default/grub.d/",)),
            (fedora, (f"boot/loader/entries/{MACHINE}-6.1.0.conf", "etc/kernel/cmdline", "etc/default/grub")), (suse, ("etc/default/grub",)),
            (arch, ("boot/efi/loader/entries/arch.conf",)))  # fmt: skip
ISOLATED = "isolcpus=managed_irq,domain,2-3 nohz_full=2-3 rcu_nocbs=2-3"


def there_and_back(family, spec, look):
    """Applied to an image; applied again, nothing is done; taken back, every byte is as before. look(host, files that have changed) says what is in between."""
    with Folder() as root:
        host = Host(root)
        family(host)
        host.put("sys/devices/system/cpu/online", "0-3\n")
        host.put("proc/meminfo", "MemTotal:       33554432 kB\n")
        host.put("sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n")
        (root / "etc/slipway").mkdir()
        (root / "etc/slipway/host.yaml").write_text("version: 1\n" + spec)
        before = snapshot(root, ["var"])
        slipway("apply", "--yes", root=root, status=0)
        applied = snapshot(root, ["var"])
        look(host, {name for name in difference(before, applied) if (root / name).is_file()})
        r = slipway("apply", "--yes", root=root, status=0)
        assert b"Nothing to do" in r.out and not difference(applied, snapshot(root, ["var"])), (family.__name__, r.out)
        slipway("rollback", root=root, status=0)
        left = difference(before, snapshot(root, ["var"]))
        assert not left, (family.__name__, left)


@test
def isolated_cpus_and_huge_pages_at_boot_are_arguments_everywhere():
    for family, places in FAMILIES:
        for spec, arguments in (("cpu: { isolated: \"2-3\" }\n", ISOLATED), ("cpu: { housekeeping: \"0-1\" }\n", ISOLATED),
                                ("memory: { hugepages: [{ size: 1G, count: 4 }] }\n", "hugepagesz=1G hugepages=4")):
            def look(host, changed):
                for place in places:
                    [name] = [name for name in changed if name.startswith(place)] or [None]
                    assert name, (family.__name__, place, changed)
                    assert arguments in host.get(name), (family.__name__, name, host.get(name))
                assert not any("rescue" in name for name in changed), changed

            there_and_back(family, spec, look)


@test
def nested_guests_are_switched_by_the_module_s_option_everywhere():
    for family, _ in FAMILIES:
        for spec, value in (("kernel: { nested: on }\n", "nested=1"), ("cpu: { nested: off }\n", "nested=0")):
            def look(host, changed):
                text = "".join(host.get(name) for name in changed)
                assert f"options kvm_amd {value}" in text or f"kvm_amd.{value}" in text, (family.__name__, changed, text)

            there_and_back(family, spec, look)


def with_libvirt(daemon):
    def build(tree):
        units = [f"{daemon}.service", f"{daemon}-tls.socket", f"{daemon}-tcp.socket", *(["virtqemud.socket"] if daemon == "virtproxyd" else [])]
        for unit in units:
            tree.put(f"usr/lib/systemd/system/{unit}", "[Unit]\n")
        for name in ("CA/cacert.pem", "libvirt/servercert.pem", "libvirt/private/serverkey.pem"):
            tree.put(f"etc/pki/{name}", "x", 0o600)
        for folder in ("etc/systemd/system/sockets.target.wants", "etc/systemd/system/multi-user.target.wants", "run/libvirt"):
            (tree.path / folder).mkdir(parents=True)
        (tree.path / f"etc/systemd/system/sockets.target.wants/{daemon}-tcp.socket").symlink_to(f"/usr/lib/systemd/system/{daemon}-tcp.socket")
        tree.put(f"etc/libvirt/{daemon}.conf", "# old guide\nlisten_tcp = 1\nauth_tcp = \"none\"\n")
    return build


@test
def libvirt_listens_by_tls_alone_and_as_before_after_a_rollback():
    for family, daemon in ((debian, "libvirtd"), (ubuntu, "libvirtd"), (fedora, "virtproxyd"), (suse, "virtproxyd"), (arch, "libvirtd")):
        with Folder() as root:
            def build(tree):
                family(tree)
                with_libvirt(daemon)(tree)

            host = Live(root, build, ("systemctl",), areas=["etc", "run/libvirt"])
            crash.add_programs(root, (), ("ln", "true"))
            host.tree.put("etc/slipway/host.yaml", "version: 1\nremote: { tls: on, tcp: off }\n")
            wants = pathlib.Path(root) / "etc/systemd/system/sockets.target.wants"
            before = host.state()
            host.slipway("apply", "--yes", status=0)
            assert sorted(path.name for path in wants.iterdir()) == [f"{daemon}-tls.socket"], family.__name__
            assert "listen_tcp = 0\nauth_tcp" in host.tree.get(f"etc/libvirt/{daemon}.conf")
            calls = host.calls()
            assert f"systemctl disable --now {daemon}-tcp.socket" in calls and f"systemctl enable --now {daemon}-tls.socket" in calls, calls
            p = host.slipway("apply", "--yes", status=0)
            assert b"Nothing to do" in p.stdout and host.calls() == [], p.stdout
            host.slipway("rollback", status=0)
            assert f"systemctl enable --now {daemon}-tcp.socket" in host.calls()
            now = host.state()
            assert now == before, (family.__name__, crash.difference(now, before))


@test
def what_tuned_s_own_profiles_set_is_left_to_them_or_refused():
    governor, hugepages, isolated = "cpu: {{ governor: {} }}\n", "memory: {{ transparent_hugepages: {} }}\n", "cpu: {{ isolated: \"{}\" }}\n"
    throughput, latency = "/usr/lib/tuned/throughput-performance/tuned.conf", "/usr/lib/tuned/latency-performance/tuned.conf"
    rows = (
        ("virtual-host", governor, "performance", ""), ("virtual-host", governor, "powersave", f"virtual-host sets 'performance' ({throughput})"),
        ("virtual-host", hugepages, "madvise", None), ("virtual-host", isolated, "2-3", None), ("virtual-host", "disks: {{ scheduler: {{ nvme: {} }} }}\n", "none", None),
        ("throughput-performance", governor, "performance", ""), ("throughput-performance", governor, "schedutil", f"throughput-performance sets 'performance' ({throughput})"),
        ("network-latency", hugepages, "never", ""), ("network-latency", hugepages, "madvise", "network-latency sets 'never' (/usr/lib/tuned/network-latency/tuned.conf)"),
        ("balanced", governor, "powersave", ""), ("balanced", governor, "performance", "balanced sets 'conservative|powersave' (/usr/lib/tuned/balanced/tuned.conf)"),
        ("cpu-partitioning", isolated, "2-3", "cpu-partitioning isolates CPUs itself"), ("cpu-partitioning", governor, "powersave", f"sets 'performance' ({latency})"),
        ("realtime-virtual-host", isolated, "2-3", "realtime isolates CPUs itself"),
        # Its include is a function of tuned's.
        ("openshift-node", governor, "powersave", f"openshift-node sets 'performance' ({throughput})"),
    )
    with Folder() as root:
        packaged("tuned", "/no/tuned-profiles", root)
        host = Host(root)
        fedora(host)
        host.put("sys/devices/system/cpu/online", "0-3\n")
        wants = root / "etc/systemd/system/multi-user.target.wants"
        wants.mkdir(parents=True)
        (wants / "tuned.service").symlink_to("/usr/lib/systemd/system/tuned.service")
        for profile, spec, value, said in rows:
            host.put("etc/tuned/active_profile", profile + "\n")
            host.put("spec.yaml", "version: 1\n" + spec.format(value))
            r = slipway("--json", "plan", "-f", root / "spec.yaml", root=root, status=3 if said else 0)
            document = r.json()
            # None: nobody's, so slipway sees to it; "": tuned's, and as wished.
            assert bool(document["changes"]) == (said is None), (profile, spec, document)
            assert not said or said in str(document["refusals"]), (profile, document["refusals"])


if __name__ == "__main__":
    main()
