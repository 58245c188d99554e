"""Debian's packages, as this machine's apt reaches them, for other machines than this one."""

import subprocess

DEFAULT = """\
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
"""


class Error(Exception):
    pass


def sources(suite, backports=False):
    """What apt reaches on this machine is what the lab reaches: lines as in sources.list(5)."""
    command = ["apt-get", "indextargets", "--format", "$(ORIGIN) deb $(SITE) $(RELEASE) $(COMPONENT)",
               "Created-By: Packages"]  # fmt: skip
    lines = sorted(set(subprocess.run(command, capture_output=True, text=True).stdout.splitlines()))
    ours = [line.removeprefix("Debian ") for line in lines if line.startswith("Debian ") and f" {suite}" in line]
    text = "\n".join(ours) + "\n" if any(f" {suite} main" in line for line in ours) else DEFAULT
    first = next(line for line in text.splitlines() if line.endswith(f" {suite} main"))
    return text + first.replace(f" {suite} ", f" {suite}-backports ") + "\n" if backports else text


def options():
    """This machine's proxy and time-outs, as apt.conf lines."""
    lines = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True).stdout.splitlines()
    wanted = ("Acquire::http", "Acquire::https", "Acquire::Retries", "Acquire::Check-")
    return [line.rstrip(";") for line in lines if line.startswith(wanted) and not line.endswith('"";')]


def download(work, packages, status, lines, *more):
    """
    What apt would install of these where `status` is dpkg's, from the sources `lines`, with `more` options. The folder with the .deb
    files, below `work`, which is made.
    """
    for name in ("state/lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    (work / "sources.list").write_text(lines)
    (work / "status").write_text(status)
    places = {"Dir::State": work / "state", "Dir::State::status": work / "status", "Dir::Cache": work / "cache",
              "Dir::Etc::sourcelist": work / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
              "APT::Architecture": "amd64", "APT::Architectures": "amd64", "APT::Sandbox::User": "root"}  # fmt: skip
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in places.items()), *more]
    for words in (["update"], ["--yes", "--no-install-recommends", "--download-only", "install", *packages]):
        r = subprocess.run(apt + words, capture_output=True, text=True)
        if r.returncode != 0:
            raise Error(f"apt cannot download {' '.join(packages)}: {r.stdout}{r.stderr}".strip())
    return work / "cache" / "archives"
