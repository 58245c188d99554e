/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses in a handover: what guests hold speaks against taking it, but for what is theirs to give. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/handover_uses.h"
#include "passthrough/closure.h"
#include "passthrough/guest_process.h"
#include "passthrough/selector.h"

static bool is_of(const struct guest_state *s, const char *guest)
{
	return s && str_eq(s->name, guest);
}

/* libvirt knows who has what, running or not: that is a use like any other. */
static int add_uses(const struct handover *h, const struct guest_uses *users, const struct device *d, const struct guest_state *to,
		    const struct guest_state *from)
{
	int r = 0;

	for (size_t i = 0; i < users->n && r >= 0; i++) {
		const struct guest_use *use = &users->list[i];
		const struct block *b = *use->address == '/' ? blocks_find_source(h->host->root_fd, &h->host->blocks, use->address) : NULL;
		const struct block *disk = b && b->disk ? blocks_find(&h->host->blocks, b->disk) : b;
		_cleanup_free_ char *what = NULL;

		if (is_of(to, use->guest) || is_of(from, use->guest))
			continue;
		if (!str_eq(use->address, d->address) && !(disk && strv_contains(disk->functions, d->address)))
			continue;
		what = text_format("guest %s has it%s", use->guest, use->live ? " and runs" : " in its saved definition");
		r = what ? uses_add(h->uses, d, USE_GUEST, what, disk ? disk->name : "", false) : -ENOMEM;
	}
	return r;
}

/* The guest's own process has the device open: as long as it runs with it, that is no stranger's use. */
static int drop_own(const struct handover *h, const struct guest_state *s)
{
	_cleanup_free_ char *pid = NULL, *prefix = NULL;
	size_t kept = 0;

	if (!s || !s->live_xml || guest_process(h->host->root_fd, s->name, &pid) < 0)
		return 0;
	prefix = text_format("process %s (", pid);
	if (!prefix)
		return log_oom();
	for (size_t i = 0; i < h->uses->n; i++) {
		struct use *use = &h->uses->list[i];
		bool is_own = (use->kind == USE_VFIO || use->kind == USE_OPEN) && str_starts(use->what, prefix);

		if (is_own) {
			free(use->what);
			free(use->via);
		} else {
			h->uses->list[kept++] = *use;
		}
	}
	h->uses->n = kept;
	return 0;
}

static bool holds(const struct handover *h, const struct guest_state *s, const struct device *d)
{
	size_t live = 0, saved = 0;

	return elements_next(h->host, &s->has_live, d, &live) || elements_next(h->host, &s->has_saved, d, &saved);
}

/* What moves with the devices and is the guest's already was asked for once: it needs no second asking. */
static int add_held(const struct handover *h, const struct guest_state *to, struct device *const *devices, size_t n, struct device ***ret,
		    size_t *ret_n)
{
	_cleanup_(closure_done) struct closure closure = {};
	_cleanup_free_ struct device **all = NULL;
	size_t n_all = n;

	if (closure_find(h->host, devices, n, &closure) < 0 || !(all = calloc(closure.n + n + 1, sizeof(*all))))
		return log_oom();
	memcpy(all, devices, n * sizeof(*all));
	for (size_t i = 0; i < closure.n; i++)
		if (closure.list[i].with && holds(h, to, closure.list[i].device))
			all[n_all++] = (struct device *)closure.list[i].device;
	*ret = TAKE(all);
	*ret_n = n_all;
	return 0;
}

int handover_check(const struct handover *h, struct guest_connection *c, struct device *const *devices, size_t n, const struct guest_state *to,
		   const struct guest_state *from, struct refusals *refusals)
{
	_cleanup_(guest_uses_done) struct guest_uses users = {};
	_cleanup_free_ struct device **all = NULL;
	struct refusals found = {};
	size_t n_all;
	int r;

	r = guest_users(c, &users);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = add_uses(h, &users, devices[i], to, from);
	if (r >= 0)
		r = drop_own(h, to);
	if (r >= 0)
		r = drop_own(h, from);
	if (r < 0)
		return r;
	uses_sort(h->uses);
	r = add_held(h, to, devices, n, &all, &n_all);
	if (r >= 0)
		r = request_check(h->host, h->uses, all, n_all, h->allowed, h->kind == HOSTDEV_BLOCK ? REQUEST_BLOCK : REQUEST_NOW, &found);
	if (r < 0)
		return r;
	r = refusals_join(refusals, &found);
	return r < 0 ? log_oom() : 0;
}

int handover_check_identity(const char *selector, const struct device *d, struct refusals *refusals)
{
	_cleanup_(selector_done) struct selector s = {};

	if (!d->serial_remembered || selector_parse(selector, &s) < 0 || !selector_has_serial(&s))
		return 0;
	return refusals_add(refusals, d->address, "identity", "", "%s: its serial %s was seen before this boot, and not since; 'slipway release "
			    "%s' and 'slipway bind %s' look again", d->address, d->serial, d->address, d->address);
}
