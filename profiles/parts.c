/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts: the pieces of a domain that profiles are put together from. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "profiles/parts.h"

#define ADD(b, parent, ...) domain_xml_add(&(b)->xml, parent, __VA_ARGS__, NULL)

static void part_metadata(struct build *b)
{
	xmlNode *node = ADD(b, ADD(b, b->domain, "metadata"), "guest", "profile", b->profile->name, "firmware", b->firmware.descriptor);

	domain_xml_set_namespace(&b->xml, node, "slipway", "urn:slipway:guest:1");
}

void part_domain(struct build *b)
{
	_cleanup_free_ char *memory = text_format("%u", b->options->memory), *vcpus = text_format("%u", b->options->vcpus);
	xmlNode *node;

	if (!memory || !vcpus) {
		b->xml.error = -ENOMEM;
		return;
	}
	b->domain = ADD(b, NULL, "domain", "type", b->options->type == GUEST_KVM ? "kvm" : "qemu");
	domain_xml_add_text(&b->xml, b->domain, "name", b->options->name);
	part_metadata(b);
	node = domain_xml_add_text(&b->xml, b->domain, "memory", memory);
	domain_xml_set(&b->xml, node, "unit", "MiB");
	node = domain_xml_add_text(&b->xml, b->domain, "vcpu", vcpus);
	domain_xml_set(&b->xml, node, "placement", "static");
}

/*
 * The images are named, and libvirt's own choice (firmware='efi') is not used: libvirt 9.0 makes it anew at each start,
 * takes the first descriptor that fits what the XML says, and so changes a guest's firmware under its variable store when
 * a package brings another descriptor.
 */
void part_os_uefi(struct build *b)
{
	xmlNode *os = ADD(b, b->domain, "os"), *node;

	node = domain_xml_add_text(&b->xml, os, "type", "hvm");
	domain_xml_set(&b->xml, node, "arch", b->profile->architecture);
	domain_xml_set(&b->xml, node, "machine", b->profile->machine);
	node = domain_xml_add_text(&b->xml, os, "loader", b->firmware.code);
	domain_xml_set(&b->xml, node, "readonly", "yes");
	domain_xml_set(&b->xml, node, "secure", "no");
	domain_xml_set(&b->xml, node, "type", "pflash");
	/* libvirt makes the guest's own store of it, /var/lib/libvirt/qemu/nvram/NAME_VARS.fd. */
	ADD(b, os, "nvram", "template", b->firmware.nvram);
}

void part_features(struct build *b)
{
	xmlNode *features = ADD(b, b->domain, "features");

	ADD(b, features, "acpi");
	ADD(b, features, "apic");
}

/* What x86-64-v2 has beyond qemu64: without it the user space of RHEL 9 and its kin does not start. */
static void emulated_features(struct build *b, xmlNode *cpu)
{
	static const char *const features[] = { "popcnt", "sse4.1", "sse4.2", "ssse3" };

	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		ADD(b, cpu, "feature", "policy", "require", "name", features[i]);
}

/*
 * host-passthrough needs KVM. Under emulation a small model is the quick one: 'maximum' switches on features that cost
 * (five-level page tables, SMAP), and an Intel model makes a Linux guest isolate its page tables, a flush per system call.
 */
void part_cpu(struct build *b)
{
	bool is_kvm = b->options->type == GUEST_KVM;
	xmlNode *cpu, *topology;

	cpu = ADD(b, b->domain, "cpu", "mode", is_kvm ? "host-passthrough" : "custom", "match", is_kvm ? NULL : "exact",
		  "check", "none", "migratable", is_kvm ? "on" : NULL);
	if (!is_kvm)
		domain_xml_set_text(&b->xml, domain_xml_add(&b->xml, cpu, "model", "fallback", "forbid", NULL), "qemu64");
	/* One socket: some systems license or limit by it. */
	topology = ADD(b, cpu, "topology", "sockets", "1");
	domain_xml_set_unsigned(&b->xml, topology, "cores", b->options->vcpus);
	domain_xml_set(&b->xml, topology, "threads", "1");
	if (!is_kvm)
		emulated_features(b, cpu);
}

