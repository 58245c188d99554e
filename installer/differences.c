/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences: in what something that is there is not as it is wanted. */

#include <errno.h>
#include <stdlib.h>

#include "installer/differences.h"

void differences_done(struct differences *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->list[i].wanted);
		free(d->list[i].found);
	}
	free(d->list);
	*d = (struct differences){};
}

int differences_add(struct differences *d, const char *what, char *wanted, char *found)
{
	struct difference *grown = reallocarray(d->list, d->n + 1, sizeof(*grown));

	if (!grown) {
		free(wanted);
		free(found);
		return -ENOMEM;
	}
	d->list = grown;
	d->list[d->n++] = (struct difference){ .what = what, .wanted = wanted, .found = found };
	return 0;
}
