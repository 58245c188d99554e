/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest profiles: recipes that turn a few options into a libvirt domain that suits passthrough. */

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/parts.h"
#include "profiles/profile.h"

static const struct firmware_wish firmware_plain = {
	.architecture = "x86_64",
	.machine = "pc-q35-",
	.refuses = (const char *const[]){ "secure-boot", "enrolled-keys", "requires-smm", NULL },
	.package = "ovmf",
};

static const struct firmware_wish firmware_secure = {
	.architecture = "x86_64",
	.machine = "pc-q35-",
	.needs = (const char *const[]){ "secure-boot", "enrolled-keys", "requires-smm", NULL },
	.package = "ovmf",
};

const struct platform platform_q35 = {
	.architecture = "x86_64",
	.machine = "q35",
	.package = "qemu-system-x86",
	.firmware = &firmware_plain,
	.secure_firmware = &firmware_secure,
	.has_ports = true,
	.takes_memory = true,
	.emulated_model = "qemu64",
	.parts = (void (*const[])(struct build *)){
		part_domain, part_memory, part_cpus, part_os, part_features, part_cpu, part_lifecycle, part_devices, part_disk, part_network,
		part_serial, part_agent, part_rng, part_tpm, part_graphics, part_usb, part_no_balloon, part_ports, part_window, NULL },
};

/* PCI devices stand on a bus of their own here, each with its zPCI numbers: there are no ports to keep free. */
const struct platform platform_ccw = {
	.architecture = "s390x",
	.machine = "s390-ccw-virtio",
	.package = "qemu-system-s390x",
	.parts = (void (*const[])(struct build *)){
		part_domain, part_memory, part_cpus, part_os, part_cpu, part_lifecycle, part_protection, part_devices, part_disk, part_network,
		part_sclp, part_agent, part_rng, part_no_balloon, NULL },
};

#define ANY_GUEST .numa_node = NODE_AUTO, .queues = 1

const struct profile profiles[] = {
	{
		.name = "uefi",
		.help = "UEFI guest on q35, with free PCIe ports for devices that are passed through",
		.text =
			"Machine    q35: PCI Express like the host, so a device keeps its extended capabilities.\n"
			"Firmware   the first OVMF of QEMU's firmware descriptors without Secure Boot and SMM, named in\n"
			"           the definition, so that an update of a package does not change it unseen.\n"
			"CPU        the host's own (host-passthrough). With --type qemu a small emulated model that has\n"
			"           what x86-64-v2 asks for.\n"
			"NUMA       with --device, on a host of several nodes: CPUs and memory on the node of the devices,\n"
			"           QEMU's own threads on a core of their own there.\n"
			"Disk       virtio-blk, cache=none io=native: no second cache in the host; discard reaches the image.\n"
			"Network    virtio, on a bridge, on a port of the host, in a libvirt network ('default'), or none.\n"
			"Ports      a PCIe root port for each device, and 4 free ones: only a root port takes a device\n"
			"           while the guest runs.\n"
			"BARs       with --device: the firmware is told to keep more room where they need it.\n"
			"Console    serial, with a log file when asked for. No graphics, no USB, no sound.\n"
			"Also       a channel for the guest agent, virtio-rng; no balloon, since passthrough pins all memory.\n",
		.platform = &platform_q35,
		.defaults = { .memory = 2048, .vcpus = 2, .network = "default", .spare_ports = 4, ANY_GUEST },
	},
	{
		.name = "uefi-secure",
		.help = "the same with Secure Boot, the vendors' keys enrolled, and a TPM 2.0",
		.text =
			"As uefi, and:\n"
			"Firmware   the first OVMF with Secure Boot and enrolled keys: it starts what Microsoft or the\n"
			"           distributions have signed, and nothing else. Its variables are writable from system\n"
			"           management mode (SMM) only, so that the guest's system cannot change the keys.\n"
			"TPM        2.0 in software (swtpm), with its state in /var/lib/libvirt/swtpm.\n",
		.platform = &platform_q35,
		.defaults = { .memory = 4096, .vcpus = 2, .network = "default", .spare_ports = 4, .secure_boot = true, .tpm = true, ANY_GUEST },
	},
	{
		.name = "ceph-osd",
		.help = "storage guest: NVMe drives by passthrough, on the drives' NUMA node",
		.text =
			"As uefi, or as s390x on such a host, and:\n"
			"NUMA       name the drives with --device: CPUs, memory and huge pages come from their node. Virtual\n"
			"           CPUs float over it; QEMU's own threads and the IO thread keep to one core beside them.\n"
			"Memory     4 GiB for each of two OSDs, in the largest pages that enough are free of on the node.\n"
			"Disk       the system disk has an IO thread of its own.\n"
			"Network    the host's bridge that has a port of the host, with a queue for each virtual CPU.\n"
			"Ports      8 free ones, for more drives.\n",
		.defaults = { .memory = 8192, .vcpus = 4, .hugepages = HUGEPAGES_AUTO, .iothreads = 1, .bridge = "auto", .queues = AS_MANY_AS_VCPUS,
			      .numa_node = NODE_AUTO, .spare_ports = 8 },
	},
	{
		.name = "gpu",
		.help = "guest for a graphics card: large BARs, no emulated display",
		.text =
			"As uefi, and:\n"
			"BARs       name the card with --device: the firmware keeps room for what its BARs need.\n"
			"Functions  the card's audio goes with it: 'slipway attach' names what shares slot and IOMMU group.\n"
			"Display    the card's own. --graphics vnc adds an emulated one, to look at the firmware.\n"
			"KVM        not hidden: current drivers do not mind. --kvm-hidden on does it for older ones.\n"
			"Memory     in huge pages where enough are free.\n",
		.platform = &platform_q35,
		.defaults = { .memory = 16384, .vcpus = 8, .hugepages = HUGEPAGES_AUTO, .network = "default", .spare_ports = 2, ANY_GUEST },
	},
	{
		.name = "hotplug",
		.help = "guest that grows: headroom in CPUs, memory and ports",
		.text =
			"As uefi, or as s390x on such a host, and:\n"
			"CPUs       four times as many can be plugged in ('virsh setvcpus').\n"
			"Memory     four times as much, in up to 16 modules ('virsh attach-device'); not on s390x.\n"
			"Ports      16 free ones.\n",
		.headroom = 4,
		.defaults = { .memory = 2048, .vcpus = 2, .network = "default", .spare_ports = 16, ANY_GUEST },
	},
	{
		.name = "bios",
		.help = "guest with SeaBIOS, for systems that know no UEFI",
		.text =
			"As uefi, and:\n"
			"Firmware   SeaBIOS, which is part of QEMU; it speaks on the serial console. Disks up to 2 TiB start.\n",
		.platform = &platform_q35,
		.is_bios = true,
		.defaults = { .memory = 2048, .vcpus = 2, .network = "default", .spare_ports = 4, ANY_GUEST },
	},
	{
		.name = "s390x",
		.help = "guest on IBM Z and LinuxONE: s390-ccw-virtio, devices on channels and zPCI",
		.text =
			"Machine    s390-ccw-virtio. Firmware is QEMU's own and starts from the disk's boot record (zipl).\n"
			"CPU        the host's own (host-passthrough). With --type qemu the largest emulated one.\n"
			"Disk       virtio-blk on a channel (CCW), cache=none io=native.\n"
			"Network    virtio on a channel: --macvtap PORT for OSA and RoCE ports, a bridge, or a libvirt network.\n"
			"PCI        a device that is passed through gets its zPCI numbers from libvirt; it needs no free port.\n"
			"Console    SCLP, with a log file when asked for.\n"
			"Memory     --hugepages 1M where KVM was loaded with hpage=1. --secure-execution on makes a guest whose\n"
			"           memory the host cannot read; its image must be made for that (genprotimg).\n"
			"Also       a channel for the guest agent, virtio-rng; no balloon.\n",
		.platform = &platform_ccw,
		.defaults = { .memory = 2048, .vcpus = 2, .network = "default", ANY_GUEST },
	},
	{ },
};

