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
			"Disk       virtio-blk, cache=none io=native: no second cache in the host; discard reaches the image.\n"
			"Network    virtio, on a bridge or in a libvirt network ('default'), or none.\n"
			"Ports      a PCIe root port for each device, and 4 free ones: only a root port takes a device\n"
			"           while the guest runs.\n"
			"Console    serial, with a log file when asked for. No graphics, no USB, no sound.\n"
			"Also       a channel for the guest agent, virtio-rng; no balloon, since passthrough pins all memory.\n",
		.architecture = "x86_64",
		.machine = "q35",
		.package = "qemu-system-x86",
		.firmware = &firmware_plain,
		.defaults = { .memory = 2048, .vcpus = 2, .network = "default", .spare_ports = 4 },
		.parts = (void (*const[])(struct build *)){
			part_domain, part_os_uefi, part_features, part_cpu, part_lifecycle, part_devices, part_disk, part_network,
			part_console, part_agent, part_rng, part_nothing_else, part_ports, NULL },
	},
	{ },
};

static void build_done(struct build *b)
{
	guest_firmware_done(&b->firmware);
	free(b->emulator);
	domain_xml_done(&b->xml);
}

const struct profile *profile_find(const char *name)
{
	for (const struct profile *p = profiles; p->name; p++)
		if (str_eq(p->name, name))
			return p;
	return NULL;
}

/* RHEL and its kin have no program that is named after the architecture, only qemu-kvm. */
static int emulator_find(const struct host *host, struct build *b)
{
	bool is_named = !host->software.qemu || str_starts(str_base(host->software.qemu), "qemu-system-");
	_cleanup_free_ char *path = NULL;

	if (b->options->emulator)
		path = strdup(b->options->emulator);
	else if (is_named)
		path = text_format("/usr/bin/qemu-system-%s", b->profile->architecture);
	else
		path = text_format("/%s", host->software.qemu);
	if (!path)
		return log_oom();
	if (!fs_exists(host->root_fd, "%s", path)) {
		log_error("there is no QEMU at %s: install the package %s, or name the program with --emulator", path,
			  b->profile->package);
		return -ENOENT;
	}
	b->emulator = TAKE(path);
	return 0;
}

int profile_build(const struct host *host, const struct profile *profile, const struct guest_options *options, char **ret_xml)
{
	_cleanup_(build_done) struct build b = { .profile = profile, .options = options };
	int r;

	if (libxml_load() < 0) {
		log_error("cannot load libxml2: %s: install the package libxml2", dlerror());
		return -ELIBACC;
	}
	r = guest_options_check(options);
	if (r < 0)
		return r;
	r = emulator_find(host, &b);
	if (r < 0)
		return r;
	if (options->disk) {
		r = guest_disk_look(host->root_fd, options->disk, options->format, &b.disk);
		if (r < 0)
			return r;
	}
	if (profile->firmware) {
		r = guest_firmware_choose(host, profile->firmware, &b.firmware);
		if (r < 0)
			return r;
	}
	for (void (*const *part)(struct build *) = profile->parts; *part; part++)
		(*part)(&b);
	r = domain_xml_format(&b.xml, ret_xml);
	if (r < 0)
		return log_errno(r, "cannot make the definition of guest '%s'", options->name);
	return 0;
}
