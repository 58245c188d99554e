/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CCW devices and crypto queues for guests: which of them is meant, and what speaks against giving it away. */

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "passthrough/channel.h"

#define CCW_PREFIX "ccw="
#define AP_PREFIX "ap="
#define NAMED_MOST 8

void channel_selection_done(struct channel_selection *s)
{
	free(s->ccws);
	free(s->queues);
	*s = (struct channel_selection){};
}

bool channel_selector_is(const char *selector)
{
	return str_starts(selector, CCW_PREFIX) || str_starts(selector, AP_PREFIX);
}

/* Room for all there are, so that nothing is to be counted. */
static int make_room(const struct host *host, struct channel_selection *s)
{
	if (!s->ccws)
		s->ccws = calloc(host->ccws.n + 1, sizeof(*s->ccws));
	if (!s->queues)
		s->queues = calloc(host->ap.n + 1, sizeof(*s->queues));
	return s->ccws && s->queues ? 0 : log_oom();
}

/* "1234" is short for 0.0.1234, and "12*" for 0.0.12*. */
static bool ccw_matches(const char *value, const char *id)
{
	if (!strchr(value, '.') && str_starts(id, "0.0.") && fnmatch(value, id + 4, FNM_CASEFOLD) == 0)
		return true;
	return fnmatch(value, id, FNM_CASEFOLD) == 0;
}

static bool queue_matches(const char *value, const struct ap_queue *q)
{
	unsigned card, domain;

	if (ap_queue_parse(value, &card, &domain) == 0)
		return card == q->card && domain == q->domain;
	return fnmatch(value, q->name, FNM_CASEFOLD) == 0;
}

static bool has_ccw(const struct channel_selection *s, size_t n, const struct ccw_device *d)
{
	for (size_t i = 0; i < n; i++)
		if (s->ccws[i] == d)
			return true;
	return false;
}

static bool has_queue(const struct ap_queue *const *queues, size_t n, const struct ap_queue *q)
{
	for (size_t i = 0; i < n; i++)
		if (queues[i] == q)
			return true;
	return false;
}

static size_t select_ccws(const struct host *host, const char *value, struct channel_selection *s)
{
	size_t found = 0, before = s->n_ccws;

	for (size_t i = 0; i < host->ccws.n; i++) {
		const struct ccw_device *d = &host->ccws.list[i];

		if (!ccw_matches(value, d->id))
			continue;
		found++;
		if (!has_ccw(s, before, d))
			s->ccws[s->n_ccws++] = d;
	}
	return found;
}

static size_t select_queues(const struct host *host, const char *value, struct channel_selection *s)
{
	size_t found = 0, before = s->n_queues;

	for (size_t i = 0; i < host->ap.n; i++) {
		const struct ap_queue *q = &host->ap.list[i];

		if (!queue_matches(value, q))
			continue;
		found++;
		if (!has_queue(s->queues, before, q))
			s->queues[s->n_queues++] = q;
	}
	return found;
}

int channel_select(const struct host *host, const char *selector, struct channel_selection *s)
{
	bool is_ccw = str_starts(selector, CCW_PREFIX);
	const char *value = selector + strlen(is_ccw ? CCW_PREFIX : AP_PREFIX);
	int r;

	if (!*value || strchr(value, ','))
		return log_invalid("'%s': wanted is one %s", selector, is_ccw ? "CCW device, such as ccw=0.0.1234" : "crypto queue, such as ap=05.0004");
	r = make_room(host, s);
	if (r < 0)
		return r;
	if (is_ccw ? select_ccws(host, value, s) : select_queues(host, value, s))
		return 0;
	return log_error("no %s matches '%s'; 'slipway list' shows those there are%s", is_ccw ? "CCW device" : "crypto queue", selector,
			 is_ccw && cmdline_value(&host->kernel.running, "cio_ignore") ? ", and not what cio_ignore= hides: 'cio_ignore -r ID' shows "
			 "that" : ""), -ENOENT;
}

static bool is_allowed(const struct allowances *allowed, const char *name, enum use_kind kind)
{
	unsigned card, domain, other_card, other_domain;

	for (size_t i = 0; allowed && i < allowed->n; i++) {
		const struct allowance *a = &allowed->list[i];

		if (!str_eq(a->kind, use_kind_name(kind)))
			continue;
		if (str_eq(a->address, name))
			return true;
		if (ap_queue_parse(name, &card, &domain) == 0 && ap_queue_parse(a->address, &other_card, &other_domain) == 0 && card == other_card &&
		    domain == other_domain)
			return true;
	}
	return false;
}

/* What is one guest's can be no second one's, whoever takes that on himself. */
static bool is_overridable(const struct use *use)
{
	return use->kind != USE_VFIO && use->kind != USE_GUEST;
}

