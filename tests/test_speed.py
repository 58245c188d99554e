#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a host costs, in what no busy machine changes: instructions, system calls and memory for each function.

Times are for tests/bench/bench.py. Not for a program with sanitizers, which multiply all three."""

import os
import re
import subprocess
import sys
import tempfile

from tap import FAST, HERE, SLIPWAY, main, test

sys.path.insert(0, str(HERE / "bench"))
import make_tree  # noqa: E402

SIZES = (20, 200, 2000)
VERBS = ("list", "audit")
CALL_SIZES = (20, 100, 500)  # a traced call takes a hundred times as long
# What a function may cost, a tenth above what it does now: openat, read and close of some 15 attributes, and its group.
CALLS_MAX = 82
INSTRUCTIONS_MAX = 105000
# And a host of SIZES[0] functions, start of the program included: half of it is the dynamic linker's.
START_MAX = 14000000
KIB_MAX, KIB_BASE = 2, 8192


def folder(cache={}):  # noqa: B006
    """With a tree of each size, and `slipway` without debug information, of whose newest form valgrind's reader dies."""
    if not cache:
        cache["folder"] = tempfile.TemporaryDirectory(prefix="slipway-speed-", dir=FAST)
        for size in {*SIZES, *CALL_SIZES}:
            make_tree.make(os.path.join(cache["folder"].name, str(size)), size)
        subprocess.run(["strip", "-g", "-o", os.path.join(cache["folder"].name, "slipway"), SLIPWAY], check=True)
    return cache["folder"].name


def trees(sizes=SIZES):
    return {size: os.path.join(folder(), str(size)) for size in sizes}


def run(root, verb, before=()):
    p = subprocess.run([*before, os.path.join(folder(), "slipway"), "--root", root, "--json", verb], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    assert p.returncode in (0, 1), p.stderr
    return p.stderr


def for_each(counts):
    """What one more function costs: between the small trees, and between the large ones."""
    small, middle, large = sorted(counts)
    return (counts[middle] - counts[small]) / (middle - small), (counts[large] - counts[middle]) / (large - middle)


def instructions(root, verb):
    said = run(root, verb, ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"])
    return int(re.search(r"Collected : (\d+)", said)[1])


@test
def ten_times_the_functions_are_ten_times_the_instructions():
    said = []
    for verb in VERBS:
        counts = {size: instructions(root, verb) for size, root in trees().items()}
        few, many = for_each(counts)
        assert many < 1.15 * few, f"{verb}: a function costs {few:.0f} instructions among few, {many:.0f} among many"
        assert counts[SIZES[2]] < 11 * counts[SIZES[1]], counts
        assert many < INSTRUCTIONS_MAX, f"{verb}: a function costs {many:.0f} instructions"
        assert counts[SIZES[0]] < START_MAX, f"{verb}: a small host takes {counts[SIZES[0]]} instructions"
        said.append(f"{verb} {many / 1000:.0f}k instructions a function")
    return ", ".join(said)


@test
def system_calls_are_bounded_for_each_function_and_start_no_process():
    said = []
    for verb in VERBS:
        counts = {}
        for size, root in trees(CALL_SIZES).items():
            with tempfile.NamedTemporaryFile(dir=FAST) as log:
                run(root, verb, ["strace", "-f", "-c", "-U", "calls,name", "-o", log.name])
                calls = {name: int(n) for n, name in re.findall(rb"^ *(\d+) +(\w+)$", log.read(), re.M)}
            assert not calls.keys() & {b"fork", b"vfork", b"clone", b"clone3"}, f"{verb} starts processes: {calls}"
            counts[size] = sum(n for name, n in calls.items() if name != b"total")
        few, many = for_each(counts)
        assert 20 < many < CALLS_MAX and many < 1.1 * few, f"{verb}: a function costs {few:.1f} calls among few, {many:.1f} among many"
        said.append(f"{verb} {many:.0f} calls a function")
    return ", ".join(said)


@test
def what_only_guests_need_is_not_loaded_at_the_start():
    loaded = subprocess.run([SLIPWAY, "--version"], env={**os.environ, "LD_TRACE_LOADED_OBJECTS": "1"}, capture_output=True, text=True,
                            check=True).stdout
    assert "libjson-c" in loaded, loaded
    assert not re.search("libxml2|libvirt|libicu|libstdc", loaded), loaded


# A child's figure is never below what its parent had, which is why this small one stands between.
PEAK = """import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
print(os.wait4(child, 0)[2].ru_maxrss, file=sys.stderr)"""


@test
def memory_grows_by_two_kib_for_each_function_at_most():
    size, said = SIZES[-1], []
    for verb in VERBS:
        peak = int(run(trees()[size], verb, [sys.executable, "-I", "-S", "-c", PEAK]))
        assert peak < KIB_BASE + KIB_MAX * size, f"{verb}: {peak} KiB for {size} functions"
        said.append(f"{verb} {peak} KiB")
    return ", ".join(said)


if __name__ == "__main__":
    main()
