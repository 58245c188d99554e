/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage pools and networks that waited, and that guests rest on: they come before these. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/load.h"
#include "cli/waiting_objects.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/interruption.h"
#include "installer/objects.h"

/* All that the steps share. */
struct round {
	const struct cli *cli;
	struct session *session;
	const struct wishes *wishes;
	struct pending_guests *record;
	bool *is_tried, *is_counted; /* of each in the record, in this round */
};

static void round_done(struct round *r)
{
	free(r->is_tried);
	free(r->is_counted);
}

static bool is_wanted(const struct round *round, const char *kind, const char *name)
{
	const struct pending_guest *g = pending_objects_find(round->record, kind, name);

	return g && (g->progress == PROGRESS_WAITS || g->progress == PROGRESS_BEGUN) && !round->is_tried[g - round->record->objects];
}

/* The wishes with those alone that are still to come; all is borrowed but the two lists. */
static int narrow(const struct round *round, struct wishes *ret)
{
	const struct object_wishes *all = &round->wishes->objects;
	struct object_wishes o = { .pools = calloc(all->n_pools + 1, sizeof(*o.pools)), .networks = calloc(all->n_networks + 1, sizeof(*o.networks)) };

	*ret = *round->wishes;
	ret->objects = o;
	if (!o.pools || !o.networks)
		return log_oom();
	for (size_t i = 0; i < all->n_pools; i++)
		if (is_wanted(round, "pool", all->pools[i].name))
			o.pools[o.n_pools++] = all->pools[i];
	for (size_t i = 0; i < all->n_networks; i++)
		if (is_wanted(round, "network", all->networks[i].name))
			o.networks[o.n_networks++] = all->networks[i];
	ret->objects = o;
	return 0;
}

static void count(struct round *round, struct pending_guest *g)
{
	bool *is_counted = &round->is_counted[g - round->record->objects];

	g->attempts += !*is_counted;
	*is_counted = true;
}

/* All that were asked for, since nobody can say whose fault it is; where none is at fault it does not count. */
static void note_all(struct round *round, const struct wishes *narrowed, const char *reason, bool is_fault)
{
	for (size_t i = 0; i < round->record->n_objects; i++) {
		struct pending_guest *g = &round->record->objects[i];
		bool is_asked = false;

		for (size_t j = 0; j < narrowed->objects.n_pools; j++)
			is_asked = is_asked || g == pending_objects_find(round->record, "pool", narrowed->objects.pools[j].name);
		for (size_t j = 0; j < narrowed->objects.n_networks; j++)
			is_asked = is_asked || g == pending_objects_find(round->record, "network", narrowed->objects.networks[j].name);
		if (!is_asked)
			continue;
		if (is_fault)
			count(round, g);
		if (is_fault)
			pending_guest_fail(g, "", strdup(reason));
		else
			pending_guest_set(g, PROGRESS_WAITS, strdup(reason));
	}
}

/* What is there, and what waits on; those that come are begun, on the disk before it is done. */
static void take_notes(struct round *round, const char *kind, struct guest_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		struct guest_note *note = &notes->list[i];
		struct pending_guest *g = pending_objects_find(round->record, kind, note->name);
		bool is_own = g->progress == PROGRESS_BEGUN;

		switch (note->standing) {
		case GUEST_COMES:
			pending_guest_set(g, PROGRESS_BEGUN, NULL);
			count(round, g);
			break;
		case GUEST_AS_WISHED:
			pending_guest_set(g, PROGRESS_DONE, NULL);
			break;
		case GUEST_DIFFERS:
			pending_guest_set(g, PROGRESS_DONE, is_own ? NULL : strdup("it is there, and otherwise than in the spec; it is left as it is"));
			break;
		case GUEST_WAITS:
			log_info("%s waits: %s", g->name, note->reason);
			pending_guest_set(g, PROGRESS_WAITS, TAKE(note->reason));
			break;
		}
	}
}

