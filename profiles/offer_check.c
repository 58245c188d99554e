/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does libvirt offer what a guest needs? Asked before the guest is defined: libvirt itself finds most of it at the start only. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/parts.h"

static bool always(const struct build *b)
{
	(void)b;
	return true;
}

static bool is_kvm(const struct build *b)
{
	return b->options.type == GUEST_KVM;
}

static bool has_firmware(const struct build *b)
{
	return b->firmware.code != NULL;
}

static bool is_secure(const struct build *b)
{
	return b->options.secure_boot;
}

static bool has_disk(const struct build *b)
{
	return b->options.disk != NULL;
}

static bool has_iothreads(const struct build *b)
{
	return b->options.iothreads > 0;
}

static bool has_tpm(const struct build *b)
{
	return b->options.tpm;
}

static bool has_graphics(const struct build *b)
{
	return b->options.graphics == GRAPHICS_VNC;
}

static bool has_devices(const struct build *b)
{
	return b->wish->n_devices > 0;
}

static bool is_protected(const struct build *b)
{
	return b->options.secure_execution;
}

#define NO_SWTPM "install the packages swtpm and swtpm-tools, or leave tpm out"

/* As libvirt writes them: src/conf/domain_capabilities.c, virDomainCapsFormat(). */
static const struct need {
	bool (*applies)(const struct build *b);
	const char *path, *list, *value;
	const char *what, *way;
} needs[] = {
	{ is_kvm, "cpu/mode:host-passthrough", NULL, NULL, "host-passthrough CPUs", "look at 'slipway audit', or use --type qemu" },
	{ has_firmware, "os/loader", "type", "pflash", "UEFI firmware in flash", "install the firmware's package" },
	{ is_secure, "os/loader", "secure", "yes", "firmware with Secure Boot", "install the package ovmf" },
	{ has_disk, "devices/disk", "bus", "virtio", "virtio disks", "use a newer QEMU" },
	{ has_iothreads, "iothreads", NULL, NULL, "IO threads", "use --iothreads 0" },
	{ has_tpm, "devices/tpm", "model", "tpm-crb", "TPM (tpm-crb)", NO_SWTPM },
	{ has_tpm, "devices/tpm", "backendModel", "emulator", "TPM in software", NO_SWTPM },
	{ has_tpm, "devices/tpm", "backendVersion", "2.0", "TPM version 2.0", NO_SWTPM },
	{ has_graphics, "devices/graphics", "type", "vnc", "VNC", "use --graphics none" },
	{ has_graphics, "devices/video", "modelType", "virtio", "virtio display", "use --graphics none" },
	{ has_devices, "devices/hostdev", "subsysType", "pci", "PCI devices of the host", "use a newer QEMU" },
	{ is_protected, "features/s390-pv", NULL, NULL, "Secure Execution", "it needs LinuxONE III or z15, and prot_virt=1 on the kernel command line" },
	{ always, "devices/rng", "backendModel", "random", "virtio-rng", "use a newer QEMU" },
	{ always, "devices/channel", "type", "unix", "channel for the guest agent", "use a newer QEMU" },
};

static bool check_needs(const struct build *b)
{
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct need *n = &needs[i];

		if (!n->applies(b) || guest_offer_has(b->wish->offer, n->path, n->list, n->value) != TRUTH_NO)
			continue;
		log_error("libvirt offers guests of machine %s no %s here (domain capabilities, %s%s%s): %s", b->machine, n->what, n->path,
			  n->list ? "/" : "", n->list ? n->list : "", n->way);
		good = false;
	}
	return good;
}

static bool check_cpus(const struct build *b)
{
	_cleanup_free_ char *text = guest_offer_text(b->wish->offer, "vcpu", "max");
	unsigned most;

	if (!text || parse_unsigned(text, &most) < 0 || b->options.max_vcpus <= most)
		return true;
	log_error("libvirt offers guests of machine %s at most %u virtual CPUs (domain capabilities, vcpu), and %u are wanted", b->machine, most,
		  b->options.max_vcpus);
	return false;
}

static bool check_model(const struct build *b)
{
	const char *model = b->platform->emulated_model;

	if (b->options.type != GUEST_QEMU || !model || guest_offer_has_model(b->wish->offer, model) != TRUTH_NO)
		return true;
	log_error("libvirt offers guests of machine %s no CPU model %s here (domain capabilities, cpu/mode custom)", b->machine, model);
	return false;
}

int build_check_offer(const struct build *b)
{
	bool good;

	if (!b->wish->offer)
		return 0;
	good = check_needs(b);
	good = check_cpus(b) && good;
	good = check_model(b) && good;
	return good ? 0 : -EOPNOTSUPP;
}
