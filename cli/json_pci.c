/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PCI itself knows of a device, as JSON: its way to the root, link, interrupts, memory, resets. */

#include <string.h>

#include "cli/json_pci.h"
#include "common/text.h"
#include "detect/acs.h"
#include "detect/link.h"

static void add_truth(struct json_object *o, const char *key, enum truth truth)
{
	if (truth == TRUTH_UNKNOWN)
		json_add_null(o, key);
	else
		json_add_bool(o, key, truth == TRUTH_YES);
}

static void add_acs(struct json_object *o, const struct device *d)
{
	unsigned missing;
	struct json_object *array;
	const char *names[5];

	json_add_string(o, "acs", acs_name(acs_of(d, &missing)));
	array = json_add_array(o, "missing");
	acs_bits(missing, names);
	for (const char **name = names; *name; name++)
		json_append_string(array, *name);
}

/* From the device up to the root. */
static void add_path(struct json_object *o, const struct devices *devices, const struct device *d)
{
	struct json_object *path = json_add_array(o, "acs_path");
	unsigned missing;

	json_add_string(o, "acs", acs_name(acs_of(d, &missing)));
	for (const struct device *up = devices_parent(devices, d); up; up = devices_parent(devices, up)) {
		struct json_object *hop = json_object_new_object();

		json_add_string(hop, "address", up->address);
		json_add_string(hop, "type", device_type_name(up));
		add_acs(hop, up);
		json_object_array_add(path, hop);
	}
}

static void add_reset(struct json_object *o, const struct device *d)
{
	if (d->reset_methods_known)
		json_add_strv(o, "reset_methods", d->reset_methods);
	else
		json_add_null(o, "reset_methods");
	add_truth(o, "can_reset", d->resets);
	if (d->capabilities.is_known)
		json_add_bool(o, "flr", d->capabilities.has_flr);
	else
		json_add_null(o, "flr");
}

static void add_node(struct json_object *o, const struct device *d)
{
	if (d->numa_node >= 0)
		json_add_int(o, "numa_node", d->numa_node);
	else
		json_add_null(o, "numa_node");
	json_add_string(o, "numa_cpus", d->numa_cpus);
}

static void add_link(struct json_object *o, const struct devices *devices, const struct device *d)
{
	struct link now = link_of(d, devices_parent(devices, d));
	struct json_object *link;

	if (!d->link_speed) {
		json_add_null(o, "link");
		return;
	}
	link = json_add_object(o, "link");
	json_add_string(link, "speed", d->link_speed);
	json_add_string(link, "width", d->link_width);
	json_add_string(link, "max_speed", d->link_speed_max);
	json_add_string(link, "max_width", d->link_width_max);
	if (now.state == LINK_UNKNOWN)
		json_add_null(link, "degraded");
	else
		json_add_bool(link, "degraded", link_is_degraded(d, &now));
}

static void add_sriov(struct json_object *o, const struct device *d)
{
	struct json_object *sriov;

	if (!d->max_vfs && !d->physical_function && !d->capabilities.sriov_vfs) {
		json_add_null(o, "sriov");
		return;
	}
	sriov = json_add_object(o, "sriov");
	json_add_string(sriov, "physical_function", d->physical_function);
	json_add_strv(sriov, "virtual_functions", d->virtual_functions);
	json_add_int(sriov, "enabled_virtual_functions", (int64_t)strv_length(d->virtual_functions));
	json_add_int(sriov, "max_virtual_functions", d->max_vfs);
	/* What the function could do, were there room for it. */
	if (d->capabilities.is_complete)
		json_add_int(sriov, "capable_virtual_functions", d->capabilities.sriov_vfs);
	else
		json_add_null(sriov, "capable_virtual_functions");
}

static void add_bars(struct json_object *o, const struct device *d)
{
	struct json_object *bars = json_add_array(o, "bars");

	for (size_t i = 0; i < ARRAY_SIZE(d->bars); i++) {
		struct json_object *bar;

		if (!d->bars[i].size)
			continue;
		bar = json_object_new_object();
		json_add_int(bar, "index", (int64_t)i);
		json_add_int(bar, "size", (int64_t)d->bars[i].size);
		json_add_string(bar, "type", d->bars[i].is_io ? "io" : "memory");
		json_add_bool(bar, "64bit", d->bars[i].is_64bit);
		json_add_bool(bar, "prefetchable", d->bars[i].is_prefetchable);
		json_add_bool(bar, "unassigned", d->bars[i].is_unassigned);
		json_object_array_add(bars, bar);
	}
	if (d->rom.size)
		json_add_int(json_add_object(o, "rom"), "size", (int64_t)d->rom.size);
	else
		json_add_null(o, "rom");
}

static void add_interrupts(struct json_object *o, const struct device *d)
{
	const struct capabilities *c = &d->capabilities;
	struct json_object *interrupts;

	if (!c->is_known) {
		json_add_null(o, "interrupts");
		return;
	}
	interrupts = json_add_object(o, "interrupts");
	json_add_bool(interrupts, "intx", c->has_interrupt_pin);
	json_add_int(interrupts, "msi", c->msi_vectors);
	json_add_bool(interrupts, "msi_enabled", c->msi_enabled);
	json_add_int(interrupts, "msix", c->msix_vectors);
	json_add_bool(interrupts, "msix_enabled", c->msix_enabled);
}

static void add_nvme(struct json_object *o, const struct device *d)
{
	struct json_object *namespaces;

	json_add_string(o, "serial", d->serial);
	json_add_string(o, "model", d->model);
	json_add_string(o, "firmware_revision", d->firmware);
	namespaces = json_add_array(o, "namespaces");
	for (size_t i = 0; i < d->n_namespaces; i++) {
		const struct nvme_namespace *n = &d->namespaces[i];
		struct json_object *item = json_object_new_object();

		json_add_string(item, "name", n->name);
		json_add_int(item, "id", n->number);
		json_add_int(item, "size", (int64_t)n->size);
		json_add_int(item, "block_size", n->block_size);
		json_add_int(item, "metadata_size", n->metadata_size);
		json_object_array_add(namespaces, item);
	}
}

static void add_serial(struct json_object *o, const struct device *d)
{
	_cleanup_free_ char *serial = NULL;

	if (d->capabilities.has_serial)
		serial = text_format("%016llx", (unsigned long long)d->capabilities.serial);
	json_add_string(o, "pcie_serial", serial);
}

void pci_to_json(struct json_object *o, const struct devices *devices, const struct device *d)
{
	add_path(o, devices, d);
	add_reset(o, d);
	add_node(o, d);
	add_link(o, devices, d);
	add_sriov(o, d);
	add_bars(o, d);
	add_interrupts(o, d);
	json_add_bool(o, "boot_vga", d->is_boot_vga);
	add_truth(o, "boot_framebuffer", d->boot_framebuffer);
	add_serial(o, d);
	add_nvme(o, d);
}
