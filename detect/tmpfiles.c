/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tmpfiles.d: which lines write into files (tmpfiles.d(5)). */

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/drop_in.h"
#include "detect/tmpfiles.h"

static void line_done(struct tmpfiles_line *line)
{
	free(line->path);
	free(line->value);
	free(line->file);
	*line = (struct tmpfiles_line){};
}

void tmpfiles_done(struct tmpfiles *t)
{
	for (size_t i = 0; i < t->n; i++)
		line_done(&t->list[i]);
	free(t->list);
	*t = (struct tmpfiles){};
}

/* "w /sys/kernel/mm/ksm/run - - - - 1": type with modifiers, path, mode, user, group, age, and the rest is the argument. */
static int parse_line(char *text, const char *file, unsigned number, struct tmpfiles *t)
{
	_cleanup_(line_done) struct tmpfiles_line line = { .number = number };
	struct tmpfiles_line *grown;
	char *save = NULL, *type = strtok_r(text, " \t", &save), *path = type ? strtok_r(NULL, " \t", &save) : NULL;

	if (!path || *type != 'w' || *path != '/')
		return 0;
	for (int i = 0; i < 4; i++)
		if (!strtok_r(NULL, " \t", &save))
			return 0;
	line.path = strdup(path + 1);
	line.value = strdup(save ? str_trim(save) : "");
	line.file = strdup(file);
	grown = realloc(t->list, (t->n + 1) * sizeof(*grown));
	if (grown)
		t->list = grown;
	if (!grown || !line.path || !line.value || !line.file)
		return -ENOMEM;
	grown[t->n++] = TAKE(line);
	return 0;
}

int tmpfiles_parse(const char *text, const char *file, struct tmpfiles *t)
{
	unsigned number = 0;
	int r = 0;

	while (*text && r >= 0) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = strndup(text, n);

		r = line ? parse_line(line, file, ++number, t) : -ENOMEM;
		text += n + (text[n] != '\0');
	}
	return r;
}

int tmpfiles_read(int root_fd, struct tmpfiles *ret)
{
	static const char *const folders[] = { "etc/tmpfiles.d", "run/tmpfiles.d", "usr/local/lib/tmpfiles.d", "usr/lib/tmpfiles.d", "lib/tmpfiles.d", NULL };
	_cleanup_(drop_ins_done) struct drop_ins files = {};
	_cleanup_(tmpfiles_done) struct tmpfiles t = {};
	int r;

	r = drop_ins_read(root_fd, folders, ".conf", &files);
	for (size_t i = 0; i < files.n && r >= 0; i++) {
		_cleanup_free_ char *text = NULL;

		if (fs_read(root_fd, &text, NULL, "%s", files.list[i].path) >= 0)
			r = tmpfiles_parse(text, files.list[i].path, &t);
	}
	if (r < 0)
		return r;
	*ret = TAKE(t);
	return 0;
}

bool tmpfiles_names(const struct tmpfiles_line *line, const char *path)
{
	return fnmatch(line->path, path, FNM_PATHNAME) == 0;
}
