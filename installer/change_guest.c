/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of guests: domain G has definition Y; guest G has device D. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "installer/change.h"
#include "passthrough/guest.h"

static int domain_apply(const struct site *site, struct change *c)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	int r;

	r = guest_connect(site->libvirt_uri, &connection);
	if (r < 0)
		return r;
	r = guest_exists(connection, c->target);
	if (r < 0)
		return r;
	if (r && !c->before.exists)
		return log_error("guest %s was defined by somebody else in the meantime; it is left as it is", c->target), -ESTALE;
	return guest_define(connection, c->after.data);
}

static int domain_revert(const struct site *site, struct change *c)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	int r;

	r = guest_connect(site->libvirt_uri, &connection);
	if (r < 0)
		return r;
	if (c->before.exists)
		return guest_define(connection, c->before.data);
	r = guest_exists(connection, c->target);
	return r <= 0 ? r : guest_undefine(connection, c->target);
}

static int domain_holds(const struct site *site, const struct change *c)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	int r;

	r = guest_connect(site->libvirt_uri, &connection);
	return r < 0 ? r : guest_exists(connection, c->target);
}

const struct change_ops change_domain_ops = { "domain", domain_apply, domain_revert, domain_holds };

static int hostdev_set(const struct site *site, const struct change *c, bool attach)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	bool live = c->live;
	int r;

	r = guest_connect(site->libvirt_uri, &connection);
	if (r < 0)
		return r;
	/* The guest may have stopped, or have gone, since the plan was made: then there is no running one to change. */
	r = guest_exists(connection, c->guest);
	if (r == 0 && !attach)
		return 0;
	if (r >= 0 && live)
		r = guest_is_active(connection, c->guest);
	if (r < 0)
		return r;
	live = live && r > 0;
	if (!live && !c->saved)
		return 0;
	if (attach)
		r = guest_attach(connection, c->guest, c->target, c->managed, live, c->saved);
	else
		r = guest_detach(connection, c->guest, c->target, live, c->saved);
	return r < 0 ? r : 0;
}

static int hostdev_apply(const struct site *site, struct change *c)
{
	return hostdev_set(site, c, c->attach);
}

static int hostdev_revert(const struct site *site, struct change *c)
{
	return hostdev_set(site, c, !c->attach);
}

static int hostdev_holds(const struct site *site, const struct change *c)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	bool live, saved;
	int r;

	r = guest_connect(site->libvirt_uri, &connection);
	if (r >= 0)
		r = guest_has_device(connection, c->guest, c->target, &live, &saved);
	if (r < 0)
		return r;
	if (c->attach)
		return (saved || !c->saved) && (live || !c->live || guest_is_active(connection, c->guest) == 0);
	return (!saved || !c->saved) && (!live || !c->live);
}

const struct change_ops change_hostdev_ops = { "hostdev", hostdev_apply, hostdev_revert, hostdev_holds };
