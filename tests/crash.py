# SPDX-License-Identifier: GPL-2.0-or-later
"""Crashes and failing disks on order: a pretended host whose every file can be looked at, and put back, between two cases."""

import atexit
import collections
import json
import os
import pathlib
import pickle
import re
import shutil
import stat
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor

import make_host
from tap import FAST, HERE, NOISE, SLIPWAY, Elsewhere, Folder, Skip

INJECT = os.environ.get("SLIPWAY_INJECT", str(HERE.parent / "build/tests/inject"))
JOURNAL = "var/lib/slipway"
KILLED = 137
ALL = bool(os.environ.get("SLIPWAY_CRASH_ALL"))
# The leak checker has no business where a program is to die.
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=0", "SLIPWAY_TEST_ROOT": ""}
TOOLS = ("update-grub", "update-initramfs", "lsinitramfs", "grub-editenv")
PROGRAMS = ("cksum", "mv", "sed")

Point = collections.namedtuple("Point", "number call path")


def is_sanitized():
    with open(SLIPWAY, "rb") as f:
        return b"__asan_init" in f.read()


def each(n):
    """Each n-th point is tried, but where all of them are asked for."""
    return 1 if ALL else n


# --- what is on the disk ---


def entry(path):
    st = os.lstat(path)
    if stat.S_ISLNK(st.st_mode):
        return st.st_mode, st.st_uid, st.st_gid, os.readlink(path), ()
    content = b""
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            content = f.read()
    extended = tuple((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
    return st.st_mode, st.st_uid, st.st_gid, content, extended


def look(root, areas):
    """Everything in these folders: name, kind, mode, owner, content, extended attributes."""
    found = {}
    for area in areas:
        top = os.path.join(root, area)
        if os.path.lexists(top):
            found[area] = entry(top)
        for folder, names, files in os.walk(top):
            below = area + folder[len(top):]
            for name in names + files:
                found[f"{below}/{name}"] = entry(f"{folder}/{name}")
    return found


def put_back(root, areas, wanted):
    """Makes the folders what they were, by changing what differs."""
    now = look(root, areas)
    for name in sorted(now.keys() - wanted.keys(), reverse=True):
        full = os.path.join(root, name)
        os.rmdir(full) if stat.S_ISDIR(now[name][0]) else os.unlink(full)
    for name in sorted(wanted):
        if now.get(name) != wanted[name]:
            put_entry(os.path.join(root, name), *wanted[name])


def put_entry(path, mode, uid, gid, content, extended):
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
    if stat.S_ISLNK(mode):
        os.symlink(content, path)
        return
    if stat.S_ISDIR(mode):
        os.makedirs(path, exist_ok=True)
    else:
        pathlib.Path(path).write_bytes(content)
    os.chown(path, uid, gid)
    os.chmod(path, stat.S_IMODE(mode))
    for name, value in extended:
        os.setxattr(path, name, value)


def with_inodes_of(root, state):
    """The state in a copy of the tree: what slipway has seen of a device holds only for the folder that it was seen in."""
    def entry_here(name, mode, uid, gid, content, extended):
        if name.startswith("run/slipway/devices/"):
            inode = os.stat(os.path.join(root, "sys/bus/pci/devices", os.path.basename(name))).st_ino
            content = re.sub(rb" inode=\d+", b" inode=%d" % inode, content)
        return mode, uid, gid, content, extended
    return {name: entry_here(name, *e) for name, e in state.items()}


def difference(a, b):
    return sorted(k for k in a.keys() | b.keys() if a.get(k) != b.get(k))


# --- the pretended hosts ---


def libraries(program):
    out = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", out)


def add_real_programs(root, programs):
    """Programs of this machine, from where they are to where a chroot has them, with their libraries."""
    root = pathlib.Path(root)
    libs = {library for source, _ in programs for library in libraries(source)}
    for source, target in [*programs, *((library, library[1:]) for library in libs)]:
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(source), root / target)


def add_programs(root, tools=TOOLS, programs=PROGRAMS):
    """What a chroot needs for slipway to run in it, as on a live host, with pretended tools."""
    root = pathlib.Path(root)
    add_real_programs(root, [(SLIPWAY, "usr/bin/slipway"), ("/bin/sh", "bin/sh"), *((f"/bin/{name}", f"bin/{name}") for name in programs)])
    for tool in tools:
        (root / "usr/sbin").mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "tools" / tool, root / "usr/sbin" / tool)
    (root / "dev").mkdir(exist_ok=True)
    (root / "dev/null").touch()
    # Whatever kernel runs the test: modules that are loaded need no file.
    (root / "etc/modprobe.d").mkdir(parents=True, exist_ok=True)
    (root / "etc/modprobe.d/vfio.conf").write_text("install vfio_pci :\ninstall vfio_iommu_type1 :\n")
    for module in ("vfio_pci", "vfio_iommu_type1", "nvme"):
        (root / "sys/module" / module).mkdir(parents=True, exist_ok=True)
        (root / "sys/module" / module / "initstate").write_text("live\n")


