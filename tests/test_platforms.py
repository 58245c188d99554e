#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts that are no PC: s390x in LPAR, z/VM and KVM, Arm, RISC-V; nobody there is told to look for VT-d in a menu."""

import re

from make_host import Tree, add_function
from tap import HERE, Folder, main, slipway, test

# Of /proc/sysinfo as the kernel writes it (arch/s390/kernel/sysinfo.c): machine, partition, then the virtual machines, innermost first.
MACHINE = "Manufacturer:         IBM\nType:                 8561\nModel:                701              T01\nSequence Code:        00000000000A1B2C\n\n"
LPAR = ("LPAR Number:          10\nLPAR Characteristics: Shared\nLPAR Name:            LPA\nLPAR Adjustment:      6\n"
        "LPAR CPUs Total:      6\nLPAR CPUs Configured: 6\nLPAR CPUs Standby:    0\nLPAR CPUs Reserved:   0\n\n")
ZVM = "VM00 Name:            LINUX123\nVM00 Control Program: z/VM    7.3.0   \nVM00 Adjustment:      83\nVM00 CPUs Total:      1\n"
KVM = "VM00 Name:            guest\nVM00 Control Program: KVM/Linux       \nVM00 Adjustment:      1000\nVM00 CPUs Total:      2\n"
BELOW = ZVM.replace("VM00", "VM01")

# host: cpuinfo ("-sie": without that word), sysinfo, environment, what it runs on, may it run guests
MAINFRAMES = {
    "lpar": ("s390-lpar-drawer", MACHINE + LPAR, "lpar", None, "pass"),
    "zvm": ("s390-lpar-drawer-sie", MACHINE + LPAR + ZVM, "guest", "z/VM    7.3.0", "fail"),
    "kvm": ("s390-lpar-drawer-sie", MACHINE + LPAR + KVM, "guest", "KVM/Linux", "fail"),
    "kvm-in-zvm": ("s390-kvm", MACHINE + LPAR + KVM + "\n" + BELOW, "guest", "KVM/Linux", "unknown"),
    "old-kernel": ("s390-lpar", MACHINE + LPAR, "lpar", None, "unknown"),
}
OTHERS = ("armv7", "rv64-visionfive2")
X86 = re.compile(r"VT-?[dx]\b|AMD-?V|SVM|VMX|intel_iommu|amd_iommu|intel|DMAR|IVRS|set-up|menu|kvm_(intel|amd)|qemu-system-x86|\bovmf\b", re.I)
# s390x has neither.
FIRMWARE = re.compile(r"\bBIOS\b|\bUEFI\b|\bACPI\b", re.I)


def put_host(path, cpuinfo, sysinfo=None, device=None):
    t = Tree(path)
    text = (HERE / f"hosts/cpuinfo/{cpuinfo.removesuffix('-sie')}.cpuinfo").read_text()
    t.put("proc/cpuinfo", text.replace(" sie ", " ") if cpuinfo.endswith("-sie") else text)
    t.put("proc/cmdline", "root=/dev/dasda1 quiet\n")
    t.put("proc/sys/kernel/osrelease", "6.1.0-44\n")
    t.folder("sys/kernel/iommu_groups")
    t.folder("sys/bus/pci/devices")
    t.folder("lib/modules/6.1.0-44")
    if sysinfo:
        t.put("proc/sysinfo", sysinfo)
        t.put("sys/firmware/uv/prot_virt_host", "1\n")
    if device is not None:
        add_function(t, 0 if device else None)
    return path


def said(root):
    """What the user is told: each check's summary and remedy, and the reasons of each device."""
    document = slipway("--json", "audit", root=root, status=(0, 1)).json()
    for check in document["checks"]:
        yield check["id"], check["summary"] if check["verdict"] != "skip" else "", check["remedy"] or ""
    for device in document["devices"]:
        yield device["address"], " ".join(device["reasons"]), ""


def checks(root):
    document = slipway("--json", "audit", root=root, status=(0, 1)).json()
    return document["host"], {c["id"]: c for c in document["checks"]}


@test
def a_mainframe_says_what_it_runs_on():
    for name, (cpuinfo, sysinfo, kind, of, guests) in MAINFRAMES.items():
        with Folder() as path:
            host, found = checks(put_host(path, cpuinfo, sysinfo))
            assert host["environment"]["kind"] == kind, (name, host["environment"])
            assert host["environment"].get("of") == of, (name, host["environment"])
            assert host["environment"]["machine_type"] == "8561", (name, host["environment"])
            assert "huge_pages_for_guests" not in host["environment"], (name, host["environment"])
            assert host["firmware"]["mode"] == "ipl", (name, host["firmware"])
            assert found["cpu.virtualization"]["verdict"] == guests, (name, found["cpu.virtualization"])


@test
def where_guests_cannot_run_the_hypervisor_below_is_named_for_what_it_is():
    for name, said in (("zvm", "not below z/VM"), ("kvm", "kvm.nested=1")):
        with Folder() as path:
            assert said in checks(put_host(path, *MAINFRAMES[name][:2]))[1]["cpu.virtualization"]["remedy"], name


