/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests: giving PCI functions to them and taking them back. */

#include <errno.h>
#include <stdint.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "passthrough/guest_libvirt.h"
#include "passthrough/hostdev.h"

#define POLL_MS 100u
/* The request gets lost in a guest that has not started its own system yet, so it is made again. */
#define ASK_AGAIN_MS 10000u

/* Where a guest's devices stand: libvirt keeps the two apart, and so must every change. */
static const struct definition {
	const char *name;
	unsigned read_flags, change_flags;
} saved_definition = { "the saved definition of", VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE, VIR_DOMAIN_AFFECT_CONFIG },
  live_definition = { "the running", 0, VIR_DOMAIN_AFFECT_LIVE };

/* What a definition says of a function: nothing (xml NULL), or the <hostdev> element. */
struct place {
	bool has;
	enum hostdev_kind kind;
	char *xml;
};

static void place_done(struct place *p)
{
	free(p->xml);
	*p = (struct place){};
}

static int place_read(const struct guest *g, const struct definition *definition, const char *address, struct place *ret)
{
	_cleanup_(hostdevs_done) struct hostdevs devices = {};
	_cleanup_(place_done) struct place place = {};
	_cleanup_free_ char *xml = NULL;
	const struct hostdev *device;
	int r;

	r = guest_xml(g, definition->read_flags, &xml);
	if (r < 0)
		return r;
	r = hostdevs_parse(xml, &devices);
	if (r < 0)
		return log_errno(r, "cannot understand %s guest '%s'", definition->name, g->name);
	device = hostdevs_find(&devices, address);
	if (device) {
		place.has = true;
		place.kind = device->kind;
		r = device->kind == HOSTDEV_PLAIN ? hostdev_extract(xml, address, &place.xml) : 0;
		if (r < 0)
			return log_errno(r, "cannot understand %s guest '%s'", definition->name, g->name);
	}
	*ret = TAKE(place);
	return 0;
}

/* The same for a definition that may not be there: the live one of a guest that is off, the saved one of a transient guest. */
static int place_look(const struct guest *g, const struct definition *definition, const char *address, struct place *ret)
{
	const struct libvirt *api = &g->c->api;
	bool is_live = definition == &live_definition;
	int there = is_live ? api->virDomainIsActive(g->domain) : api->virDomainIsPersistent(g->domain);

	if (there < 0)
		return libvirt_error(api, "cannot read the state of guest '%s'", g->name);
	return there ? place_read(g, definition, address, ret) : 0;
}

int guest_has_device(struct guest_connection *c, const char *name, const char *address, bool *ret_live, bool *ret_saved)
{
	_cleanup_(place_done) struct place live = {}, saved = {};
	_cleanup_(guest_close) struct guest g = {};
	int r;

	r = guest_open(c, name, &g);
	if (r >= 0)
		r = place_look(&g, &live_definition, address, &live);
	if (r >= 0)
		r = place_look(&g, &saved_definition, address, &saved);
	if (r < 0)
		return r;
	*ret_live = live.has;
	*ret_saved = saved.has;
	return 0;
}

static int device_add(const struct guest *g, const struct definition *definition, const char *address, const char *xml)
{
	if (g->c->api.virDomainAttachDeviceFlags(g->domain, xml, definition->change_flags) < 0)
		return libvirt_error(&g->c->api, "cannot give %s to %s guest '%s'", address, definition->name, g->name);
	return 0;
}

static int device_remove(const struct guest *g, const struct definition *definition, const char *address, const char *xml)
{
	if (g->c->api.virDomainDetachDeviceFlags(g->domain, xml, definition->change_flags) < 0)
		return libvirt_error(&g->c->api, "cannot take %s from %s guest '%s'", address, definition->name, g->name);
	return 0;
}

/* Says how the undoing of the saved definition went, and which error stands for the whole. */
static int say_undone(const struct guest *g, const char *address, int undone, int r)
{
	if (undone >= 0) {
		log_info("the saved definition of guest '%s' is as it was", g->name);
		return r;
	}
	log_error("the saved definition of guest '%s' could not be put back: look for %s with virsh edit", g->name, address);
	return -ENOTRECOVERABLE;
}

