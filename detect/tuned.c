/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tuned: which profile is active, and what it sets (tuned.conf(5)). */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/port_source.h"
#include "detect/tuned.h"

#define ACTIVE "etc/tuned/active_profile"
#define DEPTH_MAX 8 /* of profiles that include each other */

void tuned_value_done(struct tuned_value *v)
{
	free(v->profile);
	free(v->value);
	free(v->file);
	*v = (struct tuned_value){};
}

static int active_profiles(int root_fd, char ***ret)
{
	_cleanup_free_ char *line = NULL;

	if (!unit_is_enabled(root_fd, "tuned.service") || fs_read_line(root_fd, &line, ACTIVE) < 0)
		return 0;
	return strv_split(line, " \t\n", ret);
}

bool tuned_is(int root_fd, const char *profile)
{
	_cleanup_(strv_freep) char **active = NULL;

	if (active_profiles(root_fd, &active) < 0)
		return false;
	for (char **p = active; p && *p; p++)
		if (str_starts(*p, profile))
			return true;
	return false;
}

/* The administrator's own come first; "profiles" is where they stand since tuned 2.23. */
static int read_profile(int root_fd, const char *name, char **ret_text, char **ret_file)
{
	static const char *const folders[] = { "etc/tuned/profiles", "etc/tuned", "usr/lib/tuned/profiles", "usr/lib/tuned" };

	if (strchr(name, '/'))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (fs_read(root_fd, ret_text, NULL, "%s/%s/tuned.conf", folders[i], name) < 0)
			continue;
		*ret_file = text_format("%s/%s/tuned.conf", folders[i], name);
		return *ret_file ? 1 : -ENOMEM;
	}
	return 0;
}

/* The last KEY=VALUE of a section, in the manner of INI files. New string; NULL: none. */
static int ini_find(const char *text, const char *section, const char *key, char **ret)
{
	_cleanup_free_ char *copy = strdup(text), *found = NULL;
	bool inside = false;
	char *save = NULL;

	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value;

		line = str_trim(line);
		if (*line == '[') {
			line[strcspn(line, "]")] = '\0';
			inside = str_eq(line + 1, section);
			continue;
		}
		value = strchr(line, '=');
		if (!inside || strchr("#;", *line) || !value)
			continue;
		*value = '\0';
		if (!str_eq(str_trim(line), key))
			continue;
		free(found);
		found = strdup(str_trim(value + 1));
		if (!found)
			return -ENOMEM;
	}
	*ret = TAKE(found);
	return 0;
}

/* What it includes first: its own words come after and count. */
static int find_in(int root_fd, const char *profile, const char *section, const char *key, unsigned depth, struct tuned_value *v)
{
	_cleanup_free_ char *text = NULL, *file = NULL, *include = NULL, *own = NULL;
	_cleanup_(strv_freep) char **included = NULL;
	int r;

	r = depth < DEPTH_MAX ? read_profile(root_fd, profile, &text, &file) : 0;
	if (r <= 0)
		return r;
	r = ini_find(text, "main", "include", &include);
	/* "${f:virt_check:virtual-guest:throughput-performance}" as well: of its words those that are profiles, the one for bare metal last. */
	if (r >= 0 && include)
		r = strv_split(include, ", \t${}:", &included);
	for (char **name = included; name && *name && r >= 0; name++)
		r = find_in(root_fd, *name, section, key, depth + 1, v);
	if (r >= 0)
		r = ini_find(text, section, key, &own);
	if (r < 0 || !own)
		return r;
	free(v->value);
	free(v->file);
	v->value = TAKE(own);
	v->file = TAKE(file);
	return 0;
}

int tuned_find(int root_fd, const char *section, const char *key, struct tuned_value *ret)
{
	_cleanup_(tuned_value_done) struct tuned_value v = {};
	_cleanup_(strv_freep) char **active = NULL;
	int r;

	r = active_profiles(root_fd, &active);
	for (char **p = active; p && *p && r >= 0; p++)
		r = find_in(root_fd, *p, section, key, 0, &v);
	if (r < 0)
		return r;
	if (v.value) {
		v.profile = strv_join(active, " ");
		if (!v.profile)
			return -ENOMEM;
	}
	*ret = TAKE(v);
	return 0;
}

bool tuned_may_be(const struct tuned_value *v, const char *value)
{
	_cleanup_(strv_freep) char **words = NULL;

	return v->value && strv_split(v->value, "|", &words) >= 0 && strv_contains(words, value);
}
