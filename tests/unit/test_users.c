/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that a process, a network, or somebody at the keyboard uses: each kind of evidence alone refuses, and names the chain. */

#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/guest_holders.h"
#include "passthrough/refusal.h"
#include "tests/unit/check.h"
#include "tests/unit/machine.h"

#define ROUTE "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
#define KEYS "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe\n"
#define ISCSI "sys/devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sda"

struct file {
	const char *path, *text; /* "->TARGET": a link */
};

#define OWN_ADDRESS                                                                                   \
	{ "proc/net/route", ROUTE "eno1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n" },             \
	{                                                                                             \
		"proc/net/fib_trie", "Local:\n     |-- 192.0.2.7\n        /32 host LOCAL\n"          \
	}
#define FC_ADDRESS "traddr=nn-0x200a00a098c80d09:pn-0x200b00a098c80d09,host_traddr=nn-0x20000090fac7e706:pn-0x10000090fac7e706\n"
#define FC_NODE "sys/devices/pci0000:00/" SERIAL "/host3/fc_host/host3"
#define FC_HOST { "sys/class/fc_host/host3", "->../../devices/pci0000:00/" SERIAL "/host3/fc_host/host3" }, { FC_NODE "/port_name", "0x10000090fac7e706\n" }

static const struct row {
	const char *name;
	struct file files[8];
	const char *address;
	enum use_kind kind;
	const char *what, *via;
	bool is_vital;
} rows[] = {
	{ "a program at the raw disk", { { "proc/4711/fd/13", "->/dev/nvme0n1" }, { "proc/4711/comm", "qemu-system-x86\n" } }, DISK, USE_OPEN,
	  "process 4711 (qemu-system-x86) has /dev/nvme0n1 open", "nvme0n1", false },
	{ "a program at the disk's controller", { { "proc/4711/fd/3", "->/dev/nvme0" }, { "proc/4711/comm", "spdk\n" },
	  { "sys/class/nvme/nvme0", "->../../devices/pci0000:00/" DISK "/nvme/nvme0" } }, DISK, USE_OPEN, "has /dev/nvme0 open", "", false },
	{ "a program at the disk's generic node", { { "proc/4711/fd/3", "->/dev/ng0n1" }, { "proc/4711/comm", "x\n" },
	  { "sys/class/nvme-generic/ng0n1", "->../../devices/pci0000:00/" DISK "/nvme/nvme0/ng0n1" } }, DISK, USE_OPEN, "/dev/ng0n1", "", false },
	{ "a program that maps the device's memory", { { "proc/4711/fd/3", "->/sys/devices/pci0000:00/" DISK "/resource0" },
	  { "proc/4711/comm", "dpdk\n" } }, DISK, USE_OPEN, "(dpdk) has /sys/devices/pci0000:00/" DISK "/resource0 open", "", false },
	{ "a userspace driver", { { "proc/4711/fd/3", "->/dev/uio0" }, { "proc/4711/comm", "spdk_tgt\n" },
	  { "sys/class/uio/uio0", "->../../devices/pci0000:00/" DISK "/uio/uio0" } }, DISK, USE_OPEN, "(spdk_tgt) has /dev/uio0 open", "", false },
	{ "a modem manager", { { "proc/902/fd/9", "->/dev/ttyUSB0" }, { "proc/902/comm", "ModemManager\n" },
	  { "sys/class/tty/ttyUSB0", "->../../devices/pci0000:00/" XHCI "/usb1/1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0" } }, XHCI, USE_OPEN,
	  "(ModemManager) has /dev/ttyUSB0 open", "", false },
	{ "a clock of the port", { { "proc/903/fd/9", "->/dev/ptp0" }, { "proc/903/comm", "ptp4l\n" },
	  { "sys/class/ptp/ptp0", "->../../devices/pci0000:00/" PORT "/ptp/ptp0" } }, PORT, USE_OPEN, "(ptp4l) has /dev/ptp0 open", "", false },
	{ "sound", { { "proc/904/fd/9", "->/dev/snd/pcmC0D0p" }, { "proc/904/comm", "pipewire\n" },
	  { "sys/class/sound/pcmC0D0p", "->../../devices/pci0000:00/" GPU "/sound/card0/pcmC0D0p" } }, GPU, USE_OPEN, "(pipewire) has /dev/snd/pcmC0D0p open",
	  "", false },
	{ "a display server", { { "proc/900/fd/20", "->/dev/dri/card0" }, { "proc/900/comm", "Xorg\n" },
	  { "sys/class/drm/card0", "->../../devices/pci0000:00/" GPU "/drm/card0" } }, GPU, USE_OPEN, "process 900 (Xorg) has /dev/dri/card0 open", "",
	  false },
	{ "a computation on the GPU", { { "proc/901/fd/20", "->/dev/nvidia1" }, { "proc/901/comm", "python3\n" },
	  { "proc/driver/nvidia/gpus/0000:00:01.0/information", "Model: x\nDevice Minor: \t 0\n" },
	  { "proc/driver/nvidia/gpus/" GPU "/information", "Model: x\nDevice Minor: \t 1\n" } }, GPU, USE_OPEN, "(python3) has /dev/nvidia1 open", "",
	  false },
	{ "a guest with a USB device", { { "proc/78/fd/20", "->/dev/bus/usb/003/007" }, { "proc/78/comm", "qemu\n" },
	  { "sys/bus/usb/devices/usb3", "->../../../devices/pci0000:00/" XHCI "/usb3" } }, XHCI, USE_OPEN,
	  "process 78 (qemu) has /dev/bus/usb/003/007 open", "", false },
	{ "a guest by vDPA", { { "proc/79/fd/20", "->/dev/vhost-vdpa-0" }, { "proc/79/comm", "qemu\n" },
	  { "sys/class/vhost-vdpa/vhost-vdpa-0", "->../../devices/pci0000:00/" PORT "/vdpa0/vhost-vdpa-0" } }, PORT, USE_OPEN,
	  "process 79 (qemu) has /dev/vhost-vdpa-0 open", "", false },
	{ "who talks to the BMC", { { "proc/905/fd/5", "->/dev/ipmi0" }, { "proc/905/comm", "ipmievd\n" },
	  { "sys/class/ipmi/ipmi0", "->../../devices/pci0000:00/" SERIAL "/ipmi/ipmi0" } }, SERIAL, USE_OPEN, "(ipmievd) has /dev/ipmi0 open", "", false },
	{ "a guest by iommufd", { { "proc/77/fd/9", "->/dev/vfio/devices/vfio0" }, { "proc/77/comm", "qemu\n" },
	  { "sys/class/vfio-dev/vfio0", "->../../devices/pci0000:00/" GPU "/vfio-dev/vfio0" },
	  { "sys/devices/pci0000:00/" GPU "/driver", "->/sys/bus/pci/drivers/vfio-pci" } }, GPU, USE_VFIO,
	  "process 77 (qemu) has /dev/vfio/devices/vfio0 open", "", false },
	{ "a guest by its group", { { "proc/77/fd/9", "->/dev/vfio/4" }, { "proc/77/comm", "qemu\n" },
	  { "sys/devices/pci0000:00/" GPU "/driver", "->/sys/bus/pci/drivers/vfio-pci" } }, GPU, USE_VFIO, "has /dev/vfio/4 open", "", false },
	{ "a guest without an IOMMU", { { "proc/77/fd/9", "->/dev/vfio/noiommu-4" }, { "proc/77/comm", "dpdk\n" },
	  { "sys/devices/pci0000:00/" GPU "/driver", "->/sys/bus/pci/drivers/vfio-pci" } }, GPU, USE_VFIO, "(dpdk) has /dev/vfio/noiommu-4 open", "", false },
	{ "a process that ends while it is read", { { "proc/4711/fd/13", "->/dev/nvme0n1" } }, DISK, USE_OPEN,
	  "process 4711 (a process that has ended) has /dev/nvme0n1 open", "nvme0n1", false },
	{ "the only keyboard", { { "sys/class/input/input3", "->../../devices/pci0000:00/" XHCI "/usb1/1-2/1-2:1.0/0003:1:2.1/input/input3" },
	  { "sys/devices/pci0000:00/" XHCI "/usb1/1-2/1-2:1.0/0003:1:2.1/input/input3/capabilities/key", KEYS },
	  { "sys/devices/pci0000:00/" XHCI "/usb1/1-2/1-2:1.0/0003:1:2.1/input/input3/name", "Virtual BMC Keyboard\n" } }, XHCI, USE_INPUT,
	  "the only keyboard (Virtual BMC Keyboard)", "", false },
	{ "a serial console", { { "proc/consoles", "ttyS4                -W- (EC p a)    4:68\ntty0  -WU (EC  )  4:2\n" },
	  { "sys/class/tty/ttyS4", "->../../devices/pci0000:00/" SERIAL "/" SERIAL ":0/" SERIAL ":0.0/tty/ttyS4" } }, SERIAL, USE_CONSOLE,
	  "console ttyS4 of the kernel", "", false },
	{ "a console, as an ordinary user sees it", { { "sys/class/tty/console/active", "tty0 ttyS4\n" },
	  { "sys/class/tty/ttyS4", "->../../devices/pci0000:00/" SERIAL "/tty/ttyS4" } }, SERIAL, USE_CONSOLE, "console ttyS4", "", false },
	{ "the framebuffer of the console", { { "sys/class/graphics/fb0", "->../../devices/pci0000:00/" GPU "/graphics/fb0" } }, GPU, USE_DISPLAY,
	  "the console's framebuffer fb0", "", false },
	{ "a mounted USB drive", { { "sys/block/sdb", "->../devices/pci0000:00/" XHCI "/usb1/1-1/1-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb" },
	  { "sys/devices/pci0000:00/" XHCI "/usb1/1-1/1-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb/dev", "8:16\n" },
	  { "run/udev/data/b8:16", "E:X=1\n" }, { "proc/self/mountinfo", ROOT "22 1 8:16 / /boot rw - vfat /dev/sdb rw\n" } }, XHCI, USE_MOUNT,
	  "vfat on /boot", "sdb", true },
	{ "a USB network port", { { "sys/class/net/enx0", "->../../devices/pci0000:00/" XHCI "/usb1/1-1/1-1:1.0/net/enx0" },
	  { "sys/devices/pci0000:00/" XHCI "/usb1/1-1/1-1:1.0/net/enx0/ifindex", "3\n" },
	  { "proc/net/route", ROUTE "enx0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n" } }, XHCI, USE_NETWORK, "route default via 192.0.2.1", "enx0",
	  false },
	{ "a SATA disk", { { "sys/block/sdb", "->../devices/pci0000:00/" XHCI "/ata1/host0/target0:0:0/0:0:0:0/block/sdb" },
	  { "sys/devices/pci0000:00/" XHCI "/ata1/host0/target0:0:0/0:0:0:0/block/sdb/dev", "8:16\n" },
	  { "run/udev/data/b8:16", "E:ID_FS_TYPE=ceph_bluestore\n" } }, XHCI, USE_DATA, "ceph_bluestore signature", "sdb", false },
	{ "a virtio disk with swap", { { "sys/block/vda", "->../devices/pci0000:00/" XHCI "/virtio1/block/vda" },
	  { "sys/devices/pci0000:00/" XHCI "/virtio1/block/vda/dev", "254:0\n" }, { "run/udev/data/b254:0", "E:X=1\n" },
	  { "proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/vda partition 9 0 -2\n" } }, XHCI, USE_SWAP, "swap on /dev/vda", "vda", true },
	{ "a port in another network namespace", { { "sys/class/net/eno1", "->gone" }, { "sys/class/net/lo/ifindex", "1\n" } }, PORT, USE_NETWORK,
	  "its port is in another network namespace", "", false },
	{ "a port with PPPoE", { { "proc/net/pppoe", "Id       Address              Device\n00000A00 52:54:00:12:34:56     eno1\n" } }, PORT, USE_NETWORK,
	  "session of PPPoE", "eno1", false },
	{ "a port whose master alone is known", { { "sys/devices/pci0000:00/" PORT "/net/eno1/master", "->../../../../virtual/net/ovs-system" } }, PORT,
	  USE_NETWORK, "port of ovs-system", "eno1", false },
	{ "an IPv4 address in a capture", { { "proc/net/route", ROUTE "eno1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n" },
	  { "proc/net/fib_trie", "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.0.2.0\n        /24 link UNICAST\nLocal:\n     |-- 127.0.0.1\n"
	  "        /32 host LOCAL\n     |-- 192.0.2.7\n        /32 host LOCAL\n" } }, PORT, USE_NETWORK, "address 192.0.2.7/24", "eno1", false },
	{ "root on NFS", { { "proc/self/mountinfo", "21 1 0:50 / / rw - nfs4 192.0.2.9:/root rw,vers=4.2,addr=192.0.2.9\n" },
	  { "proc/net/route", ROUTE "eno1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n" } }, PORT, USE_REMOTE, "nfs4 on /", "eno1 → 192.0.2.9", true },
	{ "a DMA engine that a raid copies by", { { "sys/class/dma/dma0chan0", "->../../devices/pci0000:00/" SERIAL "/dma/dma0chan0" },
	  { "sys/devices/pci0000:00/" SERIAL "/dma/dma0chan0/in_use", "1\n" } }, SERIAL, USE_HOLDER, "the kernel has asked for its channel dma0chan0", "",
	  false },
	{ "a dock", { { "sys/bus/thunderbolt/devices/0-1", "->../../../devices/pci0000:00/" XHCI "/domain0/0-0/0-1" },
	  { "sys/devices/pci0000:00/" XHCI "/domain0/0-0/0-1/vendor_name", "Dell\n" },
	  { "sys/devices/pci0000:00/" XHCI "/domain0/0-0/0-1/device_name", "WD19TB Dock\n" },
	  { "sys/bus/thunderbolt/devices/0-0", "->../../../devices/pci0000:00/" SERIAL "/domain0/0-0" } }, XHCI, USE_BOARD,
	  "Dell WD19TB Dock is connected to it by Thunderbolt", "", false },
	{ "a box by Thunderbolt, of no name", { { "sys/bus/thunderbolt/devices/1-301", "->../../../devices/pci0000:00/" XHCI "/domain1/1-0/1-1/1-301" } },
	  XHCI, USE_BOARD, "1-301 is connected to it by Thunderbolt", "", false },
	{ "root on an image on NFS", { { "sys/devices/virtual/block/loop0/loop/backing_file", "/run/server/root.img\n" },
	  { "sys/devices/virtual/block/loop0/dev", "7:0\n" }, { "sys/block/loop0", "->../devices/virtual/block/loop0" },
	  { "proc/self/mountinfo", "21 1 7:0 / / ro - squashfs /dev/loop0 ro\n22 21 0:50 / /run/server ro - nfs 192.0.2.9:/x ro,addr=192.0.2.9\n" },
	  { "proc/net/route", ROUTE "eno1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n" } }, PORT, USE_REMOTE, "squashfs on /",
	  "eno1 → 192.0.2.9 → /run/server/root.img → loop0", true },
	{ "root on layers, the lowest on NFS", { { "proc/self/mountinfo", "21 1 0:40 / / rw - overlay overlay rw,lowerdir=/run/server,upperdir=/run/rw\n"
	  "22 21 0:41 / /run rw - tmpfs tmpfs rw\n23 22 0:50 / /run/server ro - nfs 192.0.2.9:/x ro,addr=192.0.2.9\n" },
	  { "proc/net/route", ROUTE "eno1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n" } }, PORT, USE_REMOTE, "overlay on /", "eno1 → 192.0.2.9", true },
	{ "root on 9p over TCP", { { "proc/self/mountinfo", "21 1 0:50 / / rw - 9p 192.0.2.9 rw,access=client,trans=tcp,port=564\n" },
	  { "proc/net/route", ROUTE "eno1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n" } }, PORT, USE_REMOTE, "9p on /", "eno1 → 192.0.2.9", true },
	{ "data on NFS over IPv6", { { "proc/self/mountinfo", ROOT "22 21 0:50 / /srv rw - nfs4 [2001:db8::9]:/x rw,addr=2001:db8::9\n" },
	  { "proc/net/ipv6_route", "20010db8000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 "
	  "00000001 00000000 00000001 eno1\n" } }, PORT, USE_REMOTE, "nfs4 on /srv", "eno1 → 2001:db8::9", false },
	{ "data on NFS in a container alone", { { "proc/77/ns/mnt", "->mnt:[4026532999]" },
	  { "proc/77/mountinfo", "9 1 0:50 / /x rw - nfs4 192.0.2.9:/x rw,addr=192.0.2.9\n" },
	  { "proc/net/route", ROUTE "eno1 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n" } }, PORT, USE_REMOTE,
	  "nfs4 on /x in another mount namespace", "eno1 → 192.0.2.9", false },
	{ "root on NFS through a bridge", { { "proc/self/mountinfo", "21 1 0:50 / / rw - nfs4 192.0.2.9:/root rw,addr=192.0.2.9\n" },
	  { "sys/class/net/br0", "->../../devices/virtual/net/br0" }, { "sys/devices/virtual/net/br0/ifindex", "7\n" },
	  { "sys/devices/pci0000:00/" PORT "/net/eno1/upper_br0", "->../../../../virtual/net/br0" },
	  { "proc/net/route", ROUTE "br0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n" } }, PORT, USE_REMOTE, "nfs4 on /", "eno1 → br0 → 192.0.2.9", true },
	{ "root on iSCSI", { { "sys/block/sda", "->../devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sda" }, { ISCSI "/dev", "8:0\n" },
	  { "sys/class/iscsi_connection/connection1:0/address", "192.0.2.9\n" }, { "proc/self/mountinfo", "21 1 8:0 / / rw - ext4 /dev/sda rw\n" },
	  { "proc/net/route", ROUTE "eno1 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n" } }, PORT, USE_REMOTE, "ext4 on /",
	  "eno1 → 192.0.2.9 → sda", true },
	{ "root on NVMe over TCP, by the interface it names", { { "sys/block/nvme5n1", "->../devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1" },
	  { "sys/devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1/dev", "259:50\n" }, { "sys/class/nvme/nvme5/transport", "tcp\n" },
	  { "sys/class/nvme/nvme5/address", "traddr=192.0.2.9,trsvcid=4420,host_iface=eno1\n" },
	  { "proc/self/mountinfo", "21 1 259:50 / / rw - xfs /dev/nvme5n1 rw\n" } }, PORT, USE_REMOTE, "xfs on /", "eno1 → eno1 → nvme5n1", true },
	{ "root on NVMe over TCP, by the address it was told to use", { { "sys/block/nvme5n1", "->../devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1" },
	  { "sys/devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1/dev", "259:50\n" }, { "sys/class/nvme/nvme5/transport", "tcp\n" },
	  { "sys/class/nvme/nvme5/address", "traddr=198.51.100.9,trsvcid=4420,host_traddr=192.0.2.7\n" }, OWN_ADDRESS,
	  { "proc/self/mountinfo", "21 1 259:50 / / rw - xfs /dev/nvme5n1 rw\n" } }, PORT, USE_REMOTE, "xfs on /", "eno1 → 192.0.2.7 → nvme5n1", true },
	{ "root on NVMe over RDMA, by the address it has", { { "sys/block/nvme5n1", "->../devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1" },
	  { "sys/devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1/dev", "259:50\n" }, { "sys/class/nvme/nvme5/transport", "rdma\n" },
	  { "sys/class/nvme/nvme5/address", "traddr=198.51.100.9,trsvcid=4420,src_addr=192.0.2.7\n" }, OWN_ADDRESS,
	  { "proc/self/mountinfo", "21 1 259:50 / / rw - xfs /dev/nvme5n1 rw\n" } }, PORT, USE_REMOTE, "xfs on /", "eno1 → 192.0.2.7 → nvme5n1", true },
	{ "root on NVMe over Fibre Channel", { { "sys/block/nvme5n1", "->../devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1" },
	  { "sys/devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1/dev", "259:50\n" }, { "sys/class/nvme/nvme5/transport", "fc\n" },
	  { "sys/class/nvme/nvme5/address", FC_ADDRESS }, FC_HOST,
	  { "proc/self/mountinfo", "21 1 259:50 / / rw - xfs /dev/nvme5n1 rw\n" } }, SERIAL, USE_MOUNT, "xfs on /", "nvme5n1", true },
	{ "root on NVMe over Fibre Channel, with multipath", { { "sys/block/nvme5n1", "->../devices/virtual/nvme-subsystem/nvme-subsys5/nvme5n1" },
	  { "sys/devices/virtual/nvme-subsystem/nvme-subsys5/nvme5n1/dev", "259:50\n" },
	  { "sys/devices/virtual/nvme-subsystem/nvme-subsys5/nvme5", "->../../nvme-fabrics/ctl/nvme5" }, { "sys/class/nvme/nvme5/transport", "fc\n" },
	  { "sys/class/nvme/nvme5/address", FC_ADDRESS }, FC_HOST,
	  { "proc/self/mountinfo", "21 1 259:50 / / rw - xfs /dev/nvme5n1 rw\n" } }, SERIAL, USE_MOUNT, "xfs on /", "nvme5n1", true },
	{ "root on NVMe over Fibre Channel, by a port that is not told", { { "sys/block/nvme5n1", "->../devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1" },
	  { "sys/devices/virtual/nvme-fabrics/ctl/nvme5/nvme5n1/dev", "259:50\n" }, { "sys/class/nvme/nvme5/transport", "fc\n" },
	  { "sys/class/nvme/nvme5/address", "traddr=nn-0x1:pn-0x2\n" }, FC_HOST,
	  { "proc/self/mountinfo", "21 1 259:50 / / rw - xfs /dev/nvme5n1 rw\n" } }, SERIAL, USE_MOUNT, "xfs on /", "nvme5n1", true },
	{ "root on fabrics with multipath, and no way to tell which port", { { "sys/block/nvme5n1", "->../devices/virtual/nvme-subsystem/nvme-subsys5/nvme5n1" },
	  { "sys/devices/virtual/nvme-subsystem/nvme-subsys5/nvme5n1/dev", "259:50\n" },
	  { "sys/devices/virtual/nvme-subsystem/nvme-subsys5/nvme5", "->../../nvme-fabrics/ctl/nvme5" },
	  { "sys/class/nvme/nvme5", "->../../devices/virtual/nvme-fabrics/ctl/nvme5" },
	  { "proc/self/mountinfo", "21 1 259:50 / / rw - xfs /dev/nvme5n1 rw\n" } }, PORT, USE_UNKNOWN, "the port that xfs on / is reached through", "eno1", true },
	{ "root on iSCSI, and no way to tell which port", { { "sys/block/sda", "->../devices/platform/host3/session1/target3:0:0/3:0:0:0/block/sda" },
	  { ISCSI "/dev", "8:0\n" }, { "proc/self/mountinfo", "21 1 8:0 / / rw - ext4 /dev/sda rw\n" } }, PORT, USE_UNKNOWN,
	  "the port that ext4 on / is reached through could not be traced, and may be this one", "eno1", true },
};