const struct profile *profile_find(const char *name)
{
	for (const struct profile *p = profiles; p->name; p++)
		if (str_eq(p->name, name))
			return p;
	return NULL;
}

const struct platform *profile_platform(const struct profile *p, const struct host *host)
{
	if (p->platform)
		return p->platform;
	return host->cpu.vendor == CPU_S390 ? &platform_ccw : &platform_q35;
}

void build_done(struct build *b)
{
	guest_firmware_done(&b->firmware);
	placement_done(&b->placement);
	free(b->emulator);
	free(b->machine);
	free(b->bridge);
	domain_xml_done(&b->xml);
}

/* RHEL and its kin have no program that is named after the architecture, only qemu-kvm. */
int profile_emulator(const struct host *host, const struct guest_wish *wish, char **ret)
{
	const struct platform *platform = profile_platform(wish->profile, host);
	bool is_native = (host->cpu.vendor == CPU_S390) == (platform == &platform_ccw);
	bool is_named = !is_native || !host->software.qemu || str_starts(str_base(host->software.qemu), "qemu-system-");
	_cleanup_free_ char *path = NULL;

	if (wish->options->emulator)
		path = strdup(wish->options->emulator);
	else if (is_named)
		path = text_format("/usr/bin/qemu-system-%s", platform->architecture);
	else
		path = text_format("/%s", host->software.qemu);
	if (!path)
		return log_oom();
	if (!fs_exists(host->root_fd, "%s", path)) {
		log_error("there is no QEMU at %s: install the package %s, or name the program with --emulator", path, platform->package);
		return -ENOENT;
	}
	*ret = TAKE(path);
	return 0;
}

int build_make(const struct host *host, const struct guest_wish *wish, struct choices *choices, struct build *ret)
{
	_cleanup_(build_done) struct build b = {
		.host = host, .wish = wish, .profile = wish->profile, .platform = profile_platform(wish->profile, host), .options = *wish->options,
		.choices = choices, .placement = { .node = -1 },
	};
	int r;

	if (libxml_load() < 0) {
		log_error("cannot load libxml2: %s: install the package libxml2", dlerror());
		return -ELIBACC;
	}
	r = guest_options_check(wish->options);
	if (r >= 0)
		r = build_decide(&b);
	if (r >= 0)
		r = build_check_offer(&b);
	if (r < 0)
		return r;
	for (void (*const *part)(struct build *) = b.platform->parts; *part; part++)
		(*part)(&b);
	if (b.xml.error < 0)
		return log_errno(b.xml.error, "cannot make the definition of guest '%s'", wish->options->name);
	*ret = TAKE(b);
	return 0;
}

int profile_build(const struct host *host, const struct guest_wish *wish, struct choices *choices, char **ret_xml)
{
	_cleanup_(build_done) struct build b = {};
	int r;

	r = build_make(host, wish, choices, &b);
	if (r < 0)
		return r;
	r = domain_xml_format(&b.xml, ret_xml);
	if (r < 0)
		return log_errno(r, "cannot make the definition of guest '%s'", wish->options->name);
	return 0;
}
