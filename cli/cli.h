/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: verbs and their options as tables, from which help, completion and the man page's check are made. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define OPTIONS_MAX 40

enum exit_status {
	EXIT_DONE = 0,
	EXIT_NOT_READY = 1,
	EXIT_USAGE = 2,
	EXIT_REFUSED = 3,
	EXIT_UNDONE = 4,
	EXIT_BROKEN = 5,
	EXIT_BUSY = 6,
};

/* What stands before the verb. */
struct cli {
	const char *root;
	int root_fd;
	bool is_live;    /* the root is "/" */
	const char *verb;
	bool json;
	unsigned wait;   /* seconds, for another slipway to end */
	bool color;      /* on stdout */
	unsigned width;  /* of the terminal; 0 where stdout is none */
};

struct option_spec {
	const char *name;      /* "--kernel-arg" */
	char letter;           /* 'f', or 0 */
	const char *argument;  /* "ARG"; NULL: a switch */
	const char *help;
	bool is_repeatable;
};

struct arguments {
	char **positional;     /* borrowed from argv */
	size_t n_positional;
	struct {
		const char *name;
		char **values; /* owned list; a switch has the value "" */
	} options[OPTIONS_MAX];
};

struct verb {
	const char *name;
	const char *synopsis;  /* behind the name: "[SELECTOR]" */
	const char *help;
	struct option_spec options[OPTIONS_MAX]; /* ends with an empty one */
	size_t min_positional, max_positional;
	int (*run)(const struct cli *cli, const struct arguments *arguments); /* an exit status */
};

/* NULL-terminated by name. */
extern const struct verb verbs[];
extern const struct option_spec global_options[];

/* The values of an option, or NULL where it was not given. */
char **arguments_values(const struct arguments *a, const char *name);
/* The last value, or NULL. */
const char *arguments_value(const struct arguments *a, const char *name);
bool arguments_has(const struct arguments *a, const char *name);
void arguments_done(struct arguments *a);
/* Parses what stands behind the verb; 0 or -EINVAL after the error has been said. */
int arguments_parse(const struct verb *verb, int argc, char **argv, struct arguments *ret);

/* Help on stdout. */
void help_print(void);
void help_print_verb(const struct verb *verb);
/* Completion for bash, as a script. */
void completion_print(void);

#define DECLARE_VERB(name) int verb_##name(const struct cli *cli, const struct arguments *arguments)

DECLARE_VERB(audit);
DECLARE_VERB(list);
DECLARE_VERB(show);
DECLARE_VERB(plan);
DECLARE_VERB(apply);
DECLARE_VERB(verify);
DECLARE_VERB(rollback);
DECLARE_VERB(status);
DECLARE_VERB(bind);
DECLARE_VERB(release);
DECLARE_VERB(profile);
DECLARE_VERB(attach);
DECLARE_VERB(detach);
DECLARE_VERB(move);
DECLARE_VERB(vfs);
DECLARE_VERB(capture);
DECLARE_VERB(check_spec);
DECLARE_VERB(init);
