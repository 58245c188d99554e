#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Times slipway beside its peers on generated hosts and on this one, in one run: bench.py SLIPWAY [FUNCTIONS]...

Ratios only: times belong to one machine and one moment. What counts is the processor time, in user and kernel mode,
of a command and all that it starts (not of a daemon that it asks). The rounds of all commands are interleaved, so that
what else the machine does falls on all of them, and the quickest round of each counts. 1.00 is a program that does
nothing but open and read the files that `slipway list` reads.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS, PATIENCE = 7, 20  # rounds of each command; seconds for one round

LOOP = """shopt -s nullglob
for group in "$1"/sys/kernel/iommu_groups/*; do
	echo "IOMMU group ${group##*/}:"
	for device in "$group"/devices/*; do
		lspci -nns "${device##*/}" $2
	done
done"""


def lspci(root, *options):
    tree = [] if root == "/" else ["-A", "linux-sysfs", "-O", f"sysfs.path={root}/sys/bus/pci"]
    return ["lspci", *tree, *options]


def read_list(slipway, root, path):
    """What `slipway list` opens, reads and follows, as strace tells: the minimal reader's list."""
    log = path + ".strace"
    subprocess.run(["strace", "-y", "-s", "4096", "-e", "trace=openat,openat2,open,readlinkat", "-o", log, slipway, "--root", root,
                    "--json", "list"], stdout=subprocess.DEVNULL, check=True)
    opened = re.compile(r'open\w*\((.*)\) = \d+<(.*)>$')
    linked = re.compile(r'readlinkat\(\d+<(.*)>, "(.*?)", ".*\) = \d+$')
    with open(log, encoding="utf-8", errors="replace") as trace, open(path, "w", encoding="utf-8") as out:
        for line in trace:
            if m := opened.match(line.rstrip("\n")):
                # What slipway knows of its own process is gone by now.
                if "O_PATH" not in m[1] and os.access(m[2], os.R_OK):
                    out.write(f"{'d' if os.path.isdir(m[2]) else 'f'} {m[2]}\n")
            elif m := linked.match(line.rstrip("\n")):
                link = f"{m[1]}/{m[2]}".rstrip("/")
                if os.path.islink(link):
                    out.write(f"l {link}\n")
    os.unlink(log)


def run_once(command):
    """Processor seconds of one run and its largest resident KiB; or the reason why it does not run here."""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True)
        signal.signal(signal.SIGALRM, lambda *_: os.killpg(child.pid, signal.SIGKILL))
        signal.alarm(PATIENCE)
        _, status, usage = os.wait4(child.pid, 0)
        signal.alarm(0)
        seconds = usage.ru_utime + usage.ru_stime
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    if child.returncode == -signal.SIGKILL:
        return None, 0, f"not done after {PATIENCE} s"
    # 1: an audit that finds the host not ready, and virt-host-validate that fails it.
    # The reader's list may name a process that is gone.
    if child.returncode not in (0, 1) or (child.returncode and said and not said[0].startswith("reader:")):
        return None, 0, said[0] if said else f"ended with {child.returncode}"
    return seconds, usage.ru_maxrss, None


def measure(commands):
    """{name: (quickest seconds, KiB, reason)}: a command that does not run, or is too slow for it, is not run again."""
    best = {}
    for turn in range(ROUNDS):
        for name, command in commands.items():
            seconds, _, reason = best.get(name, (None, 0, None))
            if reason or (turn and seconds > 5):
                continue
            if not shutil.which(command[0]):
                best[name] = (None, 0, "not installed")
                continue
            now, size, reason = run_once(command)
            best[name] = (now if seconds is None else min(now or seconds, seconds), size, reason)
    return best


def commands_for(slipway, root, reader, work):
    names = os.path.join(work, "list")
    read_list(slipway, root, names)
    tree = [] if root == "/" else ["--root", root]
    commands = {
        "minimal reader": [reader, names],
        "slipway --json list": [slipway, *tree, "--json", "list"],
        "slipway --json audit": [slipway, *tree, "--json", "audit"],
        "lspci -Dnnk": lspci(root, "-Dnnk"),
        "lspci -vvv": lspci(root, "-vvv"),
        "bash loop with lspci": ["bash", "-c", LOOP, "loop", root.rstrip("/"), " ".join(lspci(root)[1:])],
    }
    if root == "/":
        commands.update({"virt-host-validate": ["virt-host-validate", "qemu"], "virsh nodedev-list": ["virsh", "nodedev-list", "--tree"],
                         "driverctl list": ["driverctl", "list-devices"]})
    return commands


def own_size():
    """A child counts what its parent had before it became another program: below that, its own size is not seen."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def print_table(title, results):
    limit, ours, reasons = results["minimal reader"][0], results["slipway --json list"][0], []
    if not limit or not ours:
        sys.exit(f"{title}: {results['minimal reader'][2] or results['slipway --json list'][2]}")
    print(f"\n{title}\n{'':24}{'× limit':>10}{'× slipway':>11}{'MiB':>8}")
    for name, (seconds, size, reason) in results.items():
        if reason:
            reasons.append(f"{name}: {reason}")
            continue
        print(f"{name:24}{seconds / limit:10.2f}{seconds / ours:11.2f}{f'{size / 1024:.1f}' if size > own_size() else '·':>8}")
    for line in reasons:
        print("not run: " + line)
    sys.stdout.flush()


def main():
    if len(sys.argv) < 2 or not all(x.isdigit() for x in sys.argv[2:]):
        sys.exit("usage: bench.py SLIPWAY [FUNCTIONS]...")
    slipway, sizes = os.path.abspath(sys.argv[1]), [int(x) for x in sys.argv[2:]] or [100, 1000, 10000]
    with tempfile.TemporaryDirectory() as work:
        reader = os.path.join(work, "reader")
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", reader, os.path.join(HERE, "reader.c")], check=True)
        for size in sizes:
            root = os.path.join(work, str(size))
            subprocess.run([os.path.join(HERE, "make_tree.py"), root, str(size)], check=True)
            print_table(f"{size} functions", measure(commands_for(slipway, root, reader, work)))
            shutil.rmtree(root)
        print_table("this host", measure(commands_for(slipway, "/", reader, work)))


if __name__ == "__main__":
    main()
