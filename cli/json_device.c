/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device as JSON. */

#include <string.h>

#include "cli/view_device.h"
#include "common/text.h"
#include "detect/names.h"

static void add_ids(struct json_object *o, const struct device *d)
{
	char name[256];

	json_add_string(o, "address", d->address);
	json_add_string(o, "path", d->path);
	json_add_string(o, "slot", d->slot);
	json_add_hex(o, "vendor", d->vendor, 4);
	json_add_hex(o, "device", d->product, 4);
	json_add_hex(o, "subsystem_vendor", d->subsystem_vendor, 4);
	json_add_hex(o, "subsystem_device", d->subsystem_product, 4);
	json_add_hex(o, "class", d->class, 6);
	json_add_string(o, "vendor_name", vendor_name(d, name, sizeof(name)));
	json_add_string(o, "device_name", device_name(d, name, sizeof(name)));
	json_add_string(o, "driver", d->driver);
	json_add_string(o, "driver_override", d->driver_override);
}

static void add_group(struct json_object *o, const struct host *host, const struct device *d)
{
	const struct iommu_group *group = iommu_find(&host->iommu, d->iommu_group);
	struct json_object *regions;
	size_t endpoints = 0;

	if (group)
		json_add_int(o, "iommu_group", group->id);
	else
		json_object_object_add(o, "iommu_group", NULL);
	json_add_strv(o, "group_members", group ? group->devices : NULL);
	for (char **address = group ? group->devices : NULL; address && *address; address++) {
		const struct device *member = devices_find(&host->devices, *address);

		endpoints += member && !device_is_infrastructure(member);
	}
	/* Bridges in a group stay with the host, and do not take part in the sharing. */
	if (group)
		json_add_bool(o, "isolated", endpoints <= 1);
	else
		json_object_object_add(o, "isolated", NULL);
	regions = json_add_array(o, "reserved_regions");
	for (size_t i = 0; group && i < group->n_regions; i++) {
		struct json_object *region = json_object_new_object();

		json_add_hex(region, "start", group->regions[i].start, 16);
		json_add_hex(region, "end", group->regions[i].end, 16);
		json_add_string(region, "type", group->regions[i].type);
		json_object_array_add(regions, region);
	}
}

/* What the firmware's own table says of the device, whatever the kernel makes of it. */
static void add_firmware_regions(struct json_object *o, const struct reserved *reserved, const struct device *d)
{
	struct json_object *array = json_add_array(o, "firmware_regions");
	size_t n;
	const struct reservation *of = reserved_of(reserved, d, &n);

	for (size_t i = 0; i < n; i++) {
		const struct firmware_region *region = &reserved->regions[of[i].region];
		struct json_object *item = json_object_new_object();

		json_add_string(item, "table", region->table);
		json_add_string(item, "kind", region->kind);
		json_add_hex(item, "start", region->start, 16);
		json_add_hex(item, "end", region->end, 16);
		json_add_bool(item, "relaxable", of[i].is_relaxable);
		json_object_array_add(array, item);
	}
}

static void add_link(struct json_object *o, const struct device *d)
{
	struct json_object *link, *sriov;

	if (d->link_speed) {
		link = json_add_object(o, "link");
		json_add_string(link, "speed", d->link_speed);
		json_add_string(link, "width", d->link_width);
		json_add_string(link, "max_speed", d->link_speed_max);
		json_add_string(link, "max_width", d->link_width_max);
	} else {
		json_object_object_add(o, "link", NULL);
	}
	if (!d->max_vfs && !d->physical_function) {
		json_object_object_add(o, "sriov", NULL);
		return;
	}
	sriov = json_add_object(o, "sriov");
	json_add_string(sriov, "physical_function", d->physical_function);
	json_add_strv(sriov, "virtual_functions", d->virtual_functions);
	json_add_int(sriov, "max_virtual_functions", d->max_vfs);
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
		json_object_array_add(bars, bar);
	}
}

static int add_judgement(struct json_object *o, const struct host *host, const struct uses *uses, const struct device *d)
{
	_cleanup_(strv_freep) char **reasons = NULL;
	struct json_object *array = json_add_array(o, "uses");
	enum assessment assessment;
	const struct use *use;
	size_t n;
	int r;

	use = uses_of(uses, d, &n);
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_new_object();

		json_add_string(item, "kind", use_kind_name(use[i].kind));
		json_add_string(item, "what", use[i].what);
		json_add_string(item, "via", use[i].via);
		json_object_array_add(array, item);
	}
	r = device_assess(host, uses, d, &assessment, &reasons);
	if (r < 0)
		return r;
	json_add_string(o, "verdict", assessment_name(assessment));
	json_add_strv(o, "reasons", reasons);
	return 0;
}

struct json_object *device_to_json(const struct host *host, const struct uses *uses, const struct device *d)
{
	struct json_object *o = json_object_new_object();

	add_ids(o, d);
	add_group(o, host, d);
	add_firmware_regions(o, &host->reserved, d);
	if (d->reset_methods_known)
		json_add_strv(o, "reset_methods", d->reset_methods);
	else
		json_object_object_add(o, "reset_methods", NULL);
	if (d->numa_node >= 0)
		json_add_int(o, "numa_node", d->numa_node);
	else
		json_object_object_add(o, "numa_node", NULL);
	add_link(o, d);
	json_add_string(o, "serial", d->serial);
	json_add_string(o, "model", d->model);
	add_bars(o, d);
	if (add_judgement(o, host, uses, d) < 0) {
		json_object_put(o);
		return NULL;
	}
	return o;
}

struct json_object *devices_to_json(const struct host *host, const struct uses *uses, struct device *const *devices, size_t n)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, device_to_json(host, uses, devices[i]));
	return array;
}
