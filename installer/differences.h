/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences: in what something that is there, a guest, a storage pool or a network, is not as it is wanted. */
#pragma once

#include <stddef.h>

struct difference {
	const char *what;      /* static: "memory" */
	char *wanted, *found;  /* in words; NULL: nothing */
};

struct differences {
	struct difference *list;
	size_t n;
};

void differences_done(struct differences *d);
/* Takes both texts over, also on failure; -ENOMEM. */
int differences_add(struct differences *d, const char *what, char *wanted, char *found);
