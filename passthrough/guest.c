/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests: libvirt's domains and their definitions. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/guest_libvirt.h"

#define RETRY_MS 250u

void guest_connection_freep(struct guest_connection **connection)
{
	struct guest_connection *c = *connection;

	if (!c)
		return;
	if (c->connection)
		c->api.virConnectClose(c->connection);
	libvirt_done(&c->api);
	free(c);
}

/* libvirt's own default depends on who asks: an ordinary user would get an empty list of other guests. */
static const char *uri_default(void)
{
	const char *uri = secure_getenv("LIBVIRT_DEFAULT_URI");

	return uri && *uri ? uri : "qemu:///system";
}

/* A libvirt that is being started anew refuses for a moment, or cuts off who was first. */
static virConnectPtr open_patiently(const struct libvirt *api, const char *uri, unsigned patience_ms)
{
	const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };

	for (unsigned waited = 0;; waited += RETRY_MS) {
		virConnectPtr connection = api->virConnectOpen(uri);

		if (connection || waited >= patience_ms || libvirt_errno(api) == -EACCES)
			return connection;
		nanosleep(&pause, NULL);
	}
}

int guest_connect(const char *uri, struct guest_connection **ret)
{
	return guest_connect_patiently(uri, 0, ret);
}

int guest_connect_patiently(const char *uri, unsigned patience_ms, struct guest_connection **ret)
{
	_cleanup_(guest_connection_freep) struct guest_connection *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return log_oom();
	r = libvirt_load(&c->api);
	if (r < 0)
		return r;
	c->detach_ms = GUEST_DETACH_SECONDS * 1000u;
	if (!uri)
		uri = uri_default();
	c->connection = open_patiently(&c->api, uri, patience_ms);
	if (!c->connection) {
		r = libvirt_error(&c->api, "cannot reach libvirt at %s", uri);
		log_info("%s", r == -EACCES ? "run slipway as root, or join the group libvirt" :
					      "see whether it runs: systemctl status libvirtd");
		return r == -EIO ? -ECONNREFUSED : r;
	}
	*ret = TAKE(c);
	return 0;
}

int guest_connect_quietly(const char *uri, unsigned patience_ms, struct guest_connection **ret, char **ret_why)
{
	_cleanup_(guest_connection_freep) struct guest_connection *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	r = libvirt_find(&c->api);
	if (r < 0) {
		*ret_why = strdup(r == -ENOSYS ? "libvirt cannot answer, since it is too old" : "libvirt does not answer, since it is not installed");
		return r;
	}
	c->detach_ms = GUEST_DETACH_SECONDS * 1000u;
	if (!uri)
		uri = uri_default();
	c->connection = open_patiently(&c->api, uri, patience_ms);
	if (!c->connection) {
		r = libvirt_errno(&c->api);
		*ret_why = text_format("libvirt at %s does not answer (%s)", uri, c->api.virGetLastErrorMessage());
		return r == -EIO ? -ECONNREFUSED : r;
	}
	*ret = TAKE(c);
	return 0;
}

void guest_connection_heed(struct guest_connection *c, bool (*is_unwanted)(void))
{
	c->is_unwanted = is_unwanted;
}

bool guest_connection_is_alive(struct guest_connection *c)
{
	return c->api.virConnectIsAlive(c->connection) == 1;
}

int guest_exists(struct guest_connection *c, const char *name)
{
	_cleanup_(guest_close) struct guest g = { .c = c, .domain = c->api.virDomainLookupByName(c->connection, name) };

	if (g.domain)
		return 1;
	if (libvirt_errno(&c->api) == -ENOENT)
		return 0;
	return libvirt_error(&c->api, "cannot look for guest '%s'", name);
}

int guest_is_active(struct guest_connection *c, const char *name)
{
	_cleanup_(guest_close) struct guest g = {};
	int r;

	r = guest_open(c, name, &g);
	if (r < 0)
		return r;
	r = c->api.virDomainIsActive(g.domain);
	if (r < 0)
		return libvirt_error(&c->api, "cannot read the state of guest '%s'", name);
	return r;
}

int guest_define(struct guest_connection *c, const char *xml)
{
	_cleanup_(guest_close) struct guest g = { .c = c };

	g.domain = c->api.virDomainDefineXMLFlags(c->connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);
	if (!g.domain)
		return libvirt_error(&c->api, "cannot define the guest");
	return 0;
}

int guest_undefine(struct guest_connection *c, const char *name)
{
	_cleanup_(guest_close) struct guest g = {};
	int r;

	r = guest_open(c, name, &g);
	if (r < 0)
		return r;
	if (c->api.virDomainUndefineFlags(g.domain, VIR_DOMAIN_UNDEFINE_NVRAM) == 0)
		return 0;
	/* Drivers without UEFI guests do not know the flag. */
	if (libvirt_errno(&c->api) == -EINVAL && c->api.virDomainUndefineFlags(g.domain, 0) == 0)
		return 0;
	return libvirt_error(&c->api, "cannot undefine guest '%s'", name);
}
