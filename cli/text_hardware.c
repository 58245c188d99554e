/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a device is and what it has, as text: ids, link, interrupts, memory, resets, namespaces. */

#include <stdio.h>

#include "cli/text_field.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/link.h"
#include "detect/names.h"

static void print_drivers(const struct cli *cli, const struct device *d)
{
	field_print(cli, "driver", "%s", d->driver ? d->driver : "none");
	if (d->driver_override)
		field_print(cli, "driver override", "%s", d->driver_override);
	if (d->vfio_driver && !str_eq(d->vfio_driver, "vfio-pci"))
		field_print(cli, "for guests", "%s, a vfio driver that knows this device", d->vfio_driver);
}

void fields_identity(const struct cli *cli, const struct host *host, const struct device *d)
{
	char text[512];

	(void)host;
	field_print(cli, "class", "%s", class_name(d, text, sizeof(text)));
	field_print(cli, "ids", "%04x:%04x, subsystem %04x:%04x, revision %02x", d->vendor, d->product, d->subsystem_vendor,
		    d->subsystem_product, d->revision);
	print_drivers(cli, d);
	if (d->serial)
		field_print(cli, d->serial_remembered ? "last seen serial" : "serial", "%s", d->serial);
	if (d->capabilities.has_serial)
		field_print(cli, "PCIe serial", "%016llx", (unsigned long long)d->capabilities.serial);
	if (d->firmware)
		field_print(cli, "device firmware", "%s", d->firmware);
}

static void print_link(const struct cli *cli, const struct host *host, const struct device *d)
{
	const struct device *port = devices_parent(&host->devices, d);
	struct link link = link_of(d, port);
	static const char *const judged[] = {
		[LINK_UNKNOWN] = "",
		[LINK_FULL] = "; no more is possible there",
		[LINK_SLOW] = "; slower than both ends can, which saves power",
		[LINK_NARROW] = "; narrower than both ends can",
	};

	if (!d->link_speed || (!link.speed && !link.width))
		return;
	field_print(cli, "link", "%s x%s, at most %s x%s%s", d->link_speed, d->link_width ? d->link_width : "?",
		    d->link_speed_max ? d->link_speed_max : "?", d->link_width_max ? d->link_width_max : "?",
		    link.state == LINK_SLOW && link_is_degraded(d, &link) ? "; slower than both ends can" : judged[link.state]);
}

static void print_interrupts(const struct cli *cli, const struct device *d)
{
	const struct capabilities *c = &d->capabilities;
	struct text t = {};
	_cleanup_free_ char *text = NULL;

	if (!c->is_known) {
		field_print(cli, "interrupts", "%sMSI and MSI-X unknown (root can read them)", c->has_interrupt_pin ? "INTx, " : "");
		return;
	}
	if (c->msix_vectors)
		text_printf(&t, "MSI-X with %u vectors%s", c->msix_vectors, c->msix_enabled ? " (in use)" : "");
	if (c->msi_vectors)
		text_printf(&t, "%sMSI with %u vector%s%s", t.size ? ", " : "", c->msi_vectors, c->msi_vectors == 1 ? "" : "s",
			    c->msi_enabled ? " (in use)" : "");
	if (c->has_interrupt_pin)
		text_printf(&t, "%sINTx", t.size ? ", " : "");
	text = text_take(&t);
	field_print(cli, "interrupts", "%s", text && *text ? text : "none");
}

static void print_reset(const struct cli *cli, const struct device *d)
{
	_cleanup_free_ char *methods = strv_join(d->reset_methods, ", ");

	if (d->resets == TRUTH_UNKNOWN)
		field_print(cli, "reset", "unknown");
	else if (d->resets == TRUTH_NO)
		field_print(cli, "reset", "none");
	else if (d->reset_methods_known)
		field_print(cli, "reset", "%s", methods ? methods : "");
	else
		field_print(cli, "reset", "works; how is not told before Linux 5.15");
}

static void print_bar(const struct cli *cli, const char *name, const struct bar *bar)
{
	char size[32];

	if (bar->size)
		field_print(cli, name, "%s, %s%s%s%s", size_format(bar->size, size, sizeof(size)), bar->is_io ? "I/O" : "memory",
			    bar->is_64bit ? ", 64-bit" : "", bar->is_prefetchable ? ", prefetchable" : "",
			    bar->is_unassigned ? ", but no room was found for it" : "");
}

static void print_memory(const struct cli *cli, const struct device *d)
{
	char text[32];

	for (size_t i = 0; i < ARRAY_SIZE(d->bars); i++) {
		snprintf(text, sizeof(text), "BAR %zu", i);
		print_bar(cli, text, &d->bars[i]);
	}
	if (d->rom.size)
		field_print(cli, "expansion ROM", "%s", size_format(d->rom.size, text, sizeof(text)));
	if (d->is_boot_vga || d->boot_framebuffer == TRUTH_YES)
		field_print(cli, "boot display", "%s%s%s", d->is_boot_vga ? "the firmware's own choice" : "",
			    d->is_boot_vga && d->boot_framebuffer == TRUTH_YES ? "; " : "",
			    d->boot_framebuffer == TRUTH_YES ? "the boot framebuffer lies in its memory" : "");
}

static void print_functions(const struct cli *cli, const struct device *d)
{
	unsigned capable = d->capabilities.sriov_vfs;

	if (d->max_vfs)
		field_print(cli, "SR-IOV", "%zu VFs of at most %u", strv_length(d->virtual_functions), d->max_vfs);
	else if (capable)
		field_print(cli, "SR-IOV", "made for %u VFs, but the kernel offers none: look for SR-IOV and 'Above 4G Decoding' in the "
			    "firmware's set-up", capable);
	if (d->physical_function)
		field_print(cli, "VF of", "%s", d->physical_function);
}

static void print_namespaces(const struct cli *cli, const struct device *d)
{
	char size[32], format[64];

	for (size_t i = 0; i < d->n_namespaces; i++) {
		const struct nvme_namespace *n = &d->namespaces[i];

		format[0] = '\0';
		if (n->block_size && n->metadata_size)
			snprintf(format, sizeof(format), ", blocks of %u+%u bytes", n->block_size, n->metadata_size);
		else if (n->block_size)
			snprintf(format, sizeof(format), ", blocks of %u bytes", n->block_size);
		field_print(cli, i ? "" : "namespaces", "%u: %s, %s%s", n->number, n->name, size_format(n->size, size, sizeof(size)), format);
	}
}

void fields_hardware(const struct cli *cli, const struct host *host, const struct device *d)
{
	print_namespaces(cli, d);
	print_link(cli, host, d);
	print_interrupts(cli, d);
	print_functions(cli, d);
	print_reset(cli, d);
	print_memory(cli, d);
}