static void make(struct tree *t, const struct file files[8])
{
	for (size_t i = 0; i < 8 && files[i].path; i++)
		if (str_starts(files[i].text, "->"))
			tree_link(t, files[i].path, files[i].text + 2);
		else
			tree_put(t, files[i].path, "%s", files[i].text);
}

static bool is_refused(struct tree *t, const struct row *row, enum request_when when)
{
	_cleanup_(refusals_done) struct refusals r = {};
	struct device *d = tree_device(t, row->address);

	if (request_check(&t->host, &t->uses, &d, 1, NULL, when, &r) < 0)
		return false;
	for (size_t i = 0; i < r.n; i++)
		if (str_eq(r.list[i].rule, "in-use") && str_eq(r.list[i].kind, use_kind_name(row->kind)) && strstr(r.list[i].text, row->what) &&
		    strstr(r.list[i].text, row->via) && !strstr(r.list[i].text, "--allow") == row->is_vital)
			return true;
	return false;
}

TEST(each_evidence_alone_refuses_the_device)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		_cleanup_tree_ struct tree t;
		const struct use *use;

		machine(&t);
		CHECK_ROW(row->name, tree_read(&t) == 0 && t.uses.n == 0);
		/* The port itself goes elsewhere; its folder stays. */
		if (strstr(row->name, "another network namespace")) {
			tree_remove(&t, "sys/devices/pci0000:00/" PORT "/net/eno1");
			tree_remove(&t, "sys/class/net/eno1");
			make(&t, (struct file[8]){ row->files[1] });
		} else {
			make(&t, row->files);
		}
		CHECK_ROW(row->name, tree_read(&t) == 0);
		use = tree_use(&t, row->address, row->kind, row->what);
		CHECK_ROW(row->name, use);
		CHECK_ROW(row->name, use && str_eq(use->via, row->via) && use->is_vital == row->is_vital);
		CHECK_ROW(row->name, is_refused(&t, row, REQUEST_NOW));
		CHECK_ROW(row->name, is_refused(&t, row, REQUEST_NEXT_BOOT) == (row->kind != USE_VFIO));
	}
}

