/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device as JSON. */

#include <string.h>

#include "cli/json_pci.h"
#include "cli/view_device.h"
#include "common/text.h"
#include "detect/acs.h"
#include "detect/names.h"
#include "detect/sharing.h"

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
	json_add_hex(o, "revision", d->revision, 2);
	json_add_string(o, "type", device_type_name(d));
	json_add_string(o, "vendor_name", vendor_name(d, name, sizeof(name)));
	json_add_string(o, "device_name", device_name(d, name, sizeof(name)));
	json_add_string(o, "driver", d->driver);
	json_add_string(o, "driver_override", d->driver_override);
	json_add_string(o, "vfio_driver", d->vfio_driver);
}

static void add_group(struct json_object *o, const struct host *host, const struct device *d)
{
	const struct iommu_group *group = iommu_find(&host->iommu, d->iommu_group);
	struct json_object *regions;
	const struct device *cause = NULL;

	if (group)
		json_add_int(o, "iommu_group", group->id);
	else
		json_object_object_add(o, "iommu_group", NULL);
	json_add_strv(o, "group_members", group ? group->devices : NULL);
	/* Bridges in a group stay with the host, and do not take part in the sharing. */
	if (group)
		json_add_bool(o, "isolated", group->n_endpoints <= 1);
	else
		json_object_object_add(o, "isolated", NULL);
	/* Why it is not alone, and the bridge that joins them, where one is to blame. */
	json_add_string(o, "sharing", group ? sharing_name(sharing_of(&host->devices, group, d, &cause)) : NULL);
	json_add_string(o, "sharing_cause", cause ? cause->address : NULL);
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

static int add_appraisal(struct json_object *o, const struct host *host, const struct uses *uses, const struct device *d)
{
	_cleanup_(appraisal_done) struct appraisal a = {};
	struct json_object *array = json_add_array(o, "uses");
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
	r = device_appraise(host, uses, d, &a);
	if (r < 0)
		return r;
	json_add_string(o, "verdict", assessment_name(a.assessment));
	json_add_strv(o, "reasons", a.reasons);
	json_add_strv(o, "cautions", a.cautions);
	return 0;
}

struct json_object *device_to_json(const struct host *host, const struct uses *uses, const struct device *d)
{
	struct json_object *o = json_object_new_object();

	add_ids(o, d);
	add_group(o, host, d);
	add_firmware_regions(o, &host->reserved, d);
	pci_to_json(o, &host->devices, d);
	if (add_appraisal(o, host, uses, d) < 0) {
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
