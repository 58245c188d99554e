/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of a folder of boot loader entries: every entry in it holds these arguments.
 *
 * Nothing is written to apply it: the entries that are there are changed file by file. But a kernel that is installed
 * later gets an entry that carries slipway's arguments, and so does one that a hook writes anew; to revert is to take
 * them out of those, too. `before` remembers the entries of the time of the plan, one a line: name, tab, options.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/change.h"
#include "installer/cmdline_file.h"
#include "installer/entries.h"

static const char grubenv_paths[][20] = { "boot/grub2/grubenv", "boot/grub/grubenv" };

/* The options of an entry of this name when the change was planned: a new string in *ret. 0: there was no such entry. */
static int find_known(const struct change *c, const char *id, char **ret)
{
	size_t n = strlen(id);

	for (const char *line = c->before.data; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (strncmp(line, id, n) == 0 && line[n] == '\t') {
			*ret = strndup(line + n + 1, strcspn(line + n + 1, "\n"));
			return *ret ? 1 : -ENOMEM;
		}
	return 0;
}

static bool line_has(const char *line, char *word)
{
	return kernel_arguments_has(line, (char *[]){ word, NULL }, NULL);
}

/*
 * What is to be taken out of this entry: all that was put into such entries; but what it had by itself stays, and what it
 * never had does not come back. Nothing comes into one that takes its arguments from GRUB's environment.
 */
static int find_edits(const struct change *c, const struct loader_entry *e, struct argument_edits *ret)
{
	_cleanup_(strv_freep) char **words = NULL;
	_cleanup_free_ char *known = NULL;
	int r;

	r = find_known(c, e->id, &known);
	for (size_t i = 0; c->words && c->words[i] && r >= 0; i += 2) {
		char *was = c->words[i], *is = c->words[i + 1];

		if (known && *is && line_has(known, is))
			continue;
		if (*was && ((known && !line_has(known, was)) || entry_takes_kernelopts(e)))
			was = (char *)"";
		if (!*was && !*is)
			continue;
		r = strv_add(&words, was);
		if (r >= 0)
			r = strv_add(&words, is);
	}
	return r < 0 ? r : argument_edits_from_words(words, ret);
}

static int revert_entry(const struct site *site, const struct change *c, const struct loader_entry *e)
{
	_cleanup_(argument_edits_done) struct argument_edits edits = {};
	_cleanup_free_ char *text = NULL, *after = NULL, *why = NULL;
	size_t size;
	int r;

	r = fs_read(site->root_fd, &text, &size, "%s", e->path);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return log_errno(r, "cannot read /%s", e->path);
	if (find_edits(c, e, &edits) < 0 || cmdline_file_take_back(&cmdline_format_bls, text, &edits, &after, &why) < 0)
		return log_oom();
	if (str_eq(text, after))
		return 0;
	log_info("/%s was written since: slipway's arguments are taken out", e->path);
	r = fs_write(site->root_fd, e->path, after, strlen(after), 0644, false);
	return r < 0 ? log_errno(r, "cannot write /%s", e->path) : 0;
}

static int read_entries(const struct site *site, const struct change *c, struct loader_entries *ret)
{
	char *folders[] = { c->target, NULL };
	int r = loader_entries_read(site->root_fd, folders, ret);

	if (r < 0)
		return log_oom();
	return ret->reason ? log_error("%s", ret->reason), -EIO : 0;
}

static int entries_apply(const struct site *site, struct change *c)
{
	(void)site;
	(void)c;
	return 0;
}

static int entries_revert(const struct site *site, struct change *c)
{
	_cleanup_(loader_entries_done) struct loader_entries entries = { .next = -1 };
	int r;

	r = read_entries(site, c, &entries);
	for (size_t i = 0; i < entries.n && r >= 0; i++)
		if (entry_is_edited(&entries.list[i]))
			r = revert_entry(site, c, &entries.list[i]);
	return r;
}

/* With kernelopts in it, its arguments are those of the environment, too. */
static char *effective_options(const struct site *site, const struct loader_entry *e)
{
	_cleanup_(strv_freep) char **lines = NULL;
	_cleanup_free_ char *env = NULL, *why = NULL;

	for (size_t i = 0; entry_takes_kernelopts(e) && !env && i < ARRAY_SIZE(grubenv_paths); i++)
		if (fs_read(site->root_fd, &env, NULL, "%s", grubenv_paths[i]) < 0)
			env = NULL;
	if (!env || cmdline_format_grubenv.get(env, &lines, &why) < 0)
		return strdup(e->options);
	return text_format("%s %s", lines[0], e->options);
}

static int entries_holds(const struct site *site, const struct change *c)
{
	_cleanup_(loader_entries_done) struct loader_entries entries = { .next = -1 };
	int r = read_entries(site, c, &entries), holds = 1;

	if (r < 0)
		return r;
	for (size_t i = 0; i < entries.n; i++) {
		_cleanup_free_ char *options = effective_options(site, &entries.list[i]);
		const char *missing;

		if (!options)
			return log_oom();
		if (!entry_is_edited(&entries.list[i]) || kernel_arguments_has(options, c->expects, &missing))
			continue;
		log_error("the boot entry /%s lacks %s", entries.list[i].path, missing);
		holds = 0;
	}
	return holds;
}

const struct change_ops change_entries_ops = { "boot-entries", entries_apply, entries_revert, entries_holds };
