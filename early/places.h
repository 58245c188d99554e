/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places: which device sits behind which chain of bridges. A card that is added or taken away renumbers the buses behind
 * it, and so the addresses; the chain, device and function of each bridge from the root on, stays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACES_MAX 8192

struct place {
	uint64_t chain; /* a checksum: who has the same may have the same chain */
	char address[24];
};

struct places {
	size_t n;
	bool is_read, is_complete;
	struct place list[PLACES_MAX]; /* sorted */
};

/* Every function, by one readlink(2) each; is_complete is false where one could not be read, or there are too many. */
void places_read(int root_fd, struct places *ret);
/* Those that may sit behind this chain: how many, and the first in *ret. */
size_t places_find(const struct places *p, const char *chain, const struct place **ret);