static void leave_begun(struct round *round, enum guest_progress progress, const char *reason)
{
	for (size_t i = 0; i < round->record->n_objects; i++)
		if (round->record->objects[i].progress == PROGRESS_BEGUN)
			pending_guest_set(&round->record->objects[i], progress, reason ? strdup(reason) : NULL);
}

/* 1: another try without the one that failed; 0: that was it. */
static int carry_out(struct round *round, const struct object_notes *notes, struct plan *plan)
{
	struct session *s = round->session;
	const size_t before = s->journal.n;
	enum outcome outcome = transaction_apply(&s->site, &s->journal, "guests", plan);
	const struct transaction *t = s->journal.n > before ? &s->journal.list[before] : NULL;
	struct pending_guest *culprit = NULL;
	const char *pool, *network;

	if (interruption_signal())
		return 0; /* as after a power cut */
	if (outcome == OUTCOME_DONE)
		return leave_begun(round, PROGRESS_DONE, NULL), 0;
	pool = outcome == OUTCOME_UNDONE && t ? guest_notes_blame(&notes->pools, t) : NULL;
	network = outcome == OUTCOME_UNDONE && t ? guest_notes_blame(&notes->networks, t) : NULL;
	if (pool || network)
		culprit = pending_objects_find(round->record, pool ? "pool" : "network", pool ? pool : network);
	leave_begun(round, PROGRESS_WAITS, t && t->failure ? t->failure : "the journal cannot be written");
	if (!culprit)
		return 0;
	round->is_tried[culprit - round->record->objects] = true;
	pending_guest_fail(culprit, "", TAKE(culprit->reason));
	return 1;
}

/* 1: another try; 0: that was it. */
static int try_these(struct round *round, const struct wishes *narrowed)
{
	_cleanup_(object_notes_done) struct object_notes notes = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(plan_done) struct plan plan = {};
	int r;

	free(log_take_error());
	r = scene_read_all(round->cli, &scene);
	if (r >= 0) {
		const struct guests_request request = { .host = &scene.host, .uses = &scene.uses, .wishes = narrowed, .is_boot = true, .is_applied = true,
							.libvirt_uri = round->session->site.libvirt_uri };

		r = objects_plan(&request, &plan, &refusals, &notes);
	}
	if (r < 0 || refusals.n) {
		_cleanup_free_ char *said = log_take_error();

		note_all(round, narrowed, refusals.n ? refusals.list[0].text : said ? said : "the host could not be looked at", r == -EINVAL || refusals.n);
		return 0;
	}
	take_notes(round, "pool", &notes.pools);
	take_notes(round, "network", &notes.networks);
	if (!plan.n || pending_guests_write(round->session->site.root_fd, round->record) < 0)
		return 0;
	return carry_out(round, &notes, &plan);
}

static void give_up_interrupted(struct round *round)
{
	for (size_t i = 0; i < round->record->n_objects; i++) {
		struct pending_guest *g = &round->record->objects[i];

		if (g->progress == PROGRESS_BEGUN && g->attempts >= GUEST_ATTEMPTS)
			pending_guest_set(g, PROGRESS_FAILED, text_format("it was begun %u times, and interrupted each time", g->attempts));
	}
}

void waiting_objects(const struct cli *cli, struct session *session, const struct wishes *wishes, struct pending_guests *record)
{
	_cleanup_(round_done) struct round round = { .cli = cli, .session = session, .wishes = wishes, .record = record,
						     .is_tried = calloc(record->n_objects + 1, sizeof(bool)), .is_counted = calloc(record->n_objects + 1, sizeof(bool)) };
	int r = 1;

	if (!round.is_tried || !round.is_counted) {
		log_oom();
		return;
	}
	give_up_interrupted(&round);
	while (r > 0) {
		struct wishes narrowed;

		r = narrow(&round, &narrowed);
		if (r >= 0 && narrowed.objects.n_pools + narrowed.objects.n_networks)
			r = try_these(&round, &narrowed);
		else
			r = 0;
		free(narrowed.objects.pools);
		free(narrowed.objects.networks);
	}
}
