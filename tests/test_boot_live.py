#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Boot chains whose own tool makes what boots, on a host that runs: applied and taken back, the tool failing in the middle, a tool
that says it did, and what it made read back.
"""

import contextlib
import json
import re
import shutil

from boot_host import ADDED, EFI, FILES, MACHINE, WORDS, grub_bls, loader_options, proxmox, split, systemd_boot, zipl
from captured import Captured
from crash import KILLED, each
from live_host import Live, Partition
from tap import Folder, main, test


def round_trip(host, effective, calls, back=None):
    """Applied, once; again changes nothing and runs nothing; taken back, every byte is as before."""
    before, old = host.state(), effective()
    host.slipway("apply", "--yes", *WORDS, status=0)
    assert host.calls() == calls
    for was, now in zip(old, effective(), strict=True):
        assert split(now) == split(was) + [a for a in ADDED if a not in split(was)], (was, now)
    host.holds()
    done = host.look()
    p = host.slipway("apply", "--yes", *WORDS, status=0)
    assert b"Nothing to do" in p.stdout and host.calls() == [] and host.look() == done, p.stdout
    host.slipway("rollback", status=0)
    assert host.calls() == (calls if back is None else back)
    assert effective() == old and host.state() == before, diff(before, host.state())


def diff(before, now):
    return {k: (before.get(k), now.get(k)) for k in before.keys() | now.keys() if before.get(k) != now.get(k)}


def troubled(host, effective, troubles):
    """Whatever the tool does: status 4, and every byte as before."""
    for trouble, said in troubles:
        before, old = host.state(), effective()
        host.tree.put(trouble, "")
        p = host.slipway("apply", "--yes", *WORDS, status=4)
        assert said in p.stderr.decode(), p.stderr.decode()
        (host.tree.path / trouble).unlink(missing_ok=True)
        host.calls()
        assert effective() == old and host.state() == before, (trouble, diff(before, host.state()))


ZIPL = ["zipl --dry-run", "zipl "]


@test
def zipl_is_asked_first_then_writes_its_map_which_is_read_back():
    cases = [(file.read_bytes(), None) for file in sorted((FILES / "zipl").iterdir())]
    cases.append((b"[defaultboot]\ndefaultauto\nprompt=1\n", "title A\nlinux /v\noptions root=/dev/dasda1\n"))
    for conf, entry in cases:
        with Folder() as root:
            host = Live(root, zipl, ["zipl"])
            (root / "boot").mkdir(exist_ok=True)
            host.tree.put("etc/zipl.conf", conf)
            if entry:
                host.tree.put("boot/loader/entries/a.conf", entry)
            host.run("/usr/sbin/zipl")

            def effective():
                return host.tree.get("boot/bootmap").split("\0")[2:-1]

            assert effective()
            round_trip(host, effective, ZIPL)
            troubled(host, effective, [("fail-zipl--dry-run", "zipl --dry-run failed"), ("fail-zipl", "zipl failed with status 1"),
                                       ("lie-zipl", "/boot/bootmap, which zipl writes, lacks slipway.bind=1")])
    return f"{len(cases)} hosts"


OWN = "[own]\nimage=/b\nparameters=root=/dev/dasda1 ro\n"
DUMPS = "[dump]\ndumptofs=/dev/sda1\nparameters=dump_dir=/\n[late]\nkdump=auto\nimage=/b\nparameters='irqpoll'\n"


@test
def arguments_that_zipl_takes_from_elsewhere_are_edited_there():
    """In a file that a section names, in a section beside boot loader entries; never in what makes a dump."""
    in_file = "[defaultboot]\ndefault=linux\n[linux]\nimage=/b\nparmfile = \"/boot/parmfile,0x1000\"\n[old]\nimage=/b\nparmfile=/boot/parmfile\n"
    cases = [(in_file, None), (in_file + OWN.replace("root=/dev/dasda1 ro", '"root=/dev/dasda1 ro"') + DUMPS, None),
             ("[defaultboot]\ndefault=own\n" + OWN.replace("root=/dev/dasda1 ro", "'root=/dev/dasda1 ro'") + DUMPS, "title A\nlinux /v\noptions root=/dev/dasda1\n")]  # fmt: skip
    for conf, entry in cases:
        with Folder() as root:
            host = Live(root, zipl, ["zipl"])
            host.tree.put("boot/parmfile", "root=/dev/dasda1\nquiet\n")
            host.tree.put("etc/zipl.conf", conf)
            if entry:
                host.tree.put("boot/loader/entries/a.conf", entry)
            host.run("/usr/sbin/zipl")

            def effective():
                return [line for line in host.tree.get("boot/bootmap").split("\0")[2:-1] if line != "irqpoll"]

            round_trip(host, effective, ZIPL)
            host.slipway("apply", "--yes", *WORDS, status=0)
            assert host.tree.get("etc/zipl.conf").endswith(conf[-len(DUMPS):]), host.tree.get("etc/zipl.conf")


@test
def what_the_map_has_for_the_default_is_the_next_boot():
    """Read back before the reboot; and where somebody changes the configuration, and does not run zipl, that is told."""
    with Folder() as root:
        host = Live(root, zipl, ["zipl"])
        conf = "[defaultboot]\ndefault=own\n" + OWN.replace("root=/dev/dasda1 ro", "'root=/dev/dasda1 ro'")
        (root / "boot").mkdir(exist_ok=True)
        host.tree.put("etc/zipl.conf", conf)

        def arguments():
            document = json.loads(host.slipway("--json", "audit", status=1).stdout)
            return next(c for c in document["checks"] if c["id"] == "kernel.arguments")

        assert "which is not read" in arguments()["summary"]
        host.run("/usr/sbin/zipl")
        assert arguments()["verdict"] == "pass", arguments()
        host.slipway("apply", "--yes", "--kernel-arg", "kvm.hpage=1", status=0)
        told = arguments()
        assert told["verdict"] == "fail" and told["remedy"] == "reboot" and "to come: kvm.hpage=1" in str(told["evidence"]), told
        host.tree.put("etc/zipl.conf", conf.replace(" ro", " rw"))
        assert "/boot/bootmap lacks the arguments that /etc/zipl.conf has for 'own'" in arguments()["summary"], arguments()


@test
def a_section_that_boots_without_any_place_for_arguments_is_refused():
    with Folder() as root:
        host = Live(root, zipl, ["zipl"])
        bare = "[bare]\nimage=/b\n"
        for head, refused in (("[defaultboot]\ndefaultauto\ntarget=/boot\n", True), ("[defaultboot]\ndefault=bare\n", True),
                              ("[defaultboot]\ndefaultmenu=m\n:m\n1=own\n2=bare\n", True), ("[defaultboot]\ndefault=own\n", False),
                              ("[defaultboot]\ndefaultmenu=m\n:m\n1=own\n", False)):  # fmt: skip
            host.tree.put("etc/zipl.conf", head + OWN + bare)
            p = host.slipway("plan", "--kernel-arg", "a=1", status=2 if refused else 0)
            assert (b"section [bare] has no arguments, neither parameters= nor parmfile=" in p.stderr) == refused, (head, p.stderr)


@test
def there_is_no_trial_boot_with_zipl_and_the_reason_is_said():
    with Folder() as root:
        host = Live(root, zipl, ["zipl"])
        host.tree.put("etc/zipl.conf", "[defaultboot]\ndefault=linux\n[linux]\nparameters=\"root=/dev/dasda1\"\n")
        before = host.state()
        p = host.slipway("apply", "--yes", "--trial", *WORDS, status=4)
        assert b"hands the LOADPARM that it was loaded with on to its next re-IPL" in p.stderr and b"slipway.bind=0" in p.stderr, p.stderr
        assert host.state() == before and host.calls() == []


@test
def a_map_that_lies_elsewhere_or_nowhere_is_told():
    with Folder() as root:
        host = Live(root, zipl, ["zipl"])
        host.tree.put("etc/zipl.conf", "[defaultboot]\ndefault=linux\n target = \"/mnt/ipl\"\n[linux]\nparameters=\"root=/dev/dasda1\"\n")
        host.tree.put("lie-zipl", "")
        p = host.slipway("apply", "--yes", "--kernel-arg", "a=1", status=4)
        assert b"no boot map in /boot" in p.stderr, p.stderr
        # A longer argument that begins the same is another one.
        host.tree.put("mnt/ipl/bootmap", "zSeries bootmap file\nroot=/dev/dasda1 a=12 xa=1\0")
        p = host.slipway("apply", "--yes", "--kernel-arg", "a=1", status=4)
        assert b"/mnt/ipl/bootmap, which zipl writes, lacks a=1" in p.stderr, p.stderr
        host.tree.put("mnt/ipl/bootmap", b"\xff" * ((1 << 20) - 20) + b"\0root=/dev/dasda1 x a=1\0")
        host.slipway("apply", "--yes", "--kernel-arg", "a=1", status=0)


DRIVES = ("0012:00:00.0", "0013:00:00.0")


def rhel_on_s390x(tree):
    """The captured mainframe as RHEL has it: dracut, entries, and in zipl.conf the head of them alone."""
    with Captured("lab-s390x") as captured:
        shutil.copytree(captured, tree.path, symlinks=True, dirs_exist_ok=True)
    release = tree.get("proc/sys/kernel/osrelease").strip()
    (tree.path / "lib/modules/6.1.0").rmdir()
    for debians in ("etc/initramfs-tools", "etc/kernel/postinst.d"):
        shutil.rmtree(tree.path / debians)
    (tree.path / "usr/sbin/update-initramfs").unlink()
    (tree.path / f"boot/initrd.img-{release}").rename(tree.path / f"boot/initramfs-{release}.img")
    tree.put("etc/zipl.conf", "[defaultboot]\ndefaultauto\nprompt=1\ntimeout=5\ntarget=/boot\n")
    for n, (version, line) in enumerate(((release, "root=/dev/dasda1 ro"), ("0-rescue", "root=/dev/dasda1"))):
        tree.put(f"boot/loader/entries/{MACHINE}-{version}.conf", f"title {n}\nversion {version}\nlinux /boot/v\ninitrd /boot/i\noptions {line}\n")
    for file in ("module-setup.sh", "slipway-bind.sh"):
        tree.put(f"usr/lib/dracut/modules.d/90slipway/{file}", "")


def passthrough(*drives):
    """On a live host slipway looks into the drives themselves, and here there is nothing to look into."""
    return [word for d in drives for word in ("--passthrough", d)] + [word for d in DRIVES for word in ("--allow", f"{d}=unknown")]


@test
def dracut_comes_before_zipl_which_runs_also_where_nothing_but_the_image_changes():
    every = ["dracut --force --regenerate-all", *ZIPL]
    with Folder() as root:
        host = Live(root, rhel_on_s390x, ["zipl", "dracut", "lsinitrd"])
        host.run("/usr/sbin/zipl")

        def lines():
            return host.tree.get("boot/bootmap").split("\0")[2:-1]

        before, old = host.state(), lines()
        assert len(old) == 2
        host.slipway("apply", "--yes", *passthrough(DRIVES[0]), status=0)
        assert host.calls() == every
        one, now = host.state(), lines()
        assert all("slipway.bind=1" in line for line in now if line not in old) and now != old, now
        host.slipway("apply", "--yes", *passthrough(*DRIVES), status=0)
        assert host.calls() == every and lines() == now and DRIVES[1] in host.tree.get("etc/slipway/devices.conf")
        host.holds()
        p = host.slipway("apply", "--yes", *passthrough(*DRIVES), status=0)
        assert b"Nothing to do" in p.stdout and host.calls() == []
        # What zipl finds wrong is found while the image's is the only change.
        for trouble in ("fail-dracut", "fail-zipl--dry-run", "fail-zipl"):
            two = host.state()
            host.tree.put(trouble, "")
            host.slipway("apply", "--yes", *passthrough(DRIVES[0]), status=4)
            (root / trouble).unlink(missing_ok=True)
            host.calls()
            assert host.state() == two, (trouble, diff(two, host.state()))
        for wanted in (one, before):
            host.slipway("rollback", status=0)
            calls = host.calls()
            assert sorted(calls) == sorted(every) and calls[-1] == ZIPL[-1] and host.state() == wanted, (calls, diff(wanted, host.state()))
        assert lines() == old


def suse_on_s390x(tree):
    """zipl starts a small kernel from /boot/zipl, and GRUB in that the real one: zipl has nothing of its arguments."""
    zipl(tree)
    tree.put("etc/default/grub", 'GRUB_TERMINAL=console\nGRUB_CMDLINE_LINUX_DEFAULT="hvc_iucv=8 quiet"\nGRUB_CMDLINE_LINUX=""\n')
    tree.put("boot/zipl/config", "[defaultboot]\ndefaultmenu = menu\n\n[grub2]\n  target = /boot/zipl\n  parameters = \"root=/dev/dasda1 initgrub quiet\"\n")
    (tree.path / "boot/grub2").mkdir(parents=True)


@test
def grub_that_zipl_starts_has_its_settings_edited_and_zipl_does_not_run():
    settings = re.compile(r'^GRUB_CMDLINE_LINUX_DEFAULT="(.*)"$', re.MULTILINE)
    for cmdline in ("root=/dev/dasda1 hvc_iucv=8 quiet BOOT_IMAGE=0\n", "root=/dev/dasda1 hvc_iucv=8 quiet\n"):
        with Folder() as root:
            host = Live(root, suse_on_s390x, ["zipl", "grub2-mkconfig"])
            host.tree.put("proc/cmdline", cmdline)
            host.run("/usr/sbin/grub2-mkconfig", "-o", "/boot/grub2/grub.cfg")

            def effective():
                return [settings.search(host.tree.get("etc/default/grub"))[1].replace("\\", "")]

            menu = ["grub2-mkconfig -o /boot/grub2/grub.cfg"]
            round_trip(host, effective, menu)
            troubled(host, effective, [("fail-grub2-mkconfig", "no space left on device"), ("lie-grub2-mkconfig", "slipway.bind=1")])


def ostree(tree):
    grub_bls(tree, {"ostree-1.conf": "title F\nversion 1\nlinux /v\noptions root=/dev/vda2 ostree=/x quiet\n"})
    tree.put("run/ostree-booted", "")
    (tree.path / "ostree").mkdir()


@test
def rpm_ostree_makes_a_deployment_and_says_what_it_will_boot_with():
    with Folder() as root:
        host = Live(root, ostree, ["rpm-ostree"], areas=["ostree"])

        def effective():
            pending = host.tree.path / "ostree/pending"
            return [pending.read_text().rstrip("\n") if pending.exists() else host.tree.options("boot/loader/entries/ostree-1.conf")]

        there, back = ("rpm-ostree kargs " + " ".join(f"--{what}={a}" for a in ADDED) for what in ("append-if-missing", "delete-if-present"))
        round_trip(host, effective, [there], [back])
        troubled(host, effective, [("fail-rpm-ostree", "rpm-ostree kargs"), ("lie-rpm-ostree", "the next deployment lacks slipway.bind=1")])
        # While it is at work on something else it refuses; so it does when that is to be taken back, and there is nothing to take back.
        host.tree.put("ostree/busy", "")
        before = host.state()
        p = host.slipway("apply", "--yes", *WORDS, status=(4, 5))
        assert b"Transaction in progress" in p.stderr and effective() == ["root=/dev/vda2 ostree=/x quiet"], p.stderr
        assert host.state() == before


@contextlib.contextmanager
def proxmox_host(root, uuids=("AAAA-BBBB", "CCCC-DDDD"), missing=()):
    host = Live(root / "host", proxmox, ["proxmox-boot-tool", "systemctl"], areas=["esp", "sys/firmware"])
    host.tree.put("etc/kernel/proxmox-boot-uuids", "".join(f"{uuid}\n" for uuid in (*uuids, *missing)))
    host.tree.put("etc/kernel/cmdline", "root=ZFS=rpool/ROOT/pve-1 boot=zfs\n")
    for version in ("6.8.12-1-pve", "6.5.13-6-pve"):
        host.tree.put(f"boot/vmlinuz-{version}", "kernel")
    partitions = []
    try:
        for uuid in uuids:
            partitions.append(Partition(host.tree, uuid))
            (partitions[-1].folder / "loader/entries").mkdir(parents=True)
        host.run("/usr/sbin/proxmox-boot-tool", "refresh")
        yield host
    finally:
        for p in partitions:
            p.close()


def entries_of(host):
    """In the order of their paths, as systemd-boot reads them on each partition."""
    folders = sorted((host.tree.path / "esp").glob("*/loader/entries"))
    return [line for f in folders for line in loader_options(host.tree, *(str(p.relative_to(host.tree.path)) for p in sorted(f.glob("*.conf"))))]


@test
def proxmox_copies_the_line_to_every_partition_where_it_is_read_back():
    with Folder() as root, proxmox_host(root) as host:
        refresh = ["proxmox-boot-tool refresh"]
        assert len(entries_of(host)) == 4
        round_trip(host, lambda: entries_of(host), refresh)
        troubled(host, lambda: entries_of(host), [("fail-proxmox-boot-tool", "no space left on device"),
                                                  ("lie-proxmox-boot-tool", "on the EFI system partition AAAA-BBBB lacks slipway.bind=1")])


@test
def a_partition_of_proxmox_that_is_gone_is_told_and_one_that_is_left_counts():
    with Folder() as root, proxmox_host(root, ("AAAA-BBBB",), ("CCCC-DDDD",)) as host:
        p = host.slipway("apply", "--yes", *WORDS, status=0)
        assert b"the EFI system partition CCCC-DDDD is not there" in p.stderr, p.stderr
        host.holds()
        # One of the two entries loses its arguments.
        host.tree.put("esp/AAAA-BBBB/loader/entries/proxmox-6.8.12-1-pve.conf", "title P\nlinux /v\noptions root=x\n")
        p = host.slipway("verify", status=1)
        assert b"proxmox-6.8.12-1-pve.conf on the EFI system partition AAAA-BBBB lacks slipway.bind=1" in p.stderr, p.stderr
        host.slipway("rollback", status=0)
    with Folder() as root, proxmox_host(root, (), ("AAAA-BBBB",)) as host:
        p = host.slipway("apply", "--yes", *WORDS, status=4)
        assert b"none of the EFI system partitions is there" in p.stderr, p.stderr


TRIAL = "-slipway-trial.conf"
ONE_SHOT = f"sys/firmware/efi/efivars/LoaderEntryOneShot-{EFI}"


def make_able(host):
    """To choose an entry for one boot, and to be healthy."""
    host.tree.put(f"sys/firmware/efi/efivars/LoaderFeatures-{EFI}", b"\x06\0\0\0\x7f" + bytes(7))
    host.tree.put("proc/self/mounts", "rpool/ROOT/pve-1 / zfs rw,relatime 0 0\n")


def arm(host, *words):
    host.tree.put("proc/sys/kernel/random/boot_id", "first\n")
    host.slipway("apply", "--yes", "--trial", "--kernel-arg", "a=1", *words, status=0)
    assert host.calls() == [] and (host.tree.path / ONE_SHOT).read_bytes()[4:].decode("utf-16-le") == TRIAL + "\0"


def boot(host, line):
    """systemd-boot has deleted the variable, and started what it named, or what comes first."""
    (host.tree.path / ONE_SHOT).unlink()
    host.tree.put("proc/sys/kernel/random/boot_id", "second\n")
    host.tree.put("proc/cmdline", f"initrd=\\EFI\\proxmox\\6.8\\initrd {line}\n")


def last(host):
    return json.loads(host.slipway("--json", "status", status=(0, 1)).stdout)["transactions"][-1]


@test
def a_trial_of_proxmox_is_an_entry_on_every_partition_for_one_boot():
    with Folder() as root, proxmox_host(root) as host:
        make_able(host)
        for outcome in ("good", "failed", "taken back"):
            before, old = host.state(), entries_of(host)
            arm(host)
            trials = sorted((host.tree.path / "esp").glob(f"*/loader/entries/{TRIAL}"))
            assert len(trials) == 2 and host.tree.get("etc/kernel/cmdline").split() == old[0].split()
            for path in trials:
                entry = path.read_text()
                assert entry.splitlines()[2] == "version  6.8.12-1-pve" and f"options   {old[0]} a=1 slipway.trial=1 panic=30\n" in entry, entry
                assert "linux    /EFI/proxmox/6.8.12-1-pve/vmlinuz-6.8.12-1-pve\n" in entry
            # A kernel's hook in between leaves them alone.
            host.run("/usr/sbin/proxmox-boot-tool", "refresh")
            assert all(path.exists() for path in trials)
            if outcome == "taken back":
                host.slipway("rollback", status=0)
                assert not (host.tree.path / ONE_SHOT).exists()
            else:
                boot(host, f"{old[0]} a=1 slipway.trial=1" if outcome == "good" else old[0])
                p = host.slipway("verify", status=(0, 1))
                assert (b"is committed" in p.stderr) == (outcome == "good") and not any(path.exists() for path in trials), p.stderr
            if outcome == "good":
                assert host.calls() == ["systemctl stop slipway-guard.service", "proxmox-boot-tool refresh"]
                assert entries_of(host) == [f"{line} a=1" for line in old]
                host.holds()
                host.slipway("rollback", status=0)
            host.calls()
            assert entries_of(host) == old and host.state() == before, (outcome, diff(before, host.state()))


@test
def a_trial_whose_change_does_not_hold_is_taken_back_with_its_name():
    with Folder() as root, proxmox_host(root) as host:
        make_able(host)
        old = entries_of(host)
        host.tree.put("proc/sys/vm/swappiness", "60\n")
        host.tree.put("spec.yaml", "version: 1\nkernel: { arguments: [a=1] }\nmemory: { swappiness: 10 }\n")
        host.tree.put("proc/sys/kernel/random/boot_id", "first\n")
        host.slipway("apply", "--yes", "--trial", "-f", "/spec.yaml", status=0)
        boot(host, f"{old[0]} a=1 slipway.trial=1")
        host.tree.put("proc/sys/vm/swappiness", "60\n")  # somebody's own file wins at boot
        p = host.slipway("verify", status=1)
        now = last(host)
        assert now["state"] == "undone" and "/proc/sys/vm/swappiness does not hold" in now["failure"], (now, p.stderr)
        assert entries_of(host) == old


WELL = "/usr/sbin/is-well"
# What the administrator's program does in the trial boot (None: it is gone), the processor's flags then, and why the trial is taken back.
UNWELL = [
    ("exit 3", "svm", f"{WELL} ended with status 3"),
    ("kill -9 $$", "svm", f"{WELL} ended with status 137"),
    (None, "svm", f"{WELL} cannot be run: No such file or directory"),
    ("exit 0", "fpu", "cpu.virtualization fails: "),
]


@test
def a_trial_whose_host_is_unwell_is_taken_back_with_the_reason():
    with Folder() as root:
        host = Live(root, systemd_boot, ["systemctl"], areas=["sys/firmware"])
        make_able(host)
        host.pass_time()
        before = host.state()
        program, flags = host.tree.path / WELL[1:], host.tree.get("proc/cpuinfo")
        for text, flag, reason in UNWELL:
            host.tree.put(WELL[1:], f"#!/bin/sh\n{text}\n", 0o755)
            arm(host, "--health", WELL)
            boot(host, "root=/dev/vda2 ro quiet a=1 slipway.trial=1")
            host.tree.put("proc/cpuinfo", flags.replace("svm", flag))
            if text is None:
                program.unlink()
            p = host.slipway("verify", status=1)
            now = last(host)
            assert now["state"] == "undone" and now["failure"].startswith(reason) and "; " not in now["failure"], (reason, now)
            assert f"not well yet: {reason}" in p.stderr.decode() and reason in host.slipway("status", status=(0, 1)).stdout.decode(), p.stderr
            assert host.state() == before and host.calls() == [], (reason, diff(before, host.state()))
            host.tree.put("proc/cpuinfo", flags)


@test
def a_trial_whose_program_says_well_is_committed():
    with Folder() as root:
        host = Live(root, systemd_boot, ["systemctl"], areas=["sys/firmware"])
        make_able(host)
        # Only its third answer is that it is well, which is still in time.
        host.pass_time()
        host.tree.put(WELL[1:], "#!/bin/sh\necho asked >>/calls\n[ \"$(cat /calls)\" = 'asked\nasked\nasked' ]\n", 0o755)
        arm(host, "--health", WELL)
        boot(host, "root=/dev/vda2 ro quiet a=1 slipway.trial=1")
        host.slipway("verify", status=(0, 1))
        assert host.calls() == ["asked"] * 3 + ["systemctl stop slipway-guard.service"] and last(host)["state"] == "applied", last(host)


@test
def a_trial_whose_program_hangs_ends_with_the_guards_reboot():
    with Folder() as root:
        host = Live(root, systemd_boot, ["systemctl"], areas=["sys/firmware"])
        make_able(host)
        before = host.state()
        # Where slipway-guard.service ends the boot, nobody is asked first.
        host.tree.put(WELL[1:], "#!/bin/sh\nkill -KILL $PPID\n", 0o755)
        arm(host, "--health", WELL)
        boot(host, "root=/dev/vda2 ro quiet a=1 slipway.trial=1")
        host.slipway("verify", status=KILLED)
        assert last(host)["state"] == "on trial", last(host)
        host.tree.put("proc/sys/kernel/random/boot_id", "third\n")
        host.tree.put("proc/cmdline", "root=/dev/vda2 ro quiet\n")
        host.slipway("verify", status=1)
        now = last(host)
        assert now["state"] == "undone" and "its boot did not come up, and the host came back without it" in now["failure"], now
        assert host.state() == before, diff(before, host.state())


@test
def a_trial_of_proxmox_that_would_not_end_by_itself_is_refused():
    with Folder() as root, proxmox_host(root, ("AAAA-BBBB",)) as host:
        rows = ((lambda: None, "does not say that it can choose an entry for one boot"),
                (lambda: (make_able(host), host.tree.variable("LoaderEntryOneShot", "proxmox-6.8.12-1-pve.conf")),
                 "the next boot is chosen already"),
                (lambda: ((host.tree.path / ONE_SHOT).unlink(), (host.tree.path / "dev/disk/by-uuid/AAAA-BBBB").unlink()),
                 "none of the EFI system partitions is there"))  # fmt: skip
        for act, said in rows:
            act()
            before = host.state()
            p = host.slipway("apply", "--yes", "--trial", "--kernel-arg", "a=1", status=(2, 3, 4))
            assert said in p.stderr.decode(), p.stderr.decode()
            assert host.state() == before


RHEL = {
    "RHEL 8": ({f"{MACHINE}-4.18.0.conf": "title R\nversion 4.18.0\nlinux /v\noptions $kernelopts $tuned_params\n"},
               {"saved_entry": f"{MACHINE}-4.18.0", "kernelopts": "root=/dev/vda2 ro crashkernel=auto"}),
    "RHEL 9": ({f"{MACHINE}-5.14.0.conf": "title R\nversion 5.14.0\nlinux /v\noptions root=/dev/vda2 ro $tuned_params\n"},
               {"saved_entry": f"{MACHINE}-5.14.0"}),
}


def new_kernel(tree, env):
    """As 20-grub.install of Fedora and RHEL does it: of kernelopts, or of /etc/kernel/cmdline."""
    options = "$kernelopts $tuned_params" if "kernelopts" in env else tree.get("etc/kernel/cmdline").strip() + " $tuned_params"
    tree.put(f"boot/loader/entries/{MACHINE}-6.0.0.conf", f"title N\nversion 6.0.0\nlinux /n\noptions {options}\n")


@test
def entries_of_rhel_keep_old_kernels_and_new_ones_in_step():
    for name, (entries, env) in RHEL.items():
        with Folder() as root:
            host = Live(root, lambda tree, entries=entries, env=env: grub_bls(tree, entries, env))
            host.tree.put("etc/kernel/cmdline", "root=/dev/vda2 ro\n")

            def effective():
                env = dict(line.split("=", 1) for line in host.tree.get("boot/grub2/grubenv").splitlines() if "=" in line)
                names = sorted(p.name for p in (host.tree.path / "boot/loader/entries").iterdir())
                lines = [host.tree.options(f"boot/loader/entries/{n}").replace("$kernelopts", env.get("kernelopts", "?")) for n in names]
                return [" ".join(line.replace(" $tuned_params", "").split(" ")) for line in lines]

            def without_variable(lines):
                return [line.replace("$tuned_params ", "") for line in lines]

            round_trip(host, lambda: without_variable(effective()), [])
            old = effective()
            host.slipway("apply", "--yes", *WORDS, status=0)
            new_kernel(host.tree, env)
            host.holds()
            assert all(a in line for line in effective() for a in ADDED), (name, effective())
            host.slipway("rollback", status=0)
            assert effective()[0] == old[0] and not any(a in line for line in effective() for a in ADDED), (name, effective())


@test
def an_apply_to_entries_that_is_killed_anywhere_leaves_the_old_or_the_new():
    n = 0
    for name, (entries, env) in RHEL.items():
        with Folder() as root:
            host = Live(root, lambda tree, entries=entries, env=env: grub_bls(tree, entries, env))
            before = host.look()
            start = host.state()
            points = host.points(("apply", "--yes", *WORDS), 0)
            end = host.state()
            for point in points[:: each(5)]:
                host.put_back(before)
                host.slipway("apply", "--yes", *WORDS, status=(137, 0), options=["-n", str(point.number), "-a", "kill"])
                host.slipway("status", status=(0, 1))
                host.slipway("verify", status=(0, 1, 2))
                now = host.state()
                assert now in (start, end), (name, point, diff(start, now), diff(end, now))
                n += 1
    return f"{n} points"


if __name__ == "__main__":
    main()
