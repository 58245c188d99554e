/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closure: a request for a device is a request for all that moves with it. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/closure.h"

#define CLASS_BASE_BRIDGE 0x06

void closure_done(struct closure *c)
{
	free(c->list);
	*c = (struct closure){};
}

bool device_is_infrastructure(const struct device *d)
{
	return d->is_bridge || d->class >> 16 == CLASS_BASE_BRIDGE;
}

bool device_resets_alone(const struct device *d)
{
	static const char *const alone[] = { "device_specific", "acpi", "flr", "af_flr", "pm" };

	for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
		if (strv_contains(d->reset_methods, alone[i]))
			return true;
	return !d->reset_methods_known && d->capabilities.has_flr;
}

static bool same_slot(const struct device *a, const struct device *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->device == b->device;
}

static const char *moves_with(const struct device *d, const struct device *requested)
{
	if (d->physical_function && str_eq(d->physical_function, requested->address))
		return "VF of it";
	if (device_is_infrastructure(d))
		return NULL;
	/* VFs are made to be given away one by one. */
	if (d->iommu_group >= 0 && d->iommu_group == requested->iommu_group)
		return "same IOMMU group";
	if (same_slot(d, requested) && !d->physical_function && !requested->physical_function && !device_resets_alone(requested))
		return "function of the same slot";
	return NULL;
}

static bool contains(const struct closure *c, const struct device *d)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].device == d)
			return true;
	return false;
}

int closure_find(const struct host *host, struct device *const *requested, size_t n, struct closure *ret)
{
	_cleanup_(closure_done) struct closure c = {};

	c.list = calloc(n + host->devices.n + 1, sizeof(*c.list));
	if (!c.list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!contains(&c, requested[i]))
			c.list[c.n++] = (struct member){ .device = requested[i] };
	/* What joins brings its own company: the list grows while it is walked. */
	for (size_t i = 0; i < c.n; i++)
		for (size_t j = 0; j < host->devices.n; j++) {
			const struct device *d = &host->devices.list[j];
			const char *why;

			if (contains(&c, d))
				continue;
			why = moves_with(d, c.list[i].device);
			if (why)
				c.list[c.n++] = (struct member){ .device = d, .with = c.list[i].device, .why = why };
		}
	*ret = TAKE(c);
	return 0;
}
