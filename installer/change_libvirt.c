/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of what libvirt keeps: guest, storage pool or network G has definition Y, runs, and starts with the host. What is there
 * with another definition is never redefined: of that only the state changes. No data of anybody's goes on the way back.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change.h"
#include "installer/object_xml.h"
#include "passthrough/guest_host.h"
#include "passthrough/guest_objects.h"

/* How long a libvirt that has just been installed, is being restarted, or comes up in a boot is waited for. */
#define PATIENCE_MS 20000u

/* libvirt would take a running guest's variable store and the hold on its devices from under it. */
static int undefine_stopped(struct guest_connection *connection, const char *name)
{
	int r;

	r = guest_is_active(connection, name);
	if (r > 0)
		return log_error("guest %s runs, so its definition stays: stop it ('virsh shutdown'), and roll back again", name), -EBUSY;
	return r < 0 ? r : guest_undefine(connection, name);
}

static int domain_make(struct guest_connection *connection, const struct change *c)
{
	int r = guest_exists(connection, c->target);

	if (r < 0)
		return r;
	if (r && !c->before.exists)
		return log_error("guest %s was defined by somebody else in the meantime; it is left as it is", c->target), -ESTALE;
	r = guest_define(connection, c->after.data);
	return r < 0 || !c->autostart ? r : guest_set_autostart(connection, c->target, true);
}

static int domain_take_back(struct guest_connection *connection, const struct change *c)
{
	int r;

	if (c->before.exists)
		return guest_define(connection, c->before.data);
	r = guest_exists(connection, c->target);
	return r <= 0 ? r : undefine_stopped(connection, c->target);
}

static int domain_stands(struct guest_connection *connection, const struct change *c)
{
	return guest_exists(connection, c->target);
}

/* Of a guest that is there already: it is started by nobody here. One that is gone does not start. */
static int autostart_make(struct guest_connection *connection, const struct change *c)
{
	int r = guest_exists(connection, c->target);

	if (r < 0)
		return r;
	if (!r)
		return log_error("guest %s has gone in the meantime: somebody has undefined it", c->target), -ESTALE;
	return guest_set_autostart(connection, c->target, true);
}

static int autostart_take_back(struct guest_connection *connection, const struct change *c)
{
	int r = guest_exists(connection, c->target);

	return r <= 0 ? r : guest_set_autostart(connection, c->target, false);
}

static int autostart_stands(struct guest_connection *connection, const struct change *c)
{
	int r = guest_exists(connection, c->target);

	return r <= 0 ? r : guest_has_autostart(connection, c->target);
}

/* Is what is there slipway's own work, as it left it? A UUID tells it from one that somebody else has made of the same name. */
static bool is_own(const struct change *c, const struct object_state *s)
{
	_cleanup_free_ char *uuid = object_uuid_of(c->after.data);
	_cleanup_(differences_done) struct differences d = {};

	return uuid && str_eq(uuid, s->uuid) && object_compare(c->after.data, s->xml, &d) >= 0 && !d.n;
}

static int set_state(struct guest_connection *connection, enum object_kind kind, const char *name, bool active, bool autostart)
{
	int r = object_set_autostart(connection, kind, name, autostart);

	return r < 0 ? r : object_set_active(connection, kind, name, active);
}

static int object_make(struct guest_connection *connection, enum object_kind kind, const struct change *c)
{
	_cleanup_(object_state_done) struct object_state s = {};
	int r = object_read(connection, kind, c->target, &s);

	if (r < 0)
		return r;
	if (s.exists && !c->before.exists && !is_own(c, &s))
		return log_error("the %s %s was defined by somebody else in the meantime; it is left as it is", object_kind_name(kind), c->target), -ESTALE;
	if (!s.exists && c->before.exists)
		return log_error("the %s %s has gone in the meantime: somebody has undefined it", object_kind_name(kind), c->target), -ESTALE;
	r = s.exists ? 0 : object_define(connection, kind, c->after.data);
	return r < 0 ? r : set_state(connection, kind, c->target, c->active, c->autostart);
}