@test
def a_mainframe_without_pci_is_no_fault():
    for name, (cpuinfo, sysinfo, *_) in MAINFRAMES.items():
        with Folder() as path:
            host, found = checks(put_host(path, cpuinfo, sysinfo))
            assert {found[i]["verdict"] for i in ("iommu.enabled", "firmware.iommu-table", "firmware.mode", "iommu.interrupt-remapping")} == {
                "skip"}, name
            out = slipway("list", root=path, status=0).out.decode()
            assert "error" not in out, out


@test
def huge_pages_for_guests_are_told_where_kvm_is_loaded():
    for text, word in (("0\n", "no"), ("1\n", "yes")):
        with Folder() as path:
            put_host(path, *MAINFRAMES["lpar"][:2])
            Tree(path).put("sys/module/kvm/parameters/hpage", text)
            assert checks(path)[0]["environment"]["huge_pages_for_guests"] == word


@test
def secure_execution_is_seen():
    with Folder() as path:
        put_host(path, *MAINFRAMES["lpar"][:2])
        assert "Secure Execution" in checks(path)[1]["cpu.bare-metal"]["summary"]
        Tree(path).put("sys/firmware/uv/prot_virt_host", "0\n")
        assert "Secure Execution" not in checks(path)[1]["cpu.bare-metal"]["summary"]


@test
def no_word_of_x86_on_s390x():
    for name, (cpuinfo, sysinfo, *_) in MAINFRAMES.items():
        for device in (None, False, True):
            with Folder() as path:
                put_host(path, cpuinfo, sysinfo, device)
                for what, summary, remedy in said(path):
                    assert not X86.search(summary + remedy), (name, device, what, summary, remedy)
                    assert not FIRMWARE.search(remedy), (name, device, what, remedy)


@test
def no_word_of_x86_on_arm_and_risc_v():
    for cpuinfo in OTHERS:
        for device in (None, False, True):
            with Folder() as path:
                put_host(path, cpuinfo, None, device)
                for what, summary, remedy in said(path):
                    assert not X86.search(summary + remedy), (cpuinfo, device, what, summary, remedy)


@test
def a_mainframes_function_is_told_by_its_ids():
    with Folder() as path:
        put_host(path, *MAINFRAMES["lpar"][:2], device=True)
        (device,) = slipway("--json", "list", root=path, status=0).json()["devices"]
        assert device["zpci"] == {"fid": "0x00000123", "uid": "0x0042", "uid_is_unique": "yes", "pchid": "0x01b8", "pfgid": "0x01", "vfn": None,
                                  "port": None, "slot_power": "yes"}, device["zpci"]  # fmt: skip
        assert slipway("--json", "list", "slot=00000123", root=path, status=0).json()["devices"] == [device]
        text = slipway("show", "0042:00:00.0", root=path, status=0).out.decode()
        assert "function id 00000123, UID 0042 (unique: the address stays)" in text, text


@test
def huge_pages_and_nested_guests_are_not_set_together_on_a_mainframe():
    hpage, nested = ("--kernel-arg", "kvm.hpage=1"), ("--kernel-arg", "kvm.nested=1")
    for present, arguments, status in (("", hpage, 0), ("", nested, 0), ("", hpage + nested, 2), ("kvm.nested=1", hpage, 2), ("kvm.hpage=1", nested, 2),
                                       ("kvm.hpage=1 kvm.nested=1", ("--kernel-arg", "a=1"), 0), ("kvm.nested=1", (*hpage, "--kernel-arg", "kvm.nested=0"), 0),
                                       ("kvm.nested=0", hpage, 0)):  # fmt: skip
        with Folder() as path:
            t = Tree(put_host(path, *MAINFRAMES["lpar"][:2]))
            t.put("usr/sbin/zipl", "", 0o755)
            t.put("etc/zipl.conf", f"[defaultboot]\ndefault=a\n[a]\nimage=/b\nparameters='root=/dev/dasda1 {present}'\n")
            p = slipway("plan", *arguments, root=path, status=status)
            assert (b"KVM of s390x does not load with both" in p.err) == bool(status), (present, arguments, p.err)
    with Folder() as path:
        put_host(path, *MAINFRAMES["lpar"][:2])
        Tree(path).put("proc/cpuinfo", "vendor_id\t: AuthenticAMD\n")
        Tree(path).put("usr/sbin/zipl", "", 0o755)
        Tree(path).put("etc/zipl.conf", "[a]\nimage=/b\nparameters=x\n")
        slipway("plan", *hpage, *nested, root=path, status=0)


@test
def what_arm_and_risc_v_do_not_tell_is_unknown():
    for cpuinfo in OTHERS:
        with Folder() as path:
            host, found = checks(put_host(path, cpuinfo))
            assert host["cpu"]["flag"] is None and host["environment"]["kind"] == "unknown"
            for i in ("cpu.virtualization", "cpu.bare-metal", "firmware.iommu-table"):
                assert found[i]["verdict"] == "unknown", found[i]
                assert re.fullmatch(r"[a-z/].{20,}[a-z]", found[i]["summary"]), found[i]["summary"]


if __name__ == "__main__":
    main()
