#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# slipway: gives the devices in /etc/slipway/devices.conf to vfio-pci before udev loads the host's drivers. Does nothing
# without slipway.bind=1 on the kernel command line. dracut sources this file: no exit here, and nothing that may stop the boot.

slipway_bind=/usr/libexec/slipway/slipway-bind

if [ -x "$slipway_bind" ] && [ "$("$slipway_bind" asked)" = yes ]; then
	# By its path, since busybox's shell would run a modprobe of its own, which knows no vfio-pci.ids=.
	/sbin/modprobe -qab vfio-pci vfio_iommu_type1
	# The second pass is for drives that only the nvme driver can tell from their twins.
	if [ "$("$slipway_bind" first)" = nvme ]; then
		/sbin/modprobe -q nvme
		"$slipway_bind" second
	fi
fi
unset slipway_bind