TEST(a_second_keyboard_elsewhere_frees_the_first)
{
	static const char *const others[] = { "../../devices/platform/i8042/serio0/input/input1", "../../devices/pci0000:00/" GPU "/usb3/input/input1" };
	const struct row *only = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == USE_INPUT)
			only = &rows[i];
	CHECK(only);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_free_ char *keys = text_format("sys/%s/capabilities/key", others[i] + strlen("../../"));
		_cleanup_tree_ struct tree t;

		machine(&t);
		make(&t, only->files);
		tree_link(&t, "sys/class/input/input1", others[i]);
		tree_put(&t, keys, KEYS);
		CHECK_ROW(others[i], tree_read(&t) == 0);
		CHECK_ROW(others[i], t.uses.n == 0);
	}
}

/* What a program pretends (uinput) is gone with it, and one cannot type with a mouse. */
TEST(neither_a_mouse_nor_a_programs_keyboard_frees_the_only_one)
{
	static const struct {
		const char *link, *keys;
	} others[] = {
		{ "../../devices/virtual/input/input1", KEYS },
		{ "../../devices/pci0000:00/" GPU "/usb3/input/input1", "70000 0 0 0 0\n" },
	};
	const struct row *only = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == USE_INPUT)
			only = &rows[i];
	CHECK(only);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_free_ char *keys = text_format("sys/%s/capabilities/key", others[i].link + strlen("../../"));
		_cleanup_tree_ struct tree t;

		machine(&t);
		make(&t, only->files);
		tree_link(&t, "sys/class/input/input1", others[i].link);
		tree_put(&t, keys, "%s", others[i].keys);
		CHECK_ROW(others[i].link, tree_read(&t) == 0);
		CHECK_ROW(others[i].link, tree_use(&t, XHCI, USE_INPUT, "the only keyboard") && t.uses.n == 1);
	}
}

