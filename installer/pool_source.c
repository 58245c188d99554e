/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a storage pool is over: a folder, an LVM volume group, an export of NFS. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/pool_source.h"

/* "my--group-root": device-mapper's names of LVM have the group in front, its dashes doubled (dm_split_lvm_name() of libdevmapper). */
static bool is_volume_of(const char *mapper, const char *group)
{
	while (*group) {
		if (*mapper != *group || (*group == '-' && *++mapper != '-'))
			return false;
		mapper++;
		group++;
	}
	return mapper[0] == '-' && mapper[1] && mapper[1] != '-';
}

/* Has it volumes that are active? */
static bool has_active_volume(int root_fd, const char *group)
{
	_cleanup_(strv_freep) char **disks = NULL;

	if (dir_list(root_fd, &disks, "sys/block") < 0)
		return false;
	for (char **disk = disks; disk && *disk; disk++) {
		_cleanup_free_ char *name = NULL, *uuid = NULL;

		if (str_starts(*disk, "dm-") && fs_read_line(root_fd, &uuid, "sys/block/%s/dm/uuid", *disk) >= 0 && str_starts(uuid, "LVM-") &&
		    fs_read_line(root_fd, &name, "sys/block/%s/dm/name", *disk) >= 0 && is_volume_of(name, group))
			return true;
	}
	return false;
}

bool lvm_group_exists(int root_fd, const char *group)
{
	return has_active_volume(root_fd, group) || fs_exists(root_fd, "etc/lvm/backup/%s", group);
}

/*
 * libvirt deactivates all volumes of a group whose pool it stops (virStorageBackendLogicalStopPool). Where they are active
 * today, they are again after a rollback: commands are taken back when the pool is, and this one by being run anew.
 */
static int plan_group(const struct host *host, const struct pool_wish *pool, struct plan *plan)
{
	const char *const argv[] = { "vgchange", "--activate", "ay", pool->group, NULL };

	if (!lvm_group_exists(host->root_fd, pool->group))
		return log_invalid("pools: %s: there is no LVM volume group %s in sight (neither active volumes nor /etc/lvm/backup/%s); make it with vgcreate, "
				   "or where it is there, 'vgcfgbackup %s' writes that file", pool->name, pool->group, pool->group, pool->group);
	if (!has_active_volume(host->root_fd, pool->group))
		return 0;
	return plan_add_command(plan, (char *const *)argv, NULL, "the group's volumes are active, and are so again after a rollback");
}

static int check_nfs(const struct host *host, const struct pool_wish *pool)
{
	static const char *const helpers[] = { "usr/sbin/mount.nfs", "sbin/mount.nfs", "usr/bin/mount.nfs" };

	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (fs_exists(host->root_fd, "%s", helpers[i]))
			return 0;
	return log_invalid("pools: %s: mount.nfs is not installed; install nfs-common (Debian, Ubuntu), nfs-utils (Fedora, RHEL, Arch) or nfs-client (SUSE)",
			   pool->name);
}

int pool_source_plan(const struct host *host, const struct pool_wish *pool, bool is_new, struct plan *plan)
{
	int r = 0;

	if (pool->type == POOL_LVM)
		return is_new ? plan_group(host, pool, plan) : 0;
	if (pool->type == POOL_NFS)
		r = check_nfs(host, pool);
	return r < 0 ? r : plan_want_folder(plan, host->root_fd, pool->path + 1);
}