def add_pci_bus(root):
    """Attributes that can be written, and who would take each device."""
    root = pathlib.Path(root)
    bus = root / "sys/bus/pci"
    (bus / "drivers_probe").touch()
    (bus / "drivers/vfio-pci").mkdir(parents=True, exist_ok=True)
    for driver in (bus / "drivers").iterdir():
        (driver / "unbind").touch()
    (root / "host-drivers").mkdir()
    for device in (bus / "devices").iterdir():
        driver = device / "driver"
        (root / "host-drivers" / device.name).write_text(os.path.basename(os.readlink(driver)) + "\n" if driver.is_symlink() else "")


def known_by_id(host, address, *modules):
    """vfio-pci knows the drive's id, and has had it since the boot; further modules know it beside nvme, and come first."""
    device = pathlib.Path(host.path, "sys/bus/pci/devices", address)
    modalias = (device / "modalias").read_text().strip()
    t = make_host.Tree(host.path)
    t.put("etc/modprobe.d/aliases.conf", "".join(f"alias {modalias} {name}\n" for name in ("vfio_pci", *modules, "nvme")))
    t.link("sys/module/nvme/drivers/pci:nvme", "../../../bus/pci/drivers/nvme")
    t.put(f"host-drivers/{address}", "vfio-pci\n")
    host.command(["/bin/sh", "-c", f"echo {address} > /sys/bus/pci/devices/{address}/driver/unbind; echo {address} > /sys/bus/pci/drivers_probe"])


class Host:
    """A pretended host: a folder, or the whole of what a chroot sees (live: commands run, drivers change)."""

    def __init__(self, path, live=False, areas=()):
        self.path, self.live = str(path), live
        self.areas = ["etc", "boot", JOURNAL, *areas]

    def build(self):
        make_host.lab(self.path)
        os.makedirs(self.path + "/var/lib/slipway", exist_ok=True)
        os.makedirs(self.path + "/run", exist_ok=True)
        if self.live:
            add_programs(self.path)
            add_pci_bus(self.path)
            self.command(["/usr/sbin/update-grub"])
        return self

    def argv(self, arguments):
        return ["/usr/bin/slipway" if self.live else SLIPWAY, *([] if self.live else ["--root", self.path]), *arguments]

    def command(self, argv, options=()):
        """Runs a program under the injector; its result."""
        inject = [INJECT, *(["-c", "-s"] if self.live else []), *options, self.path, *argv]
        p = subprocess.run(inject, capture_output=True, stdin=subprocess.DEVNULL, env=ENV, timeout=120)
        if p.returncode == 98:
            raise Skip("system calls cannot be stopped here")
        said = p.stderr.decode("utf-8", "replace")
        assert p.returncode < 98 or p.returncode > 128, said
        assert not any(word in said for word in (*NOISE, "inject:")), said
        return p

    def slipway(self, *arguments, status=None, options=()):
        p = self.command(self.argv(arguments), options)
        if status is not None:
            wanted = status if isinstance(status, tuple) else (status,)
            assert p.returncode in wanted, f"{arguments}: status {p.returncode}, not {status}: {p.stderr.decode('utf-8', 'replace')}"
        return p

    def points(self, arguments, status):
        """Every state-changing call, in order."""
        with Folder() as folder:
            self.slipway(*arguments, status=status, options=["-l", str(folder / "list")])
            lines = (folder / "list").read_text().splitlines()
        return [Point(int(line.split(" ")[0]), line.split(" ")[1], line.split(" ", 2)[2][len(self.path):]) for line in lines]

    def look(self):
        return look(self.path, self.areas)

    def put_back(self, wanted):
        put_back(self.path, self.areas, wanted)

    def transaction(self, number):
        """What the journal has last said of a transaction as a whole; None: nothing."""
        last = None
        path = os.path.join(self.path, JOURNAL, "journal")
        for line in open(path, "rb").read().split(b"\n") if os.path.exists(path) else []:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event["transaction"] == number and event["event"] in ("begin", "armed", "committing", "committed", "undoing", "undone", "broken"):
                last = event["event"]
        return last


