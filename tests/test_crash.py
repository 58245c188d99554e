#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Crashes and failing disks: slipway is killed, or its system call fails, at every point where it changes something. The next
start must find the host as it was before, or as it was to be.
"""

import os
import signal as signals

import make_host
from crash import JOURNAL, KILLED, Scenario, difference, host_of, is_sanitized, run
from tap import HERE, main, test

DRIVES = [f"0000:0{n}:00.0" for n in (2, 3, 4)]
# On a live host slipway would look into the drives themselves.
ALLOW = [word for address in DRIVES for word in ("--allow", address + "=unknown")]
APPLY = ("apply", "--yes", "--passthrough", "serial=data*")
OTHER = ("apply", "--yes", "--passthrough", "serial=data1", "--kernel-arg", "kvm.ignore_msrs=1")
NOTHING = ("apply", "--yes")
TRIAL = (*APPLY, *ALLOW, "--trial")
BIND = ("bind", "serial=data1", *ALLOW[:2])
SYSFS = ("sys/devices/pci0000:00", "run")
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
    Scenario("bind-rollback", ("rollback", "1"), live=True, first=[BIND], undoes=1, areas=SYSFS),
]


def every(n, offset=0):
    """Each n-th point; the sanitizers' build, which takes several times as long, sees a part of them."""
    step = n * (6 if is_sanitized() else 1)
    return lambda points: points[offset % step::step]


def writes(points):
    return every(1)([point for point in points if point.call in ("write", "pwrite64")])


def host_is(host, wanted, what):
    left = difference(host_of(host.look()), wanted)
    assert not left, f"{what}: {left}"


def check_whole(scenario, host):
    """Not even before anybody looks may there be half a file. What commands write is theirs, and written again."""
    for name, entry in host_of(host.look()).items():
        if name.startswith(("boot/grub/grub.cfg", "boot/grub/grubenv", "sys/")):
            continue
        if name in scenario.before or name in scenario.after:
            # A folder that was made has its mode in the next call.
            assert entry in (scenario.before.get(name), scenario.after.get(name)) or name == "etc/slipway", f"{name} is half written"
        else:
            assert name.endswith(".slipway-new"), f"{name} has come into being"
    for name in (n for n in scenario.before.keys() & scenario.after.keys() if not n.startswith("sys/")):
        assert os.path.lexists(os.path.join(host.path, name)), f"{name} is gone"


def kill(scenario, host, point, how="kill"):
    p = host.slipway(*scenario.verb, options=["-n", str(point.number), "-a", how])
    assert p.returncode == KILLED, f"was not killed: {p.returncode} {p.stderr}"


def killed(scenario, host, point, how="kill"):
    kill(scenario, host, point, how)
    check_whole(scenario, host)
    wanted = scenario.after if scenario.is_done(host) else scenario.before
    host.slipway(*RECOVER, status=RECOVERED)
    host_is(host, wanted, "after the next start")
    host.slipway("status", status=(0, 1) if scenario.prepare else 0)
    return 1


def killed_and_again(scenario, host, point):
    kill(scenario, host, point)
    state = host.transaction(scenario.number)
    if state == "undone":
        return 0  # killed behind its end
    # A trial that was armed is not armed twice.
    host.slipway(*scenario.verb, status=3 if state == "armed" and not scenario.undoes else 0)
    host_is(host, scenario.after, "after the same once more")
    return 1


def recovery_killed(scenario, host, point):
    """A double fault: the way back itself is cut off, at every point of it."""
    kill(scenario, host, point)
    wanted, start, n = scenario.after if scenario.is_done(host) else scenario.before, host.look(), 0
    for again in host.points(RECOVER, RECOVERED):
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
    wanted, start, n = scenario.after if scenario.is_done(host) else scenario.before, host.look(), 0
    for again in host.points(RECOVER, RECOVERED):
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
    if p.returncode == 5 or host.transaction(scenario.number) == "broken":
        host.slipway("rollback", str(scenario.number), status=0)


