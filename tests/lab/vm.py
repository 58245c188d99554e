"""An emulated server: its hardware as data, and the machine that is started, asked, cut off and started again."""

import atexit
import dataclasses
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import qemu

OVMF = pathlib.Path("/usr/share/OVMF")
CONSOLE_LINES_IN_ERRORS = 40
BOOT_SECONDS = 300
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]")


class MachineError(Exception):
    """The machine did what it should not, or a command that had to work did not."""


@dataclasses.dataclass(frozen=True)
class Image:
    """What a machine starts from; never written by it."""

    disk: pathlib.Path
    efi_vars: pathlib.Path  # None where firmware remembers nothing
    key: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Drive:
    """A drive. Its contents belong to its serial, so they follow it to another slot."""

    serial: str
    bus: str = "nvme"  # nvme | nvme-intel-id (8086:5845) | nvme-subsystem (multipath) | virtio (on s390x by a channel)
    size: str = "1G"
    boot: bool = False
    options: str = ""  # more properties of the QEMU device: "logical_block_size=4096"
    node: int = 0  # the NUMA node that it is at


def four_drives():
    return (Drive("boot0", boot=True), Drive("data1"), Drive("data2"), Drive("data3"))


@dataclasses.dataclass(frozen=True)
class Hardware:
    """The drive at place N (from 1) is behind root port rpN, PCIe slot N; on s390x its UID is 0x10 + N and its function id 0x20 + N."""

    architecture: str = "x86_64"
    drives: tuple = dataclasses.field(default_factory=four_drives)
    iommu: str = "intel"  # intel | intel-no-dma (dma-translation=off) | intel-no-intremap | none
    cpu: str = "EPYC,+svm"  # Skylake-Server for an Intel vendor
    cpus: int = int(os.environ.get("SLIPWAY_LAB_CPUS", "2"))
    threads: str = "multi"  # single: one of the emulator's threads is all processors in turn
    memory: str = "4096"
    firmware: str = "uefi"  # uefi | uefi-secureboot
    nodes: int = 1  # NUMA nodes, each with its share of the processors and the memory
    qemu_args: tuple = ()

    def with_drive(self, place, drive):
        """The same hardware with another drive at that place; None leaves the slot empty."""
        drives = list(self.drives)
        drives[place - 1] = drive
        return dataclasses.replace(self, drives=tuple(drives))

    @classmethod
    def from_dict(cls, fields):
        drives = tuple(drive and Drive(**drive) for drive in fields["drives"])
        return cls(**{**fields, "drives": drives, "qemu_args": tuple(fields["qemu_args"])})


def mainframe(**more):
    """A host on s390x: it starts from a disk on a channel, and its NVMe drives are zPCI functions."""
    drives = (Drive("boot0", "virtio", boot=True), *four_drives()[1:])
    return Hardware("s390x", **{"drives": drives, "iommu": "none", "cpu": "max", "memory": "2048", **more})


@dataclasses.dataclass(frozen=True)
class Result:
    status: int
    stdout: str
    stderr: str


IOMMU_ARGS = {
    "intel": ["-device", "intel-iommu,intremap=on,caching-mode=on"],
    "intel-no-dma": ["-device", "intel-iommu,intremap=on,caching-mode=on,dma-translation=off"],
    "intel-no-intremap": ["-device", "intel-iommu,intremap=off,caching-mode=on"],
    "none": [],
}


def node_args(hw):
    """More than one NUMA node; all but the first have a host bridge, nodeN, whose devices are at that node."""
    args = []
    for node in range(hw.nodes if hw.nodes > 1 else 0):
        cpus = f"{node * hw.cpus // hw.nodes}-{(node + 1) * hw.cpus // hw.nodes - 1}"
        args += ["-object", f"memory-backend-ram,id=memory{node},size={int(hw.memory) // hw.nodes}M"]
        args += ["-numa", f"node,nodeid={node},cpus={cpus},memdev=memory{node}"]
        if node:
            args += ["-device", f"pxb-pcie,id=node{node},bus=pcie.0,bus_nr={0x40 * node},numa_node={node}"]
    return args