/* What cannot be stopped now is kept from the next boot, after which the rest can be done. */
static int object_undo(struct guest_connection *connection, enum object_kind kind, const char *name, const struct object_state *s)
{
	int r = s->autostart ? object_set_autostart(connection, kind, name, false) : 0;

	if (r < 0)
		return r;
	r = s->is_active ? object_set_active(connection, kind, name, false) : 0;
	if (r < 0)
		log_info("the %s %s is in use, and is not started at boot any more; roll back again when nothing uses it, or after a reboot",
			 object_kind_name(kind), name);
	return r < 0 ? r : object_undefine(connection, kind, name);
}

static int object_take_back(struct guest_connection *connection, enum object_kind kind, const struct change *c)
{
	_cleanup_(object_state_done) struct object_state s = {};
	int r = object_read(connection, kind, c->target, &s);

	if (r < 0 || !s.exists)
		return r;
	if (c->before.exists)
		return set_state(connection, kind, c->target, c->was_active, c->was_autostart);
	if (!is_own(c, &s))
		return log_error("the %s %s is not as slipway has made it: somebody else has changed it in the meantime; it is left as it is",
				 object_kind_name(kind), c->target), -ESTALE;
	return object_undo(connection, kind, c->target, &s);
}

/* Whether one runs that does not start with the host is its administrator's affair, unless slipway has stopped it. */
static int object_stands(struct guest_connection *connection, enum object_kind kind, const struct change *c)
{
	_cleanup_(object_state_done) struct object_state s = {};
	int r = object_read(connection, kind, c->target, &s);

	if (r < 0)
		return r;
	return s.exists && s.autostart == c->autostart && (s.is_active == c->active || (!c->autostart && c->active == c->was_active));
}

static int pool_make(struct guest_connection *connection, const struct change *c) { return object_make(connection, OBJECT_POOL, c); }
static int pool_take_back(struct guest_connection *connection, const struct change *c) { return object_take_back(connection, OBJECT_POOL, c); }
static int pool_stands(struct guest_connection *connection, const struct change *c) { return object_stands(connection, OBJECT_POOL, c); }
static int network_make(struct guest_connection *connection, const struct change *c) { return object_make(connection, OBJECT_NETWORK, c); }
static int network_take_back(struct guest_connection *connection, const struct change *c) { return object_take_back(connection, OBJECT_NETWORK, c); }
static int network_stands(struct guest_connection *connection, const struct change *c) { return object_stands(connection, OBJECT_NETWORK, c); }

/* Each with a connection: 0, of the last 1 or 0, or a negative errno after it has been said why. */
static const struct row {
	enum change_kind kind;
	int (*make)(struct guest_connection *connection, const struct change *c);
	int (*take_back)(struct guest_connection *connection, const struct change *c);
	int (*stands)(struct guest_connection *connection, const struct change *c);
} rows[] = {
	{ CHANGE_DOMAIN, domain_make, domain_take_back, domain_stands },
	{ CHANGE_AUTOSTART, autostart_make, autostart_take_back, autostart_stands },
	{ CHANGE_POOL, pool_make, pool_take_back, pool_stands },
	{ CHANGE_LIBVIRT_NETWORK, network_make, network_take_back, network_stands },
};

static const struct row *row_of(const struct change *c)
{
	const struct row *row = rows;

	while (row->kind != c->kind)
		row++;
	return row;
}

static int with_connection(const struct site *site, const struct change *c, int (*step)(struct guest_connection *, const struct change *))
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	int r;

	r = guest_connect_patiently(site->libvirt_uri, PATIENCE_MS, &connection);
	return r < 0 ? r : step(connection, c);
}

static int libvirt_apply(const struct site *site, struct change *c)
{
	return with_connection(site, c, row_of(c)->make);
}

static int libvirt_revert(const struct site *site, struct change *c)
{
	return with_connection(site, c, row_of(c)->take_back);
}

static int libvirt_holds(const struct site *site, const struct change *c)
{
	return with_connection(site, c, row_of(c)->stands);
}

const struct change_ops change_domain_ops = { "domain", libvirt_apply, libvirt_revert, libvirt_holds };
const struct change_ops change_autostart_ops = { "autostart", libvirt_apply, libvirt_revert, libvirt_holds };
const struct change_ops change_pool_ops = { "pool", libvirt_apply, libvirt_revert, libvirt_holds };
const struct change_ops change_libvirt_network_ops = { "libvirt-network", libvirt_apply, libvirt_revert, libvirt_holds };
