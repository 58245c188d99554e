/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Crypto queues for a guest that has some: it has them as one device, which gets the new ones, too. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/channel_thing.h"

/* What of the request the guest lacks, and what it has in the end. */
struct more {
	const struct ap_queue **fresh, **all; /* borrowed */
	size_t n_fresh, n_all;
	const char *stray; /* one that it has, and that the machine does not have now; NULL: none */
};

static void more_done(struct more *m)
{
	free(m->fresh);
	free(m->all);
}

static int more_find(const struct thing *t, struct more *m)
{
	const struct ap *ap = &t->h->host->ap;
	const struct channel_selection *asked = t->h->channel;

	m->fresh = calloc(ap->n + 1, sizeof(*m->fresh));
	m->all = calloc(ap->n + 1, sizeof(*m->all));
	if (!m->fresh || !m->all)
		return log_oom();
	for (char **name = t->made->queues; name && *name; name++) {
		const struct ap_queue *q = ap_find(ap, *name);

		if (q)
			m->all[m->n_all++] = q;
		else
			m->stray = *name;
	}
	for (size_t i = 0; i < asked->n_queues; i++)
		if (!strv_contains(t->made->queues, asked->queues[i]->name))
			m->all[m->n_all++] = m->fresh[m->n_fresh++] = asked->queues[i];
	return 0;
}

/* The device is one for the guest that runs and for its saved definition: it is left alone where the first of them is to be. */
static bool changes_now(const struct thing *t, const struct guest_state *to)
{
	return t->made->is_active && (to->live || !thing_find(t, &to->has_live));
}

int more_queues_check(const struct thing *t, const struct guest_state *to, struct refusals *refusals)
{
	_cleanup_free_ char *queues = strv_join(t->made->queues, ", ");
	_cleanup_(more_done) struct more m = {};
	const char *way_out = "; take these from it first, and then name all that go together";
	int r;

	r = more_find(t, &m);
	if (r < 0 || !m.n_fresh)
		return r;
	if (m.stray)
		r = refusals_add(refusals, m.fresh[0]->name, "closure", "", "guest %s has crypto queues already, and as one device: %s; of these %s is not there, so no "
				 "others come to it%s", to->name, queues ? queues : "", m.stray, way_out);
	else if (!changes_now(t, to) && !t->made->is_defined)
		r = refusals_add(refusals, m.fresh[0]->name, "closure", "", "guest %s has crypto queues already, which nothing but the running guest knows of: without "
				 "--no-live these go there, too", to->name);
	else if (changes_now(t, to) && thing_find(t, &to->has_live) && !t->made->has_guest_queues)
		r = refusals_add(refusals, m.fresh[0]->name, "closure", "", "guest %s has crypto queues already, and as one device: %s; this kernel gives a running guest no "
				 "more (Linux 6.0 does): shut it down first, or do it with --no-live for its start after the next boot", to->name, queues ? queues : "");
	else
		r = ap_check_beside(t->h->host, t->h->uses, m.fresh, m.n_fresh, m.all, m.n_all, t->h->allowed, refusals);
	return r < 0 ? log_oom() : 0;
}

static int append_missing(struct json_object *attributes, const char *name, const struct ap_mask *has, const struct ap_mask *wanted, int digits)
{
	for (unsigned id = 0; id < AP_IDS; id++) {
		struct json_object *one;

		if (!ap_mask_has(wanted, id) || ap_mask_has(has, id))
			continue;
		one = json_object_new_object();
		if (!one)
			return -ENOMEM;
		json_add_hex(one, name, id, digits);
		json_object_array_add(attributes, one);
	}
	return 0;
}

static void masks_of(const struct more *m, struct ap_mask *cards, struct ap_mask *domains)
{
	for (size_t i = 0; i < m->n_all; i++) {
		ap_mask_set(cards, m->all[i]->card, true);
		ap_mask_set(domains, m->all[i]->domain, true);
	}
}

/* What is in it besides stays: control domains, for one. */
static int extend(const char *definition, const struct more *m, char **ret)
{
	struct ap_mask cards = {}, domains = {}, has_cards, has_domains;
	_cleanup_json_ struct json_object *o = NULL;
	struct json_object *attributes;
	int r;

	r = json_parse(definition, strlen(definition), &o);
	if (r >= 0 && !json_object_is_type(o, json_type_object))
		r = -EINVAL;
	if (r < 0)
		return r;
	mediated_assigned(o, &has_cards, &has_domains);
	masks_of(m, &cards, &domains);
	attributes = json_get_array(o, "attrs");
	if (!attributes)
		attributes = json_add_array(o, "attrs");
	r = append_missing(attributes, "assign_adapter", &has_cards, &cards, 2);
	if (r >= 0)
		r = append_missing(attributes, "assign_domain", &has_domains, &domains, 4);
	if (r < 0)
		return r;
	*ret = strdup(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
	return *ret ? 0 : -ENOMEM;
}

/* As it is defined, or as it is made where it was only started. */
static int definition_now(const struct thing *t, const struct more *m, char **ret)
{
	struct ap_mask cards = {}, domains = {};
	struct more before = *m;

	if (t->made->is_defined)
		return thing_definition(t, ret);
	before.n_all -= before.n_fresh;
	masks_of(&before, &cards, &domains);
	*ret = thing_define_queues(t, &cards, &domains);
	return *ret ? 0 : log_oom();
}

int more_queues_plan(struct plan *plan, const struct thing *t, const struct guest_state *to, bool is_kept)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	_cleanup_(more_done) struct more m = {};
	struct change *c;
	int r;

	r = more_find(t, &m);
	if (r < 0 || !m.n_fresh)
		return r;
	r = thing_plan_queues_aside(plan, t, is_kept);
	if (r >= 0)
		r = definition_now(t, &m, &before);
	if (r < 0)
		return r;
	r = extend(before, &m, &after);
	if (r < 0)
		return log_errno(r, "cannot add queues to the definition of mediated device %s", t->uuid);
	r = thing_plan(plan, t, before, after, is_kept && t->made->is_defined, "the crypto queues, beside those that the guest has");
	if (r < 0)
		return r;
	c = &plan->list[plan->n - 1];
	c->live = changes_now(t, to);
	c->guest = strdup(to->name);
	return c->guest ? 0 : log_oom();
}