/* `group` is what the host knows the use by, where that is not the device's own name; `never`: it goes to no guest even without the use. */
static int refuse_uses_of(const struct uses *uses, const char *name, const char *group, bool never, const struct allowances *allowed, struct refusals *refusals)
{
	size_t n;
	const struct use *use = uses_of_named(uses, group ? group : name, &n);
	bool vital = n && use->is_vital;
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++, use++) {
		const char *kind = use_kind_name(use->kind);
		_cleanup_free_ char *way_out = NULL;

		if (!vital && is_overridable(use) && is_allowed(allowed, name, use->kind))
			continue;
		if (use->is_vital)
			way_out = strdup("; the host lives on it, and nothing overrides that");
		else if (never)
			way_out = strdup("");
		else if (!is_overridable(use))
			way_out = strdup("; take it from there first");
		else if (!vital)
			way_out = text_format("; free it first, or take it all the same with --allow %s=%s", name, kind);
		else
			way_out = strdup("");
		r = way_out ? refusals_add(refusals, name, "in-use", kind, "%s%s%s → %s%s", name, *use->via ? " → " : "", use->via, use->what, way_out) :
			      -ENOMEM;
	}
	return r;
}

/* What both need of the host. */
static int check_host(const struct host *host, const char *name, const char *module, enum module_state state, struct refusals *refusals)
{
	int r = 0;

	if (cpu_virtualization(&host->cpu) == VIRTUALIZATION_ABSENT)
		r = refusals_add(refusals, name, "sie", "", "%s: this system cannot run guests in hardware (SIE), as 'slipway audit' explains", name);
	if (r >= 0 && state == MODULE_MISSING)
		r = refusals_add(refusals, name, "module", "", "%s: this kernel has no %s; install the package with all of its modules, or another "
				 "kernel", name, module);
	if (r >= 0 && !host->mediated.mdevctl)
		r = refusals_add(refusals, name, "mdevctl", "", "%s: mdevctl is not installed, which makes mediated devices and brings them back after a boot",
				 name);
	return r;
}

/* Documentation/arch/s390/vfio-ccw.rst, "Limitations": no QDIO; made for DASDs, and other classic devices are not tested. */
static int check_kind(const struct ccw_device *d, struct refusals *refusals)
{
	static const char *const reasons[CCW_KINDS] = {
		[CCW_ZFCP] = "works by QDIO, which vfio_ccw cannot pass on; give a guest the disks that are on it, instead",
		[CCW_QETH] = "works by QDIO, which vfio_ccw cannot pass on; put a guest on the port by macvtap or a bridge, instead",
		[CCW_VIRTIO] = "is made by the hypervisor for this system alone, and there is no hardware to pass on",
		[CCW_CONSOLE] = "is a terminal of this system, and no device for a guest",
	};

	if (reasons[d->kind])
		return refusals_add(refusals, d->id, "kind", "", "%s (%s) %s", d->id, ccw_kind_name(d->kind), reasons[d->kind]);
	if (d->is_alias)
		return refusals_add(refusals, d->id, "kind", "", "%s is an alias (PAV): a second way to the data of another DASD, and without any of its own", d->id);
	return 0;
}

int ccw_check(const struct host *host, const struct uses *uses, const struct ccw_device *d, const struct allowances *allowed, struct refusals *refusals)
{
	size_t before = refusals->n;
	bool never;
	int r;

	r = check_kind(d, refusals);
	if (r < 0)
		return r;
	never = refusals->n > before;
	r = refuse_uses_of(uses, d->id, d->group, never, allowed, refusals);
	/* What can never go lacks nothing. */
	return r < 0 || never ? r : check_host(host, d->id, "vfio_ccw", host->mediated.vfio_ccw, refusals);
}

/* The host has it as long as both masks do. */
static bool is_hosts(const struct ap_queue *q)
{
	return q->is_hosts == TRUTH_YES;
}

/* Are all queues of this card (of this domain) that the host has among those that go? */
static bool goes_whole(const struct ap *a, const struct ap_queue *const *queues, size_t n, int card, int domain)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct ap_queue *q = &a->list[i];

		if (is_hosts(q) && (card < 0 || (int)q->card == card) && (domain < 0 || (int)q->domain == domain) && !has_queue(queues, n, q))
			return false;
	}
	return true;
}

