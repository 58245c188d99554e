/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drive ROOT apply SELECTOR | drive ROOT rollback: what slipway does on a host that is live, on a tree: its commands run,
 * and come from $PATH. For tests with the real tools, which those commands start within the tree.
 */

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "installer/provision.h"
#include "installer/transaction.h"
#include "tests/unit/tree.h"

static enum outcome apply(struct tree *t, const char *selector)
{
	const struct site site = { .root_fd = t->fd, .is_live = true };
	_cleanup_(journal_done) struct journal journal = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(wishes_done) struct wishes wishes = {};
	_cleanup_(plan_done) struct plan plan = {};

	if (tree_read(t) < 0 || wishes_add_passthrough(&wishes, selector, 0, BIND_WISH_AUTO) < 0)
		abort();
	t->host.is_live = true;
	if (provision_plan(&t->host, &t->uses, &wishes, NULL, &plan, &refusals) < 0 || refusals.n || journal_read(t->fd, &journal) < 0)
		return OUTCOME_UNDONE;
	for (size_t i = 0; i < plan.n; i++)
		printf("%s\n", plan.list[i].target);
	return plan.n ? transaction_apply(&site, &journal, "apply", &plan) : OUTCOME_DONE;
}

static enum outcome rollback(struct tree *t)
{
	const struct site site = { .root_fd = t->fd, .is_live = true };
	_cleanup_(journal_done) struct journal journal = {};

	if (journal_read(t->fd, &journal) < 0)
		abort();
	return transaction_undo(&site, &journal, journal_last(&journal, NULL));
}

int main(int argc, char *argv[])
{
	struct tree t = {};
	enum outcome outcome;

	if (argc < 3 || strlen(argv[1]) >= sizeof(t.folder))
		return 2;
	strcpy(t.folder, argv[1]);
	t.fd = root_open(t.folder);
	if (t.fd < 0)
		return 2;
	outcome = argc == 4 ? apply(&t, argv[3]) : rollback(&t);
	uses_done(&t.uses);
	host_done(&t.host);
	close(t.fd);
	return outcome == OUTCOME_DONE ? 0 : outcome == OUTCOME_UNDONE ? 4 : 5;
}