static const struct {
	const char *name, *folder, *device, *address, *what;
} guests[] = {
	{ "a drive of a guest that runs", GUEST_RUNNING,
	  "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0' slot='6' function='0'/></source></hostdev>", DISK, "guest a has it and runs" },
	{ "the same, defined", GUEST_DEFINITIONS,
	  "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0' slot='6' function='0'/></source></hostdev>", DISK,
	  "guest a has it in its saved definition" },
	{ "a drive that QEMU has", GUEST_DEFINITIONS,
	  "<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'><address domain='0' bus='0' slot='6' function='0'/></source></disk>",
	  DISK, "guest a has it" },
	{ "by somebody else's editor", GUEST_DEFINITIONS,
	  "<disk type=\"nvme\" device=\"disk\"><source type=\"pci\" namespace=\"1\"><address domain=\"0\" bus=\"0\" slot=\"6\" function=\"0\"/></source></disk>",
	  DISK, "guest a has it" },
	{ "a block device", GUEST_DEFINITIONS, "<disk type='block'><source dev='/dev/nvme0n1'/></disk>", DISK, "guest a has it" },
	{ "a partition", GUEST_DEFINITIONS, "<disk type=\"block\"><source dev=\"/dev/nvme0n1p1\"/></disk>", DISK, "guest a has it" },
};

