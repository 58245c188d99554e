/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a device sits, as text: slot, NUMA node, the bridges above it, its IOMMU group. */

#include <stdio.h>
#include <string.h>

#include "cli/text_field.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "detect/acs.h"
#include "detect/names.h"
#include "detect/sharing.h"

static char *describe_acs(const struct device *d)
{
	_cleanup_free_ char *list = NULL;
	const char *names[5];
	unsigned missing;

	switch (acs_of(d, &missing)) {
	case ACS_UNKNOWN:
		return strdup("ACS unknown: extended configuration space is readable by root only");
	case ACS_NOT_NEEDED:
		return strdup("needs no ACS");
	case ACS_NONE:
		return strdup(device_is_conventional_bridge(d) ? "cannot have ACS: what is below shares one group" :
							 d->is_bridge ? "no ACS capability" : "makes a bus of its own");
	case ACS_MISSING:
		acs_bits(missing, names);
		list = strv_join((char **)names, " ");
		return list ? text_format("ACS lacks %s", list) : NULL;
	case ACS_FULL:
		break;
	}
	return strdup("ACS on");
}

/* From the device up to the root, one bridge a line. */
static void print_path(const struct cli *cli, const struct host *host, const struct device *d)
{
	field_print(cli, "path to the root", "%s", d->path);
	for (const struct device *up = devices_parent(&host->devices, d); up; up = devices_parent(&host->devices, up)) {
		_cleanup_free_ char *acs = describe_acs(up);

		item_print(cli, up->address, "%s, %s", device_type_name(up), acs ? acs : "");
	}
}

static const char *why_shared(enum sharing sharing)
{
	static const char *const texts[] = {
		[SHARING_NONE] = "alone in it",
		[SHARING_FUNCTIONS] = "shared by the functions of one card",
		[SHARING_CONVENTIONAL] = "shared, because a conventional bus tells none of them from another",
		[SHARING_PORT] = "shared, because a port above does not keep them apart (ACS)",
		[SHARING_UNKNOWN] = "shared; root can read which bridge joins them",
		[SHARING_OTHER] = "shared, and no bridge above is to blame",
	};

	return texts[sharing];
}

static void print_members(const struct cli *cli, const struct iommu_group *group, const struct device *d)
{
	char what[512];

	for (size_t i = 0; i < group->n_members; i++) {
		const struct device *member = group->members[i];

		if (member == d)
			continue;
		device_describe(member, what, sizeof(what));
		item_print(cli, member->address, "%s%s%s%s", what, device_is_infrastructure(member) ? ", a bridge: stays with the host" : "",
			   member->driver && !device_is_infrastructure(member) ? ", on " : "",
			   member->driver && !device_is_infrastructure(member) ? member->driver : "");
	}
}

static void print_group(const struct cli *cli, const struct host *host, const struct device *d)
{
	const struct iommu_group *group = iommu_find(&host->iommu, d->iommu_group);
	const struct device *cause;
	enum sharing sharing;

	if (!group) {
		field_print(cli, "IOMMU group", "none");
		return;
	}
	sharing = sharing_of(&host->devices, group, d, &cause);
	field_print(cli, "IOMMU group", "%d%s%s; %s%s%s", group->id, group->type ? ", default domain " : "", group->type ? group->type : "",
		    why_shared(sharing), cause ? ": " : "", cause ? cause->address : "");
	print_members(cli, group, d);
	for (size_t i = 0; i < group->n_regions; i++)
		item_print(cli, "reserved", "0x%llx-0x%llx %s", (unsigned long long)group->regions[i].start,
			   (unsigned long long)group->regions[i].end, group->regions[i].type);
}

static void print_firmware_regions(const struct cli *cli, const struct reserved *reserved, const struct device *d)
{
	size_t n;
	const struct reservation *of = reserved_of(reserved, d, &n);

	for (size_t i = 0; i < n; i++) {
		const struct firmware_region *region = &reserved->regions[of[i].region];

		field_print(cli, i ? "" : "firmware holds", "0x%llx-0x%llx, %s of %s%s", (unsigned long long)region->start,
			    (unsigned long long)region->end, region->kind, region->table,
			    of[i].is_relaxable ? ", which the kernel lets go of" : "");
	}
}

static void print_zpci(const struct cli *cli, const struct zpci *z)
{
	static const char *const stays[] = { [TRUTH_UNKNOWN] = "it is not known whether the address stays", [TRUTH_NO] = "not unique: the address may change",
					     [TRUTH_YES] = "unique: the address stays" };

	if (!z->is_there)
		return;
	field_print(cli, "zPCI", "function id %08x, UID %04x (%s)%s", z->fid, z->uid, stays[z->uid_is_unique],
		    z->is_on == TRUTH_NO ? ", slot off" : "");
	if (z->pchid >= 0)
		field_print(cli, "", "PCHID %04x, port %d, function group %02x", (unsigned)z->pchid, z->port, (unsigned)z->pfgid & 0xff);
}

void fields_place(const struct cli *cli, const struct host *host, const struct device *d)
{
	if (d->slot)
		field_print(cli, "slot", "%s", d->slot);
	print_zpci(cli, &d->zpci);
	if (d->numa_node >= 0)
		field_print(cli, "NUMA node", "%d%s%s", d->numa_node, d->numa_cpus ? ", CPUs " : "", d->numa_cpus ? d->numa_cpus : "");
	print_path(cli, host, d);
	print_group(cli, host, d);
	print_firmware_regions(cli, &host->reserved, d);
}
