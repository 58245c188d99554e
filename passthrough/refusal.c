/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusals: why a device is not taken from the host. The decision of every verb that takes one stands here. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/ap.h"
#include "detect/ccw.h"
#include "detect/usb.h"
#include "passthrough/refusal.h"

void refusals_done(struct refusals *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->list[i].address);
		free(r->list[i].text);
	}
	free(r->list);
	*r = (struct refusals){};
}

int refusals_add(struct refusals *r, const char *address, const char *rule, const char *kind, const char *format, ...)
{
	struct refusal refusal = { .rule = rule, .kind = kind }, *grown;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&refusal.text, format, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	refusal.address = strdup(address);
	grown = realloc(r->list, (r->n + 1) * sizeof(*grown));
	if (grown)
		r->list = grown;
	if (!refusal.address || !grown) {
		free(refusal.address);
		free(refusal.text);
		return -ENOMEM;
	}
	r->list[r->n++] = refusal;
	return 0;
}

int refusals_join(struct refusals *r, struct refusals *more)
{
	struct refusal *grown = realloc(r->list, (r->n + more->n + 1) * sizeof(*grown));

	if (grown) {
		r->list = grown;
		memcpy(grown + r->n, more->list, more->n * sizeof(*grown));
		r->n += more->n;
		more->n = 0;
	}
	refusals_done(more);
	return grown ? 0 : -ENOMEM;
}

void allowances_done(struct allowances *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->list[i].address);
	free(a->list);
	*a = (struct allowances){};
}

/* The name in the table, since refusals outlive the text that was given; NULL: no such kind. */
static const char *find_kind(const char *name)
{
	for (enum use_kind kind = 0; kind < USE_KINDS; kind++)
		if (str_eq(name, use_kind_name(kind)))
			return use_kind_name(kind);
	return NULL;
}

/* Devices that are no PCI functions, by the names that their own selectors give: a USB port, a CCW device, a crypto queue. */
static bool is_other_name(const char *text)
{
	unsigned card, domain;

	return usb_port_is(text) || ccw_id_is(text) || ap_queue_parse(text, &card, &domain) == 0;
}

int allowances_add(struct allowances *a, const char *text)
{
	const char *equals = strchr(text, '=');
	unsigned domain, bus, device, function;
	struct allowance allowance, *grown;

	allowance.kind = equals ? find_kind(equals + 1) : NULL;
	if (!allowance.kind) {
		_cleanup_free_ char *kinds = use_kind_names();

		return log_invalid("'--allow %s': wanted is ADDRESS=REASON, such as 0000:05:00.0=data; the reasons are %s", text,
				   kinds ? kinds : "in the man page");
	}
	allowance.address = strndup(text, (size_t)(equals - text));
	grown = realloc(a->list, (a->n + 1) * sizeof(*grown));
	if (grown)
		a->list = grown;
	if (!allowance.address || !grown) {
		free(allowance.address);
		return log_oom();
	}
	if (address_parse(allowance.address, &domain, &bus, &device, &function) < 0 && !is_other_name(allowance.address)) {
		log_error("'--allow %s': '%s' is neither a PCI address nor a USB port, a CCW device or a crypto queue; an override is for one device and one reason", text, allowance.address);
		free(allowance.address);
		return -EINVAL;
	}
	a->list[a->n++] = allowance;
	return 0;
}

bool allowances_has(const struct host *host, const struct allowances *allowed, const struct device *d, const char *kind)
{
	for (size_t i = 0; allowed && i < allowed->n; i++)
		if (devices_find(&host->devices, allowed->list[i].address) == d && str_eq(allowed->list[i].kind, kind))
			return true;
	return false;
}

/* The worst use comes first, so a vital one stands there. */
static bool is_vital(const struct use *uses, size_t n)
{
	return n && uses[0].is_vital;
}

int refuse_uses(const struct host *host, const struct uses *uses, const struct device *d, const struct allowances *allowed,
		enum request_when when, struct refusals *refusals)
{
	const struct use *use;
	bool vital;
	size_t n;
	int r;

	use = uses_of(uses, d, &n);
	vital = is_vital(use, n);
	for (size_t i = 0; i < n; i++, use++) {
		const char *kind = use_kind_name(use->kind);
		_cleanup_free_ char *way_out = NULL;

		if (!vital && allowances_has(host, allowed, d, kind))
			continue;
		/* A guest that runs with the device today is what the next boot's binding is for. */
		if (when == REQUEST_NEXT_BOOT && (use->kind == USE_VFIO || use->kind == USE_GUEST))
			continue;
		if (use->is_vital)
			way_out = strdup("; the host lives on it, and nothing overrides that");
		else if (!vital)
			way_out = text_format("; free it first, or take it all the same with --allow %s=%s", d->address, kind);
		else
			way_out = strdup("");
		if (!way_out)
			return -ENOMEM;
		r = refusals_add(refusals, d->address, "in-use", kind, "%s%s%s → %s%s", d->address, *use->via ? " → " : "", use->via,
				 use->what, way_out);
		if (r < 0)
			return r;
	}
	return 0;
}

