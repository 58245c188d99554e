/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PCI itself knows of a device, as JSON: its way to the root, link, interrupts, memory, resets. */

#include <string.h>

#include "cli/json_pci.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/acs.h"
#include "detect/link.h"

static void add_truth(struct json_writer *o, const char *key, enum truth truth)
{
	if (truth == TRUTH_UNKNOWN)
		json_write_null(o, key);
	else
		json_write_bool(o, key, truth == TRUTH_YES);
}

static void add_acs(struct json_writer *o, const struct device *d)
{
	unsigned missing;
	const char *names[5];

	json_write_string(o, "acs", acs_name(acs_of(d, &missing)));
	json_write_array(o, "missing");
	acs_bits(missing, names);
	for (const char **name = names; *name; name++)
		json_write_string(o, NULL, *name);
	json_write_close(o);
}

/* From the device up to the root. */
static void add_path(struct json_writer *o, const struct devices *devices, const struct device *d)
{
	unsigned missing;

	json_write_array(o, "acs_path");
	for (const struct device *up = devices_parent(devices, d); up; up = devices_parent(devices, up)) {
		json_write_object(o, NULL);
		json_write_string(o, "address", up->address);
		json_write_string(o, "type", device_type_name(up));
		add_acs(o, up);
		json_write_close(o);
	}
	json_write_close(o);
	json_write_string(o, "acs", acs_name(acs_of(d, &missing)));
}

static void add_reset(struct json_writer *o, const struct device *d)
{
	if (d->reset_methods_known)
		json_write_strv(o, "reset_methods", d->reset_methods);
	else
		json_write_null(o, "reset_methods");
	add_truth(o, "can_reset", d->resets);
	if (d->capabilities.is_known)
		json_write_bool(o, "flr", d->capabilities.has_flr);
	else
		json_write_null(o, "flr");
}

static void add_node(struct json_writer *o, const struct device *d)
{
	if (d->numa_node >= 0)
		json_write_int(o, "numa_node", d->numa_node);
	else
		json_write_null(o, "numa_node");
	json_write_string(o, "numa_cpus", d->numa_cpus);
}

static void add_link(struct json_writer *o, const struct devices *devices, const struct device *d)
{
	struct link now = link_of(d, devices_parent(devices, d));

	if (!d->link_speed) {
		json_write_null(o, "link");
		return;
	}
	json_write_object(o, "link");
	json_write_string(o, "speed", d->link_speed);
	json_write_string(o, "width", d->link_width);
	json_write_string(o, "max_speed", d->link_speed_max);
	json_write_string(o, "max_width", d->link_width_max);
	if (now.state == LINK_UNKNOWN)
		json_write_null(o, "degraded");
	else
		json_write_bool(o, "degraded", link_is_degraded(d, &now));
	json_write_close(o);
}

static void add_sriov(struct json_writer *o, const struct device *d)
{
	if (!d->max_vfs && !d->physical_function && !d->capabilities.sriov_vfs) {
		json_write_null(o, "sriov");
		return;
	}
	json_write_object(o, "sriov");
	json_write_string(o, "physical_function", d->physical_function);
	json_write_strv(o, "virtual_functions", d->virtual_functions);
	json_write_int(o, "enabled_virtual_functions", (int64_t)strv_length(d->virtual_functions));
	json_write_int(o, "max_virtual_functions", d->max_vfs);
	/* What the function could do, were there room for it. */
	if (d->capabilities.is_complete)
		json_write_int(o, "capable_virtual_functions", d->capabilities.sriov_vfs);
	else
		json_write_null(o, "capable_virtual_functions");
	json_write_close(o);
}

static void add_bars(struct json_writer *o, const struct device *d)
{
	json_write_array(o, "bars");
	for (size_t i = 0; i < ARRAY_SIZE(d->bars); i++) {
		if (!d->bars[i].size)
			continue;
		json_write_object(o, NULL);
		json_write_int(o, "index", (int64_t)i);
		json_write_int(o, "size", (int64_t)d->bars[i].size);
		json_write_string(o, "type", d->bars[i].is_io ? "io" : "memory");
		json_write_bool(o, "64bit", d->bars[i].is_64bit);
		json_write_bool(o, "prefetchable", d->bars[i].is_prefetchable);
		json_write_bool(o, "unassigned", d->bars[i].is_unassigned);
		json_write_close(o);
	}
	json_write_close(o);
}

static void add_rom(struct json_writer *o, const struct device *d)
{
	if (!d->rom.size) {
		json_write_null(o, "rom");
		return;
	}
	json_write_object(o, "rom");
	json_write_int(o, "size", (int64_t)d->rom.size);
	json_write_close(o);
}

static void add_interrupts(struct json_writer *o, const struct device *d)
{
	const struct capabilities *c = &d->capabilities;

	if (!c->is_known) {
		json_write_null(o, "interrupts");
		return;
	}
	json_write_object(o, "interrupts");
	json_write_bool(o, "intx", c->has_interrupt_pin);
	json_write_int(o, "msi", c->msi_vectors);
	json_write_bool(o, "msi_enabled", c->msi_enabled);
	json_write_int(o, "msix", c->msix_vectors);
	json_write_bool(o, "msix_enabled", c->msix_enabled);
	json_write_close(o);
}

static void add_nvme(struct json_writer *o, const struct device *d)
{
	json_write_string(o, "serial", d->serial);
	json_write_string(o, "model", d->model);
	json_write_string(o, "firmware_revision", d->firmware);
	json_write_array(o, "namespaces");
	for (size_t i = 0; i < d->n_namespaces; i++) {
		const struct nvme_namespace *n = &d->namespaces[i];

		json_write_object(o, NULL);
		json_write_string(o, "name", n->name);
		json_write_int(o, "id", n->number);
		json_write_int(o, "size", (int64_t)n->size);
		json_write_int(o, "block_size", n->block_size);
		json_write_int(o, "metadata_size", n->metadata_size);
		json_write_close(o);
	}
	json_write_close(o);
}

static void add_serial(struct json_writer *o, const struct device *d)
{
	_cleanup_free_ char *serial = NULL;

	if (d->capabilities.has_serial)
		serial = text_format("%016llx", (unsigned long long)d->capabilities.serial);
	json_write_string(o, "pcie_serial", serial);
}

void pci_to_json(struct json_writer *o, const struct devices *devices, const struct device *d)
{
	add_path(o, devices, d);
	add_reset(o, d);
	add_node(o, d);
	add_link(o, devices, d);
	add_sriov(o, d);
	add_bars(o, d);
	add_rom(o, d);
	add_interrupts(o, d);
	json_write_bool(o, "boot_vga", d->is_boot_vga);
	add_truth(o, "boot_framebuffer", d->boot_framebuffer);
	add_serial(o, d);
	add_nvme(o, d);
}
