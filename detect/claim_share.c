/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims by file systems that the hypervisor below shares: virtiofs and 9p come through a virtio device, and no block device shows them. */

#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/claim.h"
#include "detect/device.h"

/* The mount of this type that matters most. */
static const struct mount *find_mount(const struct mounts *mounts, const char *fs_type)
{
	const struct mount *found = NULL;

	for (size_t i = 0; i < mounts->n; i++) {
		const struct mount *m = &mounts->list[i];

		if (str_eq(m->fs_type, fs_type) && !m->peer && (!found || (mount_point_is_vital(m->target) && !mount_point_is_vital(found->target))))
			found = m;
	}
	return found;
}

/* Which device has which share is in sysfs since Linux 6.9 only, so each of several may be the one. */
static int read_kind(int root_fd, const char *driver, const struct mount *m, struct claims *c)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, "sys/bus/virtio/drivers/%s", driver) < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *link = NULL, *address = NULL;

		if (!str_starts(*name, "virtio") || fs_read_link(root_fd, &link, "sys/bus/virtio/drivers/%s/%s", driver, *name) < 0)
			continue;
		address = address_in_path(link);
		if (!address)
			continue;
		r = claims_add(c, CLAIM_MOUNT, NULL, mount_point_is_vital(m->target), "%s on %s comes through it or another of its kind", m->fs_type, m->target);
		if (r >= 0)
			r = claims_name_function(c, address);
	}
	return r;
}

int claims_read_shares(int root_fd, const struct mounts *mounts, struct claims *c)
{
	static const struct {
		const char *fs_type, *driver;
	} kinds[] = { { "virtiofs", "virtiofs" }, { "9p", "9pnet_virtio" } };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && r >= 0; i++) {
		const struct mount *m = find_mount(mounts, kinds[i].fs_type);

		if (m)
			r = read_kind(root_fd, kinds[i].driver, m, c);
	}
	return r;
}
