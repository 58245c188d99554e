#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The sections packages, services and users on trees of each distribution, with pretended package tools: there and back, and every failure."""

import pathlib
import re
import shutil

import boot_host
import crash
from live_host import Live
from tap import HERE, Folder, main, slipway, test

SPEC = "version: 1\npackages: [virtualization, tools]\nservices: [libvirt]\nusers: [alice]\n"
DEBIAN = "Package: base-files\nStatus: install ok installed\nVersion: 12\n\n"
APT = ["qemu-system-x86", "qemu-utils", "libvirt-daemon-system", "libvirt-clients", "ovmf", "swtpm", "swtpm-tools", "dnsmasq-base", "virtinst",
       "bridge-utils"]
S390 = "vendor_id       : IBM/S390\n# processors    : 1\n"
LIBVIRTD = ["libvirtd.service"]
MODULAR = [f"virt{part}d.socket" for part in ("qemu", "network", "nodedev", "nwfilter", "secret", "storage")]


def system(release, program, files=None):
    """A tree of this distribution with nothing for guests in it."""
    def build(tree):
        tree.put("etc/os-release", release)
        tree.put(f"usr/bin/{program}", "")
        tree.put("etc/group", "root:x:0:\nkvm:x:36:\n")
        tree.put("etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n")
        for folder in ("run/libvirt", "usr/lib/systemd/system", "etc/systemd/system/multi-user.target.wants", "etc/systemd/system/sockets.target.wants",
                       "var/lib/packages", "var/lib/pacman/local", "var/lib/apt/lists", "usr/libexec", "usr/share/edk2", "usr/share/qemu",
                       "usr/lib64/libvirt/connection-driver", "usr/bin", "usr/sbin", "tmp"):
            (tree.path / folder).mkdir(parents=True, exist_ok=True)
        for name, content in (files or {}).items():
            tree.put(name, content)
    return build


def debian(release="ID=debian\n", status=DEBIAN, lists=True):
    units = "\n".join(f': >"$root/usr/lib/systemd/system/{unit}"' for unit in LIBVIRTD)
    gone = "\n".join(f'rm "$root/usr/lib/systemd/system/{unit}"' for unit in LIBVIRTD)
    files = {"var/lib/dpkg/status": status, "needs/libvirt-daemon-system": "libvirt0\n", "brings/libvirt-daemon-system": f'{units}\necho "libvirt:x:120:" >>"$root/etc/group"\n',
             "takes/libvirt-daemon-system": f'{gone}\nsed "/^libvirt:/d" "$root/etc/group" >"$root/tmp/g"; cat "$root/tmp/g" >"$root/etc/group"; rm "$root/tmp/g"\n'}
    if lists:
        files["var/lib/apt/lists/deb.example_Packages"] = ""
    return system(release, "apt-get", files)


def live(root, build, tools=("apt-get", "systemctl", "gpasswd")):
    host = Live(root, build, tools, areas=["usr/lib/systemd", "usr/bin", "usr/libexec", "usr/share", "usr/sbin", "usr/lib64", "run/libvirt", "var/lib/dpkg", "var/lib/packages",
                                           "var/lib/pacman"])
    crash.add_programs(root, (), ("ln", "mkdir", "true"))
    host.tree.put("etc/slipway/host.yaml", SPEC)
    return host


def there_and_back(host, calls, back):
    before = host.state()
    p = host.slipway("apply", "--yes", status=0)
    assert host.calls() == calls, p.stderr.decode()
    done = host.look()
    p = host.slipway("apply", "--yes", status=0)
    assert b"Nothing to do" in p.stdout and host.calls() == [] and host.look() == done, p.stdout
    host.slipway("verify", status=(0, 1))
    host.slipway("rollback", status=0)
    assert host.calls() == back
    now = host.state()
    assert now == before, [k for k in now.keys() | before.keys() if now.get(k) != before.get(k)]


