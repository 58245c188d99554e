/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine as boxes: NUMA nodes, root complexes, bridges, IOMMU groups, devices. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/html/machine.h"
#include "common/cleanup.h"

#define MIXED (-2)
#define DEPTH_MAX 64

/* A device in the tree of bridges; indexes into the host's list, -1 for none. */
struct spot {
	int parent, child, sibling;
	int group; /* that of the device and of all below it, or MIXED */
};

/* What stands below one bridge or root, to be put in order. */
struct entry {
	int spot;
	int group;       /* MIXED: no box is drawn around it */
	int first;       /* of its group: that is where all of them stand */
	bool is_heavy;   /* something stands below it: these come last, so that the small ones fill rows */
};

struct root {
	int spot;
	int node;
	size_t length;    /* of the root's name, the first part of the path: "0000:00" */
	const char *name; /* borrowed */
};

static int index_of(const struct host *host, const char *address)
{
	const struct device *d = address ? devices_find(&host->devices, address) : NULL;

	return d ? (int)(d - host->devices.list) : -1;
}

/* A tree made to harm may have a bridge below itself: such a ring is cut. */
static void link_spots(const struct host *host, struct spot *spots)
{
	int n = (int)host->devices.n;

	for (int i = 0; i < n; i++)
		spots[i] = (struct spot){ .parent = index_of(host, host->devices.list[i].parent), .child = -1, .sibling = -1 };
	for (int i = 0; i < n; i++) {
		int depth = 0;

		for (int up = i; up >= 0 && depth <= DEPTH_MAX; up = spots[up].parent)
			depth++;
		if (depth > DEPTH_MAX)
			spots[i].parent = -1;
	}
	for (int i = n - 1; i >= 0; i--) {
		int parent = spots[i].parent;

		if (parent < 0)
			continue;
		spots[i].sibling = spots[parent].child;
		spots[parent].child = i;
	}
}

static int find_group(const struct host *host, struct spot *spots, int i)
{
	int group = host->devices.list[i].iommu_group;

	if (group < 0)
		group = MIXED;
	for (int child = spots[i].child; child >= 0; child = spots[child].sibling)
		if (find_group(host, spots, child) != group)
			group = MIXED;
	spots[i].group = group;
	return group;
}

static int by_group(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->group != y->group ? (x->group < y->group ? -1 : 1) : x->spot - y->spot;
}

static int by_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->is_heavy != y->is_heavy)
		return x->is_heavy - y->is_heavy;
	return x->first != y->first ? x->first - y->first : x->spot - y->spot;
}

/* Members of one group side by side, small things first, else by address. */
static void order(struct entry *entries, size_t n)
{
	qsort(entries, n, sizeof(*entries), by_group);
	for (size_t i = 0, end; i < n; i = end) {
		bool is_heavy = false;

		for (end = i; end < n && (end == i || (entries[i].group != MIXED && entries[end].group == entries[i].group)); end++)
			is_heavy = is_heavy || entries[end].is_heavy;
		for (size_t j = i; j < end; j++) {
			entries[j].first = entries[i].spot;
			entries[j].is_heavy = is_heavy;
		}
	}
	qsort(entries, n, sizeof(*entries), by_place);
}

static int build(const struct host *host, const struct spot *spots, struct entry *entries, size_t n, int around, struct box *into);

static int build_below(const struct host *host, const struct spot *spots, int i, int around, struct box *into)
{
	_cleanup_free_ struct entry *entries = NULL;
	size_t n = 0;

	for (int child = spots[i].child; child >= 0; child = spots[child].sibling)
		n++;
	entries = calloc(n + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	n = 0;
	for (int child = spots[i].child; child >= 0; child = spots[child].sibling)
		entries[n++].spot = child;
	return build(host, spots, entries, n, around, into);
}

static int build_one(const struct host *host, const struct spot *spots, int i, int around, struct box *into)
{
	const struct device *d = &host->devices.list[i];
	struct box *b = box_new(d->is_bridge || spots[i].child >= 0 ? BOX_BRIDGE : BOX_DEVICE, d, d->iommu_group);
	int r;

	r = box_add(into, b);
	if (r < 0)
		return r;
	return build_below(host, spots, i, around, b);
}

/* `around`: the group whose box is drawn already. */
static int build(const struct host *host, const struct spot *spots, struct entry *entries, size_t n, int around, struct box *into)
{
	struct box *group = NULL;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		entries[i].group = spots[entries[i].spot].group == around ? MIXED : spots[entries[i].spot].group;
		entries[i].is_heavy = spots[entries[i].spot].child >= 0;
	}
	order(entries, n);
	for (size_t i = 0; i < n && r >= 0; i++) {
		int number = entries[i].group;

		if (number == MIXED) {
			r = build_one(host, spots, entries[i].spot, around, into);
			continue;
		}
		if (!group || group->number != number) {
			group = box_new(BOX_GROUP, NULL, number);
			r = box_add(into, group);
		}
		if (r >= 0)
			r = build_one(host, spots, entries[i].spot, number, group);
	}
	return r;
}

