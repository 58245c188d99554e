#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# binder_script.sh BINDER SCRIPT [CALL]: the script of the initramfs, unchanged and with the real binder, in a root of its own.
# With CALL it is sourced as dracut and mkinitcpio do it, CALL follows, and the shell must live on. $EMULATOR, a static program,
# runs a binder that is not made for this machine.
# Prints the Test Anything Protocol. Needs root (chroot) and a static busybox for the shell of that root.
set -u

binder=$1
script=$2
call=${3:-}
n=0
failed=0

if [ "$(id -u)" != 0 ] || ! [ -x /usr/bin/busybox ] || ldd /usr/bin/busybox >/dev/null 2>&1; then
	echo "1..0 # SKIP needs root and the package busybox-static"
	exit 0
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# A boot: kernel command line, and the list of devices.
boot() {
	rm -rf "${root:?}"/*
	mkdir -p "$root/bin" "$root/sbin" "$root/proc/self" "$root/dev" "$root/run" "$root/etc/slipway" "$root/usr/libexec/slipway" \
		"$root/scripts/init-top" "$root/sys/bus/pci/drivers/vfio-pci" "$root/sys/bus/pci/devices"
	cp /usr/bin/busybox "$root/bin/sh"
	put_binder "$root/usr/libexec/slipway"
	cp "$script" "$root/scripts/init-top/slipway"
	printf '#!/bin/sh\necho "$*" >>/modprobe.log\n' >"$root/sbin/modprobe"
	chmod 755 "$root/sbin/modprobe" "$root/scripts/init-top/slipway"
	: >"$root/dev/kmsg"
	: >"$root/proc/self/mountinfo"
	echo "$1" >"$root/proc/cmdline"
	printf '%s\n' "$2" >"$root/etc/slipway/devices.conf"
}

put_binder() {
	if [ -z "${EMULATOR:-}" ]; then
		cp "$binder" "$1/slipway-bind"
		return
	fi
	cp "$EMULATOR" "$1/emulator"
	cp "$binder" "$1/emulated"
	printf '#!/bin/sh\nexec /usr/libexec/slipway/emulator /usr/libexec/slipway/emulated "$@"\n' >"$1/slipway-bind"
	chmod 755 "$1/slipway-bind"
}

# A drive on vfio-pci's doorstep: no driver, no PCIe serial number.
add_drive() {
	device=$root/sys/devices/pci0000:00/0000:00:06.0/0000:05:00.0
	mkdir -p "$device" "$root/sys/kernel/iommu_groups/7"
	ln -s ../../../../kernel/iommu_groups/7 "$device/iommu_group"
	ln -s ../../../devices/pci0000:00/0000:00:06.0/0000:05:00.0 "$root/sys/bus/pci/devices/0000:05:00.0"
	echo 0x144d | tee "$device/vendor" >"$device/subsystem_vendor"
	echo 0xa80a | tee "$device/device" >"$device/subsystem_device"
	echo 0x010802 >"$device/class"
	head -c 256 /dev/zero >"$device/config"
}

# What the script says, and its exit status.
run() {
	if [ -z "$call" ]; then
		chroot "$root" /bin/sh -c 'PATH=/sbin:/bin exec /scripts/init-top/slipway' 2>&1
		echo "status $?"
	else
		chroot "$root" /bin/sh -c "PATH=/sbin:/bin; . /scripts/init-top/slipway; $call; echo status 0" 2>&1
	fi
}

check() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '%s\n' "is" "$2" "and not" "$3" | sed 's/^/# /'
		failed=1
	fi
}

line="0000:05:00.0 bind=address id=144d:a80a subsystem=144d:a80a class=010802 path=0000:00/06.0/00.0"

for cmdline in "root=/dev/sda1 ro" "slipway.bind=0" "slipway.bind=10" "a=\"x slipway.bind=1\"" "slipway.bind=1 slipway.bind=0"; do
	boot "$cmdline" "$line"
	check "with $cmdline the script says nothing" "$(run)" "status 0"
	check "and does nothing" "$(find "$root/run" "$root/modprobe.log" 2>/dev/null; cat "$root/dev/kmsg")" "$root/run"
done

boot "ro slipway.bind=1" "$line"
check "a device that is absent does not disturb the boot" "$(run)" "status 0"
check "vfio is loaded, nvme is not" "$(cat "$root/modprobe.log")" "-qab vfio-pci vfio_iommu_type1"
check "the absence is in the kernel log" "$(cat "$root/dev/kmsg")" "<4>slipway: 0000:05:00.0: left to the host: no device is there"
run >"$root/second.log"
check "and is there once, when the script runs twice" "$(cat "$root/dev/kmsg")" \
	"<4>slipway: 0000:05:00.0: left to the host: no device is there"

boot "slipway.bind=1" "$line serial=S1"
add_drive
check "a drive without a driver does not disturb the boot" "$(run)" "status 0"
check "nvme is loaded for a drive that it alone can tell" "$(cat "$root/modprobe.log")" \
	"-qab vfio-pci vfio_iommu_type1
-q nvme"
check "whose serial is not waited for in vain for ever" "$(cat "$root/run/slipway/early")" \
	"0000:05:00.0 result=left reason=the%20nvme%20driver%20showed%20no%20serial%20within%205000%20ms"

boot "slipway.bind=1" "$line"
rm "$root/etc/slipway/devices.conf"
check "a missing list does not disturb the boot" "$(run)" "status 0"

boot "slipway.bind=1" "$line"
rm "$root/usr/libexec/slipway/slipway-bind"
check "nor does a missing binder" "$(run)" "status 0"

boot "slipway.bind=1" "$line"
rm "$root/sbin/modprobe"
check "nor a missing modprobe" "$(run | tail -n 1)" "status 0"

echo "1..$n"
exit "$failed"
