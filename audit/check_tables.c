/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of what the firmware's IOMMU tables say: are they sound, and which devices do they hold fast? */

#include <errno.h>
#include <string.h>

#include "audit/checks.h"
#include "common/cleanup.h"
#include "common/text.h"

#define TABLES "/sys/firmware/acpi/tables/"

static void add_problems(struct report *report, struct finding *f, const char *path, const struct acpi_table *t)
{
	for (size_t i = 0; i < t->n_problems; i++)
		finding_evidence(report, f, path, "offset 0x%zx: %s", t->problems[i].offset, t->problems[i].text);
	if (t->n_problems == ACPI_PROBLEMS_MAX)
		finding_evidence(report, f, path, "and more");
}

const char *remedy_as_root(const struct host *host)
{
	return host->is_live ? "run slipway as root" : "capture the host as root: what is replayed here was read by an ordinary user";
}

static void judge_table(struct report *report, struct finding *f, const char *name, const struct acpi_table *t, const char *contents)
{
	_cleanup_free_ char *path = text_format(TABLES "%s", name);

	if (!path) {
		report->failed = true;
	} else if (t->error == -EACCES || t->error == -EPERM) {
		finding_set(report, f, VERDICT_UNKNOWN, "%s can be read by root only", path);
		finding_remedy(report, f, "run slipway as root");
	} else if (t->error) {
		finding_set(report, f, VERDICT_UNKNOWN, "%s cannot be read: %s", path, strerror(-t->error));
	} else if (t->n_problems) {
		add_problems(report, f, path, t);
		finding_set(report, f, t->is_broken ? VERDICT_FAIL : VERDICT_WARN, t->is_broken ?
			    "a part of the firmware's table %s cannot be read; the rest says: %s" : "the firmware's table %s is odd: %s", name,
			    t->is_broken ? contents : t->problems[0].text);
		finding_remedy(report, f, "update the firmware; the kernel's log says what it made of the table (look for %s)",
			       str_eq(name, "DMAR") ? "DMAR" : "AMD-Vi and IVRS");
	} else {
		finding_evidence(report, f, path, "%zu bytes, checksum right", t->size);
		finding_set(report, f, VERDICT_PASS, "the firmware's table %s is sound: %s", name, contents);
	}
}

void check_firmware_iommu_table_valid(const struct host *host, struct report *report, struct finding *f)
{
	const struct dmar *dmar = &host->firmware.dmar;
	const struct ivrs *ivrs = &host->firmware.ivrs;
	_cleanup_free_ char *contents = NULL;
	bool is_dmar = dmar->table.error != -ENOENT;
	size_t n_units, n_regions;

	if (!is_dmar && ivrs->table.error == -ENOENT) {
		if (host->firmware.iommu_table)
			finding_set(report, f, VERDICT_SKIP, "the table %s is not looked into", host->firmware.iommu_table);
		else
			finding_set(report, f, VERDICT_SKIP, "there is no such table");
		return;
	}
	n_units = is_dmar ? dmar_count(dmar, DMAR_UNIT) : ivrs->n_units;
	n_regions = is_dmar ? dmar_count(dmar, DMAR_REGION) : ivrs->n_regions;
	contents = text_format("%zu unit%s, %zu reserved region%s", n_units, n_units == 1 ? "" : "s", n_regions, n_regions == 1 ? "" : "s");
	if (!contents)
		report->failed = true;
	else
		judge_table(report, f, is_dmar ? "DMAR" : "IVRS", is_dmar ? &dmar->table : &ivrs->table, contents);
}

static void add_lock(struct report *report, struct finding *f, const struct device *d, const struct lock *lock)
{
	_cleanup_free_ char *path = lock->by_kernel ? text_format("/sys/kernel/iommu_groups/%d/reserved_regions", d->iommu_group) :
						      text_format(TABLES "%s", lock->table);

	if (!path)
		report->failed = true;
	else
		finding_evidence(report, f, path, "%s: 0x%llx-0x%llx%s%s%s", d->address, (unsigned long long)lock->start,
				 (unsigned long long)lock->end, lock->by_kernel ? " direct" : "", lock->kind ? " " : "",
				 lock->kind ? lock->kind : "");
}

/* Do the firmware's tables answer for a device of which the kernel says nothing? Where there is none, it reserves nothing. */
static bool tables_tell(const struct firmware *fw)
{
	if (str_eq(fw->iommu_table, "DMAR"))
		return !fw->dmar.table.error;
	if (str_eq(fw->iommu_table, "IVRS"))
		return !fw->ivrs.table.error;
	return !fw->iommu_table && fw->tables_known;
}

static bool is_dark(const struct host *host, const struct device *d)
{
	const struct iommu_group *group = iommu_find(&host->iommu, d->iommu_group);

	if (group && group->regions_known)
		return false;
	return (group || host->firmware.iommu_table) && !tables_tell(&host->firmware);
}

static bool is_hpe(const struct firmware *fw)
{
	return fw->vendor && (str_eq(fw->vendor, "HP") || str_eq(fw->vendor, "HPE") || str_starts(fw->vendor, "Hewlett"));
}

void check_iommu_reserved_regions(const struct host *host, struct report *report, struct finding *f)
{
	size_t n_locked = 0, n_dark = 0;

	for (size_t i = 0; i < host->devices.n; i++) {
		const struct device *d = &host->devices.list[i];
		struct lock lock;

		/* A bridge is not given away anyhow. */
		if (device_is_infrastructure(d))
			continue;
		n_dark += is_dark(host, d);
		if (!reserved_lock(&host->reserved, iommu_find(&host->iommu, d->iommu_group), d, &lock))
			continue;
		n_locked++;
		add_lock(report, f, d, &lock);
	}
	if (n_locked) {
		finding_set(report, f, VERDICT_WARN, "the firmware holds %zu device%s fast by reserved memory: the kernel will not assign %s",
			    n_locked, n_locked > 1 ? "s" : "", n_locked > 1 ? "them" : "it");
		finding_remedy(report, f, "in the firmware's set-up, switch off what uses the memory%s; until then the kernel says \"Firmware has "
					  "requested this device have a 1:1 IOMMU mapping\", or \"ineligible for IOMMU domain attach due to "
					  "platform RMRR requirement\"",
			       is_hpe(&host->firmware) ? " (on ProLiant servers HPE's tool conrep excludes a slot from it: RMRDS)" :
							 " (health monitoring of cards by the management controller, legacy support)");
	} else if (n_dark) {
		finding_set(report, f, VERDICT_UNKNOWN, "whether the firmware holds devices fast is not known: neither the groups' reserved_regions "
							"nor an IOMMU table can be read");
		finding_remedy(report, f, "%s", remedy_as_root(host));
	} else if (!host->devices.n) {
		finding_set(report, f, VERDICT_SKIP, "no PCI devices");
	} else if (!host->iommu.n_groups && !host->firmware.iommu_table) {
		finding_set(report, f, VERDICT_SKIP, "no IOMMU, so nothing is reserved in it");
	} else {
		finding_set(report, f, VERDICT_PASS, "the firmware holds no device fast");
	}
}
