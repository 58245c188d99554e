/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the devices: those that are set aside for guests, and the links of all. */

#include "audit/checks.h"
#include "common/text.h"
#include "detect/link.h"

static const char *list_path(const struct host *host)
{
	return str_eq(host->identities.file, IDENTITY_TRIAL_FILE) ? "/" IDENTITY_TRIAL_FILE : "/" IDENTITY_FILE;
}

/* What is not at its address. */
static void tell_sighting(struct report *report, struct finding *f, const struct host *host, size_t i)
{
	const struct identity *id = &host->identities.list[i];
	const struct sighting *s = &host->sightings.list[i];
	const char *at = s->other && !str_eq(s->other->address, id->address) ? s->other->address : NULL;

	if (s->kind == SIGHTING_MOVED) {
		finding_evidence(report, f, list_path(host), "%s was found again at %s, behind the same bridges", id->address, s->device->address);
		return;
	}
	if (s->other && str_eq(s->why, "serial"))
		finding_evidence(report, f, list_path(host), "%s: serial %s was meant, and %s is there%s%s", id->address, id->serial,
				 s->other->serial, at ? ", now at " : "", at ? at : "");
	else
		finding_evidence(report, f, list_path(host), "%s: differs in %s%s%s", id->address, s->why, at ? ", now at " : "", at ? at : "");
	if (s->kind == SIGHTING_ELSEWHERE)
		finding_evidence(report, f, s->device->address, "is the device that was meant by %s, behind other bridges now", id->address);
}

static bool is_bound_by_ids(const struct identities *ids, const struct device *d)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->list[i].bind == BIND_IDS && ids->list[i].vendor == d->vendor && ids->list[i].product == d->product)
			return true;
	return false;
}

/*
 * vfio-pci.ids= takes every device of an id, one that was added since, too. Whoever binds a device by hand, or libvirt,
 * does that by driver_override.
 */
static size_t tell_strangers(struct report *report, struct finding *f, const struct host *host)
{
	size_t n = 0;

	for (size_t i = 0; i < host->devices.n; i++) {
		const struct device *d = &host->devices.list[i];

		if (!device_is_on_vfio(d) || d->driver_override || !is_bound_by_ids(&host->identities, d) ||
		    sightings_identity(&host->sightings, &host->identities, d))
			continue;
		n++;
		finding_evidence(report, f, d->address, "has an id that vfio-pci.ids= takes, and is not one of those that were meant");
	}
	return n;
}

void check_devices_identity(const struct host *host, struct report *report, struct finding *f)
{
	size_t n = host->identities.n, wrong = 0, moved = 0, strangers = tell_strangers(report, f, host);

	for (size_t i = 0; i < n; i++) {
		enum sighting_kind kind = host->sightings.list[i].kind;

		if (kind == SIGHTING_HERE)
			continue;
		moved += kind == SIGHTING_MOVED;
		wrong += kind != SIGHTING_MOVED;
		tell_sighting(report, f, host, i);
	}
	if (wrong) {
		finding_set(report, f, VERDICT_FAIL, "%zu of %zu devices set aside %s not the one%s that %s meant; the host keeps what is there",
			    wrong, n, wrong == 1 ? "is" : "are", wrong == 1 ? "" : "s", wrong == 1 ? "was" : "were");
		finding_remedy(report, f, "put the device back, or run slipway plan again for the one that is there now");
	} else if (moved) {
		finding_set(report, f, VERDICT_WARN, "%zu of %zu devices set aside %s another address now; each was found again", moved, n,
			    moved == 1 ? "has" : "have");
		finding_remedy(report, f, "run slipway apply as before: it writes down the new addresses; in the definition of a guest that names an "
					  "old one, put the new one, or it may get another device");
	} else if (strangers) {
		finding_set(report, f, VERDICT_WARN, "%zu device%s that nobody asked for %s taken from the host with others of the same id",
			    strangers, strangers == 1 ? "" : "s", strangers == 1 ? "was" : "were");
		finding_remedy(report, f, "run slipway apply as before: it binds by address where ids would take too much");
	} else if (n) {
		finding_set(report, f, VERDICT_PASS, "all %zu devices set aside are the ones that were meant", n);
	} else {
		finding_set(report, f, VERDICT_SKIP, "no device is bound at boot");
	}
}

