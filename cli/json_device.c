/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device as JSON. */

#include <errno.h>

#include "cli/json_pci.h"
#include "cli/view_device.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/acs.h"
#include "detect/names.h"
#include "detect/sharing.h"

static void add_ids(struct json_writer *o, const struct device *d)
{
	char name[256];

	json_write_string(o, "address", d->address);
	json_write_string(o, "path", d->path);
	json_write_string(o, "slot", d->slot);
	json_write_hex(o, "vendor", d->vendor, 4);
	json_write_hex(o, "device", d->product, 4);
	json_write_hex(o, "subsystem_vendor", d->subsystem_vendor, 4);
	json_write_hex(o, "subsystem_device", d->subsystem_product, 4);
	json_write_hex(o, "class", d->class, 6);
	json_write_hex(o, "revision", d->revision, 2);
	json_write_string(o, "type", device_type_name(d));
	json_write_string(o, "vendor_name", vendor_name(d, name, sizeof(name)));
	json_write_string(o, "device_name", device_name(d, name, sizeof(name)));
	json_write_string(o, "driver", d->driver);
	json_write_string(o, "driver_override", d->driver_override);
	json_write_string(o, "vfio_driver", d->vfio_driver);
}

static void add_number(struct json_writer *o, const char *key, int value, int digits)
{
	if (value < 0)
		json_write_null(o, key);
	else
		json_write_hex(o, key, (unsigned)value, digits);
}

/* Of functions of s390x alone. */
static void add_zpci(struct json_writer *o, const struct zpci *z)
{
	static const char *const words[] = { [TRUTH_UNKNOWN] = "unknown", [TRUTH_NO] = "no", [TRUTH_YES] = "yes" };

	if (!z->is_there)
		return;
	json_write_object(o, "zpci");
	json_write_hex(o, "fid", z->fid, 8);
	json_write_hex(o, "uid", z->uid, 4);
	json_write_string(o, "uid_is_unique", words[z->uid_is_unique]);
	add_number(o, "pchid", z->pchid, 4);
	add_number(o, "pfgid", z->pfgid, 2);
	add_number(o, "vfn", z->vfn, 4);
	if (z->port < 0)
		json_write_null(o, "port");
	else
		json_write_int(o, "port", z->port);
	json_write_string(o, "slot_power", words[z->is_on]);
	json_write_close(o);
}

static void add_group(struct json_writer *o, const struct host *host, const struct device *d)
{
	const struct iommu_group *group = iommu_find(&host->iommu, d->iommu_group);
	const struct device *cause = NULL;

	if (group)
		json_write_int(o, "iommu_group", group->id);
	else
		json_write_null(o, "iommu_group");
	json_write_strv(o, "group_members", group ? group->devices : NULL);
	/* Bridges in a group stay with the host, and do not take part in the sharing. */
	if (group)
		json_write_bool(o, "isolated", group->n_endpoints <= 1);
	else
		json_write_null(o, "isolated");
	/* Why it is not alone, and the bridge that joins them, where one is to blame. */
	json_write_string(o, "sharing", group ? sharing_name(sharing_of(&host->devices, group, d, &cause)) : NULL);
	json_write_string(o, "sharing_cause", cause ? cause->address : NULL);
	json_write_array(o, "reserved_regions");
	for (size_t i = 0; group && i < group->n_regions; i++) {
		json_write_object(o, NULL);
		json_write_hex(o, "start", group->regions[i].start, 16);
		json_write_hex(o, "end", group->regions[i].end, 16);
		json_write_string(o, "type", group->regions[i].type);
		json_write_close(o);
	}
	json_write_close(o);
}

/* What the firmware's own table says of the device, whatever the kernel makes of it. */
static void add_firmware_regions(struct json_writer *o, const struct reserved *reserved, const struct device *d)
{
	size_t n;
	const struct reservation *of = reserved_of(reserved, d, &n);

	json_write_array(o, "firmware_regions");
	for (size_t i = 0; i < n; i++) {
		const struct firmware_region *region = &reserved->regions[of[i].region];

		json_write_object(o, NULL);
		json_write_string(o, "table", region->table);
		json_write_string(o, "kind", region->kind);
		json_write_hex(o, "start", region->start, 16);
		json_write_hex(o, "end", region->end, 16);
		json_write_bool(o, "relaxable", of[i].is_relaxable);
		json_write_close(o);
	}
	json_write_close(o);
}

static int add_appraisal(struct json_writer *o, const struct host *host, const struct uses *uses, const struct device *d)
{
	_cleanup_(appraisal_done) struct appraisal a = {};
	const struct use *use;
	size_t n;
	int r;

	use = uses_of(uses, d, &n);
	json_write_array(o, "uses");
	for (size_t i = 0; i < n; i++) {
		json_write_object(o, NULL);
		json_write_string(o, "kind", use_kind_name(use[i].kind));
		json_write_string(o, "what", use[i].what);
		json_write_string(o, "via", use[i].via);
		json_write_close(o);
	}
	json_write_close(o);
	r = device_appraise(host, uses, d, &a);
	if (r < 0)
		return r;
	json_write_string(o, "verdict", assessment_name(a.assessment));
	json_write_strv(o, "reasons", a.reasons);
	json_write_strv(o, "cautions", a.cautions);
	return 0;
}

int device_to_json(const struct host *host, const struct uses *uses, const struct device *d, struct json_writer *o)
{
	int r;

	json_write_object(o, NULL);
	add_ids(o, d);
	add_zpci(o, &d->zpci);
	add_group(o, host, d);
	add_firmware_regions(o, &host->reserved, d);
	pci_to_json(o, &host->devices, d);
	r = add_appraisal(o, host, uses, d);
	json_write_close(o);
	return r < 0 ? r : o->text.failed ? -ENOMEM : 0;
}
