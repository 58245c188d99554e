#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""slipway bind and release where vfio-pci knows a drive's id, as vfio-pci.ids= tells it: whoever asks every driver gets vfio-pci."""

import os
import pathlib

import make_host
from crash import Host, difference, host_of, known_by_id, must_live
from tap import HERE, Folder, main, test

ADDRESS = "0000:02:00.0"
DEVICE = f"sys/bus/pci/devices/{ADDRESS}"


def on_host(function):
    def run():
        must_live()
        with Folder() as folder:
            host = Host(folder / "host", live=True, areas=("sys/devices/pci0000:00",)).build()
            host.tree = make_host.Tree(host.path)
            function(host)
    run.__name__ = function.__name__
    return test(run)


def driver(host):
    link = os.path.join(host.path, DEVICE, "driver")
    return os.path.basename(os.readlink(link)) if os.path.islink(link) else None


def override(host):
    return pathlib.Path(host.path, DEVICE, "driver_override").read_text().strip()


def release(host, status=0):
    p = host.slipway("release", ADDRESS, status=status)
    return p.stdout.decode() + p.stderr.decode()


@on_host
def a_drive_that_vfio_pci_knows_by_its_id_is_released_and_bound(host):
    known_by_id(host, ADDRESS)
    before = host_of(host.look())
    assert f"{ADDRESS} is on nvme" in release(host)
    assert (driver(host), override(host)) == ("nvme", "(null)")
    host.slipway("bind", ADDRESS, "--allow", f"{ADDRESS}=unknown", status=0)
    assert driver(host) == "vfio-pci"
    host.slipway("rollback", "2", status=0)
    assert (driver(host), override(host)) == ("nvme", "(null)")
    host.slipway("rollback", "1", status=0)
    assert not difference(before, host_of(host.look()))


@on_host
def the_next_driver_is_asked_where_one_does_not_take_it(host):
    known_by_id(host, ADDRESS, "aloof")
    host.tree.link("sys/module/aloof/drivers/pci:aloof", "../../../bus/pci/drivers/aloof")
    host.tree.put("sys/module/aloof/initstate", "live\n")
    release(host)
    assert (driver(host), override(host)) == ("nvme", "(null)")


@on_host
def a_drive_that_no_driver_of_the_host_takes_stays_where_it_is(host):
    known_by_id(host, ADDRESS)
    before = host_of(host.look())
    # The module is there, and its driver will not have the drive.
    folder = pathlib.Path(host.path, "sys/bus/pci/drivers")
    (folder / "nvme").rename(folder / "gone")
    said = release(host, 4)
    assert f"{ADDRESS} was offered to the host's drivers, which did not take it" in said and f"{ADDRESS} is back on vfio-pci" in said, said
    (folder / "gone").rename(folder / "nvme")
    assert not difference(before, host_of(host.look()))


@on_host
def a_module_on_a_blacklist_is_not_loaded_but_used_where_it_is(host):
    known_by_id(host, ADDRESS)
    host.tree.put("etc/modprobe.d/blacklist.conf", "blacklist nvme\ninstall nvme echo it was loaded > /run/loaded\n")
    state = pathlib.Path(host.path, "sys/module/nvme/initstate")
    state.unlink()
    said = release(host, 4)
    assert f"vfio-pci knows the id of {ADDRESS} and takes it again, and no other module that may be loaded knows it" in said, said
    assert (driver(host), override(host)) == ("vfio-pci", "(null)") and not pathlib.Path(host.path, "run/loaded").exists()
    state.write_text("live\n")
    release(host)
    assert driver(host) == "nvme"


@on_host
def a_module_that_is_not_loaded_is_loaded(host):
    known_by_id(host, ADDRESS)
    host.tree.put("etc/modprobe.d/install.conf", "install nvme echo it was loaded > /run/loaded\n")
    pathlib.Path(host.path, "sys/module/nvme/initstate").unlink()
    release(host)
    assert driver(host) == "nvme" and pathlib.Path(host.path, "run/loaded").read_text() == "it was loaded\n"


if __name__ == "__main__":
    os.chdir(HERE)
    main()
