/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of what s390x has beside PCI functions: CCW devices, crypto queues, and network ports on qeth. */

#include "audit/checks.h"
#include "common/text.h"

/* A definition of mdevctl's names the subchannel, whose number belongs to the order in which the machine was found. */
static void tell_definitions(const struct host *host, struct report *report, struct finding *f, const struct ccw_device *d)
{
	for (size_t i = 0; i < host->mediated.n; i++) {
		const struct mediated_parent *p = &host->mediated.list[i];

		for (size_t j = 0; j < p->n_devices && str_eq(p->name, d->subchannel); j++)
			if (p->devices[j].is_defined)
				finding_evidence(report, f, d->id, "mediated device %s is defined for its subchannel %s; after changes of the machine's I/O "
						 "definition that may be another device's", p->devices[j].uuid, d->subchannel);
	}
}

void check_devices_ccw(const struct host *host, struct report *report, struct finding *f)
{
	const char *twice = NULL, *gone = NULL;
	size_t disks = 0, aside = 0, wanted_twice = 0, hidden = 0;

	for (size_t i = 0; i < host->ccws.n; i++) {
		const struct ccw_device *d = &host->ccws.list[i];
		bool is_aside = ccw_is_on_vfio(d) || str_eq(d->override, "vfio_ccw");

		disks += d->kind == CCW_DASD || d->kind == CCW_FBA;
		aside += is_aside;
		tell_definitions(host, report, f, d);
		if (is_aside && d->is_hidden) {
			hidden++;
			gone = d->id;
			finding_evidence(report, f, d->id, "set aside for guests, and cio_ignore= in /proc/cmdline hides it at each boot");
		}
		if (is_aside && d->configured) {
			wanted_twice++;
			twice = d->id;
			finding_evidence(report, f, d->id, "set aside for guests, and %s has the host use it at each boot", d->configured);
		}
	}
	if (!disks && !aside)
		finding_set(report, f, VERDICT_SKIP, "there are no DASDs");
	else if (wanted_twice) {
		finding_set(report, f, VERDICT_WARN, "%zu of %zu CCW devices set aside for guests %s the host's own at the next boot", wanted_twice, aside,
			    wanted_twice == 1 ? "is" : "are");
		finding_remedy(report, f, "chzdev --disable --persistent %s, or remove the line from the file that the evidence names", twice);
	} else if (hidden) {
		finding_set(report, f, VERDICT_WARN, "%zu of %zu CCW devices set aside for guests %s not there after a boot", hidden, aside, hidden == 1 ? "is" : "are");
		finding_remedy(report, f, "put !%s behind what cio_ignore= has on the kernel's command line; until then 'cio_ignore -r %s' shows it after a boot", gone,
			       gone);
	} else {
		finding_set(report, f, VERDICT_PASS, "%zu DASDs, %zu of them set aside for guests", disks, aside);
	}
}

/* Queues that the masks let go of, and that vfio_ap does not have; *ret_first is one of them. */
static size_t tell_stray(const struct ap *a, struct report *report, struct finding *f, const struct ap_queue **ret_first)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct ap_queue *q = &a->list[i];

		if (q->is_hosts != TRUTH_NO || ap_queue_is_on_vfio(q))
			continue;
		if (!n++)
			*ret_first = q;
		finding_evidence(report, f, q->name, "the masks keep it from the host, and %s", ap_queue_is_passable(q) ? "vfio_ap does not have it" :
				 "vfio_ap drives no card that is older than CEX4");
	}
	return n;
}

/* The bit of either mask that keeps it from the host (Documentation/arch/s390/vfio-ap.rst: relative values). */
static void suggest_return(const struct ap *a, const struct ap_queue *q, struct report *report, struct finding *f)
{
	bool by_card = !ap_mask_has(&a->cards, q->card);

	finding_remedy(report, f, "modprobe vfio_ap; or give them back to the host: 'echo +0x%02x > /sys/bus/ap/%s' for %s", by_card ? q->card : q->domain,
		       by_card ? "apmask" : "aqmask", q->name);
}

/* A guest gets a card only where vfio_ap has each queue of its product (vfio-ap.rst, "Configure the guest's AP resources"). */
static size_t tell_missing(const struct host *host, struct report *report, struct finding *f)
{
	size_t n = 0;

	for (size_t i = 0; i < host->mediated.n; i++)
		for (size_t j = 0; j < host->mediated.list[i].n_devices; j++) {
			const struct mediated_device *d = &host->mediated.list[i].devices[j];

			for (char **name = d->queues; name && *name; name++) {
				const struct ap_queue *q = ap_find(&host->ap, *name);
				const char *why = NULL;

				if (d->has_guest_queues && !strv_contains(d->guest_queues, *name))
					why = "its guest does not get it";
				else if (!q)
					why = "this host has no such queue";
				else if (q->is_hosts == TRUTH_YES)
					why = "the masks keep it for the host";
				n += why != NULL;
				if (why)
					finding_evidence(report, f, d->uuid, "%s is assigned, and %s", *name, why);
			}
		}
	return n;
}

