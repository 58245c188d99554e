#!/usr/bin/python3
"""
Guests and their devices on a server with two NUMA nodes: drives that come and go while the guest runs, what a guest writes is
what the host reads, and what goes wrong in the middle ends well. SLIPWAY_LAB_CYCLES says how often a drive comes and goes (2),
SLIPWAY_LAB_KILLS at how many moments 'slipway attach' is killed (2); the whole of it: SLIPWAY_LAB_CYCLES=10 SLIPWAY_LAB_KILLS=20.
"""

import hashlib
import os
import pathlib
import re
import tempfile
import time

import guest
import lab
import qemu
import scene

LOG = "/var/log/libvirt/qemu/osd1-console.log"
DRIVES = (lab.Drive("boot0", boot=True), *(lab.Drive(f"data{n}", node=1) for n in (1, 2, 3)), lab.Drive("near1"))


def card(name, slot):
    """A card with two functions, each a drive."""
    args = ["-device", f"pcie-root-port,id={name},bus=pcie.0,chassis={slot},slot={slot}"]
    for n in (0, 1):
        args += ["-blockdev", f"null-co,node-name={name}-{n},size=1073741824,read-zeroes=on"]
        args += ["-device", f"nvme,serial={name}{n},drive={name}-{n},bus={name},addr=0.{n},multifunction={'off' if n else 'on'}"]
    return args


# A drive that can have virtual functions.
VIRTUAL = """
    -device pcie-root-port,id=virtual,bus=pcie.0,chassis=22,slot=22 -device nvme-subsys,id=family
    -device nvme,id=virt0,serial=virt0,subsys=family,bus=virtual,max_ioqpairs=26,msix_qsize=27,sriov_max_vfs=4,sriov_vq_flexible=20,sriov_vi_flexible=20
    -blockdev null-co,node-name=null,size=1073741824,read-zeroes=on -device nvme-ns,bus=virt0,drive=null,nsid=1,shared=on
""".split()
# A USB stick at a controller of its own.
USB = ["-device", "qemu-xhci,id=usb,bus=pcie.0", "-blockdev", "null-co,node-name=stick,size=1073741824,read-zeroes=on",
       "-device", "usb-storage,bus=usb.0,drive=stick,serial=stick1"]  # fmt: skip
