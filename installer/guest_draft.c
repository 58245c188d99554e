/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's draft: the definition of a guest that is not there yet, from what is wanted and what host and libvirt offer. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/guest_draft.h"
#include "passthrough/guest_host.h"

#define DEVICES_END "</devices>"

void guest_draft_done(struct guest_draft *d)
{
	guest_offer_done(&d->offer);
	choices_done(&d->choices);
	free(d->format);
	free(d->xml);
	*d = (struct guest_draft){};
}

struct guest_wish guest_draft_wish(const struct guest_wanted *w, const struct guest_draft *d)
{
	return (struct guest_wish){
		.profile = w->profile, .options = &w->options, .devices = w->devices, .n_devices = w->n_devices, .offer = d->offer.doc ? &d->offer : NULL,
	};
}

/* What a volume holds is libvirt's to say. */
static int ask_format(struct guest_connection *connection, struct guest_options *o, struct guest_draft *d)
{
	_cleanup_free_ char *pool = NULL;
	const char *slash;
	int r;

	if (!o->disk || o->format != DISK_AUTO || !guest_disk_is_volume(o->disk))
		return 0;
	slash = strchr(o->disk, '/');
	pool = strndup(o->disk, (size_t)(slash - o->disk));
	if (!pool)
		return log_oom();
	r = guest_volume_format(connection, pool, slash + 1, &d->format);
	if (r < 0)
		return r;
	if (!str_eq(d->format, "qcow2") && !str_eq(d->format, "raw"))
		return log_invalid("volume %s is of the format %s; a guest's disk is raw or qcow2", o->disk, d->format);
	o->format = str_eq(d->format, "qcow2") ? DISK_QCOW2 : DISK_RAW;
	return 0;
}

/* libvirt's drivers without domain capabilities, such as test:///default, are not asked: what they lack they say at the definition. */
static int ask_offer(struct guest_connection *connection, const struct host *host, const struct guest_wanted *w, struct guest_draft *d)
{
	const struct guest_wish wish = guest_draft_wish(w, d);
	const struct platform *platform = profile_platform(wish.profile, host);
	_cleanup_free_ char *emulator = NULL, *xml = NULL;
	int r;

	r = profile_emulator(host, &wish, &emulator);
	if (r < 0)
		return r;
	r = guest_capabilities(connection, emulator, platform->architecture, wish.options->machine ? wish.options->machine : platform->machine,
			       wish.options->type == GUEST_KVM ? "kvm" : "qemu", &xml);
	if (r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return r == -EINVAL ? -EOPNOTSUPP : r;
	r = guest_offer_parse(xml, &d->offer);
	return r < 0 ? log_errno(r, "cannot understand libvirt's domain capabilities") : 0;
}

int guest_draft_ask(struct guest_connection *connection, const struct host *host, struct guest_wanted *w, struct guest_draft *d)
{
	int r = ask_format(connection, &w->options, d);

	return r < 0 ? r : ask_offer(connection, host, w, d);
}

int guest_draft_build(const struct host *host, const struct guest_wanted *w, struct guest_draft *d)
{
	const struct guest_wish wish = guest_draft_wish(w, d);

	return profile_build(host, &wish, &d->choices, &d->xml);
}

/* In a document that slipway has made, nothing but the element itself ends like this: in texts a '<' is escaped. */
int guest_draft_add(struct guest_draft *d, const char *element)
{
	const char *end = strstr(d->xml, DEVICES_END);
	char *grown = end ? text_format("%.*s  %s\n  %s", (int)(end - d->xml), d->xml, element, end) : NULL;

	if (!grown)
		return -ENOMEM;
	free(d->xml);
	d->xml = grown;
	return 0;
}

int guest_draft_plan(const struct guest_wanted *w, const struct guest_draft *d, const char *summary, struct plan *plan)
{
	struct change *c = plan_add(plan, CHANGE_DOMAIN, w->options.name);

	if (!c)
		return log_oom();
	c->after = (struct content){ .exists = true, .data = strdup(d->xml), .size = strlen(d->xml) };
	c->autostart = w->options.autostart;
	c->summary = text_format("%s%s", summary, c->autostart ? ", and start it with the host" : "");
	return c->after.data && c->summary ? 0 : log_oom();
}
