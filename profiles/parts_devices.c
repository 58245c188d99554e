/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts: the devices of a domain. */

#include <string.h>

#include "common/cleanup.h"
#include "profiles/parts.h"

void part_devices(struct build *b)
{
	b->devices = ADD(b, b->domain, "devices");
	domain_xml_add_text(&b->xml, b->devices, "emulator", b->emulator);
}

/* A protected guest shares with its devices only what it copies out for them. */
static const char *iommu_word(const struct build *b)
{
	return b->options.secure_execution ? "on" : NULL;
}

static void disk_source(struct build *b, xmlNode *disk)
{
	const char *path = b->options.disk, *slash = strchr(path, '/');
	_cleanup_free_ char *pool = NULL;

	if (!b->disk.is_volume) {
		ADD(b, disk, "source", b->disk.is_block ? "dev" : "file", path);
		return;
	}
	pool = strndup(path, (size_t)(slash - path));
	ADD(b, disk, "source", "pool", pool, "volume", slash + 1);
}

void part_disk(struct build *b)
{
	xmlNode *disk;

	if (!b->options.disk)
		return;
	disk = ADD(b, b->devices, "disk", "type", b->disk.is_volume ? "volume" : b->disk.is_block ? "block" : "file", "device", "disk");
	ADD(b, disk, "driver", "name", "qemu", "type", b->disk.format, "cache", "none", "io",
	    b->options.disk_io == DISK_IO_URING ? "io_uring" : "native", "discard", "unmap", "iothread", b->options.iothreads ? "1" : NULL, "iommu",
	    iommu_word(b));
	disk_source(b, disk);
	ADD(b, disk, "target", "dev", "vda", "bus", "virtio");
	ADD(b, disk, "boot", "order", "1");
	b->n_ports++;
}

static xmlNode *network_source(struct build *b)
{
	const struct guest_options *o = &b->options;
	xmlNode *interface;

	if (o->macvtap && !o->bridge) {
		interface = ADD(b, b->devices, "interface", "type", "direct");
		ADD(b, interface, "source", "dev", o->macvtap, "mode", "bridge");
		return interface;
	}
	interface = ADD(b, b->devices, "interface", "type", o->bridge ? "bridge" : "network");
	ADD(b, interface, "source", o->bridge ? "bridge" : "network", o->bridge ? o->bridge : o->network);
	return interface;
}

/* OVMF has a driver for virtio ports: the option ROM is left out, which saves its start and the package it comes from. */
void part_network(struct build *b)
{
	const struct guest_options *o = &b->options;
	xmlNode *interface, *driver;

	if (!o->bridge && !o->macvtap && !o->network)
		return;
	interface = network_source(b);
	ADD(b, interface, "model", "type", "virtio");
	if (o->queues > 1 || iommu_word(b)) {
		driver = ADD(b, interface, "driver", "iommu", iommu_word(b));
		if (o->queues > 1)
			domain_xml_set_unsigned(&b->xml, driver, "queues", o->queues);
	}
	if (b->firmware.code)
		ADD(b, interface, "rom", "enabled", "no");
	b->n_ports++;
}

/* The log is appended to, so that it still shows how a guest ended after it was started again; virtlogd rotates it. */
static void add_log(struct build *b, xmlNode *console)
{
	if (b->options.console_log)
		ADD(b, console, "log", "file", b->options.console_log, "append", "on");
}

void part_serial(struct build *b)
{
	xmlNode *serial = ADD(b, b->devices, "serial", "type", "pty"), *target, *console;

	add_log(b, serial);
	target = ADD(b, serial, "target", "type", "isa-serial", "port", "0");
	ADD(b, target, "model", "name", "isa-serial");
	console = ADD(b, b->devices, "console", "type", "pty");
	ADD(b, console, "target", "type", "serial", "port", "0");
}

/* The console that firmware and kernel of s390x speak to without being told. */
void part_sclp(struct build *b)
{
	xmlNode *console = ADD(b, b->devices, "console", "type", "pty");

	add_log(b, console);
	ADD(b, console, "target", "type", "sclp", "port", "0");
}

void part_agent(struct build *b)
{
	xmlNode *channel, *controller;

	controller = ADD(b, b->devices, "controller", "type", "virtio-serial", "index", "0");
	if (iommu_word(b))
		ADD(b, controller, "driver", "iommu", "on");
	channel = ADD(b, b->devices, "channel", "type", "unix");
	ADD(b, channel, "target", "type", "virtio", "name", "org.qemu.guest_agent.0");
	b->n_ports++;
}

void part_rng(struct build *b)
{
	xmlNode *rng = ADD(b, b->devices, "rng", "model", "virtio"), *backend;

	backend = domain_xml_add_text(&b->xml, rng, "backend", "/dev/urandom");
	domain_xml_set(&b->xml, backend, "model", "random");
	if (iommu_word(b))
		ADD(b, rng, "driver", "iommu", "on");
	b->n_ports++;
}

void part_tpm(struct build *b)
{
	xmlNode *tpm;

	if (!b->options.tpm)
		return;
	tpm = ADD(b, b->devices, "tpm", "model", "tpm-crb");
	ADD(b, tpm, "backend", "type", "emulator", "version", "2.0");
}

/* It sits on pcie.0, as the first display must. */
void part_graphics(struct build *b)
{
	xmlNode *graphics;

	if (b->options.graphics == GRAPHICS_NONE)
		return;
	graphics = ADD(b, b->devices, "graphics", "type", "vnc", "port", "-1", "autoport", "yes", "listen", "127.0.0.1");
	ADD(b, graphics, "listen", "type", "address", "address", "127.0.0.1");
	ADD(b, ADD(b, b->devices, "video"), "model", "type", b->firmware.code ? "virtio" : "vga", "heads", "1", "primary", "yes");
}

void part_usb(struct build *b)
{
	ADD(b, b->devices, "controller", "type", "usb", "model", b->options.usb ? "qemu-xhci" : "none");
	if (!b->options.usb)
		return;
	b->n_ports++;
	/* The pointer is where the one of the screen that looks on is. */
	if (b->options.graphics != GRAPHICS_NONE)
		ADD(b, b->devices, "input", "type", "tablet", "bus", "usb");
}

/* VFIO pins all memory of a guest, so a balloon could give nothing back. */
void part_no_balloon(struct build *b)
{
	ADD(b, b->devices, "memballoon", "model", "none");
}

/* pcie.0 takes no device while the guest runs: each needs a root port that was there at its start. */
void part_ports(struct build *b)
{
	ADD(b, b->devices, "controller", "type", "pci", "index", "0", "model", "pcie-root");
	for (unsigned i = 1; i <= b->n_ports + b->options.spare_ports; i++) {
		xmlNode *port = ADD(b, b->devices, "controller", "type", "pci");

		domain_xml_set_unsigned(&b->xml, port, "index", i);
		domain_xml_set(&b->xml, port, "model", "pcie-root-port");
	}
}
