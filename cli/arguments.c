/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands behind a verb: options from its table, and positional arguments. */

#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"

void arguments_done(struct arguments *a)
{
	for (size_t i = 0; i < OPTIONS_MAX; i++)
		strv_free(a->options[i].values);
	free(a->positional);
	*a = (struct arguments){};
}

char **arguments_values(const struct arguments *a, const char *name)
{
	for (size_t i = 0; i < OPTIONS_MAX && a->options[i].name; i++)
		if (str_eq(a->options[i].name, name))
			return a->options[i].values;
	return NULL;
}

const char *arguments_value(const struct arguments *a, const char *name)
{
	char **values = arguments_values(a, name);

	return values ? values[strv_length(values) - 1] : NULL;
}

bool arguments_has(const struct arguments *a, const char *name)
{
	return arguments_values(a, name) != NULL;
}

/* "--name", "--name=value" or "-n": which of these options is it? */
static int find_option(const struct option_spec *options, const char *word, const char **ret_value)
{
	size_t n = strcspn(word, "=");

	*ret_value = word[n] ? word + n + 1 : NULL;
	for (int i = 0; options[i].name; i++) {
		const struct option_spec *spec = &options[i];

		if (strlen(spec->name) == n && strncmp(spec->name, word, n) == 0)
			return i;
		if (spec->letter && word[0] == '-' && word[1] == spec->letter && !word[2])
			return i;
	}
	return -1;
}

static int parse_option(const struct verb *verb, int *at, int argc, char **argv, struct arguments *a)
{
	const struct option_spec *spec;
	const char *value;
	int i;

	i = find_option(verb->options, argv[*at], &value);
	if (i < 0 && find_option(global_options, argv[*at], &value) >= 0)
		return log_invalid("option %s stands before the verb: slipway %s %s", argv[*at], argv[*at], verb->name);
	if (i < 0)
		return log_invalid("'slipway %s' has no option %s; 'slipway %s --help' lists them", verb->name, argv[*at], verb->name);
	spec = &verb->options[i];
	if (spec->argument && !value) {
		if (*at + 1 >= argc)
			return log_invalid("option %s needs %s", spec->name, spec->argument);
		value = argv[++*at];
	}
	if (!spec->argument && value)
		return log_invalid("option %s takes no value", spec->name);
	if (!spec->is_repeatable && a->options[i].values)
		return log_invalid("option %s was given twice", spec->name);
	return strv_add(&a->options[i].values, value ? value : "") < 0 ? log_oom() : 0;
}

int arguments_parse(const struct verb *verb, int argc, char **argv, struct arguments *ret)
{
	_cleanup_(arguments_done) struct arguments a = {};
	bool only_positional = false;
	int r;

	for (size_t i = 0; verb->options[i].name; i++)
		a.options[i].name = verb->options[i].name;
	a.positional = calloc((size_t)argc + 1, sizeof(*a.positional));
	if (!a.positional)
		return log_oom();
	for (int at = 0; at < argc; at++) {
		if (!only_positional && str_eq(argv[at], "--")) {
			only_positional = true;
		} else if (!only_positional && argv[at][0] == '-' && argv[at][1]) {
			r = parse_option(verb, &at, argc, argv, &a);
			if (r < 0)
				return r;
		} else {
			a.positional[a.n_positional++] = argv[at];
		}
	}
	if (a.n_positional < verb->min_positional || a.n_positional > verb->max_positional)
		return log_invalid("usage: slipway %s%s%s", verb->name, *verb->synopsis ? " " : "", verb->synopsis);
	*ret = TAKE(a);
	return 0;
}
