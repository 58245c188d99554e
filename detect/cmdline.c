/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel command line as arguments: quotes understood, order kept. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "detect/cmdline.h"

void cmdline_done(struct cmdline *c)
{
	strv_free(c->arguments);
	*c = (struct cmdline){};
}

int cmdline_parse(const char *text, struct cmdline *ret)
{
	_cleanup_(cmdline_done) struct cmdline c = {};
	const char *s = text;
	int r;

	for (;;) {
		const char *start;
		bool quoted = false;

		while (isspace((unsigned char)*s))
			s++;
		if (!*s)
			break;
		for (start = s; *s && (quoted || !isspace((unsigned char)*s)); s++)
			if (*s == '"')
				quoted = !quoted;
		if (s - start == 2 && str_starts(start, "--"))
			break;
		r = strv_consume(&c.arguments, strndup(start, (size_t)(s - start)));
		if (r < 0)
			return r;
	}
	*ret = TAKE(c);
	return 0;
}

static char same(char c)
{
	return c == '-' ? '_' : c;
}

/* Where the value begins if the argument has this name, else NULL; an argument without '=' has the value "". */
static const char *value_of(const char *argument, const char *name)
{
	while (*name && *argument && same(*argument) == same(*name)) {
		argument++;
		name++;
	}
	if (*name)
		return NULL;
	if (*argument == '=')
		return argument + 1;
	return *argument ? NULL : argument;
}

struct argument {
	const char *name, *value;     /* value NULL: none */
	size_t name_size, value_size;
};

static struct argument argument_split(const char *s)
{
	size_t n = strlen(s), name;
	struct argument a = {};

	if (n && *s == '"') {
		s++;
		n--;
		n -= n && s[n - 1] == '"';
	}
	name = strcspn(s, "=");
	a.name = s;
	a.name_size = name < n ? name : n;
	if (name >= n)
		return a;
	a.value = s + name + 1;
	a.value_size = n - name - 1;
	if (a.value_size && *a.value == '"') {
		a.value++;
		a.value_size--;
		a.value_size -= a.value_size && a.value[a.value_size - 1] == '"';
	}
	return a;
}

bool argument_eq(const char *a, const char *b)
{
	struct argument x = argument_split(a), y = argument_split(b);

	if (x.name_size != y.name_size || x.value_size != y.value_size || !x.value != !y.value)
		return false;
	for (size_t i = 0; i < x.name_size; i++)
		if (same(x.name[i]) != same(y.name[i]))
			return false;
	return !x.value || memcmp(x.value, y.value, x.value_size) == 0;
}

bool cmdline_has(const struct cmdline *c, const char *argument)
{
	for (char **a = c->arguments; a && *a; a++)
		if (argument_eq(*a, argument))
			return true;
	return false;
}

const char *cmdline_value(const struct cmdline *c, const char *name)
{
	const char *value, *last = NULL;

	for (char **a = c->arguments; a && *a; a++) {
		value = value_of(*a, name);
		if (value)
			last = value;
	}
	return last;
}

bool cmdline_value_has(const struct cmdline *c, const char *name, const char *word)
{
	size_t n = strlen(word);

	for (char **a = c->arguments; a && *a; a++) {
		const char *value = value_of(*a, name);

		while (value && *value) {
			size_t length = strcspn(value, ",");

			if (length == n && strncmp(value, word, n) == 0)
				return true;
			value += length;
			value += *value == ',';
		}
	}
	return false;
}
