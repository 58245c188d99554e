# SPDX-License-Identifier: GPL-2.0-or-later
"""The captured hosts of hosts/roots, and the generated lab, as trees for --root."""

import tarfile

import make_host
from tap import HERE, Folder, slipway

ROOTS = HERE / "hosts/roots"


class Captured(Folder):
    """One of hosts/roots unpacked, or the generated lab."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        path = super().__enter__()
        if self.name == "lab":
            make_host.lab(path / "lab")
            return path / "lab"
        with tarfile.open(ROOTS / (self.name + ".tar.gz")) as t:
            t.extractall(path)
        (root,) = path.iterdir()
        return root


NAMES = sorted(f.name.removesuffix(".tar.gz") for f in ROOTS.glob("*.tar.gz"))


def answer(root, verb):
    return slipway("--json", verb, root=root, status=(0, 1)).json()
