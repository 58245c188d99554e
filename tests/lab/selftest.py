#!/usr/bin/python3
"""Does the lab do what it promises? Starts a machine, uses all of it, and says what each step took."""

import contextlib
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lab


@contextlib.contextmanager
def step(text):
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def serials(m):
    return m.run("cat /sys/class/nvme/*/serial", check=True).stdout.split()


def serial_at(m, place):
    """By slot: names like nvme1 change from boot to boot."""
    address = m.read(f"/sys/bus/pci/slots/{place}/address").strip()
    return m.run(f"cat /sys/bus/pci/devices/{address}.0/nvme/*/serial", check=True).stdout.strip()


def four_nvme_of_one_id(m):
    check(sorted(serials(m)) == ["boot0", "data1", "data2", "data3"], serials(m))
    ids = m.run("cat /sys/class/nvme/*/device/vendor /sys/class/nvme/*/device/device", check=True).stdout.split()
    check(sorted(set(ids)) == ["0x0010", "0x1b36"], ids)
    groups = m.run("readlink /sys/class/nvme/*/device/iommu_group | sort -u | wc -l").stdout.strip()
    check(groups == "4", f"{groups} groups")
    modules = m.run("lsmod; grep -c svm /proc/cpuinfo; ip -4 route show default").stdout
    check("nvme " in modules and "default via" in modules, modules)


def copies(m):
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)
        (here / "in" / "deep").mkdir(parents=True)
        (here / "in" / "deep" / "file").write_bytes(bytes(range(256)) * 4096)
        (here / "in" / "tool").write_text("#!/bin/sh\necho out; echo err >&2; exit 3\n")
        (here / "in" / "tool").chmod(0o755)
        m.copy_in(here / "in", "/root/copied")
        m.copy_in(here / "in" / "tool", "/usr/local/bin/tool")
        r = m.run("tool")
        check((r.status, r.stdout, r.stderr) == (3, "out\n", "err\n"), r)
        m.copy_out("/root/copied", here / "out")
        m.copy_out("/root/copied/deep/file", here / "file")
        want = (here / "in" / "deep" / "file").read_bytes()
        check((here / "out" / "deep" / "file").read_bytes() == want == (here / "file").read_bytes(), "copies differ")


def cut_keeps_what_was_flushed(m):
    m.run("echo kept > /root/kept && sync /root /root/kept", check=True)
    m.run("dd if=/dev/urandom of=/root/big bs=1M count=64 conv=fsync status=none && sha256sum /root/big > /root/sum && sync /root/sum",
          check=True)  # fmt: skip
    m.run("echo lost > /root/lost")
    m.cut()
    m.start()
    check(m.read("/root/kept") == "kept\n", "kept")
    m.run("sha256sum -c /root/sum", check=True)
    lost = m.run("cat /root/lost").stdout == "lost\n"
    print(f"          (what was written and not flushed is {'there' if lost else 'lost'})")


def main():
    with step("image"):
        lab.image.ensure()
    with lab.machine() as m:
        with step("first start"):
            m.start()
        with step("four NVMe drives of one id, a group each"):
            four_nvme_of_one_id(m)
        with step("copies"):
            copies(m)
        with step("reboot with another kernel argument"):
            m.kernel_arguments("lab.self=1")
            m.reboot()
            check("lab.self=1" in m.read("/proc/cmdline"), "the argument is not there")
        with step("a command that takes too long"):
            try:
                m.run("sleep 60", timeout=2)
                check(False, "no TimeoutError")
            except TimeoutError as error:
                check("sleep 60" in str(error) and "login:" in str(error), error)
        with step("power cut and start on the same disks"):
            cut_keeps_what_was_flushed(m)
        m.run("echo mine | dd of=/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_data2 conv=fsync status=none", check=True)
        with step("clean shutdown"):
            check(m.stop(), "not clean")
        swapped = m.hardware.with_drive(2, lab.Drive("other1", bus="nvme-intel-id"))
        swapped = swapped.with_drive(3, lab.Drive("data3")).with_drive(4, lab.Drive("data2"))
        with step("start with slot 2 replaced, slots 3 and 4 exchanged"):
            m.start(swapped)
            check([serial_at(m, place) for place in (1, 2, 3, 4)] == ["boot0", "other1", "data3", "data2"], serials(m))
            ids = m.run("cat /sys/class/nvme/*/device/vendor").stdout.split()
            check(ids.count("0x8086") == 1, ids)
            data = m.run("head -c 5 /dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_data2").stdout
            check(data == "mine\n", f"data2 holds {data!r}")
        with step("two at once"):
            with lab.machine(lab.Hardware(iommu="none", cpu="Skylake-Server", memory="2048")) as other:
                other.start()
                check("GenuineIntel" in other.read("/proc/cpuinfo"), "not an Intel CPU")
                check(other.run("ls /sys/kernel/iommu_groups").stdout == "", "groups without an IOMMU")
                check(other.boot_id() != m.boot_id(), "one machine twice")
        m.stop()
    print("the lab works")


main()
