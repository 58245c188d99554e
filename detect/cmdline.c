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

bool cmdline_has(const struct cmdline *c, const char *argument)
{
	const char *equals = strchr(argument, '=');
	_cleanup_free_ char *name = equals ? strndup(argument, (size_t)(equals - argument)) : strdup(argument);
	const char *value;

	if (!name)
		return false;
	for (char **a = c->arguments; a && *a; a++) {
		value = value_of(*a, name);
		if (value && str_eq(value, equals ? equals + 1 : ""))
			return true;
	}
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
