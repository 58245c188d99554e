/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drift: files, EFI variables and values of the kernel that are no longer as slipway left them. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change_value.h"
#include "installer/drift.h"
#include "installer/overlap.h"

void drifts_done(struct drifts *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->list[i].target);
	free(d->list);
	*d = (struct drifts){};
}

/* Who may read and write it is as much a part of an owned file as what it says. NULL: as left. */
static const char *compare_attributes(int root_fd, const struct change *c)
{
	_cleanup_(attributes_done) struct attributes now = {};
	const struct attributes *before = c->before.attributes;

	if (fs_attributes(root_fd, c->target, &now) < 0)
		return "it is no longer a file that can be looked at";
	if (now.mode != (before ? before->mode : c->mode))
		return "its mode was changed";
	if (before && (now.uid != before->uid || now.gid != before->gid))
		return "its owner was changed";
	return NULL;
}

/* What belongs to a module or device that has gone has no value. */
static const char *compare_value(const struct site *site, const struct change *c)
{
	_cleanup_free_ char *now = NULL;
	int r = site->is_live ? kernel_value_read(site->root_fd, c->target, &now) : -ENOENT;

	if (r < 0)
		return r == -ENOENT ? NULL : "it cannot be read";
	return str_eq(now, c->after.data) ? NULL : "its value was changed";
}

static const char *compare(const struct site *site, const struct change *c)
{
	_cleanup_(content_done) struct content now = {};
	int r;

	if (c->kind == CHANGE_EFIVAR)
		r = efivar_content_read(site->root_fd, c->target, &now);
	else
		r = content_read(site->root_fd, c->target, &now);
	if (r < 0)
		return "it cannot be read";
	if (!now.exists && (c->is_spent || (c->after.exists && change_ops(c->kind)->holds(site, c) == 1)))
		return NULL;
	if (!now.exists && c->after.exists)
		return "it is missing";
	if (now.exists && !c->after.exists)
		return "it is there again";
	/* Others edit what is theirs; what slipway put into it must still be there. */
	if (c->kind == CHANGE_FILE && c->format)
		return change_ops(c->kind)->holds(site, c) == 1 ? NULL : "slipway's kernel arguments are no longer in it";
	if (!content_eq(&now, &c->after))
		return "its content was changed";
	return c->kind == CHANGE_FILE && now.exists ? compare_attributes(site->root_fd, c) : NULL;
}

struct search {
	const struct site *site;
	struct drifts *found;
};

static int look_at(void *context, const struct transaction *t, const struct change *c)
{
	struct search *s = context;
	struct drift *grown;
	const char *what;

	if ((c->kind != CHANGE_FILE && c->kind != CHANGE_EFIVAR && c->kind != CHANGE_VALUE) || change_is_marker(c))
		return 0;
	what = c->kind == CHANGE_VALUE ? compare_value(s->site, c) : compare(s->site, c);
	if (!what)
		return 0;
	grown = realloc(s->found->list, (s->found->n + 1) * sizeof(*grown));
	if (!grown)
		return log_oom();
	s->found->list = grown;
	grown[s->found->n] = (struct drift){ .what = what, .transaction = t->id };
	grown[s->found->n].target = text_format("%s%s", c->kind != CHANGE_EFIVAR ? "/" : "", c->target);
	return grown[s->found->n].target ? (int)++s->found->n : log_oom();
}

static int by_target(const void *a, const void *b)
{
	return strcmp(((const struct drift *)a)->target, ((const struct drift *)b)->target);
}

int drifts_find(const struct site *site, const struct journal *j, struct drifts *ret)
{
	_cleanup_(drifts_done) struct drifts found = {};
	struct search search = { site, &found };
	int r = standing_each(j, NULL, look_at, &search);

	if (r < 0)
		return r;
	if (found.n)
		qsort(found.list, found.n, sizeof(*found.list), by_target);
	*ret = TAKE(found);
	return 0;
}
