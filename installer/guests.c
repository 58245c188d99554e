/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's guests: which are missing and can be defined now, which must wait and for what, and which are otherwise than wished for. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/guest_draft.h"
#include "installer/guests.h"
#include "installer/package_manager.h"
#include "passthrough/bind.h"
#include "passthrough/guest_host.h"
#include "passthrough/selector.h"

#define THEN "then 'slipway apply' defines the guest"

/* One guest on its way. */
struct one {
	struct guest_wanted wanted;
	struct guest_draft draft;
	struct guest_note note;
};

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

/* --- what is wished for --- */

static int read_one(const struct guests_request *q, const struct guest_settings *settings, struct one *o)
{
	int r;

	o->note.name = strdup(guest_settings_find(settings, "name"));
	if (!o->note.name)
		return log_oom();
	r = guest_wanted_read(q->host->root_fd, settings->profile, settings, &o->wanted);
	if (r >= 0)
		r = guest_options_check(&o->wanted.options);
	/* An image that is being built knows nothing of the devices of its host. */
	if (r >= 0 && q->host->is_live)
		r = guest_wanted_find_devices(q->host, &o->wanted, &o->draft.choices);
	return r;
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

/* --- what must be there first --- */

static bool is_to_be_set_aside(const struct guests_request *q, const struct device *d)
{
	if (device_is_on_vfio(d) && sightings_identity(&q->host->sightings, &q->host->identities, d))
		return false;
	for (size_t i = 0; i < q->wishes->n_passthrough; i++) {
		_cleanup_(selector_done) struct selector s = {};

		if (selector_parse(q->wishes->passthrough[i].selector, &s) >= 0 && selector_matches(&s, d))
			return true;
	}
	return false;
}

static bool brings_packages(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_COMMAND && package_manager_of(plan->list[i].argv))
			return true;
	return false;
}

static bool brings_network(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_NETWORK)
			return true;
	return false;
}

/* Values of the kernel's are set at once, arguments at the next boot. */
static bool brings_pages(const struct wishes *wishes, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->list[i].kind == CHANGE_VALUE && strstr(plan->list[i].target, "hugepages"))
			return true;
	return wishes->memory.n_hugepages && plan->needs_reboot;
}

/* "POOL/VOLUME": libvirt knows the volumes of a pool when it runs. */
static bool brings_pool(const struct plan *plan, const char *disk)
{
	for (size_t i = 0; disk && i < plan->n; i++) {
		const struct change *c = &plan->list[i];
		size_t n = strlen(c->target);

		if (c->kind == CHANGE_POOL && !c->was_active && str_starts(disk, c->target) && disk[n] == '/')
			return true;
	}
	return false;
}

/* Why the guest cannot be defined with this plan: a new string, NULL in *ret where it can. -ENOMEM. */
static int find_wait(const struct guests_request *q, const struct plan *rest, const struct one *o, char **ret)
{
	const struct guest_options *options = &o->wanted.options;
	const char *why = NULL;

	if (q->wishes->pending)
		why = "the trial is for the host alone; when it has gone well, " THEN;
	else if (brings_packages(rest))
		why = "packages come first; " THEN;
	else if (options->hugepages != HUGEPAGES_OFF && brings_pages(q->wishes, rest))
		why = rest->needs_reboot ? "its huge pages come at the next boot; " THEN : "its huge pages come first; " THEN;
	else if (brings_pool(rest, options->disk))
		why = "its storage pool comes first; " THEN;
	else if (str_eq(options->bridge, "auto") && brings_network(rest))
		why = "its bridge comes first; " THEN;
	for (size_t i = 0; i < o->wanted.n_devices && !why; i++)
		if (is_to_be_set_aside(q, o->wanted.devices[i])) {
			*ret = text_format("%s is set aside at the next boot; " THEN, o->wanted.devices[i]->address);
			return *ret ? 0 : -ENOMEM;
		}
	*ret = why ? strdup(why) : NULL;
	return why && !*ret ? -ENOMEM : 0;
}

static int wait_all(struct all *a, const char *reason, const char *then)
{
	for (size_t i = 0; i < a->n; i++) {
		a->list[i].note.standing = GUEST_WAITS;
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
	if (find_wait(q, rest, o, &o->note.reason) < 0)
		return log_oom();
	if (!o->note.reason)
		return define(q, c, o, plan, refusals);
	o->note.standing = GUEST_WAITS;
	return 0;
}

static int plan_all(const struct guests_request *q, struct all *a, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(guest_connection_freep) struct guest_connection *c = NULL;
	_cleanup_(plan_done) struct plan guests = {};
	_cleanup_free_ char *why = NULL;
	int r;

	if (!q->host->is_live)
		return wait_all(a, "guests are defined on the running host, by 'slipway apply' there", "");
	r = guest_connect_quietly(q->libvirt_uri, &c, &why);
	if (r < 0)
		return why ? wait_all(a, why, "; when it does, 'slipway apply' defines the guest") : log_oom();
	for (size_t i = 0; i < a->n && r >= 0; i++)
		r = plan_one(q, c, plan, &a->list[i], &guests, refusals);
	for (size_t i = 0; i < guests.n && r >= 0; i++)
		r = plan_move(plan, &guests.list[i]) < 0 ? log_oom() : 0;
	return r < 0 ? r : 0;
}

static int take_notes(struct all *a, struct guest_notes *ret)
{
	ret->list = calloc(a->n, sizeof(*ret->list));
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

	if (!q->wishes->guests.n)
		return 0;
	r = read_all(q, &a);
	if (r >= 0)
		r = check_owners(&a);
	if (r >= 0)
		r = plan_all(q, &a, plan, refusals);
	return r < 0 ? r : take_notes(&a, ret);
}
