/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims: what the kernel's own files say about a disk, besides mounts and slaves. */

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/claim.h"
#include "detect/device.h"

static void claim_done(struct claim *c)
{
	free(c->block);
	free(c->function);
	free(c->what);
}

void claims_done(struct claims *c)
{
	for (size_t i = 0; i < c->n; i++)
		claim_done(&c->list[i]);
	free(c->list);
	*c = (struct claims){};
}

int claims_add(struct claims *c, enum claim_kind kind, const struct block *block, bool is_vital, const char *format, ...)
{
	struct claim claim = { .kind = kind, .is_vital = is_vital }, *grown;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&claim.what, format, ap) < 0)
		claim.what = NULL;
	va_end(ap);
	claim.block = block ? strdup(block->name) : NULL;
	grown = realloc(c->list, (c->n + 1) * sizeof(*grown));
	if (grown)
		c->list = grown;
	if (!grown || !claim.what || (block && !claim.block)) {
		claim_done(&claim);
		return -ENOMEM;
	}
	c->list[c->n++] = claim;
	return 0;
}

int claims_name_function(struct claims *c, const char *address)
{
	char *copy = strdup(address);

	if (!copy)
		return -ENOMEM;
	c->list[c->n - 1].function = copy;
	return 0;
}

bool mount_point_is_vital(const char *target)
{
	return str_eq(target, "/") || str_eq(target, "/boot") || str_eq(target, "/efi") || str_starts(target, "/boot/");
}

static bool is_shown(const struct mounts *mounts, const char *block)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (strv_contains(mounts->list[i].blocks, block))
			return true;
	return false;
}

/* A lazily unmounted file system, or one in a namespace that no process is in, is in no table; its folder here stays. */
static int read_instances(int root_fd, const struct blocks *blocks, const struct mounts *mounts, struct claims *c)
{
	static const char *const types[] = { "ext4", "xfs", "f2fs", "nilfs2", "erofs", "gfs2" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(types) && r >= 0; i++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(root_fd, &names, "sys/fs/%s", types[i]) < 0)
			continue;
		for (char **name = names; name && *name && r >= 0; name++) {
			const struct block *b = blocks_find(blocks, *name);

			if (b && !is_shown(mounts, *name))
				r = claims_add(c, CLAIM_MOUNT, b, false, "%s that the kernel has mounted where no mount table shows it "
					       "(/sys/fs/%s/%s)", types[i], types[i], *name);
		}
	}
	return r;
}

static int read_btrfs(int root_fd, const struct blocks *blocks, const struct mounts *mounts, struct claims *c)
{
	_cleanup_(strv_freep) char **filesystems = NULL;
	int r = 0;

	if (dir_list(root_fd, &filesystems, "sys/fs/btrfs") < 0)
		return 0;
	for (char **fs = filesystems; fs && *fs && r >= 0; fs++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(root_fd, &names, "sys/fs/btrfs/%s/devices", *fs) < 0)
			continue;
		for (char **name = names; name && *name && r >= 0; name++) {
			const struct block *b = blocks_find(blocks, *name);

			if (b && !is_shown(mounts, *name))
				r = claims_add(c, CLAIM_MOUNT, b, false, "btrfs that the kernel has mounted where no mount table shows it "
					       "(/sys/fs/btrfs/%s)", *fs);
		}
	}
	return r;
}

/* sys/fs/bcachefs/UUID/dev-0/block leads to .../nvme1n1 */
static int read_bcachefs_member(int root_fd, const char *fs, const char *member, const struct blocks *blocks, const struct mounts *mounts,
				struct claims *c)
{
	_cleanup_free_ char *name = NULL;

	if (!str_starts(member, "dev-") || fs_read_link_base(root_fd, &name, "sys/fs/bcachefs/%s/%s/block", fs, member) < 0 ||
	    !blocks_find(blocks, name) || is_shown(mounts, name))
		return 0;
	return claims_add(c, CLAIM_MOUNT, blocks_find(blocks, name), false, "bcachefs that the kernel has mounted where no mount table shows it "
			  "(/sys/fs/bcachefs/%s)", fs);
}

static int read_bcachefs(int root_fd, const struct blocks *blocks, const struct mounts *mounts, struct claims *c)
{
	_cleanup_(strv_freep) char **filesystems = NULL;
	int r = 0;

	if (dir_list(root_fd, &filesystems, "sys/fs/bcachefs") < 0)
		return 0;
	for (char **fs = filesystems; fs && *fs && r >= 0; fs++) {
		_cleanup_(strv_freep) char **members = NULL;

		if (dir_list(root_fd, &members, "sys/fs/bcachefs/%s", *fs) < 0)
			continue;
		for (char **member = members; member && *member && r >= 0; member++)
			r = read_bcachefs_member(root_fd, *fs, *member, blocks, mounts, c);
	}
	return r;
}

