/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Overlap: which later changes rest on those of a transaction. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/overlap.h"

/* Kinds of one space name the same things. */
static enum { SPACE_PATH, SPACE_DEVICE, SPACE_GUEST, SPACE_EFIVAR, SPACE_PARTITION, SPACE_POOL, SPACE_NETWORK, SPACE_NONE } space_of(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_FILE:
	case CHANGE_DIRECTORY:
	case CHANGE_VALUE:
		return SPACE_PATH;
	case CHANGE_DRIVER:
	case CHANGE_HOSTDEV:
	case CHANGE_VFS:
	case CHANGE_SUBCHANNEL:
	case CHANGE_MEDIATED:
		return SPACE_DEVICE;
	case CHANGE_DOMAIN:
	case CHANGE_AUTOSTART:
		return SPACE_GUEST;
	case CHANGE_EFIVAR:
		return SPACE_EFIVAR;
	case CHANGE_ESP_FILE:
		return SPACE_PARTITION;
	case CHANGE_POOL:
		return SPACE_POOL;
	case CHANGE_LIBVIRT_NETWORK:
		return SPACE_NETWORK;
	case CHANGE_COMMAND:
	case CHANGE_NETWORK: /* so is what it is made from */
	case CHANGE_ENTRIES: /* the entries are files, too */
		break;
	}
	return SPACE_NONE;
}

static bool is_below(const char *path, const char *folder)
{
	return str_starts(path, folder) && path[strlen(folder)] == '/';
}

bool changes_overlap(const struct change *earlier, const struct change *later)
{
	int space = space_of(earlier->kind);

	/* A guest's devices are part of it. */
	if (earlier->kind == CHANGE_DOMAIN && later->kind == CHANGE_HOSTDEV)
		return str_eq(earlier->target, later->guest);
	if (space == SPACE_NONE || space != (int)space_of(later->kind))
		return false;
	if (earlier->kind == CHANGE_DIRECTORY && is_below(later->target, earlier->target))
		return true;
	return str_eq(earlier->target, later->target);
}

/* It has taken effect, has not been taken back, and has not gone with a reboot. */
static bool change_stands(const struct transaction *t, const struct plan *plan, size_t i)
{
	return t->started[i] && !t->reverted[i] && !plan->list[i].is_spent;
}

static bool rests_on(const struct change *later, const struct transaction *t, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (change_stands(t, plan, i) && changes_overlap(&plan->list[i], later))
			return true;
	return false;
}

static int add_blockers(const struct journal *j, const struct transaction *later, const struct transaction *t, const struct plan *plan,
			char ***ret)
{
	_cleanup_(plan_done) struct plan other = {};
	int r;

	r = journal_load_plan(j, later, &other);
	for (size_t i = 0; i < other.n && r >= 0; i++) {
		const struct change *c = &other.list[i];

		_cleanup_free_ char *name = change_name(c);

		if (!name)
			return log_oom();
		if (change_stands(later, &other, i) && rests_on(c, t, plan))
			r = strv_consume(ret, text_format("transaction %u (%s of %s): %s", later->id, later->verb, later->time, name));
	}
	return r;
}

int overlap_find(const struct journal *j, const struct transaction *t, char ***ret)
{
	_cleanup_(strv_freep) char **found = NULL;
	_cleanup_(plan_done) struct plan plan = {};
	int r;

	r = journal_load_plan(j, t, &plan);
	for (size_t i = j->n; i > 0 && r >= 0 && j->list[i - 1].id > t->id; i--)
		if (transaction_stands(&j->list[i - 1]))
			r = add_blockers(j, &j->list[i - 1], t, &plan, &found);
	if (r < 0)
		return r;
	*ret = TAKE(found);
	return 0;
}

/* Targets met on the way from the newest change to the oldest: what comes again is overtaken. */
static int first_meeting(char ***seen, const struct change *c)
{
	_cleanup_free_ char *key = text_format("%s %s", change_ops(c->kind)->name, c->target);

	if (!key)
		return log_oom();
	if (strv_contains(*seen, key))
		return 0;
	return strv_add(seen, key) < 0 ? log_oom() : 1;
}

int standing_each(const struct journal *j, const char *verb, int (*each)(void *context, const struct transaction *t, const struct change *c),
		  void *context)
{
	_cleanup_(strv_freep) char **seen = NULL;
	int r = 0;

	for (size_t i = j->n; i > 0 && r >= 0; i--) {
		const struct transaction *t = &j->list[i - 1];
		_cleanup_(plan_done) struct plan plan = {};

		if (!transaction_stands(t) || (verb && !str_eq(t->verb, verb)))
			continue;
		r = journal_load_plan(j, t, &plan);
		for (size_t k = 0; k < plan.n && r >= 0; k++) {
			if (!change_stands(t, &plan, k))
				continue;
			r = first_meeting(&seen, &plan.list[k]);
			if (r > 0)
				r = each(context, t, &plan.list[k]);
		}
	}
	return r < 0 ? r : 0;
}
