/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes in boxes, and where each stands in the drawing: a pure function from the tree to coordinates. */
#pragma once

#include <stddef.h>

#include "detect/device.h"

#define DEVICE_WIDTH 166
#define DEVICE_HEIGHT 52
#define PORT_HEIGHT 22

enum box_kind { BOX_MACHINE, BOX_NODE, BOX_ROOT, BOX_BRIDGE, BOX_GROUP, BOX_DEVICE };

struct box {
	enum box_kind kind;
	const struct device *device; /* borrowed from the host: of a device or bridge, the first one below a root complex */
	int number;                  /* the NUMA node (-1: none), or the IOMMU group */
	int x, y, width, height;     /* in pixels, from the corner of the whole drawing */
	struct box **children;       /* owned */
	size_t n;
};

struct box *box_new(enum box_kind kind, const struct device *device, int number); /* NULL: out of memory */
/* Owns the child from then on, also on failure; a child that is NULL is -ENOMEM. */
int box_add(struct box *parent, struct box *child);
void box_free(struct box *b);
void box_freep(struct box **b);

/*
 * Children stand side by side in rows that are at most `width` wide, in their order; a box that is wider alone than there is
 * room makes what is around it wider. No two children of one box touch, and each lies inside its parent.
 */
void box_layout(struct box *b, int width);