static unsigned count_on_vfio(const struct host *host)
{
	unsigned n = 0;

	for (size_t i = 0; i < host->devices.n; i++)
		n += device_is_on_vfio(&host->devices.list[i]);
	return n;
}

void check_devices_set_aside(const struct host *host, struct report *report, struct finding *f)
{
	unsigned bound = count_on_vfio(host), waiting = 0;
	bool switched_on = str_eq(cmdline_value(&host->kernel.running, "slipway.bind"), "1");

	for (size_t i = 0; i < host->identities.n; i++) {
		const struct sighting *s = &host->sightings.list[i];
		const struct device *d = s->kind == SIGHTING_MOVED ? s->device : devices_find(&host->devices, host->identities.list[i].address);

		if (d && device_is_on_vfio(d))
			continue;
		waiting++;
		finding_evidence(report, f, list_path(host), "%s is on %s", host->identities.list[i].address,
				 !d ? "no bus" : d->driver ? d->driver : "no driver");
		if (s->left && switched_on)
			finding_evidence(report, f, "/" SIGHTING_LEFT, "%s was left to the host: %s", host->identities.list[i].address, s->left);
	}
	if (waiting && !switched_on) {
		finding_set(report, f, VERDICT_FAIL, "%u device%s will be bound to vfio-pci by the next boot", waiting, waiting == 1 ? "" : "s");
		finding_remedy(report, f, "reboot");
		f->heals_at_reboot = true;
	} else if (waiting) {
		finding_set(report, f, VERDICT_FAIL, "%u device%s set aside %s left to the host at boot", waiting, waiting == 1 ? "" : "s",
			    waiting == 1 ? "was" : "were");
		finding_remedy(report, f, "see devices.identity, and 'slipway:' in the kernel log");
	} else if (bound) {
		finding_evidence(report, f, "/sys/bus/pci/drivers/vfio-pci", "%u devices", bound);
		finding_set(report, f, VERDICT_PASS, "%u device%s on vfio-pci, for guests", bound, bound == 1 ? " is" : "s are");
	} else {
		finding_set(report, f, VERDICT_FAIL, "no device is set aside for guests");
		finding_remedy(report, f, "slipway list shows what can be given; slipway plan --passthrough SELECTOR shows the changes");
	}
}

/* The functions of a card share one link: the first one tells of it. */
static bool tells_of_link(const struct devices *devices, const struct device *d)
{
	return d == devices->list || !devices_share_slot(d - 1, d);
}

void check_devices_link(const struct host *host, struct report *report, struct finding *f)
{
	unsigned known = 0, degraded = 0;

	for (size_t i = 0; i < host->devices.n; i++) {
		const struct device *d = &host->devices.list[i];
		struct link link = link_of(d, devices_parent(&host->devices, d));

		if (link.state == LINK_UNKNOWN || !tells_of_link(&host->devices, d))
			continue;
		known++;
		if (!link_is_degraded(d, &link))
			continue;
		degraded++;
		finding_evidence(report, f, d->address, "runs at %u.%u GT/s x%u, where both ends can %u.%u GT/s x%u", link.speed / 10,
				 link.speed % 10, link.width, link.speed_both / 10, link.speed_both % 10, link.width_both);
	}
	if (degraded) {
		finding_set(report, f, VERDICT_WARN, "%u PCIe link%s slower or narrower than both ends can", degraded,
			    degraded == 1 ? " is" : "s are");
		finding_remedy(report, f, "look at slot, riser and cable, and seat the card anew; the board's manual says which slots lose lanes to others, "
					  "and the firmware's set-up may hold a slot's link speed down");
	} else if (known) {
		finding_set(report, f, VERDICT_PASS, "all %u PCIe links are as fast and wide as both ends can", known);
	} else {
		finding_set(report, f, VERDICT_SKIP, "no PCIe link tells how fast it is");
	}
}
