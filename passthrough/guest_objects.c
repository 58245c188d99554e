/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What guests rest on in libvirt: storage pools and networks. */

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "passthrough/guest_libvirt.h"
#include "passthrough/guest_objects.h"

/* libvirt has the same functions for both, with types of their own. */
#define OBJECT_FUNCTIONS(X, T)      \
	X(vir##T##Create)           \
	X(vir##T##DefineXML)        \
	X(vir##T##Destroy)          \
	X(vir##T##Free)             \
	X(vir##T##GetAutostart)     \
	X(vir##T##GetUUIDString)    \
	X(vir##T##GetXMLDesc)       \
	X(vir##T##IsActive)         \
	X(vir##T##IsPersistent)     \
	X(vir##T##LookupByName)     \
	X(vir##T##SetAutostart)     \
	X(vir##T##Undefine)

#define FUNCTIONS(X)                        \
	OBJECT_FUNCTIONS(X, StoragePool)    \
	OBJECT_FUNCTIONS(X, Network)

/* Beside those of guest_libvirt.h: loaded by the first who asks for a pool or a network. */
static struct objects_api {
	FUNCTIONS(LIBRARY_POINTER)
	bool is_there;
} api;

static const struct library_function functions[] = {
#define ROW(name) LIBRARY_ROW(struct objects_api, name)
	FUNCTIONS(ROW)
#undef ROW
};

static int load(void)
{
	void *library;
	int r;

	if (api.is_there)
		return 0;
	r = library_load("libvirt.so.0", functions, ARRAY_SIZE(functions), &api, &library);
	if (r < 0)
		return log_error("libvirt cannot be asked for pools and networks: %s", dlerror()), r;
	api.is_there = true;
	return 0;
}

/* One pool or network; NULL: there is none. */
struct object {
	struct guest_connection *c;  /* borrowed */
	enum object_kind kind;
	const char *name;            /* borrowed */
	virStoragePoolPtr pool;
	virNetworkPtr network;
};

static void object_close(struct object *o)
{
	if (o->pool)
		api.virStoragePoolFree(o->pool);
	if (o->network)
		api.virNetworkFree(o->network);
	*o = (struct object){};
}

const char *object_kind_name(enum object_kind kind)
{
	return kind == OBJECT_POOL ? "storage pool" : "network";
}

static int failed(const struct object *o, const char *attempt)
{
	return libvirt_error(&o->c->api, "cannot %s the %s '%s'", attempt, object_kind_name(o->kind), o->name);
}

/* 1: it is there, 0: it is not. */
static int object_look(struct guest_connection *c, enum object_kind kind, const char *name, struct object *ret)
{
	struct object o = { .c = c, .kind = kind, .name = name };
	int r = load();

	if (r < 0)
		return r;
	if (kind == OBJECT_POOL)
		o.pool = api.virStoragePoolLookupByName(c->connection, name);
	else
		o.network = api.virNetworkLookupByName(c->connection, name);
	if (o.pool || o.network) {
		*ret = o;
		return 1;
	}
	if (libvirt_errno(&c->api) == -ENOENT)
		return 0;
	r = failed(&o, "look for");
	return r < 0 ? r : -EIO; /* for the analyzer's sake: negative */
}

static int object_open(struct guest_connection *c, enum object_kind kind, const char *name, struct object *ret)
{
	int r = object_look(c, kind, name, ret);

	if (r == 0)
		return log_error("there is no %s '%s' in libvirt", object_kind_name(kind), name), -ENOENT;
	return r < 0 ? r : 0;
}

void object_state_done(struct object_state *s)
{
	free(s->uuid);
	free(s->xml);
	*s = (struct object_state){};
}

/* The saved definition; drivers that keep no other, such as test:///, do not know the flag. */
static char *read_xml(const struct object *o, bool is_persistent)
{
	unsigned flags = o->pool ? VIR_STORAGE_XML_INACTIVE : VIR_NETWORK_XML_INACTIVE;

	for (;; flags = 0) {
		unsigned now = is_persistent ? flags : 0;
		char *xml = o->pool ? api.virStoragePoolGetXMLDesc(o->pool, now) : api.virNetworkGetXMLDesc(o->network, now);

		if (xml || !now || libvirt_errno(&o->c->api) != -EINVAL)
			return xml;
	}
}

static int read_state(const struct object *o, struct object_state *s)
{
	char uuid[VIR_UUID_STRING_BUFLEN] = "";
	int active, persistent, autostart = 0;
	bool has_uuid;

	if (o->pool) {
		active = api.virStoragePoolIsActive(o->pool);
		persistent = api.virStoragePoolIsPersistent(o->pool);
		has_uuid = api.virStoragePoolGetUUIDString(o->pool, uuid) == 0;
	} else {
		active = api.virNetworkIsActive(o->network);
		persistent = api.virNetworkIsPersistent(o->network);
		has_uuid = api.virNetworkGetUUIDString(o->network, uuid) == 0;
	}
	s->xml = read_xml(o, persistent == 1);
	if (active < 0 || persistent < 0 || !has_uuid || !s->xml)
		return failed(o, "read the state of");
	/* Of one without a saved definition libvirt does not want to be asked. */
	if (persistent && (o->pool ? api.virStoragePoolGetAutostart(o->pool, &autostart) : api.virNetworkGetAutostart(o->network, &autostart)) < 0)
		return failed(o, "read the autostart of");
	s->exists = true;
	s->is_active = active;
	s->is_transient = !persistent;
	s->autostart = autostart != 0;
	s->uuid = strdup(uuid);
	return s->uuid ? 0 : log_oom();
}

int object_read(struct guest_connection *c, enum object_kind kind, const char *name, struct object_state *ret)
{
	_cleanup_(object_state_done) struct object_state s = {};
	_cleanup_(object_close) struct object o = {};
	int r;

	r = object_look(c, kind, name, &o);
	if (r > 0)
		r = read_state(&o, &s);
	if (r < 0)
		return r;
	*ret = TAKE(s);
	return 0;
}

int object_define(struct guest_connection *c, enum object_kind kind, const char *xml)
{
	_cleanup_(object_close) struct object o = { .c = c, .kind = kind };
	int r = load();

	if (r < 0)
		return r;
	if (kind == OBJECT_POOL)
		o.pool = api.virStoragePoolDefineXML(c->connection, xml, 0);
	else
		o.network = api.virNetworkDefineXML(c->connection, xml);
	return o.pool || o.network ? 0 : libvirt_error(&c->api, "cannot define the %s", object_kind_name(kind));
}

int object_undefine(struct guest_connection *c, enum object_kind kind, const char *name)
{
	_cleanup_(object_close) struct object o = {};
	int r = object_open(c, kind, name, &o);

	if (r < 0)
		return r;
	r = o.pool ? api.virStoragePoolUndefine(o.pool) : api.virNetworkUndefine(o.network);
	return r < 0 ? failed(&o, "undefine") : 0;
}

int object_users(struct guest_connection *c, enum object_kind kind, const char *name)
{
	_cleanup_(object_close) struct object o = {};
	int (*list)(virNetworkPtr, virNetworkPortPtr **, unsigned);
	void *function = dlsym(c->api.library, "virNetworkListAllPorts");
	int r;

	/* Since libvirt 5.5: an older one, and drivers without ports, cannot tell. */
	if (kind != OBJECT_NETWORK || !function)
		return 0;
	memcpy(&list, &function, sizeof(list));
	r = object_open(c, kind, name, &o);
	if (r < 0)
		return r;
	r = list(o.network, NULL, 0);
	if (r < 0)
		r = libvirt_errno(&c->api) == -EOPNOTSUPP ? 0 : failed(&o, "list the ports of");
	return r;
}

static int start(const struct object *o)
{
	int r = o->pool ? api.virStoragePoolCreate(o->pool, 0) : api.virNetworkCreate(o->network);

	return r < 0 ? failed(o, "start") : 0;
}

/* A stopped network takes its ports from guests that run on; of a pool their open images stay. */
static int stop(const struct object *o)
{
	int r = object_users(o->c, o->kind, o->name);

	if (r > 0)
		return log_error("the network '%s' has ports of running guests (%d); stop those first", o->name, r), -EBUSY;
	if (r >= 0 && (o->pool ? api.virStoragePoolDestroy(o->pool) : api.virNetworkDestroy(o->network)) < 0)
		r = failed(o, "stop");
	return r;
}

int object_set_active(struct guest_connection *c, enum object_kind kind, const char *name, bool active)
{
	_cleanup_(object_close) struct object o = {};
	int r = object_open(c, kind, name, &o), is;

	if (r < 0)
		return r;
	is = o.pool ? api.virStoragePoolIsActive(o.pool) : api.virNetworkIsActive(o.network);
	if (is < 0)
		return failed(&o, "read the state of");
	if (is == (int)active)
		return 0;
	return active ? start(&o) : stop(&o);
}

int object_set_autostart(struct guest_connection *c, enum object_kind kind, const char *name, bool autostart)
{
	_cleanup_(object_close) struct object o = {};
	int r = object_open(c, kind, name, &o);

	if (r < 0)
		return r;
	r = o.pool ? api.virStoragePoolSetAutostart(o.pool, autostart) : api.virNetworkSetAutostart(o.network, autostart);
	return r < 0 ? failed(&o, autostart ? "have libvirt start, at boot," : "keep libvirt from starting, at boot,") : 0;
}
