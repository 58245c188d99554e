/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of EFI variables: variable V has value W, it had X. The target is NAME-GUID, as in efivarfs; contents are as in
 * its files: four bytes of attributes, then the data (Documentation/filesystems/efivarfs.rst).
 *
 * The firmware replaces a variable in one step, so there is no temporary and nothing to sync.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/efi.h"
#include "installer/change.h"

#define ATTRIBUTES_SIZE 4 /* a file that is shorter is no variable: what an interrupted creation leaves */

static int folder_open(int root_fd)
{
	return fs_open(root_fd, O_RDONLY | O_DIRECTORY, EFIVARS);
}

int efivar_content_read(int root_fd, const char *name, struct content *ret)
{
	_cleanup_free_ char *path = text_format(EFIVARS "/%s", name);
	struct content content = {};
	int r;

	if (!path)
		return -ENOMEM;
	r = content_read(root_fd, path, &content);
	if (r < 0)
		return r;
	if (content.exists && content.size < ATTRIBUTES_SIZE)
		content_done(&content);
	*ret = content;
	return 0;
}

/* The kernel guards most variables against an "rm -rf" with this flag. 1: it was set, and is taken away; 0: it was not. */
static int make_mutable(int folder_fd, const char *name)
{
	_cleanup_close_ int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int flags;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	/* A file system without flags (a pretended one) guards nothing. */
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & FS_IMMUTABLE_FL))
		return 0;
	flags &= ~FS_IMMUTABLE_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0 ? -errno : 1;
}

static void make_immutable(int folder_fd, const char *name)
{
	_cleanup_close_ int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return;
	flags |= FS_IMMUTABLE_FL;
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0)
		log_warning("EFI variable %s could not be guarded again (chattr +i)", name);
}

/* All in one write(2): that is one call of the firmware. */
static int write_variable(int folder_fd, const char *name, const struct content *c)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	ssize_t n;

	do
		fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return -errno;
	do
		n = write(fd, c->data, c->size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n != c->size)
		return -EIO;
	/* Where it is no efivarfs, the end of a longer value stays behind ours. */
	if (fstat(fd, &st) == 0 && (size_t)st.st_size > c->size && ftruncate(fd, (off_t)c->size) < 0)
		return -errno;
	return 0;
}

static int put(int root_fd, const char *name, const struct content *c)
{
	_cleanup_close_ int folder_fd = folder_open(root_fd);
	struct stat st;
	bool is_new;
	int guarded, r;

	if (folder_fd < 0)
		return folder_fd == -ENOENT && !c->exists ? 0 : folder_fd;
	is_new = fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
	guarded = make_mutable(folder_fd, name);
	if (guarded < 0)
		return guarded;
	if (c->exists)
		r = write_variable(folder_fd, name, c);
	else
		r = unlinkat(folder_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	/* A creation that failed leaves an empty file, which is no variable. */
	if (r < 0 && is_new)
		unlinkat(folder_fd, name, 0);
	if (guarded && (c->exists || r < 0))
		make_immutable(folder_fd, name);
	return r;
}

static int move(const struct site *site, const struct change *c, const struct content *from, const struct content *to)
{
	_cleanup_(content_done) struct content now = {};
	int r;

	r = efivar_content_read(site->root_fd, c->target, &now);
	if (r < 0)
		return log_errno(r, "cannot read EFI variable %s", c->target);
	if (content_eq(&now, to) && now.exists)
		return 0;
	if (!content_eq(&now, from) && !content_eq(&now, to))
		return log_error("EFI variable %s was changed by somebody else in the meantime; it is left as it is", c->target), -ESTALE;
	r = put(site->root_fd, c->target, to);
	return r < 0 ? log_errno(r, "cannot %s EFI variable %s", to->exists ? "write" : "remove", c->target) : 0;
}

static int efivar_apply(const struct site *site, struct change *c)
{
	if (!site->is_live)
		return log_error("EFI variable %s is the running host's; --root has none", c->target), -EOPNOTSUPP;
	return move(site, c, &c->before, &c->after);
}

/* What counted for one boot went with that boot, and what it had replaced would have gone, too. */
static int efivar_revert(const struct site *site, struct change *c)
{
	_cleanup_(content_done) struct content now = {};

	if (c->is_spent && efivar_content_read(site->root_fd, c->target, &now) >= 0 && !now.exists)
		return 0;
	return move(site, c, &c->after, &c->before);
}

static int efivar_holds(const struct site *site, const struct change *c)
{
	_cleanup_(content_done) struct content now = {};
	int r;

	r = efivar_content_read(site->root_fd, c->target, &now);
	if (r < 0)
		return log_errno(r, "cannot read EFI variable %s", c->target);
	return content_eq(&now, &c->after) || (c->is_spent && !now.exists);
}

const struct change_ops change_efivar_ops = { "efi-variable", efivar_apply, efivar_revert, efivar_holds };
