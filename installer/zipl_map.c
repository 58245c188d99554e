/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zipl's boot map: what a mainframe really boots, kernel arguments and all. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/zipl_conf.h"
#include "detect/zipl_map.h"
#include "installer/zipl_map.h"

#define USUAL_TARGET "boot"

static int find_folders(int root_fd, char ***ret)
{
	_cleanup_(zipl_conf_done) struct zipl_conf c = {};
	_cleanup_(strv_freep) char **folders = NULL;
	_cleanup_free_ char *text = NULL;
	int r = strv_add(&folders, USUAL_TARGET);

	if (r >= 0 && fs_read(root_fd, &text, NULL, ZIPL_CONF) >= 0)
		r = zipl_conf_parse(text, &c);
	for (size_t i = 0; i < c.n_lines && r >= 0; i++) {
		const struct zipl_line *l = &c.lines[i];
		_cleanup_free_ char *target = l->start && zipl_line_is(l, "target") ? strndup(l->start, (size_t)(l->end - l->start)) : NULL;

		if (target)
			r = strv_add_new(&folders, target + (*target == '/'));
	}
	if (r >= 0)
		*ret = TAKE(folders);
	return r;
}

static bool ends_word(char c)
{
	return !c || isspace((unsigned char)c);
}

/* As a word: a longer argument that begins or ends the same is another one. */
static bool window_has(const char *window, size_t size, const char *argument)
{
	size_t n = strlen(argument);

	for (const char *at = window, *end = window + size; (at = memmem(at, (size_t)(end - at), argument, n)); at++)
		if ((at == window || ends_word(at[-1])) && (at + n == end || ends_word(at[n])))
			return true;
	return false;
}

struct search {
	char *const *arguments;
	bool *found;  /* of each */
};

static bool look(const char *window, size_t size, uint64_t offset, void *context)
{
	struct search *s = context;

	(void)offset;
	for (size_t i = 0; s->arguments[i]; i++)
		s->found[i] = s->found[i] || window_has(window, size, s->arguments[i]);
	return false;
}

/* The first argument that this map lacks, or NULL; -ENOENT: no map is there. */
static int map_lacks(int root_fd, const char *folder, char *const *arguments, const char **ret)
{
	_cleanup_free_ bool *found = calloc(strv_length(arguments) + 1, sizeof(*found));
	struct search search = { arguments, found };
	int r;

	if (!found)
		return log_oom();
	r = zipl_map_walk(root_fd, folder, look, &search);
	if (r < 0)
		return r == -ENOENT ? r : log_errno(r, "cannot read /%s/bootmap", folder);
	*ret = NULL;
	for (size_t i = 0; arguments[i] && !*ret; i++)
		*ret = found[i] ? NULL : arguments[i];
	return 0;
}

int zipl_has_arguments(int root_fd, char *const *arguments)
{
	const char *missing = NULL, *where = NULL;
	_cleanup_(strv_freep) char **folders = NULL;

	if (!arguments || !*arguments)
		return 1;
	if (find_folders(root_fd, &folders) < 0)
		return log_oom(), 0;
	/* Sections that are not installed may name other folders, with maps of long ago in them. */
	for (char **folder = folders; folder && *folder; folder++) {
		int r = map_lacks(root_fd, *folder, arguments, &missing);

		if (r >= 0 && !missing)
			return 1;
		if (r >= 0)
			where = *folder;
		else if (r != -ENOENT)
			return 0;
	}
	if (where)
		log_error("/%s/bootmap, which zipl writes, lacks %s", where, missing);
	else
		log_error("zipl has left no boot map in /" USUAL_TARGET ", nor where /" ZIPL_CONF " says (target=)");
	return 0;
}
