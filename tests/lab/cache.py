"""Where the lab keeps what it has built or downloaded."""

import contextlib
import fcntl
import os
import pathlib


def folder():
    return pathlib.Path(os.environ.get("SLIPWAY_LAB_CACHE") or "~/.cache/slipway-lab").expanduser().absolute()


@contextlib.contextmanager
def lock(path):
    """One builder at a time; the others wait for what it builds."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