/* A queue leaves the host with its card's bit or with its domain's, and with either go all of that card or domain. */
bool ap_masks_without(const struct ap *a, const struct ap_queue *const *queues, size_t n, struct ap_mask *ret_cards, struct ap_mask *ret_domains,
		      const struct ap_queue **ret_first)
{
	*ret_cards = a->cards;
	*ret_domains = a->domains;
	*ret_first = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct ap_queue *q = queues[i];

		if (!is_hosts(q))
			continue;
		if (goes_whole(a, queues, n, (int)q->card, -1)) {
			ap_mask_set(ret_cards, q->card, false);
		} else if (goes_whole(a, queues, n, -1, (int)q->domain)) {
			ap_mask_set(ret_domains, q->domain, false);
		} else {
			*ret_first = q;
			return false;
		}
	}
	return true;
}

/* "05.0005, 05.0006": what else the host has of this card (of this domain). */
static char *name_others(const struct ap *a, const struct ap_queue *const *queues, size_t n, int card, int domain)
{
	struct text t = {};
	size_t found = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct ap_queue *q = &a->list[i];

		if (is_hosts(q) && (card < 0 || (int)q->card == card) && (domain < 0 || (int)q->domain == domain) && !has_queue(queues, n, q) &&
		    found++ < NAMED_MOST)
			text_printf(&t, "%s%s", t.size ? ", " : "", q->name);
	}
	if (found > NAMED_MOST)
		text_printf(&t, " and %zu more", found - NAMED_MOST);
	return text_take(&t);
}

static int check_masks(const struct ap *a, const struct ap_queue *const *queues, size_t n, struct refusals *refusals)
{
	_cleanup_free_ char *of_card = NULL, *of_domain = NULL;
	struct ap_mask cards, domains;
	const struct ap_queue *q;

	if (!a->masks_known)
		return refusals_add(refusals, queues[0]->name, "masks", "", "%s: apmask and aqmask in /sys/bus/ap could not be read, so what the host has is not "
				    "known", queues[0]->name);
	if (ap_masks_without(a, queues, n, &cards, &domains, &q))
		return 0;
	of_card = name_others(a, queues, n, (int)q->card, -1);
	of_domain = name_others(a, queues, n, -1, (int)q->domain);
	if (!of_card || !of_domain)
		return -ENOMEM;
	return refusals_add(refusals, q->name, "closure", "", "%s leaves the host with the rest of its card (%s) or with the rest of its domain (%s), which were not "
			    "asked for; ask for either, too", q->name, of_card, of_domain);
}

/* Each card with each domain: that is what one guest gets (vfio-ap.rst, "AP Architectural Overview"), and a card of which one queue is missing not at all. */
static int check_product(const struct ap *a, const struct ap_queue *const *queues, size_t n, struct refusals *refusals)
{
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++)
		for (size_t j = 0; j < n && r >= 0; j++) {
			_cleanup_free_ char *name = text_format("%02x.%04x", queues[i]->card, queues[j]->domain);
			const struct ap_queue *q = name ? ap_find(a, name) : NULL;

			if (!name)
				r = -ENOMEM;
			else if (!q)
				r = refusals_add(refusals, queues[i]->name, "closure", "", "%s: a guest gets each of its cards with each of its domains, and there is "
						 "no %s, so it would not get card %02x at all", queues[i]->name, name, queues[i]->card);
			else if (!has_queue(queues, n, q))
				r = refusals_add(refusals, queues[i]->name, "closure", "", "%s: a guest gets each of its cards with each of its domains, and so %s, "
						 "which was not asked for; ask for it, too", queues[i]->name, name);
		}
	return r;
}

static int check_queue(const struct host *host, const struct uses *uses, const struct ap_queue *q, const struct allowances *allowed,
		       struct refusals *refusals)
{
	bool never = !ap_queue_is_passable(q);
	int r = 0;

	if (never)
		r = refusals_add(refusals, q->name, "kind", "", "%s (%s) is older than CEX4, and vfio_ap drives none of these", q->name, q->type ? q->type : "?");
	if (r >= 0)
		r = refuse_uses_of(uses, q->name, NULL, never, allowed, refusals);
	return r < 0 ? r : check_host(host, q->name, "vfio_ap", host->mediated.vfio_ap, refusals);
}

int ap_check_beside(const struct host *host, const struct uses *uses, const struct ap_queue *const *queues, size_t n, const struct ap_queue *const *all,
		    size_t n_all, const struct allowances *allowed, struct refusals *refusals)
{
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++)
		r = check_queue(host, uses, queues[i], allowed, refusals);
	if (r >= 0 && n)
		r = check_masks(&host->ap, queues, n, refusals);
	return r < 0 || !n ? r : check_product(&host->ap, all, n_all, refusals);
}

int ap_check(const struct host *host, const struct uses *uses, const struct ap_queue *const *queues, size_t n, const struct allowances *allowed,
	     struct refusals *refusals)
{
	return ap_check_beside(host, uses, queues, n, queues, n, allowed, refusals);
}
