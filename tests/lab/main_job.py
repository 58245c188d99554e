"""The main job: a fresh server becomes a passthrough host, one of its drives goes to a UEFI guest and comes back."""

import scene

GUEST_LOG = "/var/log/libvirt/qemu/slipway-guest.log"
GUEST_SECONDS = 1800
DATA = "class=nvme,serial=data*"


def failing(document):
    return [c["id"] for c in document["checks"] if c["verdict"] == "fail"]


def audit_before(steps, slipway):
    status, audit = slipway.json("audit")
    steps.must("audit: not ready, because no device is set aside", status == 1 and audit["verdict"] == "not-ready"
               and audit["first_broken"] == "devices.set-aside", failing(audit))  # fmt: skip


def apply(steps, slipway):
    status, plan = slipway.json("plan", "--passthrough", DATA)
    text = "".join(c["diff"] for c in plan["changes"])
    steps.must("plan: the three data drives, by address and identity", status == 0 and plan["reboot_required"]
               and "vfio-pci.ids=1b36" not in text and text.count("bind=address") == 3, text)  # fmt: skip
    r = slipway("apply", "--passthrough", DATA, "--yes")
    steps.must("apply: drop-in, early binder, initramfs and GRUB", r.status == 0, r.stdout + r.stderr)
    status, audit = slipway.json("audit")
    steps.step("audit: a reboot is required", status == 1 and audit["verdict"] == "reboot-required", failing(audit))


def verify(steps, slipway):
    slipway.machine.reboot()
    steps.step("reboot: through firmware and bootloader")
    r = slipway("verify")
    steps.must("verify: all changes hold, and the host is ready", r.status == 0, r.stdout + r.stderr)
    status, audit = slipway.json("audit")
    steps.step("audit: ready", status == 0 and audit["verdict"] == "ready", failing(audit))
    drivers = slipway.drivers()
    steps.must("the data drives are on vfio-pci, known by their serials, and the boot disk is the host's",
               drivers == {"boot0": "nvme", "data1": "vfio-pci", "data2": "vfio-pci", "data3": "vfio-pci"}, drivers)


def guest(steps, slipway):
    m = slipway.machine
    r = slipway("profile", "define", "uefi", "--name", "guest1", "--type", "qemu", "--memory", "512M", "--vcpus", "1",
                "--network", "none", "--disk", "/var/lib/libvirt/images/guest.raw", "--format", "raw",
                "--console-log", GUEST_LOG)  # fmt: skip
    steps.must("profile define: a UEFI guest", r.status == 0, r.stdout + r.stderr)
    r = slipway("attach", "guest1", "serial=data2")
    steps.must("attach: the drive with serial data2", r.status == 0, r.stdout + r.stderr)
    m.run(["virsh", "start", "guest1"], check=True, timeout=120)
    m.wait_for(f"grep -q 'slipway-guest: .*serial=data2 ' {GUEST_LOG}", GUEST_SECONDS, "the guest to print serial data2")
    log = m.read(GUEST_LOG)
    steps.must("the guest's own kernel prints serial data2, and no other", log.count("serial=") == 1, log)
    m.wait_for("virsh domstate guest1 | grep -q 'shut off'", 120, "the guest to power off")


def give_back(steps, slipway):
    r = slipway("detach", "guest1", "serial=data2")
    steps.must("detach: it comes back from the guest", r.status == 0, r.stdout + r.stderr)
    r = slipway.machine.run("cat /sys/class/nvme/*/serial")
    steps.step("the host sees serial data2 again", "data2" in r.stdout.split(), r.stdout + r.stderr)
    slipway.machine.run(["virsh", "undefine", "--nvram", "guest1"], check=True)


def roll_back(steps, slipway, before, hardware=None):
    """`hardware`: the host starts with that, where it is to be another."""
    r = slipway("rollback")
    steps.must("rollback: everything taken back", r.status == 0, r.stdout + r.stderr)
    if hardware:
        slipway.machine.stop()
        slipway.machine.start(hardware)
    else:
        slipway.machine.reboot()
    steps.step("reboot: the host as it was")
    now = scene.fingerprint(slipway.machine)
    steps.step("every file of /etc and /boot is byte for byte as before", now == before, scene.difference(before, now))
    drivers = slipway.drivers()
    steps.step("all four drives are the host's", set(drivers.values()) == {"nvme"} and len(drivers) == 4, drivers)
