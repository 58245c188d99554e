/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deciding: what a profile becomes on this host, before the first element of its domain. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/bridge.h"
#include "profiles/option_bounds.h"
#include "profiles/pages.h"
#include "profiles/parts.h"
#include "profiles/window.h"

#define QUEUES_AUTO_MOST 16u

static int refuse(const char *message)
{
	log_error("%s", message);
	return -EOPNOTSUPP;
}

/* What the machine cannot be, whatever the host. */
static int decide_machine_fits(struct build *b)
{
	const struct guest_options *o = &b->options;
	bool has_uefi = b->platform->firmware && !b->profile->is_bios;

	if (o->secure_boot && !has_uefi)
		return refuse("secure-boot needs UEFI firmware, and guests of this profile have none");
	if (o->tpm && !b->platform->has_ports)
		return refuse("tpm 2.0 is for x86-64 guests");
	if (o->secure_execution && b->platform != &platform_ccw)
		return refuse("secure-execution is for s390x guests");
	if (o->kvm_hidden && b->platform != &platform_q35)
		return refuse("kvm-hidden is for x86-64 guests");
	if (o->usb && b->platform != &platform_q35)
		return refuse("usb is for x86-64 guests");
	if (o->graphics != GRAPHICS_NONE && b->platform != &platform_q35)
		return refuse("graphics are for x86-64 guests");
	if (o->max_memory > o->memory && !b->platform->takes_memory)
		return refuse("max-memory is for x86-64 guests: this machine takes no memory while it runs");
	return 0;
}

static unsigned times(unsigned value, unsigned factor, unsigned most)
{
	return value > most / factor ? most : value * factor;
}

/* Room to grow, where the profile has it and the user has not said how much. */
static int decide_headroom(struct build *b)
{
	struct guest_options *o = &b->options;
	unsigned factor = b->profile->headroom > 1 ? b->profile->headroom : 1;
	_cleanup_free_ char *memory = NULL, *vcpus = NULL;

	if (!o->max_vcpus)
		o->max_vcpus = times(o->vcpus, factor, VCPUS_MAX);
	if (!o->max_memory)
		o->max_memory = b->platform->takes_memory ? times(o->memory, factor, MEMORY_MAX) : o->memory;
	memory = text_format("%u MiB", o->max_memory);
	vcpus = text_format("%u", o->max_vcpus);
	if (o->max_vcpus > o->vcpus)
		choices_add(b->choices, "most CPUs", vcpus, NULL, NULL, "%u at the start; 'virsh setvcpus' plugs in more", o->vcpus);
	if (o->max_memory > o->memory)
		choices_add(b->choices, "most memory", memory, NULL, NULL, "%u MiB at the start; 'virsh attach-device' plugs in more", o->memory);
	return 0;
}

static int decide_emulator(struct build *b)
{
	return profile_emulator(b->host, b->wish, &b->emulator);
}

/* The version is named, so that the guest keeps its machine when QEMU is updated. */
static int decide_machine(struct build *b)
{
	_cleanup_free_ char *offered = b->wish->offer ? guest_offer_text(b->wish->offer, "machine", NULL) : NULL;

	if (b->options.machine)
		b->machine = strdup(b->options.machine);
	else
		b->machine = offered ? TAKE(offered) : strdup(b->platform->machine);
	if (!b->machine)
		return log_oom();
	choices_add(b->choices, "machine", b->machine, b->emulator, NULL, "%s", b->options.machine ? "as asked for" :
		    str_eq(b->machine, b->platform->machine) ? "libvirt makes the newest version of it when the guest is defined" :
		    "the newest version here; the guest keeps it over updates");
	return 0;
}

static int decide_cpu(struct build *b)
{
	bool is_kvm = b->options.type == GUEST_KVM;

	if (is_kvm)
		choices_add(b->choices, "CPU", "host-passthrough", "/proc/cpuinfo", b->host->cpu.model, "the host's own CPU, with all that it has");
	else
		choices_add(b->choices, "CPU", "emulated", NULL, NULL, "type qemu was asked for: slow, and for tests");
	return 0;
}

static int decide_firmware(struct build *b)
{
	const struct firmware_wish *wish = b->options.secure_boot ? b->platform->secure_firmware : b->platform->firmware;
	int r;

	if (!wish || b->profile->is_bios) {
		choices_add(b->choices, "firmware", "built-in", NULL, NULL, "%s", wish ? "SeaBIOS, part of QEMU" : "this machine has no other");
		return 0;
	}
	r = guest_firmware_choose(b->host, wish, &b->firmware);
	if (r < 0)
		return r;
	choices_add(b->choices, "firmware", b->firmware.code, b->firmware.descriptor, NULL, "the first descriptor that fits%s",
		    b->options.secure_boot ? ", with Secure Boot and the vendors' keys enrolled" : ", without Secure Boot");
	return 0;
}

static int decide_placement(struct build *b)
{
	return placement_decide(b->host, &b->options, b->wish->devices, b->wish->n_devices, b->options.max_vcpus, b->options.memory, b->choices,
				&b->placement);
}

