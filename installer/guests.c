/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's guests: which are missing and can be defined now, which must wait and for what, and which are otherwise than wished for. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/guest_compare.h"
#include "installer/guest_draft.h"
#include "installer/guest_wait.h"
#include "installer/guests.h"
#include "installer/guests_pending.h"
#include "installer/transaction_state.h"
#include "passthrough/bind.h"
#include "passthrough/guest_host.h"
#include "passthrough/selector.h"

/* One guest on its way. */
struct one {
	struct guest_wanted wanted;
	struct guest_draft draft;
	struct guest_note note;
};

/* How long libvirt is waited for in a boot, which brings it up as well. */
#define PATIENCE_MS 30000u

void guest_note_done(struct guest_note *n)
{
	differences_done(&n->differences);
	free(n->reason);
	free(n->name);
	*n = (struct guest_note){};
}

static void one_done(struct one *o)
{
	guest_wanted_done(&o->wanted);
	guest_draft_done(&o->draft);
	guest_note_done(&o->note);
}

void guest_notes_done(struct guest_notes *n)
{
	for (size_t i = 0; i < n->n; i++)
		guest_note_done(&n->list[i]);
	free(n->list);
	*n = (struct guest_notes){};
}

bool guest_notes_wait(const struct guest_notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		if (notes->list[i].standing == GUEST_WAITS)
			return true;
	return false;
}

const char *guest_notes_blame(const struct guest_notes *notes, const struct transaction *t)
{
	size_t last = t->n_changes;

	while (last > 0 && !t->started[last - 1])
		last--;
	for (size_t i = 0; i < notes->n && last > 0; i++) {
		const struct guest_note *note = &notes->list[i];

		if (note->n_changes && last - 1 >= note->first_change && last - 1 < note->first_change + note->n_changes)
			return note->name;
	}
	return NULL;
}

const char *guest_standing_name(enum guest_standing standing)
{
	static const char *const names[] = { [GUEST_COMES] = "defined", [GUEST_AS_WISHED] = "as-wished", [GUEST_DIFFERS] = "differs",
					     [GUEST_WAITS] = "waits" };

	return names[standing];
}

struct all {
	struct one *list;
	size_t n;
};

static void all_done(struct all *a)
{
	for (size_t i = 0; i < a->n; i++)
		one_done(&a->list[i]);
	free(a->list);
}

/* What is wrong with one guest is its own matter in a boot: it waits, and the others come. Negative: it is not, or memory ran out. */
static int wait_alone(const struct guests_request *q, struct one *o, int r, const struct refusals *refusals)
{
	if (!q->is_boot || r == -ENOMEM)
		return r;
	o->note.reason = refusals && refusals->n ? strdup(refusals->list[0].text) : log_take_error();
	if (!o->note.reason)
		o->note.reason = strdup("it cannot be defined");
	o->note.standing = GUEST_WAITS;
	guest_wanted_done(&o->wanted);
	return o->note.reason ? 0 : log_oom();
}

/* --- what is wished for --- */

static int read_one(const struct guests_request *q, const struct guest_settings *settings, struct one *o)
{
	int r;

	o->note.name = strdup(guest_settings_find(settings, "name"));
	if (!o->note.name)
		return log_oom();
	free(log_take_error());
	r = guest_wanted_read(q->host->root_fd, settings->profile, settings, &o->wanted);
	if (r >= 0)
		r = guest_options_check(&o->wanted.options);
	/* An image that is being built knows nothing of the devices of its host. */
	if (r >= 0 && q->host->is_live)
		r = guest_wanted_find_devices(q->host, &o->wanted, &o->draft.choices);
	return r < 0 ? wait_alone(q, o, r, NULL) : 0;
}

static int read_all(const struct guests_request *q, struct all *a)
{
	const struct guest_wishes *guests = &q->wishes->guests;
	int r = 0;

	a->list = calloc(guests->n, sizeof(*a->list));
	if (!a->list)
		return log_oom();
	for (; a->n < guests->n && r >= 0; a->n++)
		r = read_one(q, &guests->list[a->n], &a->list[a->n]);
	return r;
}

/* Whose is it? */
struct asking {
	const struct device *device;
	const char *guest;
};

static int by_device(const void *a, const void *b)
{
	const struct asking *x = a, *y = b;
	int order = strcmp(x->device->address, y->device->address);

	return order ? order : strcmp(x->guest, y->guest);
}

