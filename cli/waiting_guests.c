/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that waited: when what they waited for has come, they are defined, and those that start with the host are started. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/load.h"
#include "cli/waiting_guests.h"
#include "cli/waiting_objects.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/guest_wanted.h"
#include "installer/guests_pending.h"
#include "installer/interruption.h"
#include "passthrough/guest_host.h"

/* All that the steps share. */
struct round {
	const struct cli *cli;
	struct session *session;
	struct wishes wishes;
	struct allowances allowed;
	struct pending_guests guests;
};

static void round_done(struct round *r)
{
	wishes_done(&r->wishes);
	allowances_done(&r->allowed);
	pending_guests_done(&r->guests);
}

static int save(const struct round *round)
{
	return pending_guests_write(round->session->site.root_fd, &round->guests);
}

static char *said_or(const char *otherwise)
{
	char *said = log_take_error();

	return said ? said : strdup(otherwise);
}

/* Every guest that is as far as that waits on, and why. */
static void leave_all(struct round *round, enum guest_progress progress, const char *reason)
{
	for (size_t i = 0; i < round->guests.n; i++)
		if (round->guests.list[i].progress == progress)
			pending_guest_set(&round->guests.list[i], progress == PROGRESS_BEGUN ? PROGRESS_WAITS : progress, strdup(reason));
}

/* --- defining --- */

static bool is_to_be_defined(const struct pending_guest *g)
{
	return g && (g->progress == PROGRESS_WAITS || g->progress == PROGRESS_BEGUN);
}

/* The wishes with those guests alone that are still to be defined; all is borrowed but the list itself. */
static int narrow(const struct round *round, bool *is_tried, struct wishes *ret)
{
	*ret = round->wishes;
	ret->guests = (struct guest_wishes){ .list = calloc(round->wishes.guests.n + 1, sizeof(struct guest_settings)) };
	if (!ret->guests.list)
		return log_oom();
	for (size_t i = 0; i < round->wishes.guests.n; i++) {
		const struct pending_guest *g = pending_guests_find(&round->guests, guest_settings_find(&round->wishes.guests.list[i], "name"));

		if (is_to_be_defined(g) && !is_tried[g - round->guests.list])
			ret->guests.list[ret->guests.n++] = round->wishes.guests.list[i];
	}
	return 0;
}

/* One that was begun is there because slipway has defined it; whether it starts with the host is seen to then. */
static void take_note(struct pending_guest *g, struct guest_note *note)
{
	bool is_own = g->progress == PROGRESS_BEGUN;

	switch (note->standing) {
	case GUEST_COMES:
		break;
	case GUEST_AS_WISHED:
		pending_guest_set(g, is_own ? PROGRESS_DEFINED : PROGRESS_DONE, NULL);
		break;
	case GUEST_DIFFERS:
		pending_guest_set(g, is_own ? PROGRESS_DEFINED : PROGRESS_DONE,
				  is_own ? NULL : strdup("it is there, and otherwise than in the spec; it is left as it is"));
		break;
	case GUEST_WAITS:
		log_info("guest %s waits: %s", g->name, note->reason);
		pending_guest_set(g, PROGRESS_WAITS, TAKE(note->reason));
		break;
	}
}

/* On the disk before it is done; one that was cut off too often does not come into the plan. */
static int begin(struct round *round, const struct guest_notes *notes, bool *is_counted)
{
	for (size_t i = 0; i < notes->n; i++) {
		struct pending_guest *g = pending_guests_find(&round->guests, notes->list[i].name);

		if (notes->list[i].standing != GUEST_COMES)
			continue;
		pending_guest_set(g, PROGRESS_BEGUN, NULL);
		if (!is_counted[g - round->guests.list])
			g->attempts++;
		is_counted[g - round->guests.list] = true;
	}
	return save(round);
}

static void note_defined(struct round *round, const struct guest_notes *notes, unsigned transaction)
{
	for (size_t i = 0; i < notes->n; i++) {
		if (notes->list[i].standing != GUEST_COMES)
			continue;
		log_info("guest %s is defined; transaction %u", notes->list[i].name, transaction);
		pending_guest_set(pending_guests_find(&round->guests, notes->list[i].name), PROGRESS_DEFINED, NULL);
	}
}