/* Does this ext4 keep its journal on its own device: proc/fs/jbd2/nvme0n1p1-8, with the journal's inode. */
static bool has_own_journal(char *const *journals, const char *block)
{
	size_t n = strlen(block);

	for (; journals && *journals; journals++)
		if (str_starts(*journals, block) && (*journals)[n] == '-')
			return true;
	return false;
}

/* A journal on a device of its own: proc/fs/jbd2/nvme1n1. No table says whose it is; what lives without a journal of its own may need this one. */
static int read_journals(int root_fd, const struct blocks *blocks, const struct mounts *mounts, struct claims *c)
{
	_cleanup_(strv_freep) char **names = NULL;
	bool is_vital = false;
	int r = 0;

	if (dir_list(root_fd, &names, "proc/fs/jbd2") < 0)
		return 0;
	for (size_t i = 0; i < mounts->n; i++) {
		const struct mount *m = &mounts->list[i];

		if ((str_eq(m->fs_type, "ext4") || str_eq(m->fs_type, "ext3")) && mount_point_is_vital(m->target) && m->blocks && *m->blocks &&
		    !has_own_journal(names, *m->blocks))
			is_vital = true;
	}
	for (char **name = names; name && *name && r >= 0; name++)
		if (blocks_find(blocks, *name))
			r = claims_add(c, CLAIM_MOUNT, blocks_find(blocks, *name), is_vital, "the journal of a file system that is mounted (/proc/fs/jbd2/%s)", *name);
	return r;
}

/* sys/fs/bcache/UUID/cache0 and bdev0 lead to .../block/nvme0n1/nvme0n1p1/bcache, also while no bcache0 is made of them. */
static int read_bcache(int root_fd, const struct blocks *blocks, struct claims *c)
{
	_cleanup_(strv_freep) char **sets = NULL;
	int r = 0;

	if (dir_list(root_fd, &sets, "sys/fs/bcache") < 0)
		return 0;
	for (char **set = sets; set && *set && r >= 0; set++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(root_fd, &names, "sys/fs/bcache/%s", *set) < 0)
			continue;
		for (char **name = names; name && *name && r >= 0; name++) {
			_cleanup_free_ char *link = NULL;
			const struct block *b;

			if ((!str_starts(*name, "cache") && !str_starts(*name, "bdev")) ||
			    fs_read_link(root_fd, &link, "sys/fs/bcache/%s/%s", *set, *name) < 0 || !str_ends(link, "/bcache"))
				continue;
			link[strlen(link) - strlen("/bcache")] = '\0';
			b = blocks_find(blocks, str_base(link));
			if (b)
				r = claims_add(c, CLAIM_HOLDER, b, false, "held by bcache set %s", *set);
		}
	}
	return r;
}

/* A file of configfs that names a device which the kernel serves to others. */
static int read_export(int root_fd, const char *path, const char *who, const struct blocks *blocks, struct claims *c)
{
	_cleanup_free_ char *device = NULL;
	const struct block *b;

	if (fs_read_line(root_fd, &device, "%s", path) < 0 || !*device)
		return 0;
	b = blocks_find_source(root_fd, blocks, device);
	return b ? claims_add(c, CLAIM_HOLDER, b, false, "exported by %s (/%s)", who, path) : 0;
}

static int read_exports_below(int root_fd, const char *folder, const char *leaf, const char *who, const struct blocks *blocks,
			      struct claims *c)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, "%s", folder) < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *path = text_format("%s/%s/%s", folder, *name, leaf);

		r = path ? read_export(root_fd, path, who, blocks, c) : -ENOMEM;
	}
	return r;
}

/* nvmet/subsystems/NQN/passthru/device_path names a whole controller, "/dev/nvme1". */
static int read_passthru(int root_fd, const char *subsystem, struct claims *c)
{
	_cleanup_free_ char *device = NULL, *link = NULL, *address = NULL;
	int r;

	if (fs_read_line(root_fd, &device, "sys/kernel/config/nvmet/subsystems/%s/passthru/device_path", subsystem) < 0 ||
	    !str_starts(device, "/dev/nvme") || fs_read_link(root_fd, &link, "sys/class/nvme/%s", str_base(device)) < 0)
		return 0;
	address = address_in_path(link);
	if (!address)
		return 0;
	r = claims_add(c, CLAIM_HOLDER, NULL, false, "exported by the NVMe target (/sys/kernel/config/nvmet/subsystems/%s/passthru)", subsystem);
	return r < 0 ? r : claims_name_function(c, address);
}

