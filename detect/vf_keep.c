/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VF sets that are kept: for each device a file that says which it is, and what VFs it has after each boot. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/vf_keep.h"

void vf_keeps_done(struct vf_keeps *k)
{
	for (size_t i = 0; i < k->ids.n; i++)
		vf_set_done(&k->sets[i]);
	free(k->sets);
	sightings_done(&k->sightings);
	identities_done(&k->ids);
	*k = (struct vf_keeps){};
}

char *vf_keep_format(const struct device *d, const struct vf_set *set)
{
	_cleanup_(identity_done) struct identity id = {};
	_cleanup_free_ char *text = vf_set_format(set);
	struct text out = {};

	if (!text || identity_of(d, BIND_NONE, &id) < 0)
		return NULL;
	text_append(&out, "# Virtual functions, written by 'slipway vfs'; slipway-vfs.service makes them at each boot.\n");
	identity_format(&id, &out);
	text_append(&out, text);
	return text_take(&out);
}

/* The lines of the set, apart from the one with the identity. */
static int split(const char *text, struct text *set, struct identity *id)
{
	_cleanup_free_ char *copy = strdup(text);
	bool has_id = false;
	char *next = copy;
	int r;

	if (!copy)
		return -ENOMEM;
	while (next) {
		char *line = strsep(&next, "\n");

		if (str_starts(line, "vf ") || str_starts(line, "vfs ")) {
			text_printf(set, "%s\n", line);
			continue;
		}
		if (has_id && *line && *line != '#')
			return -EINVAL;
		r = has_id ? 0 : identity_parse(line, id);
		if (r < 0)
			return r;
		has_id = has_id || r > 0;
	}
	return has_id ? 0 : -EINVAL;
}

int vf_keep_parse(const char *text, struct identity *ret_id, struct vf_set *ret_set)
{
	_cleanup_(identity_done) struct identity id = {};
	_cleanup_(text_done) struct text lines = {};
	int r;

	text_append(&lines, "");
	r = split(text, &lines, &id);
	if (r >= 0 && lines.failed)
		r = -ENOMEM;
	if (r >= 0)
		r = vf_set_parse(lines.data, ret_set);
	if (r < 0)
		return r;
	*ret_id = TAKE(id);
	return 0;
}

static int read_one(int root_fd, const char *name, struct vf_keeps *k)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = fs_read(root_fd, &text, NULL, VF_FOLDER "/%s", name);
	if (r >= 0)
		r = vf_keep_parse(text, &k->ids.list[k->ids.n], &k->sets[k->ids.n]);
	if (r == -ENOMEM)
		return log_oom();
	if (r >= 0 && !str_eq(k->ids.list[k->ids.n].address, name)) {
		identity_done(&k->ids.list[k->ids.n]);
		vf_set_done(&k->sets[k->ids.n]);
		r = -EINVAL;
	}
	if (r < 0)
		log_warning("/" VF_FOLDER "/%s is left out: %s", name,
			    r == -EINVAL ? "not one device with this address and one line 'vfs count='; 'slipway vfs' writes it anew" : strerror(-r));
	else
		k->ids.n++;
	return 0;
}

int vf_keeps_read(int root_fd, const struct devices *devices, struct vf_keeps *ret)
{
	_cleanup_(vf_keeps_done) struct vf_keeps k = {};
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(root_fd, &names, VF_FOLDER);
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot list /" VF_FOLDER);
	k.ids.list = calloc(strv_length(names) + 1, sizeof(*k.ids.list));
	k.sets = calloc(strv_length(names) + 1, sizeof(*k.sets));
	if (!k.ids.list || !k.sets)
		return log_oom();
	for (char **name = names; name && *name; name++) {
		r = read_one(root_fd, *name, &k);
		if (r < 0)
			return r;
	}
	if (sightings_find(&k.ids, devices, &k.sightings) < 0)
		return log_oom();
	*ret = TAKE(k);
	return 0;
}
