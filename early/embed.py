#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns text files into C strings: embed.py OUTPUT HEADER NAME=FILE...

NAME=sha256:FILE is the file's hash, as a Content-Security-Policy writes it."""

import base64
import hashlib
import pathlib
import sys


def literal(line):
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n").replace("?", "\\?")
    return f'\t"{escaped}"'


def main():
    output, header, *pairs = sys.argv[1:]
    parts = [f'#include "{header}"\n']
    for pair in pairs:
        name, _, path = pair.partition("=")
        if path.startswith("sha256:"):
            content = pathlib.Path(path.removeprefix("sha256:")).read_bytes()
            parts.append(f'const char {name}[] = "{base64.b64encode(hashlib.sha256(content).digest()).decode()}";\n')
            continue
        lines = pathlib.Path(path).read_text(encoding="ascii").splitlines(keepends=True)
        parts.append(f"const char {name}[] =\n" + "\n".join(map(literal, lines)) + ";\n")
    pathlib.Path(output).write_text("\n".join(parts), encoding="ascii")


main()
