/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that the firmware reserved for devices (RMRR of DMAR, IVMD of IVRS), and which devices that concerns. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "detect/reserved.h"

#define CLASS_USB 0x0c03
#define NONE SIZE_MAX

/* Bridges and what is behind them, as indexes into the devices: built once, so that no lookup walks the whole list. */
struct topology {
	const struct devices *devices;
	size_t *first_child, *next_sibling;
	size_t *last_region; /* 1 + the last region that was found to concern the device */
};

static void topology_done(struct topology *t)
{
	free(t->first_child);
	free(t->next_sibling);
	free(t->last_region);
}

void reserved_done(struct reserved *r)
{
	free(r->regions);
	free(r->list);
	*r = (struct reserved){};
}

static int topology_new(const struct devices *devices, struct topology *t)
{
	t->devices = devices;
	t->first_child = malloc((devices->n + 1) * sizeof(*t->first_child));
	t->next_sibling = malloc((devices->n + 1) * sizeof(*t->next_sibling));
	t->last_region = calloc(devices->n + 1, sizeof(*t->last_region));
	if (!t->first_child || !t->next_sibling || !t->last_region)
		return -ENOMEM;
	for (size_t i = 0; i < devices->n; i++)
		t->first_child[i] = t->next_sibling[i] = NONE;
	/* Backwards, so that the siblings come out in the order of their addresses. */
	for (size_t i = devices->n; i-- > 0;) {
		const struct device *parent = devices_find(devices, devices->list[i].parent);

		if (!parent)
			continue;
		t->next_sibling[i] = t->first_child[parent - devices->list];
		t->first_child[parent - devices->list] = i;
	}
	return 0;
}

static uint64_t place(unsigned domain, unsigned id)
{
	return (uint64_t)domain << 16 | id;
}

static uint64_t place_of(const struct device *d)
{
	return place(d->domain, d->bus << 8 | d->device << 3 | d->function);
}

