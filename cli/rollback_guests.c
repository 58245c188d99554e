/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests that came after an apply, since they had to wait for it: they go before it is taken back. */

#include "cli/rollback_guests.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/guest.h"

/* Had guests to wait in it? Negative after it was said: its plan cannot be read. */
static int had_waiting(const struct journal *j, const struct transaction *t)
{
	_cleanup_(plan_done) struct plan plan = {};
	int r = journal_load_plan(j, t, &plan);

	for (size_t i = 0; i < plan.n && r >= 0; i++)
		if (plan.list[i].phase == PHASE_GUESTS && t->started[i])
			return 1;
	return r;
}

/* They came next, and before any other apply. */
static struct transaction *last_of(const struct journal *j, const struct transaction *apply)
{
	struct transaction *last = NULL;

	for (size_t i = 0; i < j->n; i++) {
		struct transaction *t = &j->list[i];

		if (t->id <= apply->id || !transaction_stands(t))
			continue;
		if (str_eq(t->verb, "apply"))
			break;
		if (str_eq(t->verb, "guests"))
			last = t;
	}
	return last;
}

/* Asked before anything is changed. Where libvirt does not answer, the undo says so. */
static int refuse_running(struct session *s, const struct transaction *t)
{
	_cleanup_(guest_connection_freep) struct guest_connection *c = NULL;
	_cleanup_(plan_done) struct plan plan = {};
	_cleanup_free_ char *why = NULL;
	int status = EXIT_DONE;

	if (journal_load_plan(&s->journal, t, &plan) < 0)
		return EXIT_UNDONE;
	if (!s->site.is_live || guest_connect_quietly(s->site.libvirt_uri, 0, &c, &why) < 0)
		return EXIT_DONE;
	for (size_t i = 0; i < plan.n; i++) {
		const char *name = plan.list[i].target;

		if (plan.list[i].kind != CHANGE_DOMAIN || !t->started[i] || t->reverted[i] || guest_exists(c, name) <= 0 || guest_is_active(c, name) <= 0)
			continue;
		log_error("guest %s runs, so its definition stays: stop it ('virsh shutdown'), and roll back again", name);
		status = EXIT_REFUSED;
	}
	return status;
}

int rollback_guests(struct session *session, const struct transaction *apply)
{
	struct journal *j = &session->journal;
	struct transaction *last;
	int status = EXIT_DONE, r;

	r = str_eq(apply->verb, "apply") ? had_waiting(j, apply) : 0;
	if (r <= 0)
		return r < 0 ? EXIT_UNDONE : EXIT_DONE;
	last = last_of(j, apply);
	for (struct transaction *t = last; t && t->id > apply->id && status == EXIT_DONE; t--)
		if (str_eq(t->verb, "guests") && transaction_stands(t))
			status = refuse_running(session, t);
	for (struct transaction *t = last; t && t->id > apply->id && status == EXIT_DONE; t--) {
		if (!str_eq(t->verb, "guests") || !transaction_stands(t))
			continue;
		log_info("taking back transaction %u, the guests that came after transaction %u", t->id, apply->id);
		if (transaction_undo(&session->site, j, t) == OUTCOME_DONE)
			continue;
		log_error("transaction %u could not be taken back in full, so transaction %u stands", t->id, apply->id);
		status = EXIT_BROKEN;
	}
	return status;
}