static int read_passthrus(int root_fd, struct claims *c)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, "sys/kernel/config/nvmet/subsystems") < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++)
		r = read_passthru(root_fd, *name, c);
	return r;
}

/* nvmet/subsystems/NQN/namespaces/N/device_path and target/core/iblock_0/NAME/udev_path: one more level in between. */
static int read_exports(int root_fd, const struct blocks *blocks, struct claims *c)
{
	static const struct {
		const char *folder, *between, *leaf, *who;
	} targets[] = {
		{ "sys/kernel/config/nvmet/subsystems", "/namespaces", "device_path", "the NVMe target" },
		{ "sys/kernel/config/target/core", "", "udev_path", "the SCSI target" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(root_fd, &names, "%s", targets[i].folder) < 0)
			continue;
		for (char **name = names; name && *name && r >= 0; name++) {
			_cleanup_free_ char *folder = text_format("%s/%s%s", targets[i].folder, *name, targets[i].between);

			r = folder ? read_exports_below(root_fd, folder, targets[i].leaf, targets[i].who, blocks, c) : -ENOMEM;
		}
	}
	return r;
}

/* ZFS shows neither holders nor, for a pool of volumes, mounts; proc/spl/kstat/zfs has a folder for each pool that is imported. */
static int read_zfs(int root_fd, const struct blocks *blocks, struct claims *c)
{
	_cleanup_(strv_freep) char **names = NULL, **pools = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, "proc/spl/kstat/zfs") < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++)
		if (fs_exists(root_fd, "proc/spl/kstat/zfs/%s/state", *name))
			r = strv_add(&pools, *name);
	for (size_t i = 0; i < blocks->n && pools && r >= 0; i++) {
		const struct block *b = &blocks->list[i];

		if (!str_eq(b->signature, "zfs_member"))
			continue;
		if (!b->label)
			r = claims_add(c, CLAIM_HOLDER, b, false, "zfs_member, while a ZFS pool is imported");
		else if (strv_contains(pools, b->label))
			r = claims_add(c, CLAIM_HOLDER, b, false, "held by ZFS pool %s, which is imported", b->label);
	}
	return r;
}

/*
 * A DMA engine whose channels others have asked for, such as raid456 for its parity: sys/class/dma/dma0chan0/in_use counts
 * them. One inside a serial port or an I2C controller (.../0000:00:15.0/idma64.0/dma/...) serves that alone.
 */
static int read_dma_channels(int root_fd, struct claims *c)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, "sys/class/dma") < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *in_use = NULL, *link = NULL, *address = NULL, *end = NULL;
		unsigned users;

		if (fs_read_line(root_fd, &in_use, "sys/class/dma/%s/in_use", *name) < 0 || parse_unsigned(in_use, &users) < 0 || !users ||
		    fs_read_link(root_fd, &link, "sys/class/dma/%s", *name) < 0)
			continue;
		address = address_in_path(link);
		end = address ? text_format("%s/dma/%s", address, *name) : NULL;
		if (!end || !str_ends(link, end))
			continue;
		r = claims_add(c, CLAIM_HOLDER, NULL, false, "the kernel has asked for its channel %s (/sys/class/dma/%s/in_use)", *name, *name);
		if (r >= 0)
			r = claims_name_function(c, address);
	}
	return r;
}

int claims_read(int root_fd, const struct cmdline *running, const struct boot *boot, const struct blocks *blocks,
		const struct mounts *mounts, struct claims *ret)
{
	_cleanup_(claims_done) struct claims c = {};
	int r;

	r = read_instances(root_fd, blocks, mounts, &c);
	if (r >= 0)
		r = read_btrfs(root_fd, blocks, mounts, &c);
	if (r >= 0)
		r = read_bcachefs(root_fd, blocks, mounts, &c);
	if (r >= 0)
		r = read_journals(root_fd, blocks, mounts, &c);
	if (r >= 0)
		r = read_bcache(root_fd, blocks, &c);
	if (r >= 0)
		r = read_exports(root_fd, blocks, &c);
	if (r >= 0)
		r = read_passthrus(root_fd, &c);
	if (r >= 0)
		r = read_zfs(root_fd, blocks, &c);
	if (r >= 0)
		r = read_dma_channels(root_fd, &c);
	if (r >= 0)
		r = claims_read_shares(root_fd, mounts, &c);
	if (r >= 0)
		r = claims_read_files(root_fd, running, blocks, mounts, &c);
	if (r >= 0)
		r = claims_read_boot(root_fd, boot, blocks, &c);
	if (r < 0)
		return log_oom();
	*ret = TAKE(c);
	return 0;
}