static int refuse_locked(const struct device *d, const struct lock *lock, struct refusals *refusals)
{
	_cleanup_free_ char *who = NULL;

	if (lock->by_kernel)
		who = text_format("IOMMU group %d (%s)", d->iommu_group, lock->kind ? lock->kind : "RMRR or IVMD");
	else
		who = text_format("it (%s of the table %s)", lock->kind, lock->table);
	if (!who)
		return -ENOMEM;
	return refusals_add(refusals, d->address, "reserved-region", "",
			    "%s: the firmware demands a 1:1 mapping of 0x%llx-0x%llx for %s; the kernel will not assign it, so look in the "
			    "firmware's set-up for the option that uses this region", d->address, (unsigned long long)lock->start,
			    (unsigned long long)lock->end, who);
}

static int check_group(const struct host *host, const struct device *d, enum request_when when, struct refusals *refusals)
{
	const struct iommu_group *group = iommu_find(&host->iommu, d->iommu_group);
	struct lock lock;

	if (reserved_lock(&host->reserved, group, d, &lock))
		return refuse_locked(d, &lock, refusals);
	if (when == REQUEST_NOW && !group)
		return refusals_add(refusals, d->address, "iommu", "", "%s has no IOMMU group: the IOMMU is off, and vfio-pci would leave the "
				    "device without any driver; 'slipway audit' names the reason", d->address);
	return 0;
}

static int check_member(const struct host *host, const struct member *m, enum request_when when, struct refusals *refusals)
{
	const struct device *d = m->device, *controller;

	if (device_is_infrastructure(d))
		return refusals_add(refusals, d->address, "bridge", "", "%s is a bridge: it carries other devices and stays with the host",
				    d->address);
	if (m->with) {
		int r = refusals_add(refusals, d->address, "closure", "", "%s moves with %s (%s) and was not asked for; ask for both, or for "
				     "neither", d->address, m->with->address, m->why);
		if (r < 0)
			return r;
	}
	if (when == REQUEST_BLOCK)
		return 0;
	controller = devices_controller(&host->devices, d);
	if (controller) {
		int r = refusals_add(refusals, d->address, "controller", "", "%s sits on a bus that the driver of %s makes (Intel VMD and its "
				     "like), and goes when that one is taken; switch VMD off in the firmware's set-up, or give the whole "
				     "controller away", d->address, controller->address);
		if (r < 0)
			return r;
	}
	return check_group(host, d, when, refusals);
}

/* An override that fits nothing is a mistake in the address or the reason: better said than passed over. */
int allowances_check(const struct host *host, const struct uses *uses, const struct allowances *allowed, struct refusals *refusals)
{
	for (size_t i = 0; allowed && i < allowed->n; i++) {
		const struct allowance *a = &allowed->list[i];
		const struct device *d = devices_find(&host->devices, a->address);
		const struct use *use;
		size_t n;

		/* They are looked at where they are asked for (passthrough/usb.c, passthrough/channel.c). */
		if (!d && is_other_name(a->address))
			continue;
		if (!d)
			return log_invalid("'--allow %s=%s': there is no device %s", a->address, a->kind, a->address);
		use = uses_of(uses, d, &n);
		if (is_vital(use, n) && refusals_add(refusals, d->address, "override", a->kind,
						     "the host lives on %s (%s): --allow %s=%s has no say there", d->address, use->what,
						     a->address, a->kind) < 0)
			return -ENOMEM;
	}
	return 0;
}

int request_check(const struct host *host, const struct uses *uses, struct device *const *requested, size_t n,
		  const struct allowances *allowed, enum request_when when, struct refusals *ret)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(closure_done) struct closure closure = {};
	int r;

	r = when == REQUEST_BLOCK ? closure_of(requested, n, &closure) : closure_find(host, requested, n, &closure);
	if (r >= 0)
		r = allowances_check(host, uses, allowed, &refusals);
	for (size_t i = 0; i < closure.n && r >= 0; i++) {
		r = refuse_uses(host, uses, closure.list[i].device, allowed, when, &refusals);
		if (r >= 0)
			r = check_member(host, &closure.list[i], when, &refusals);
	}
	if (r < 0)
		return r == -ENOMEM ? log_oom() : r;
	*ret = TAKE(refusals);
	return 0;
}
