/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl's configuration: which values it gives to the kernel (sysctl.d(5)). */

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/drop_in.h"
#include "detect/sysctl.h"

#define MAIN_FILE "etc/sysctl.conf"

static void line_done(struct sysctl_line *line)
{
	free(line->path);
	free(line->value);
	free(line->file);
	*line = (struct sysctl_line){};
}

void sysctl_done(struct sysctl *s)
{
	for (size_t i = 0; i < s->n; i++)
		line_done(&s->list[i]);
	free(s->list);
	*s = (struct sysctl){};
}

/* The first separator decides: after a '/' all stays as it is, after a '.' the two change places. */
static void normalize(char *path)
{
	if (path[strcspn(path, "./")] != '.')
		return;
	for (; *path; path++)
		*path = (char)(*path == '.' ? '/' : *path == '/' ? '.' : *path);
}

static int add(struct sysctl *s, struct sysctl_line *line)
{
	struct sysctl_line *grown = realloc(s->list, (s->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->list = grown;
	grown[s->n++] = TAKE(*line);
	return 0;
}

static int parse_line(char *text, const char *file, unsigned number, bool at_boot, struct sysctl *s)
{
	_cleanup_(line_done) struct sysctl_line line = { .number = number, .at_boot = at_boot };
	char *value = strchr(text, '='), *key;

	if (value)
		*value++ = '\0';
	key = str_trim(text);
	/* A '-' before it: no matter whether it can be set; without a value, it is an exception. */
	if (!*key || strchr("#;", *key) || (!value && *key != '-'))
		return 0;
	line.path = strdup(str_trim(*key == '-' ? key + 1 : key));
	line.value = value ? strdup(str_trim(value)) : NULL;
	line.file = strdup(file);
	if (!line.path || (value && !line.value) || !line.file)
		return -ENOMEM;
	normalize(line.path);
	return add(s, &line);
}

int sysctl_parse(const char *text, const char *file, bool at_boot, struct sysctl *s)
{
	unsigned number = 0;
	int r = 0;

	while (*text && r >= 0) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, n);

		r = line ? parse_line(line, file, ++number, at_boot, s) : -ENOMEM;
		text += n + (text[n] != '\0');
	}
	return r;
}

static int read_one(int root_fd, const char *path, bool at_boot, struct sysctl *s)
{
	_cleanup_free_ char *text = NULL;

	return fs_read(root_fd, &text, NULL, "%s", path) < 0 ? 0 : sysctl_parse(text, path, at_boot, s);
}

int sysctl_read(int root_fd, struct sysctl *ret)
{
	static const char *const folders[] = { "etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d", NULL };
	_cleanup_(drop_ins_done) struct drop_ins files = {};
	_cleanup_(sysctl_done) struct sysctl s = {};
	bool main_seen = false;
	int r;

	r = drop_ins_read(root_fd, folders, ".conf", &files);
	for (size_t i = 0; i < files.n && r >= 0; i++) {
		_cleanup_free_ char *real = NULL;

		/* Debian and Fedora: 99-sysctl.conf is a link to it. */
		main_seen = main_seen || (fs_resolve(root_fd, files.list[i].path, &real) >= 0 && str_eq(real, MAIN_FILE));
		r = read_one(root_fd, files.list[i].path, true, &s);
	}
	if (r >= 0 && !main_seen)
		r = read_one(root_fd, MAIN_FILE, false, &s);
	if (r < 0)
		return r;
	*ret = TAKE(s);
	return 0;
}

static bool is_pattern(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

bool sysctl_names(const struct sysctl *s, const struct sysctl_line *line, const char *path)
{
	if (!line->value)
		return false;
	if (!is_pattern(line->path))
		return str_eq(line->path, path);
	if (fnmatch(line->path, path, FNM_PATHNAME) != 0)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->list[i].path, path))
			return false;
	return true;
}
