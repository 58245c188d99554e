/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes in boxes, and where each stands in the drawing: a pure function from the tree to coordinates. */

#include <errno.h>
#include <stdlib.h>

#include "cli/html/box.h"

/* How much a box keeps free around and between its children; `head` is for its title. */
static const struct {
	int pad, head, gap;
} shapes[] = {
	[BOX_MACHINE] = { 0, 0, 14 }, [BOX_NODE] = { 12, 22, 12 },  [BOX_ROOT] = { 10, 18, 10 },
	[BOX_BRIDGE] = { 6, 16, 6 },  [BOX_GROUP] = { 5, 9, 5 }, [BOX_DEVICE] = { 0, 0, 0 },
};

struct box *box_new(enum box_kind kind, const struct device *device, int number)
{
	struct box *b = calloc(1, sizeof(*b));

	if (b)
		*b = (struct box){ .kind = kind, .device = device, .number = number };
	return b;
}

void box_free(struct box *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		box_free(b->children[i]);
	free(b->children);
	free(b);
}

void box_freep(struct box **b)
{
	box_free(*b);
}

int box_add(struct box *parent, struct box *child)
{
	struct box **grown;

	if (!child)
		return -ENOMEM;
	/* Room for 1, 2, 4, 8, ... */
	if ((parent->n & (parent->n - 1)) == 0) {
		grown = realloc(parent->children, (parent->n ? 2 * parent->n : 1) * sizeof(struct box *));
		if (!grown) {
			box_free(child);
			return -ENOMEM;
		}
		parent->children = grown;
	}
	parent->children[parent->n++] = child;
	return 0;
}

/* The regions of the machine fill their rows, up to this edge. */
static void stretch(struct box *b, int edge)
{
	if (b->kind <= BOX_ROOT && b->x + b->width < edge)
		b->width = edge - b->x;
}

/* Sizes, and coordinates from the parent's corner. */
static void measure(struct box *b, int width)
{
	int pad = shapes[b->kind].pad, gap = shapes[b->kind].gap, x = 0, y = 0, row = 0, widest = DEVICE_WIDTH;

	if (b->kind == BOX_DEVICE || !b->n) {
		b->width = DEVICE_WIDTH;
		b->height = b->kind == BOX_DEVICE ? DEVICE_HEIGHT : PORT_HEIGHT;
		return;
	}
	for (size_t i = 0; i < b->n; i++) {
		struct box *child = b->children[i];

		measure(child, width - 2 * pad);
		if (x && x + child->width > width - 2 * pad) {
			stretch(b->children[i - 1], width - pad);
			y += row + gap;
			x = row = 0;
		}
		child->x = pad + x;
		child->y = pad + shapes[b->kind].head + y;
		x += child->width;
		if (x > widest)
			widest = x;
		x += gap;
		if (child->height > row)
			row = child->height;
	}
	if (b->children[b->n - 1]->kind <= BOX_ROOT) {
		stretch(b->children[b->n - 1], width - pad);
		widest = width - 2 * pad > widest ? width - 2 * pad : widest;
	}
	b->width = widest + 2 * pad;
	b->height = shapes[b->kind].head + y + row + 2 * pad;
}

static void place(struct box *b, int x, int y)
{
	b->x += x;
	b->y += y;
	for (size_t i = 0; i < b->n; i++)
		place(b->children[i], b->x, b->y);
}

void box_layout(struct box *b, int width)
{
	int share = (width - shapes[BOX_MACHINE].gap) / 2;

	/* Sockets stand side by side. */
	if (b->kind == BOX_MACHINE && b->n > 1 && share > 3 * DEVICE_WIDTH) {
		int left = 0, right = 0, gap = shapes[BOX_MACHINE].gap;

		/* Each goes where there is more room: two columns, and no row as high as its highest. */
		for (size_t i = 0; i < b->n; i++) {
			struct box *child = b->children[i];
			int *column = left <= right ? &left : &right;

			measure(child, share);
			child->x = column == &left ? 0 : share + gap;
			child->y = *column;
			*column += child->height + gap;
		}
		b->width = width;
		b->height = (left > right ? left : right) - gap;
	} else {
		measure(b, width);
	}
	place(b, 0, 0);
}
