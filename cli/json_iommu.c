/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IOMMU and the firmware's tables about it, as JSON. */

#include <errno.h>
#include <string.h>

#include "cli/view_audit.h"
#include "common/cleanup.h"
#include "common/text.h"

static void add_region(struct json_object *o, uint64_t start, uint64_t end)
{
	json_add_hex(o, "start", start, 16);
	json_add_hex(o, "end", end, 16);
}

static void add_problems(struct json_object *o, const struct acpi_table *t)
{
	struct json_object *array = json_add_array(o, "problems");

	json_add_bool(o, "sound", !t->n_problems);
	for (size_t i = 0; i < t->n_problems; i++) {
		struct json_object *item = json_object_new_object();

		json_add_int(item, "offset", (int64_t)t->problems[i].offset);
		json_add_string(item, "text", t->problems[i].text);
		json_object_array_add(array, item);
	}
}

/* Addresses of the devices that a region of this table concerns; those that the kernel lets go of apart from those that it holds. */
static void add_regions(struct json_object *o, const struct reserved *r, const char *table)
{
	struct json_object *array = json_add_array(o, "regions"), **held, **relaxed;

	held = calloc(2 * r->n_regions + 1, sizeof(struct json_object *));
	if (!held)
		return;
	relaxed = held + r->n_regions;
	for (size_t i = 0; i < r->n_regions; i++) {
		struct json_object *region;

		if (!str_eq(r->regions[i].table, table))
			continue;
		region = json_object_new_object();
		json_add_string(region, "kind", r->regions[i].kind);
		add_region(region, r->regions[i].start, r->regions[i].end);
		held[i] = json_add_array(region, "devices");
		relaxed[i] = json_add_array(region, "relaxed");
		json_object_array_add(array, region);
	}
	for (size_t i = 0; i < r->n; i++) {
		const struct reservation *of = &r->list[i];
		struct json_object *to = of->is_relaxable ? relaxed[of->region] : held[of->region];

		if (to)
			json_object_array_add(to, json_object_new_string(of->device->address));
	}
	free(held);
	json_add_int(o, "absent", (int64_t)r->n_absent);
}

static struct json_object *start_table(struct json_object *firmware, const char *name, const struct acpi_table *t)
{
	struct json_object *o;

	if (t->error == -ENOENT || t->error == -ENOTDIR) {
		json_object_object_add(firmware, name, NULL);
		return NULL;
	}
	o = json_add_object(firmware, name);
	json_add_string(o, "error", t->error ? strerror(-t->error) : NULL);
	if (t->error)
		return NULL;
	json_add_string(o, "oem", t->oem_id);
	json_add_string(o, "oem_table", t->oem_table_id);
	return o;
}

static void add_dmar(struct json_object *firmware, const struct host *host)
{
	static const char *const flags[] = { "INTR_REMAP", "X2APIC_OPT_OUT", "DMA_CTRL_PLATFORM_OPT_IN" };
	static const char *const counted[] = { [DMAR_ATS] = "atsr", [DMAR_AFFINITY] = "rhsa", [DMAR_NAMESPACE] = "andd",
					       [DMAR_SATC] = "satc", [DMAR_UNKNOWN] = "unknown" };
	const struct dmar *dmar = &host->firmware.dmar;
	struct json_object *o = start_table(firmware, "dmar", &dmar->table), *array;

	if (!o)
		return;
	json_add_int(o, "address_width", dmar->address_width);
	array = json_add_array(o, "flags");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (dmar->flags & 1U << i)
			json_object_array_add(array, json_object_new_string(flags[i]));
	array = json_add_array(o, "units");
	for (size_t i = 0; i < dmar->n; i++) {
		struct json_object *unit;

		if (dmar->list[i].kind != DMAR_UNIT)
			continue;
		unit = json_object_new_object();
		json_add_int(unit, "segment", dmar->list[i].segment);
		json_add_hex(unit, "base", dmar->list[i].base, 16);
		json_add_bool(unit, "all_devices", dmar->list[i].flags & 1);
		json_object_array_add(array, unit);
	}
	add_regions(o, &host->reserved, "DMAR");
	for (size_t kind = DMAR_ATS; kind < ARRAY_SIZE(counted); kind++)
		json_add_int(o, counted[kind], (int64_t)dmar_count(dmar, (enum dmar_kind)kind));
	add_problems(o, &dmar->table);
}

static void add_ivrs(struct json_object *firmware, const struct host *host)
{
	const struct ivrs *ivrs = &host->firmware.ivrs;
	struct json_object *o = start_table(firmware, "ivrs", &ivrs->table), *array;

	if (!o)
		return;
	json_add_int(o, "address_width", ivrs->address_width);
	array = json_add_array(o, "flags");
	if (ivrs->info & IVRS_DMA_REMAP)
		json_object_array_add(array, json_object_new_string("DMA_REMAP"));
	array = json_add_array(o, "units");
	for (size_t i = 0; i < ivrs->n_units; i++) {
		struct json_object *unit = json_object_new_object();

		json_add_int(unit, "segment", ivrs->units[i].segment);
		json_add_hex(unit, "base", ivrs->units[i].base, 16);
		json_add_int(unit, "blocks", ivrs->units[i].n_blocks);
		json_object_array_add(array, unit);
	}
	add_regions(o, &host->reserved, "IVRS");
	json_add_int(o, "unknown", (int64_t)ivrs->n_unknown);
	add_problems(o, &ivrs->table);
}

void tables_to_json(const struct host *host, struct json_object *firmware)
{
	add_dmar(firmware, host);
	add_ivrs(firmware, host);
}

void iommu_to_json(const struct iommu *iommu, struct json_object *o)
{
	static const char *const remapped[] = { [TRUTH_UNKNOWN] = "unknown", [TRUTH_NO] = "no", [TRUTH_YES] = "yes" };
	struct json_object *types;
	size_t n[TRUTH_YES + 1] = {};

	for (size_t i = 0; i < iommu->n_groups; i++)
		n[iommu_group_translates(&iommu->groups[i])]++;
	json_add_bool(o, "on", iommu_is_on(iommu));
	json_add_int(o, "groups", (int64_t)iommu->n_groups);
	json_add_strv(o, "units", iommu->units);
	types = json_add_object(o, "default_domains");
	json_add_int(types, "translated", (int64_t)n[TRUTH_YES]);
	json_add_int(types, "identity", (int64_t)n[TRUTH_NO]);
	json_add_int(types, "unknown", (int64_t)n[TRUTH_UNKNOWN]);
	json_add_string(o, "interrupts_remapped", remapped[iommu->interrupts.remapped]);
	json_add_string(o, "interrupt_chip", iommu->interrupts.chip);
	json_add_bool(o, "iommufd", iommu->has_iommufd);
	json_add_strv(o, "vfio_groups", iommu->vfio_groups);
	json_add_strv(o, "vfio_devices", iommu->vfio_devices);
}
