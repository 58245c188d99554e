/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stale guests: saved definitions that name a device by the address that it had before the buses got other numbers. */

#include <errno.h>
#include <string.h>

#include "cli/stale_guests.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "passthrough/guest_holders.h"
#include "passthrough/hostdev.h"

static struct finding *find(struct report *report)
{
	for (size_t i = 0; i < report->n; i++)
		if (str_eq(report->list[i].id, "devices.identity"))
			return &report->list[i];
	return NULL;
}

static bool has_moved(const struct host *host)
{
	for (size_t i = 0; i < host->sightings.n; i++)
		if (host->sightings.list[i].kind == SIGHTING_MOVED)
			return true;
	return false;
}

static void tell(const struct host *host, const struct hostdevs *devices, const char *path, struct report *report, struct finding *f)
{
	for (size_t i = 0; i < host->sightings.n; i++) {
		const struct sighting *s = &host->sightings.list[i];
		const char *old = host->identities.list[i].address;

		if (s->kind == SIGHTING_MOVED && hostdevs_find(devices, old))
			finding_evidence(report, f, path, "names %s, and that device is at %s now", old, s->device->address);
	}
}

int stale_guests_tell(const struct host *host, struct report *report)
{
	_cleanup_(strv_freep) char **names = NULL;
	struct finding *f = find(report);

	if (!f || !has_moved(host) || dir_list(host->root_fd, &names, GUEST_DEFINITIONS) < 0)
		return 0;
	for (char **name = names; name && *name; name++) {
		_cleanup_(hostdevs_done) struct hostdevs devices = {};
		_cleanup_free_ char *xml = NULL, *path = NULL;
		size_t n = strlen(*name);

		if (n < 5 || !str_eq(*name + n - 4, ".xml") || fs_read(host->root_fd, &xml, NULL, GUEST_DEFINITIONS "/%s", *name) < 0)
			continue;
		if (hostdevs_parse(xml, &devices) < 0)
			continue;
		path = text_format("/" GUEST_DEFINITIONS "/%s", *name);
		if (!path)
			return -ENOMEM;
		tell(host, &devices, path, report, f);
	}
	return report->failed ? -ENOMEM : 0;
}
