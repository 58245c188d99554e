"""The lab's disk image: built from Debian packages when it is absent or its recipe has changed."""

import contextlib
import dataclasses
import hashlib
import inspect
import json
import pathlib
import shutil
import subprocess
import sys
import time

import apt
import cache
import vm

HERE = pathlib.Path(__file__).resolve().parent
RECIPES = HERE / "images"
SUITE = "bookworm"
ROOT_UUID = "4c414221-0000-4000-8000-000000000001"
ESP_ID = "1AB01AB0"
HASH_LENGTH = 12


@dataclasses.dataclass(frozen=True)
class Variant:
    """
    An image: built of packages, those of the list but for some, with a recipe that runs before the kernel's package makes its
    initramfs; or another variant's, of which a script makes something else while the server runs.
    """

    add: tuple = ()
    remove: tuple = ()
    before: str = "initramfs.setup"
    base: str = None
    finish: str = None
    architecture: str = dataclasses.field(default="x86_64", repr=False)


# Debian 12's kernel for s390x has no VFIO.
FOREIGN_SUITE = "trixie"
# The self-tests of the kernel's cryptography take half of its start under emulation.
FOREIGN_ARGUMENTS = "quiet cryptomgr.notests mitigations=off"
FOREIGN_SECONDS = 1800
GUESTS_PACKAGES = ("libvirt-clients", "libvirt-daemon-driver-qemu", "libvirt-daemon-system", "libvirt0", "nftables", "qemu-system-s390x", "qemu-utils")
VARIANTS = {SUITE: Variant(), "dracut": Variant(("dracut",), ("initramfs-tools",), "dracut.setup"),
            "systemd-boot": Variant(base=SUITE, finish="systemd-boot.finish"), "bare": Variant(base=SUITE, finish="bare.finish"),
            "s390x": Variant(architecture="s390x"), "s390x-guests": Variant(GUESTS_PACKAGES, architecture="s390x")}  # fmt: skip


def hardware(variant):
    """What a machine of this image has unless a test says otherwise."""
    return vm.mainframe() if VARIANTS[variant].architecture == "s390x" else vm.Hardware()


def recipe_hash(variant):
    """Of all that goes into this image; the recipe of another variant does not."""
    if VARIANTS[variant].architecture != "x86_64":
        return foreign_hash(VARIANTS[variant])
    others = {name for v in VARIANTS.values() for name in (v.before, v.finish)}
    others -= {VARIANTS[variant].before, VARIANTS[variant].finish}
    code = "".join(map(inspect.getsource, (install, first_boot, change)))
    digest = hashlib.sha256((code + repr(VARIANTS[variant])).encode())
    for file in sorted(RECIPES.iterdir()):
        if file.name not in others and not file.name.startswith("s390x."):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:HASH_LENGTH]


def foreign_hash(variant):
    code = "".join(map(inspect.getsource, (unpack, first_ipl)))
    digest = hashlib.sha256((code + FOREIGN_SUITE + FOREIGN_ARGUMENTS + repr(variant)).encode())
    for file in (*sorted(RECIPES.glob(f"{variant.architecture}.*")), RECIPES / "guest.init"):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:HASH_LENGTH]


def ensure(variant=SUITE, rebuild=False):
    """The image, built if need be."""
    base = cache.folder() / "images"
    base.mkdir(parents=True, exist_ok=True)
    folder = base / f"{variant}-{recipe_hash(variant)}"
    with cache.lock(base / f"{variant}.lock"):
        if rebuild or not folder.exists():
            build(base / f"building-{variant}", folder, variant)
            remove_unused(base, folder, variant)
    if VARIANTS[variant].architecture != "x86_64":
        return vm.Image(folder / "disk.raw", None, folder / "key")
    return vm.Image(folder / "disk.raw", folder / "efi.vars", folder / "key")


def remove_unused(base, newest, variant):
    """Images of this variant that no machine's disks are made of any more."""
    machines = (cache.folder() / "run").glob("*/machine.json")
    used = {pathlib.Path(json.loads(file.read_text())["image"]["disk"]).parent for file in machines}
    for old in base.glob(f"{variant}-" + "?" * HASH_LENGTH):
        if old != newest and old not in used:
            shutil.rmtree(old)


def build(work, folder, variant):
    cache.clear(work)
    work.mkdir()
    image, wanted = vm.Image(work / "disk.raw", work / "efi.vars", work / "key"), VARIANTS[variant]
    if wanted.base:
        change(work, image, wanted)
    elif wanted.architecture != "x86_64":
        make_key(image)
        image = dataclasses.replace(image, efi_vars=None)
        with step(f"unpack Debian {FOREIGN_SUITE}'s packages and make the disk ({variant})"):
            unpack(work, image, wanted)
        first_ipl(work, image)
    else:
        make_key(image)
        with step(f"install Debian {SUITE}'s packages and make the disk ({variant})"):
            install(work, image, wanted)
        first_boot(work, image)
    if folder.exists():
        shutil.rmtree(folder)
    work.rename(folder)


def make_key(image):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", image.key], check=True)