@test
def debian_and_ubuntu_by_apt_get():
    for release in ("ID=debian\n", "NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n"):
        with Folder() as root:
            host = live(root, debian(release))
            there_and_back(host, ["apt-get install " + " ".join(APT), "systemctl enable --now libvirtd.service", "gpasswd -a alice libvirt", "gpasswd -a alice kvm"],
                           ["gpasswd -d alice kvm", "gpasswd -d alice libvirt", "systemctl disable --now libvirtd.service",
                            # The dependency that came along goes, too; what was there before stays.
                            "apt-get remove qemu-system-x86 qemu-utils libvirt0 libvirt-daemon-system libvirt-clients ovmf swtpm swtpm-tools dnsmasq-base virtinst bridge-utils"])


@test
def what_the_tool_says_is_told_as_it_comes_and_the_plan_has_each_command():
    with Folder() as root:
        host = live(root, debian())
        plan = host.slipway("plan", status=0).stdout.decode()
        assert "apt-get --yes" in plan and "systemctl enable --now libvirtd.service" in plan and "gpasswd -a alice libvirt" in plan, plan
        assert host.calls() == []
        said = host.slipway("apply", "--yes", status=0).stderr.decode()
        assert re.search(r"running apt-get .*\n  Setting up qemu-system-x86 \(1.0\) \.\.\.\n", said), said


@test
def a_download_that_fails_leaves_the_host_as_it_was_and_can_be_repeated():
    with Folder() as root:
        host = live(root, debian())
        before = host.state()
        host.tree.put("fail-apt-get", "")
        p = host.slipway("apply", "--yes", status=4)
        assert b"404  Not Found" in p.stderr, p.stderr
        # Of all that it was to remove, one had come, and not all of that.
        assert host.calls() == ["apt-get install " + " ".join(APT), "apt-get remove qemu-system-x86"]
        assert host.state() == before
        assert b"404" in host.slipway("status", status=(0, 1)).stdout
        host.slipway("apply", "--yes", status=0)
    for trouble, said in (("fail-update", b"apt-get --quiet update failed"),):
        with Folder() as root:
            host = live(root, debian(lists=False))
            before = host.state()
            host.tree.put(trouble, "")
            p = host.slipway("apply", "--yes", status=4)
            assert said in p.stderr and host.state() == before, p.stderr
            (host.tree.path / trouble).unlink()
            host.calls()
            host.slipway("apply", "--yes", status=0)
            assert host.calls()[0] == "apt-get update"


@test
def what_is_there_stays_out_and_is_never_removed():
    status = DEBIAN + "Package: ovmf\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: pve-qemu-kvm\nStatus: install ok installed\nProvides: qemu-system-x86 (= 9.0), qemu-utils\n\n" \
        "Package: swtpm\nStatus: install ok half-installed\n\nPackage: dnsmasq-base\nStatus: install ok installed\n\n"
    with Folder() as root:
        host = live(root, debian(status=status))
        plan = host.slipway("plan", status=0).stdout.decode()
        command = re.search(r"install (libvirt-daemon-system [^:\n]*)", plan)[1]
        assert set(command.split()) == set(APT) - {"qemu-system-x86", "qemu-utils", "dnsmasq-base"}, command


FEDORA = {name: paths for name, paths in (
    ("qemu-kvm", "usr/libexec/qemu-kvm"), ("qemu-img", "usr/bin/qemu-img"),
    ("libvirt", "usr/sbin/virtqemud " + " ".join(f"usr/lib/systemd/system/{unit}" for unit in MODULAR)), ("libvirt-client", "usr/bin/virsh"),
    ("edk2-ovmf", "usr/share/edk2/ovmf"), ("swtpm", "usr/bin/swtpm"), ("swtpm-tools", "usr/bin/swtpm_setup"), ("dnsmasq", "usr/sbin/dnsmasq"),
    ("virt-install", "usr/bin/virt-install"), ("virt-top", "usr/bin/virt-top"))}
