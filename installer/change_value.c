/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the running kernel: the file X below /proc/sys or /sys says B, it said A. What keeps it over a reboot is a file's change. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change_value.h"

/* "always [madvise] never" is a choice (transhuge.rst, and so are I/O schedulers): what is written to it is the word alone. */
static char *chosen(const char *text)
{
	const char *start = strchr(text, '['), *end = start ? strchr(start, ']') : NULL;

	return end ? strndup(start + 1, (size_t)(end - start - 1)) : NULL;
}

static char *normalize(const char *text)
{
	_cleanup_(strv_freep) char **words = NULL;
	char *word = chosen(text);

	if (word)
		return word;
	if (strv_split(text, " \t\n", &words) < 0)
		return NULL;
	return words ? strv_join(words, " ") : strdup("");
}

/* Not a place for any other file of the host: what is written here is not replaced, and has no way back but its value. */
static bool is_kernels(const char *path)
{
	return (str_starts(path, "proc/sys/") || str_starts(path, "sys/")) && !strstr(path, "/../");
}

int kernel_value_read(int root_fd, const char *path, char **ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = is_kernels(path) ? fs_read(root_fd, &text, NULL, "%s", path) : -EINVAL;
	if (r < 0)
		return r;
	*ret = normalize(text);
	return *ret ? 0 : -ENOMEM;
}

static int content_set(struct content *c, const char *value)
{
	*c = (struct content){ .exists = true, .data = strdup(value), .size = strlen(value) };
	return c->data ? 0 : -ENOMEM;
}

int plan_want_value(struct plan *p, int root_fd, const char *path, const char *value, const char *summary)
{
	_cleanup_free_ char *now = NULL;
	struct change *c;
	int r;

	r = kernel_value_read(root_fd, path, &now);
	if (r == -ENOENT || (r >= 0 && str_eq(now, value)))
		return 0;
	if (r < 0)
		return log_errno(r, "cannot read /%s", path);
	c = plan_add(p, CHANGE_VALUE, path);
	if (!c || content_set(&c->before, now) < 0 || content_set(&c->after, value) < 0 || !(c->summary = strdup(summary)))
		return log_oom();
	return 1;
}

static int put(const struct site *site, const struct change *c, const char *value)
{
	int r = fs_poke(site->root_fd, value, "%s", c->target);

	return r < 0 ? log_errno(r, "cannot set /%s to '%s'", c->target, value) : 0;
}

/* A number of huge pages is made one by one: a slipway that was killed may have left any number between the two. */
static bool is_between(const struct change *c, const char *now)
{
	unsigned from, to, is;

	if (!str_eq(str_base(c->target), "nr_hugepages") || parse_unsigned(now, &is) < 0 || parse_unsigned(c->before.data, &from) < 0 ||
	    parse_unsigned(c->after.data, &to) < 0)
		return false;
	return from < to ? from <= is && is <= to : to <= is && is <= from;
}

/* -ESTALE where it is neither; 1 where `to` stands already. */
static int look(const struct site *site, const struct change *c, const char *from, const char *to, char **ret_now)
{
	_cleanup_free_ char *now = NULL;
	int r;

	if (!c->before.data || !c->after.data)
		return log_error("the journal does not say what /%s was, or was to be", c->target), -EINVAL;
	r = kernel_value_read(site->root_fd, c->target, &now);
	if (r < 0)
		return r == -ENOENT ? r : log_errno(r, "cannot read /%s", c->target);
	if (str_eq(now, to))
		return 1;
	if (!str_eq(now, from) && !is_between(c, now))
		return log_error("/%s is '%s' by now, from somebody else; it is left as it is", c->target, now), -ESTALE;
	*ret_now = TAKE(now);
	return 0;
}

/* The kernel takes what it can get, and says nothing: huge pages are fewer where memory is in pieces. */
static int check_taken(const struct site *site, const struct change *c)
{
	_cleanup_free_ char *now = NULL;
	int r;

	r = kernel_value_read(site->root_fd, c->target, &now);
	if (r >= 0 && str_eq(now, c->after.data))
		return 0;
	if (put(site, c, c->before.data) < 0)
		log_warning("/%s is not as it was", c->target);
	if (r < 0)
		return log_errno(r, "cannot read /%s", c->target);
	if (!is_between(c, now))
		return log_error("/%s is '%s', and not '%s' as was written to it", c->target, now, c->after.data), -EIO;
	if (strlen(now) > strlen(c->after.data) || (strlen(now) == strlen(c->after.data) && strcmp(now, c->after.data) > 0))
		return log_error("%s huge pages are left, and not %s (/%s): the others are in use; stop the guests that have them, or ask for as many", now,
				 c->after.data, c->target), -EBUSY;
	return log_error("of %s huge pages the kernel could make %s (/%s): its memory is in use, or in pieces; ask for fewer, stop what uses "
			 "memory, or have them made at boot ('at: boot')", c->after.data, now, c->target), -ENOMEM;
}

static int value_apply(const struct site *site, struct change *c)
{
	_cleanup_free_ char *now = NULL;
	int r;

	r = look(site, c, c->before.data, c->after.data, &now);
	if (r == -ENOENT)
		return log_errno(r, "cannot set /%s", c->target);
	if (r != 0)
		return r < 0 ? r : 0;
	r = put(site, c, c->after.data);
	return r < 0 ? r : check_taken(site, c);
}

/* A reboot has made all values anew, of slipway's files among others: what is as it was to be goes back, too, and the rest is the boot's. */
static bool is_of_this_boot(const struct site *site, const struct change *c)
{
	_cleanup_free_ char *now = NULL;

	return kernel_value_read(site->root_fd, c->target, &now) < 0 || !str_eq(now, c->after.data);
}

/* Whose module or device has gone is nobody's any more. */
static int value_revert(const struct site *site, struct change *c)
{
	_cleanup_free_ char *now = NULL;
	int r;

	if (c->is_spent && is_of_this_boot(site, c))
		return 0;
	r = look(site, c, c->after.data, c->before.data, &now);
	if (r != 0)
		return r < 0 && r != -ENOENT ? r : 0;
	return put(site, c, c->before.data);
}

/* After a boot, too: what slipway wrote to have it kept is in force, or somebody else's wins. */
static int value_holds(const struct site *site, const struct change *c)
{
	_cleanup_free_ char *now = NULL;
	int r;

	if (!site->is_live)
		return 1;
	r = kernel_value_read(site->root_fd, c->target, &now);
	if (r == -ENOENT)
		return 1;
	if (r < 0)
		return log_errno(r, "cannot read /%s", c->target);
	if (str_eq(now, c->after.data))
		return 1;
	log_warning("/%s is '%s', and not '%s'", c->target, now, c->after.data ? c->after.data : "");
	return 0;
}

const struct change_ops change_value_ops = { "kernel-value", value_apply, value_revert, value_holds };
