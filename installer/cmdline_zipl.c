/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/zipl.conf: "parameters = ..." of every section that starts this system. What a section has that makes a dump, or loads a kernel for that,
 * is for another one, and stays as it is.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/zipl_conf.h"
#include "installer/cmdline_file.h"

static bool is_edited(const struct zipl_conf *c, const struct zipl_line *l)
{
	return l->start && zipl_line_is(l, "parameters") && !c->sections[l->section].is_aside;
}

static int fail(unsigned number, const char *what, char **ret_why)
{
	*ret_why = number ? text_format("line %u: %s", number, what) : strdup(what);
	return *ret_why ? -EINVAL : -ENOMEM;
}

static int get(const char *text, char ***ret, char **ret_why)
{
	_cleanup_(zipl_conf_done) struct zipl_conf c = {};
	int r = zipl_conf_parse(text, &c);

	for (size_t i = 0; i < c.n_lines && r >= 0; i++) {
		const struct zipl_line *l = &c.lines[i];

		if (!is_edited(&c, l))
			continue;
		if (l->is_open)
			return fail(l->number, "the quote is not closed", ret_why);
		r = strv_consume(ret, strndup(l->start, (size_t)(l->end - l->start)));
	}
	if (r < 0)
		return r;
	return *ret ? 0 : fail(0, "no section has parameters", ret_why);
}

/* A value that holds its own quote takes the other one. */
static int append_value(struct text *t, const struct zipl_line *old, const char *value)
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
	_cleanup_(zipl_conf_done) struct zipl_conf c = {};
	_cleanup_(text_done) struct text t = {};
	const char *done = text;
	int r = zipl_conf_parse(text, &c);

	if (r < 0)
		return r;
	text_append(&t, "");
	for (size_t i = 0; i < c.n_lines; i++) {
		const struct zipl_line *l = &c.lines[i];

		if (!is_edited(&c, l))
			continue;
		text_append_bytes(&t, done, (size_t)(l->start - (l->quote != '\0') - done));
		if (append_value(&t, l, *lines++) < 0)
			return fail(l->number, "zipl has no way to write a value that holds both kinds of quotes", ret_why);
		done = l->end + (l->quote != '\0');
	}
	text_append(&t, done);
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

const struct cmdline_format cmdline_format_zipl = { "zipl", get, set };
