#!/usr/bin/python3
"""The demo: the main job on an emulated server, told as it goes."""

import sys

import lab
import main_job
import scene


def main(steps, build):
    print("\nAn emulated server: UEFI, Intel IOMMU, four NVMe drives of one id, one of them the boot disk.\n", flush=True)
    with lab.machine(prefix="demo-") as machine:
        machine.start()
        steps.step("power on: the server has booted")
        slipway = scene.Slipway(machine, build)
        before = scene.fingerprint(machine)
        steps.step("slipway is copied into it")
        main_job.audit_before(steps, slipway)
        print(slipway("list", "class=nvme").stdout, flush=True)
        r = slipway("plan", "--passthrough", "class=nvme")
        steps.must("plan for all NVMe drives: refused, since the host lives on one of them", r.status == 3, r.stdout + r.stderr)
        print(r.stderr, flush=True)
        main_job.apply(steps, slipway)
        main_job.verify(steps, slipway)
        print(slipway("list", "class=nvme").stdout, flush=True)
        main_job.guest(steps, slipway)
        main_job.give_back(steps, slipway)
        main_job.roll_back(steps, slipway, before)
    print("\nseconds  step", flush=True)
    for name, seconds in steps.times:
        print(f"{seconds:7.0f}  {name}", flush=True)
    print(f"{steps.mark - steps.born:7.0f}  all together", flush=True)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    scene.run(main, story=True)
