/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port sources of ifupdown: stanzas of etc/network/interfaces and of what it sources (interfaces(5)). */

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/port_source.h"

#define MAIN_FILE "etc/network/interfaces"

/* The path below the root that a word of the file means: relative ones are relative to etc/network. */
static char *place_of(const char *word)
{
	return *word == '/' ? strdup(word + 1) : text_format("etc/network/%s", word);
}

/* Names of [A-Za-z0-9_-] alone, as run-parts has them; .d folders and editors' leavings are not read. */
static bool is_plain(const char *name)
{
	return *name && !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")];
}

/* source PATTERN: as wordexp(3) has it, of which only the last part is a pattern here. */
static int add_sourced(int root_fd, const char *pattern, bool is_folder, char ***files)
{
	_cleanup_free_ char *place = place_of(pattern), *folder = NULL;
	_cleanup_(strv_freep) char **names = NULL;
	const char *glob = "*";
	int r = 0;

	if (!place || !(folder = strdup(place)))
		return -ENOMEM;
	if (!is_folder) {
		char *slash = strrchr(folder, '/');

		if (!slash)
			return 0;
		*slash = '\0';
		glob = place + (slash + 1 - folder);
	}
	if (dir_list(root_fd, &names, "%s", folder) < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++)
		if (fnmatch(glob, *name, FNM_PERIOD) == 0 && (!is_folder || is_plain(*name)))
			r = strv_consume(files, text_format("%s/%s", folder, *name));
	return r;
}

/* The files that etc/network/interfaces is made of, itself first, below the root; source and source-directory followed. -ENOMEM. */
static int interfaces_files(int root_fd, char ***ret)
{
	_cleanup_(strv_freep) char **files = NULL;
	int r = strv_add(&files, MAIN_FILE);

	/* What is sourced may source, too; a circle ends at the number. */
	for (size_t i = 0; r >= 0 && files[i] && i < 64; i++) {
		_cleanup_free_ char *text = NULL;
		char *save = NULL;

		if (fs_read(root_fd, &text, NULL, "%s", files[i]) < 0)
			continue;
		for (char *line = strtok_r(text, "\n", &save); line && r >= 0; line = strtok_r(NULL, "\n", &save)) {
			_cleanup_(strv_freep) char **words = NULL;

			r = strv_split(line, " \t", &words);
			if (r < 0 || strv_length(words) != 2 || (!str_eq(words[0], "source") && !str_eq(words[0], "source-directory")))
				continue;
			r = add_sourced(root_fd, words[1], str_eq(words[0], "source-directory"), &files);
		}
	}
	if (r < 0)
		return r;
	*ret = TAKE(files);
	return 0;
}

static int look_at(const char *path, char *text, const struct port_traits *port, struct port_sources *s)
{
	unsigned number = 0;
	int r = 0;

	for (char *line = text, *rest; line && *line && r >= 0; line = rest) {
		_cleanup_(strv_freep) char **words = NULL;

		rest = strchr(line, '\n');
		if (rest)
			*rest++ = '\0';
		number++;
		r = strv_split(line, " \t", &words);
		if (r >= 0 && strv_length(words) >= 2 && str_eq(words[0], "iface") && str_eq(words[1], port->name))
			r = port_sources_add(s, MANAGER_IFUPDOWN, path, number, NULL, strv_join(words, " "));
	}
	return r;
}

int ifupdown_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s)
{
	_cleanup_(strv_freep) char **files = NULL;
	int r;

	if (!fs_exists(root_fd, "usr/sbin/ifup") && !fs_exists(root_fd, "sbin/ifup"))
		return 0;
	r = interfaces_files(root_fd, &files);
	for (char **file = files; file && *file && r >= 0; file++) {
		_cleanup_free_ char *text = NULL;

		if (!port_source_is_own(*file) && fs_read(root_fd, &text, NULL, "%s", *file) >= 0)
			r = look_at(*file, text, port, s);
	}
	return r;
}