/* A device is one guest's alone. */
static int check_owners(const struct all *a)
{
	_cleanup_free_ struct asking *askings = NULL;
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += a->list[i].wanted.n_devices;
	askings = calloc(n + 1, sizeof(*askings));
	if (!askings)
		return log_oom();
	n = 0;
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < a->list[i].wanted.n_devices; k++)
			askings[n++] = (struct asking){ .device = a->list[i].wanted.devices[k], .guest = a->list[i].note.name };
	qsort(askings, n, sizeof(*askings), by_device);
	for (size_t i = 1; i < n; i++)
		if (askings[i].device == askings[i - 1].device)
			return log_invalid("guests: %s is asked for by %s and by %s", askings[i].device->address, askings[i - 1].guest, askings[i].guest);
	return 0;
}

static int wait_all(struct all *a, const char *reason, const char *then)
{
	for (size_t i = 0; i < a->n; i++) {
		a->list[i].note.standing = GUEST_WAITS;
		free(a->list[i].note.reason);
		a->list[i].note.reason = text_format("%s%s", reason, then);
		if (!a->list[i].note.reason)
			return log_oom();
	}
	return 0;
}

/* --- one that is there --- */

static int compare(const struct guests_request *q, struct guest_connection *c, struct one *o)
{
	_cleanup_(guest_state_done) struct guest_state state = {};
	int r, autostart;

	r = guest_state_read(c, o->note.name, &state);
	if (r < 0)
		return r;
	/* A guest without a saved definition cannot start with the host, and libvirt is not asked. */
	autostart = state.saved_xml ? guest_has_autostart(c, o->note.name) : 0;
	if (autostart < 0)
		return autostart;
	r = guest_compare(q->host, &o->wanted, &state, autostart, &o->note.differences);
	if (r < 0)
		return log_errno(r, "cannot understand the definition of guest %s", o->note.name);
	o->note.standing = o->note.differences.n ? GUEST_DIFFERS : GUEST_AS_WISHED;
	return 0;
}

/* --- one that comes --- */

static int check_identities(const struct guests_request *q, const struct one *o, struct refusals *refusals)
{
	int r = 0;

	for (char **selector = o->wanted.selectors; selector && *selector && r >= 0; selector++) {
		_cleanup_free_ struct device **found = NULL;
		size_t n = 0;

		r = selector_find(*selector, &q->host->devices, &found, &n);
		for (size_t i = 0; i < n && r >= 0; i++)
			r = handover_check_identity(*selector, found[i], refusals) < 0 ? log_oom() : 0;
	}
	return r;
}

/* Drivers change before the guest is defined; its devices go into the definition, where libvirt finds places for all at once. */
static int take_over(struct plan *given, struct one *o, struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < given->n && r >= 0; i++) {
		struct change *c = &given->list[i];

		if (c->kind == CHANGE_HOSTDEV)
			r = guest_draft_add(&o->draft, c->saved_xml);
		else
			r = plan_move(plan, c);
	}
	return r < 0 ? log_oom() : 0;
}

/* The same way as 'slipway attach', to a guest that has nothing yet. */
static int give_devices(const struct guests_request *q, struct guest_connection *c, struct one *o, struct plan *plan, struct refusals *refusals)
{
	const struct handover h = { .host = q->host, .uses = q->uses, .devices = o->wanted.devices, .n = o->wanted.n_devices, .kind = HOSTDEV_PLAIN,
				    .allowed = q->allowed };
	_cleanup_(guest_state_done) struct guest_state to = { .name = o->note.name, .saved = true };
	_cleanup_(plan_done) struct plan given = {};
	int r;

	if (!h.n)
		return 0;
	to.saved_xml = strdup(o->draft.xml);
	if (!to.saved_xml)
		return log_oom();
	r = check_identities(q, o, refusals);
	if (r >= 0)
		r = handover_give(&h, c, &to, NULL, &given, refusals);
	return r < 0 || refusals->n ? r : take_over(&given, o, plan);
}

static char *summary_of(const struct one *o)
{
	struct text t = {};

	text_append(&t, "define the guest");
	for (size_t i = 0; i < o->wanted.n_devices; i++)
		text_printf(&t, "%s %s", i ? "," : " with", o->wanted.devices[i]->address);
	return text_take(&t);
}