TEST(a_guest_holds_what_its_definition_names)
{
	for (size_t i = 0; i < ARRAY_SIZE(guests); i++) {
		_cleanup_free_ char *path = text_format("%s/a.xml", guests[i].folder), *other = text_format("%s/a.txt", guests[i].folder);
		_cleanup_tree_ struct tree t;

		machine(&t);
		tree_partition(&t, DISK, 0, 1, NULL);
		tree_put(&t, other, "<domain><devices>%s</devices></domain>\n", guests[i].device);
		CHECK_ROW(guests[i].name, tree_read(&t) == 0 && guest_holders_add(&t.host, &t.uses) == 0 && t.uses.n == 0);
		tree_put(&t, path, "<domain><devices>%s</devices></domain>\n", guests[i].device);
		CHECK_ROW(guests[i].name, guest_holders_add(&t.host, &t.uses) == 0 && t.uses.n == 1);
		CHECK_ROW(guests[i].name, tree_use(&t, guests[i].address, USE_GUEST, guests[i].what));
	}
}

/* A console or a framebuffer elsewhere is nothing to type on. */
TEST(the_only_keyboard_is_the_only_one_beside_a_screen)
{
	_cleanup_tree_ struct tree t;

	machine(&t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == USE_INPUT || strstr(rows[i].name, "a serial console") || strstr(rows[i].name, "the framebuffer"))
			make(&t, rows[i].files);
	CHECK(tree_read(&t) == 0);
	CHECK(tree_use(&t, XHCI, USE_INPUT, "the only keyboard") && tree_use(&t, GPU, USE_DISPLAY, "fb0") && tree_use(&t, SERIAL, USE_CONSOLE, "ttyS4"));
}

