/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests: which of them has which device of the host. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/element.h"
#include "passthrough/guest_libvirt.h"

struct domain_list {
	const struct libvirt *api;
	virDomainPtr *domains;
	int n;
};

static void domain_list_done(struct domain_list *l)
{
	for (int i = 0; i < l->n; i++)
		l->api->virDomainFree(l->domains[i]);
	free(l->domains);
	*l = (struct domain_list){};
}

void guest_uses_done(struct guest_uses *u)
{
	for (size_t i = 0; i < u->n; i++) {
		free(u->list[i].guest);
		free(u->list[i].address);
	}
	free(u->list);
	*u = (struct guest_uses){};
}

/* The entry of this pair among those of the last guest, which begin at `first`; it is made where it is not there yet. */
static struct guest_use *use_make(struct guest_uses *u, size_t first, const char *guest, const char *address)
{
	struct guest_use *grown, *use;

	for (size_t i = first; i < u->n; i++)
		if (str_eq(u->list[i].address, address))
			return &u->list[i];
	grown = realloc(u->list, (u->n + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	u->list = grown;
	use = &grown[u->n];
	*use = (struct guest_use){ .guest = strdup(guest), .address = strdup(address) };
	u->n++;
	return use->guest && use->address ? use : NULL;
}

static int definition_uses(struct guest_uses *u, size_t first, const char *guest, const char *xml, bool is_live)
{
	_cleanup_(elements_done) struct elements devices = {};
	int r;

	r = elements_parse(xml, &devices);
	if (r < 0)
		return log_errno(r, "cannot understand the definition of guest '%s', so its devices are not known", guest);
	for (size_t i = 0; i < devices.n; i++) {
		const struct element *e = &devices.list[i];
		struct guest_use *use = use_make(u, first, guest, e->source ? e->source : e->ids ? e->ids : "");

		if (!use)
			return log_oom();
		use->live |= is_live;
		use->saved |= !is_live;
	}
	return 0;
}

/* A definition that is not there, or no longer there, adds nothing. */
static int definition_add(const struct libvirt *api, virDomainPtr domain, bool is_live, size_t first, struct guest_uses *u)
{
	int there = is_live ? api->virDomainIsActive(domain) : api->virDomainIsPersistent(domain);
	_cleanup_free_ char *xml = NULL;

	if (there == 0)
		return 0;
	xml = there > 0 ? api->virDomainGetXMLDesc(domain, is_live ? 0 : VIR_DOMAIN_XML_INACTIVE) : NULL;
	if (!xml && libvirt_errno(api) == -ENOENT)
		return 0;
	if (!xml)
		return libvirt_error(api, "cannot read the definition of guest '%s'", api->virDomainGetName(domain));
	return definition_uses(u, first, api->virDomainGetName(domain), xml, is_live);
}

static int compare(const void *a, const void *b)
{
	const struct guest_use *x = a, *y = b;
	int order = strcmp(x->guest, y->guest);

	return order ? order : strcmp(x->address, y->address);
}

int guest_users(struct guest_connection *c, struct guest_uses *ret)
{
	_cleanup_(domain_list_done) struct domain_list l = { .api = &c->api };
	_cleanup_(guest_uses_done) struct guest_uses u = {};
	int n;

	n = c->api.virConnectListAllDomains(c->connection, &l.domains, 0);
	if (n < 0)
		return libvirt_error(&c->api, "cannot list the guests");
	l.n = n;
	for (int i = 0; i < l.n; i++) {
		size_t first = u.n;
		int r = definition_add(&c->api, l.domains[i], true, first, &u);

		if (r >= 0)
			r = definition_add(&c->api, l.domains[i], false, first, &u);
		if (r < 0)
			return r;
	}
	if (u.n)
		qsort(u.list, u.n, sizeof(*u.list), compare);
	*ret = TAKE(u);
	return 0;
}

const struct guest_use *guest_uses_find(const struct guest_uses *u, const char *address, const char *except)
{
	const struct guest_use *found = NULL;

	for (size_t i = 0; i < u->n; i++) {
		const struct guest_use *use = &u->list[i];

		if (!str_eq(use->address, address) || str_eq(use->guest, except))
			continue;
		if (use->live)
			return use;
		if (!found)
			found = use;
	}
	return found;
}
