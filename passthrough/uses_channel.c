/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host and its guests use of s390x's CCW devices and crypto queues, beside the disks and network ports on them. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/uses_channel.h"

#define THIS_BOOT "the device that this boot came from (/sys/firmware/ipl)"
#define NEXT_BOOT "the device that the next boot comes from (/sys/firmware/reipl)"
#define DUMPS "dumps of the whole machine go there (/sys/firmware/dump)"

/* The same of an NVMe drive, which is a PCI function. */
static int tell_function(const struct host *host, const struct device *d, struct uses *uses)
{
	const struct ccws *c = &host->ccws;
	int r = 0;

	if (!d->zpci.is_there)
		return 0;
	if (c->ipl_nvme.is_there && c->ipl_nvme.fid == d->zpci.fid)
		r = uses_add(uses, d, USE_BOOT, THIS_BOOT, "", true);
	if (r >= 0 && c->reipl_nvme.is_there && c->reipl_nvme.fid == d->zpci.fid)
		r = uses_add(uses, d, USE_BOOT, NEXT_BOOT, "", true);
	if (r >= 0 && c->dump_nvme.is_there && c->dump_nvme.fid == d->zpci.fid)
		r = uses_add(uses, d, USE_DUMP, DUMPS, "", false);
	return r;
}

/* What this boot came from, what the next one takes, where dumps go; and what the host's own configuration sets online. */
static int tell_device(const struct host *host, const struct ccw_device *d, struct uses *uses)
{
	const struct ccws *c = &host->ccws;
	int r = 0;

	if (str_eq(c->ipl, d->id))
		r = uses_add_named(uses, d->id, USE_BOOT, THIS_BOOT, "", true);
	if (r >= 0 && str_eq(c->reipl, d->id))
		r = uses_add_named(uses, d->id, USE_BOOT, NEXT_BOOT, "", true);
	if (r >= 0 && str_eq(c->dump, d->id))
		r = uses_add_named(uses, d->id, USE_DUMP, DUMPS, "", false);
	if (r >= 0 && d->kind == CCW_CONSOLE)
		r = uses_add_named(uses, d->id, USE_CONSOLE, "a console of the host", "", false);
	if (r >= 0 && d->configured) {
		_cleanup_free_ char *what = text_format("%s has the host use it at each boot", d->configured);

		r = what ? uses_add_named(uses, d->id, USE_CONFIGURED, what, "", false) : -ENOMEM;
	}
	return r;
}

/* A queue that is the host's: no other driver has it, and no mask lets go of it. */
static bool is_hosts(const struct ap_queue *q)
{
	return !ap_queue_is_on_vfio(q) && q->is_hosts != TRUTH_NO;
}

/* An accelerator holds no master key, so no key of the host's depends on it. */
static bool holds_keys(const struct ap_queue *q)
{
	const char *mode = ap_queue_mode(q);

	return !mode || !str_eq(mode, "accelerator");
}

/* With another master key it opens none of the other's keys. */
static bool opens_the_same(const struct ap_queue *a, const struct ap_queue *b)
{
	return str_eq(ap_queue_mode(a), ap_queue_mode(b)) && (!a->master_key || !b->master_key || str_eq(a->master_key, b->master_key));
}

/* Another queue of the host with the same kind of keys, so that the host's data can still be opened. */
static bool has_stand_in(const struct ap *a, const struct ap_queue *q)
{
	for (size_t i = 0; i < a->n; i++)
		if (&a->list[i] != q && is_hosts(&a->list[i]) && a->list[i].is_online == TRUTH_YES && a->list[i].domain == q->domain &&
		    holds_keys(&a->list[i]) && opens_the_same(&a->list[i], q))
			return true;
	return false;
}

static int tell_keys(const struct ap *a, const struct ap_queue *q, struct uses *uses)
{
	bool is_last = !has_stand_in(a, q);
	_cleanup_free_ char *what = NULL;

	if (!a->keys || !holds_keys(q) || q->is_online == TRUTH_NO)
		return 0;
	what = text_format("the host's data is encrypted with keys that such a card has wrapped (%s in /proc/crypto)%s", a->keys,
			   is_last ? ", and the host has no other one in its domain" : "");
	return what ? uses_add_named(uses, q->name, USE_CRYPTO, what, "", is_last) : -ENOMEM;
}

static int tell_queue(const struct ap *a, const struct ap_queue *q, struct uses *uses)
{
	int r;

	if (!is_hosts(q) || !q->driver)
		return 0;
	r = tell_keys(a, q, uses);
	if (r >= 0 && q->is_busy)
		r = uses_add_named(uses, q->name, USE_CRYPTO, "requests of the host are on their way through it", "", false);
	if (r >= 0 && a->default_domain == (int)q->domain && q->is_online != TRUTH_NO)
		r = uses_add_named(uses, q->name, USE_CRYPTO, "its domain is the host's default (/sys/bus/ap/ap_domain)", "", false);
	return r;
}

int uses_tell_crypto(const struct host *host, struct uses *uses, enum use_kind kind, const char *what)
{
	int r = 0;

	for (size_t i = 0; i < host->ap.n && r >= 0; i++)
		if (is_hosts(&host->ap.list[i]) && host->ap.list[i].driver && host->ap.list[i].is_online != TRUTH_NO)
			r = uses_add_named(uses, host->ap.list[i].name, kind, what, "", false);
	return r;
}

int uses_tell_mediated(const struct host *host, struct uses *uses, const char *uuid, enum use_kind kind, const char *what)
{
	const struct mediated_parent *p = NULL;
	const struct mediated_device *d = mediated_find_device(&host->mediated, uuid, &p);
	const struct ccw_device *ccw = d ? ccws_find_subchannel(&host->ccws, p->name) : NULL;
	_cleanup_free_ char *via = text_format("mediated device %s", uuid);
	int r = via ? 0 : -ENOMEM;

	if (ccw && r >= 0)
		r = uses_add_named(uses, ccw->id, kind, what, via, false);
	for (char **name = d ? d->queues : NULL; name && *name && r >= 0; name++) {
		const struct ap_queue *q = ap_find(&host->ap, *name);

		r = q ? uses_add_named(uses, q->name, kind, what, via, false) : 0;
	}
	return r;
}

/* What a mediated device is made of is no other one's, whether a guest has it now or not: the kernel sees to that, and so does mdevctl at the next boot. */
static int tell_made(const struct host *host, const struct mediated_parent *p, struct uses *uses)
{
	int r = 0;

	for (size_t i = 0; !p->function && i < p->n_devices && r >= 0; i++)
		r = uses_tell_mediated(host, uses, p->devices[i].uuid, USE_VFIO, p->devices[i].is_active ? "made for a guest, and active" :
				       "defined for a guest, and not active");
	return r;
}

int uses_find_channel(const struct host *host, struct uses *uses)
{
	int r = 0;

	for (size_t i = 0; i < host->devices.n && r >= 0; i++)
		r = tell_function(host, &host->devices.list[i], uses);
	for (size_t i = 0; i < host->ccws.n && r >= 0; i++)
		r = tell_device(host, &host->ccws.list[i], uses);
	for (size_t i = 0; i < host->ap.n && r >= 0; i++)
		r = tell_queue(&host->ap, &host->ap.list[i], uses);
	for (size_t i = 0; i < host->mediated.n && r >= 0; i++)
		r = tell_made(host, &host->mediated.list[i], uses);
	return r;
}
