/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help and shell completion, both from the table of verbs. */

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "common/text.h"

static void print_option(const struct option_spec *o)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%c%s%s%s%s", o->letter ? "-" : "", o->letter ? o->letter : ' ', o->letter ? ", " : "   ", o->name,
		 o->argument ? " " : "", o->argument ? o->argument : "");
	printf("  %-32s %s\n", left, o->help);
}

void help_print(void)
{
	printf("Usage: slipway [OPTION]... VERB ...\n\n"
	       "Prepares this host for PCIe passthrough, and hands its devices to guests.\n\nVerbs:\n");
	for (const struct verb *v = verbs; v->name; v++)
		printf("  %-10s %s\n", v->name, v->help);
	printf("\nOptions:\n");
	for (const struct option_spec *o = global_options; o->name; o++)
		print_option(o);
	printf("\n'slipway VERB --help' tells more of a verb. Exit status: 0 done, ready or nothing to do; 1 not ready;\n"
	       "2 wrong usage or input; 3 refused by a safety rule; 4 failed, everything undone; 5 failed, not all\n"
	       "undone; 6 another slipway is running.\n");
}

void help_print_verb(const struct verb *verb)
{
	printf("Usage: slipway %s%s%s\n\n%s\n", verb->name, *verb->synopsis ? " " : "", verb->synopsis, verb->help);
	if (verb->options[0].name)
		printf("\nOptions:\n");
	for (const struct option_spec *o = verb->options; o->name; o++)
		print_option(o);
}

void completion_print(void)
{
	printf("# bash completion for slipway, printed by 'slipway --completion'\n# shellcheck shell=bash\n"
	       "_slipway()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' word\n"
	       "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n\t\tcase $word in\n\t\t");
	for (const struct verb *v = verbs; v->name; v++)
		printf("%s%s", v == verbs ? "" : "|", v->name);
	printf(")\n\t\t\tverb=$word\n\t\t\tbreak\n\t\t\t;;\n\t\tesac\n\tdone\n"
	       "\tcase $prev in\n\t-f|--file|--output|--html|--prometheus|--policy|--disk|--console-log)\n\t\tcompopt -o filenames\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n\t\treturn\n\t\t;;\n"
	       "\t--root)\n\t\tcompopt -o filenames\n\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n\t\treturn\n\t\t;;\n\tesac\n\tcase $verb in\n\t'')\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	for (const struct option_spec *o = global_options; o->name; o++)
		printf("%s ", o->name);
	for (const struct verb *v = verbs; v->name; v++)
		printf("%s%s", v->name, v[1].name ? " " : "");
	printf("' -- \"$cur\")\n\t\t;;\n");
	for (const struct verb *v = verbs; v->name; v++) {
		bool takes_file = str_starts(v->synopsis, "FILE");

		printf("\t%s)\n\t\t%smapfile -t COMPREPLY < <(%scompgen -W '", v->name, takes_file ? "compopt -o filenames\n\t\t" : "",
		       takes_file ? "compgen -f -- \"$cur\"; " : "");
		if (str_eq(v->name, "profile"))
			printf("list show define ");
		for (const struct option_spec *o = v->options; o->name; o++)
			printf("%s ", o->name);
		printf("--help' -- \"$cur\")\n\t\t;;\n");
	}
	printf("\tesac\n}\ncomplete -F _slipway slipway\n");
}