static int refuse_kind(const struct guest *g, const struct place *place, const char *address, int r)
{
	log_error("guest '%s' has %s as %s: change that with virsh edit first", g->name, address, hostdev_kind_name(place->kind));
	return r;
}

/* Which of the wanted definitions have the function now? A wanted one that is not there is left for libvirt to refuse. */
static int places_look(const struct guest *g, const char *address, bool live, bool saved, struct place *ret_live,
		       struct place *ret_saved)
{
	int r = 0;

	if (live)
		r = place_look(g, &live_definition, address, ret_live);
	if (r >= 0 && saved)
		r = place_look(g, &saved_definition, address, ret_saved);
	return r;
}

int guest_attach(struct guest_connection *c, const char *name, const char *address, bool managed, bool live, bool saved)
{
	_cleanup_(place_done) struct place in_live = {}, in_saved = {};
	_cleanup_(guest_close) struct guest g = {};
	_cleanup_free_ char *xml = NULL;
	int r;

	r = hostdev_format(address, managed, &xml);
	if (r < 0)
		return log_errno(r, "cannot describe the device '%s'", address);
	r = guest_open(c, name, &g);
	if (r < 0)
		return r;
	r = places_look(&g, address, live, saved, &in_live, &in_saved);
	if (r < 0)
		return r;
	if ((in_live.has && !in_live.xml) || (in_saved.has && !in_saved.xml))
		return refuse_kind(&g, in_live.has && !in_live.xml ? &in_live : &in_saved, address, -EEXIST);
	live = live && !in_live.has;
	saved = saved && !in_saved.has;

	if (saved) {
		r = device_add(&g, &saved_definition, address, xml);
		if (r < 0)
			return r;
	}
	if (live) {
		r = device_add(&g, &live_definition, address, xml);
		if (r < 0 && saved)
			return say_undone(&g, address, device_remove(&g, &saved_definition, address, xml), r);
		if (r < 0)
			return r;
	}
	return live || saved;
}

/* 1: it has left, or the guest is off; 0: it is still there. */
static int has_left(const struct guest *g, const char *address)
{
	_cleanup_(place_done) struct place place = {};
	int r;

	r = place_look(g, &live_definition, address, &place);
	/* It may have stopped between question and reading. */
	if (r < 0)
		return g->c->api.virDomainIsActive(g->domain) == 0 ? 1 : r;
	return !place.has;
}

static int wait_until_left(const struct guest *g, const char *address, const char *xml)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };

	for (unsigned waited = 0; waited < g->c->detach_ms; waited += POLL_MS) {
		int r = has_left(g, address);

		if (r)
			return r < 0 ? r : 0;
		if (waited == 20 * POLL_MS)
			log_info("waiting for the system in guest '%s' to let go of %s", g->name, address);
		if (waited && waited % ASK_AGAIN_MS == 0)
			g->c->api.virDomainDetachDeviceFlags(g->domain, xml, live_definition.change_flags);
		nanosleep(&pause, NULL);
	}
	log_error("the system in guest '%s' has not let go of %s within %u seconds, but still may: stop the guest, or try again",
		  g->name, address, g->c->detach_ms / 1000);
	return -ETIMEDOUT;
}

int guest_detach(struct guest_connection *c, const char *name, const char *address, bool live, bool saved)
{
	_cleanup_(place_done) struct place in_live = {}, in_saved = {};
	_cleanup_(guest_close) struct guest g = {};
	int r;

	r = guest_open(c, name, &g);
	if (r < 0)
		return r;
	r = places_look(&g, address, live, saved, &in_live, &in_saved);
	if (r < 0)
		return r;
	if ((in_live.has && !in_live.xml) || (in_saved.has && !in_saved.xml))
		return refuse_kind(&g, in_live.has && !in_live.xml ? &in_live : &in_saved, address, -EOPNOTSUPP);

	if (in_saved.has) {
		r = device_remove(&g, &saved_definition, address, in_saved.xml);
		if (r < 0)
			return r;
	}
	if (in_live.has) {
		r = device_remove(&g, &live_definition, address, in_live.xml);
		if (r >= 0)
			r = wait_until_left(&g, address, in_live.xml);
		if (r < 0 && in_saved.has)
			return say_undone(&g, address, device_add(&g, &saved_definition, address, in_saved.xml), r);
		if (r < 0)
			return r;
	}
	return in_live.has || in_saved.has;
}
