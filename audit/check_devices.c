/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the devices that are set aside for guests. */

#include "audit/checks.h"
#include "common/text.h"

void check_devices_identity(const struct host *host, struct report *report, struct finding *f)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < host->identities.n; i++) {
		const struct identity *id = &host->identities.list[i];
		const struct device *d = devices_find(&host->devices, id->address);
		const char *why = "the address: no device is there";

		if (d && identity_agrees(id, d, &why))
			continue;
		wrong++;
		if (d && str_eq(why, "serial"))
			finding_evidence(report, f, "/" IDENTITY_FILE, "%s: serial %s was meant, and %s is there", id->address, id->serial,
					 d->serial);
		else
			finding_evidence(report, f, "/" IDENTITY_FILE, "%s: differs in %s", id->address, why);
	}
	if (wrong) {
		finding_set(report, f, VERDICT_FAIL, "%u of %zu devices set aside %s not the one%s that %s meant; the host keeps what is there",
			    wrong, host->identities.n, wrong == 1 ? "is" : "are", wrong == 1 ? "" : "s", wrong == 1 ? "was" : "were");
		finding_remedy(report, f, "put the device back, or run slipway plan again for the one that is there now");
	} else if (host->identities.n) {
		finding_set(report, f, VERDICT_PASS, "all %zu devices set aside are the ones that were meant", host->identities.n);
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
		const struct device *d = devices_find(&host->devices, host->identities.list[i].address);

		if (d && device_is_on_vfio(d))
			continue;
		waiting++;
		finding_evidence(report, f, "/" IDENTITY_FILE, "%s is on %s", host->identities.list[i].address,
				 !d ? "no bus" : d->driver ? d->driver : "no driver");
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
