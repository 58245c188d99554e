/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Place: the chain of bridges from the root bus down to a function. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/place.h"

/* devices/pci0000:00/0000:00:06.0/0000:05:00.0 → path 0000:00/06.0/00.0, parent 0000:00:06.0. */
int place_parse(const char *link, struct device *d)
{
	_cleanup_(strv_freep) char **parts = NULL;
	const char *sysfs = strstr(link, "devices/");
	struct text path = {};
	size_t n;
	int r;

	d->sysfs = strdup(sysfs ? sysfs : link);
	r = strv_split(d->sysfs ? d->sysfs : "", "/", &parts);
	if (r < 0 || !d->sysfs)
		return -ENOMEM;
	n = strv_length(parts);
	for (size_t i = 0; i < n; i++) {
		if (str_starts(parts[i], "pci") && strchr(parts[i], ':') && !path.size) {
			text_append(&path, parts[i] + 3);
		} else if (address_is(parts[i], strlen(parts[i]))) {
			/* A root bus may hang below another device (Intel VMD): its own chain is part of the place. */
			text_append(&path, path.size ? "/" : "");
			text_append(&path, strrchr(parts[i], ':') + 1);
			if (i + 1 < n) {
				free(d->parent);
				d->parent = strdup(parts[i]);
				if (!d->parent)
					path.failed = true;
			}
		}
	}
	d->path = text_take(&path);
	return d->path ? 0 : -ENOMEM;
}
