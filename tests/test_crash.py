#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Crashes and failing disks: slipway is killed, or its system call fails, at every point where it changes something. The next
start must find the host as it was before, or as it was to be.
"""

import os
import pathlib
import signal as signals

import boot_host
import make_host
from crash import ALL, JOURNAL, KILLED, Host, Scenario, add_programs, difference, host_of, is_sanitized, known_by_id, run
from guest_host import GuestHost
from tap import HERE, main, test

DRIVES = [f"0000:0{n}:00.0" for n in (2, 3, 4)]
# On a live host slipway would look into the drives themselves.
ALLOW = [word for address in DRIVES for word in ("--allow", address + "=unknown")]
APPLY = ("apply", "--yes", "--passthrough", "serial=data*")
OTHER = ("apply", "--yes", "--passthrough", "serial=data1", "--kernel-arg", "kvm.ignore_msrs=1")
NOTHING = ("apply", "--yes")
TRIAL = (*APPLY, *ALLOW, "--trial")
ARGUMENT = ("apply", "--yes", "--kernel-arg", "kvm.ignore_msrs=1")
TRY = (*ARGUMENT, "--trial")
VERIFY = ("verify",)
BIND = ("bind", "serial=data1", *ALLOW[:2])
SYSFS = ("sys/devices/pci0000:00", "run")
VALUES = ("proc/sys/vm", "sys/kernel/mm")
FIRMWARE = ("sys/firmware",)
GIVE, TAKE = ("attach", "a", *DRIVES[:2], *ALLOW), ("detach", "a", *DRIVES[:2])
MOVE = ("move", DRIVES[0], "a", "b", *ALLOW)
SEED = int(os.environ.get("SLIPWAY_SEED") or 739941)
POINTS = "points" if ALL else f"points of SLIPWAY_SEED={SEED}"
ERRORS = ("EIO", "ENOSPC", "EROFS", "EINTR")
# It takes back what was interrupted, and then finds nothing to do.
RECOVER, RECOVERED = ("rollback", "999"), 2


def strange(host):
    """What slipway replaces and removes here is nobody's ordinary file."""
    for name, mode, owner in (("etc/slipway/devices.conf", 0o604, 77), ("etc/default/grub.d/zz-slipway.cfg", 0o640, 1234)):
        path = os.path.join(host.path, name)
        os.chown(path, owner, 4321)
        os.chmod(path, mode)
        for attribute, value in (("user.note", b"any\0\xff"), ("security.slipway-test", b"label"), ("trusted.t", b"")):
            try:
                os.setxattr(path, attribute, value)
            except OSError:
                pass  # no such attributes on this file system, or for this user


def apply_first(host):
    host.slipway(*APPLY, status=0)
    strange(host)


def wish_for_less(host):
    apply_first(host)
    with open(os.path.join(host.path, "etc/slipway/host.yaml"), "w") as f:
        f.write("version: 1\nkernel:\n  iommu: on\n")  # which this host is without an argument


def grub_can_try(host):
    with open(os.path.join(host.path, "boot/grub/grub.cfg"), "w") as f:
        f.write(make_host.grub_cfg(make_host.COMMON) + "source ${config_directory}/custom.cfg\n")
    host.command(["/usr/sbin/grub-editenv", "/boot/grub/grubenv", "unset", "next_entry"])  # as this one would write it


