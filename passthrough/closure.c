/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closure: a request for a device is a request for all that moves with it. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/closure.h"

static const char WHY_GROUP[] = "same IOMMU group";

void closure_done(struct closure *c)
{
	free(c->list);
	*c = (struct closure){};
}

bool device_resets_alone(const struct device *d)
{
	static const char *const alone[] = { "device_specific", "acpi", "flr", "af_flr", "pm" };

	for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
		if (strv_contains(d->reset_methods, alone[i]))
			return true;
	return !d->reset_methods_known && d->capabilities.has_flr;
}

static bool contains(const struct closure *c, const struct device *d)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].device == d)
			return true;
	return false;
}

static int add(struct closure *c, const struct device *d, const struct device *with, const char *why)
{
	if (!d || contains(c, d))
		return 0;
	if (c->n == c->allocated) {
		size_t allocated = c->allocated ? 2 * c->allocated : 8;
		struct member *grown = realloc(c->list, allocated * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		c->list = grown;
		c->allocated = allocated;
	}
	c->list[c->n++] = (struct member){ .device = d, .with = with, .why = why };
	return 0;
}

static int add_virtual_functions(const struct host *host, const struct device *d, struct closure *c)
{
	int r = 0;

	for (char **address = d->virtual_functions; address && *address && r >= 0; address++)
		r = add(c, devices_find(&host->devices, *address), d, "VF of it");
	return r;
}

static int add_group(const struct host *host, const struct device *d, struct closure *c)
{
	const struct iommu_group *group = iommu_find(&host->iommu, d->iommu_group);
	int r = 0;

	for (size_t i = 0; group && i < group->n_members && r >= 0; i++)
		if (!device_is_infrastructure(group->members[i]))
			r = add(c, group->members[i], d, WHY_GROUP);
	return r;
}

/* VFs are made to be given away one by one. */
static bool moves_by_reset(const struct device *d)
{
	return !device_is_infrastructure(d) && !d->physical_function;
}

/* The functions of a slot are neighbours, since the devices are sorted. */
static int add_slot(const struct host *host, const struct device *d, struct closure *c)
{
	const struct device *all = host->devices.list, *end = all + host->devices.n, *first = d;
	int r = 0;

	if (d->physical_function || device_resets_alone(d))
		return 0;
	while (first > all && devices_share_slot(first - 1, d))
		first--;
	for (; first < end && devices_share_slot(first, d) && r >= 0; first++)
		if (moves_by_reset(first))
			r = add(c, first, d, "function of the same slot");
	return r;
}

static int compare_places(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return x->device < y->device ? -1 : x->device > y->device;
}

/* What moves with one member; a group is looked through for the first of it alone. */
static int add_company(const struct host *host, const struct member m, struct closure *c)
{
	size_t before = c->n;
	int r;

	r = add_virtual_functions(host, m.device, c);
	if (r >= 0 && m.why != WHY_GROUP)
		r = add_group(host, m.device, c);
	if (r >= 0)
		r = add_slot(host, m.device, c);
	if (r >= 0 && c->n > before)
		qsort(c->list + before, c->n - before, sizeof(*c->list), compare_places);
	return r;
}

int closure_of(struct device *const *requested, size_t n, struct closure *ret)
{
	_cleanup_(closure_done) struct closure c = {};
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++)
		r = add(&c, requested[i], NULL, NULL);
	if (r < 0)
		return r;
	*ret = TAKE(c);
	return 0;
}

int closure_find(const struct host *host, struct device *const *requested, size_t n, struct closure *ret)
{
	_cleanup_(closure_done) struct closure c = {};
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++)
		r = add(&c, requested[i], NULL, NULL);
	/* What joins brings its own company: the list grows while it is walked. */
	for (size_t i = 0; i < c.n && r >= 0; i++)
		r = add_company(host, c.list[i], &c);
	if (r < 0)
		return r;
	*ret = TAKE(c);
	return 0;
}