def port_args(place, bridge="pcie.0"):
    return ["-device", f"pcie-root-port,id=rp{place},chassis={place},slot={place},bus={bridge}"]


def disk_args(node, disk):
    # cache=writeback: a flush in the guest reaches this machine's disk; what was not flushed may be lost in a cut,
    # as with a real drive's volatile cache. Nothing is dropped that a real drive would keep.
    return ["-drive", f"file={disk},format=qcow2,if=none,id={node},cache=writeback,discard=unmap"]


def drive_args(drive, place, disk):
    port, node = f"rp{place}", f"drive{place}"
    serial, options = drive.serial, f",{drive.options}" if drive.options else ""
    args = port_args(place, f"node{drive.node}" if drive.node else "pcie.0") + disk_args(node, disk)
    match drive.bus:
        case "nvme":
            device = f"nvme,id=nvme{place},serial={serial},drive={node},bus={port}"
        case "nvme-intel-id":
            device = f"nvme,id=nvme{place},serial={serial},drive={node},bus={port},use-intel-id=on"
        case "nvme-subsystem":
            args += ["-device", f"nvme-subsys,id=subsys{place}"]
            args += ["-device", f"nvme,id=nvme{place},serial={serial},subsys=subsys{place},bus={port}"]
            device = f"nvme-ns,drive={node},bus=nvme{place},nsid=1"
        case "virtio":
            device = f"virtio-blk-pci,id=virtio{place},serial={serial},drive={node},bus={port}"
        case _:
            raise ValueError(f"no such bus of a drive: {drive.bus}")
    return args + ["-device", device + options]


def zpci_drive_args(drive, place, disk):
    node, options = f"drive{place}", f",{drive.options}" if drive.options else ""
    args = disk_args(node, disk)
    match drive.bus:
        case "nvme":
            args += ["-device", f"zpci,uid={0x10 + place},fid={0x20 + place},target=nvme{place}"]
            device = f"nvme,id=nvme{place},serial={drive.serial},drive={node}"
        case "virtio":
            boots = ",bootindex=1" if drive.boot else ""
            device = f"virtio-blk-ccw,id=virtio{place},serial={drive.serial},drive={node},devno=fe.0.{place:04x}{boots}"
        case _:
            raise ValueError(f"no such bus of a drive on s390x: {drive.bus}")
    return args + ["-device", device + options]


def firmware_args(firmware, efi_vars):
    code, more = {
        "uefi": ("OVMF_CODE_4M.fd", []),
        "uefi-secureboot": (
            "OVMF_CODE_4M.ms.fd",
            ["-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1"],
        ),
    }[firmware]
    return more + [
        "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={OVMF / code}",
        "-drive", f"if=pflash,format=raw,unit=1,file={efi_vars}",
    ]  # fmt: skip


def q35_args(hw, efi_vars):
    machine = "q35,kernel-irqchip=split" + (",smm=on" if hw.firmware == "uefi-secureboot" else "")
    return ["-machine", machine, *IOMMU_ARGS[hw.iommu], *node_args(hw), *firmware_args(hw.firmware, efi_vars), "-serial", "chardev:console"]


def ccw_args(_hw, _efi_vars):
    return ["-machine", "s390-ccw-virtio", "-device", "sclpconsole,chardev=console"]


@dataclasses.dataclass(frozen=True)
class Architecture:
    """What differs between the kinds of servers; each function gives words of QEMU's command line."""

    board: callable  # of hardware and the file of EFI variables
    lan: str
    rng: str
    drive: callable  # of a drive, its place and its file
    empty: callable  # of the place
    before_reboot: str = "true"