def install(work, image, variant):
    names = (RECIPES / f"{SUITE}.packages").read_text().split()
    packages = ",".join([name for name in names if name not in variant.remove] + list(variant.add))
    (work / "sources.list").write_text(apt.sources(SUITE))
    hooks = (
        f'"{RECIPES}/guest.setup" "$1" "{RECIPES}/guest.init"',
        f'"{RECIPES}/{SUITE}.setup" "$1" "{image.key}.pub" {ROOT_UUID} {ESP_ID}',
    )
    command = ["mmdebstrap", "--variant=minbase", f"--include={packages}"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("man", "doc", "locale")]
    command += [f"--aptopt={option}" for option in apt.options()]
    # Before the kernel's package makes its initramfs.
    command += [f'--essential-hook="{RECIPES}/{variant.before}" "$1"']
    command += [f"--customize-hook={hook}" for hook in hooks]
    command += [SUITE, str(work / "root"), str(work / "sources.list"), "--format=directory"]
    log = work / "build.log"
    with log.open("w") as output:
        r = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        if r.returncode == 0:
            r = subprocess.run([RECIPES / "disk.setup", work / "root", image.disk, ROOT_UUID, ESP_ID],
                               stdout=output, stderr=subprocess.STDOUT)  # fmt: skip
    if r.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
        raise vm.MachineError(f"the image cannot be built ({log}):\n{tail}")
    shutil.rmtree(work / "root")


def first_boot(work, image):
    """The bootloader as Debian's own tools install it, which they only do on the running machine."""
    shutil.copyfile(vm.OVMF / "OVMF_VARS_4M.fd", image.efi_vars)
    with vm.Machine(work / "first-boot", image) as machine:
        with step("first boot"):
            machine.start()
        with step("grub-install and update-grub"):
            machine.run("grub-install && update-grub", check=True, timeout=300)
        with step("shut down"):
            if not machine.stop():
                raise vm.MachineError("the first boot did not end cleanly")
        boot_drive = machine.hardware.drives[0]
        with step("write the disk"):
            subprocess.run(["qemu-img", "commit", "-q", machine.disk(boot_drive)], check=True)
        shutil.copyfile(machine.folder / "uefi.vars", image.efi_vars)


def unpack(work, image, variant):
    """
    A tree of another architecture, of whose programs none runs here: under qemu-user the packages' own scripts take six minutes,
    and zipl does not run at all.
    """
    prefix, root, log = RECIPES / variant.architecture, work / "root", work / "build.log"
    packages = prefix.with_suffix(".packages").read_text().split() + list(variant.add)
    (work / "sources.list").write_text(foreign_sources())
    command = ["mmdebstrap", "--variant=extract", f"--architectures={variant.architecture}", f"--include={','.join(packages)}"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("man", "doc", "locale")]
    command += [f"--aptopt={option}" for option in apt.options()]
    with log.open("w") as output:
        for words in ([*command, FOREIGN_SUITE, root, work / "sources.list", "--format=directory"],
                      [prefix.with_suffix(".setup"), root, f"{image.key}.pub", ROOT_UUID, FOREIGN_ARGUMENTS],
                      [prefix.with_suffix(".initrd"), root, work / "initrd"], [prefix.with_suffix(".guest"), root, RECIPES / "guest.init"],
                      [prefix.with_suffix(".disk"), root, image.disk, ROOT_UUID]):  # fmt: skip
            r = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            if r.returncode != 0:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
                raise vm.MachineError(f"the image cannot be built ({log}):\n{tail}")
    shutil.copyfile(next((root / "boot").glob("vmlinuz-*")), work / "kernel")
    shutil.rmtree(root)


def foreign_sources():
    """The main archive that this machine reaches, of the other release."""
    main = next(line for line in apt.sources(SUITE).splitlines() if line.endswith(f" {SUITE} main"))
    return main.replace(f" {SUITE} ", f" {FOREIGN_SUITE} ") + "\n"


def first_ipl(work, image):
    """The initramfs and the boot record, which are made on the running machine."""
    start = ("-kernel", str(work / "kernel"), "-initrd", str(work / "initrd"), "-append", f"root=/dev/vda1 ro {FOREIGN_ARGUMENTS}")
    with_one_drive = vm.mainframe(drives=vm.mainframe().drives[:1], qemu_args=start)
    with vm.Machine(work / "first-boot", image, with_one_drive) as machine:
        with step("first boot"):
            machine.start(timeout=FOREIGN_SECONDS)
        with step("update-initramfs and zipl"):
            machine.run("update-initramfs -c -k all && zipl", check=True, timeout=FOREIGN_SECONDS)
        with step("shut down"):
            if not machine.stop(timeout=FOREIGN_SECONDS):
                raise vm.MachineError("the first boot did not end cleanly")
        with step("write the disk"):
            subprocess.run(["qemu-img", "commit", "-q", machine.disk(machine.hardware.drives[0])], check=True)


def change(work, image, variant):
    """Another variant's image, made this one in a boot of its own."""
    base = ensure(variant.base)
    for ours, theirs in ((image.disk, base.disk), (image.efi_vars, base.efi_vars), (image.key, base.key),
                         (f"{image.key}.pub", f"{base.key}.pub")):  # fmt: skip
        subprocess.run(["cp", "--sparse=always", theirs, ours], check=True)
    with vm.Machine(work / "change", image) as machine:
        with step(variant.finish):
            machine.start()
            machine.run("sh -eux", input=(RECIPES / variant.finish).read_text(), check=True, timeout=600)
            if not machine.stop():
                raise vm.MachineError("the last boot did not end cleanly")
            subprocess.run(["qemu-img", "commit", "-q", machine.disk(machine.hardware.drives[0])], check=True)
        shutil.copyfile(machine.folder / "uefi.vars", image.efi_vars)


@contextlib.contextmanager
def step(text):
    began = time.monotonic()
    print(f"[lab build] {text} ...", file=sys.stderr, flush=True)
    yield
    print(f"[lab build] {text}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
