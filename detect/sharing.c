/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sharing: why devices are in one IOMMU group, as far as the bridges tell. */

#include "detect/acs.h"
#include "detect/sharing.h"

const char *sharing_name(enum sharing sharing)
{
	static const char *const names[] = {
		[SHARING_NONE] = "none", [SHARING_FUNCTIONS] = "functions", [SHARING_CONVENTIONAL] = "conventional-bus",
		[SHARING_PORT] = "port", [SHARING_UNKNOWN] = "unknown",     [SHARING_OTHER] = "other",
	};

	return names[sharing];
}

/* Is this member of a group the bridge that joins the others: CONVENTIONAL or PORT; UNKNOWN; else NONE. */
static enum sharing sharing_by(const struct device *bridge)
{
	unsigned missing;

	if (!bridge->is_bridge)
		return SHARING_NONE;
	if (acs_of(bridge, &missing) == ACS_UNKNOWN)
		return SHARING_UNKNOWN;
	if (device_is_conventional_bridge(bridge))
		return SHARING_CONVENTIONAL;
	return acs_joins(bridge) ? SHARING_PORT : SHARING_NONE;
}

static bool is_one_card(const struct iommu_group *group)
{
	const struct device *first = NULL;

	for (size_t i = 0; i < group->n_members; i++) {
		const struct device *d = group->members[i];

		if (device_is_infrastructure(d))
			continue;
		if (first && !devices_share_slot(first, d))
			return false;
		first = d;
	}
	return true;
}

enum sharing sharing_of_group(const struct iommu_group *group)
{
	enum sharing found = SHARING_OTHER;

	if (group->n_endpoints < 2)
		return SHARING_NONE;
	if (is_one_card(group))
		return SHARING_FUNCTIONS;
	/* What is certain goes before what is not. */
	for (size_t i = 0; i < group->n_members; i++) {
		enum sharing by = sharing_by(group->members[i]);

		if (by != SHARING_NONE && by < found)
			found = by;
	}
	return found;
}

enum sharing sharing_of(const struct devices *devices, const struct iommu_group *group, const struct device *d,
			const struct device **cause)
{
	enum sharing of_group = sharing_of_group(group), by;

	*cause = NULL;
	if (of_group == SHARING_NONE || of_group == SHARING_FUNCTIONS)
		return of_group;
	/* A bridge that joins what is below it is in their group; one above the group keeps it apart from others. */
	for (const struct device *up = devices_parent(devices, d); up && up->iommu_group == d->iommu_group;
	     up = devices_parent(devices, up)) {
		by = sharing_by(up);
		if (by == SHARING_NONE)
			continue;
		if (by != SHARING_UNKNOWN)
			*cause = up;
		return by;
	}
	return of_group;
}