ARCHITECTURES = {
    "x86_64": Architecture(q35_args, "virtio-net-pci,netdev=lan,romfile=,bus=pcie.0", "virtio-rng-pci,bus=pcie.0",
                           drive_args, port_args),
    # Without a clear re-IPL finds the emulated machine's memory as it was left, and ends in a disabled wait.
    "s390x": Architecture(ccw_args, "virtio-net-ccw,netdev=lan,devno=fe.0.0100", "virtio-rng-ccw,devno=fe.0.0101",
                          zpci_drive_args, lambda place: [], "echo 1 > /sys/firmware/reipl/ccw/clear"),
}  # fmt: skip


def process_is(pid, folder):
    """Is that process the QEMU of the machine in that folder? A number alone may be somebody else's by now."""
    try:
        process = pathlib.Path(f"/proc/{pid}")
        words = (process / "cmdline").read_bytes()
        if words:
            return f"{folder}/console.log".encode() in words
        # It is on its way out: its memory, where the words are, goes before its files, and with them the locks on the drives.
        return (process / "comm").read_text().startswith("qemu-system") and not has_ended(pid)
    except OSError:
        return False


def has_ended(pid):
    """All of it, and its files are closed; whether somebody has taken note, or not (pidfd_open(2))."""
    end = os.pidfd_open(pid)
    try:
        return bool(select.select([end], [], [], 0)[0])
    finally:
        os.close(end)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    """One server in a folder of its own. As a context manager it is gone, with its folder, at the end."""

    def __init__(self, folder, image, hardware=None, quiet=False):
        self.folder = pathlib.Path(folder).absolute()
        self.image = image
        self.hardware = hardware or Hardware()
        self.quiet = quiet
        self.born = time.monotonic()

    @classmethod
    def open(cls, folder, **more):
        """The machine that somebody made in that folder before."""
        state = json.loads((pathlib.Path(folder) / "machine.json").read_text())
        image = Image(**{name: path and pathlib.Path(path) for name, path in state["image"].items()})
        return cls(folder, image, Hardware.from_dict(state["hardware"]), **more)

    def __enter__(self):
        atexit.register(self.remove)
        # A test that is told to end takes its machine with it.
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        return self

    def __exit__(self, *_):
        self.remove()
        atexit.unregister(self.remove)

    # Power

    def start(self, hardware=None, timeout=BOOT_SECONDS, wait=True):
        """Switch on, with other hardware if given, and wait until ssh answers. The drives' contents stay."""
        if self.is_running():
            raise MachineError(f"{self.folder.name} is running")
        self.hardware = hardware or self.hardware
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {"image": dataclasses.asdict(self.image), "hardware": dataclasses.asdict(self.hardware)}
        (self.folder / "machine.json").write_text(json.dumps(state, indent=1, default=str))
        with (self.folder / "console.log").open("a") as console:
            console.write("\n[lab] power on\n")
        self._log("power on")
        for attempt in range(3):
            port = free_port()
            if self._start_qemu(port):
                break
            if "host forwarding" not in self._qemu_log() or attempt == 2:
                raise MachineError(f"QEMU does not start: {self._qemu_log().strip()}")
        (self.folder / "port").write_text(str(port))
        if wait:
            self.wait_for_ssh(timeout)

    def stop(self, timeout=120):
        """Shut down; by force when that takes too long. True if it was clean."""
        if not self.is_running():
            return True
        self._log("shut down")
        try:
            self.run("systemctl poweroff --no-block", timeout=20)
        except (MachineError, TimeoutError):
            self._log("ssh does not answer, pressing the power button")
            self.qmp("system_powerdown")
        self._close_ssh()
        try:
            self._wait(lambda: not self.is_running(), timeout, "the machine to be off")
        except TimeoutError:
            self.cut()
            return False
        self._log("off")
        return True

    def cut(self):
        """Pull the plug. What the guest had flushed to its drives stays; the rest may be lost."""
        if not self.is_running():
            return
        self._log("power cut")
        os.kill(self._pid(), signal.SIGKILL)
        self._wait(lambda: not self.is_running(), 20, "QEMU to be gone")
        self._close_ssh()

    def reboot(self, timeout=BOOT_SECONDS):
        """Restart through firmware and bootloader, and wait for the new boot."""
        before = self.boot_id()
        self._log("reboot")
        # Not `systemctl reboot`: that would skip the firmware if a kernel was loaded for kexec.
        try:
            self.run(f"{self._kind().before_reboot}; systemctl start reboot.target --job-mode=replace-irreversibly --no-block", timeout=60)
        except MachineError:
            pass  # it went down before it could say so
        self.wait_for_reboot(before, timeout)

    def wait_for_reboot(self, boot_id_before, timeout=BOOT_SECONDS):
        """For a restart that something else asked for."""
        deadline = time.monotonic() + timeout
        while True:
            self.wait_for_ssh(deadline - time.monotonic(), "the new boot to answer by ssh")
            try:
                if self.boot_id() != boot_id_before:
                    return
            except (MachineError, TimeoutError):
                pass
            self._close_ssh()
            time.sleep(0.5)

    def remove(self):
        """Switch off at once and delete the folder."""
        self.cut()
        shutil.rmtree(self.folder, ignore_errors=True)

    def is_running(self):
        pid = self._pid()
        return pid is not None and process_is(pid, self.folder)

    def boot_id(self):
        return self.run("cat /proc/sys/kernel/random/boot_id", check=True, timeout=20).stdout.strip()

    # Commands and files

    def run(self, command, timeout=120, check=False, input=None):
        """Run a command (a shell line, or a list of words) as root. With check, a failure raises MachineError."""
        line = command if isinstance(command, str) else shlex.join(command)
        try:
            r = subprocess.run(self.ssh_command(line), input=input, capture_output=True, text=True,
                               errors="replace", timeout=timeout, stdin=subprocess.DEVNULL if input is None else None)  # fmt: skip
        except subprocess.TimeoutExpired:
            raise TimeoutError(self._explain(f"'{line}' is not done after {timeout} s")) from None
        if r.returncode == 255 and not self._ssh_is_open():
            raise MachineError(self._explain(f"the connection was lost at '{line}': {r.stderr}{self._qemu_log()}".rstrip()))
        if check and r.returncode != 0:
            raise MachineError(self._explain(f"'{line}' failed ({r.returncode}): {r.stdout}{r.stderr}"))
        return Result(r.returncode, r.stdout, r.stderr)

    def read(self, path):
        return self.run(["cat", path], check=True).stdout

    def write(self, path, text):
        self.run(f"mkdir -p {shlex.quote(os.path.dirname(path))} && cat > {shlex.quote(path)}", check=True, input=text)

    def copy_in(self, source, destination, timeout=120):
        """A file becomes the file `destination`; the contents of a folder become those of the folder `destination`."""
        source, there = pathlib.Path(source), shlex.quote(str(destination))
        if source.is_dir():
            self._pipe(["tar", "-C", source, "-cf", "-", "."],
                       self.ssh_command(f"mkdir -p {there} && tar -C {there} --no-same-owner --no-overwrite-dir -xf -"), timeout)  # fmt: skip
        else:
            mode = f"{source.stat().st_mode & 0o7777:o}"
            self._pipe(["cat", source], self.ssh_command(f"cat > {there} && chmod {mode} {there}"), timeout)

    def copy_out(self, source, destination, timeout=120):
        """The other way round, by the same rules."""
        destination, there = pathlib.Path(destination), shlex.quote(str(source))
        if self.run(f"test -d {there}").status == 0:
            destination.mkdir(parents=True, exist_ok=True)
            self._pipe(self.ssh_command(f"tar -C {there} -cf - ."), ["tar", "-C", destination, "-xf", "-"], timeout)
        else:
            with destination.open("wb") as file:
                self._pipe(self.ssh_command(f"cat {there}"), ["cat"], timeout, stdout=file)

    def kernel_arguments(self, *arguments):
        """What an administrator adds to the kernel's arguments, from the next boot on; none takes them away."""
        line = " ".join(arguments)
        self.write("/etc/default/grub.d/lab.cfg", f'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX {line}"\n')
        if not arguments:
            self.run("rm /etc/default/grub.d/lab.cfg", check=True)
        self.run("update-grub", check=True)

    def wait_for(self, condition, timeout, awaited):
        """Poll a shell command until it succeeds."""
        self._wait(lambda: self.run(condition).status == 0, timeout, awaited)

    def console(self):
        """All that the serial console has shown, over all boots, as plain text."""
        try:
            text = (self.folder / "console.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return TERMINAL_CODES.sub("", text).replace("\r", "\n").replace("\n\n", "\n")

    # QEMU

    def qmp(self, command, **arguments):
        """Ask QEMU's monitor: qmp("device_del", id="nvme2")."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(20)
            monitor.connect(self._socket("qmp"))
            stream = monitor.makefile("rw")
            stream.readline()
            for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                answer = json.loads(stream.readline())
                while "event" in answer:
                    answer = json.loads(stream.readline())
                if "error" in answer:
                    raise MachineError(f"QEMU's {command}: {answer['error']['desc']}")
            return answer["return"]

    def plug(self, place, drive):
        """A drive comes into an empty slot of the running machine."""
        node = f"drive{place}"
        self._make_disk(drive)
        self.qmp("blockdev-add", driver="qcow2", **{"node-name": node, "file": {"driver": "file", "filename": str(self.disk(drive))}})
        self.qmp("device_add", driver="nvme", id=f"nvme{place}", serial=drive.serial, drive=node, bus=f"rp{place}")

    def disk(self, drive):
        """The file that is this drive."""
        return self.folder / f"{drive.serial}.qcow2"

    def _start_qemu(self, port):
        command = self._qemu_command(port)
        (self.folder / "pid").unlink(missing_ok=True)
        with (self.folder / "qemu.log").open("w") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                       env=self._emulator().environ())  # fmt: skip
        self._wait(lambda: self.is_running() or process.poll() is not None, 60, "QEMU to start")
        return process.poll() is None

    def _qemu_log(self):
        try:
            return (self.folder / "qemu.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def _kind(self):
        return ARCHITECTURES[self.hardware.architecture]

    def _emulator(self):
        return qemu.emulator(self.hardware.architecture)

    def _qemu_command(self, port):
        hw, kind = self.hardware, self._kind()
        command = [
            *self._emulator().command, "-name", f"lab-{self.folder.name}", "-pidfile", self.folder / "pid",
            "-no-user-config", "-nodefaults", "-display", "none", "-accel", f"tcg,thread={hw.threads}",
            "-cpu", hw.cpu, "-smp", str(hw.cpus), "-m", hw.memory,
            "-chardev", f"socket,id=console,path={self._socket('console')},server=on,wait=off,"
            f"logfile={self.folder}/console.log,logappend=on",
            *kind.board(hw, self._efi_vars()),
            "-qmp", f"unix:{self._socket('qmp')},server=on,wait=off",
            "-netdev", f"user,id=lan,hostfwd=tcp:127.0.0.1:{port}-:22", "-device", kind.lan, "-device", kind.rng,
        ]  # fmt: skip
        for place, drive in enumerate(hw.drives, 1):
            if drive:
                self._make_disk(drive)
                command += kind.drive(drive, place, self.disk(drive))
            else:
                command += kind.empty(place)
        return command + list(hw.qemu_args)

    def _make_disk(self, drive):
        disk = self.disk(drive)
        if disk.exists():
            return
        command = ["qemu-img", "create", "-q", "-f", "qcow2"]
        command += ["-b", self.image.disk, "-F", "raw", disk] if drive.boot else [disk, drive.size]
        subprocess.run(command, check=True)

    def _efi_vars(self):
        if not self.image.efi_vars:
            return None
        mine = self.folder / f"{self.hardware.firmware}.vars"
        if not mine.exists():
            secure = self.hardware.firmware == "uefi-secureboot"
            shutil.copyfile(OVMF / "OVMF_VARS_4M.ms.fd" if secure else self.image.efi_vars, mine)
        return mine

    def _pid(self):
        try:
            return int((self.folder / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _socket(self, name):
        path = str(self.folder / name)
        if len(path) > 90:
            raise MachineError(f"{self.folder}: too long a name for the sockets in it (Unix allows 107 characters)")
        return path

    # ssh

    def ssh_command(self, *command):
        port = (self.folder / "port").read_text()
        return [
            "ssh", "-F", "none", "-i", str(self.image.key), "-p", port, "-o", "ControlMaster=auto",
            "-o", f"ControlPath={self._socket('ssh')}", "-o", "ControlPersist=yes", "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=8",
            "root@127.0.0.1", *command,
        ]  # fmt: skip

    def wait_for_ssh(self, timeout=BOOT_SECONDS, awaited="the machine to answer by ssh"):
        began = time.monotonic()
        self._wait(self._ssh_answers, timeout, awaited)
        if time.monotonic() - began > 3:
            self._log(f"ssh answers ({time.monotonic() - began:.0f} s)")

    def _ssh_answers(self):
        if not self.is_running():
            raise MachineError(self._explain(f"the machine went off {self._qemu_log()}".rstrip()))
        if not self._ssh_is_open() and not self._ssh_banner():
            return False
        try:
            # Its output is a file: the connection that stays open would keep a pipe open, too.
            r = subprocess.run(self.ssh_command("true"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, timeout=30)  # fmt: skip
        except subprocess.TimeoutExpired:
            self._close_ssh()
            return False
        return r.returncode == 0

    def _ssh_banner(self):
        # QEMU accepts connections long before the guest does, so connecting says nothing.
        try:
            with socket.create_connection(("127.0.0.1", int((self.folder / "port").read_text())), 3) as s:
                return s.recv(4) == b"SSH-"
        except OSError:
            return False

    def _ssh_is_open(self):
        if not (self.folder / "ssh").exists():
            return False
        return self._ssh_control("check")

    def _close_ssh(self):
        self._ssh_control("exit")
        (self.folder / "ssh").unlink(missing_ok=True)

    def _ssh_control(self, verb):
        command = ["ssh", "-F", "none", "-o", f"ControlPath={self._socket('ssh')}", "-O", verb, "root@127.0.0.1"]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0

    def _pipe(self, source, sink, timeout, stdout=subprocess.DEVNULL):
        with subprocess.Popen(source, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as giver:
            try:
                r = subprocess.run(sink, stdin=giver.stdout, stdout=stdout, stderr=subprocess.PIPE, timeout=timeout)
            except subprocess.TimeoutExpired:
                giver.kill()
                raise TimeoutError(self._explain(f"a copy is not done after {timeout} s")) from None
            giver.stdout.close()
        if giver.returncode != 0 or r.returncode != 0:
            raise MachineError(self._explain(f"a copy failed: {r.stderr.decode(errors='replace').strip()}"))

    # Waiting and telling

    def _wait(self, condition, timeout, awaited):
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(self._explain(f"waited {timeout:.0f} s for {awaited}"))
            time.sleep(0.3)

    def _explain(self, what):
        tail = self.console().splitlines()[-CONSOLE_LINES_IN_ERRORS:]
        return f"{self.folder.name}: {what}\n--- end of the console\n" + "\n".join(tail) + "\n---"

    def _log(self, text):
        if not self.quiet:
            print(f"[lab {self.folder.name} {time.monotonic() - self.born:6.1f}] {text}", file=sys.stderr, flush=True)
