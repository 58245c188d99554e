"""Where the lab keeps what it has built or downloaded."""

import contextlib
import fcntl
import os
import pathlib
import re
import subprocess


def folder():
    return pathlib.Path(os.environ.get("SLIPWAY_LAB_CACHE") or "~/.cache/slipway-lab").expanduser().absolute()


@contextlib.contextmanager
def lock(path):
    """One builder at a time; the others wait for what it builds."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def clear(path):
    """
    Removes a folder. A builder that was killed leaves this machine's /proc, /sys and devices mounted below it: they are taken off
    first, and what cannot be taken off is an error and is not gone into (proc_pid_mountinfo(5), field 5).
    """
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    points = [re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), line.split()[4]) for line in lines]
    for point in sorted((point for point in points if point.startswith(f"{path}/")), reverse=True):
        subprocess.run(["umount", point], check=True)
    subprocess.run(["rm", "-rf", "--one-file-system", path], check=True)
