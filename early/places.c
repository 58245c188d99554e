/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places: which device sits behind which chain of bridges. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "early/places.h"
#include "early/seen.h"
#include "early/sysfs.h"

/* FNV-1a. */
static uint64_t checksum(const char *s)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (; *s; s++)
		sum = (sum ^ (unsigned char)*s) * 0x100000001b3;
	return sum;
}

static int compare(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	if (p->chain != q->chain)
		return p->chain < q->chain ? -1 : 1;
	return strcmp(p->address, q->address);
}

static int place_read(int root_fd, const char *address, bool *may_be_zpci, struct place *ret)
{
	char chain[sizeof(((struct traits *)0)->path)];
	int r;

	r = strlen(address) < sizeof(ret->address) ? chain_read(root_fd, address, may_be_zpci, chain, sizeof(chain)) : -EINVAL;
	if (r < 0)
		return r;
	strcpy(ret->address, address);
	ret->chain = checksum(chain);
	return 0;
}

void places_read(int root_fd, struct places *ret)
{
	_cleanup_closedir_ DIR *folder = NULL;
	bool may_be_zpci = true;
	const char *address;
	int r;

	ret->n = 0;
	ret->is_read = true;
	r = folder_open(root_fd, &folder, "sys/bus/pci/devices");
	ret->is_complete = r == 0 || r == -ENOENT;
	while (folder && ret->n < PLACES_MAX && (address = folder_next(folder))) {
		r = place_read(root_fd, address, &may_be_zpci, &ret->list[ret->n]);
		ret->n += r == 0;
		/* It may be gone again; and a longer chain than a line can hold is nobody's. */
		ret->is_complete &= r == 0 || r == -ENOENT || r == -E2BIG;
	}
	ret->is_complete &= ret->n < PLACES_MAX;
	qsort(ret->list, ret->n, sizeof(*ret->list), compare);
}

size_t places_find(const struct places *p, const char *chain, const struct place **ret)
{
	uint64_t sum = checksum(chain);
	size_t low = 0, high = p->n, n = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->list[middle].chain < sum)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + n < p->n && p->list[low + n].chain == sum)
		n++;
	*ret = &p->list[low];
	return n;
}