def host_of(state):
    """The host without slipway's own memory, which is to remember, the fake tools' notes, and what libvirt was about to write."""
    return {name: e for name, e in state.items() if not name.startswith((JOURNAL, "run")) and not (name.startswith("guests") and name.endswith(".new"))}


# --- cases ---


class Scenario:
    """
    A verb that is carried out on a host; before: as it stands, after: as it stands when all goes well, origin: as it stood when
    what is on trial had not begun.
    """

    def __init__(self, name, verb, live=False, first=(), prepare=None, then=None, undoes=None, commits=None, areas=(), status=0, host=Host):
        self.name, self.verb, self.live, self.first, self.prepare, self.then, self.areas = name, verb, live, first, prepare, then, areas
        self.undoes = undoes    # the transaction that the verb takes back; None: the verb makes a new one
        self.commits = commits  # or the trial that it ends well
        self.status = status    # of the verb, when all goes well
        self.host = host
        self.base = None

    def build(self, folder):
        self.base = os.path.join(folder, self.name)
        host = self.host(self.base, self.live, self.areas).build()
        if self.prepare:
            self.prepare(host)
        self.origin = host_of(host.look())
        for verb in self.first:
            host.slipway(*verb, status=0)
        if self.then:
            self.then(host)
        self.start = host.look()
        self.number = self.undoes or self.commits or \
            1 + sum(os.path.isdir(e) for e in pathlib.Path(self.base, JOURNAL).glob("transactions/*"))
        self.points = host.points(self.verb, self.status)
        self.end = host.look()
        self.before, self.after = host_of(self.start), host_of(self.end)
        assert difference(self.before, self.after) and len(self.points) > 10, (self.name, self.points)
        host.put_back(self.start)
        with open(self.base + ".pickle", "wb") as f:
            pickle.dump(self, f)
        return self

    def is_done(self, host):
        """Has the journal passed the point from which the way leads forward?"""
        forward = ("undoing", "undone") if self.undoes else ("committed",) if self.commits else ("committed", "armed")
        return host.transaction(self.number) in forward

    def wanted(self, host):
        """By the journal's last word: where the host is, or the next start brings it."""
        if self.is_done(host):
            return self.after
        return self.before if not self.commits or host.transaction(self.number) == "armed" else self.origin


_copies = {}  # in a process of the pool: a host for each scenario, kept from case to case
_scenarios = {}


def work(job):
    """One case, in a process of the pool."""
    base, case, point, more = job
    if base not in _scenarios:
        with open(base + ".pickle", "rb") as f:
            _scenarios[base] = pickle.load(f)
    scenario = _scenarios[base]
    if scenario.name not in _copies:
        path = f"{scenario.base}-{os.getpid()}"
        subprocess.run(["cp", "-a", scenario.base, path], check=True)
        _copies[scenario.name] = scenario.host(path, scenario.live, scenario.areas)
        scenario.start = with_inodes_of(path, scenario.start)
    host = _copies[scenario.name]
    host.put_back(scenario.start)
    try:
        return None, case(scenario, host, point, *more)
    except Skip:
        raise
    except Exception as e:
        return f"{scenario.name}, {case.__name__}{more}, {point.number} {point.call} {point.path}: {type(e).__name__}: {e}", 0


def build(scenario):
    return scenario.build(_folder)


_folder = None
_built = []
_pool = None


def can_live():
    return os.geteuid() == 0 and not is_sanitized()


def must_live():
    """For a test that acts on a live host."""
    if is_sanitized():
        raise Elsewhere("no sanitizer works below a pretended /proc")
    if os.geteuid() != 0:
        raise Skip("a chroot is root's to make")


def prepare(scenarios):
    """The scenarios, built once for all tests."""
    global _folder, _pool
    if not _pool:
        _folder = tempfile.mkdtemp(prefix="slipway-crash-", dir=FAST)
        atexit.register(shutil.rmtree, _folder, True)
        _pool = ProcessPoolExecutor(os.cpu_count() or 1)
        atexit.register(_pool.shutdown)
    if not _built:
        _built.extend(_pool.map(build, [s for s in scenarios if can_live() or not s.live]))
    return _built


def run(scenarios, case, *more, pick=lambda points: points):
    """Runs the case at every point (or those picked) of every scenario, on all processors; how many there were."""
    jobs = [(s.base, case, point, more) for s in prepare(scenarios) for point in pick(s.points)]
    results = list(_pool.map(work, jobs, chunksize=4))
    wrong = [w for w, _ in results if w]
    assert not wrong, f"{len(wrong)} of {len(jobs)}:\n" + "\n".join(wrong[:12])
    return sum(n for _, n in results)