/* 1: another try without the guest that failed; 0: that was it. */
static int carry_out(struct round *round, const struct guest_notes *notes, struct plan *plan, bool *is_tried)
{
	struct session *s = round->session;
	const size_t before = s->journal.n;
	enum outcome outcome = transaction_apply(&s->site, &s->journal, "guests", plan);
	const struct transaction *t = s->journal.n > before ? &s->journal.list[before] : NULL;
	struct pending_guest *culprit;
	const char *blamed;

	if (interruption_signal())
		return 0; /* as after a power cut */
	if (outcome == OUTCOME_DONE)
		return note_defined(round, notes, t ? t->id : 0), 0;
	blamed = outcome == OUTCOME_UNDONE && t ? guest_notes_blame(notes, t) : NULL;
	culprit = blamed ? pending_guests_find(&round->guests, blamed) : NULL;
	leave_all(round, PROGRESS_BEGUN, t && t->failure ? t->failure : "the journal cannot be written");
	if (!culprit)
		return 0;
	is_tried[culprit - round->guests.list] = true;
	pending_guest_fail(culprit, "guest ", TAKE(culprit->reason));
	return 1;
}

/* 1: another try; 0: that was it. */
static int define_once(struct round *round, bool *is_tried, bool *is_counted)
{
	_cleanup_(guest_notes_done) struct guest_notes notes = {};
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(scene_done) struct scene scene = {};
	_cleanup_(plan_done) struct plan plan = {};
	struct wishes wishes;
	int r;

	r = narrow(round, is_tried, &wishes);
	if (r < 0 || !wishes.guests.n) {
		free(wishes.guests.list);
		return r;
	}
	free(log_take_error());
	r = scene_read_all(round->cli, &scene);
	if (r >= 0) {
		const struct guests_request request = { .host = &scene.host, .uses = &scene.uses, .wishes = &wishes, .allowed = &round->allowed,
							.libvirt_uri = round->session->site.libvirt_uri, .is_boot = true, .is_applied = true };

		r = guests_plan(&request, &plan, &refusals, &notes);
	}
	free(wishes.guests.list);
	if (r < 0) {
		_cleanup_free_ char *reason = said_or("the host could not be looked at");

		leave_all(round, PROGRESS_WAITS, reason ? reason : "");
		return r;
	}
	for (size_t i = 0; i < notes.n; i++)
		take_note(pending_guests_find(&round->guests, notes.list[i].name), &notes.list[i]);
	/* A guest that starts with the host before the journal has it for good could not be taken back: that comes second. */
	for (size_t i = 0; i < plan.n; i++)
		if (plan.list[i].kind == CHANGE_DOMAIN)
			plan.list[i].autostart = false;
	if (!plan.n || begin(round, &notes, is_counted) < 0)
		return 0;
	return carry_out(round, &notes, &plan, is_tried);
}

static void give_up_interrupted(struct round *round)
{
	for (size_t i = 0; i < round->guests.n; i++) {
		struct pending_guest *g = &round->guests.list[i];

		if (g->progress == PROGRESS_BEGUN && g->attempts >= GUEST_ATTEMPTS)
			pending_guest_set(g, PROGRESS_FAILED, text_format("it was begun %u times, and interrupted each time", g->attempts));
	}
}

static void define(struct round *round)
{
	_cleanup_free_ bool *is_tried = calloc(round->guests.n + 1, sizeof(*is_tried)), *is_counted = calloc(round->guests.n + 1, sizeof(*is_counted));

	if (!is_tried || !is_counted) {
		log_oom();
		return;
	}
	while (define_once(round, is_tried, is_counted) > 0)
		;
}

/* --- starting --- */

static int wants_autostart(const struct round *round, const char *name)
{
	for (size_t i = 0; i < round->wishes.guests.n; i++) {
		const struct guest_settings *settings = &round->wishes.guests.list[i];
		_cleanup_(guest_wanted_done) struct guest_wanted w = {};
		int r;

		if (!str_eq(guest_settings_find(settings, "name"), name))
			continue;
		r = guest_wanted_read(round->session->site.root_fd, settings->profile, settings, &w);
		return r < 0 ? r : w.options.autostart;
	}
	return 0;
}

