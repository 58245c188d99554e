/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spec's storage pools and networks of libvirt: which are missing, which must wait, and which are otherwise than wished for. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/object_xml.h"
#include "installer/objects.h"
#include "installer/pool_source.h"
#include "installer/sections/pool_access.h"
#include "passthrough/guest_objects.h"

/* How long libvirt is waited for in a boot, which brings it up as well. */
#define PATIENCE_MS 30000u

/* One pool or network on its way. */
struct one {
	enum object_kind kind;
	enum change_kind change;
	const char *name;           /* borrowed */
	const struct pool_wish *pool;
	const struct libvirt_network_wish *network;
	bool autostart;
	char *xml;                  /* NULL: its definition is not slipway's to make */
	struct guest_note note;
};

static void one_done(struct one *o)
{
	free(o->xml);
	guest_note_done(&o->note);
}

void object_notes_done(struct object_notes *n)
{
	guest_notes_done(&n->pools);
	guest_notes_done(&n->networks);
}

static int format_one(const struct host *host, struct one *o)
{
	_cleanup_free_ char *uuid = object_uuid(host->root_fd, object_kind_name(o->kind), o->name);
	int r = uuid ? 0 : -ENOMEM;

	if (r >= 0 && o->pool)
		r = pool_format(o->pool, uuid, &o->xml);
	else if (r >= 0 && o->network->bridge)
		r = network_format(o->network, uuid, &o->xml);
	return r < 0 ? log_errno(r, "cannot describe the %s %s", object_kind_name(o->kind), o->name) : 0;
}

static int set_content(struct content *c, const char *xml)
{
	*c = (struct content){ .exists = true, .data = strdup(xml), .size = strlen(xml) };
	return c->data ? 0 : -ENOMEM;
}

static char *summary_of(const struct one *o, bool comes)
{
	const char *kind = object_kind_name(o->kind);

	if (comes && o->autostart)
		return text_format("define the %s, start it, now and with the host", kind);
	if (comes)
		return text_format("define the %s", kind);
	return o->autostart ? text_format("start the %s, now and with the host", kind) : text_format("the %s does not start with the host", kind);
}

/* `s`: as it is. An autostart that is off leaves a pool as it runs or does not; a network that is off does not run. */
static int add_change(const struct one *o, const struct object_state *s, struct plan *plan)
{
	bool active = o->autostart || (o->kind == OBJECT_POOL && s->is_active);
	struct change *c;

	if (s->exists && s->autostart == o->autostart && s->is_active == active)
		return 0;
	c = plan_add(plan, o->change, o->name);
	if (!c || !(c->summary = summary_of(o, !s->exists)))
		return log_oom();
	if (s->exists && set_content(&c->before, s->xml) < 0)
		return log_oom();
	if (set_content(&c->after, s->exists ? s->xml : o->xml) < 0)
		return log_oom();
	c->was_active = s->is_active;
	c->was_autostart = s->autostart;
	c->active = active;
	c->autostart = o->autostart;
	return 1;
}

/* Its definition is never changed: 1 where it is as wished. */
static int compare(struct one *o, const struct object_state *s)
{
	int r = 0;

	if (o->xml)
		r = object_compare(o->xml, s->xml, &o->note.differences);
	if (r < 0)
		return log_errno(r, "cannot understand the definition of the %s %s", object_kind_name(o->kind), o->name);
	if (s->is_transient)
		r = differences_add(&o->note.differences, "definition", strdup("saved"), strdup("of the running one alone"));
	if (r < 0)
		return log_oom();
	o->note.standing = o->note.differences.n ? GUEST_DIFFERS : GUEST_AS_WISHED;
	return !o->note.differences.n;
}

/* Guests would lose their network port. */
static int check_users(struct guest_connection *c, const struct one *o, const struct object_state *s, struct refusals *refusals)
{
	int r = o->kind == OBJECT_NETWORK && s->is_active && !o->autostart ? object_users(c, o->kind, o->name) : 0;

	if (r > 0 && refusals_add(refusals, "", "network", "", "networks: %s: running guests have %d ports on it, which they would lose; stop those guests first",
				  o->name, r) < 0)
		return log_oom();
	return r < 0 ? r : 0;
}

static int wait(struct one *o, const char *reason, const char *then)
{
	o->note.standing = GUEST_WAITS;
	o->note.reason = text_format("%s%s", reason, then);
	return o->note.reason ? 0 : log_oom();
}

