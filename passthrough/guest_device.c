/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests: giving devices to them and taking them back. */

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/element.h"
#include "passthrough/guest_libvirt.h"

#define POLL_MS 100u
/* The request gets lost in a guest that has not started its own system yet, so it is made again. */
#define ASK_AGAIN_MS 10000u

/* Where a guest's devices stand: libvirt keeps the two apart, and so must every change. */
static const struct definition {
	const char *name;
	unsigned read_flags, change_flags;
} saved_definition = { "the saved definition of", VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE, VIR_DOMAIN_AFFECT_CONFIG },
  live_definition = { "the running", 0, VIR_DOMAIN_AFFECT_LIVE };

/* A running guest that has stopped meanwhile is the reason why something failed; libvirt forgets its last error when it is asked. */
static bool has_stopped(const struct guest *g)
{
	const struct libvirt *api = &g->c->api;
	int active = api->virDomainIsActive(g->domain);

	return active == 0 || (active < 0 && libvirt_errno(api) == -ENOENT);
}

/* libvirt's last error, unless it is that the guest has stopped: then 0. */
static int fail_unless_stopped(const struct guest *g, const struct definition *definition, const char *attempt)
{
	const struct libvirt *api = &g->c->api;
	_cleanup_free_ char *said = strdup(api->virGetLastErrorMessage());
	int r = libvirt_errno(api);

	if (definition == &live_definition && has_stopped(g))
		return 0;
	return log_error("cannot %s %s guest '%s': %s", attempt, definition->name, g->name, said ? said : ""), r;
}

/* The definition as it is now; NULL where there is none: the live one of a guest that is off, the saved one of a transient guest. */
static int definition_read(const struct guest *g, const struct definition *definition, char **ret)
{
	const struct libvirt *api = &g->c->api;
	bool is_live = definition == &live_definition;
	int there = is_live ? api->virDomainIsActive(g->domain) : api->virDomainIsPersistent(g->domain);

	*ret = NULL;
	/* A transient guest is gone for good when it stops. */
	if (there < 0 && libvirt_errno(api) == -ENOENT)
		return 0;
	if (there < 0)
		return libvirt_error(api, "cannot read the state of guest '%s'", g->name);
	if (!there)
		return 0;
	*ret = api->virDomainGetXMLDesc(g->domain, definition->read_flags);
	return *ret ? 0 : fail_unless_stopped(g, definition, "read the definition of");
}

int guest_definitions(struct guest_connection *c, const char *name, char **ret_live, char **ret_saved)
{
	_cleanup_free_ char *live = NULL, *saved = NULL;
	_cleanup_(guest_close) struct guest g = {};
	int r;

	r = guest_open(c, name, &g);
	if (r >= 0)
		r = definition_read(&g, &live_definition, &live);
	if (r >= 0)
		r = definition_read(&g, &saved_definition, &saved);
	if (r < 0)
		return r;
	*ret_live = TAKE(live);
	*ret_saved = TAKE(saved);
	return 0;
}

/* The device as this definition has it, in *ret_found (which owns it): 1; 0 where it is not there. */
static int device_look(const struct guest *g, const struct definition *definition, const struct element *like, struct element *ret_found)
{
	_cleanup_(elements_done) struct elements all = {};
	_cleanup_free_ char *xml = NULL;
	const struct element *found;
	int r;

	r = definition_read(g, definition, &xml);
	if (r < 0 || !xml)
		return r;
	r = elements_parse(xml, &all);
	if (r < 0)
		return log_errno(r, "cannot understand %s guest '%s'", definition->name, g->name);
	found = elements_find(&all, like);
	if (!found)
		return 0;
	*ret_found = *found;
	all.list[found - all.list] = (struct element){};
	return 1;
}

/* An element that slipway has made or found itself. */
static int like_parse(const char *what, const char *xml, struct element *ret)
{
	int r = element_parse(xml, ret);

	return r < 0 ? log_errno(r, "cannot understand the description of %s", what) : 0;
}

static int device_has(const struct guest *g, const struct definition *definition, const char *what, const char *xml)
{
	_cleanup_(element_done) struct element like = {}, found = {};
	int r;

	if (!xml)
		return 0;
	r = like_parse(what, xml, &like);
	return r < 0 ? r : device_look(g, definition, &like, &found);
}

