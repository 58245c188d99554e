/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies on another mount: swap files, overlays, and whether it is known what "/" is on. */

#include <errno.h>
#include <libmount/libmount.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/mount_parts.h"

static bool is_below(const char *path, const char *mount_point)
{
	size_t n = strlen(mount_point);

	return str_starts(path, mount_point) && (path[n] == '/' || !path[n] || str_ends(mount_point, "/"));
}

static const struct mount *longest_below(const struct mounts *m, const char *path, bool is_own)
{
	const struct mount *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct mount *candidate = &m->list[i];
		size_t n = strlen(candidate->target);

		if (candidate->is_swap || candidate->is_own != is_own || n < longest || !is_below(path, candidate->target))
			continue;
		best = candidate;
		longest = n;
	}
	return best;
}

const struct mount *mounts_below(const struct mounts *m, const char *path)
{
	const struct mount *own = longest_below(m, path, true);

	return own ? own : longest_below(m, path, false);
}

/* Swap in a file lies on the file system that its mount point leads to; its disk cannot be let go either. */
int mounts_resolve_swap_files(struct mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++) {
		struct mount *swap = &mounts->list[i];
		const struct mount *below;

		if (!swap->is_swap || swap->blocks || str_starts(swap->source, "/dev/"))
			continue;
		below = mounts_below(mounts, swap->source);
		if (below && strv_copy(below->blocks, &swap->blocks) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* 1: the layer is known to be on nothing, or on blocks or a server that are now the overlay's, too. */
static int resolve_layer(const struct mounts *mounts, struct mount *overlay, const char *path)
{
	const struct mount *below = mounts_below(mounts, path);

	if (!below || mount_is_overlay(below) || mount_is_lost(below))
		return 0;
	for (char **block = below->blocks; block && *block; block++)
		if (strv_add_new(&overlay->blocks, *block) < 0)
			return -ENOMEM;
	if (below->peer && !overlay->peer)
		overlay->peer = strdup(below->peer);
	return below->peer && !overlay->peer ? -ENOMEM : 1;
}

/* "A:B", with nothing between two colons before a layer that has file contents only. 1: each could be followed. */
static int resolve_layers(const struct mounts *mounts, struct mount *overlay, const char *value, size_t size)
{
	_cleanup_free_ char *copy = strndup(value, size);
	_cleanup_(strv_freep) char **layers = NULL;
	int r = 0;

	if (!copy || strv_split(copy, ":", &layers) < 0)
		return -ENOMEM;
	for (char **layer = layers; layer && *layer; layer++) {
		r = resolve_layer(mounts, overlay, *layer);
		if (r <= 0)
			return r;
	}
	return r;
}

/*
 * A live system or an image-based one has "/" on layers: overlay's lowerdir=A:B,upperdir=C, or one by one as composefs
 * has it: lowerdir+=A,datadir+=B (filesystems/overlayfs.rst). 1: each could be followed.
 */
static int resolve_overlay(const struct mounts *mounts, struct mount *overlay)
{
	static const char *const wanted[] = { "lowerdir", "lowerdir+", "datadir+", "upperdir", NULL };
	char *rest = overlay->options, *name, *value;
	size_t name_size, size;
	int followed = 0, r;

	while (rest && mnt_optstr_next_option(&rest, &name, &name_size, &value, &size) == 0) {
		_cleanup_free_ char *option = strndup(name, name_size);

		if (!option)
			return -ENOMEM;
		if (!str_is_one_of(option, wanted) || !value)
			continue;
		r = resolve_layers(mounts, overlay, value, size);
		if (r < 0)
			return r;
		if (r == 0 && size)
			return 0;
		followed = followed || r;
	}
	return followed;
}

static bool is_in_memory(const struct mount *m)
{
	static const char *const types[] = { "tmpfs", "ramfs", "rootfs", NULL };

	return str_is_one_of(m->fs_type, types);
}

int mounts_trace_root(struct mounts *mounts)
{
	bool found = false;
	int r;

	mounts->root_traced = true;
	for (size_t i = 0; i < mounts->n; i++) {
		struct mount *m = &mounts->list[i];

		if (!m->is_own || !str_eq(m->target, "/"))
			continue;
		found = true;
		r = mount_is_overlay(m) ? resolve_overlay(mounts, m) : m->blocks || m->peer || is_in_memory(m) || mount_is_share(m);
		if (r < 0)
			return r;
		if (r == 0)
			mounts->root_traced = false;
	}
	mounts->root_traced = mounts->root_traced && found;
	return 0;
}
