/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway: turns a Linux server into a passthrough-ready virtualization host and hands its devices to guests. */

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cli/cli.h"
#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"

static unsigned common_prefix(const char *a, const char *b)
{
	unsigned n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static const struct verb *verb_find(const char *name)
{
	const struct verb *nearest = NULL;
	unsigned best = 1;

	for (const struct verb *v = verbs; v->name; v++) {
		unsigned n = common_prefix(v->name, name);

		if (str_eq(v->name, name))
			return v;
		if (n > best) {
			best = n;
			nearest = v;
		}
	}
	if (nearest)
		log_error("there is no verb '%s'; did you mean '%s'?", name, nearest->name);
	else
		log_error("there is no verb '%s'; 'slipway --help' lists them", name);
	return NULL;
}

static int open_root(struct cli *cli)
{
	struct stat given, own;
	int fd;

	fd = root_open(cli->root);
	if (fd < 0)
		return log_errno(fd, "cannot open the root directory %s", cli->root);
	/* "--root /" is this very host, however it is spelled. */
	cli->is_live = fstat(fd, &given) == 0 && stat("/", &own) == 0 && given.st_dev == own.st_dev && given.st_ino == own.st_ino;
	cli->root_fd = fd;
	return 0;
}

static int parse_wait(int argc, char **argv, int *at, struct cli *cli)
{
	const char *value = strchr(argv[*at], '=');

	if (!value && *at + 1 >= argc)
		return log_invalid("option --wait needs SECONDS");
	value = value ? value + 1 : argv[++*at];
	if (parse_unsigned(value, &cli->wait) < 0 || cli->wait > 86400)
		return log_invalid("--wait %s: seconds are wanted, at most 86400", value);
	return 0;
}

/* 1: go on with the verb at *at; 0: done; negative: wrong usage. */
static int parse_global(int argc, char **argv, int *at, struct cli *cli, bool *no_color)
{
	for (; *at < argc && argv[*at][0] == '-'; ++*at) {
		const char *word = argv[*at];

		if (str_eq(word, "--json")) {
			cli->json = true;
		} else if (str_eq(word, "--no-color")) {
			*no_color = true;
		} else if (str_starts(word, "--root=")) {
			cli->root = word + strlen("--root=");
		} else if (str_eq(word, "--root")) {
			if (*at + 1 >= argc)
				return log_invalid("option --root needs DIR");
			cli->root = argv[++*at];
		} else if (str_starts(word, "--wait=") || str_eq(word, "--wait")) {
			if (parse_wait(argc, argv, at, cli) < 0)
				return -EINVAL;
		} else if (str_eq(word, "--help") || str_eq(word, "-h")) {
			return help_print(), 0;
		} else if (str_eq(word, "--version")) {
			return puts("slipway " SLIPWAY_VERSION), 0;
		} else if (str_eq(word, "--completion")) {
			return completion_print(), 0;
		} else {
			return log_invalid("there is no option %s; 'slipway --help' lists them", word);
		}
	}
	if (*at >= argc)
		return log_invalid("no verb given; 'slipway --help' lists them");
	return 1;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc && !str_eq(argv[i], "--"); i++)
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h"))
			return true;
	return false;
}

static void look_at_terminal(struct cli *cli, bool no_color)
{
	const char *term = getenv("TERM");
	struct winsize size;

	no_color = no_color || getenv("NO_COLOR") || !term || str_eq(term, "dumb");
	cli->color = !no_color && isatty(STDOUT_FILENO);
	log_set_color(!no_color && isatty(STDERR_FILENO));
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		cli->width = size.ws_col;
}

int main(int argc, char **argv)
{
	_cleanup_(arguments_done) struct arguments arguments = {};
	struct cli cli = { .root = "/", .root_fd = -1 };
	const struct verb *verb;
	bool no_color = false;
	int at = 1, r, status;

	setlocale(LC_CTYPE, "");
	r = parse_global(argc, argv, &at, &cli, &no_color);
	if (r <= 0)
		return r < 0 ? EXIT_USAGE : EXIT_DONE;
	look_at_terminal(&cli, no_color);
	verb = verb_find(argv[at++]);
	if (!verb)
		return EXIT_USAGE;
	if (wants_help(argc - at, argv + at))
		return help_print_verb(verb), EXIT_DONE;
	cli.verb = verb->name;
	if (arguments_parse(verb, argc - at, argv + at, &arguments) < 0 || open_root(&cli) < 0)
		return EXIT_USAGE;
	status = verb->run(&cli, &arguments);
	/* An answer that did not arrive is no answer: a full disk behind a redirection must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_errno(-errno, "cannot write to standard output");
		status = status == EXIT_DONE ? EXIT_UNDONE : status;
	}
	close(cli.root_fd);
	return status;
}
