/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot loader entry: "options" may stand there more than once, and then all of them count, one behind the other. */

#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "installer/cmdline_file.h"

/* Where the value of an "options" line begins, or NULL. */
static const char *options_value(const char *line)
{
	line += strspn(line, " \t");
	if (!str_starts(line, "options"))
		return NULL;
	line += strlen("options");
	if (*line && !strchr(" \t\n", *line))
		return NULL;
	return line + strspn(line, " \t");
}

static int get(const char *text, char ***ret, char **ret_why)
{
	struct text t = {};
	bool found = false;

	(void)ret_why;
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		const char *value = options_value(line);

		if (value) {
			text_append(&t, found ? "\n" : "");
			text_append_bytes(&t, value, n - (size_t)(value - line));
			found = true;
		}
		line += n + (line[n] == '\n');
	}
	/* An entry without the line has an empty command line; set() gives it one. */
	return strv_consume(ret, text_take(&t));
}

static int set(const char *text, char *const *lines, char **ret, char **ret_why)
{
	const char *rest = lines[0];
	bool found = false;
	struct text t = {};

	(void)ret_why;
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		const char *value = options_value(line);

		if (value) {
			size_t length = strcspn(rest, "\n");

			text_append_bytes(&t, line, (size_t)(value - line));
			text_append(&t, value == line + n && length && !strchr(" \t", value[-1]) ? " " : "");
			text_append_bytes(&t, rest, length);
			rest += length + (rest[length] == '\n');
			found = true;
		} else {
			text_append_bytes(&t, line, n);
		}
		text_append(&t, line[n] == '\n' ? "\n" : "");
		line += n + (line[n] == '\n');
	}
	if (!found && *rest)
		text_printf(&t, "%soptions %s\n", t.size && t.data[t.size - 1] != '\n' ? "\n" : "", rest);
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

const struct cmdline_format cmdline_format_bls = { "bls", get, set };
