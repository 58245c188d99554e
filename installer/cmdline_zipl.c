/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/zipl.conf: "parameters = ..." of every section (zipl.conf(5)). A value in quotes goes to the next such quote, without
 * any escapes; one without goes to the end of its line.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/cmdline_file.h"

struct value {
	const char *start, *end;
	char quote;             /* '\0': none */
};

/* Of a line "parameters = VALUE". 1: it is one, 0: it is not; -EINVAL: a quote that does not close. */
static int find_value(const char *line, const char *end, struct value *ret)
{
	const char *p = line + strspn(line, " \t"), *close;

	if (!str_starts(p, "parameters"))
		return 0;
	p += strlen("parameters");
	p += strspn(p, " \t");
	if (*p != '=')
		return 0;
	p++;
	p += strspn(p, " \t");
	*ret = (struct value){ p, end, '\0' };
	if (*p != '"' && *p != '\'') {
		while (ret->end > p && strchr(" \t\r", ret->end[-1]))
			ret->end--;
		return 1;
	}
	close = memchr(p + 1, *p, (size_t)(end - p - 1));
	if (!close)
		return -EINVAL;
	*ret = (struct value){ p + 1, close, *p };
	return 1;
}

static int fail(unsigned number, const char *what, char **ret_why)
{
	*ret_why = number ? text_format("line %u: %s", number, what) : strdup(what);
	return *ret_why ? -EINVAL : -ENOMEM;
}

static int get(const char *text, char ***ret, char **ret_why)
{
	unsigned number = 0;
	struct value value;
	int r;

	for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		number++;
		r = find_value(line, end, &value);
		if (r < 0)
			return fail(number, "the quote is not closed", ret_why);
		if (r > 0)
			r = strv_consume(ret, strndup(value.start, (size_t)(value.end - value.start)));
		if (r < 0)
			return r;
	}
	return *ret ? 0 : fail(0, "no section has parameters", ret_why);
}

/* A value that holds its own quote takes the other one. */
static int append_value(struct text *t, const struct value *old, const char *value)
{
	bool has_double = strchr(value, '"') != NULL, has_single = strchr(value, '\'') != NULL;
	char quote = old->quote;

	if (!quote && (*value == '"' || *value == '\''))
		quote = '"';
	if ((quote == '"' && has_double) || (quote == '\'' && has_single))
		quote = quote == '"' ? '\'' : '"';
	if ((quote == '"' && has_double) || (quote == '\'' && has_single))
		return -EINVAL;
	if (quote)
		text_append_bytes(t, &quote, 1);
	text_append(t, value);
	if (quote)
		text_append_bytes(t, &quote, 1);
	return 0;
}

static int set(const char *text, char *const *lines, char **ret, char **ret_why)
{
	_cleanup_(text_done) struct text t = {};
	unsigned number = 0;
	struct value value;

	text_append(&t, "");
	for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		number++;
		if (find_value(line, end, &value) > 0) {
			text_append_bytes(&t, line, (size_t)(value.start - (value.quote != '\0') - line));
			if (append_value(&t, &value, *lines++) < 0)
				return fail(number, "zipl has no way to write a value that holds both kinds of quotes", ret_why);
			line = value.end + (value.quote != '\0');
		}
		text_append_bytes(&t, line, (size_t)(end - line));
		text_append(&t, *end ? "\n" : "");
	}
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

const struct cmdline_format cmdline_format_zipl = { "zipl", get, set };