def put(host, name, text):
    path = os.path.join(host.path, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def can_be_tried(host):
    """A host on which a trial boot would go well."""
    put(host, "etc/grub.d/41_custom", "#!/bin/sh\n")
    host.command(["/usr/sbin/update-grub"])
    host.command(["/usr/sbin/grub-editenv", "/boot/grub/grubenv", "unset", "next_entry"])
    put(host, "proc/self/mounts", "/dev/nvme0n1p2 / ext4 rw,relatime 0 0\n")
    put(host, "proc/sys/kernel/random/boot_id", "boot-1\n")


def boots_as_before(host, *words):
    """The next boot, with these arguments more; GRUB forgets what counts for one boot alone."""
    put(host, "proc/sys/kernel/random/boot_id", "boot-2\n")
    put(host, "proc/cmdline", " ".join((make_host.COMMON, "intel_iommu=on", *words)) + "\n")
    host.command(["/usr/sbin/grub-editenv", "/boot/grub/grubenv", "unset", "next_entry"])


def boots_the_trial(host):
    boots_as_before(host, "kvm.ignore_msrs=1", "slipway.trial=1", "panic=30")


def has_values(host):
    """A kernel with values that the spec wishes otherwise."""
    put(host, "etc/slipway/host.yaml", "version: 1\nmemory: { hugepages: [{ size: 2M, count: 60 }], swappiness: 10 }\n")
    put(host, "proc/sys/vm/swappiness", "60\n")
    put(host, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n")


class Entries(Host):
    """An image with GRUB and boot loader entries."""

    def build(self):
        tree = boot_host.Host(pathlib.Path(self.path))
        boot_host.grub_bls(tree, {"a.conf": "title A\nlinux /v\noptions root=/dev/vda2 ro amd_iommu=off\n",
                                  "b.conf": "title B\nlinux /w\noptions root=/dev/vda2 ro quiet\n"})
        tree.put("etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet\"\nGRUB_ENABLE_BLSCFG=true\n")
        return self


def kernels_come_and_go(host):
    folder = os.path.join(host.path, "boot/loader/entries")
    with open(folder + "/a.conf") as f:
        put(host, "boot/loader/entries/c.conf", f.read().replace("/v", "/x"))
    os.unlink(folder + "/b.conf")


class Loader(Host):
    """A host of systemd-boot whose firmware would rather start something else, and that would come up well."""

    def build(self):
        tree = boot_host.Host(pathlib.Path(self.path))
        boot_host.systemd_boot(tree)
        tree.put(f"{VARIABLES}/LoaderFeatures-{boot_host.EFI}", b"\x06\0\0\0\x7f" + bytes(7))
        for name, data in (("Order", "01000200"), ("Current", "0200"), ("0001", LOAD_OPTION), ("0002", LOAD_OPTION)):
            tree.put(f"{VARIABLES}/Boot{name}-{GLOBAL}", b"\x07\0\0\0" + bytes.fromhex(data))
        tree.put("proc/self/mounts", "/dev/vda2 / ext4 rw,relatime 0 0\n")
        tree.put("proc/sys/kernel/random/boot_id", "boot-1\n")
        add_programs(self.path, ["systemctl"])
        return self


VARIABLES, GLOBAL = "sys/firmware/efi/efivars", "8be4df61-93ca-11d2-aa0d-00e098032b8c"
LOAD_OPTION = "01000000" "0400" "78000000" "7fff0400"  # attributes, size of the path, a name, the path's end


def starts_as_before(host, *words):
    """The next boot: what counted once is gone before anything starts."""
    for name in (f"LoaderEntryOneShot-{boot_host.EFI}", f"BootNext-{GLOBAL}"):
        os.unlink(os.path.join(host.path, VARIABLES, name))
    put(host, "proc/sys/kernel/random/boot_id", "boot-2\n")
    put(host, "proc/cmdline", " ".join(("root=/dev/vda2 ro quiet", *words)) + "\n")


def starts_the_trial(host):
    starts_as_before(host, "kvm.ignore_msrs=1", "slipway.trial=1", "panic=30")


class Zipl(Host):
    """A host that starts from what zipl wrote."""

    def build(self):
        tree = boot_host.Host(pathlib.Path(self.path))
        boot_host.zipl(tree)
        tree.put("etc/zipl.conf", "[defaultboot]\ndefault=linux\n[linux]\nimage=/boot/vmlinuz\nparameters=\"root=/dev/dasda1\"\n")
        tree.put("boot/loader/entries/a.conf", "title A\nlinux /v\noptions root=/dev/dasda1\n")
        add_programs(self.path, ["zipl"])
        self.command(["/usr/sbin/zipl"])
        return self


def binds_one_at_boot(host):
    host.bound_at_boot(DRIVES[0])


def has_one_by_id(host):
    known_by_id(host, DRIVES[0])


SCENARIOS = [
    Scenario("image", APPLY),
    Scenario("image-changed", OTHER, prepare=apply_first),
    Scenario("image-emptied", NOTHING, prepare=wish_for_less),
    Scenario("image-rollback", ("rollback",), first=[APPLY], undoes=1),
    Scenario("image-rollback-of-emptied", ("rollback",), prepare=wish_for_less, first=[NOTHING], undoes=2),
    Scenario("live", (*APPLY, *ALLOW), live=True),
    Scenario("live-rollback", ("rollback",), live=True, first=[(*APPLY, *ALLOW)], undoes=1),
    Scenario("trial", TRIAL, live=True, prepare=grub_can_try),
    Scenario("trial-rollback", ("rollback",), live=True, prepare=grub_can_try, first=[TRIAL], undoes=1),
    Scenario("bind", BIND, live=True, areas=SYSFS),
    Scenario("release", ("release", "address=" + DRIVES[0]), live=True, first=[BIND], areas=SYSFS),
    Scenario("release-by-id", ("release", "address=" + DRIVES[0]), live=True, prepare=has_one_by_id, areas=SYSFS),
    Scenario("trial-committed", VERIFY, live=True, prepare=can_be_tried, first=[TRY], commits=1, status=1, then=boots_the_trial),
    Scenario("trial-failed", VERIFY, live=True, prepare=can_be_tried, first=[TRY], undoes=1, status=1, then=boots_as_before),
    Scenario("older-rollback", ("rollback", "1"), live=True, first=[ARGUMENT, BIND], undoes=1, areas=SYSFS),
    Scenario("entries", ARGUMENT, host=Entries),
    Scenario("entries-rollback", ("rollback",), host=Entries, first=[ARGUMENT], then=kernels_come_and_go, undoes=1),
    Scenario("values", NOTHING, live=True, prepare=has_values, areas=VALUES),
    Scenario("values-rollback", ("rollback",), live=True, prepare=has_values, first=[NOTHING], undoes=1, areas=VALUES),
    Scenario("bind-rollback", ("rollback", "1"), live=True, first=[BIND], undoes=1, areas=SYSFS),
    Scenario("one-shot", TRY, live=True, host=Loader, areas=FIRMWARE),
    Scenario("one-shot-rollback", ("rollback",), live=True, host=Loader, first=[TRY], undoes=1, areas=FIRMWARE),
    Scenario("one-shot-committed", VERIFY, live=True, host=Loader, first=[TRY], commits=1, status=1, then=starts_the_trial, areas=FIRMWARE),
    Scenario("zipl", ARGUMENT, live=True, host=Zipl),
    Scenario("zipl-rollback", ("rollback",), live=True, host=Zipl, first=[ARGUMENT], undoes=1),
    Scenario("attach", GIVE, live=True, host=GuestHost, prepare=binds_one_at_boot),
    Scenario("detach", TAKE, live=True, host=GuestHost, prepare=binds_one_at_boot, first=[GIVE]),
    Scenario("move", MOVE, live=True, host=GuestHost, prepare=binds_one_at_boot, first=[("attach", "a", DRIVES[0], *ALLOW)]),
]
MUCH_LIKE_OTHERS = [
    Scenario("one-shot-failed", VERIFY, live=True, host=Loader, first=[TRY], undoes=1, status=1, then=starts_as_before, areas=FIRMWARE),
    Scenario("attach-rollback", ("rollback", "1"), live=True, host=GuestHost, prepare=binds_one_at_boot, first=[GIVE], undoes=1),
]
SCENARIOS += MUCH_LIKE_OTHERS if ALL else []


def every(n, offset=0, at_least=1):
    """
    Each n-th point, and those between them with another offset; the sanitizers' build, which takes several times as long, sees a
    part of them. With SLIPWAY_CRASH_ALL=1 all that can be waited for; SLIPWAY_SEED makes another choice.
    """
    step = at_least if ALL else n * (6 if is_sanitized() else 1)
    return lambda points: points[(offset + SEED) % step::step]


def writes(points):
    # The firmware and the kernel take a value as a whole, or not.
    return every(2)([point for point in points if point.call in ("write", "pwrite64") and not point.path[1:].startswith((VARIABLES, *VALUES))])


def host_is(host, wanted, what):
    left = difference(host_of(host.look()), wanted)
    assert not left, f"{what}: {left}"


def check_whole(scenario, host):
    """Not even before anybody looks may there be half a file. What commands and libvirt write is theirs, and written again."""
    for name, entry in host_of(host.look()).items():
        if name.startswith(("boot/grub/grub.cfg", "boot/grub/grubenv", "boot/bootmap", "guests/", "sys/", "proc/sys/")):
            continue
        if name in scenario.before or name in scenario.after or name in scenario.origin:
            # A folder that was made has its mode in the next call.
            whole = scenario.before.get(name), scenario.after.get(name), scenario.origin.get(name)
            assert entry in whole or name == "etc/slipway", f"{name} is half written"
        else:
            assert name.endswith(".slipway-new"), f"{name} has come into being"
    for name in (n for n in scenario.before.keys() & scenario.after.keys() & scenario.origin.keys() if not n.startswith("sys/")):
        assert os.path.lexists(os.path.join(host.path, name)), f"{name} is gone"


def kill(scenario, host, point, how="kill"):
    p = host.slipway(*scenario.verb, options=["-n", str(point.number), "-a", how])
    assert p.returncode == KILLED, f"was not killed: {p.returncode} {p.stderr}"


def killed(scenario, host, point, how="kill"):
    kill(scenario, host, point, how)
    check_whole(scenario, host)
    wanted = scenario.wanted(host)
    host.slipway(*RECOVER, status=RECOVERED)
    host_is(host, wanted, "after the next start")
    host.slipway("status", status=(0, 1) if scenario.prepare else 0)
    return 1


def killed_and_again(scenario, host, point):
    kill(scenario, host, point)
    state = host.transaction(scenario.number)
    if state == "undone" or (state == "committed" and scenario.verb in (TAKE, MOVE)):
        return 0  # killed behind its end, with nothing left to do
    wanted = scenario.origin if scenario.commits and state == "committing" else scenario.after
    # A trial that was armed is not armed twice.
    armed_twice = state == "armed" and not scenario.undoes and not scenario.commits
    host.slipway(*scenario.verb, status=3 if armed_twice else (0, 1) if scenario.verb == VERIFY else 0)
    host_is(host, wanted, "after the same once more")
    return 1


def recovery_killed(scenario, host, point):
    """A double fault: the way back itself is cut off, at every point of it."""
    kill(scenario, host, point)
    wanted, start, n = scenario.wanted(host), host.look(), 0
    for again in every(3)(host.points(RECOVER, RECOVERED)):
        host.put_back(start)
        p = host.slipway(*RECOVER, options=["-n", str(again.number), "-a", "kill"])
        assert p.returncode == KILLED, (again, p.returncode)
        host.slipway(*RECOVER, status=RECOVERED)
        left = difference(host_of(host.look()), wanted)
        assert not left, f"recovery killed at {again}: {left}"
        n += 1
    return n


def recovery_failed(scenario, host, point, error):
    """The other one: it fails once, and says so or copes."""
    kill(scenario, host, point)
    wanted, start, n = scenario.wanted(host), host.look(), 0
    for again in every(3)(host.points(RECOVER, RECOVERED)):
        host.put_back(start)
        p = host.slipway(*RECOVER, options=["-n", str(again.number), "-a", error], status=(RECOVERED, 4, 5))
        if p.returncode == RECOVERED:
            host_is(host, wanted, f"recovery met {error} at {again} and said nothing")
        settle(scenario, host)
        host_is(host, wanted, f"recovery met {error} at {again}")
        n += 1
    return n


def settle(scenario, host):
    """The disk is well again: what was left half done is taken back."""
    p = host.slipway(*RECOVER, status=(RECOVERED, 5))
    if host.transaction(scenario.number) == "broken" or (p.returncode == 5 and not scenario.commits):
        host.slipway("rollback", str(scenario.number), status=0)


def failed(scenario, host, point, error, lasting=False):
    p = host.slipway(*scenario.verb, options=["-n", str(point.number), "-a", error, *(["-f"] if lasting else [])])
    said = p.stderr.decode("utf-8", "replace")
    now = host_of(host.look())
    if scenario.commits:
        return failed_commit(scenario, host, p, said, now, lasting)
    if p.returncode == scenario.status:
        assert not difference(now, scenario.after), f"said that all is done, with {difference(now, scenario.after)}"
    elif p.returncode == 4:
        assert not difference(now, scenario.before), f"said that nothing is changed, with {difference(now, scenario.before)}"
        assert "error: " in said, said
    else:
        assert p.returncode == 5 and "error: " in said, f"status {p.returncode}: {said}"
        # One fault alone leaves something behind only where a tool of the system's failed on the way back.
        assert lasting or scenario.undoes and scenario.live, f"not all undone, for a single fault: {said}"
    # A rollback that failed half way is finished, and so is one that had come no further than into the journal. An apply that
    # failed is undone, but where it could not be told that it is: then it stands as a whole.
    forward = p.returncode == scenario.status or scenario.is_done(host) or (scenario.undoes and p.returncode == 5)
    assert lasting or not (forward and p.returncode == 4), "said that nothing is changed, and wrote otherwise"
    settle(scenario, host)
    host_is(host, scenario.after if forward else scenario.before, f"status {p.returncode}, when the disk was well again")
    return 1


def failed_commit(scenario, host, p, said, now, lasting):
    """A good trial that cannot be committed stays on trial, or is taken back whole."""
    word = host.transaction(scenario.number)
    assert p.returncode in (0, 1, 4, 5), f"status {p.returncode}: {said}"
    assert p.returncode < 4 or "error: " in said, said
    assert p.returncode >= 4 or lasting or word in ("committed", "armed"), (word, said)
    # A disk that takes no word any more cannot be told that the commit has not begun.
    if p.returncode < 5 and not (lasting and word == "committing"):
        assert not difference(now, scenario.wanted(host)), f"status {p.returncode}, {word}: {difference(now, scenario.wanted(host))}"
    wanted = scenario.wanted(host)
    settle(scenario, host)
    host_is(host, wanted, f"status {p.returncode}, {word}, when the disk was well again: {said}")
    return 1


def way(scenario):
    """The points between the journal's first word of the verb and the one that ends it: until then there is a way back."""
    lines = [point.number for point in scenario.points if point.call == "write" and point.path.endswith(JOURNAL + "/journal")]
    # A trial that failed is called so first.
    return range(lines[1 if scenario.undoes and scenario.verb == VERIFY else 0], lines[-1])


def interrupted(scenario, host, point, signal, lasting=False):
    """Somebody presses Ctrl-C, once or ever again. An apply ends undone; an undo ends, and a command is not cut off."""
    p = host.slipway(*scenario.verb, options=["-n", str(point.number), "-a", signal, *(["-f"] if lasting else [])])
    said, now = p.stderr.decode("utf-8", "replace"), host_of(host.look())
    # A line "install" of modprobe.d runs by system(3), which has its caller ignore Ctrl-C.
    if point.number in way(scenario) and (point.call, point.path) != ("execve", "/bin/sh"):
        goes_on = scenario.undoes or scenario.commits
        assert p.returncode == (scenario.status if goes_on else 4), f"status {p.returncode}: {said}"
        assert "interrupted" in said and (goes_on or signal in said), said
    if p.returncode != 4:
        assert p.returncode in (scenario.status, 128 + getattr(signals, signal)), f"status {p.returncode}: {said}"
    done = scenario.is_done(host)
    assert done == (p.returncode == scenario.status) or p.returncode > 128, f"status {p.returncode}, and the journal says otherwise"
    left = difference(now, scenario.wanted(host))
    assert not left, f"status {p.returncode}: {left}"
    assert host.transaction(scenario.number) not in ("begin", "undoing"), "left half-way"
    return 1


@test
def killed_anywhere_it_is_all_or_nothing():
    return f"{run(SCENARIOS, killed, pick=every(2))} {POINTS}"


@test
def power_lost_in_the_middle_of_a_write_is_all_or_nothing():
    return f"{run(SCENARIOS, killed, 'torn', pick=writes)} {POINTS}"


@test
def killed_anywhere_it_can_be_done_again():
    # At the points where the others were not killed.
    return f"{run(SCENARIOS, killed_and_again, pick=every(2, 1))} {POINTS}"


def add_failing_tests():
    def one(error, pick):
        def function():
            return f"{run(SCENARIOS, failed, error, pick=pick)} {POINTS}"
        function.__name__ = f"a_call_that_fails_with_{error}_is_survived"
        return function

    def lasting(error):
        def function():
            return f"{run(SCENARIOS, failed, error, True, pick=every(8))} {POINTS}"
        function.__name__ = f"a_disk_that_says_{error}_from_some_point_on_is_survived"
        return function
    # Each error at a third of the points, and together they are everywhere.
    for offset, error in enumerate(ERRORS):
        test(one(error, every(3, offset)))
    test(one("short", writes))
    for error in ("ENOSPC", "EROFS", "EIO"):
        test(lasting(error))


add_failing_tests()


@test
def a_recovery_killed_anywhere_is_finished_by_the_next_one():
    return f"{run(SCENARIOS, recovery_killed, pick=every(18, 5, 20))} {POINTS}"


@test
def a_recovery_that_fails_anywhere_is_finished_by_the_next_one():
    return f"{run(SCENARIOS, recovery_failed, 'EIO', pick=every(24, 14, 20))} {POINTS}"


def add_interrupted_tests():
    def one(signal, lasting, pick):
        def function():
            return f"{run(SCENARIOS, interrupted, signal, lasting, pick=pick)} {POINTS}"
        function.__name__ = f"{signal}_{'again_and_again' if lasting else 'anywhere'}_ends_undone_or_done"
        return function
    for signal, n, offset in (("SIGINT", 6, 0), ("SIGTERM", 12, 1), ("SIGHUP", 12, 7)):
        test(one(signal, False, every(n, offset)))
    test(one("SIGINT", True, every(12, 5)))


add_interrupted_tests()


if __name__ == "__main__":
    os.chdir(HERE)
    main()