static int root_name_compare(const struct root *x, const struct root *y)
{
	size_t shorter = x->length < y->length ? x->length : y->length;
	int r = memcmp(x->name, y->name, shorter);

	return r ? r : (x->length > y->length) - (x->length < y->length);
}

static int by_name(const void *a, const void *b)
{
	const struct root *x = a, *y = b;
	int r = root_name_compare(x, y);

	return r ? r : x->spot - y->spot;
}

/* Devices without a node stand at the end. */
static int by_node(const void *a, const void *b)
{
	const struct root *x = a, *y = b;

	if (x->node != y->node)
		return (unsigned)x->node < (unsigned)y->node ? -1 : 1;
	return by_name(a, b);
}

/* A root complex is where its first device with a node is. */
static void find_nodes(const struct host *host, struct root *roots, size_t n)
{
	qsort(roots, n, sizeof(*roots), by_name);
	for (size_t i = 0, end; i < n; i = end) {
		int node = -1;

		for (end = i; end < n && root_name_compare(&roots[i], &roots[end]) == 0; end++)
			if (node < 0)
				node = host->devices.list[roots[end].spot].numa_node;
		for (size_t j = i; j < end; j++)
			roots[j].node = node;
	}
	qsort(roots, n, sizeof(*roots), by_node);
}

static int build_complex(const struct host *host, const struct spot *spots, const struct root *roots, size_t n, struct box *node)
{
	_cleanup_free_ struct entry *entries = calloc(n + 1, sizeof(*entries));
	struct box *complex = box_new(BOX_ROOT, &host->devices.list[roots[0].spot], -1);
	int r;

	r = box_add(node, complex);
	if (r < 0 || !entries)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		entries[i].spot = roots[i].spot;
	return build(host, spots, entries, n, MIXED, complex);
}

static int build_nodes(const struct host *host, const struct spot *spots, const struct root *roots, size_t n, struct box *machine)
{
	struct box *node = NULL;
	int r = 0;

	for (size_t i = 0, end; i < n && r >= 0; i = end) {
		if (!node || node->number != roots[i].node) {
			node = box_new(BOX_NODE, NULL, roots[i].node);
			r = box_add(machine, node);
			if (r < 0)
				return r;
		}
		for (end = i; end < n && root_name_compare(&roots[i], &roots[end]) == 0; end++)
			;
		r = build_complex(host, spots, &roots[i], end - i, node);
	}
	return r;
}

int machine_new(const struct host *host, struct box **ret)
{
	_cleanup_(box_freep) struct box *machine = box_new(BOX_MACHINE, NULL, -1);
	_cleanup_free_ struct spot *spots = calloc(host->devices.n + 1, sizeof(*spots));
	_cleanup_free_ struct root *roots = calloc(host->devices.n + 1, sizeof(*roots));
	size_t n = 0;
	int r;

	if (!machine || !spots || !roots)
		return -ENOMEM;
	link_spots(host, spots);
	for (size_t i = 0; i < host->devices.n; i++) {
		const char *path = host->devices.list[i].path;

		if (spots[i].parent >= 0)
			continue;
		find_group(host, spots, (int)i);
		path = path ? path : "";
		roots[n++] = (struct root){ .spot = (int)i, .length = strcspn(path, "/"), .name = path };
	}
	find_nodes(host, roots, n);
	r = build_nodes(host, spots, roots, n, machine);
	if (r < 0)
		return r;
	*ret = TAKE(machine);
	return 0;
}