void check_devices_crypto(const struct host *host, struct report *report, struct finding *f)
{
	const struct ap *a = &host->ap;
	const struct ap_queue *first = NULL;
	size_t hosts = 0, stray = tell_stray(a, report, f, &first), missing = tell_missing(host, report, f);

	for (size_t i = 0; i < a->n; i++)
		hosts += a->list[i].is_hosts == TRUTH_YES;
	if (!a->n && !missing) {
		finding_set(report, f, VERDICT_SKIP, "there are no crypto queues");
	} else if (!a->masks_known && a->n) {
		finding_set(report, f, VERDICT_UNKNOWN, "apmask and aqmask in /sys/bus/ap could not be read, so it is not known which queues are the host's");
	} else if (missing) {
		finding_set(report, f, VERDICT_WARN, "%zu assigned crypto queue%s of no use to the guest", missing, missing == 1 ? " is" : "s are");
		finding_remedy(report, f, "a guest gets a card only with all queues that its device names: slipway detach, and attach with those that are there");
	} else if (stray) {
		finding_set(report, f, VERDICT_WARN, "%zu crypto queue%s neither the host's nor for guests", stray, stray == 1 ? " is" : "s are");
		suggest_return(a, first, report, f);
	} else {
		finding_set(report, f, VERDICT_PASS, "%zu crypto queues: %zu the host's, %zu for guests", a->n, hosts, a->n - hosts);
	}
}

/* What is wrong with a port for guests, or NULL. */
static const char *fault_of(const struct qeth *q)
{
	if (q->is_online == TRUTH_NO)
		return NULL;
	if (q->layer2 == TRUTH_NO)
		return "works on layer 3: it carries IP of the host's own addresses alone, so neither a bridge nor macvtap brings guests out there";
	if (q->bridge && !qeth_serves_bridge(q))
		return "is a port of a bridge, and the card hands it only what is sent to the host's own address: guests get no answers";
	return NULL;
}

static const char *name_of(const struct qeth *q)
{
	return q->netif ? q->netif : "no interface";
}

/* What speaks for care, and is no fault. */
static void tell_port(struct report *report, struct finding *f, const struct qeth *q)
{
	if (q->bridge && qeth_serves_bridge(q))
		finding_evidence(report, f, q->id, "%s: port of %s, and the card takes in what is for guests (%s)", name_of(q), q->bridge,
				 str_eq(q->bridge_state, "active") ? "bridge port" : "VNIC characteristics");
	else if (q->layer2 == TRUTH_YES)
		finding_evidence(report, f, q->id, "%s: layer 2; macvtap works, and the card must know each guest's MAC address", name_of(q));
	else if (q->is_online != TRUTH_NO)
		finding_evidence(report, f, q->id, "%s: the kernel does not say on which layer it works", name_of(q));
	if (str_eq(q->isolation, "drop") || str_eq(q->isolation, "forward"))
		finding_evidence(report, f, q->id, "%s: isolation is '%s': what goes to another system on the same card is %s", name_of(q), q->isolation,
				 str_eq(q->isolation, "drop") ? "dropped" : "sent through the switch");
}

void check_devices_qeth(const struct host *host, struct report *report, struct finding *f)
{
	const char *first = NULL;
	size_t layer3 = 0, bridged = 0, unknown = 0;

	for (size_t i = 0; i < host->qeths.n; i++) {
		const struct qeth *q = &host->qeths.list[i];
		const char *fault = fault_of(q);

		if (fault && (!first || (!bridged && q->layer2 != TRUTH_NO)))
			first = q->id;
		layer3 += fault && q->layer2 == TRUTH_NO;
		bridged += fault && q->layer2 != TRUTH_NO;
		unknown += q->layer2 == TRUTH_UNKNOWN && q->is_online != TRUTH_NO;
		if (fault)
			finding_evidence(report, f, q->id, "%s %s", name_of(q), fault);
		else
			tell_port(report, f, q);
	}
	if (!host->qeths.n) {
		finding_set(report, f, VERDICT_SKIP, "there are no network ports on qeth");
	} else if (bridged) {
		finding_set(report, f, VERDICT_WARN, "%zu of %zu qeth ports belong to a bridge whose guests cannot be reached", bridged, host->qeths.n);
		finding_remedy(report, f, "chzdev qeth %s vnicc/flooding=1 vnicc/mcast_flooding=1 vnicc/learning=1; on a card without VNIC characteristics "
					  "bridge_role=primary; or put guests on the port by macvtap", first);
	} else if (layer3) {
		finding_set(report, f, VERDICT_WARN, "%zu of %zu qeth ports work on layer 3, and carry no guests", layer3, host->qeths.n);
		finding_remedy(report, f, "chzdev qeth %s layer2=1: the port is offline meanwhile, and loses its addresses", first);
	} else if (unknown) {
		finding_set(report, f, VERDICT_UNKNOWN, "on which layer %zu of %zu qeth ports work is not known", unknown, host->qeths.n);
	} else {
		finding_set(report, f, VERDICT_PASS, "the qeth ports can carry guests (%zu)", host->qeths.n);
	}
}