/* A guest that crashed stays down: its devices go back to a known state, and its console log stays readable. */
void part_lifecycle(struct build *b)
{
	ADD(b, b->domain, "clock", "offset", "utc");
	domain_xml_add_text(&b->xml, b->domain, "on_poweroff", "destroy");
	domain_xml_add_text(&b->xml, b->domain, "on_reboot", "restart");
	domain_xml_add_text(&b->xml, b->domain, "on_crash", "destroy");
}

void part_devices(struct build *b)
{
	b->devices = ADD(b, b->domain, "devices");
	domain_xml_add_text(&b->xml, b->devices, "emulator", b->emulator);
}

void part_disk(struct build *b)
{
	xmlNode *disk;

	if (!b->options->disk)
		return;
	disk = ADD(b, b->devices, "disk", "type", b->disk.is_block ? "block" : "file", "device", "disk");
	ADD(b, disk, "driver", "name", "qemu", "type", b->disk.format, "cache", "none", "io", "native", "discard", "unmap");
	ADD(b, disk, "source", b->disk.is_block ? "dev" : "file", b->options->disk);
	ADD(b, disk, "target", "dev", "vda", "bus", "virtio");
	ADD(b, disk, "boot", "order", "1");
	b->n_ports++;
}

/* OVMF has a driver for virtio ports: the option ROM is left out, which saves its start and the package it comes from. */
void part_network(struct build *b)
{
	const struct guest_options *o = b->options;
	xmlNode *interface;

	if (!o->bridge && !o->network)
		return;
	interface = ADD(b, b->devices, "interface", "type", o->bridge ? "bridge" : "network");
	ADD(b, interface, "source", o->bridge ? "bridge" : "network", o->bridge ? o->bridge : o->network);
	ADD(b, interface, "model", "type", "virtio");
	ADD(b, interface, "rom", "enabled", "no");
	b->n_ports++;
}

/* The log is appended to, so that it still shows how a guest ended after it was started again; virtlogd rotates it. */
void part_console(struct build *b)
{
	xmlNode *serial = ADD(b, b->devices, "serial", "type", "pty"), *target, *console;

	if (b->options->console_log)
		ADD(b, serial, "log", "file", b->options->console_log, "append", "on");
	target = ADD(b, serial, "target", "type", "isa-serial", "port", "0");
	ADD(b, target, "model", "name", "isa-serial");
	console = ADD(b, b->devices, "console", "type", "pty");
	ADD(b, console, "target", "type", "serial", "port", "0");
}

void part_agent(struct build *b)
{
	xmlNode *channel;

	ADD(b, b->devices, "controller", "type", "virtio-serial", "index", "0");
	channel = ADD(b, b->devices, "channel", "type", "unix");
	ADD(b, channel, "target", "type", "virtio", "name", "org.qemu.guest_agent.0");
	b->n_ports++;
}

void part_rng(struct build *b)
{
	xmlNode *rng = ADD(b, b->devices, "rng", "model", "virtio"), *backend;

	backend = domain_xml_add_text(&b->xml, rng, "backend", "/dev/urandom");
	domain_xml_set(&b->xml, backend, "model", "random");
	b->n_ports++;
}

/* VFIO pins all memory of a guest, so a balloon could give nothing back. */
void part_nothing_else(struct build *b)
{
	ADD(b, b->devices, "controller", "type", "usb", "model", "none");
	ADD(b, b->devices, "memballoon", "model", "none");
}

/* pcie.0 takes no device while the guest runs: each needs a root port that was there at its start. */
void part_ports(struct build *b)
{
	ADD(b, b->devices, "controller", "type", "pci", "index", "0", "model", "pcie-root");
	for (unsigned i = 1; i <= b->n_ports + b->options->spare_ports; i++) {
		xmlNode *port = ADD(b, b->devices, "controller", "type", "pci");

		domain_xml_set_unsigned(&b->xml, port, "index", i);
		domain_xml_set(&b->xml, port, "model", "pcie-root-port");
	}
}