def failed(scenario, host, point, error, lasting=False):
    p = host.slipway(*scenario.verb, options=["-n", str(point.number), "-a", error, *(["-f"] if lasting else [])])
    said = p.stderr.decode("utf-8", "replace")
    now = host_of(host.look())
    if p.returncode == 0:
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
    forward = p.returncode == 0 or scenario.is_done(host) or (scenario.undoes and p.returncode == 5)
    assert lasting or not (forward and p.returncode == 4), "said that nothing is changed, and wrote otherwise"
    settle(scenario, host)
    host_is(host, scenario.after if forward else scenario.before, f"status {p.returncode}, when the disk was well again")
    return 1


def way(scenario):
    """The points between the journal's first word of the verb and the one that ends it: until then there is a way back."""
    lines = [point.number for point in scenario.points if point.call == "write" and point.path.endswith(JOURNAL + "/journal")]
    return range(lines[0], lines[-1])


def interrupted(scenario, host, point, signal, lasting=False):
    """Somebody presses Ctrl-C, once or ever again. An apply ends undone; an undo ends, and a command is not cut off."""
    p = host.slipway(*scenario.verb, options=["-n", str(point.number), "-a", signal, *(["-f"] if lasting else [])])
    said, now = p.stderr.decode("utf-8", "replace"), host_of(host.look())
    # A line "install" of modprobe.d runs by system(3), which has its caller ignore Ctrl-C.
    if point.number in way(scenario) and (point.call, point.path) != ("execve", "/bin/sh"):
        assert p.returncode == (0 if scenario.undoes else 4), f"status {p.returncode}: {said}"
        assert "interrupted" in said and (scenario.undoes or signal in said), said
    if p.returncode != 4:
        assert p.returncode in (0, 128 + getattr(signals, signal)), f"status {p.returncode}: {said}"
    done = scenario.is_done(host)
    assert done == (p.returncode == 0) or p.returncode > 128, f"status {p.returncode}, and the journal says otherwise"
    left = difference(now, scenario.after if done else scenario.before)
    assert not left, f"status {p.returncode}: {left}"
    assert host.transaction(scenario.number) not in ("begin", "undoing"), "left half-way"
    return 1


@test
def killed_anywhere_it_is_all_or_nothing():
    return f"{run(SCENARIOS, killed, pick=every(1))} points"


@test
def power_lost_in_the_middle_of_a_write_is_all_or_nothing():
    return f"{run(SCENARIOS, killed, 'torn', pick=writes)} points"


@test
def killed_anywhere_it_can_be_done_again():
    return f"{run(SCENARIOS, killed_and_again, pick=every(5))} points"


def add_failing_tests():
    def one(error, pick):
        def function():
            return f"{run(SCENARIOS, failed, error, pick=pick)} points"
        function.__name__ = f"a_call_that_fails_with_{error}_is_survived"
        return function

    def lasting(error):
        def function():
            return f"{run(SCENARIOS, failed, error, True, pick=every(6))} points"
        function.__name__ = f"a_disk_that_says_{error}_from_some_point_on_is_survived"
        return function
    for error in ERRORS:
        test(one(error, every(1)))
    test(one("short", writes))
    for error in ("ENOSPC", "EROFS", "EIO"):
        test(lasting(error))


add_failing_tests()


@test
def a_recovery_killed_anywhere_is_finished_by_the_next_one():
    return f"{run(SCENARIOS, recovery_killed, pick=every(15, 5))} points"


@test
def a_recovery_that_fails_anywhere_is_finished_by_the_next_one():
    return f"{run(SCENARIOS, recovery_failed, 'EIO', pick=every(27, 14))} points"


def add_interrupted_tests():
    def one(signal, lasting, pick):
        def function():
            return f"{run(SCENARIOS, interrupted, signal, lasting, pick=pick)} points"
        function.__name__ = f"{signal}_{'again_and_again' if lasting else 'anywhere'}_ends_undone_or_done"
        return function
    for signal, n, offset in (("SIGINT", 2, 0), ("SIGTERM", 6, 1), ("SIGHUP", 6, 3)):
        test(one(signal, False, every(n, offset)))
    test(one("SIGINT", True, every(6, 5)))


add_interrupted_tests()


if __name__ == "__main__":
    os.chdir(HERE)
    main()
