/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A word of the shell's: quotes, escapes and expansions, and where each character of the value comes from. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "installer/shell.h"

void shell_value_done(struct shell_value *v)
{
	free(v->list);
	*v = (struct shell_value){};
}

static int add_char(struct shell_value *v, struct shell_char one)
{
	struct shell_char *grown = v->list;

	/* Grown at each power of two. */
	if ((v->n & (v->n - 1)) == 0)
		grown = realloc(v->list, (v->n ? 2 * v->n : 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	v->list = grown;
	grown[v->n++] = one;
	return 0;
}

static void set_unknown(struct shell_value *v, size_t at, const char *why)
{
	if (!v->unknown) {
		v->unknown = why;
		v->unknown_at = at;
	}
}

int shell_value_add(struct shell_value *v, const struct shell_value *from)
{
	int r = 0;

	for (size_t i = 0; i < from->n && r >= 0; i++)
		r = add_char(v, from->list[i]);
	if (from->unknown)
		set_unknown(v, from->unknown_at, from->unknown);
	return r;
}

int shell_fail(struct shell_reader *r, size_t at, const char *why)
{
	if (!r->script->unknown) {
		r->script->unknown = why;
		r->script->unknown_at = at;
	}
	return -EINVAL;
}

bool shell_ends_word(char c)
{
	return !c || strchr(" \t\n;&|<>()", c);
}

static int take(struct shell_reader *r, struct shell_value *v, size_t length, enum shell_quote quote)
{
	size_t start = r->at;

	r->at += length;
	return add_char(v, (struct shell_char){ .start = start, .end = r->at, .c = r->text[r->at - 1], .quote = quote });
}

/* "$(...)" and "${...}", with what is nested in them; r->at is behind the opening bracket. */
static int skip_brackets(struct shell_reader *r, size_t start, char open, char close)
{
	unsigned depth = 1;
	char quote = '\0';

	for (; depth; r->at++) {
		char c = r->text[r->at];

		if (!c)
			return shell_fail(r, start, "the expansion that begins here never ends");
		if (c == '\\' && quote != '\'' && r->text[r->at + 1])
			r->at++;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		else
			depth += c == open, depth -= c == close;
	}
	return 0;
}

static int skip_backquotes(struct shell_reader *r, struct shell_value *v)
{
	size_t start = r->at++;

	for (; r->text[r->at] != '`'; r->at++) {
		if (r->text[r->at] == '\\' && r->text[r->at + 1])
			r->at++;
		if (!r->text[r->at])
			return shell_fail(r, start, "the backquote that begins here never ends");
	}
	r->at++;
	set_unknown(v, start, "the value comes from a command");
	return 0;
}

static int add_variable(struct shell_reader *r, struct shell_value *v, size_t start, const char *name, size_t length)
{
	_cleanup_free_ char *copy = strndup(name, length);
	const struct shell_value *value;

	if (!copy)
		return -ENOMEM;
	value = shell_find(r->script, copy);
	if (value)
		return shell_value_add(v, value);
	/* grub-mkconfig sets neither of these before it reads the file. */
	if (!str_starts(copy, "GRUB_CMDLINE_LINUX"))
		set_unknown(v, start, "the value holds a variable that is not set in this file");
	return 0;
}

static size_t name_length(const char *s)
{
	size_t n = 0;

	if (isalpha((unsigned char)*s) || *s == '_')
		while (isalnum((unsigned char)s[n]) || s[n] == '_')
			n++;
	return n;
}

static int read_braces(struct shell_reader *r, struct shell_value *v, size_t start)
{
	const char *name = r->text + r->at;
	size_t length = name_length(name);
	const char *operator = name + length;

	if (length && *operator == '}') {
		r->at += length + 1;
		return add_variable(r, v, start, name, length);
	}
	if (length && (*operator == '=' || str_starts(operator, ":=")))
		return shell_fail(r, start, "the expansion may set a variable");
	set_unknown(v, start, "the value is an expansion with conditions or changes");
	return skip_brackets(r, start, '{', '}');
}

static int read_dollar(struct shell_reader *r, struct shell_value *v, enum shell_quote quote)
{
	size_t start = r->at;
	const char *next = r->text + start + 1;
	size_t length = name_length(next);

	if (r->splits && quote == SHELL_BARE && !r->is_bash)
		set_unknown(v, start, "the value holds an expansion without quotes, which the shell splits");
	/* The shell joins lines before it looks for names. */
	if (str_starts(next + length, "\\\n"))
		return shell_fail(r, start, "the line goes on within the name of a variable");
	if (length) {
		r->at += length + 1;
		return add_variable(r, v, start, next, length);
	}
	if (*next == '{') {
		r->at += 2;
		return read_braces(r, v, start);
	}
	if (*next == '(') {
		r->at += 2;
		set_unknown(v, start, "the value comes from a command");
		return skip_brackets(r, start, '(', ')');
	}
	if (quote == SHELL_BARE && (*next == '\'' || *next == '"'))
		return shell_fail(r, start, "quotes behind a dollar sign mean different things to different shells");
	if (*next && strchr("0123456789@*#?-$!", *next)) {
		r->at += 2;
		set_unknown(v, start, "the value holds a parameter of the shell's");
		return 0;
	}
	return take(r, v, 1, quote);
}

static int read_single(struct shell_reader *r, struct shell_value *v)
{
	size_t start = r->at++;
	int e = 0;

	while (e >= 0 && r->text[r->at] != '\'') {
		if (!r->text[r->at])
			return shell_fail(r, start, "the quote that begins here never ends");
		e = take(r, v, 1, SHELL_SINGLE);
	}
	v->end = r->at++;
	v->end_quote = SHELL_SINGLE;
	return e;
}

static int read_double(struct shell_reader *r, struct shell_value *v)
{
	size_t start = r->at++;
	int e = 0;

	while (e >= 0 && r->text[r->at] != '"') {
		char c = r->text[r->at], next = c ? r->text[r->at + 1] : '\0';

		if (!c)
			return shell_fail(r, start, "the quote that begins here never ends");
		if (c == '\\' && next == '\n')
			r->at += 2;
		else if (c == '\\' && next && strchr("$`\"\\", next))
			e = take(r, v, 2, SHELL_DOUBLE);
		else if (c == '`')
			e = skip_backquotes(r, v);
		else if (c == '$')
			e = read_dollar(r, v, SHELL_DOUBLE);
		else
			e = take(r, v, 1, SHELL_DOUBLE);
	}
	/* What never ended inside has used up the text. */
	if (e < 0)
		return e;
	v->end = r->at++;
	v->end_quote = SHELL_DOUBLE;
	return 0;
}

/* Outside of quotes. */
static int read_bare(struct shell_reader *r, struct shell_value *v)
{
	char c = r->text[r->at], next = r->text[r->at + 1];

	v->end_quote = SHELL_BARE;
	if (c == '\r')
		return shell_fail(r, r->at, "the line ends with a carriage return, which the shell takes for a part of it");
	if (c == '\\' && next == '\n')
		return r->at += 2, 0;
	if (c == '\\' && next)
		return take(r, v, 2, SHELL_BARE);
	if (c == '`')
		return skip_backquotes(r, v);
	if (c == '$')
		return read_dollar(r, v, SHELL_BARE);
	if (c == '~' && (r->at == v->start || strchr(":=", r->text[r->at - 1])))
		set_unknown(v, r->at, "the value holds a home folder");
	if (r->splits && !r->is_bash && strchr("*?[", c))
		set_unknown(v, r->at, "the value holds a pattern without quotes");
	return take(r, v, 1, SHELL_BARE);
}

int shell_read_word(struct shell_reader *r, struct shell_value *ret)
{
	_cleanup_(shell_value_done) struct shell_value v = { .start = r->at };
	int e = 0;

	while (e >= 0 && !shell_ends_word(r->text[r->at]))
		e = r->text[r->at] == '\'' ? read_single(r, &v) : r->text[r->at] == '"' ? read_double(r, &v) : read_bare(r, &v);
	if (e < 0)
		return e;
	if (v.end_quote == SHELL_BARE)
		v.end = r->at;
	*ret = TAKE(v);
	return 0;
}

char *shell_value_string(const struct shell_value *v)
{
	char *s = malloc(v->n + 1);

	if (!s)
		return NULL;
	for (size_t i = 0; i < v->n; i++)
		s[i] = v->list[i].c;
	s[v->n] = '\0';
	return s;
}
