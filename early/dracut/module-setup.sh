#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# slipway's dracut module: the early binder, its list of devices and the vfio modules. dracut sources this file.

# Only where it is asked for, as /etc/dracut.conf.d/90-slipway.conf of 'slipway apply' does.
check() {
	return 255
}

depends() {
	echo base
}

# Whatever this host's devices are on while the image is made.
installkernel() {
	hostonly='' instmods vfio_pci vfio_iommu_type1 nvme
}

# dracut sets what is not set here.
# shellcheck disable=SC2154
install() {
	local conf=/etc/slipway/devices.conf trial=/etc/slipway/trial.conf binder=/usr/libexec/slipway/slipway-bind crc size

	inst_simple "$binder" && inst_simple "$conf" || return 1
	# An image that is made for any host takes nothing else from /etc/modprobe.d.
	inst_multiple -o /etc/modprobe.d/zz-slipway.conf
	inst_hook pre-udev 00 "$moddir/slipway-bind.sh"
	# By these marks 'slipway apply' knows the image as whole, and which lists of devices are inside: a trial boot has its own.
	if [[ -r $dracutsysrootdir$trial ]]; then
		inst_simple "$trial" || return 1
		read -r crc size < <(cksum <"$dracutsysrootdir$trial")
		: >"$initdir/etc/slipway/trial-$crc-$size"
	fi
	read -r crc size < <(cksum <"$dracutsysrootdir$conf")
	cmp -s "$dracutsysrootdir$conf" "$initdir$conf" && : >"$initdir/etc/slipway/image-$crc-$size"
}
