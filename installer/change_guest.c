/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of guests' devices: guest G has device D. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "installer/change.h"
#include "installer/interruption.h"
#include "passthrough/bind.h"
#include "passthrough/element.h"
#include "passthrough/guest_host.h"

/* How long a libvirt that is being restarted is waited for. */
#define PATIENCE_MS 20000u

/* What is given, or was taken: from an older slipway's journal by its address alone. */
static int hostdev_elements(const struct change *c, char **ret_live, char **ret_saved)
{
	const struct element_wish wish = { .kind = HOSTDEV_PLAIN, .source = c->target, .managed = c->managed };
	int r = 0;

	if (c->live)
		r = c->live_xml ? (*ret_live = strdup(c->live_xml)) ? 0 : -ENOMEM : element_format(&wish, ret_live);
	if (c->saved && r >= 0)
		r = c->saved_xml ? (*ret_saved = strdup(c->saved_xml)) ? 0 : -ENOMEM : element_format(&wish, ret_saved);
	return r < 0 ? log_errno(r, "cannot describe %s for guest %s", c->target, c->guest) : 0;
}

/* Only a device that libvirt drives comes back by itself, and not at once. */
static void wait_for_return(const struct site *site, const struct change *c, const char *live)
{
	_cleanup_(element_done) struct element e = {};

	if (!live || element_parse(live, &e) < 0 || e.kind >= HOSTDEV_PCI_KINDS || !e.managed)
		return;
	if (device_wait_for_return(site->root_fd, e.source) == 0)
		log_info("libvirt has not given %s back yet", c->target);
}

static int stopped_meanwhile(const struct change *c, bool is_saved)
{
	if (!is_saved)
		return log_error("guest %s has stopped in the meantime, and %s was for the running guest alone", c->guest, c->target), -ECANCELED;
	log_warning("guest %s has stopped in the meantime: it has %s from its next start", c->guest, c->target);
	return 0;
}

static int give(struct guest_connection *connection, const struct change *c, const char *live, const char *saved)
{
	bool was_live = live;
	int r;

	r = live ? guest_is_active(connection, c->guest) : 0;
	if (r < 0)
		return r;
	r = guest_give(connection, c->guest, c->target, r ? live : NULL, saved);
	if (r < 0 && was_live && guest_connection_is_alive(connection) && guest_is_active(connection, c->guest) == 0)
		r = guest_give(connection, c->guest, c->target, NULL, saved);
	if (r >= 0 && was_live && guest_is_active(connection, c->guest) == 0)
		return stopped_meanwhile(c, saved);
	return r;
}

static int set_once(struct guest_connection *connection, const struct site *site, const struct change *c, bool attach, bool is_undo)
{
	_cleanup_free_ char *live = NULL, *saved = NULL;
	int r;

	r = hostdev_elements(c, &live, &saved);
	if (r >= 0)
		r = guest_exists(connection, c->guest);
	if (r < 0)
		return r;
	/* A guest that is gone has nothing any more, and nothing can be given back to it. */
	if (r == 0 && (!attach || is_undo))
		return 0;
	if (r == 0)
		return log_error("guest %s has gone in the meantime: somebody has undefined it", c->guest), -ENOENT;
	r = attach ? give(connection, c, live, saved) : guest_take(connection, c->guest, c->target, live, saved);
	if (r == -ECANCELED && is_undo)
		return 0;
	if (r >= 0 && !attach)
		wait_for_return(site, c, live);
	return r < 0 ? r : 0;
}

static bool is_interrupted(void)
{
	return interruption_signal() != NULL;
}

/* Where libvirt is restarted in the middle, what was asked for is asked once more: what is done already stays as it is. */
static int hostdev_set(const struct site *site, const struct change *c, bool attach, bool is_undo)
{
	for (bool again = false;; again = true) {
		_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
		int r;

		r = guest_connect_patiently(site->libvirt_uri, PATIENCE_MS, &connection);
		if (r < 0)
			return r;
		/* The way back goes to its end. */
		if (!is_undo)
			guest_connection_heed(connection, is_interrupted);
		r = set_once(connection, site, c, attach, is_undo);
		if (r >= 0 || again || guest_connection_is_alive(connection))
			return r;
		log_info("the connection to libvirt broke off (was it restarted?); asking once more");
	}
}

static int hostdev_apply(const struct site *site, struct change *c)
{
	return hostdev_set(site, c, c->attach, false);
}

static int hostdev_revert(const struct site *site, struct change *c)
{
	return hostdev_set(site, c, !c->attach, true);
}

static int hostdev_holds(const struct site *site, const struct change *c)
{
	_cleanup_(guest_connection_freep) struct guest_connection *connection = NULL;
	_cleanup_free_ char *live_xml = NULL, *saved_xml = NULL;
	bool live = false, saved = false;
	int r;

	r = hostdev_elements(c, &live_xml, &saved_xml);
	if (r >= 0)
		r = guest_connect_patiently(site->libvirt_uri, PATIENCE_MS, &connection);
	if (r >= 0)
		r = guest_exists(connection, c->guest);
	if (r < 0)
		return r;
	if (r == 0)
		return !c->attach;
	r = guest_has(connection, c->guest, c->target, live_xml, saved_xml, &live, &saved);
	if (r < 0)
		return r;
	if (c->attach)
		return (saved || !c->saved) && (live || !c->live || guest_is_active(connection, c->guest) == 0);
	return (!saved || !c->saved) && (!live || !c->live);
}

const struct change_ops change_hostdev_ops = { "hostdev", hostdev_apply, hostdev_revert, hostdev_holds };
