/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest of our own behind the functions of libvirt. */

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/guest_fake.h"

struct fake fake;

static virDomainPtr fake_lookup(virConnectPtr connection, const char *name)
{
	(void)connection;
	return strcmp(name, "guest") == 0 ? (virDomainPtr)&fake : NULL;
}

static int fake_free(virDomainPtr domain)
{
	(void)domain;
	return 0;
}

static int fake_is_active(virDomainPtr domain)
{
	(void)domain;
	return fake.active;
}

static int fake_is_persistent(virDomainPtr domain)
{
	(void)domain;
	return fake.persistent;
}

static char *fake_xml(virDomainPtr domain, unsigned flags)
{
	const char *device;

	(void)domain;
	if (flags & VIR_DOMAIN_XML_INACTIVE) {
		device = fake.saved;
	} else {
		if (fake.leaving && fake.polls_to_leave >= 0 && fake.polls_to_leave-- == 0) {
			freep(&fake.live);
			fake.live = NULL;
			fake.leaving = false;
			if (fake.stops_instead) {
				fake.active = false;
				return NULL;
			}
		}
		device = fake.live;
	}
	return text_format("<domain><devices>%s</devices></domain>", device ? device : "");
}

static int fake_attach(virDomainPtr domain, const char *xml, unsigned flags)
{
	char **place = flags == VIR_DOMAIN_AFFECT_LIVE ? &fake.live : &fake.saved;

	(void)domain;
	if (*place || fake.fail & STEP(true, flags))
		return -1;
	*place = strdup(xml);
	fake.n_changes++;
	return 0;
}

static int fake_detach(virDomainPtr domain, const char *xml, unsigned flags)
{
	char **place = flags == VIR_DOMAIN_AFFECT_LIVE ? &fake.live : &fake.saved;

	(void)domain;
	(void)xml;
	if (!*place || fake.fail & STEP(false, flags)) {
		fake.active = fake.active && !fake.stops_instead;
		return -1;
	}
	fake.n_changes++;
	if (flags == VIR_DOMAIN_AFFECT_LIVE) {
		fake.leaving = true;
		return 0;
	}
	freep(place);
	*place = NULL;
	return 0;
}

void fake_connection_done(struct guest_connection *c)
{
	libvirt_done(&c->api);
	free(fake.live);
	free(fake.saved);
	fake = (struct fake){};
}

void fake_connect(struct guest_connection *c)
{
	_cleanup_(guest_connection_freep) struct guest_connection *real = NULL;

	/* libvirt makes room for its last error when the first connection is opened. */
	*c = (struct guest_connection){};
	if (guest_connect("test:///default", &real) < 0 || libvirt_load(&c->api) < 0)
		abort();
	c->api.virDomainLookupByName = fake_lookup;
	c->api.virDomainFree = fake_free;
	c->api.virDomainIsActive = fake_is_active;
	c->api.virDomainIsPersistent = fake_is_persistent;
	c->api.virDomainGetXMLDesc = fake_xml;
	c->api.virDomainAttachDeviceFlags = fake_attach;
	c->api.virDomainDetachDeviceFlags = fake_detach;
	c->detach_ms = 1000;
	fake = (struct fake){ .active = true, .persistent = true };
}