static int define(const struct guests_request *q, struct guest_connection *c, struct one *o, struct plan *plan, struct refusals *refusals)
{
	_cleanup_free_ char *summary = summary_of(o);
	int r;

	if (!summary)
		return log_oom();
	o->note.standing = GUEST_COMES;
	r = guest_draft_ask(c, q->host, &o->wanted, &o->draft);
	if (r >= 0)
		r = guest_draft_build(q->host, &o->wanted, &o->draft);
	if (r >= 0)
		r = give_devices(q, c, o, plan, refusals);
	if (r >= 0 && !refusals->n)
		r = guest_draft_plan(&o->wanted, &o->draft, summary, plan);
	for (size_t i = 0; i < o->wanted.n_devices && r >= 0 && !refusals->n && q->is_applied; i++)
		r = device_note_seen(q->host->root_fd, o->wanted.devices[i]);
	return r;
}

/* `rest`: the plan without guests. */
static int plan_one(const struct guests_request *q, struct guest_connection *c, const struct plan *rest, struct one *o, struct plan *plan,
		    struct refusals *refusals)
{
	int r;

	r = guest_exists(c, o->note.name);
	if (r != 0)
		return r < 0 ? r : compare(q, c, o);
	if (guest_wait_find(q->host, q->wishes, rest, &o->wanted, q->is_boot, &o->note.reason) < 0)
		return log_oom();
	if (!o->note.reason)
		return define(q, c, o, plan, refusals);
	o->note.standing = GUEST_WAITS;
	return 0;
}

/* All that one guest needs goes behind what the others need, or nothing of it. */
static int add_one(const struct guests_request *q, struct guest_connection *c, const struct plan *rest, struct one *o, struct plan *plan,
		   struct refusals *refusals)
{
	_cleanup_(refusals_done) struct refusals own = {};
	_cleanup_(plan_done) struct plan one = {};
	int r;

	if (o->note.reason)
		return 0; /* what is wished for is wrong already */
	free(log_take_error());
	r = plan_one(q, c, rest, o, &one, &own);
	if (r < 0 || own.n) {
		r = wait_alone(q, o, r, &own);
		return r >= 0 && !q->is_boot && refusals_join(refusals, &own) < 0 ? log_oom() : r;
	}
	o->note.first_change = plan->n;
	o->note.n_changes = one.n;
	for (size_t i = 0; i < one.n; i++)
		if (plan_move(plan, &one.list[i]) < 0)
			return log_oom();
	return 0;
}

static int plan_all(const struct guests_request *q, struct all *a, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(guest_connection_freep) struct guest_connection *c = NULL;
	_cleanup_(plan_done) struct plan guests = {};
	_cleanup_free_ char *why = NULL;
	int r;

	if (!q->host->is_live)
		return wait_all(a, "guests are defined on the running host", ", when it has booted");
	r = guest_connect_quietly(q->libvirt_uri, q->is_boot ? PATIENCE_MS : 0, &c, &why);
	if (r < 0)
		return why ? wait_all(a, why, "; slipway tries again at the next boot") : log_oom();
	for (size_t i = 0; i < a->n && r >= 0; i++)
		r = add_one(q, c, plan, &a->list[i], &guests, refusals);
	for (size_t i = 0; i < guests.n && r >= 0 && !refusals->n; i++)
		r = plan_move(plan, &guests.list[i]) < 0 ? log_oom() : 0;
	return r < 0 ? r : 0;
}

static int take_notes(struct all *a, struct guest_notes *ret)
{
	ret->list = calloc(a->n + 1, sizeof(*ret->list));
	if (!ret->list)
		return log_oom();
	for (; ret->n < a->n; ret->n++)
		ret->list[ret->n] = TAKE(a->list[ret->n].note);
	return 0;
}

int guests_plan(const struct guests_request *q, struct plan *plan, struct refusals *refusals, struct guest_notes *ret)
{
	_cleanup_(all_done) struct all a = {};
	int r;

	r = q->wishes->guests.n ? read_all(q, &a) : 0;
	if (r >= 0)
		r = check_owners(&a);
	if (r >= 0 && a.n)
		r = plan_all(q, &a, plan, refusals);
	if (r >= 0)
		r = take_notes(&a, ret);
	if (r < 0 || q->is_boot || refusals->n)
		return r;
	return guests_pending_plan(q->host->root_fd, q->wishes, q->allowed, q->objects_wait || guest_notes_wait(ret), plan);
}