static int decide_pages(struct build *b)
{
	const struct pages_wish wish = {
		.pages = b->options.secure_execution ? HUGEPAGES_OFF : b->options.hugepages, .node = b->placement.node, .memory = b->options.memory,
		.is_s390x = str_eq(b->platform->architecture, "s390x"), .is_kvm = b->options.type == GUEST_KVM,
	};

	return pages_decide(b->host, &wish, b->choices, &b->pages);
}

/* Linux 6.6 and newer: Documentation/admin-guide/sysctl/kernel.rst, io_uring_disabled. 1 is for those without privilege, as QEMU is. */
static int check_io_uring(struct build *b)
{
	_cleanup_free_ char *text = NULL;

	if (b->options.disk_io != DISK_IO_URING || fs_read_line(b->host->root_fd, &text, "proc/sys/kernel/io_uring_disabled") < 0 || str_eq(text, "0"))
		return 0;
	log_error("disk-io io_uring cannot be had: the kernel refuses it (/proc/sys/kernel/io_uring_disabled: %s)", text);
	return -EOPNOTSUPP;
}

static int decide_disk(struct build *b)
{
	struct guest_options *o = &b->options;
	int r;

	if (!o->disk) {
		o->iothreads = 0; /* they would have nothing to do */
		return 0;
	}
	r = check_io_uring(b);
	if (r < 0)
		return r;
	if (*o->disk == '/')
		r = guest_disk_look(b->host->root_fd, o->disk, o->format, &b->disk);
	else if (o->format == DISK_AUTO)
		r = log_invalid("the format of volume %s is not known: name it with --format", o->disk);
	else
		b->disk = (struct guest_disk){ .is_volume = true, .format = o->format == DISK_QCOW2 ? "qcow2" : "raw" };
	if (r < 0)
		return r;
	choices_add(b->choices, "disk", b->disk.format, *o->disk == '/' ? o->disk : NULL, NULL, "cache=none io=%s: no second cache in the host; discard "
		    "reaches the %s", o->disk_io == DISK_IO_URING ? "io_uring" : "native", b->disk.is_block ? "device" : "image");
	return 0;
}

static int decide_network(struct build *b)
{
	struct guest_options *o = &b->options;
	int r;

	if (str_eq(o->bridge, "auto")) {
		r = bridge_choose(b->host, b->choices, &b->bridge);
		if (r < 0)
			return r;
		o->bridge = b->bridge;
	}
	if (o->queues == AS_MANY_AS_VCPUS)
		o->queues = o->vcpus < QUEUES_AUTO_MOST ? o->vcpus : QUEUES_AUTO_MOST;
	if (o->queues > 1 && (o->bridge || o->macvtap || o->network)) {
		_cleanup_free_ char *value = text_format("%u", o->queues);

		choices_add(b->choices, "queues", value, NULL, NULL, "each virtual CPU sends and receives without waiting for the others");
	}
	return 0;
}

static int decide_window(struct build *b)
{
	if (b->firmware.code)
		b->window = window_decide(b->wish->devices, b->wish->n_devices, b->choices);
	return 0;
}

/* Functions of one slot arrive behind one port. */
static unsigned count_slots(const struct guest_wish *wish)
{
	unsigned n = 0;

	for (size_t i = 0; i < wish->n_devices; i++) {
		bool is_new = true;

		for (size_t k = 0; k < i && is_new; k++)
			is_new = !devices_share_slot(wish->devices[i], wish->devices[k]);
		n += is_new;
	}
	return n;
}

static int decide_ports(struct build *b)
{
	unsigned slots = count_slots(b->wish);
	_cleanup_free_ char *value = NULL;

	if (!b->platform->has_ports)
		return 0;
	b->options.spare_ports += slots;
	value = text_format("%u", b->options.spare_ports);
	choices_add(b->choices, "free ports", value, NULL, NULL, "only a root port takes a device while the guest runs%s", slots ? "; those named have theirs" : "");
	return 0;
}

static int decide_guards(struct build *b)
{
	if (b->options.tpm)
		choices_add(b->choices, "TPM", "2.0", "/usr/bin/swtpm", NULL, "in software, with a state of its own for each guest");
	if (b->options.kvm_hidden)
		choices_add(b->choices, "KVM", "hidden", NULL, NULL, "as asked for");
	if (b->options.usb)
		choices_add(b->choices, "USB", "qemu-xhci", NULL, NULL, "as asked for; a running guest takes USB devices only where it was there at its start");
	choices_add(b->choices, "balloon", NULL, NULL, NULL, "passthrough pins all memory of a guest, so nothing could be given back");
	return 0;
}

int build_decide(struct build *b)
{
	static int (*const steps[])(struct build *b) = {
		decide_machine_fits, decide_headroom, decide_emulator, decide_machine, decide_cpu, decide_firmware, decide_placement, decide_pages,
		decide_disk, decide_network, decide_window, decide_ports, decide_guards,
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		r = steps[i](b);
		if (r < 0)
			return r;
	}
	return b->choices->failed ? log_oom() : 0;
}
