/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of files and folders: file X has content B, it had A; folder X is there. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "installer/change.h"

static int put(const struct site *site, const struct change *c, const struct content *content)
{
	int r;

	fs_remove_leftover(site->root_fd, c->target);
	if (content->exists)
		r = fs_write(site->root_fd, c->target, content->data, content->size, c->mode, false);
	else
		r = fs_remove(site->root_fd, c->target);
	if (r == -ENOENT && !content->exists)
		r = 0;
	return r < 0 ? log_errno(r, "cannot %s /%s", content->exists ? "write" : "remove", c->target) : 0;
}

/* From one content to the other; -ESTALE where it is neither. Where the wanted one stands already, nothing is written. */
static int move(const struct site *site, const struct change *c, const struct content *from, const struct content *to)
{
	_cleanup_(content_done) struct content now = {};
	int r;

	r = content_read(site->root_fd, c->target, &now);
	if (r < 0)
		return log_errno(r, "cannot read /%s", c->target);
	if (content_eq(&now, to)) {
		fs_remove_leftover(site->root_fd, c->target);
		return 0;
	}
	if (!content_eq(&now, from))
		return log_error("/%s was changed by somebody else in the meantime; it is left as it is", c->target), -ESTALE;
	return put(site, c, to);
}

static int file_apply(const struct site *site, struct change *c)
{
	return move(site, c, &c->before, &c->after);
}

static int file_revert(const struct site *site, struct change *c)
{
	return move(site, c, &c->after, &c->before);
}

static int file_holds(const struct site *site, const struct change *c)
{
	_cleanup_(content_done) struct content now = {};
	int r;

	r = content_read(site->root_fd, c->target, &now);
	if (r < 0)
		return log_errno(r, "cannot read /%s", c->target);
	return content_eq(&now, &c->after);
}

const struct change_ops change_file_ops = { "file", file_apply, file_revert, file_holds };

static int directory_apply(const struct site *site, struct change *c)
{
	int r;

	r = fs_mkdir(site->root_fd, c->target);
	return r < 0 && r != -EEXIST ? log_errno(r, "cannot make the folder /%s", c->target) : 0;
}

/* A folder in which somebody has put something else is his by now. */
static int directory_revert(const struct site *site, struct change *c)
{
	int r;

	r = fs_rmdir(site->root_fd, c->target);
	if (r == -ENOTEMPTY) {
		log_warning("the folder /%s holds files of others and stays", c->target);
		return 0;
	}
	/* A file or link in its place is not what slipway has made. */
	return r < 0 && r != -ENOENT && r != -ENOTDIR ? log_errno(r, "cannot remove the folder /%s", c->target) : 0;
}

static int directory_holds(const struct site *site, const struct change *c)
{
	return fs_exists(site->root_fd, "%s", c->target);
}

const struct change_ops change_directory_ops = { "directory", directory_apply, directory_revert, directory_holds };
