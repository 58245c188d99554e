/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of s390x' PCI functions: is an address there something to rely on? */

#include "audit/checks.h"

/* Without unique UIDs the kernel counts its PCI domains in the order in which it meets the functions (arch/s390/pci/pci_bus.c). */
static void tell_function(struct report *report, struct finding *f, const struct device *d)
{
	const struct zpci *z = &d->zpci;

	if (z->uid_is_unique == TRUTH_NO)
		finding_evidence(report, f, d->address, "function id %08x; its address may be another function's after a reboot", z->fid);
	else if (z->uid_is_unique == TRUTH_UNKNOWN)
		finding_evidence(report, f, d->address, "function id %08x; this kernel does not say whether UIDs are unique (uid_is_unique)", z->fid);
}

void check_devices_zpci(const struct host *host, struct report *report, struct finding *f)
{
	size_t n = 0, of[TRUTH_YES + 1] = {};

	for (size_t i = 0; i < host->devices.n; i++) {
		const struct device *d = &host->devices.list[i];

		if (!d->zpci.is_there)
			continue;
		n++;
		of[d->zpci.uid_is_unique]++;
		tell_function(report, f, d);
	}
	for (char **fid = host->zpci_standby; fid && *fid; fid++)
		finding_evidence(report, f, "/sys/bus/pci/slots", "function id %s stands by; 1 in its file 'power' switches it on", *fid);
	if (!n) {
		finding_set(report, f, VERDICT_SKIP, "there are no PCI functions of s390x");
	} else if (of[TRUTH_NO]) {
		finding_set(report, f, VERDICT_WARN, "%zu of %zu PCI functions may have another address after a reboot", of[TRUTH_NO], n);
		finding_remedy(report, f, "name them by slot=, which is their function id; or have UID checking switched on for this partition in the "
					  "machine's I/O definition");
	} else if (of[TRUTH_UNKNOWN]) {
		finding_set(report, f, VERDICT_UNKNOWN, "this kernel does not say whether the addresses of PCI functions stay");
	} else {
		finding_set(report, f, VERDICT_PASS, "the addresses of all %zu PCI functions stay: each domain is a unique UID", n);
	}
}