/* The first device at or behind a place; the number of devices where there is none. */
static size_t lower_bound(const struct devices *devices, uint64_t wanted)
{
	size_t low = 0, high = devices->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (place_of(&devices->list[middle]) < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t find(const struct devices *devices, unsigned domain, unsigned bus, unsigned device, unsigned function)
{
	uint64_t wanted = place(domain, bus << 8 | device << 3 | function);
	size_t i;

	if (device > 31 || function > 7)
		return NONE;
	i = lower_bound(devices, wanted);
	return i < devices->n && place_of(&devices->list[i]) == wanted ? i : NONE;
}

/* The bus right behind a bridge: that of its children. VFs may sit on a bus of their own, and another domain (VMD) is no bus behind. */
static int secondary_bus(const struct topology *t, size_t bridge)
{
	const struct device *list = t->devices->list;

	for (size_t i = t->first_child[bridge]; i != NONE; i = t->next_sibling[i])
		if (!list[i].physical_function && list[i].domain == list[bridge].domain)
			return (int)list[i].bus;
	return -1;
}

static size_t walk_path(const struct topology *t, unsigned segment, const struct dmar_scope *scope)
{
	int bus = scope->bus;
	size_t i = NONE;

	for (size_t hop = 0; hop < scope->n_hops; hop++) {
		if (i != NONE)
			bus = secondary_bus(t, i);
		if (bus < 0)
			return NONE;
		i = find(t->devices, segment, (unsigned)bus, scope->path[2 * hop], scope->path[2 * hop + 1]);
		if (i == NONE)
			return NONE;
	}
	return i;
}

/* device_rmrr_is_relaxable() of drivers/iommu/intel/iommu.c, since Linux 5.3; AMD's driver relaxes nothing. */
static bool is_relaxable(const struct firmware_region *region, const struct device *d)
{
	return strcmp(region->kind, "RMRR") == 0 && (d->class >> 8 == CLASS_USB || device_is_display(d));
}

/* The newest region concerns device i; several scopes may say so. */
static int add(struct reserved *r, const struct topology *t, size_t i)
{
	const struct device *d = &t->devices->list[i];
	struct reservation *grown;

	if (t->last_region[i] == r->n_regions)
		return 0;
	t->last_region[i] = r->n_regions;
	grown = acpi_room(r->list, r->n, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	r->list = grown;
	grown[r->n++] = (struct reservation){
		.device = d,
		.region = r->n_regions - 1,
		.is_relaxable = is_relaxable(&r->regions[r->n_regions - 1], d),
	};
	return 0;
}

/* A bridge in a scope stands for all that is behind it, at any depth: what was added last is what is still to be walked. */
static int add_below(struct reserved *r, const struct topology *t, size_t bridge)
{
	size_t walked = r->n;

	if (add(r, t, bridge) < 0)
		return -ENOMEM;
	for (; walked < r->n; walked++)
		for (size_t i = t->first_child[r->list[walked].device - t->devices->list]; i != NONE; i = t->next_sibling[i])
			if (add(r, t, i) < 0)
				return -ENOMEM;
	return 0;
}

static int add_region(struct reserved *r, struct firmware_region region)
{
	struct firmware_region *grown = acpi_room(r->regions, r->n_regions, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	r->regions = grown;
	grown[r->n_regions++] = region;
	return 0;
}

static int find_scopes(struct reserved *r, const struct topology *t, const struct dmar_structure *s)
{
	int error = 0;

	for (size_t i = 0; i < s->n_scopes && error >= 0; i++) {
		size_t device = walk_path(t, s->segment, &s->scopes[i]);

		if (device == NONE)
			r->n_absent++;
		else if (s->scopes[i].kind == SCOPE_BRIDGE)
			error = add_below(r, t, device);
		else
			error = add(r, t, device);
	}
	return error;
}

static int find_rmrrs(struct reserved *r, const struct topology *t, const struct dmar *dmar)
{
	for (size_t i = 0; i < dmar->n; i++) {
		const struct dmar_structure *s = &dmar->list[i];

		/* What ends before it begins reserves nothing that could be mapped. */
		if (s->kind != DMAR_REGION || s->limit < s->base)
			continue;
		if (add_region(r, (struct firmware_region){ "DMAR", "RMRR", s->offset, s->base, s->limit }) < 0 || find_scopes(r, t, s) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int find_ivmds(struct reserved *r, const struct topology *t, const struct ivrs *ivrs)
{
	for (size_t i = 0; i < ivrs->n_regions; i++) {
		const struct ivrs_region *m = &ivrs->regions[i];
		uint64_t end = m->start + m->length - 1;
		size_t before = r->n;

		if (!ivrs_region_counts(m) || end < m->start)
			continue;
		if (add_region(r, (struct firmware_region){ "IVRS", "IVMD", m->offset, m->start, end }) < 0)
			return -ENOMEM;
		for (size_t j = lower_bound(t->devices, place(m->segment, m->first));
		     j < t->devices->n && place_of(&t->devices->list[j]) <= place(m->segment, m->last); j++)
			if (add(r, t, j) < 0)
				return -ENOMEM;
		r->n_absent += r->n == before;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct reservation *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return x->region < y->region ? -1 : x->region > y->region;
}

int reserved_find(const struct dmar *dmar, const struct ivrs *ivrs, const struct devices *devices, struct reserved *ret)
{
	_cleanup_(reserved_done) struct reserved r = {};
	_cleanup_(topology_done) struct topology t = {};

	/* Most hosts reserve nothing, and need no topology for that. */
	if (!dmar_count(dmar, DMAR_REGION) && !ivrs->n_regions)
		return *ret = (struct reserved){}, 0;
	if (topology_new(devices, &t) < 0 || find_rmrrs(&r, &t, dmar) < 0 || find_ivmds(&r, &t, ivrs) < 0)
		return -ENOMEM;
	if (r.n)
		qsort(r.list, r.n, sizeof(*r.list), compare);
	*ret = TAKE(r);
	return 0;
}

const struct reservation *reserved_of(const struct reserved *r, const struct device *d, size_t *ret_n)
{
	size_t low = 0, high = r->n, n = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->list[middle].device < d)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < r->n && r->list[low + n].device == d)
		n++;
	*ret_n = n;
	return n ? &r->list[low] : NULL;
}

const struct firmware_region *reserved_locking(const struct reserved *r, const struct device *d)
{
	size_t n;
	const struct reservation *of = reserved_of(r, d, &n);

	for (size_t i = 0; i < n; i++)
		if (!of[i].is_relaxable)
			return &r->regions[of[i].region];
	return NULL;
}

/* The region of the firmware that the kernel speaks of: it rounds to pages, so the beginning lies within. */
static const struct firmware_region *explaining(const struct reserved *r, const struct device *d, const struct reserved_region *direct)
{
	size_t n;
	const struct reservation *of = reserved_of(r, d, &n);

	for (size_t i = 0; i < n; i++) {
		const struct firmware_region *region = &r->regions[of[i].region];

		if (region->start <= direct->end && region->end >= direct->start)
			return region;
	}
	return NULL;
}

bool reserved_lock(const struct reserved *r, const struct iommu_group *group, const struct device *d, struct lock *ret)
{
	const struct reserved_region *direct = group ? iommu_group_locked(group) : NULL;
	const struct firmware_region *region;

	if (group && group->regions_known) {
		if (!direct)
			return false;
		region = explaining(r, d, direct);
		*ret = (struct lock){ direct->start, direct->end, true, region ? region->table : NULL, region ? region->kind : NULL };
		return true;
	}
	region = reserved_locking(r, d);
	if (region)
		*ret = (struct lock){ region->start, region->end, false, region->table, region->kind };
	return region != NULL;
}