/* Through the journal. Negative after it was said. */
static int set_autostart(struct round *round, struct guest_connection *c, const char *name)
{
	struct session *s = round->session;
	_cleanup_(plan_done) struct plan plan = {};
	struct change *change;
	int r;

	r = guest_has_autostart(c, name);
	if (r != 0)
		return r < 0 ? r : 0;
	change = plan_add(&plan, CHANGE_AUTOSTART, name);
	if (!change || !(change->summary = strdup("start the guest with the host")))
		return log_oom();
	return transaction_apply(&s->site, &s->journal, "guests", &plan) == OUTCOME_DONE ? 0 : -EIO;
}

/* Somebody may have removed it, or started it, before a run that was cut off went on. */
static int start(struct round *round, struct guest_connection *c, struct pending_guest *g)
{
	int r;

	r = guest_exists(c, g->name);
	if (r <= 0)
		return r;
	r = wants_autostart(round, g->name);
	if (r > 0)
		r = set_autostart(round, c, g->name) < 0 ? -EIO : 1;
	if (r <= 0 || interruption_signal())
		return r;
	r = guest_start(c, g->name);
	if (r >= 0)
		log_info("guest %s is started", g->name);
	return r;
}

static void start_all(struct round *round)
{
	_cleanup_(guest_connection_freep) struct guest_connection *c = NULL;

	for (size_t i = 0; i < round->guests.n && !interruption_signal(); i++) {
		struct pending_guest *g = &round->guests.list[i];
		_cleanup_free_ char *reason = NULL;
		int r;

		if (g->progress != PROGRESS_DEFINED)
			continue;
		free(log_take_error());
		r = c ? 0 : guest_connect_patiently(round->session->site.libvirt_uri, 20000, &c);
		if (r >= 0)
			r = start(round, c, g);
		if (interruption_signal())
			return;
		reason = r < 0 ? said_or("it failed") : NULL;
		pending_guest_set(g, r < 0 ? PROGRESS_FAILED : PROGRESS_DONE,
				  reason ? text_format("it is defined, but does not start: %s", reason) : NULL);
		if (r < 0)
			log_warning("guest %s: %s", g->name, g->reason ? g->reason : "it does not start");
	}
}

/* --- the end --- */

/* The newest first: each gives back what it found, the oldest nothing. */
static void remove_marker(struct session *s)
{
	for (size_t i = s->journal.n; i > 0; i--)
		if (s->journal.list[i - 1].state == TRANSACTION_COMMITTED)
			transaction_end_phase(&s->site, &s->journal, &s->journal.list[i - 1], PHASE_GUESTS);
	if (fs_exists(s->site.root_fd, GUESTS_PENDING) && fs_remove(s->site.root_fd, GUESTS_PENDING) < 0)
		log_warning("/" GUESTS_PENDING " cannot be removed; it does nothing but start slipway-guests.service at each boot");
}

/* Whose guests could come now: 0 where there are none, or not yet. */
static unsigned find_owner(const struct session *s)
{
	_cleanup_free_ char *boot = boot_id(s->site.root_fd);
	struct transaction *t;

	if (!fs_exists(s->site.root_fd, GUESTS_PENDING) || guests_pending_owner(&s->journal, &t) < 0 || !t)
		return 0;
	if (t->state == TRANSACTION_COMMITTED && !(t->needs_reboot && boot && str_eq(t->boot, boot)))
		return t->id;
	log_info("guests wait for the next boot");
	return 0;
}

static int load(struct round *round, unsigned transaction)
{
	int root_fd = round->session->site.root_fd, r;

	r = guests_pending_read(root_fd, &round->wishes, &round->allowed);
	if (r >= 0)
		r = pending_guests_read(root_fd, transaction, &round->guests);
	return r < 0 ? r : pending_guests_fill(&round->guests, &round->wishes);
}

void waiting_guests(const struct cli *cli, struct session *session, int broken)
{
	_cleanup_(round_done) struct round round = { .cli = cli, .session = session };
	unsigned owner = cli->is_live ? find_owner(session) : 0;

	if (!owner || load(&round, owner) < 0)
		return;
	if (broken) {
		log_info("guests wait, since not all changes of the host hold");
		leave_all(&round, PROGRESS_WAITS, "not all changes of the host hold; 'slipway verify' names them");
		save(&round);
		return;
	}
	waiting_objects(cli, session, &round.wishes, &round.guests);
	if (interruption_signal())
		return;
	give_up_interrupted(&round);
	define(&round);
	if (interruption_signal())
		return;
	start_all(&round);
	if (save(&round) >= 0 && pending_guests_are_settled(&round.guests))
		remove_marker(session);
}