static int plan_one(const struct guests_request *q, struct guest_connection *c, struct one *o, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(object_state_done) struct object_state s = {};
	int r = object_read(c, o->kind, o->name, &s);

	if (r < 0)
		return r;
	if (!s.exists && !o->xml)
		return wait(o, "libvirt has none of that name, and the spec has no bridge for it",
			    "; the default one comes with a package of libvirt's (libvirt-daemon-config-network)");
	r = s.exists ? compare(o, &s) : 1;
	if (r <= 0)
		return r;
	r = check_users(c, o, &s, refusals);
	if (r >= 0 && o->pool && (o->autostart || !s.exists))
		r = pool_source_plan(q->host, o->pool, !s.exists, plan);
	if (r >= 0)
		r = add_change(o, &s, plan);
	if (r > 0)
		o->note.standing = GUEST_COMES;
	return r < 0 ? r : 0;
}

static int check_bridge(const struct guests_request *q, const struct one *o)
{
	const struct network_wishes *w = &q->wishes->network;
	const char *bridge = o->network ? o->network->bridge : NULL;

	for (size_t i = 0; bridge && i < w->n_bridges; i++)
		if (str_eq(w->bridges[i].name, bridge))
			return 0;
	if (!bridge || !q->host->is_live || fs_exists(q->host->root_fd, "sys/class/net/%s/bridge", bridge))
		return 0;
	return log_invalid("networks: %s: there is no bridge %s here; wish for it in bridges, too", o->name, bridge);
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

static int read_one(const struct guests_request *q, struct one *o)
{
	int r = check_bridge(q, o);

	o->note.name = strdup(o->name);
	if (!o->note.name)
		return log_oom();
	return r < 0 ? r : format_one(q->host, o);
}

static int read_all(const struct guests_request *q, struct all *a)
{
	const struct object_wishes *w = &q->wishes->objects;
	int r = 0;

	a->list = calloc(w->n_pools + w->n_networks, sizeof(*a->list));
	if (!a->list)
		return log_oom();
	for (size_t i = 0; i < w->n_pools; i++)
		a->list[a->n++] = (struct one){ .kind = OBJECT_POOL, .change = CHANGE_POOL, .name = w->pools[i].name, .pool = &w->pools[i],
						.autostart = w->pools[i].autostart };
	for (size_t i = 0; i < w->n_networks; i++)
		a->list[a->n++] = (struct one){ .kind = OBJECT_NETWORK, .change = CHANGE_LIBVIRT_NETWORK, .name = w->networks[i].name,
						.network = &w->networks[i], .autostart = w->networks[i].is_active };
	for (size_t i = 0; i < a->n && r >= 0; i++)
		r = read_one(q, &a->list[i]);
	return r;
}

static int plan_all(const struct guests_request *q, struct all *a, struct plan *plan, struct refusals *refusals)
{
	_cleanup_(guest_connection_freep) struct guest_connection *c = NULL;
	_cleanup_free_ char *why = NULL;
	const char *then = "";
	int r = 0;

	if (!q->host->is_live)
		why = strdup("it is defined on the running host, when it has booted");
	else if (q->wishes->pending)
		why = strdup("the trial is for the host alone; when it has gone well, slipway defines it");
	else {
		r = guest_connect_quietly(q->libvirt_uri, q->is_boot ? PATIENCE_MS : 0, &c, &why);
		then = "; slipway tries again at the next boot";
	}
	if (!c && !why)
		return log_oom();
	if (c && q->wishes->objects.n_pools)
		r = pool_access_plan(q->host, q->wishes, plan);
	if (c && r < 0)
		return r;
	for (size_t i = 0; i < a->n && (r >= 0 || !c); i++) {
		struct guest_note *note = &a->list[i].note;

		note->first_change = plan->n;
		r = c ? plan_one(q, c, &a->list[i], plan, refusals) : wait(&a->list[i], why, then);
		note->n_changes = plan->n - note->first_change;
	}
	return r;
}

static int take_notes(struct all *a, struct object_notes *ret)
{
	ret->pools.list = calloc(a->n + 1, sizeof(struct guest_note));
	ret->networks.list = calloc(a->n + 1, sizeof(struct guest_note));
	if (!ret->pools.list || !ret->networks.list)
		return log_oom();
	for (size_t i = 0; i < a->n; i++) {
		struct guest_notes *notes = a->list[i].kind == OBJECT_POOL ? &ret->pools : &ret->networks;

		notes->list[notes->n++] = TAKE(a->list[i].note);
	}
	return 0;
}

int objects_plan(const struct guests_request *q, struct plan *plan, struct refusals *refusals, struct object_notes *ret)
{
	_cleanup_(all_done) struct all a = {};
	int r;

	if (!q->wishes->objects.n_pools && !q->wishes->objects.n_networks)
		return 0;
	r = read_all(q, &a);
	if (r >= 0)
		r = plan_all(q, &a, plan, refusals);
	return r < 0 ? r : take_notes(&a, ret);
}
