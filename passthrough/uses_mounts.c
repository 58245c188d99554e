/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts and swap as uses, in our own mount namespace and in the others. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/storage.h"
#include "passthrough/uses_mounts.h"
#include "passthrough/uses_network.h"

/* The file systems of our own namespace that can be told, each with its worst mount point: sorted, to be asked for each other mount. */
struct own {
	const char *number; /* borrowed */
	bool is_vital;
};

struct owns {
	struct own *list;
	size_t n;
};

static bool mount_is_vital(const struct mount *m)
{
	return m->is_swap || mount_point_is_vital(m->target);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct own *x = a, *y = b;

	return strcmp(x->number, y->number);
}

static int compare(const void *a, const void *b)
{
	const struct own *x = a, *y = b;
	int r = compare_numbers(a, b);

	return r ? r : x->is_vital - y->is_vital;
}

static int owns_read(const struct mounts *mounts, struct owns *ret)
{
	struct owns owns = { .list = calloc(mounts->n + 1, sizeof(*owns.list)) };

	if (!owns.list)
		return -ENOMEM;
	for (size_t i = 0; i < mounts->n; i++) {
		const struct mount *m = &mounts->list[i];

		/* 0:0 is the number where a table gives none. */
		if (m->is_own && !m->is_swap && (m->blocks || m->peer) && !str_eq(m->number, "0:0"))
			owns.list[owns.n++] = (struct own){ m->number, mount_is_vital(m) };
	}
	if (owns.n)
		qsort(owns.list, owns.n, sizeof(*owns.list), compare);
	*ret = owns;
	return 0;
}

/*
 * systemd gives most services a namespace of their own (ProtectSystem=, PrivateMounts=) with "/etc", "/usr" ... once more: the
 * number is that of the superblock (proc_pid_mountinfo(5)), so our own mount of it says the same. The host must not
 * live on it less for that.
 */
static bool is_repetition(const struct owns *owns, const struct mount *m)
{
	const struct own key = { m->number, mount_is_vital(m) };

	if (m->is_own || m->is_swap || !owns->n)
		return false;
	return bsearch(&key, owns->list, owns->n, sizeof(key), key.is_vital ? compare : compare_numbers);
}

/* Another namespace shows the same file system under the names of its own: the evidence says whose. */
static char *mount_text(const struct mount *m)
{
	if (m->is_swap)
		return text_format("swap on %s", m->source);
	return text_format("%s on %s%s", m->fs_type, m->target, m->is_own ? "" : " in another mount namespace");
}

static int tell_mount(struct storage *s, const struct mount *m)
{
	_cleanup_free_ char *what = NULL;
	bool is_vital = mount_is_vital(m);
	int r = 0;

	/* Of our own "/" there is more to say: uses_find_untraced_root(). */
	if (!m->blocks && !m->is_swap && !m->peer && (!mount_is_lost(m) || (m->is_own && str_eq(m->target, "/"))))
		return 0;
	what = mount_text(m);
	if (!what)
		return -ENOMEM;
	if (m->peer)
		r = uses_tell_remote(s->host, s->uses, (char *const[]){ m->peer, NULL }, NULL, what, "", is_vital);
	else if (!m->blocks || m->lacks_blocks)
		r = storage_note_lost(s, what, is_vital);
	for (char **block = m->blocks; block && *block && r >= 0; block++)
		r = storage_tell(s, m->is_swap ? USE_SWAP : USE_MOUNT, what, is_vital, *block);
	return r;
}

int uses_find_mounts(struct storage *s)
{
	const struct mounts *mounts = &s->host->mounts;
	struct owns owns;
	int r = owns_read(mounts, &owns);

	if (r < 0)
		return r;
	for (size_t i = 0; i < mounts->n && r >= 0; i++)
		if (!is_repetition(&owns, &mounts->list[i]))
			r = tell_mount(s, &mounts->list[i]);
	free(owns.list);
	return r;
}