int guest_has(struct guest_connection *c, const char *name, const char *what, const char *live, const char *saved, bool *ret_live,
	      bool *ret_saved)
{
	_cleanup_(guest_close) struct guest g = {};
	int in_live = 0, in_saved = 0, r;

	r = guest_open(c, name, &g);
	if (r >= 0)
		r = in_live = device_has(&g, &live_definition, what, live);
	if (r >= 0)
		r = in_saved = device_has(&g, &saved_definition, what, saved);
	if (r < 0)
		return r;
	*ret_live = in_live;
	*ret_saved = in_saved;
	return 0;
}

/* 1: done; 0: it was there already. */
static int device_give(const struct guest *g, const struct definition *definition, const char *what, const char *xml)
{
	_cleanup_(element_done) struct element like = {}, found = {};
	int r;

	r = like_parse(what, xml, &like);
	if (r >= 0)
		r = device_look(g, definition, &like, &found);
	if (r < 0)
		return r;
	if (r && found.kind != like.kind) {
		log_error("guest '%s' has %s as %s: take that from it first", g->name, what, hostdev_kind_name(found.kind));
		return -EEXIST;
	}
	if (r)
		return 0;
	if (g->c->api.virDomainAttachDeviceFlags(g->domain, xml, definition->change_flags) < 0)
		return libvirt_error(&g->c->api, "cannot give %s to %s guest '%s'", what, definition->name, g->name);
	return 1;
}

/* The saved definition first, since that can be undone for certain. */
int guest_give(struct guest_connection *c, const char *name, const char *what, const char *live, const char *saved)
{
	_cleanup_(guest_close) struct guest g = {};
	int changed = 0, r;

	r = guest_open(c, name, &g);
	if (r >= 0 && saved)
		r = changed = device_give(&g, &saved_definition, what, saved);
	if (r >= 0 && live)
		r = device_give(&g, &live_definition, what, live);
	return r < 0 ? r : r || changed;
}

/* 1: it has left, or the guest is off; 0: it is still there. */
static int has_left(const struct guest *g, const struct element *like)
{
	_cleanup_(element_done) struct element found = {};
	int r = device_look(g, &live_definition, like, &found);

	return r < 0 ? r : !r;
}

static int wait_until_left(const struct guest *g, const char *what, const struct element *like)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };

	for (unsigned waited = 0; waited < g->c->detach_ms; waited += POLL_MS) {
		int r = has_left(g, like);

		if (r)
			return r < 0 ? r : 0;
		if (g->c->is_unwanted && g->c->is_unwanted()) {
			log_error("guest '%s' was asked for %s, and the wait for it was interrupted", g->name, what);
			return -EINTR;
		}
		if (waited == 20 * POLL_MS)
			log_info("waiting for the system in guest '%s' to let go of %s", g->name, what);
		if (waited && waited % ASK_AGAIN_MS == 0)
			g->c->api.virDomainDetachDeviceFlags(g->domain, like->xml, live_definition.change_flags);
		nanosleep(&pause, NULL);
	}
	log_error("the system in guest '%s' has not let go of %s within %u seconds, but still may: stop the guest, or try again",
		  g->name, what, g->c->detach_ms / 1000);
	return -ETIMEDOUT;
}

/* Asked for by the element as it stands there now: libvirt compares more of it than what makes it this device. */
static int device_take(const struct guest *g, const struct definition *definition, const char *what, const char *xml)
{
	_cleanup_(element_done) struct element like = {}, found = {};
	_cleanup_free_ char *attempt = text_format("take %s from", what);
	int r;

	r = attempt ? like_parse(what, xml, &like) : log_oom();
	if (r >= 0)
		r = device_look(g, definition, &like, &found);
	if (r <= 0)
		return r;
	/* A guest that has stopped meanwhile has let go of everything. */
	if (g->c->api.virDomainDetachDeviceFlags(g->domain, found.xml, definition->change_flags) < 0)
		r = fail_unless_stopped(g, definition, attempt);
	else if (definition == &live_definition)
		r = wait_until_left(g, what, &found);
	return r < 0 ? r : 1;
}

int guest_take(struct guest_connection *c, const char *name, const char *what, const char *live, const char *saved)
{
	_cleanup_(guest_close) struct guest g = {};
	int changed = 0, r;

	r = guest_open(c, name, &g);
	if (r >= 0 && saved)
		r = changed = device_take(&g, &saved_definition, what, saved);
	if (r >= 0 && live)
		r = device_take(&g, &live_definition, what, live);
	return r < 0 ? r : r || changed;
}
