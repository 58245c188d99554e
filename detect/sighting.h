/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sightings: where the devices that are bound at boot are now. The early binder (early/search.h) searches by the same
 * rules; its test holds both to one table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/device.h"
#include "detect/identity.h"

enum sighting_kind {
	SIGHTING_NONE,      /* nowhere */
	SIGHTING_HERE,      /* at its address */
	SIGHTING_MOVED,     /* behind the same bridges, at another address: the buses have other numbers */
	SIGHTING_ELSEWHERE, /* behind other bridges, known by its serial: somebody moved it, and it is left to the host */
};

struct sighting {
	enum sighting_kind kind;
	const struct device *device; /* borrowed; NULL: none */
	const struct device *other;  /* borrowed: what is in its place, behind the same bridges or else at its address; NULL: nothing */
	const char *why;             /* static: what differs there; NULL where nothing does */
	char *left;                  /* why the early binder left it to the host in this boot; NULL: it did not, or is not known */
};

/* One for each identity, in their order. */
struct sightings {
	struct sighting *list;
	size_t n;
};

#define SIGHTING_LEFT "run/slipway/early"

/* 0 or -ENOMEM. */
int sightings_find(const struct identities *ids, const struct devices *devices, struct sightings *ret);
/* What the early binder says in SIGHTING_LEFT (early/report.h has the format). 0 or -ENOMEM. */
int sightings_read_left(int root_fd, const struct identities *ids, struct sightings *s);
void sightings_done(struct sightings *s);
/* The identity that this device is bound by, or NULL: what merely sits at its address is not meant. */
const struct identity *sightings_identity(const struct sightings *s, const struct identities *ids, const struct device *d);
