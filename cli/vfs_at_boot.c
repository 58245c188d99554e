/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway vfs --boot: the virtual functions that are kept come back at each boot. */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/vfs_at_boot.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "detect/host.h"
#include "installer/lock.h"
#include "passthrough/vf_make.h"

/* Only the device that was meant gets them, as with binding at boot. */
static const struct device *choose(const struct identity *id, const struct sighting *s)
{
	if (s->kind == SIGHTING_HERE || s->kind == SIGHTING_MOVED) {
		if (s->kind == SIGHTING_MOVED)
			log_info("%s was found again at %s, behind the same bridges", id->address, s->device->address);
		return s->device;
	}
	if (s->kind == SIGHTING_ELSEWHERE)
		log_error("%s gets no VFs: the device that was meant is at %s now, behind other bridges; 'slipway vfs %s' says it anew", id->address,
			  s->device->address, s->device->address);
	else if (s->other)
		log_error("%s gets no VFs: what is there differs from the device that was meant in %s", id->address, s->why ? s->why : "its place");
	else
		log_error("%s gets no VFs: there is no such device", id->address);
	return NULL;
}

static int make(const struct host *host, const struct device *d, const struct vf_set *set)
{
	unsigned now;
	int r;

	r = vf_count_read(host->root_fd, d->address, &now);
	if (r < 0)
		return log_errno(r, "%s gets no VFs: sriov_numvfs cannot be read", d->address);
	/* Whoever has made others knows why, and somebody may use them by now. */
	if (now && now != set->count)
		return log_error("%s has %u VFs already, not %u; they are left as they are", d->address, now, set->count), -EBUSY;
	r = vf_set_make(host->root_fd, d->address, set);
	if (r >= 0)
		printf("%s has %u VFs\n", d->address, set->count);
	return r;
}

static int make_all(const struct host *host)
{
	const struct vf_keeps *keeps = &host->vf_keeps;
	int status = EXIT_DONE;

	for (size_t i = 0; i < keeps->ids.n; i++) {
		const struct device *d = choose(&keeps->ids.list[i], &keeps->sightings.list[i]);

		if (!d || make(host, d, &keeps->sets[i]) < 0)
			status = EXIT_NOT_READY;
	}
	return status;
}

/* An interrupted slipway is the next verb's to take back: the files are true at every moment, and libvirt does not run yet. */
int vfs_at_boot(const struct cli *cli)
{
	_cleanup_(host_done) struct host host = {};
	int lock, status;

	if (geteuid() != 0)
		return log_error("changing this host needs root; try again with sudo"), EXIT_UNDONE;
	lock = lock_take(cli->root_fd, cli->verb, cli->wait);
	if (lock < 0)
		return lock == -EBUSY ? EXIT_BUSY : EXIT_UNDONE;
	status = host_read(cli->root_fd, cli->is_live, &host) < 0 ? EXIT_UNDONE : make_all(&host);
	lock_release(lock);
	return status;
}
