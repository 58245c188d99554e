#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tally.py, which has the last word on all tests."""

import json
import subprocess
import sys

from tap import HERE, Folder, main, test

LEFT = "# another build has this test: a_drive_is_bound: no sanitizer works there\n"


def tally(**builds):
    """The programs of each build and what they printed: the last line, all of it, and the exit status."""
    with Folder() as folder:
        paths = []
        for build, programs in builds.items():
            path = folder / build / "meson-logs/testlog.json"
            path.parent.mkdir(parents=True)
            path.write_text("".join(json.dumps({"name": f"slipway:hosts / {name}", "result": "OK", "stdout": text}) + "\n" for name, text in programs.items()))
            paths.append(path)
        p = subprocess.run([sys.executable, HERE / "tally.py", *paths], capture_output=True, text=True, check=False)
    return p.stdout.splitlines()[-1], p.stdout, p.returncode


@test
def what_one_build_leaves_another_has_run():
    rest = "ok 1 - other\n1..1\n"
    for ran in ("ok 1 - a_drive_is_bound\n1..1\n", "ok 1 - a_drive_is_bound # 63 points\n1..1\n"):
        assert tally(one={"bind": LEFT + rest}, two={"bind": ran})[::2] == ("2 passed, 0 failed, 0 skipped", 0), ran
    # By no build, by another program alone, or by the same program without that test.
    for builds in ({}, {"two": {"move": "ok 1 - a_drive_is_bound\n1..1\n"}}, {"two": {"bind": rest}}):
        last, said, status = tally(one={"bind": LEFT + rest}, **builds)
        assert ", 1 failed," in last and status == 1 and "one/bind: a_drive_is_bound" in said and "none has run it" in said, said


@test
def what_failed_or_did_not_run_is_a_failure():
    for text, wanted in (("ok 1 - a\n1..1\n", "1 passed, 0 failed, 0 skipped"), ("not ok 1 - a\n1..1\n", "0 passed, 1 failed, 0 skipped"),
                         ("ok 1 - a\n1..2\n", "1 passed, 1 failed, 0 skipped"), ("ok 1 - a # SKIP why\nok 2 - b\n1..2\n", "1 passed, 0 failed, 1 skipped"),
                         ("1..0 # SKIP why\n", "0 passed, 0 failed, 1 skipped")):  # fmt: skip
        last, said, status = tally(one={"x": text})
        assert last == wanted and (status == 0) == (" 0 failed" in wanted and not wanted.startswith("0 ")), said
        assert ("skipped: one/x" in said and "why" in said) == ("SKIP" in text), said


if __name__ == "__main__":
    main()
