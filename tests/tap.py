# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests in Python: a test is a function whose name is a sentence; the answer is the Test Anything Protocol."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

HERE = pathlib.Path(__file__).resolve().parent
SLIPWAY = os.environ.get("SLIPWAY", "slipway")
# In memory where that is possible: a test that syncs a thousand times need not wait for a disk.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
NOISE = ("Sanitizer", "runtime error:")
tests = []


class Skip(Exception):
    """It cannot run here."""


class Elsewhere(Exception):
    """It is no test of this build; another one's runs, and is counted."""


def test(function):
    tests.append(function)
    return function


class Result:
    def __init__(self, p):
        self.status, self.out, self.err = p.returncode, p.stdout, p.stderr

    def json(self):
        # Strict: json.loads would take NaN, and bytes that are no UTF-8 raise here.
        return json.loads(self.out.decode("utf-8"), parse_constant=lambda word: 1 / 0)


def slipway(*arguments, root=None, status=None, env=None, before=(), **more):
    """Runs the program; a crash or a word of a sanitizer is a failure whatever the test wants."""
    argv = [*before, SLIPWAY] + (["--root", str(root)] if root else []) + [str(a) for a in arguments]
    p = subprocess.run(argv, capture_output=True, timeout=300, stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}, **more)
    said = p.stderr.decode("utf-8", "replace")
    assert p.returncode >= 0, f"{argv} ended by signal {-p.returncode}: {said}"
    assert not any(word in said for word in NOISE), f"{argv}: {said}"
    if status is not None:
        wanted = status if isinstance(status, (tuple, list, set)) else (status,)
        assert p.returncode in wanted, f"{argv}: status {p.returncode}, not {status}\n{said}\n{p.stdout.decode('utf-8', 'replace')[-2000:]}"
    return Result(p)


def snapshot(path, leave_out=()):
    """Everything below a folder that a change could touch: names, kinds, modes, owners, contents."""
    found = {}
    for folder, names, files in os.walk(os.fspath(path)):
        for name in names + files:
            full = os.path.join(folder, name)
            relative = os.path.relpath(full, path)
            if any(relative == x or relative.startswith(x + "/") for x in leave_out):
                continue
            st = os.lstat(full)
            content = os.readlink(full) if os.path.islink(full) else None
            if os.path.isfile(full) and content is None:
                with open(full, "rb") as f:
                    content = f.read()
            found[relative] = (st.st_mode, st.st_uid, st.st_gid, content)
    return found


def difference(a, b):
    return sorted(k for k in a.keys() | b.keys() if a.get(k) != b.get(k))


class Folder:
    place = FAST

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="slipway-py-", dir=self.place))
        self.path.chmod(0o755)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def packaged(package, program, folder):
    """The program, of Debian's package where it is not installed: to install that might start a server, or change how this machine boots."""
    if installed := shutil.which(os.path.basename(program)):
        return installed
    for argv in (["apt-get", "-qq", "download", package], ["sh", "-c", f"dpkg-deb -x {package}_*.deb ."]):
        p = subprocess.run(argv, cwd=folder, capture_output=True, text=True)
        if p.returncode:
            raise Skip(f"{program} is not installed, and its package {package} cannot be had: {p.stderr.strip()}")
    return os.path.join(folder, program)


def main():
    failed = n = 0
    for function in tests:
        n += 1
        try:
            note = function()
            print(f"ok {n} - {function.__name__}" + (f" # {note}" if note else ""), flush=True)
        except Skip as why:
            print(f"ok {n} - {function.__name__} # SKIP {why}", flush=True)
        except Elsewhere as why:
            n -= 1
            print(f"# another build has this test: {function.__name__}: {why}", flush=True)
        except Exception:
            failed += 1
            print("# " + traceback.format_exc().replace("\n", "\n# "))
            print(f"not ok {n} - {function.__name__}", flush=True)
    print(f"1..{n}" + ("" if n else " # SKIP another build has these tests"), flush=True)
    sys.exit(1 if failed else 0)
