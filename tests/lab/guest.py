"""A guest of an emulated server, from guest-stays.raw: what it says on its console, and what its agent does for a test."""

import base64
import json
import re
import shlex
import time

import lab

DISK = "/var/lib/libvirt/images/guest-stays.raw"
START_SECONDS = 1800
# One line for each drive that is ready: "data1 0000:05:00.0 nvme0n1".
DRIVES = ("cd /sys/class/nvme && for n in *; do [ -e $n/serial ] && read -r serial < $n/serial && read -r address < $n/address "
          "&& for disk in $n/nvme*n*; do [ -e $disk ] && echo $serial $address ${disk##*/}; done; done; true")  # fmt: skip


class Guest:
    def __init__(self, machine, name, log):
        self.machine, self.name, self.log = machine, name, log

    def wait_until_up(self, timeout=START_SECONDS):
        """Until its kernel runs and its agent answers."""
        self.machine.wait_for(f"grep -q 'slipway-guest: here' {shlex.quote(self.log)}", timeout, f"{self.name} to be up")
        self._wait(lambda: self._ask({"execute": "guest-ping"}).status == 0, 120, "its agent to answer")

    def run(self, script, timeout=120, check=True):
        """A shell script in the guest, by its agent."""
        arguments = {"path": "/bin/busybox", "arg": ["sh", "-c", script], "capture-output": True}
        pid = self.agent("guest-exec", **arguments)["pid"]
        deadline = time.monotonic() + timeout
        while not (status := self.agent("guest-exec-status", pid=pid))["exited"]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"guest {self.name}: '{script}' is not done after {timeout} s")
            time.sleep(0.2)
        output = [base64.b64decode(status.get(name, "")).decode(errors="replace") for name in ("out-data", "err-data")]
        result = lab.Result(status.get("exitcode", 128 + status.get("signal", 0)), *output)
        if check and result.status != 0:
            raise lab.MachineError(f"guest {self.name}: '{script}' failed ({result.status}): {result.stdout}{result.stderr}")
        return result

    def drives(self):
        """The NVMe drives that the guest's own kernel has: serial → (address, disk)."""
        lines = self.run(DRIVES).stdout.splitlines()
        # nvme1c1n1 is a path to nvme1n1: QEMU 10's drives may have several controllers.
        return {serial: (address, re.sub(r"c\d+n", "n", disk)) for serial, address, disk in (line.split() for line in lines)}

    def wait_for_drives(self, *serials, timeout=120):
        """Until it has exactly these; what it has then."""
        self._wait(lambda: set(self.drives()) == set(serials), timeout, f"drives {sorted(serials)}, has {sorted(self.drives())}")
        return self.drives()

    def agent(self, command, **arguments):
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        r = self._ask(request)
        if r.status != 0:
            raise lab.MachineError(f"guest {self.name}: {command}: {r.stdout}{r.stderr}")
        return json.loads(r.stdout)["return"]

    def is_running(self):
        return self.machine.run(["virsh", "domstate", self.name]).stdout.strip() == "running"

    def definition(self, *options):
        return self.machine.run(["virsh", "dumpxml", *options, self.name], check=True).stdout

    def _ask(self, request):
        return self.machine.run(["virsh", "qemu-agent-command", "--timeout", "30", self.name, json.dumps(request)])

    def _wait(self, condition, timeout, awaited):
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"guest {self.name}: waited {timeout} s for {awaited}")
            time.sleep(0.5)
