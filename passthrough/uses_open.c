/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that a process has open: guests with a vfio device, and programs at a raw disk or a GPU. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/uses_channel.h"
#include "passthrough/uses_open.h"
#include "passthrough/uses_storage.h"

/* A guest has a part of the device, which goes when the device's driver does. */
static int tell_mediated(const struct host *host, const struct mediated_parent *p, int group, const char *what, struct uses *uses)
{
	const struct device *d = devices_find(&host->devices, p->function);
	int r = 0;

	for (size_t i = 0; !d && i < p->n_devices && r >= 0; i++)
		if (p->devices[i].iommu_group == group)
			r = uses_tell_mediated(host, uses, p->devices[i].uuid, USE_VFIO, what);
	for (size_t i = 0; d && i < p->n_devices && r >= 0; i++) {
		_cleanup_free_ char *via = NULL;

		if (p->devices[i].iommu_group != group)
			continue;
		via = text_format("mediated device %s", p->devices[i].uuid);
		r = via ? uses_add(uses, d, USE_VFIO, what, via, false) : -ENOMEM;
	}
	return r;
}

/* A group is open as a whole; a function of it that is not on vfio-pci is a bridge. */
static int tell_group(const struct host *host, int group, const char *what, struct uses *uses)
{
	int r = 0;

	for (size_t i = 0; i < host->devices.n && r >= 0; i++) {
		const struct device *d = &host->devices.list[i];

		if (d->iommu_group == group && device_is_on_vfio(d))
			r = uses_add(uses, d, USE_VFIO, what, "", false);
	}
	for (size_t i = 0; i < host->mediated.n && r >= 0; i++)
		r = tell_mediated(host, &host->mediated.list[i], group, what, uses);
	return r;
}

static int tell_opener(const struct host *host, const struct opener *o, struct uses *uses)
{
	const struct device *d = devices_find(&host->devices, o->function);
	_cleanup_free_ char *what = text_format("process %u (%s%s%s) has %s open", o->pid, o->command, o->guest ? ", guest " : "",
						 o->guest ? o->guest : "", o->node);

	if (!what)
		return -ENOMEM;
	if (o->group >= 0)
		return tell_group(host, o->group, what, uses);
	if (o->is_crypto)
		return uses_tell_crypto(host, uses, USE_OPEN, what);
	if (o->block)
		return uses_tell_block(host, uses, USE_OPEN, what, o->block);
	return d ? uses_add(uses, d, device_is_on_vfio(d) ? USE_VFIO : USE_OPEN, what, "", false) : 0;
}

/* Is there a use whose way leads over this disk, and that claims it? Another disk of the same controller may be in use, too. */
static bool is_explained(const struct uses *uses, const char *disk)
{
	size_t size = strlen(disk);

	for (size_t i = 0; i < uses->n; i++) {
		const struct use *use = &uses->list[i];

		if (use->kind != USE_MOUNT && use->kind != USE_SWAP && use->kind != USE_HOLDER)
			continue;
		if (str_starts(use->via, disk) && (!use->via[size] || use->via[size] == ' '))
			return true;
	}
	return false;
}

/* A claim that a mount, swap or a holder explains needs no second word. */
static int tell_claimed(const struct host *host, const char *name, struct uses *uses)
{
	_cleanup_free_ char *what = NULL;

	if (is_explained(uses, name))
		return 0;
	what = text_format("the kernel holds /dev/%s for itself, although nothing shows what for", name);
	return what ? uses_tell_block(host, uses, USE_HOLDER, what, name) : -ENOMEM;
}

int uses_find_open(const struct host *host, struct uses *uses)
{
	int r = 0;

	for (size_t i = 0; i < host->openers.n && r >= 0; i++)
		r = tell_opener(host, &host->openers.list[i], uses);
	for (char **name = host->openers.claimed; name && *name && r >= 0; name++)
		r = tell_claimed(host, *name, uses);
	return r;
}
