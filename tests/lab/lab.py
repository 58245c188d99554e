"""The lab: emulated servers that tests switch on, change, cut off and look into.

    with lab.machine() as m:
        m.start()
        assert m.run("slipway audit").status == 1
"""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import cache
import image
from vm import Drive, Hardware, Image, Machine, MachineError, Result, four_drives, mainframe

__all__ = ["Drive", "Hardware", "Image", "Machine", "MachineError", "Result", "four_drives", "machine", "mainframe", "named", "runs"]


def runs():
    """The folder with a folder for each machine."""
    return cache.folder() / "run"


def machine(hardware=None, prefix="test-", variant=image.SUITE, **more):
    """A new machine of an image's variant, switched off, in a private folder. Use it with `with`: it is gone at the end."""
    base = image.ensure(variant)
    runs().mkdir(parents=True, exist_ok=True)
    return Machine(tempfile.mkdtemp(prefix=prefix, dir=runs()), base, hardware or image.hardware(variant), **more)


def named(name, **more):
    """The machine of that name, which outlives this program; made if there is none."""
    folder = runs() / name
    if folder.parent != runs() or name.startswith("."):
        raise MachineError(f"'{name}' cannot be a machine's name")
    if (folder / "machine.json").exists():
        return Machine.open(folder, **more)
    return Machine(folder, image.ensure(), image.hardware(image.SUITE), **more)