SUSE = {name: paths for name, paths in (
    ("qemu-x86", "usr/bin/qemu-system-x86_64"), ("qemu-tools", "usr/bin/qemu-img"), ("libvirt-daemon", "usr/sbin/libvirtd usr/lib/systemd/system/libvirtd.service"),
    ("libvirt-daemon-qemu", "usr/lib64/libvirt/connection-driver/libvirt_driver_qemu.so"), ("libvirt-client", "usr/bin/virsh"),
    ("qemu-ovmf-x86_64", "usr/share/qemu/ovmf-x86_64-code.bin"), ("swtpm", "usr/bin/swtpm"), ("dnsmasq", "usr/sbin/dnsmasq"),
    ("virt-install", "usr/bin/virt-install"), ("virt-top", "usr/bin/virt-top"))}
ARCH = {name: paths for name, paths in (
    ("qemu-base", "usr/bin/qemu-system-x86_64"), ("libvirt", "usr/bin/libvirtd usr/lib/systemd/system/libvirtd.service"), ("edk2-ovmf", ""), ("swtpm", "usr/bin/swtpm"),
    ("dnsmasq", "usr/bin/dnsmasq"), ("virt-install", "usr/bin/virt-install"))}


@test
def fedora_rhel_suse_and_arch_by_their_own_tools():
    for release, tool, brings, units in (("ID=fedora\n", "dnf", FEDORA, MODULAR), ("ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\n", "dnf", FEDORA, MODULAR),
                                         ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", "zypper", SUSE, LIBVIRTD), ("ID=arch\n", "pacman", ARCH, LIBVIRTD)):
        with Folder() as root:
            host = live(root, system(release, tool, {f"brings/{name}": paths for name, paths in brings.items()}), ("systemctl", "gpasswd"))
            host.tree.put("etc/group", "root:x:0:\nlibvirt:x:120:\n")
            for name in (tool, "rpm"):
                shutil.copy(HERE / "tools/dnf", pathlib.Path(root) / "usr/sbin" / name)
            there_and_back(host, [f"{tool} install " + " ".join(brings), "systemctl enable --now " + " ".join(units), "gpasswd -a alice libvirt"],
                           ["gpasswd -d alice libvirt", "systemctl disable --now " + " ".join(units), f"{tool} remove " + " ".join(brings)])
            before = host.state()
            host.tree.put(f"fail-{tool}", "")
            p = host.slipway("apply", "--yes", status=4)
            assert b"cannot download" in p.stderr and host.state() == before, (p.stderr, tool)


@test
def the_daemons_are_those_that_the_system_uses():
    for enabled, release, units in (([], "ID=fedora\n", MODULAR), (LIBVIRTD, "ID=fedora\n", []), ([], "ID=debian\n", LIBVIRTD), (MODULAR[:1], "ID=debian\n", MODULAR[1:])):
        with Folder() as root:
            tree = crash_free(root, release, "apt-get" if "debian" in release else "dnf")
            for unit in LIBVIRTD + MODULAR:
                tree.put(f"usr/lib/systemd/system/{unit}", "")
            for unit in enabled:
                wants = "sockets" if unit.endswith(".socket") else "multi-user"
                (tree.path / f"etc/systemd/system/{wants}.target.wants" / unit).symlink_to("/usr/lib/systemd/system/" + unit)
            assert planned(root, "services: [libvirt]\n") == (["systemctl enable --now " + " ".join(units)] if units else []), (enabled, release)


def crash_free(root, release, program, cpuinfo=None):
    tree = boot_host.Host(pathlib.Path(root))
    system(release, program, {"var/lib/dpkg/status": ""})(tree)
    if cpuinfo:
        tree.put("proc/cpuinfo", cpuinfo)
    return tree


def planned(root, text, status=0):
    """The commands of a plan for this spec; with a status that is no success, what was said."""
    with Folder() as folder:
        (folder / "spec.yaml").write_text("version: 1\n" + text)
        r = slipway("--json", "plan", "-f", folder / "spec.yaml", root=root, status=status)
    if status:
        return r.err.decode()
    return [c["target"] for c in r.json()["changes"] if c["kind"] == "command"]


@test
def the_names_fit_the_machine():
    for release, program, x86, s390 in (("ID=debian\n", "apt-get", "qemu-system-x86 ", "qemu-system-s390x "), ("ID=sles\nID_LIKE=suse\n", "zypper", "qemu-x86 ", "qemu-s390x "),
                                        ("ID=rhel\n", "dnf", "edk2-ovmf ", None)):
        for cpuinfo, has, lacks in ((None, x86, s390), (S390, s390, x86)):
            with Folder() as root:
                crash_free(root, release, program, cpuinfo)
                command = " ".join(planned(root, "packages: [virtualization]\n"))
                assert (not has or has in command) and (not lacks or lacks not in command) and "virt-install" not in command, command
    with Folder() as root:
        crash_free(root, "ID=debian\n", "apt-get")
        assert planned(root, "packages: [cockpit]\n")[-1].endswith(" install cockpit-machines")


@test
def init_proposes_them_with_what_is_lacking():
    with Folder() as root:
        crash_free(root, "ID=debian\n", "apt-get")
        text = slipway("init", root=root, status=0).out.decode()
        assert "# Packages: lacking for guests are qemu-system-x86, " in text and "\n#packages: [virtualization, tools]\n#services: [libvirt]\n" in text, text
        (pathlib.Path(root) / "spec.yaml").write_text(re.sub(r"(?m)^( *)#(?! |$)", r"\1", text))
        slipway("check-spec", pathlib.Path(root) / "spec.yaml", status=0)


@test
def below_a_root_the_commands_wait_for_the_first_boot():
    with Folder() as root:
        crash_free(root, "ID=debian\n", "apt-get")
        (pathlib.Path(root) / "etc/slipway").mkdir()
        (pathlib.Path(root) / "etc/slipway/host.yaml").write_text(SPEC)
        r = slipway("apply", "--yes", root=root, status=0)
        assert b"first boot" in r.err
        document = slipway("--json", "status", root=root, status=(0, 1)).json()
        assert document["transactions"], document
        assert (pathlib.Path(root) / "var/lib/slipway/first-boot.pending").exists()


@test
def what_cannot_be_is_said_and_nothing_is_planned():
    rows = (
        ("ID=gentoo\n", "emerge", "packages: [tools]\n", "neither with apt-get nor with dnf, zypper or pacman"),
        ("", "apt-get", "packages: [tools]\n", "neither with apt-get"),
        ("ID=debian\n", "apt-get", "services: [libvirt]\n", "libvirt is not installed; wish for 'packages: [virtualization]'"),
        ("ID=debian\n", "apt-get", "services: [cockpit]\n", "wish for 'packages: [cockpit]'"),
        ("ID=debian\n", "apt-get", "users: [alice]\n", "no group libvirt"),
        ("ID=debian\n", "apt-get", "packages: [virtualization]\nusers: [bob]\n", "no user bob"),
        ("ID=debian\n", "apt-get", "users: [-d]\n", "'-d' is no name of a user"),
        ("ID=debian\n", "apt-get", "packages: [qemu]\n", "'qemu' is none of the packages that there are: virtualization, tools, cockpit"),
    )
    for release, program, text, said in rows:
        with Folder() as root:
            crash_free(root, release, program)
            assert said in planned(root, text, 2), (text, planned(root, text, 2))
    with Folder() as root:
        crash_free(root, "ID=fedora\n", "dnf").put("run/ostree-booted", "")
        assert "rpm-ostree install" in planned(root, "packages: [tools]\n", 2)


if __name__ == "__main__":
    main()
