/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sightings: where the devices that are bound at boot are now. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/record.h"
#include "common/text.h"
#include "detect/sighting.h"

/* Devices, or identities, in the order of their chains of bridges. */
struct chains {
	struct chain {
		const char *path;
		const void *what;
	} *list;
	size_t n;
};

struct index {
	struct chains devices, ids;
};

static void index_done(struct index *x)
{
	free(x->devices.list);
	free(x->ids.list);
}

void sightings_done(struct sightings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->list[i].left);
	free(s->list);
	*s = (struct sightings){};
}

static int compare(const void *a, const void *b)
{
	const struct chain *c = a, *d = b;
	int r = strcmp(c->path, d->path);

	return r ? r : (c->what > d->what) - (c->what < d->what);
}

static void add(struct chains *c, const char *path, const void *what)
{
	if (path)
		c->list[c->n++] = (struct chain){ path, what };
}

static int index_make(const struct identities *ids, const struct devices *devices, struct index *x)
{
	x->devices.list = calloc(devices->n + 1, sizeof(*x->devices.list));
	x->ids.list = calloc(ids->n + 1, sizeof(*x->ids.list));
	if (!x->devices.list || !x->ids.list)
		return -ENOMEM;
	for (size_t i = 0; i < devices->n; i++)
		add(&x->devices, devices->list[i].path, &devices->list[i]);
	for (size_t i = 0; i < ids->n; i++)
		add(&x->ids, ids->list[i].path, &ids->list[i]);
	qsort(x->devices.list, x->devices.n, sizeof(*x->devices.list), compare);
	qsort(x->ids.list, x->ids.n, sizeof(*x->ids.list), compare);
	return 0;
}

/* The first of those behind this chain; the others follow. NULL: none. */
static const struct chain *chains_find(const struct chains *c, const char *path)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(c->list[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->n && str_eq(c->list[low].path, path) ? &c->list[low] : NULL;
}

static const struct chain *chains_next(const struct chains *c, const struct chain *at)
{
	return at + 1 < c->list + c->n && str_eq(at[1].path, at->path) ? at + 1 : NULL;
}

static bool has_rival(const struct chains *ids, const struct identity *id, const struct device *d)
{
	const char *why;

	for (const struct chain *c = chains_find(ids, id->path); c; c = chains_next(ids, c))
		if (c->what != id && identity_agrees(c->what, d, &why))
			return true;
	return false;
}

/* Behind the same bridges, the only one that agrees, and meant by no other identity. */
static const struct device *find_moved(const struct index *x, const struct identity *id)
{
	const struct device *found = NULL;
	const char *why;

	for (const struct chain *c = chains_find(&x->devices, id->path); c; c = chains_next(&x->devices, c)) {
		if (!identity_agrees(id, c->what, &why))
			continue;
		if (found)
			return NULL;
		found = c->what;
	}
	return found && !has_rival(&x->ids, id, found) ? found : NULL;
}

/* The functions of a card may share their PCIe serial number. */
static bool same_function(const char *path, const char *other)
{
	const char *a = strrchr(path, '/'), *b = other ? strrchr(other, '/') : NULL;

	return a && b && str_eq(a, b);
}

/* What a device says of itself, and nobody remembered for it. */
static bool has_serial_of(const struct device *d, const struct identity *id)
{
	if (d->vendor != id->vendor || d->product != id->product)
		return false;
	if (id->serial && d->serial && !d->serial_remembered)
		return str_eq(id->serial, d->serial);
	return id->pcie_serial && d->capabilities.has_serial && d->capabilities.serial == id->pcie_serial &&
	       same_function(id->path, d->path);
}

static const struct device *find_serial(const struct devices *devices, const struct identity *id)
{
	const struct device *found = NULL;

	for (size_t i = 0; i < devices->n; i++) {
		if (!has_serial_of(&devices->list[i], id))
			continue;
		if (found)
			return NULL;
		found = &devices->list[i];
	}
	return found;
}

static struct sighting look_at_address(const struct devices *devices, const struct identity *id)
{
	const struct device *d = devices_find(devices, id->address);
	const char *why = "the address: no device is there";

	if (d && identity_agrees(id, d, &why))
		return (struct sighting){ .kind = SIGHTING_HERE, .device = d };
	return (struct sighting){ .kind = SIGHTING_NONE, .other = d, .why = why };
}

static void look_elsewhere(const struct index *x, const struct devices *devices, const struct identity *id, struct sighting *s)
{
	const struct chain *c;

	s->device = find_moved(x, id);
	s->kind = SIGHTING_MOVED;
	if (s->device)
		return;
	c = chains_find(&x->devices, id->path);
	if (c && !identity_agrees(id, c->what, &s->why))
		s->other = c->what;
	s->device = find_serial(devices, id);
	s->kind = s->device ? SIGHTING_ELSEWHERE : SIGHTING_NONE;
}

int sightings_find(const struct identities *ids, const struct devices *devices, struct sightings *ret)
{
	_cleanup_(sightings_done) struct sightings s = {};
	_cleanup_(index_done) struct index x = {};
	size_t missing = 0;

	s.list = calloc(ids->n + 1, sizeof(*s.list));
	if (!s.list)
		return -ENOMEM;
	for (; s.n < ids->n; s.n++) {
		s.list[s.n] = look_at_address(devices, &ids->list[s.n]);
		missing += s.list[s.n].kind != SIGHTING_HERE;
	}
	if (missing && index_make(ids, devices, &x) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < s.n && missing; i++)
		if (s.list[i].kind != SIGHTING_HERE)
			look_elsewhere(&x, devices, &ids->list[i], &s.list[i]);
	*ret = TAKE(s);
	return 0;
}

/* Lines and records come in one order, but for those that waited: from the last one on. */
static size_t find_from(const struct identities *ids, size_t from, const char *address)
{
	for (size_t i = 0; i < ids->n; i++)
		if (str_eq(ids->list[(from + i) % ids->n].address, address))
			return (from + i) % ids->n;
	return ids->n;
}

int sightings_read_left(int root_fd, const struct identities *ids, struct sightings *s)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	size_t at = 0;

	if (!ids->n || fs_read(root_fd, &text, NULL, SIGHTING_LEFT) < 0)
		return 0;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct record record;
		const char *reason;

		if (record_parse(line, &record) <= 0)
			continue;
		at = find_from(ids, at, record.name);
		reason = at < s->n && !s->list[at].left ? record_find(&record, "reason") : NULL;
		if (reason && !(s->list[at].left = strdup(reason)))
			return -ENOMEM;
	}
	return 0;
}

const struct identity *sightings_identity(const struct sightings *s, const struct identities *ids, const struct device *d)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].device == d && (s->list[i].kind == SIGHTING_HERE || s->list[i].kind == SIGHTING_MOVED))
			return &ids->list[i];
	return NULL;
}
