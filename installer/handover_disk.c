/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks of a handover: NVMe namespaces that a guest gets as disks. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/handover_disk.h"

#define BY_ID "dev/disk/by-id"

void disks_done(struct disks *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->list[i].path);
		free(d->list[i].serial);
		free(d->list[i].target);
	}
	free(d->list);
	*d = (struct disks){};
}

static bool is_word_for(const char *name)
{
	return str_starts(name, "nvme-") && !str_starts(name, "nvme-eui.") && !str_starts(name, "nvme-nvme.") && !str_starts(name, "nvme-uuid.");
}

/* udev's link with model and serial in it, else any that leads to the namespace and no partition; NULL: none. */
static char *find_link(int root_fd, char *const *names, const char *disk)
{
	const char *found = NULL;

	for (; names && *names; names++) {
		_cleanup_free_ char *base = NULL;

		if (!str_starts(*names, "nvme-") || fs_read_link_base(root_fd, &base, BY_ID "/%s", *names) < 0 || !str_eq(base, disk))
			continue;
		if (!found || (is_word_for(*names) && !is_word_for(found)))
			found = *names;
	}
	return found ? text_format("/" BY_ID "/%s", found) : NULL;
}

int disks_of(const struct host *host, const struct device *d, struct disks *ret, struct refusals *refusals)
{
	_cleanup_(disks_done) struct disks disks = { .list = calloc(d->n_namespaces + 1, sizeof(*disks.list)) };
	_cleanup_(strv_freep) char **names = NULL;

	if (!disks.list)
		return log_oom();
	if (!d->n_namespaces)
		return refusals_add(refusals, d->address, "no-disk", "", "%s has no disk of its own on the host: --as block is for an NVMe drive that the "
				    "host's nvme driver has%s%s", d->address, device_is_on_vfio(d) ? "; first: slipway release " : "",
				    device_is_on_vfio(d) ? d->address : "");
	if (dir_list(host->root_fd, &names, BY_ID) < 0)
		names = NULL;
	for (size_t i = 0; i < d->n_namespaces; i++) {
		struct disk *disk = &disks.list[disks.n];

		disk->path = find_link(host->root_fd, names, d->namespaces[i].name);
		if (!disk->path)
			return refusals_add(refusals, d->address, "no-disk", "", "%s: there is no link to %s in /" BY_ID ", and its name may be another "
					    "drive's after the next boot; 'udevadm trigger' makes the links", d->address, d->namespaces[i].name);
		disks.n++;
		/* Two disks with one serial would be one to the guest. */
		disk->serial = d->serial && d->n_namespaces == 1 ? strdup(d->serial) : NULL;
	}
	*ret = TAKE(disks);
	return 0;
}

int disk_target(const char *live_xml, const char *saved_xml, char ***taken, char **ret)
{
	char *name = NULL;
	int r;

	r = elements_free_target(live_xml, saved_xml, *taken, &name);
	if (r >= 0 && strv_add(taken, name) < 0) {
		free(name);
		return log_oom();
	}
	if (r < 0)
		return log_errno(r, "cannot find a free name for a disk of the guest");
	*ret = name;
	return 0;
}

int disk_wish_nvme(const struct device *d, const char *live_xml, const char *saved_xml, char ***taken, struct element_wish *wish,
		   struct refusals *refusals)
{
	_cleanup_free_ char *target = NULL;
	int r;

	if (!device_is_nvme(d))
		return refusals_add(refusals, d->address, "no-disk", "", "%s is no NVMe controller: --as disk is QEMU's driver for these", d->address);
	if (d->n_namespaces > 1)
		return refusals_add(refusals, d->address, "no-disk", "", "%s has %zu namespaces, and QEMU's driver opens the controller for one of them; "
				    "--as hostdev gives them all", d->address, d->n_namespaces);
	r = disk_target(live_xml, saved_xml, taken, &target);
	if (r < 0)
		return r;
	wish->target = (*taken)[strv_length(*taken) - 1];
	wish->serial = d->serial;
	/* Where it is not known it is the first, as on every drive that nobody has partitioned so. */
	wish->namespace = d->n_namespaces && d->namespaces[0].number ? d->namespaces[0].number : 1;
	return 0;
}
