#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Adds up test results: tally.py FILE... with TAP text, or meson's testlog.json, whose tests print TAP or just end.

Prints what failed and why, what was skipped and why, and last "N passed, N failed, N skipped". The exit status is 0 when
none failed and at least one passed. A test that one build leaves to another must have run in one."""

import json
import re
import sys

POINT = re.compile(r"(not )?ok\b *(\d*) *-? *(.*?) *(?:# *(SKIP|TODO)\b *(.*))?$", re.IGNORECASE)
ELSEWHERE = re.compile(r"# another build has this test: (\w+)")
PLAN = re.compile(r"1\.\.(\d+) *(?:# *SKIP\b *(.*))?$", re.IGNORECASE)
EVIDENCE_LINES = 40


class Tally:
    def __init__(self):
        self.passed, self.failures, self.skips = 0, [], []
        self.ran, self.elsewhere = set(), {}

    def fail(self, suite, name, evidence):
        self.failures.append((f"{suite}: {name}", evidence[-EVIDENCE_LINES:]))

    def add_tap(self, suite, text):
        """True if this is TAP at all. Comments and foreign lines around a test that failed are its evidence."""
        n, plan, evidence, points = 0, None, [], []
        for line in text.splitlines():
            point, is_plan, left = POINT.match(line), PLAN.match(line), ELSEWHERE.match(line)
            program = suite.split("/")[-1]
            if left:
                self.elsewhere[program, left[1]] = suite
            if is_plan:
                plan = (plan or 0) + int(is_plan[1])  # several programs may have written into one file
                if is_plan[1] == "0":
                    self.skips.append((suite, is_plan[2] or "no reason given"))
            elif point:
                n += 1
                points.append((point, evidence))
                self.ran.add((program, point[3].split(" # ")[0]))  # without what the test says of itself
                evidence = []
            else:
                evidence.append(line)
                if points and points[-1][0][1]:
                    points[-1][1].append(line)
        for point, around in points:
            name = point[3] or f"test {point[2]}"
            if (point[4] or "").upper() == "SKIP":
                self.skips.append((f"{suite}: {name}", point[5] or "no reason given"))
            elif point[1]:
                self.fail(suite, name, around)
            else:
                self.passed += 1
        if plan is not None and plan != n:
            self.fail(suite, f"{plan} tests were planned, and {n} ran", evidence)
        return plan is not None or n > 0

    def add_meson(self, suite, path):
        with open(path) as log:
            for entry in map(json.loads, log):
                name, result = f"{suite}/{entry['name'].split(' / ')[-1]}", entry["result"]
                said = entry.get("stdout", ""), entry.get("stderr", "")
                before = len(self.failures)
                is_tap = self.add_tap(name, said[0])
                if result in ("OK", "SKIP", "EXPECTEDFAIL"):
                    if not is_tap and result == "SKIP":
                        self.skips.append((name, "".join(said).strip() or "no reason given"))
                    elif not is_tap:
                        self.passed += 1
                elif len(self.failures) == before:
                    self.fail(name, f"ended with {result} ({entry.get('returncode')})", "".join(said).splitlines())
                elif said[1]:
                    self.failures[-1][1].extend(said[1].splitlines()[-EVIDENCE_LINES:])

    def check_elsewhere(self):
        for (program, name), suite in self.elsewhere.items():
            if (program, name) not in self.ran:
                self.fail(suite, name, ["left to another build, and none has run it"])


def main():
    tally = Tally()
    for path in sys.argv[1:]:
        suite = path.split("/")[-1].rsplit(".", 1)[0]
        if path.endswith(".json"):
            tally.add_meson(path.split("/")[-3], path)
        else:
            with open(path, errors="replace") as file:
                if not tally.add_tap(suite, file.read()):
                    tally.fail(suite, "it has no result", [])
    tally.check_elsewhere()
    for name, reason in tally.skips:
        print(f"skipped: {name}: {reason}")
    for name, evidence in tally.failures:
        print(f"FAILED: {name}")
        for line in evidence:
            print(f"    {line}")
    print(f"{tally.passed} passed, {len(tally.failures)} failed, {len(tally.skips)} skipped")
    return 0 if tally.passed and not tally.failures else 1


sys.exit(main())