TEST(the_port_of_the_session_is_told_apart)
{
	static const char *const sessions[] = { "2001:db8::7", "fe80::1%br0" };

	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
		_cleanup_tree_ struct tree t;
		const struct use *use;

		machine(&t);
		tree_netif(&t, NULL, "", "br0");
		tree_link(&t, "sys/class/net/eno1/upper_br0", "../x");
		tree_put(&t, "proc/net/if_inet6", "20010db8000000000000000000000007 03 40 00 80 br0\n");
		CHECK(tree_read(&t) == 0);
		CHECK(!tree_use(&t, PORT, USE_SESSION, ""));
		t.host.session = strdup(sessions[i]);
		uses_done(&t.uses);
		CHECK(uses_find(&t.host, &t.uses) == 0);
		use = tree_use(&t, PORT, USE_SESSION, "the ssh session that runs slipway");
		CHECK_ROW(sessions[i], use);
		CHECK_STR(use->via, "eno1 → br0");
	}
}

TEST(the_session_is_read_from_its_variable)
{
	static const struct {
		const char *value, *address;
	} cases[] = {
		{ "198.51.100.4 50122 192.0.2.7 22", "192.0.2.7" },
		{ "2001:db8::4 50122 2001:db8::7 22", "2001:db8::7" },
		{ "::ffff:198.51.100.4 50122 ::ffff:192.0.2.7 22", "192.0.2.7" },
		{ "fe80::2%eno1 50122 fe80::1%eno1 22", "fe80::1%eno1" },
		{ "", NULL },
		{ "a b", NULL },
		{ "a b c d e", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *address = session_parse(cases[i].value);

		CHECK_STR(address, cases[i].address);
	}
}

TEST_MAIN()
