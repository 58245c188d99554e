/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of virtual functions: what 'slipway vfs' keeps, and what is there. */

#include "audit/checks.h"
#include "common/text.h"

/* Has this device what is kept for it? Evidence where it has not. */
static bool is_as_kept(struct report *report, struct finding *f, const struct host *host, size_t i)
{
	const struct sighting *s = &host->vf_keeps.sightings.list[i];
	const char *address = host->vf_keeps.ids.list[i].address;
	unsigned wanted = host->vf_keeps.sets[i].count;
	size_t n;

	if (s->kind != SIGHTING_HERE && s->kind != SIGHTING_MOVED) {
		finding_evidence(report, f, "/" VF_FOLDER, "%s: the device that was meant is not there%s%s", address,
				 s->kind == SIGHTING_ELSEWHERE ? ", but at " : "", s->kind == SIGHTING_ELSEWHERE ? s->device->address : "");
		return false;
	}
	n = strv_length(s->device->virtual_functions);
	if (n == wanted)
		return true;
	finding_evidence(report, f, s->device->address, "has %zu VFs, and /" VF_FOLDER "/%s keeps %u", n, address, wanted);
	return false;
}

void check_devices_virtual_functions(const struct host *host, struct report *report, struct finding *f)
{
	size_t n = host->vf_keeps.ids.n, wrong = 0;

	for (size_t i = 0; i < n; i++)
		wrong += !is_as_kept(report, f, host, i);
	if (wrong) {
		finding_set(report, f, VERDICT_WARN, "%zu of %zu devices ha%s not the virtual functions that are kept", wrong, n, wrong == 1 ? "s" : "ve");
		finding_remedy(report, f, "slipway vfs --boot makes them now, and says what is in the way; journalctl -u slipway-vfs.service has the "
					  "boot's story");
	} else if (n) {
		finding_set(report, f, VERDICT_PASS, "the virtual functions of %zu device%s are there", n, n == 1 ? "" : "s");
	} else {
		finding_set(report, f, VERDICT_SKIP, "no virtual functions are kept");
	}
}
