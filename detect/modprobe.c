/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe's configuration: which modules it blocks, which options it gives, line by line (modprobe.d(5)). */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/drop_in.h"
#include "detect/modprobe.h"

static const struct {
	const char *word;
	enum modprobe_kind kind;
} commands[] = {
	{ "blacklist", MODPROBE_BLACKLIST },
	{ "install", MODPROBE_INSTALL },
	{ "options", MODPROBE_OPTIONS },
	{ "softdep", MODPROBE_SOFTDEP },
};

static void line_done(struct modprobe_line *line)
{
	free(line->module);
	free(line->value);
	free(line->file);
	*line = (struct modprobe_line){};
}

void modprobe_done(struct modprobe *m)
{
	for (size_t i = 0; i < m->n; i++)
		line_done(&m->list[i]);
	free(m->list);
	*m = (struct modprobe){};
}

static int add(struct modprobe *m, struct modprobe_line *line)
{
	struct modprobe_line *grown;

	if ((m->n & (m->n - 1)) == 0) {
		grown = realloc(m->list, (m->n ? 2 * m->n : 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		m->list = grown;
	}
	m->list[m->n++] = TAKE(*line);
	return 0;
}

static int parse_line(char *text, const char *file, unsigned number, struct modprobe *m)
{
	_cleanup_(line_done) struct modprobe_line line = { .number = number };
	char *save = NULL, *word = strtok_r(text, " \t", &save), *module = word ? strtok_r(NULL, " \t", &save) : NULL;
	size_t i;

	/* What begins with a '#' is a comment, and what modprobe does not know or has no module it passes over. */
	for (i = 0; i < ARRAY_SIZE(commands) && !str_eq(commands[i].word, word); i++)
		;
	if (i == ARRAY_SIZE(commands) || !module)
		return 0;
	line.kind = commands[i].kind;
	line.module = strdup(module);
	line.value = strdup(line.kind == MODPROBE_BLACKLIST || !save ? "" : str_trim(save));
	line.file = strdup(file);
	if (!line.module || !line.value || !line.file)
		return -ENOMEM;
	for (char *c = line.module; *c; c++)
		if (*c == '-')
			*c = '_';
	return add(m, &line);
}

/* A backslash at its end joins a line with the next one; what is joined counts as where it began. */
int modprobe_parse(const char *text, const char *file, struct modprobe *m)
{
	unsigned number = 0;
	int r = 0;

	while (*text && r >= 0) {
		_cleanup_free_ char *line = NULL;
		struct text joined = {};
		unsigned first = ++number;

		for (;;) {
			size_t n = strcspn(text, "\n");
			bool goes_on = n && text[n - 1] == '\\' && text[n];

			text_append_bytes(&joined, text, goes_on ? n - 1 : n);
			text += n + (text[n] != '\0');
			if (!goes_on)
				break;
			number++;
		}
		line = text_take(&joined);
		r = line ? parse_line(line, file, first, m) : -ENOMEM;
	}
	return r;
}

int modprobe_read(int root_fd, struct modprobe *ret)
{
	static const char *const folders[] = { "etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d",
					       "lib/modprobe.d", NULL };
	_cleanup_(drop_ins_done) struct drop_ins files = {};
	_cleanup_(modprobe_done) struct modprobe m = {};
	int r;

	r = drop_ins_read(root_fd, folders, ".conf", &files);
	m.is_known = files.is_known;
	for (size_t i = 0; i < files.n && r >= 0; i++) {
		_cleanup_free_ char *text = NULL;

		if (fs_read(root_fd, &text, NULL, "%s", files.list[i].path) >= 0)
			r = modprobe_parse(text, files.list[i].path, &m);
	}
	if (r < 0)
		return r;
	*ret = TAKE(m);
	return 0;
}

static char same(char c)
{
	return c == '-' ? '_' : c;
}

bool modprobe_names(const struct modprobe_line *line, const char *module)
{
	const char *a = line->module, *b = module;

	while (*a && same(*a) == same(*b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

int modprobe_option(const struct modprobe_line *line, const char *name, char **ret)
{
	_cleanup_(strv_freep) char **words = NULL;
	size_t n = strlen(name);
	char *value = NULL;

	if (strv_split(line->value, " \t", &words) < 0)
		return -ENOMEM;
	for (char **word = words; word && *word; word++)
		if (strncmp(*word, name, n) == 0 && (*word)[n] == '=')
			value = *word + n + 1;
	value = value ? strdup(value) : NULL;
	*ret = value;
	return 0;
}
