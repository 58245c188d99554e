/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drop-ins: the files of several folders, in the order of their names. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/drop_in.h"

void drop_ins_done(struct drop_ins *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->list[i].name);
		free(d->list[i].path);
	}
	free(d->list);
	*d = (struct drop_ins){};
}

/* Stable by construction: names are unique here. */
static int compare(const void *a, const void *b)
{
	return strcmp(((const struct drop_in *)a)->name, ((const struct drop_in *)b)->name);
}

static int add_folder(int root_fd, const char *folder, const char *suffix, struct drop_ins *d)
{
	_cleanup_(strv_freep) char **names = NULL;
	size_t before = d->n;
	struct drop_in *grown;

	if (dir_list(root_fd, &names, "%s", folder) < 0)
		return 0;
	d->is_known = true;
	if (!names)
		return 0;
	grown = realloc(d->list, (d->n + strv_length(names)) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	d->list = grown;
	for (char **name = names; *name; name++) {
		struct drop_in key = { .name = *name };

		/* Those of the folders before this one are sorted. */
		if (!str_ends(*name, suffix) || (before && bsearch(&key, d->list, before, sizeof(key), compare)))
			continue;
		d->list[d->n] = (struct drop_in){ .name = strdup(*name), .path = text_format("%s/%s", folder, *name) };
		d->n++;
		if (!d->list[d->n - 1].name || !d->list[d->n - 1].path)
			return -ENOMEM;
	}
	if (d->n)
		qsort(d->list, d->n, sizeof(*d->list), compare);
	return 0;
}

int drop_ins_read(int root_fd, const char *const *folders, const char *suffix, struct drop_ins *ret)
{
	_cleanup_(drop_ins_done) struct drop_ins d = {};

	for (; *folders; folders++)
		if (add_folder(root_fd, *folders, suffix, &d) < 0)
			return -ENOMEM;
	*ret = TAKE(d);
	return 0;
}
