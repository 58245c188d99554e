/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of files and folders: file X has content B, it had A; folder X is there. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change.h"
#include "installer/cmdline_file.h"

static int put(const struct site *site, const struct change *c, const struct content *content)
{
	int r;

	r = fs_remove_leftover(site->root_fd, c->target);
	if (r < 0)
		return log_errno(r, "cannot remove what was left beside /%s", c->target);
	if (content->exists && content->attributes)
		r = fs_restore(site->root_fd, c->target, content->data, content->size, content->attributes);
	else if (content->exists)
		r = fs_write(site->root_fd, c->target, content->data, content->size, c->mode, false);
	else
		r = fs_remove(site->root_fd, c->target);
	if (r == -ENOENT && !content->exists)
		r = 0;
	return r < 0 ? log_errno(r, "cannot %s /%s", content->exists ? "write" : "remove", c->target) : 0;
}

/*
 * A file that is others', and that they have edited since: what slipway put into it is taken out of what stands there now.
 * A kernel update writes boot entries anew, and that must not stand in the way of a rollback.
 */
static int take_back_words(const struct site *site, const struct change *c, const struct content *now)
{
	const struct cmdline_format *format = cmdline_format_find(c->format);
	_cleanup_(argument_edits_done) struct argument_edits edits = {};
	_cleanup_free_ char *text = NULL, *why = NULL;
	int r;

	r = format ? argument_edits_from_words(c->words, &edits) : -EINVAL;
	if (r >= 0)
		r = cmdline_file_take_back(format, now->data, &edits, &text, &why);
	if (r == -ENOMEM)
		return log_oom();
	if (r < 0)
		return log_error("/%s was changed by somebody else in the meantime, and cannot be edited any more (%s); it is left as it is",
				 c->target, why ? why : "its format is not known"), -ESTALE;
	log_warning("/%s was changed by somebody else in the meantime: slipway's arguments are taken out, the rest stays", c->target);
	return put(site, c, &(struct content){ .exists = true, .data = text, .size = strlen(text) });
}

/* The same in the other direction: a hook of an earlier command has written it anew since the plan was made. */
static int put_words(const struct site *site, const struct change *c, const struct content *now)
{
	const struct cmdline_format *format = cmdline_format_find(c->format);
	_cleanup_(argument_edits_done) struct argument_edits edits = {};
	_cleanup_(argument_wish_done) struct argument_wish wish = {};
	_cleanup_free_ char *text = NULL, *why = NULL;
	int r = 0;

	for (char **word = c->words; word && word[0] && r >= 0; word += 2) {
		if (*word[0])
			r = strv_add(&wish.unwanted, word[0]);
		if (r >= 0 && *word[1])
			r = strv_add(&wish.wanted, word[1]);
	}
	if (r >= 0)
		r = format ? cmdline_file_edit(format, now->data, &wish, &edits, &text, &why) : -EINVAL;
	if (r == -ENOMEM)
		return log_oom();
	if (r < 0)
		return log_error("/%s was changed by somebody else in the meantime; it is left as it is", c->target), -ESTALE;
	return put(site, c, &(struct content){ .exists = true, .data = text, .size = strlen(text) });
}

/* A boot entry goes with its kernel, and takes slipway's arguments with it; its name changes with a count of tries. */
static bool may_vanish(const struct change *c)
{
	return c->before.exists && str_eq(c->format, cmdline_format_bls.name);
}

/*
 * From one content to the other; -ESTALE where it is neither. Where the wanted one stands already, nothing is written, but a
 * slipway that was killed may not have come to the fsync.
 */
static int move(const struct site *site, const struct change *c, const struct content *from, const struct content *to)
{
	_cleanup_(content_done) struct content now = {};
	int r;

	r = content_read(site->root_fd, c->target, &now);
	if (r < 0)
		return log_errno(r, "cannot read /%s", c->target);
	if (content_eq(&now, to)) {
		r = fs_remove_leftover(site->root_fd, c->target);
		if (r >= 0)
			r = fs_sync(site->root_fd, c->target);
		return r < 0 ? log_errno(r, "cannot tidy up and sync /%s", c->target) : 0;
	}
	if (!now.exists && to == &c->before && may_vanish(c))
		return 0;
	if (content_eq(&now, from))
		return put(site, c, to);
	if (c->format && now.exists && to == &c->before)
		return take_back_words(site, c, &now);
	if (may_vanish(c) && now.exists)
		return put_words(site, c, &now);
	return log_error("/%s was changed by somebody else in the meantime; it is left as it is", c->target), -ESTALE;
}

static int file_apply(const struct site *site, struct change *c)
{
	return move(site, c, &c->before, &c->after);
}

static int file_revert(const struct site *site, struct change *c)
{
	return move(site, c, &c->after, &c->before);
}

/* In a file that is others' only the arguments count. */
static bool words_hold(const struct change *c, const char *text)
{
	const struct cmdline_format *format = cmdline_format_find(c->format);
	_cleanup_(strv_freep) char **added = NULL;
	_cleanup_free_ char *why = NULL;

	for (size_t i = 0; c->words && c->words[i]; i += 2)
		if (*c->words[i + 1] && strv_add(&added, c->words[i + 1]) < 0)
			return false;
	return format && cmdline_file_has(format, text, added, &why) == 1;
}

static int file_holds(const struct site *site, const struct change *c)
{
	_cleanup_(content_done) struct content now = {};
	int r;

	r = content_read(site->root_fd, c->target, &now);
	if (r < 0)
		return log_errno(r, "cannot read /%s", c->target);
	if (!now.exists && may_vanish(c))
		return 1;
	return content_eq(&now, &c->after) || (c->format && now.exists && words_hold(c, now.data));
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