HUGE_PAGES = "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages"
# The blocks of README.md's story, each a list of commands.
TOLD = (scene.TOP / "README.md").read_text().split("## Give three NVMe drives to a Ceph VM")[1].split("\n## ")[0]
STORY = [block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```$", TOLD, re.MULTILINE | re.DOTALL)]
OVERRIDES = "grep -L '(null)' /sys/bus/pci/devices/*/driver_override"
VFIO_FILES = "find /proc/[0-9]*/fd -lname '/dev/vfio/[0-9]*' -printf '%h %l\\n' 2> /dev/null | sort"
CYCLES = int(os.environ.get("SLIPWAY_LAB_CYCLES", "2"))
KILLS = int(os.environ.get("SLIPWAY_LAB_KILLS", "2"))


def hardware():
    # Where each processor is a thread, QEMU 10 loses an interrupt of one now and then (acknowledged, and never handled), and that one hangs.
    return lab.Hardware(drives=DRIVES, cpus=4, threads="single", nodes=2,
                        qemu_args=(*card("card", 20), *card("pair", 21), *VIRTUAL, *USB, *(qemu.NETWORK_CARD if qemu.has_network_card() else ())))  # fmt: skip


def cpu_set(text):
    """Of "0,2-3"."""
    ends = [part.split("-") for part in text.strip().split(",")]
    return {n for end in ends for n in range(int(end[0]), int(end[-1]) + 1)}


# Names and numbers that the kernel gives anew to a drive that comes back, what counts, and what slipway has seen in this boot.
RENUMBERED = re.compile(r"(nvme-subsys|nvme|ng|hwmon)\d+(c(?=\d+n))?(?(2)\d+)")
COUNTED = re.compile(r"proc/(interrupts|meminfo|net/ipv6_route)|run/udev/data/.*|sys/.*/power/active_duration|run/slipway/.*|sys/.*/dev|sys/devices/system/node/[^/]*/meminfo")


def capture(slipway):
    """What 'slipway capture' copies of the host, a line for each file and link."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        r = slipway.machine.run("rm -rf /tmp/capture && slipway capture /tmp/capture", timeout=300)
        if r.status != 0:
            raise lab.MachineError(f"capture: {r.stdout}{r.stderr}")
        slipway.machine.copy_out("/tmp/capture", folder)
        for path in pathlib.Path(folder).rglob("*"):
            name = str(path.relative_to(folder))
            if COUNTED.fullmatch(name) or path.is_dir() and not path.is_symlink():
                continue
            content = os.readlink(path) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(RENUMBERED.sub(r"\1N", f"{name} {content}"))
    return "\n".join(sorted(lines))


class Scene:
    def __init__(self, steps, slipway):
        self.steps, self.slipway, self.machine = steps, slipway, slipway.machine
        self.guest = guest.Guest(self.machine, "osd1", LOG)
        self.addresses = {serial: d["address"] for serial, d in slipway.devices().items()}
        self.seconds = 0
        self.before = None

    def step(self, name, good, *detail):
        return self.steps.step(name, good, "\n".join(map(str, detail)))

    def must(self, name, good, *detail):
        self.steps.must(name, good, "\n".join(map(str, detail)))

    def slip(self, *words, status=0):
        """slipway, which must end with that status."""
        r = self.slipway(*words)
        if r.status != status:
            raise lab.MachineError(f"slipway {' '.join(words)} ended with {r.status}: {r.stdout}{r.stderr}")
        return r

    def arrived(self, *serials):
        """The guest's drives, when it has these and the card that stays."""
        return self.guest.wait_for_drives("card0", "card1", *serials)

    def told(self, *lines):
        """Runs commands of the README's story as they are printed there; what the last has said."""
        for line in lines:
            r = self.machine.run(line, timeout=300)
            self.must(line, r.status == 0, r)
            print(*(f"# {text}" for text in r.stdout.splitlines()), sep="\n", flush=True)
        return r.stdout

    def define_and_start(self):
        # What the story leaves to the host: a bridge, huge pages on the second node, and what suits an emulated guest.
        self.machine.run(f"ip link add br0 type bridge && ip link set br0 up && cp --sparse=always {guest.DISK} /var/lib/libvirt/images/osd1.raw", check=True)
        self.machine.write("/etc/slipway/host.yaml", "version: 1\nmemory:\n  hugepages: [{ size: 2M, count: 320, node: 1, at: run }]\n")
        r = self.slipway("apply", "--yes")
        pages = self.machine.read(HUGE_PAGES).strip()
        self.must("apply: huge pages on the second node, at once", r.status == 0 and pages == "320", r, pages)
        self.machine.write("/etc/slipway/profiles/ceph-osd.yaml", f"type: qemu\nmemory: 512M\nvcpus: 1\nbridge: br0\nconsole-log: {LOG}\n")
        *before, start = STORY[0]
        self.told(*before)
        r = self.slipway("attach", "osd1", "serial=card*")
        self.must("a card with two functions goes with them", r.status == 0, r)
        self.told(start)
        self.placed()
        self.guest.wait_until_up()
        self.step("the guest boots from OVMF, and its agent answers", True)
        drives = self.arrived("data1", "data2", "data3")
        self.step("its kernel has all three drives, by serial, and the card", True)
        one, two = drives["card0"][0], drives["card1"][0]
        self.step("the card's functions are 0 and 1 of one slot in the guest, too", (one[:-1], one[-1], two[-1]) == (two[:-1], "0", "1"), drives)

    def placed(self):
        """The guest is on the node of its drives: its virtual CPUs, QEMU's own threads apart from them, and its memory, in huge pages."""
        m, process = self.machine, "/proc/$(pidof qemu-system-x86_64)"
        near = cpu_set(m.read("/sys/devices/system/node/node1/cpulist"))
        threads = m.run(f"cd {process}/task && for t in *; do echo $(tr ' ' _ < $t/comm) $(sed -n 's/^Cpus_allowed_list://p' $t/status); done").stdout
        cpus = {name: cpu_set(text) for name, text in (line.split() for line in threads.splitlines())}
        virtual = [c for name, c in cpus.items() if name.startswith("CPU_")]
        others = [c for name, c in cpus.items() if not name.startswith("CPU_")]
        self.step("its virtual CPUs are on the node of its drives, and QEMU's own threads on another core there",
                  len(virtual) == 1 and len(others) > 1 and virtual[0] <= near and all(c <= near - virtual[0] for c in others), near, threads)
        memory = m.run(f"grep ' huge ' {process}/numa_maps").stdout
        self.step("its memory is huge pages of that node", set(re.findall(r" N(\d+)=", memory)) == {"1"}, memory)

    def gives_one_back(self):
        """The rest of the story, while the guest runs."""
        listing, detach, attach = STORY[1]
        said = self.told(listing)
        self.step("list says which guest has the drives", said.count("osd1") >= 3, said)
        self.told(detach)
        self.arrived("data1", "data2")
        self.step("the drive is the host's again", self.slipway.drivers()["data3"] == "nvme")
        said = self.told(attach)
        self.step("attach says which serial the guest's agent shows", "agent shows its serial data3" in said, said)
        self.arrived("data1", "data2", "data3")

    def write_and_read(self):
        """What the guest writes is what the host reads when the drive is back."""
        sums, drives = {}, self.guest.drives()
        for serial in ("data1", "data2"):
            disk = f"/dev/{drives[serial][1]}"
            write = f"dd if=/dev/urandom of={disk} bs=64k count=16 seek=3 conv=fsync"
            sums[serial] = self.guest.run(f"{write} && dd if={disk} bs=64k count=16 skip=3 iflag=direct | sha256sum").stdout
        self.take_back("data1", "data2", "data3")
        self.arrived()
        seen = {serial: self.machine.run(f"dd if={self.disk(serial)} bs=64k count=16 skip=3 | sha256sum").stdout for serial in sums}
        self.before = self.held()
        self.step("what the guest wrote is what the host reads", len(set(sums.values())) == 2 and seen == sums, sums, seen)

    def held(self):
        """Overrides, open vfio files, and how many devices both definitions have."""
        definitions = [self.guest.definition(*options).count("<hostdev ") for options in ((), ("--inactive",))]
        return self.machine.run(OVERRIDES).stdout, self.machine.run(VFIO_FILES).stdout, definitions

    def nothing_is_left(self, where):
        now = self.held()
        self.step(f"{where}: no override, no open vfio file, no device in a definition but those of before", now == self.before, self.before, now)

    def come_and_go(self, cycles):
        before = capture(self.slipway)
        seconds = []
        for _ in range(cycles):
            began = time.monotonic()
            self.slip("attach", "osd1", "serial=data3", "serial=near1")
            self.arrived("data3", "near1")
            self.slip("detach", "osd1", "serial=data3", "serial=near1")
            self.arrived()
            seconds.append(time.monotonic() - began)
        self.step(f"two drives come to the running guest and leave it, {cycles} times in a row ({min(seconds):.0f} to {max(seconds):.0f} s)", True)
        now = capture(self.slipway)
        self.step("after that the captured host is the same", now == before, scene.difference(before, now))
        self.nothing_is_left("after that")

    def whole(self, where, serial):
        """After the next start of slipway the guest has the device in both definitions or in none, and the host has the other state."""
        self.slipway("rollback", "999999")
        address = self.addresses[serial]
        bus, slot, function = address[5:7], address[8:10], address[11]
        source = f"bus='0x{bus}' slot='0x{slot}' function='0x{function}'/>\n      </source>"
        has = [source in self.guest.definition(*options) for options in ((), ("--inactive",))]
        driver = self.slipway.devices()[serial]["driver"]
        overridden = address in self.machine.run(OVERRIDES).stdout
        good = has[0] == has[1] and (driver == "vfio-pci") == has[0] and (driver == "nvme") != has[0] and (has[0] or not overridden)
        states = [t["state"] for t in self.slipway.transactions()]
        self.step(f"{where}: the guest {'has' if has[0] else 'does not have'} it, and there is no half state",
                  good and not set(states) - {"applied", "undone"}, has, driver, overridden, states)  # fmt: skip
        if has[0] or has[1]:
            self.slip("detach", "osd1", f"serial={serial}")
        self.arrived()
        return has[0]

    def time_attach(self, serial):
        """How long it is until both definitions are changed; in the second half the guest's agent is asked."""
        began = time.monotonic()
        self.slip("attach", "osd1", f"serial={serial}")
        self.seconds = (time.monotonic() - began) / 2
        self.slip("detach", "osd1", f"serial={serial}")
        self.arrived()

    def killed(self, kills):
        ends = {True: 0, False: 0}
        for n in range(kills):
            moment = self.seconds * 1.1 * (n + 0.5) / kills
            self.machine.run(f"timeout -s KILL {moment:.2f} slipway attach osd1 serial=near1")
            ends[self.whole(f"slipway attach killed after {moment:.2f} s", "near1")] += 1
        print(f"# of {kills} kills {ends[True]} ended with the guest having it, {ends[False]} without", flush=True)
        self.nothing_is_left("after all kills")

    def interrupted(self, serial, command):
        """A command of the server in the middle of an attach, which is then awaited: its result."""
        line = f"slipway attach osd1 serial={serial} & sleep {self.seconds / 2:.2f}; {command} > /dev/null 2>&1; wait $!"
        return self.machine.run(line, timeout=300)

    def libvirt_restarts(self):
        r = self.interrupted("near1", "systemctl restart libvirtd")
        print(f"# attach ended with {r.status}: {r.stderr.strip()}", flush=True)
        has = self.whole("libvirtd restarted in the middle", "near1")
        self.step("and the exit status says so", r.status in ((0,) if has else (4, 5)), r)
        self.nothing_is_left("after that")

    def cards(self):
        """A card with two functions goes as one; libvirt plugs several functions of one slot into no running guest, nor out of it."""
        r = self.slipway("detach", "osd1", "serial=card*")
        self.step("a card in one slot of the running guest is not taken out of it", r.status == 3 and "--no-live" in r.stderr, r)
        r = self.slipway("attach", "osd1", "serial=pair0")
        self.step("one function of a card alone is refused, and the other is named", r.status == 3 and self.addresses["pair1"] in r.stderr, r)
        r = self.slipway("attach", "osd1", "serial=pair*")
        self.step("so are both in one slot of the running guest, and the way out is named", r.status == 3 and "--apart" in r.stderr, r)
        r = self.slipway("attach", "osd1", "serial=pair*", "--apart")
        self.must("attach --apart: both functions", r.status == 0, r)
        drives = self.arrived("pair0", "pair1")
        self.step("each is in a slot of its own in the running guest", drives["pair0"][0][:-2] != drives["pair1"][0][:-2], drives)
        self.take_back("pair0", "pair1")
        self.arrived()

    def virtual_functions(self):
        """A drive with virtual functions: the guest gets one of them, and the drive itself stays."""
        r = self.slipway("vfs", "serial=virt0", "--count", "2", "--yes")
        made = self.slipway.json("list", self.addresses["virt0"])[1]["devices"][0]["sriov"]["virtual_functions"]
        self.must("vfs: two virtual functions of a drive", r.status == 0 and len(made) == 2, r, made)
        r = self.slipway("attach", "osd1", made[0])
        self.must("attach: one of them", r.status == 0, r)
        drives = self.arrived("virt0")
        self.step("the running guest has it as a drive", True, drives)
        r = self.slipway("attach", "osd1", self.addresses["virt0"])
        self.step("the drive itself is refused, and its virtual functions are named", r.status == 3 and made[1] in r.stderr, r)
        r = self.slipway("vfs", "serial=virt0", "--count", "0", "--yes")
        self.step("so is taking away the virtual function that the guest has", r.status == 3 and "osd1" in r.stderr, r)
        r = self.slipway("detach", "osd1", made[0])
        self.step("detach: it is back", r.status == 0, r)
        self.arrived()
        r = self.slipway("vfs", "serial=virt0", "--count", "0", "--yes")
        made = self.slipway.json("list", self.addresses["virt0"])[1]["devices"][0]["sriov"]["virtual_functions"]
        self.step("vfs --count 0: the drive is as it was", r.status == 0 and not made and self.slipway.drivers()["virt0"] == "nvme", r, made)

    def network_card(self):
        """Its virtual functions get their address and VLAN by the host, and the guest gets one of them."""
        if not qemu.has_network_card():
            self.steps.skip("virtual functions of a network card", f"QEMU {qemu.emulator().version} has no igb")
            return
        m, [pf] = self.machine, [d["address"] for d in self.slipway.json("list", "id=8086:10c9")[1]["devices"]]
        r = self.slipway("vfs", pf, "--count", "2", "--mac", "0=52:54:00:12:34:56", "--vlan", "1=100", "--yes")
        made = self.slipway.json("list", pf)[1]["devices"][0]["sriov"]["virtual_functions"]
        self.must("vfs: two virtual functions of a network card", r.status == 0 and len(made) == 2, r, made)
        links = m.run(f"ip link show dev $(ls /sys/bus/pci/devices/{pf}/net)").stdout
        self.step("with the address and the VLAN that were asked for", re.search(r"vf 0 .*52:54:00:12:34:56", links)
                  and re.search(r"vf 1 .*vlan 100", links), links)  # fmt: skip
        r = self.slipway("attach", "osd1", made[0])
        seen = self.guest.run("cat /sys/bus/pci/devices/*/device", check=False)
        self.step("attach: the running guest has one of them", r.status == 0 and "0x10ca" in seen.stdout, r, seen)
        for holder, *words in (("qemu-system", "bind", pf), ("osd1", "vfs", pf, "--count", "0", "--yes")):
            r = self.slipway(*words)
            self.step(f"{words[0]} of the card itself is refused, since the guest has it", r.status == 3 and holder in r.stderr, r)
        r = self.slipway("detach", "osd1", made[0])
        seen = self.guest.run("cat /sys/bus/pci/devices/*/device", check=False)
        self.step("detach: the guest has it no more", r.status == 0 and "0x10ca" not in seen.stdout, r, seen)
        r = self.slipway("vfs", pf, "--count", "0", "--yes")
        made = self.slipway.json("list", pf)[1]["devices"][0]["sriov"]["virtual_functions"]
        self.step("vfs --count 0: the card is as it was", r.status == 0 and not made, r, made)

    def as_disks(self):
        """A drive as a disk of QEMU's own driver, and as one of the host's: the guest reads what the host has written, and the drive comes back."""
        self.guest.run("insmod /lib/modules/virtio_blk.ko")
        read = "for d in /sys/block/vd*; do dd if=/dev/${d##*/} bs=512 skip=2048 count=1 2>/dev/null | head -c 13 | tr -dc 'a-z-'; echo; done"
        for way, driver in (("disk", "vfio-pci"), ("block", "nvme")):
            text = f"slipway-{way}"
            self.machine.run(f"printf {text} | dd of={self.disk('near1')} bs=512 seek=2048 conv=fsync", check=True)
            r = self.slipway("attach", "osd1", "serial=near1", "--as", way)
            self.must(f"attach --as {way}", r.status == 0, r)
            seen, bound = self.guest.run(read).stdout, self.slipway.drivers()["near1"]
            self.step(f"the guest reads there what the host has written, and the drive is on {driver}", text in seen.split() and bound == driver, seen, bound)
            self.step("the controller itself is not the guest's", "near1" not in self.guest.drives())
            r = self.slipway("detach", "osd1", "serial=near1")
            bound = self.slipway.drivers()["near1"]
            self.step("detach: it is the host's again", r.status == 0 and bound == "nvme" and text not in self.guest.run(read).stdout.split(), r, bound)

    def moves(self):
        """From the running guest to one that is off, which then gets a USB stick, too."""
        self.slip("profile", "define", "bios", "--name", "osd2", "--type", "qemu", "--memory", "128M", "--hugepages", "off", "--network", "none", "--usb", "on")
        self.slip("attach", "osd1", "serial=near1")
        self.arrived("near1")
        r = self.slipway("move", "serial=near1", "osd1", "osd2")
        has = self.machine.run("virsh dumpxml osd2").stdout.count("<hostdev ")
        self.step("move: from the running guest to one that is off", r.status == 0 and has == 1 and self.slipway.drivers()["near1"] == "nvme", r, has)
        self.arrived()
        said = self.slip("list", "serial=near1").stdout
        self.step("list says which guest holds it now", "osd2" in said and "osd1" not in said, said)
        self.slip("detach", "osd2", "serial=near1")
        self.usb()
        self.machine.run("virsh undefine osd2", check=True)

    def usb(self):
        m = self.machine
        port = m.run("grep -lx stick1 /sys/bus/usb/devices/*/serial", check=True).stdout.split("/")[-2]
        r = self.slipway("attach", "osd1", f"usb={port}")
        self.step("a guest without a USB controller gets no stick, and is told the way out", r.status == 3 and "--usb on" in r.stderr, r)
        r = self.slipway("attach", "osd2", f"usb={port}")
        m.run("virsh start --paused osd2", check=True)
        seen, disk = (m.run(line).stdout for line in ("virsh qemu-monitor-command osd2 --hmp info usb", "ls /dev/disk/by-id"))
        self.step("attach usb=PORT: the other guest starts with the stick, and the host has it no more", r.status == 0 and "Product" in seen
                  and "stick1" not in disk, r, seen, disk)  # fmt: skip
        r = self.slipway("detach", "osd2", f"usb={port}")
        seen = m.run("virsh qemu-monitor-command osd2 --hmp info usb").stdout
        # usb-storage lets a stick rest for a second before it looks for disks in it (delay_use).
        m.wait_for("ls /dev/disk/by-id | grep -q stick1", 60, "the host to show the disk of stick1")
        self.step("detach: it is the host's again, while that guest runs", r.status == 0 and "Product" not in seen, r, seen)
        m.run("virsh destroy osd2", check=True)

    def disk(self, serial):
        """The host's name of a drive, also where it has paths."""
        return f"/dev/$(cd /sys/bus/pci/devices/{self.addresses[serial]}/nvme/nvme*/ && ls -d nvme*n1 | sed s/c[0-9]*n/n/)"

    def take_back(self, *serials):
        r = self.slipway("detach", "osd1", *(f"serial={serial}" for serial in serials))
        drivers = self.slipway.drivers()
        self.must(f"detach {' and '.join(serials)} from the running guest: the host has them again, on nvme", r.status == 0
                  and {drivers[serial] for serial in serials} == {"nvme"}, r, drivers)  # fmt: skip

    def unplugged(self):
        """Somebody pulls the drive while it is on its way to the guest."""
        m = self.machine
        m.run(f"(slipway attach osd1 serial=near1 > /tmp/out 2>&1; echo $? > /tmp/status) & sleep {self.seconds / 2:.2f}", check=True)
        m.qmp("device_del", id="nvme5")
        m.wait_for("test -s /tmp/status", 120, "the attach to end")
        print(f"# attach ended with {m.read('/tmp/status').strip()}: {m.read('/tmp/out').strip()}", flush=True)
        m.wait_for(f"! test -e /sys/bus/pci/devices/{self.addresses['near1']}", 120, "the drive to be gone")
        r = self.slipway("rollback", "999999")
        self.step("the drive unplugged in the middle: slipway goes on without it", "near1" not in self.slipway.devices(), r)
        self.arrived()
        states = [t["state"] for t in self.slipway.transactions()]
        self.step("and no transaction is half done", not set(states) - {"applied", "undone"}, states)

    def destroyed(self):
        """The guest loses its power while a drive is on its way to it, and another is there."""
        self.slip("attach", "osd1", "serial=data1")
        self.arrived("data1")
        r = self.interrupted("data2", "virsh destroy osd1")
        print(f"# attach ended with {r.status}: {r.stderr.strip()}", flush=True)
        self.slipway("rollback", "999999")
        drivers = self.slipway.drivers()
        files = self.machine.run(VFIO_FILES).stdout
        overrides = self.machine.run(OVERRIDES).stdout.split()
        self.step("the guest destroyed in the middle: its drives are the host's again", not self.guest.is_running() and not files
                  and not overrides and drivers["data1"] == drivers["data2"] == "nvme", drivers, files, overrides)  # fmt: skip


def main(steps, build):
    with lab.machine(hardware()) as machine:
        machine.start()
        steps.step("a server with two NUMA nodes boots")
        s = Scene(steps, scene.Slipway(machine, build))
        s.define_and_start()
        s.gives_one_back()
        s.write_and_read()
        s.come_and_go(CYCLES)
        s.time_attach("near1")
        s.killed(KILLS)
        s.libvirt_restarts()
        s.cards()
        s.virtual_functions()
        s.network_card()
        s.as_disks()
        s.moves()
        s.unplugged()
        s.destroyed()


if __name__ == "__main__":
    scene.run(main)
